//! `mcp`: the audit for coding agents, served over standard input and output (Model Context Protocol). Every tool reads only.

mod folder;
mod paging;
mod server;
mod tools;

use std::io::{self, IsTerminal, Write};

use rmcp::ServiceExt;
use rmcp::service::{QuitReason, ServerInitializeError};
use rmcp::transport::stdio_pipes;

use self::folder::Folder;
use self::server::Server;
use crate::cli::McpArgs;
use crate::exit::{Exit, Failure};

/// Serves until the client closes standard input.
///
/// # Errors
/// When the folder or the arguments cannot be used, or the client does not speak the protocol.
pub fn run(arguments: &McpArgs, err: &mut dyn Write) -> Result<Exit, Failure> {
    let folder = Folder::enter(arguments)?;
    if io::stdin().is_terminal() {
        let how = "waiting for an MCP client on standard input; a coding agent starts this itself, for example after\n  claude mcp add agentcore-harden -- agentcore-harden mcp";
        writeln!(err, "{how}")?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let ended = runtime.block_on(async {
        match Server::new(folder).serve(stdio_pipes()).await {
            Ok(running) => running.waiting().await.map_err(|error| error.to_string()),
            // Whoever looks whether the program starts closes the pipe at once.
            Err(ServerInitializeError::ConnectionClosed(_) | ServerInitializeError::Cancelled) => {
                Ok(QuitReason::Closed)
            }
            Err(error) => Err(error.to_string()),
        }
    });
    // An audit that is still running reads only: nobody waits for its result any more.
    runtime.shutdown_background();
    match ended {
        Ok(_) => Ok(Exit::Ready),
        Err(error) => Err(
            Failure::new(format!("the MCP session ended: {error}")).help(
                "the client has to speak JSON-RPC, one message a line, and begin with `initialize`",
            ),
        ),
    }
}
