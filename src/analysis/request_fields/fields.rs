//! The payload fields that reach a model, a tool or a command, and what is tested of each on the way.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::agent_code::AgentCode;
use crate::analysis::dataflow::{Flow, Labels, Seeds, Step, Truncation};
use crate::analysis::exceptions::words;
use crate::analysis::guards::{self, Wrapped};
use crate::analysis::limits;
use crate::analysis::values::bound;
use crate::model::source::ir::{ByteRange, StmtKind};
use crate::model::source::module::ParamKind;
use crate::model::source::walk::statements;
use crate::model::source::{
    Entrypoint, EntrypointKind, Expr, ExprKind, FnId, Language, ModuleId, Source,
};

use super::graphs;
use super::judged::{Judged, facts};
use super::kinds::{kind_of, strips_tool_use};
use super::labels::{Members, label, parts};
use super::payload::Payload;
use super::reach::{ADDRESS, Reach, STORED, Targets, sinks, words_of};
use super::taken::{A2A_IDS, A2A_TEXT, OR, Taken, is_checked, taken_out};
use super::tested::{self, Fact, Tested, expected};
use super::used::{Used, used};
use crate::analysis::schema::{self, Applied, Fields, Registrations, Rule, UNREAD, WHOLE};

pub(super) const MOST_FIELDS: usize = 60;

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text, or what may be anything.
    Text,
    /// A number.
    Number,
    /// True or false.
    Flag,
    /// The id of a user, an actor, a session.
    Id,
    /// The host of a server that is called.
    Address,
}

/// A field that reaches something.
#[derive(Clone, Debug)]
pub(crate) struct Field {
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
    /// The way that it takes there.
    pub steps: Vec<Step>,
    /// Whether it may reach an agent as a list or object.
    pub structured: bool,
    /// Whether it is the payload as a whole.
    pub whole: bool,
    /// Whether a model is given it as its messages.
    pub messages: bool,
    /// Whether it is taken out in the handler itself, not in a helper.
    pub in_handler: bool,
    /// What it is used as.
    pub used: Used,
}

impl Field {
    /// What the value is in the code where it is taken: the variable that holds it (`text` of `text = payload.get("prompt")`), else
    /// the expression that takes it. None where that is no single line.
    pub(crate) fn written<'s>(&self, source: &'s Source) -> Option<&'s str> {
        let (module, site) = self.site;
        let about = source.module(module)?;
        let function = about.function_at(site.start).map(|function| function.id);
        let named = statements(source.body(module, function))
            .into_iter()
            .find_map(|stmt| match &stmt.kind {
                StmtKind::Assign(assign)
                    if assign
                        .value
                        .as_ref()
                        .is_some_and(|value| is_value(value, site)) =>
                {
                    assign.targets.iter().find_map(Expr::as_name)
                }
                _ => None,
            });
        let text = about.text(site);
        // `request.user_id` of a model, too; a parameter's range may hold more than its name.
        let takes = text.len() <= 60 && !text.contains('\n') && text.contains(['[', '(', '.']);
        named.or_else(|| takes.then_some(text))
    }
}

/// Whether an expression is what stands at a place, or a default where that is missing.
fn is_value(expr: &Expr, site: ByteRange) -> bool {
    match &expr.kind {
        _ if expr.range == site => true,
        ExprKind::Await(inner) => is_value(inner, site),
        ExprKind::BoolOp { values, .. } => values.iter().any(|value| is_value(value, site)),
        _ => false,
    }
}

