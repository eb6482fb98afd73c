//! What the snapshot checks say, seen: copies of one started process, as far as a machine without the platform can make them.
//!
//! Python: a started interpreter is copied by the C library's `fork`, which runs none of Python's hooks, as a restore runs none
//! (`os.fork` seeds `random` anew in the child; that is shown too). Node: a V8 startup snapshot that two processes start from.
//! It is not the platform's snapshot: the clock goes on, threads are gone in a copy, and V8 seeds `Math.random` anew when it
//! reads a startup snapshot. Of loops it is shown that a copied thread does not go on, of `Math.random` that its state alone
//! decides. The clock that stands still, the host name, OpenSSL's generator and the missing mounts of a real snapshot are the
//! platform's alone; the pages of the checks say so.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr
)]

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

const AGENT: &str = r#"
import functools, os, random, secrets, socket, threading, time, uuid
from datetime import datetime

ID = uuid.uuid4().hex
OWNER = os.urandom(8).hex()
PROMPT = f"You book trips. It is {datetime.now().isoformat()}."
GENERATOR = random.Random()
SETTING = open("setting.txt").read()
PEER = socket.create_connection(("127.0.0.1", int(os.environ["PORT"])))
TOKEN = {"value": secrets.token_hex(8), "expires": time.time() + 0.2}
HOLDER = f"{socket.gethostname()}:{os.getpid()}"
READY = False
TURNS = [0]

class Agent:
    """Keeps what was said, as agents of frameworks do."""
    def __init__(self):
        self.messages = []
    def __call__(self, text):
        self.messages.append(text)

agent = Agent()
agent("warm up")

def tick():
    while True:
        TURNS[0] += 1
        time.sleep(0.01)

threading.Thread(target=tick, daemon=True).start()

def load():
    global READY
    time.sleep(60)
    READY = True

threading.Thread(target=load, daemon=True).start()

def audit(trace=uuid.uuid4().hex):
    return trace

@functools.lru_cache
def key():
    return secrets.token_hex(8)

key()

def request():
    """What a request sees."""
    try:
        dead = PEER.recv(1) == b""
    except OSError:
        dead = True
    with socket.create_connection(("127.0.0.1", int(os.environ["PORT"]))) as fresh:
        connects = fresh.fileno() >= 0
    frozen = {
        "id": ID, "owner": OWNER, "prompt": PROMPT, "default": audit(), "cached": key(), "setting": SETTING, "ready": READY,
        "random": [random.random() for _ in range(3)], "code": "".join(random.choices("0123456789", k=12)),
        "generator": GENERATOR.getrandbits(64), "token": TOKEN["value"], "holder": HOLDER, "messages": agent.messages,
        "span": random.getrandbits(64), "trace": random.getrandbits(128),
    }
    turns = TURNS[0]
    time.sleep(0.1)
    random.seed()
    fresh = {
        "seeded": random.getrandbits(64), "uuid": uuid.uuid4().hex, "secret": secrets.token_hex(8), "entropy": os.urandom(8).hex(),
        "system": random.SystemRandom().getrandbits(64), "made": random.Random().getrandbits(64),
    }
    expired, ticks = time.time() > TOKEN["expires"], TURNS[0] > turns
    return {"frozen": frozen, "fresh": fresh, "dead": dead, "connects": connects, "expired": expired, "ticks": ticks}
"#;

const RESTORE: &str = r#"
import ctypes, json, os, socket, sys, time

listener = socket.create_server(("127.0.0.1", 0))
os.environ["PORT"] = str(listener.getsockname()[1])
import agent

# The other end has forgotten the connection by the time of a restore.
listener.accept()[0].close()
open("setting.txt", "w").write("new")

def copy(fork):
    reading, writing = os.pipe()
    if fork() == 0:
        os.write(writing, json.dumps(agent.request()).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        return json.load(answer)

time.sleep(0.3)
restored = ctypes.PyDLL(None).fork
print(json.dumps({"restored": [copy(restored), copy(restored)], "forked": [copy(os.fork), copy(os.fork)]}))
"#;

fn python() -> Option<Command> {
    let found = Command::new("python3").arg("--version").output();
    if !found.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: there is no python3");
        return None;
    }
    let mut python = Command::new("python3");
    python.arg("-W").arg("ignore");
    Some(python)
}

fn json(command: &mut Command, folder: &Path) -> Value {
    let output = command.current_dir(folder).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{errors}");
    serde_json::from_str(text.trim()).unwrap_or_else(|error| panic!("{error}: {text}\n{errors}"))
}

