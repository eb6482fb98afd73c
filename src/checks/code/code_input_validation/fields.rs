//! The payload fields that reach a model, a tool or a command, and what is tested of each on the way.

use std::collections::{BTreeMap, BTreeSet};

use crate::checks::agent_code::AgentCode;
use crate::model::source::flow::{Flow, Labels, Seeds};
use crate::model::source::ir::{ByteRange, StmtKind};
use crate::model::source::resolve::leaf;
use crate::model::source::walk::{expressions, statements};
use crate::model::source::{
    Call, Entrypoint, EntrypointKind, Expr, ExprKind, FnId, Language, ModuleId, Source,
};

use super::super::handlers::words;
use super::super::outward::{Reached, outward};
use super::schema::{self, Rule};
use super::tested::{Tested, tests};

/// The label of the payload as a whole.
pub(super) const WHOLE: Labels = 1 << 63;
const MOST_FIELDS: usize = 60;

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text, or what may be anything.
    Text,
    /// A number.
    Number,
    /// True or false.
    Flag,
    /// The id of a user, an actor, a session.
    Id,
}

/// A field that reaches something.
#[derive(Clone, Debug)]
pub(super) struct Field {
    /// Its name; `payload` for the payload as a whole.
    pub name: String,
    /// Where it is taken out of the payload.
    pub site: (ModuleId, ByteRange),
    /// What it holds.
    pub kind: Kind,
    /// What it reaches, in words.
    pub reaches: String,
    /// What is tested of it.
    pub tested: Tested,
    /// Whether it may reach an agent as a list or object.
    pub structured: bool,
}

/// A place where a field is taken out of something.
struct Taken {
    name: String,
    module: ModuleId,
    range: ByteRange,
    base: ByteRange,
    default: Option<Kind>,
}

/// The fields of all handlers of a runtime, each name once: the least tested first.
pub(super) fn reaching(code: &AgentCode<'_>) -> Vec<Field> {
    use EntrypointKind::{A2a, AgUi, Invocation, Lambda, McpTool, Route, WebSocket};
    let tools: BTreeSet<FnId> = code
        .code
        .entrypoints
        .iter()
        .filter(|entry| entry.kind == EntrypointKind::AgentTool)
        .filter_map(|entry| entry.function)
        .collect();
    let mut found: Vec<Field> = Vec::new();
    for entry in &code.code.entrypoints {
        if matches!(
            entry.kind,
            Invocation | WebSocket | Route | McpTool | A2a | AgUi | Lambda
        ) && let Some(function) = entry.function
        {
            for field in of_entry(code, entry, function, &tools) {
                if !found
                    .iter()
                    .any(|known| known.site == field.site && known.name == field.name)
                {
                    found.push(field);
                }
            }
        }
    }
    found.sort_by_key(|field| field.site);
    found
}

/// The seeds: the payload's parameters, and the fields that are taken out of it.
struct Payload<'a> {
    source: &'a Source,
    start: FnId,
    params: BTreeMap<usize, Labels>,
    taken: BTreeMap<(ModuleId, ByteRange), Labels>,
    /// Whether only the values themselves are followed, not text made of them.
    structure: bool,
}

impl Seeds for Payload<'_> {
    fn param(&self, function: FnId, index: usize) -> Labels {
        if function == self.start {
            self.params.get(&index).copied().unwrap_or(0)
        } else {
            0
        }
    }

    fn expr(&self, module: ModuleId, expr: &Expr) -> Labels {
        self.taken.get(&(module, expr.range)).copied().unwrap_or(0)
    }

    fn cleans(&self, module: ModuleId, expr: &Expr) -> bool {
        if outward(self.source, module, expr).is_some() {
            return true;
        }
        let Some(call) = expr.as_call() else {
            return false;
        };
        let (ExprKind::Name(name) | ExprKind::Attribute { attr: name, .. }) = &call.callee.kind
        else {
            return false;
        };
        if matches!(
            &**name,
            "len" | "isinstance" | "bool" | "hash" | "Boolean" | "isArray"
        ) {
            return true;
        }
        let text = matches!(
            &**name,
            "str"
                | "String"
                | "dumps"
                | "stringify"
                | "strip"
                | "lower"
                | "upper"
                | "trim"
                | "join"
                | "split"
                | "format"
                | "toLowerCase"
                | "toString"
                | "int"
                | "float"
                | "Number"
                | "parseInt"
                | "parseFloat"
                | "Part"
                | "Text"
                | "TextPart"
                | "TextContent"
                | "model_dump_json"
                | "sub"
                | "replace"
                | "get_text"
        );
        self.structure && (text || call.option("text").is_some())
    }

    fn through_text(&self) -> bool {
        !self.structure
    }

    fn cleans_entry(&self, key: &str) -> bool {
        self.structure
            && !matches!(
                key,
                "messages" | "content" | "input" | "inputs" | "prompt" | "query" | "message"
            )
    }
}