/// The fields of all handlers of a runtime, once for each place where one is taken.
pub(crate) fn reaching(code: &AgentCode<'_>) -> (Vec<Field>, Option<Truncation>) {
    use EntrypointKind::{A2a, AgUi, Invocation, Lambda, McpTool, Route, WebSocket};
    let tools = Targets {
        tools: code
            .code
            .entrypoints
            .iter()
            .filter(|entry| entry.kind == EntrypointKind::AgentTool)
            .filter_map(|entry| entry.function)
            .collect(),
        graphs: graphs::without_model(code),
    };
    let mut found: Vec<Field> = Vec::new();
    let mut seen = BTreeSet::new();
    let schemas = Registrations::new(code.source);
    let mut truncated = None;
    for entry in &code.code.entrypoints {
        if matches!(
            entry.kind,
            Invocation | WebSocket | Route | McpTool | A2a | AgUi | Lambda
        ) && let Some(function) = entry.function
        {
            for field in of_entry(code, (entry, function), &tools, &schemas, &mut truncated) {
                let address = field.kind == Kind::Address;
                if seen.insert((field.site, field.name.clone(), address)) {
                    found.push(field);
                }
            }
        }
    }
    found.sort_by_key(|field| field.site);
    (found, truncated)
}

fn of_entry(
    code: &AgentCode<'_>,
    (entry, function): (&Entrypoint, FnId),
    tools: &Targets,
    schemas: &Registrations<'_>,
    truncated: &mut Option<Truncation>,
) -> Vec<Field> {
    let source = code.source;
    let mut names: Vec<String> = Vec::new();
    let mut rules = Fields::new();
    let mut sites: BTreeMap<usize, (ModuleId, ByteRange)> = BTreeMap::new();
    let mut params = BTreeMap::new();
    let mut defaults: BTreeMap<usize, Kind> = BTreeMap::new();
    let mut depends = BTreeMap::new();
    let mut depended = BTreeMap::new();
    let typed = matches!(entry.kind, EntrypointKind::McpTool | EntrypointKind::Route)
        && is_python(source, function.module);
    let payload = entry.payload.iter().rev();
    let mut open: Vec<(FnId, usize)> = payload.map(|&at| (function, at)).collect();
    let mut seen: BTreeSet<FnId> = BTreeSet::from([function]);
    while let Some((of, index)) = open.pop() {
        let Some(param) = source
            .function(of)
            .and_then(|found| found.params.get(index))
        else {
            continue;
        };
        let on = schema::dependency(source, of.module, param).filter(|_| typed);
        if let Some(on) = on {
            depends.insert((of, index), on);
            let count = source.function(on).map_or(0, |found| found.params.len());
            if seen.insert(on) {
                open.extend((0..count).rev().map(|at| (on, at)));
            }
            continue;
        }
        let own = if typed {
            schema::of_param(source, of.module, param)
        } else {
            schema::Param::Payload
        };
        let labels = match own {
            schema::Param::Injected => continue,
            schema::Param::Payload => WHOLE,
            schema::Param::Model(fields) => {
                rules.extend(fields);
                WHOLE
            }
            schema::Param::Field(rule) if names.len() < MOST_FIELDS => {
                let label = 1 << names.len();
                sites.insert(names.len(), (of.module, param.range));
                rules.insert(param.name.to_string(), rule);
                names.push(param.name.to_string());
                label
            }
            schema::Param::Field(_) => {
                limits::reached(limits::FIELDS, of.module, param.range);
                continue;
            }
        };
        match of == function {
            true => params.insert(index, labels),
            false => depended.insert((of, index), labels),
        };
    }
    rules.extend(schemas.of(entry, function));
    if entry.kind == EntrypointKind::A2a {
        let text = Rule {
            text: true,
            ..Rule::TYPED
        };
        for name in [A2A_TEXT].into_iter().chain(A2A_IDS) {
            rules.insert(name.to_owned(), text);
        }
    }
    let fixed = names.len();
    let wrapped = wrapped(source, (entry, function));
    let (function, wrapped) = wrapped.map_or((function, BTreeMap::new()), |found| {
        (found.start, found.given)
    });
    let mut seeds = Payload {
        source,
        start: function,
        depends,
        depended,
        wrapped,
        params,
        taken: BTreeMap::new(),
        within: BTreeMap::new(),
        nested: BTreeMap::new(),
        names: Vec::new(),
        validated: BTreeSet::new(),
        structure: false,
        fact: None,
        leaving: RefCell::default(),
        models: RefCell::default(),
    };
    let mut flow = Flow::run(source, function, &seeds);
    // What a schema declares is a field, whatever it is called.
    let applied = schema::applied(source, &flow, 0).whole;
    let top = |path: &String| path.split('.').next().map(str::to_owned);
    let declared: BTreeSet<String> = rules.keys().chain(applied.keys()).filter_map(top).collect();
    let mut taken = taken_out(source, entry.kind, &flow, &declared);
    for _ in 0..2 {
        names.truncate(fixed);
        seeds.taken = label(&taken, &mut names, &mut sites, &mut defaults);
        seeds.within = within(&taken, &seeds.taken);
        seeds.names.clone_from(&names);
        flow = Flow::run(source, function, &seeds);
        let objects = objects(source, &flow, &names);
        nest(&mut taken, &seeds.taken, &flow, objects);
    }
    names.truncate(fixed);
    seeds.taken = label(&taken, &mut names, &mut sites, &mut defaults);
    seeds.within = within(&taken, &seeds.taken);
    seeds.names.clone_from(&names);
    flow = Flow::run(source, function, &seeds);
    *truncated = truncated.or(flow.truncated);
    let mut reached = sinks(source, &flow, tools);
    if reached.is_empty() {
        return Vec::new();
    }
    let mut applied = schema::applied(source, &flow, names.len());
    let inner = inherit(source, function, &mut seeds, &taken, &names, &mut applied);
    for (path, rule) in &applied.whole {
        let known = rules.entry(path.clone()).or_default();
        *known = known.both(*rule);
    }
    let parts = parts(&rules, (&applied.of, &inner), &mut names, &mut sites);
    seeds.names = names;
    if !parts.nested.is_empty() {
        seeds.nested = parts.nested;
        flow = Flow::run(source, function, &seeds);
        reached = sinks(source, &flow, tools);
    }
    let expects = expected(source, &flow, seeds.names.len());
    let keys = reached.iter().filter(|reach| reach.what == STORED);
    let stored = keys.fold(0, |all, reach| all | reach.labels);
    let mut wanted = facts(&seeds.names, &expects, &defaults, stored);
    if reached.iter().any(|reach| reach.what == ADDRESS) && !wanted.contains(&Fact::Formatted) {
        wanted.push(Fact::Formatted);
    }
    let judged = Judged::new(source, function, &mut seeds, (&reached, &wanted), tools);
    *truncated = truncated.or(judged.raw.truncated);
    for (_, flow, _) in &judged.facts {
        *truncated = truncated.or(flow.truncated);
    }
    let strips = strips_tool_use(source, &flow);
    let uses = used(&seeds, &flow, seeds.names.len());
    let mut found = Vec::new();
    for (bit, name) in seeds.names.iter().enumerate() {
        let mask: Labels = 1 << bit;
        let Some(&site) = sites.get(&bit) else {
            continue;
        };
        let touched = |reach: &&Reach<'_>| reach.labels & mask != 0;
        // What is made of many fields is an object of options: only a field that is named so is the address in it.
        let chooses = |reach: &&Reach<'_>| {
            reach.what == ADDRESS && (reach.labels.count_ones() <= 2 || is_address(name))
        };
        if let Some(reach) = reached.iter().filter(chooses).find(touched) {
            let mut tested = Tested::NOTHING;
            tested.formatted = judged.hosts & mask == 0;
            for rule in parts.rules.get(&bit).into_iter().chain(rules.get(UNREAD)) {
                tested::add(&mut tested, rule);
            }
            found.push(Field {
                name: name.clone(),
                site,
                kind: Kind::Address,
                reaches: words_of(source, reach),
                tested,
                structured: false,
                messages: false,
                steps: way(source, &flow, reach, mask),
                whole: false,
                in_handler: inside(source, function, site),
                used: Used::default(),
            });
        }
        let mut others = reached.iter().filter(|reach| reach.what != ADDRESS);
        let Some(reach) = others.find(touched) else {
            continue;
        };
        let mut tested = Tested {
            flag: false,
            sized: false,
            ..expects.get(bit).copied().unwrap_or_default()
        };
        judged.put(mask, &mut tested);
        for rule in parts.rules.get(&bit).into_iter().chain(rules.get(UNREAD)) {
            tested::add(&mut tested, rule);
        }
        if is_checked(source, name, site) {
            continue;
        }
        // A list whose `toolUse` blocks are looked for was looked into.
        let stripped = tested.lists && strips & mask != 0;
        tested.typed |= stripped;
        let kind = kind_of(
            name,
            defaults.get(&bit).copied(),
            &tested,
            stored & mask != 0,
        );
        let mut used = uses.get(bit).cloned().unwrap_or_default();
        // A text is gone through by its characters.
        used.sequence &= defaults.get(&bit) != Some(&Kind::Text);
        // A list or an object is no amount, whatever it is called.
        let kind = match kind {
            Kind::Number if used.is_container() && !tested.number => Kind::Text,
            kind => kind,
        };
        // What is stored under another key than an id is not another's.
        let only_stored = reach.what == STORED
            && !reached
                .iter()
                .any(|other| touched(&other) && !matches!(other.what, ADDRESS | STORED));
        if only_stored && kind != Kind::Id {
            continue;
        }
        let structured = judged.structured & mask != 0
            && !tested.text_only
            && !tested.closed
            && !stripped
            && matches!(kind, Kind::Text);
        found.push(Field {
            name: name.clone(),
            site,
            kind,
            reaches: words_of(source, reach),
            tested,
            structured,
            messages: is_messages(source, &seeds, &reached, mask),
            steps: way(source, &flow, reach, mask),
            whole: false,
            in_handler: inside(source, function, site),
            used,
        });
    }
    let said = rules.get("").into_iter().chain(rules.get(UNREAD));
    let said = said.fold(Rule::default(), |all, rule| all.both(*rule));
    found.extend(whole(source, function, &reached, &flow, &judged, said));
    found
}

