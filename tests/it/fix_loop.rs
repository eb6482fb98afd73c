//! Every fix that is printed works: each failing fixture is copied, the edits of a fix are made and its commands are run in a shell
//! exactly as printed, and the audit is asked again. Deploys are printed last and not run. No fix may raise the number of findings
//! at or above the severity that fails a run, whatever they are about.
//!
//! `AGENTCORE_CLI` names the real AgentCore CLI; without it, its commands are held against its grammar alone.
//! `AGENTCORE_HARDEN_AWS` names the real AWS CLI, whose parser then validates each call; `AGENTCORE_HARDEN_MOTO` the server that
//! takes calls where a fixture has no frozen AWS state. Without them, calls are held against the shape of a call. With them, fixes
//! that are edits alone are left out: no program has a part in those, and they are tried without.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::commands::grammar::{Grammar, check_aws};
use crate::commands::{Sandbox, copy, on_path};
use agentcore_harden::apply;
use agentcore_harden::audit::{self, DiscoverySource, Options};
use agentcore_harden::report::{CheckResult, Fix, Severity, Status};

type Key = (String, String);

#[derive(Default)]
struct Tally {
    run: usize,
    passed: usize,
    grammar_only: usize,
    after_deploy: usize,
    faults: Vec<String>,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.run += other.run;
        self.passed += other.passed;
        self.grammar_only += other.grammar_only;
        self.after_deploy += other.after_deploy;
        self.faults.extend(other.faults);
    }
}

/// Held by the case whose calls reach the stand-in for AWS, which has one account for all.
static ACCOUNT: Mutex<()> = Mutex::new(());

fn folders(of: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<_> = fs::read_dir(of)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders
}

/// The failing fixtures with the check that each is about, and the project that fails in many ways.
fn fixtures() -> Vec<(Option<String>, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    let mut found = Vec::new();
    let chosen = std::env::var("CHECK").ok();
    // First, as it takes longest.
    if chosen.is_none() {
        found.push((None, root.join("projects/insecure-agent")));
    }
    for check in folders(&root.join("checks")) {
        if chosen
            .as_ref()
            .is_some_and(|chosen| *chosen != name(&check))
        {
            continue;
        }
        for fixture in folders(&check) {
            if name(&fixture).starts_with("fail-") {
                found.push((Some(name(&check)), fixture));
            }
        }
    }
    found
}

fn audited(project: &Path, frozen: bool) -> Vec<CheckResult> {
    let snapshot = project.join("aws.json");
    let discovery = match fs::read_to_string(project.join("discovery.json")) {
        Ok(text) if frozen => DiscoverySource::Given(serde_json::from_str(&text).unwrap()),
        _ => DiscoverySource::Offline,
    };
    let options = Options {
        shown: ".".to_owned(),
        discovery,
        offline: true,
        snapshot: (frozen && snapshot.is_file()).then_some(snapshot),
        ..Options::default()
    };
    let context = audit::collect(project, &options).unwrap();
    audit::evaluate(&context, |_| true)
}

fn by_key(results: &[CheckResult]) -> BTreeMap<Key, &CheckResult> {
    results
        .iter()
        .map(|result| {
            (
                (result.check.to_owned(), result.resource.to_string()),
                result,
            )
        })
        .collect()
}

/// How many places a result names.
fn sites(result: &CheckResult) -> usize {
    result.evidence.iter().filter(|site| site.primary).count()
}

/// The findings that count: failures of the severity at which a run fails by default, or worse.
fn counted(results: &[CheckResult]) -> BTreeSet<Key> {
    let failing = results
        .iter()
        .filter(|result| result.status == Status::Fail && result.severity <= Severity::Medium);
    failing
        .map(|result| (result.check.to_owned(), result.resource.to_string()))
        .collect()
}

/// More findings that count than before, and which are new; none where their number did not rise.
fn worse(before: &[CheckResult], after: &[CheckResult]) -> Option<String> {
    let (before, after) = (counted(before), counted(after));
    (after.len() > before.len()).then(|| {
        let new: Vec<String> = after
            .difference(&before)
            .map(|(check, resource)| format!("{check} of {resource}"))
            .collect();
        format!(
            "{} findings that count, {} before; new: {}",
            after.len(),
            before.len(),
            new.join(", ")
        )
    })
}

/// The edits that stand beside the commands and that no command makes: of the stack, those that only the user decides on, and all
/// of a fix that has no commands.
fn make_edits(fix: &Fix, project: &Path) {
    if fix.commands.is_empty() && fix.safe.is_empty() && fix.offered.is_empty() {
        for edit in &fix.edits {
            fs::write(project.join(&edit.path), &*edit.new_text).unwrap();
        }
    }
    let stack = fix
        .safe
        .iter()
        .filter(|edit| edit.path.starts_with("agentcore/cdk/"));
    for edit in stack.chain(&fix.offered) {
        apply::write(project, edit).unwrap();
    }
}

