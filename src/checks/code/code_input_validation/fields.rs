//! The payload fields that reach a model, a tool or a command, and what is tested of each on the way.

use std::collections::{BTreeMap, BTreeSet};

use crate::checks::agent_code::AgentCode;
use crate::model::source::flow::{Flow, Labels, Seeds};
use crate::model::source::ir::ByteRange;
use crate::model::source::{
    Entrypoint, EntrypointKind, Expr, ExprKind, FnId, Language, ModuleId, Source,
};

use super::super::outward::outward;
use super::kinds::{kind_of, strips_tool_use};
use super::reach::{Reach, sinks, words_of};
use super::schema::{self, Rule};
use super::taken::{A2A_TEXT, Taken, taken_out};
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
        // Flask and Quart give the request by a name that is imported.
        if expr.as_name() == Some("request")
            && self
                .source
                .canonical(module, expr)
                .is_some_and(|name| matches!(&*name, "flask.request" | "quart.request"))
        {
            return WHOLE;
        }
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
        if !self.structure || self.source.callee(module, expr).is_some() {
            return false;
        }
        // Of what is not the project's own, these hand on what they are given; anything else makes something new of it.
        !matches!(
            &**name,
            "get"
                | "pop"
                | "list"
                | "dict"
                | "tuple"
                | "copy"
                | "deepcopy"
                | "loads"
                | "HumanMessage"
                | "ChatMessage"
                | "UserMessage"
                | "convert_to_messages"
                | "json"
                | "get_json"
                | "receive_json"
                | "parse"
                | "reversed"
                | "getattr"
                | "Message"
                | "structuredClone"
                | "safeParse"
                | "parseAsync"
                | "cast"
        )
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
    rules.insert(
        A2A_TEXT.to_owned(),
        Rule {
            text: true,
            ..Rule::TYPED
        },
    );
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
            base & fields & !own == 0
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
    found.extend(whole(source, function, &reached, &flow, &raw));
    found
}

/// The payload as a whole, where it reaches something without a field being taken out of it.
fn whole(
    source: &Source,
    function: FnId,
    reached: &[Reach],
    flow: &Flow,
    raw: &Flow,
) -> Option<Field> {
    let alone = reached.iter().find_map(|reach| {
        let value = reach
            .values
            .iter()
            .find(|(module, range)| at(flow, *module, *range) == WHOLE)?;
        Some((reach, *value))
    });
    let (reach, value) = alone?;
    let structured = reach.runs_agent && at(raw, value.0, value.1) & WHOLE != 0;
    let name = source
        .function(function)
        .and_then(|found| found.params.first())
        .map_or("payload", |param| &*param.name)
        .to_owned();
    let name = match name.as_str() {
        "event" | "body" | "data" | "input" => name,
        _ => "payload".to_owned(),
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

pub(super) fn at(flow: &Flow, module: ModuleId, range: ByteRange) -> Labels {
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