/// What runs in the place of a handler of the SDK that a decorator of the project wraps: what it does first is done to the payload. A
/// framework of the web gives a wrapper its arguments by the signature of what is wrapped.
fn wrapped(source: &Source, (entry, function): (&Entrypoint, FnId)) -> Option<Wrapped> {
    if !matches!(
        entry.kind,
        EntrypointKind::Invocation | EntrypointKind::Lambda
    ) {
        return None;
    }
    let found = guards::wrapped(source, source.function(function)?, entry.range)?;
    let takes = source.function(found.start)?.params.first()?;
    (takes.kind == ParamKind::Normal && calls_on(source, &found, function)).then_some(found)
}

/// Whether each wrapper is seen to call what it wraps.
fn calls_on(source: &Source, wrapped: &Wrapped, function: FnId) -> bool {
    struct Enters<'a>(&'a Wrapped);
    impl Seeds for Enters<'_> {
        fn wrapped(&self, decorator: FnId, param: &str) -> Option<FnId> {
            self.0.given.get(&(decorator, param.into())).copied()
        }
    }
    let flow = Flow::run(source, wrapped.start, &Enters(wrapped));
    flow.functions().any(|id| id == function)
}

/// Hands on what schemas say of a field to the places where something is taken out of what they gave, and gives the bits of these by
/// the bit of the field and the name.
fn inherit(
    source: &Source,
    function: FnId,
    seeds: &mut Payload<'_>,
    taken: &[Taken],
    names: &[String],
    applied: &mut Applied,
) -> Members {
    let mut found = Members::new();
    if applied.calls.is_empty() || taken.iter().all(|one| one.within.is_empty()) {
        return found;
    }
    seeds.validated = std::mem::take(&mut applied.calls);
    let before = Flow::run(source, function, seeds);
    seeds.validated = BTreeSet::new();
    // The outer ones come first.
    for one in taken {
        let place = (one.module, one.range);
        let label = |labels: &BTreeMap<_, Labels>| labels.get(&place).copied().unwrap_or(0);
        let (own, outer) = (label(&seeds.taken), label(&seeds.within));
        // Of several fields each may be another.
        if own.count_ones() != 1 || outer.count_ones() != 1 {
            continue;
        }
        let (bit, outer_bit) = (
            own.trailing_zeros() as usize,
            outer.trailing_zeros() as usize,
        );
        let raw = at(&before, one.module, one.base) & outer != 0;
        let Some(fields) = applied.of.get(&outer_bit).filter(|_| !raw) else {
            continue;
        };
        let Some(member) = names
            .get(outer_bit)
            .and_then(|name| one.name.strip_prefix(&**name)?.strip_prefix('.'))
        else {
            continue;
        };
        let below: Fields = fields
            .iter()
            .filter_map(|(path, rule)| {
                let rest = path.strip_prefix(member)?;
                let rest = if rest.is_empty() {
                    rest
                } else {
                    rest.strip_prefix('.')?
                };
                Some((rest.to_owned(), *rule))
            })
            .collect();
        if below.is_empty() {
            continue;
        }
        let known = applied.of.entry(bit).or_default();
        for (path, rule) in below {
            let known = known.entry(path).or_default();
            *known = known.both(rule);
        }
        found.entry((outer_bit, member.to_owned())).or_insert(bit);
    }
    found
}