fn of_entry(
    code: &AgentCode<'_>,
    entry: &Entrypoint,
    function: FnId,
    tools: &BTreeSet<FnId>,
) -> Vec<Field> {
    let source = code.source;
    let mut names: Vec<String> = Vec::new();
    let mut rules: BTreeMap<String, Rule> = BTreeMap::new();
    let mut sites: BTreeMap<usize, (ModuleId, ByteRange)> = BTreeMap::new();
    let mut params = BTreeMap::new();
    let mut defaults: BTreeMap<usize, Kind> = BTreeMap::new();
    for &index in &entry.payload {
        let Some(param) = source
            .function(function)
            .and_then(|found| found.params.get(index))
        else {
            continue;
        };
        let typed = matches!(entry.kind, EntrypointKind::McpTool | EntrypointKind::Route)
            && is_python(source, function.module);
        let own = if typed {
            schema::of_param(source, function.module, param)
        } else {
            schema::Param::Payload
        };
        match own {
            schema::Param::Injected => {}
            schema::Param::Payload => {
                params.insert(index, WHOLE);
            }
            schema::Param::Model(fields) => {
                params.insert(index, WHOLE);
                rules.extend(fields);
            }
            schema::Param::Field(rule) if names.len() < MOST_FIELDS => {
                params.insert(index, 1 << names.len());
                sites.insert(names.len(), (function.module, param.range));
                rules.insert(param.name.to_string(), rule);
                names.push(param.name.to_string());
            }
            schema::Param::Field(_) => {}
        }
    }
    rules.extend(schema::of_entry(source, entry, function));
    let fixed = names.len();
    let mut seeds = Payload {
        source,
        start: function,
        params,
        taken: BTreeMap::new(),
        structure: false,
    };
    let mut flow = Flow::run(source, function, &seeds);
    let mut taken = taken_out(source, entry.kind, &flow);
    // Fields of fields are part of the field: what is taken out of something that is itself taken out has no name of its own.
    for _ in 0..2 {
        names.truncate(fixed);
        seeds.taken = label(&taken, &mut names, &mut sites, &mut defaults);
        flow = Flow::run(source, function, &seeds);
        let fields = !WHOLE;
        taken.retain(|one| {
            let own = seeds
                .taken
                .get(&(one.module, one.range))
                .copied()
                .unwrap_or(0);
            let base = at(&flow, one.module, one.base);
            base & fields & !own == 0 || base & own != 0 && base & fields & !own == 0
        });
    }
    names.truncate(fixed);
    seeds.taken = label(&taken, &mut names, &mut sites, &mut defaults);
    flow = Flow::run(source, function, &seeds);
    seeds.structure = true;
    let raw = Flow::run(source, function, &seeds);
    let reached = sinks(source, &flow, tools);
    let by_tests = tests(source, &flow, names.len());
    let schemas = schema::applied(source, &flow, &names);
    let strips = strips_tool_use(source, &flow);
    let mut found = Vec::new();
    for (bit, name) in names.iter().enumerate() {
        let mask: Labels = 1 << bit;
        let Some(reach) = reached.iter().find(|reach| reach.labels & mask != 0) else {
            continue;
        };
        let mut tested = by_tests.get(bit).cloned().unwrap_or_default();
        for rule in rules.get(name).into_iter().chain(schemas.get(&bit)) {
            tested.add(rule);
        }
        let kind = kind_of(name, defaults.get(&bit).copied(), &tested);
        let agent = reached.iter().any(|reach| {
            reach.runs_agent
                && reach
                    .values
                    .iter()
                    .any(|(module, range)| at(&raw, *module, *range) & mask != 0)
        });
        let guarded = tested.text_only || tested.lists && strips & mask != 0;
        let structured = agent && !guarded && matches!(kind, Kind::Text);
        let Some(&site) = sites.get(&bit) else {
            continue;
        };
        found.push(Field {
            name: name.clone(),
            site,
            kind,
            reaches: words_of(source, reach),
            tested,
            structured,
        });
    }
    found.extend(whole(source, function, &reached, &flow, &raw, &names));
    found
}