fn sandbox(frozen: bool) -> Sandbox {
    let mut sandbox = Sandbox::new();
    if let Some(program) = std::env::var_os("AGENTCORE_CLI") {
        sandbox.set("REAL_AGENTCORE", program);
    }
    if let Some(aws) = std::env::var_os("AGENTCORE_HARDEN_AWS") {
        sandbox.set("REAL_AWS", aws);
        sandbox.set("AWS_MODE", "parse");
        if let (false, Some(moto)) = (frozen, std::env::var_os("AGENTCORE_HARDEN_MOTO")) {
            sandbox.set("AWS_MODE", "live");
            sandbox.set("AWS_ENDPOINT_URL", moto);
        }
    }
    sandbox
}

/// Whether `agentcore-harden ARGUMENTS` is a command that this build has.
fn own_command_exists(arguments: &[String]) -> bool {
    let words = std::iter::once("agentcore-harden".to_owned()).chain(arguments.iter().cloned());
    <agentcore_harden::cli::Cli as clap::Parser>::try_parse_from(words).is_ok()
}

/// Empties the stand-in for AWS: what one case created must not be in the way of the next.
fn forget_everything() {
    use std::io::{Read, Write};
    let Ok(endpoint) = std::env::var("AGENTCORE_HARDEN_MOTO") else {
        return;
    };
    let address = endpoint.trim_start_matches("http://").to_owned();
    let mut stream = std::net::TcpStream::connect(&address).unwrap();
    let request = format!(
        "POST /moto-api/reset HTTP/1.1\r\nHost: {address}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

/// Does what one fix of a result says in a copy of its project and asks again; `others` are fixes that are made as well.
///
/// # Errors
/// The result still fails.
fn try_out(
    fixture: &Path,
    result: &CheckResult,
    fix: &Fix,
    others: &[&Fix],
    grammar: &Grammar,
    tally: &mut Tally,
) -> Result<(), String> {
    let place = format!(
        "{}: {} {} ({})",
        fixture.file_name().unwrap().to_string_lossy(),
        result.check,
        result.resource,
        fix.title
    );
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("project");
    copy(fixture, &project);
    // The stand-in for AWS has no service quotas: such a request is parsed and not sent.
    let asks_quota = fix
        .commands
        .iter()
        .any(|command| command.starts_with("aws service-quotas"));
    let frozen = project.join("aws.json").is_file() || asks_quota;
    let calls = |fix: &&Fix| fix.commands.iter().any(|command| command.contains("aws "));
    let live = !frozen && std::iter::once(&fix).chain(others).any(calls);
    let _account = live.then(|| {
        let held = ACCOUNT.lock().unwrap();
        forget_everything();
        held
    });
    if fix
        .commands
        .iter()
        .any(|command| command.starts_with("git "))
    {
        // The fixture lies in this repository, where git tracks it; so must the copy.
        for words in [&["init", "-q"][..], &["add", "-A", "-f"]] {
            let git = std::process::Command::new("git")
                .args(words)
                .current_dir(&project)
                .status();
            assert!(git.unwrap().success());
        }
    }
    let before = audited(&project, false);
    for fix in std::iter::once(fix).chain(others.iter().copied()) {
        make_edits(fix, &project);
    }
    let sandbox = sandbox(frozen);
    let (mut halted, mut stood_in, mut calls_aws) = (false, false, false);
    for (index, command) in fix.commands.iter().enumerate() {
        if command.starts_with("agentcore deploy") && index + 1 != fix.commands.len() {
            tally
                .faults
                .push(format!("{place}: the deploy does not stand last"));
        }
        if command.starts_with("uv ") && !on_path("uv") {
            (halted, stood_in) = (true, true);
            break;
        }
        let output = sandbox.run(command, &project);
        tally.run += 1;
        let mut refused = None;
        for call in sandbox.calls() {
            let verdict = match call.program.as_str() {
                "agentcore" => {
                    stood_in |= call.arguments[0] != "deploy"
                        && std::env::var_os("AGENTCORE_CLI").is_none();
                    grammar.check(&call.arguments)
                }
                "aws" => {
                    calls_aws = true;
                    // What is asked for is granted by AWS, later.
                    stood_in |= call.arguments[0] == "service-quotas";
                    check_aws(&call.arguments)
                }
                // A command that a later version of this program brings.
                "agentcore-harden" if !own_command_exists(&call.arguments) => {
                    (halted, stood_in) = (true, true);
                    Ok(())
                }
                _ => Ok(()),
            };
            refused = refused.or(verdict.err());
        }
        if let Some(refused) = refused {
            tally
                .faults
                .push(format!("{place}: {refused}\n      {command}"));
        }
        if halted {
            break;
        }
        let stderr = String::from_utf8_lossy(&output.stderr);
        if command.starts_with("uv ") && stderr.contains("nterpreter") {
            // This machine has no Python of the version that the project asks for.
            (halted, stood_in) = (true, true);
            break;
        }
        if !output.status.success() {
            let told = String::from_utf8_lossy(&output.stderr).into_owned()
                + &String::from_utf8_lossy(&output.stdout);
            tally
                .faults
                .push(format!("{place}: {}\n      {command}", told.trim()));
            halted = true;
            break;
        }
    }
    // A frozen account does not change by calls: the tests over a server that answers them are in `tests/moto.rs`.
    if stood_in || halted || (frozen && calls_aws) {
        tally.grammar_only += 1;
        return Ok(());
    }
    for command in others.iter().flat_map(|fix| &fix.commands) {
        let _ = sandbox.run(command, &project);
    }
    // A deploy synthesizes the template anew: the one that was there no longer tells what comes next.
    if fix
        .commands
        .last()
        .is_some_and(|command| command.starts_with("agentcore deploy"))
    {
        let _ = fs::remove_dir_all(project.join("agentcore/cdk/cdk.out"));
    }
    let after = audited(&project, false);
    let told = worse(&before, &after).map(|fault| format!("{place}: {fault}"));
    tally.faults.extend(told);
    let key = (result.check.to_owned(), result.resource.to_string());
    // A verdict other than `pass` is in order only where a deploy carries the fix out.
    let deployed = fix
        .commands
        .last()
        .is_some_and(|command| command.starts_with("agentcore deploy"));
    match by_key(&after).get(&key) {
        // An edit of one place leaves the others.
        Some(now)
            if now.status == Status::Fail
                && fix.commands.is_empty()
                && sites(now) < sites(result) =>
        {
            tally.passed += 1;
        }
        Some(now) if now.status == Status::Fail => {
            let commands = fix.commands.join("\n      ");
            return Err(format!(
                "{place}: still fails: {}\n      {commands}",
                now.message
            ));
        }
        Some(now) if now.status == Status::Pass => tally.passed += 1,
        // What the commands set is judged once it is deployed (a role of one's own, a discovery document), or the resource that
        // failed is gone.
        Some(now) if !deployed => tally.faults.push(format!(
            "{place}: is {} then: {}",
            now.status.as_str(),
            now.message
        )),
        Some(_) | None => tally.after_deploy += 1,
    }
    Ok(())
}

/// Tries every fix of every result that a fixture is about.
fn try_fixture(check: Option<&str>, fixture: &Path, grammar: &Grammar) -> Tally {
    let mut tally = Tally::default();
    let programs = std::env::var_os("AGENTCORE_CLI").is_some();
    let results = audited(fixture, true);
    let failing = results.iter().filter(|result| {
        result.status == Status::Fail && check.is_none_or(|check| check == result.check)
    });
    for result in failing {
        let fixes = result.fixes.iter().filter(|fix| {
            let does = !fix.commands.is_empty() || !fix.edits.is_empty();
            does && !fix.is_preparation()
        });
        let fixes: Vec<&Fix> = fixes.collect();
        for fix in &fixes {
            if programs && fix.commands.is_empty() {
                continue;
            }
            let Err(fault) = try_out(fixture, result, fix, &[], grammar, &mut tally) else {
                continue;
            };
            // Each of several fixes may be for a part of what is wrong: together they leave nothing.
            let others: Vec<&Fix> = fixes
                .iter()
                .copied()
                .filter(|other| other.title != fix.title)
                .collect();
            let together = match others.is_empty() {
                true => Err(fault),
                false => try_out(fixture, result, fix, &others, grammar, &mut tally),
            };
            tally.faults.extend(together.err());
        }
    }
    tally
}

#[test]
fn every_fix_fixes_its_result() {
    if !on_path("jq") {
        println!("fix loop: skipped, jq is not on PATH");
        return;
    }
    let grammar = Grammar::load();
    let fixtures = fixtures();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut tally = Tally::default();
        while let Some((check, fixture)) = fixtures.get(next.fetch_add(1, Ordering::Relaxed)) {
            tally.add(try_fixture(check.as_deref(), fixture, &grammar));
        }
        tally
    };
    // Threads of their own: one that waits for the account must not be one that an audit computes on.
    let tally = std::thread::scope(|scope| {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let mut tally = Tally::default();
        for worker in workers {
            tally.add(worker.join().unwrap());
        }
        tally
    });
    println!(
        "fix loop: {} commands run, {} results turned to pass, {} grammar-only ({} more can be judged only once deployed)",
        tally.run, tally.passed, tally.grammar_only, tally.after_deploy
    );
    assert!(
        tally.faults.is_empty(),
        "{} faults:\n{}",
        tally.faults.len(),
        tally.faults.join("\n")
    );
}

#[test]
fn the_grammar_refuses_what_the_program_refuses() {
    let grammar = Grammar::load();
    let check = |line: &str| grammar.check(&shlex::split(line).unwrap());
    assert_eq!(
        check("add online-eval --name a -r B --evaluator X Y --sampling-rate 5"),
        Ok(())
    );
    assert_eq!(check("deploy -y --target prod"), Ok(()));
    for wrong in [
        "add agent --authorizer-type NONE --name x",
        "add online-eval --name a --runtime b --evaluator c",
        "add gateway --name x --exception-level ALL",
        "status --runtimes",
        "frobnicate",
        "deploy -y --target",
        "deploy now",
        "add policy --name a --engine b",
    ] {
        assert!(check(wrong).is_err(), "{wrong}");
    }
}
