//! Calls the library with the process's arguments and streams, maps the outcome to an exit status.

use std::ffi::OsString;
use std::io::{self, BufWriter};
use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Reading code makes millions of small nodes on several threads, which is where the system's allocator is slowest.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    // Not locked: `mcp` writes to standard output from a thread of its own.
    let mut out = BufWriter::new(io::stdout());
    let mut err = io::stderr();
    let exit = agentcore_harden::main(&arguments, &mut out, &mut err);
    ExitCode::from(exit.code())
}