/// Whether a field is named as an address, or as settings that may hold one.
fn is_address(name: &str) -> bool {
    let words = words(name.rsplit('.').next().unwrap_or(name));
    words.iter().any(|word| {
        matches!(
            &**word,
            "url"
                | "uri"
                | "urls"
                | "host"
                | "hostname"
                | "endpoint"
                | "address"
                | "webhook"
                | "server"
                | "servers"
                | "domain"
                | "callback"
                | "link"
                | "site"
                | "config"
                | "mcp"
        )
    })
}

/// Leaves out what is taken out of something that is itself taken out: a field of a field is part of the field, but of one that is
/// tested to be an object it is a field of its own (`order.city`). What several names lead to (`body = next(payload[key] for key in
/// ("input", "request"))`) gives way to the fields taken out of it.
fn nest(
    taken: &mut Vec<Taken>,
    labels: &BTreeMap<(ModuleId, ByteRange), Labels>,
    flow: &Flow,
    objects: Labels,
) {
    let own = |one: &Taken| labels.get(&(one.module, one.range)).copied().unwrap_or(0);
    let outer = |one: &Taken| at(flow, one.module, one.base) & !WHOLE & !own(one);
    let bases = taken.iter().fold(0, |all, one| all | outer(one));
    let wrappers = taken
        .iter()
        .filter(|one| one.name.contains(OR) && one.name.split(OR).any(is_wrapper))
        .fold(0, |all, one| all | own(one) & bases);
    let opened = objects & bases & !wrappers;
    taken.retain(|one| outer(one) & !(wrappers | opened) == 0 && own(one) & wrappers == 0);
    // The outer ones come first, so that each knows its name when those in it ask for it.
    taken.sort_by_key(|one| (outer(one) & opened).count_ones());
    let mut known: Vec<(Labels, String, (ModuleId, ByteRange))> = Vec::new();
    for one in &mut *taken {
        let around = || known.iter().filter(|(bit, ..)| outer(one) & bit != 0);
        let within: Vec<_> = around().map(|(.., place)| *place).collect();
        if let Some((_, path, _)) = around().rfind(|(_, path, _)| !path.contains(OR))
            && one.within.is_empty()
        {
            one.name = format!("{path}.{}", one.name);
        }
        if !within.is_empty() {
            one.within = within;
        }
        if own(one) & opened != 0 {
            known.push((own(one), one.name.clone(), (one.module, one.range)));
        }
    }
}