#[test]
fn copies_of_a_started_interpreter_share_what_startup_made() {
    let Some(mut python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("agent.py"), AGENT).unwrap();
    fs::write(folder.path().join("restore.py"), RESTORE).unwrap();
    fs::write(folder.path().join("setting.txt"), "old").unwrap();
    let seen = json(python.arg("restore.py"), folder.path());
    let (one, two) = (&seen["restored"][0], &seen["restored"][1]);

    // snapshot-unique-values, snapshot-clock, snapshot-prng, snapshot-host-identity, obs-trace-ids: equal in both.
    assert_eq!(one["frozen"], two["frozen"]);
    // snapshot-stale-data: the setting was changed before the copies ran. snapshot-ready-ping: what was not ready is not ready.
    assert_eq!(one["frozen"]["setting"], "old");
    assert_eq!(one["frozen"]["ready"], false);
    // snapshot-stale-data: the conversation of the warm-up goes on.
    assert_eq!(one["frozen"]["messages"], serde_json::json!(["warm up"]));
    // snapshot-credentials: the token is used after its time. snapshot-background-work: nothing ticks in a copy.
    for copy in [one, two] {
        assert_eq!(
            (&copy["expired"], &copy["ticks"]),
            (&Value::Bool(true), &Value::Bool(false))
        );
    }
    // snapshot-connections: the old one is dead, a new one is not.
    for copy in [one, two] {
        assert_eq!(
            (&copy["dead"], &copy["connects"]),
            (&Value::Bool(true), &Value::Bool(true))
        );
    }
    // The remedies: each differs.
    let (fresh, other) = (one["fresh"].as_object().unwrap(), &two["fresh"]);
    assert_eq!(fresh.len(), 6);
    for (name, value) in fresh {
        assert_ne!(value, &other[name], "{name}");
    }

    // A fork that Python knows of seeds the generator of the module anew, and nothing else: a restore is none.
    let (one, two) = (&seen["forked"][0]["frozen"], &seen["forked"][1]["frozen"]);
    assert_ne!(one["random"], two["random"]);
    for name in ["id", "owner", "prompt", "default", "cached", "generator"] {
        assert_eq!(one[name], two[name], "{name}");
    }
}

#[test]
fn touching_a_mount_that_is_not_there_ends_the_start() {
    let Some(mut python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mount = folder.path().join("mnt/data");
    let agent = format!("NOTES = open({:?}, 'a')\n", mount.join("notes.txt"));
    fs::write(folder.path().join("agent.py"), agent).unwrap();
    let output = python
        .args(["-c", "import agent"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("FileNotFoundError"));
}

const ENTRY: &str = r#"
const crypto = require('crypto');
const { startupSnapshot } = require('v8');
const ID = crypto.randomUUID();
const STARTED = Date.now();
const PROMPT = `You book trips. It is ${new Date().toISOString()}.`;
const device = () => {
  const fs = require('fs');
  const [bytes, file] = [Buffer.alloc(16), fs.openSync('/dev/urandom')];
  fs.readSync(file, bytes);
  fs.closeSync(file);
  return bytes.toString('hex');
};
startupSnapshot.setDeserializeMainFunction(() => {
  const frozen = { id: ID, started: STARTED, prompt: PROMPT, buffered: crypto.randomUUID() };
  const fresh = {
    uncached: crypto.randomUUID({ disableEntropyCache: true }),
    device: device(),
  };
  console.log(JSON.stringify({ frozen, fresh }));
});
"#;

#[test]
fn processes_of_one_v8_snapshot_share_what_startup_made() {
    let version = Command::new("node").arg("--version").output();
    let version = version.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let major = version.ok().and_then(|text| {
        let major = text.trim_start_matches('v').split('.').next()?;
        major.parse::<u32>().ok()
    });
    if major.is_none_or(|major| major < 20) {
        eprintln!("skipped: there is no node of version 20 or newer");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("entry.js"), ENTRY).unwrap();
    let built = Command::new("node")
        .args([
            "--snapshot-blob",
            "start.blob",
            "--build-snapshot",
            "entry.js",
        ])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(
        built.status.success(),
        "{}",
        String::from_utf8_lossy(&built.stderr)
    );
    let run = || {
        json(
            Command::new("node").args(["--snapshot-blob", "start.blob"]),
            folder.path(),
        )
    };
    let (one, two) = (run(), run());
    // The id of the module, its time and its prompt; and the ids that requests take out of the buffer which the first call filled.
    assert_eq!(one["frozen"], two["frozen"]);
    assert_ne!(one["frozen"]["id"], one["frozen"]["buffered"]);
    for name in ["uncached", "device"] {
        assert_ne!(one["fresh"][name], two["fresh"][name], "{name}");
    }
}

#[test]
fn what_math_random_gives_is_decided_by_its_state() {
    let draw = |seed: &str| {
        let output = Command::new("node")
            .args(["--random-seed", seed, "-p", "Math.random()"])
            .output();
        let output = output.ok().filter(|output| output.status.success())?;
        Some(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (Some(one), Some(two), Some(other)) = (draw("7"), draw("7"), draw("8")) else {
        eprintln!("skipped: there is no node");
        return;
    };
    assert_eq!(one, two);
    assert_ne!(one, other);
}