/// The payload as a whole, where it reaches something without a field being taken out of it.
fn whole(
    source: &Source,
    function: FnId,
    reached: &[Reach],
    flow: &Flow,
    raw: &Flow,
    names: &[String],
) -> Option<Field> {
    let alone = reached.iter().find_map(|reach| {
        let value = reach
            .values
            .iter()
            .find(|(module, range)| at(flow, *module, *range) == WHOLE)?;
        Some((reach, *value))
    });
    let (reach, value) = alone?;
    let _ = names;
    let structured = reach.runs_agent && at(raw, value.0, value.1) & WHOLE != 0;
    let name = source
        .function(function)
        .and_then(|found| found.params.first())
        .map_or("payload", |param| &*param.name)
        .to_owned();
    let name = if name == "self" || name.is_empty() {
        "payload".to_owned()
    } else {
        name
    };
    Some(Field {
        name,
        site: value,
        kind: Kind::Text,
        reaches: words_of(source, reach),
        tested: Tested::default(),
        structured,
    })
}

fn at(flow: &Flow, module: ModuleId, range: ByteRange) -> Labels {
    flow.labels(
        module,
        &Expr {
            kind: ExprKind::None,
            range,
        },
    )
}

fn is_python(source: &Source, module: ModuleId) -> bool {
    source
        .module(module)
        .is_some_and(|module| module.language == Language::Python)
}

fn label(
    taken: &[Taken],
    names: &mut Vec<String>,
    sites: &mut BTreeMap<usize, (ModuleId, ByteRange)>,
    defaults: &mut BTreeMap<usize, Kind>,
) -> BTreeMap<(ModuleId, ByteRange), Labels> {
    let mut found = BTreeMap::new();
    sites.retain(|bit, _| *bit < names.len());
    defaults.clear();
    for one in taken {
        let bit = match names.iter().position(|name| *name == one.name) {
            Some(bit) => bit,
            None if names.len() < MOST_FIELDS => {
                names.push(one.name.clone());
                names.len() - 1
            }
            None => continue,
        };
        sites.entry(bit).or_insert((one.module, one.range));
        if let Some(kind) = one.default {
            defaults.entry(bit).or_insert(kind);
        }
        found.insert((one.module, one.range), 1 << bit);
    }
    found
}

/// Parts of a request that hold the payload and are none of its fields.
const PLUMBING: &[&str] = &[
    "body",
    "json",
    "query",
    "params",
    "headers",
    "req",
    "request",
    "data",
    "rawBody",
    "form",
    "args",
    "queryStringParameters",
    "pathParameters",
    "requestContext",
    "query_params",
    "path_params",
    "state",
    "url",
    "method",
    "app",
    "client",
    "cookies",
    "log",
    "session",
    "get_json",
    "text",
    "parameters",
];