/// The labels of the fields that each place is a part of.
fn within(
    taken: &[Taken],
    labels: &BTreeMap<(ModuleId, ByteRange), Labels>,
) -> BTreeMap<(ModuleId, ByteRange), Labels> {
    let of = |one: &Taken| {
        let bits = one.within.iter().filter_map(|place| labels.get(place));
        bits.fold(0, |all, bits| all | bits)
    };
    taken
        .iter()
        .map(|one| ((one.module, one.range), of(one)))
        .collect()
}

/// The labels of fields that are tested to be objects, wherever: what is asked for is what is in them.
fn objects(source: &Source, flow: &Flow, names: &[String]) -> Labels {
    let expects = expected(source, flow, names.len());
    let tested: BTreeSet<&str> = names
        .iter()
        .zip(&expects)
        // Of a list it is the elements that are tested so.
        .filter(|(_, expects)| expects.object && !expects.sequence)
        .map(|(name, _)| &**name)
        .collect();
    let bits = names.iter().enumerate();
    bits.filter(|(_, name)| tested.contains(&***name))
        .fold(0, |all, (bit, _)| all | 1 << bit)
}

/// Names of what holds the fields, not of one.
fn is_wrapper(name: &str) -> bool {
    matches!(
        name,
        "payload" | "request" | "body" | "data" | "event" | "params" | "arguments"
    )
}

