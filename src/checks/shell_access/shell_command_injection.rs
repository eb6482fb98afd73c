//! `shell-command-injection`: If commands constructed from user input: shell injection validation implemented.

use std::collections::BTreeSet;

use crate::analysis::agent_code::{self, served};
use crate::analysis::command_injection::{self, Danger, Origin, Unchecked};
use crate::analysis::dataflow::Truncation;
use crate::analysis::limits;
use crate::checks::unconfigured::{Listed, unconfigured};
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Evidence, Fix, Outcome, Resource, Severity, Status};
use crate::model::known::{ReasonCode, Unread};
use crate::model::source::{EntrypointKind, ModuleId, Source};

pub(super) static CHECK: Check = Check {
    id: "shell-command-injection",
    title: "If commands constructed from user input: shell injection validation implemented",
    category: Category::ShellAccess,
    severity: Severity::Critical,
    needs: &[Need::Code],
    page: include_str!("shell_command_injection.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/APIReference/API_InvokeAgentRuntimeCommand.html",
        "https://cwe.mitre.org/data/definitions/78.html",
        "https://cwe.mitre.org/data/definitions/88.html",
    ],
    run,
};

/// A command that holds unchecked text, judged.
struct Finding {
    about: Unchecked,
    severity: Severity,
    note: String,
}

impl Finding {
    fn new(about: Unchecked) -> Self {
        let (what, severity) = match about.origin {
            Origin::Handler(kind) | Origin::Vetted(kind, _) => (given(kind), Severity::Critical),
            // The tool may ask a person, where there is one.
            Origin::PackagedTool => ("text that the model gives a tool", Severity::High),
            Origin::Typed => ("what a person types", Severity::Medium),
            Origin::Parameter => ("a parameter that anything may be given for", Severity::High),
            Origin::Uncalled | Origin::Unseen(_) => ("a parameter", Severity::Medium),
        };
        let severity = match about.danger {
            Danger::Option => Severity::Medium,
            _ => severity,
        };
        let rest = match about.origin {
            Origin::Uncalled => " without validation; nothing calls this function",
            Origin::Vetted(..) => "",
            _ => " without validation",
        };
        let note = format!(
            "{what} reaches {} {}{rest}",
            about.command,
            about.danger.words()
        );
        Self {
            about,
            severity,
            note,
        }
    }

    /// Why nothing can be said of a command in a function whose callers are not seen.
    fn unseen(&self, source: &Source) -> Unread {
        let place = |module: ModuleId, range| {
            let module = source.module(module);
            module.map_or_else(String::new, |module| module.site(range).place())
        };
        let caller = match self.about.origin {
            Origin::Unseen(function) | Origin::Vetted(_, function) => source.function(function),
            _ => None,
        };
        let called = caller.map_or_else(String::new, |function| match &*function.name {
            "" => format!(
                "the function at {}",
                place(function.id.module, function.header)
            ),
            name => format!("`{name}` ({})", place(function.id.module, function.header)),
        });
        Unread::new(
            ReasonCode::Unsupported,
            format!(
                "{}: {}, and {} is not known",
                place(self.about.module, self.about.range),
                self.note,
                match self.about.origin {
                    Origin::Vetted(..) => format!("what {called} refuses before that"),
                    _ => format!("what calls {called}"),
                }
            ),
        )
    }
}

/// The findings, each place once, and where the search was given up.
struct Found {
    findings: Vec<Finding>,
    idle: Vec<Finding>,
    /// What functions run whose callers are not seen.
    unseen: Vec<Finding>,
    /// The modules with commands that are no constants.
    made: BTreeSet<ModuleId>,
    truncated: Vec<Truncation>,
}

impl Found {
    fn of(found: command_injection::Found) -> Self {
        let mut findings: Vec<Finding> = found.unchecked.into_iter().map(Finding::new).collect();
        let place = |finding: &Finding| (finding.about.module, finding.about.range);
        findings.sort_by_key(|finding| (place(finding), finding.severity));
        findings.dedup_by_key(|finding| place(finding));
        Self {
            findings,
            idle: found.idle.into_iter().map(Finding::new).collect(),
            unseen: found.unseen.into_iter().map(Finding::new).collect(),
            made: found.made,
            truncated: found.truncated,
        }
    }
}