/// Every place where something is taken out of a labelled value by a constant key.
fn taken_out(source: &Source, kind: EntrypointKind, flow: &Flow) -> Vec<Taken> {
    let mut found = Vec::new();
    for id in flow.functions() {
        let Some(module) = source.module(id.module) else {
            continue;
        };
        let body = source.body(id.module, Some(id));
        let typescript = module.language == Language::TypeScript;
        let all = expressions(body);
        let called: BTreeSet<ByteRange> = all
            .iter()
            .filter_map(|expr| expr.as_call().map(|call| call.callee.range))
            .collect();
        for expr in &all {
            let one = match &expr.kind {
                ExprKind::Subscript { base, index } => {
                    index.as_str().map(|key| (key, &**base, None))
                }
                ExprKind::Call(call) => got(call),
                ExprKind::Attribute { base, attr }
                    if !called.contains(&expr.range)
                        && (typescript || schema::is_model_value(source, id.module, base)) =>
                {
                    Some((&**attr, &**base, None))
                }
                _ => None,
            };
            if let Some((key, base, default)) = one
                && flow.labels(id.module, base) & WHOLE != 0
                && !(PLUMBING.contains(&key)
                    && (kind != EntrypointKind::Invocation || matches!(key, "data" | "body")))
                && !(typescript && matches!(key, "length" | "success" | "error"))
            {
                found.push(Taken {
                    name: key.to_owned(),
                    module: id.module,
                    range: expr.range,
                    base: base.range,
                    default,
                });
            }
        }
        for stmt in statements(body) {
            if let StmtKind::Assign(assign) = &stmt.kind
                && let Some(value) = &assign.value
                && flow.labels(id.module, value) & WHOLE != 0
            {
                assign
                    .targets
                    .iter()
                    .for_each(|target| pattern(target, id.module, value.range, &mut found));
            }
        }
        for param in source
            .function(id)
            .map(|function| function.params.as_slice())
            .unwrap_or_default()
        {
            if let Some(target) = &param.pattern
                && at(flow, id.module, target.range) & WHOLE != 0
            {
                pattern(target, id.module, target.range, &mut found);
            }
        }
    }
    found
}

/// `payload.get("prompt", "default")`, `getattr(payload, "prompt")`.
fn got(call: &Call) -> Option<(&str, &Expr, Option<Kind>)> {
    let default = |index: usize| {
        call.args.get(index).and_then(|value| match &value.kind {
            ExprKind::Number(_) => Some(Kind::Number),
            ExprKind::Bool(_) => Some(Kind::Flag),
            _ => None,
        })
    };
    match &call.callee.kind {
        ExprKind::Attribute { base, attr } if matches!(&**attr, "get" | "pop") => {
            Some((call.args.first()?.as_str()?, base, default(1)))
        }
        ExprKind::Name(name) if &**name == "getattr" => {
            Some((call.args.get(1)?.as_str()?, call.args.first()?, default(2)))
        }
        _ => None,
    }
}

/// `const { prompt, userId = 'x' } = payload`.
fn pattern(target: &Expr, module: ModuleId, base: ByteRange, found: &mut Vec<Taken>) {
    let ExprKind::Dict(entries) = &target.kind else {
        return;
    };
    for entry in entries {
        if let Some(key) = entry.key.as_ref().and_then(Expr::as_str)
            && !matches!(key, "body" | "data" | "success" | "error")
        {
            found.push(Taken {
                name: key.to_owned(),
                module,
                range: entry.value.range,
                base,
                default: None,
            });
        }
    }
}

/// A call that fields reach.
struct Reach {
    labels: Labels,
    values: Vec<(ModuleId, ByteRange)>,
    runs_agent: bool,
    what: &'static str,
    at: (ModuleId, ByteRange),
}

fn sinks(source: &Source, flow: &Flow, tools: &BTreeSet<FnId>) -> Vec<Reach> {
    let mut found = Vec::new();
    for id in flow.functions() {
        for expr in expressions(source.body(id.module, Some(id))) {
            let ExprKind::Call(call) = &expr.kind else {
                continue;
            };
            let Some((what, runs_agent)) = sink(source, id.module, expr, call, tools) else {
                continue;
            };
            let values: Vec<&Expr> = call
                .args
                .iter()
                .chain(call.keywords.iter().map(|keyword| &keyword.value))
                .collect();
            let labels = values
                .iter()
                .fold(0, |all, value| all | flow.labels(id.module, value));
            if labels != 0 {
                let values = values
                    .iter()
                    .map(|value| (id.module, value.range))
                    .collect();
                found.push(Reach {
                    labels,
                    values,
                    runs_agent,
                    what,
                    at: (id.module, expr.range),
                });
            }
        }
    }
    // The agent itself says more than what it is built with.
    found.sort_by_key(|reach| (!reach.runs_agent, reach.at));
    found
}