/// The way of a field to a call that it reaches.
fn way(source: &Source, flow: &Flow, reach: &Reach<'_>, mask: Labels) -> Vec<Step> {
    let value = reach
        .given
        .iter()
        .find(|value| flow.labels(reach.at.0, value) & mask != 0);
    let function = source
        .module(reach.at.0)
        .and_then(|module| module.function_at(reach.at.1.start))
        .map(|function| function.id);
    value.map_or_else(Vec::new, |value| {
        flow.path(source, (reach.at.0, function), value, mask)
    })
}

/// Whether a model is given the field itself as its messages.
fn is_messages(source: &Source, seeds: &Payload<'_>, reached: &[Reach<'_>], mask: Labels) -> bool {
    let taken = |module: ModuleId, range: ByteRange| {
        let own = seeds.taken.get(&(module, range)).copied().unwrap_or(0);
        own & mask != 0
    };
    reached
        .iter()
        .flat_map(|reach| &reach.messages)
        .any(|(module, value)| {
            taken(*module, value.range)
                || value.as_name().is_some_and(|name| {
                    bound(source, *module, name, value.range.start)
                        .iter()
                        .any(|value| taken(*module, value.range))
                })
        })
}

fn inside(source: &Source, function: FnId, site: (ModuleId, ByteRange)) -> bool {
    source
        .function(function)
        .is_some_and(|found| function.module == site.0 && found.range.contains(site.1))
}

/// The payload as a whole, where it reaches something without a field being taken out of it.
fn whole(
    source: &Source,
    function: FnId,
    reached: &[Reach<'_>],
    flow: &Flow,
    judged: &Judged,
    said: Rule,
) -> Vec<Field> {
    let name = source
        .function(function)
        .and_then(|found| found.params.first())
        .map_or("payload", |param| &*param.name)
        .to_owned();
    let name = match name.as_str() {
        "event" | "body" | "data" | "input" => name,
        _ => "payload".to_owned(),
    };
    let mut found = Vec::new();
    for reach in reached
        .iter()
        .filter(|reach| !matches!(reach.what, ADDRESS | STORED))
    {
        for &value in &reach.values {
            if at(flow, value.0, value.1) & WHOLE == 0 {
                continue;
            }
            let mut tested = Tested::NOTHING;
            for (fact, flow, _) in &judged.facts {
                if at(flow, value.0, value.1) & WHOLE == 0 {
                    fact.put(&mut tested);
                }
            }
            tested::add(&mut tested, &said);
            let structured = reach.as_they_are.contains(&value)
                && !said.is_closed()
                && at(&judged.raw, value.0, value.1) & WHOLE != 0;
            found.push(Field {
                name: name.clone(),
                site: value,
                kind: Kind::Text,
                reaches: words_of(source, reach),
                tested,
                structured,
                messages: false,
                steps: Vec::new(),
                whole: true,
                in_handler: inside(source, function, value),
                used: Used::default(),
            });
        }
    }
    found
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