/// What a handler of a kind is given.
fn given(kind: EntrypointKind) -> &'static str {
    match kind {
        EntrypointKind::AgentTool => "text that the model gives a tool",
        EntrypointKind::McpTool => "text that a client gives an MCP tool",
        EntrypointKind::Route | EntrypointKind::Middleware => "text from the request",
        EntrypointKind::Lambda => "text from the Lambda event",
        _ => "text from the payload",
    }
}

fn run(context: &Context) -> Vec<Outcome> {
    let source = &context.source;
    // Which results a flow that was given up is about follows from its place.
    let (found, limit) = limits::watch(|| Found::of(command_injection::find(source)));
    limits::again(limit.filter(|limit| !limit.is_of_a_flow()));
    let mut outcomes = Vec::new();
    let mut run: BTreeSet<ModuleId> = BTreeSet::new();
    for runtime in &source.runtimes {
        run.extend(&runtime.reachable);
    }
    if !context.project.runtimes.is_empty() {
        outcomes.extend(crate::checks::agents::each(context, |code| {
            let modules: BTreeSet<ModuleId> = code.code.reachable.iter().copied().collect();
            let outcome = judge(source, code.resource(), &found, &modules, &code.scope());
            let made = || !found.made.is_disjoint(&modules);
            if outcome.status == Status::Pass && !served::handles(code) && made() {
                return Outcome::skipped(outcome.resource, served::unhandled(code));
            }
            outcome
        }));
    }
    let others: BTreeSet<ModuleId> = command_injection::modules(source)
        .into_iter()
        .filter(|id| !run.contains(id))
        .collect();
    if context.project.runtimes.is_empty() || !others.is_empty() {
        outcomes.push(outside(context, &found, &run, &others));
    }
    outcomes
}

/// The code that no runtime of the project runs: clients, Lambda functions, servers, scripts.
fn outside(
    context: &Context,
    found: &Found,
    run: &BTreeSet<ModuleId>,
    others: &BTreeSet<ModuleId>,
) -> Outcome {
    let (source, resource) = (&context.source, context.project.resource());
    let runs = |path: &&String| {
        let mut paths = run.iter().filter_map(|id| source.module(*id));
        paths.any(|module| *module.path == ***path)
    };
    let sources = &context.files.contents.sources;
    let beside = &context.files.contents.sources_around;
    let read = others.iter().filter_map(|id| source.module(*id));
    let read = read.filter(|module| beside.contains(&*module.path));
    let all = sources.iter().filter(|path| !runs(path)).count() + read.count();
    let files = if all == 1 { "file" } else { "files" };
    if others.is_empty() {
        let message = match all {
            0 => "there is no source file outside of the runtimes".to_owned(),
            1 => "the 1 source file outside of the runtimes runs no command and evaluates no code"
                .to_owned(),
            _ => format!(
                "none of the {all} source files outside of the runtimes runs a command or evaluates code"
            ),
        };
        let unknown = unconfigured(context, &[Listed::Agent], "");
        // What the agents themselves run stands where nobody looked.
        let hidden = context.project.runtimes.is_empty() && unknown.status == Status::Skipped;
        return if hidden {
            unknown
        } else {
            Outcome::pass(resource, message)
        };
    }
    let count = match others.len() {
        count if count == all => String::new(),
        count => format!("{count} of "),
    };
    let scope = format!(
        "{count}{all} source {files} outside of the runtimes that may run commands or call AgentCore"
    );
    crate::checks::callers::honest(
        context,
        others,
        judge(source, resource, found, others, &scope),
    )
}

