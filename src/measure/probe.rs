//! Asks a local agent whether it is ready, as its protocol has it. Plain HTTP/1.1 to loopback: no proxy, no TLS, no redirect.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// How long one question may take.
const TIMEOUT: Duration = Duration::from_secs(2);
/// How much of an answer is read. In bytes.
const LARGEST: u64 = 64 * 1024;

/// Whether the agent is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ready {
    /// It answered as it should.
    Yes,
    /// Not yet.
    No,
}

/// A request, and what answer (status, body) means ready.
type Question = (String, fn(u16, &str) -> bool);

/// A question, ready to be asked again and again.
pub struct Probe {
    address: SocketAddr,
    requests: Vec<Question>,
}

/// An MCP client's first message: <https://modelcontextprotocol.io/specification/2025-06-18/basic/lifecycle>.
const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"agentcore-harden","version":"1"}}}"#;

impl Probe {
    /// The question for a protocol: `/ping` for HTTP and AG-UI; `/ping`, else the agent card, for A2A; `initialize` for MCP.
    pub fn new(protocol: &str, port: u16) -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let get = |path: &str| {
            format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n")
        };
        let requests: Vec<Question> = match protocol {
            "MCP" => {
                let request = format!(
                    "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\nContent-Length: {}\r\n\r\n{INITIALIZE}",
                    INITIALIZE.len()
                );
                vec![(request, |status, body| {
                    status == 200 && body.contains("\"result\"")
                })]
            }
            "A2A" => vec![
                (get("/ping"), healthy),
                (get("/.well-known/agent-card.json"), |status, body| {
                    status == 200 && body.contains('{')
                }),
            ],
            _ => vec![(get("/ping"), healthy)],
        };
        Self { address, requests }
    }

    /// Asks once.
    pub fn ask(&self) -> Ready {
        let answered = self.requests.iter().any(|(request, good)| {
            exchange(self.address, request).is_some_and(|(status, body)| good(status, &body))
        });
        if answered { Ready::Yes } else { Ready::No }
    }
}

/// `Healthy` and `HealthyBusy` both mean that the agent takes requests.
fn healthy(status: u16, body: &str) -> bool {
    status == 200 && body.contains("Healthy")
}

fn exchange(address: SocketAddr, request: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT).ok()?;
    stream.set_read_timeout(Some(TIMEOUT)).ok()?;
    stream.set_write_timeout(Some(TIMEOUT)).ok()?;
    stream.write_all(request.as_bytes()).ok()?;
    let mut bytes = Vec::new();
    // A server that streams keeps the connection: what came until the timeout is enough to judge.
    let _ = stream.take(LARGEST).read_to_end(&mut bytes);
    let text = String::from_utf8_lossy(&bytes);
    let status = text.strip_prefix("HTTP/1.")?.get(2..5)?.parse().ok()?;
    Some((status, text.split_once("\r\n\r\n")?.1.to_owned()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    fn serve(answer: &'static str) -> u16 {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            while let Ok((mut stream, _)) = listener.accept() {
                let mut buffer = [0; 2048];
                let _ = stream.read(&mut buffer);
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        port
    }

    #[test]
    fn a_healthy_ping_is_ready_and_an_error_is_not() {
        let healthy = serve("HTTP/1.1 200 OK\r\n\r\n{\"status\":\"Healthy\"}");
        assert_eq!(Probe::new("HTTP", healthy).ask(), Ready::Yes);
        let busy = serve("HTTP/1.1 200 OK\r\n\r\n{\"status\":\"HealthyBusy\"}");
        assert_eq!(Probe::new("AGUI", busy).ask(), Ready::Yes);
        let failing = serve("HTTP/1.1 500 Oops\r\n\r\n{\"status\":\"Healthy\"}");
        assert_eq!(Probe::new("HTTP", failing).ask(), Ready::No);
    }

    #[test]
    fn mcp_wants_a_result_and_a2a_takes_the_agent_card() {
        let mcp = serve(
            "HTTP/1.1 200 OK\r\n\r\nevent: message\ndata: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n",
        );
        assert_eq!(Probe::new("MCP", mcp).ask(), Ready::Yes);
        let refused = serve("HTTP/1.1 200 OK\r\n\r\n{\"error\":{}}");
        assert_eq!(Probe::new("MCP", refused).ask(), Ready::No);
        let card = serve("HTTP/1.1 200 OK\r\n\r\n{\"name\":\"peer\"}");
        assert_eq!(Probe::new("A2A", card).ask(), Ready::Yes);
    }
}