fn sink(
    source: &Source,
    module: ModuleId,
    expr: &Expr,
    call: &Call,
    tools: &BTreeSet<FnId>,
) -> Option<(&'static str, bool)> {
    if let Some(out) = outward(source, module, expr) {
        return match out.reached {
            Reached::Agent => Some(("the agent", true)),
            Reached::Model => Some(("the model", false)),
            Reached::Tool => Some(("a tool", false)),
            Reached::Client => has_id(call).then_some(("memory or a session", false)),
        };
    }
    if source
        .callee(module, expr)
        .is_some_and(|callee| tools.contains(&callee))
    {
        return Some(("a tool", false));
    }
    let name = source.callee_name(module, expr)?;
    let command = matches!(
        &*name,
        "os.system"
            | "os.popen"
            | "eval"
            | "exec"
            | "subprocess.run"
            | "subprocess.call"
            | "subprocess.check_output"
            | "subprocess.check_call"
            | "subprocess.Popen"
            | "subprocess.getoutput"
            | "asyncio.create_subprocess_shell"
            | "asyncio.create_subprocess_exec"
            | "child_process.exec"
            | "child_process.execSync"
            | "child_process.spawn"
            | "child_process.spawnSync"
            | "child_process.execFile"
    );
    if command {
        return Some(("a command", false));
    }
    if source.callee(module, expr).is_some() {
        return None;
    }
    let last = leaf(&name);
    let builds = last == "Agent"
        || last == "create_react_agent"
        || last == "create_agent"
        || last == "createReactAgent"
        || last == "createAgent";
    if builds && name.contains('.') {
        return Some(("the agent that is built", false));
    }
    let known = name.starts_with("bedrock_agentcore") || name.contains("session");
    (known && has_id(call)).then_some(("memory or a session", false))
}

/// Whether a call is given an id by name.
fn has_id(call: &Call) -> bool {
    let names = |name: &str| {
        matches!(
            name,
            "actor_id"
                | "session_id"
                | "user_id"
                | "thread_id"
                | "actorId"
                | "sessionId"
                | "userId"
                | "threadId"
        )
    };
    call.keywords
        .iter()
        .any(|keyword| keyword.name.as_deref().is_some_and(names))
        || call.args.last().is_some_and(|last| match &last.kind {
            ExprKind::Dict(entries) => entries
                .iter()
                .any(|entry| entry.key.as_ref().and_then(Expr::as_str).is_some_and(names)),
            _ => false,
        })
}

fn words_of(source: &Source, reach: &Reach) -> String {
    let place = source
        .module(reach.at.0)
        .map(|module| module.site(reach.at.1));
    match place.and_then(|site| site.span.map(|span| (site.path.to_string(), span.line))) {
        Some((path, line)) => format!("{} ({path}:{line})", reach.what),
        None => reach.what.to_owned(),
    }
}

fn kind_of(name: &str, default: Option<Kind>, tested: &Tested) -> Kind {
    let words = words(name);
    let id = words.last().is_some_and(|last| last == "id")
        && (words.len() == 1
            || words.iter().any(|word| {
                matches!(
                    &**word,
                    "actor"
                        | "session"
                        | "user"
                        | "customer"
                        | "tenant"
                        | "thread"
                        | "conversation"
                        | "account"
                        | "employee"
                        | "member"
                        | "patient"
                )
            }));
    if id || words.len() == 1 && matches!(&*words[0], "actor" | "userid" | "sessionid" | "actorid")
    {
        return Kind::Id;
    }
    if tested.flag {
        return Kind::Flag;
    }
    if tested.number {
        return Kind::Number;
    }
    default.unwrap_or(Kind::Text)
}

/// Labels of what goes through a function that looks for `toolUse` blocks.
fn strips_tool_use(source: &Source, flow: &Flow) -> Labels {
    let mut found = 0;
    for id in flow.functions() {
        let all = expressions(source.body(id.module, Some(id)));
        let looks = all.iter().any(|expr| match &expr.kind {
            ExprKind::Compare { left, rest } => [&**left]
                .into_iter()
                .chain(rest.iter().map(|(_, right)| right))
                .any(|side| {
                    matches!(
                        side.as_str(),
                        Some("toolUse" | "tool_use" | "tool_calls" | "tool-call")
                    )
                }),
            _ => false,
        });
        if looks {
            found |= all
                .iter()
                .fold(0, |labels, expr| labels | flow.labels(id.module, expr));
        }
    }
    found
}