fn judge(
    source: &Source,
    resource: Resource,
    found: &Found,
    modules: &BTreeSet<ModuleId>,
    scope: &str,
) -> Outcome {
    let here: Vec<&Finding> = found
        .findings
        .iter()
        .filter(|finding| modules.contains(&finding.about.module))
        .collect();
    let notes: Vec<Evidence> = found
        .idle
        .iter()
        .filter(|finding| modules.contains(&finding.about.module))
        .map(|finding| {
            agent_code::evidence(source, finding.about.module, finding.about.range)
                .note(finding.note.clone())
                .context()
        })
        .collect();
    let Some(worst) = here.iter().map(|finding| finding.severity).min() else {
        let given_up = found
            .truncated
            .iter()
            .find(|truncated| modules.contains(&truncated.module));
        if let Some(truncated) = given_up {
            return Outcome::skipped(resource, agent_code::limited(source, truncated));
        }
        let mut unseen = found.unseen.iter();
        if let Some(finding) = unseen.find(|finding| modules.contains(&finding.about.module)) {
            return Outcome::skipped(resource, finding.unseen(source)).evidences(notes);
        }
        return Outcome::pass(
            resource,
            format!("no unchecked text reaches a command in the {scope}"),
        )
        .evidences(notes);
    };
    let evidence: Vec<Evidence> = here
        .iter()
        .map(|finding| {
            agent_code::evidence(source, finding.about.module, finding.about.range)
                .note(finding.note.clone())
                .severity(finding.severity)
                .steps(agent_code::steps(source, &finding.about.steps))
        })
        .collect();
    let first = here
        .iter()
        .position(|finding| finding.severity == worst)
        .and_then(|index| evidence.get(index));
    let message = first.map_or_else(String::new, |first| {
        let site = first.site.as_ref();
        let line = site.and_then(|site| site.span).map_or(1, |span| span.line);
        format!(
            "{}:{line}: {}",
            site.map_or("", |site| &*site.path),
            first.note
        )
    });
    let failed = Outcome::fail(resource, message)
        .severity(worst)
        .evidences(evidence)
        .evidences(notes);
    let is_code = |finding: &&&Finding| matches!(finding.about.danger, Danger::Code);
    let code = here.iter().filter(is_code).count();
    let failed = match code {
        0 => failed,
        _ => failed.fix(Fix::new("Run the code where it can reach nothing").note(
            "No test makes code safe that a caller or a model writes. Run it in a session of AgentCore Code Interpreter \
             (`code_session(region)` of bedrock_agentcore.tools.code_interpreter_client, or `AgentCoreCodeInterpreter` of strands_tools.code_interpreter), \
             which has none of the agent's files and credentials. Where it only picks one of a few operations, map names to functions; \
             where it is data, parse it (`json.loads`, `ast.literal_eval`, `JSON.parse`).",
        )),
    };
    let is_expression = |finding: &&&Finding| matches!(finding.about.danger, Danger::Expression);
    let expressions = here.iter().filter(is_expression).count();
    let failed = match expressions {
        0 => failed,
        _ => failed.fix(Fix::new("Compare columns with values").note(
            "Take the value, not the expression: `frame[frame[\"name\"] == value]`, or `frame.query(\"name == @value\")`, whose expression is a \
             constant. Where an expression has to come in, match all of it (`re.fullmatch(r\"[a-z_]+ [<>] [0-9]+\", text)`): no `@`, `(`, `[` or `.` \
             in it, and only the columns that you know.",
        )),
    };
    if code + expressions == here.len() {
        return failed;
    }
    failed
        .fix(Fix::new("Allow only the commands that you know").note(
            "Compare with a fixed set and refuse the rest (`if name not in ALLOWED: return …`), or map a name to a whole command; \
             for values in it, match a pattern over the whole text (`re.fullmatch(r\"[A-Za-z0-9_./-]+\", value)`) or use shlex.quote.",
        ))
        .fix(Fix::new("Run a list of words without a shell").note(
            "subprocess.run([\"program\", \"--\", value]) or execFile(\"program\", [\"--\", value]): the program is fixed, and `--` keeps \
             a value from being read as an option.",
        ))
}
