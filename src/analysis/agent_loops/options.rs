//! What an agent is given where it is made: its tools, and a bound among options that are put together elsewhere.

use crate::analysis::clients::entries;
use crate::analysis::names::Meaning;
use crate::analysis::values::bound;
use crate::model::source::ir::DictEntry;
use crate::model::source::walk::statements;
use crate::model::source::{Call, Expr, ExprKind, Language, Module, ModuleId, Source, StmtKind};

/// Whether an agent is given tools: an empty list is none.
pub(crate) fn has_tools(call: &Call) -> bool {
    let Some(tools) = call.option("tools").or_else(|| {
        // `create_react_agent(model, tools)`: by position.
        let name = call.written_name();
        let positional = matches!(name, "create_react_agent" | "create_agent");
        call.args.get(1).filter(|_| positional)
    }) else {
        return false;
    };
    let empty = match &tools.kind {
        ExprKind::List(items) | ExprKind::Tuple(items) => items.is_empty(),
        ExprKind::None => true,
        _ => false,
    };
    // A name may be filled later: only what stands at the call itself is sure.
    !empty
}

/// Whether `query({ prompt, options: { maxTurns } })` bounds its turns, one level down; `None` where its options are made elsewhere.
pub(crate) fn bounds_query(call: &Call) -> Option<bool> {
    let is_bound = |entry: &DictEntry| match entry.key.as_ref().and_then(Expr::as_str) {
        Some(key) => matches!(key, "maxTurns" | "maxBudgetUsd"),
        // What is spread into it may hold the bound.
        None => true,
    };
    match call.option("options").map(|options| &options.kind) {
        None => Some(false),
        Some(ExprKind::Dict(entries)) => Some(entries.iter().any(is_bound)),
        Some(_) => None,
    }
}

/// What the options hold that a call is given as a whole: `Agent(**options)`, `new Agent({ ...options })`, `new Agent(options)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spread {
    /// There are none, or neither tools nor a bound are in them.
    Nothing,
    /// A bound.
    Limit,
    /// Tools, and no bound.
    Tools,
    /// They could not be read.
    Unread,
}

impl Spread {
    /// Of a call whose bound is the option `limit`.
    pub(crate) fn of(source: &Source, module: &Module, call: &Call, limit: &str) -> Self {
        let mut seen = Self::Nothing;
        for whole in wholes(module, call) {
            let Some(held) = held(source, module, whole, limit) else {
                return Self::Unread;
            };
            if held.limit {
                return Self::Limit;
            }
            if held.tools {
                seen = Self::Tools;
            }
        }
        seen
    }
}

/// Whether a call takes options that are put together where they cannot be read.
pub(crate) fn are_opaque(source: &Source, module: ModuleId, call: &Call) -> bool {
    // What else stands last is no object of options: `run(agent, prompt)`.
    let last = call.args.last().map(|last| &last.kind);
    let has_options = !source.is_typescript(module)
        || call.args.len() == 1
        || matches!(last, Some(ExprKind::Dict(_)));
    has_options && entries::opaque(source, module, call)
}

/// The options that a call is given as a whole.
fn wholes<'c>(module: &Module, call: &'c Call) -> Vec<&'c Expr> {
    let keywords = call.keywords.iter();
    let spread = keywords.filter(|keyword| keyword.name.is_none());
    let mut wholes: Vec<&Expr> = spread.map(|keyword| &keyword.value).collect();
    match call.args.last().map(|last| (last, &last.kind)) {
        Some((_, ExprKind::Dict(entries))) => {
            let spread = entries.iter().filter(|entry| entry.key.is_none());
            wholes.extend(spread.map(|entry| &entry.value));
        }
        // Options are the one argument of a constructor in TypeScript; Python's first is the model.
        Some((last, _)) if module.language == Language::TypeScript => wholes.push(last),
        _ => {}
    }
    wholes
}

/// What options hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Held {
    tools: bool,
    limit: bool,
}

/// What options hold: the literal that they are, and what is put into it by name later. `None` where they could not be read.
///
/// `clients::entries` answers another question. It gathers what it sees and does not say whether that is all (of `{**given, "model": m}`
/// it knows `model`), while an agent counts as one without tools only where all is seen; and it looks for later entries in the
/// function at hand alone, while options of a module are filled anywhere in it.
fn held(source: &Source, module: &Module, whole: &Expr, limit: &str) -> Option<Held> {
    let whole = match &whole.kind {
        ExprKind::Starred(inner) => inner,
        _ => whole,
    };
    let (home, literal) = literal(source, module, whole)?;
    let has = |key: &str| match &literal.kind {
        ExprKind::Dict(_) => Some(literal.entry(key).is_some()),
        ExprKind::Call(made) if made.callee.as_name() == Some("dict") && made.args.is_empty() => {
            Some(made.option(key).is_some())
        }
        _ => None,
    };
    let mut held = Held {
        tools: has("tools")?,
        limit: has(limit)?,
    };
    if let Some(name) = whole.as_name().filter(|_| home == module.id) {
        let put = put_into(module, name);
        held.tools |= put.contains(&"tools");
        held.limit |= put.contains(&limit);
    }
    let opaque = match &literal.kind {
        ExprKind::Dict(entries) => entries.iter().any(|entry| entry.key.is_none()),
        _ => false,
    };
    (held.tools || held.limit || !opaque).then_some(held)
}

/// The expression that options were made by, and its module.
fn literal<'s>(
    source: &'s Source,
    module: &'s Module,
    whole: &'s Expr,
) -> Option<(ModuleId, &'s Expr)> {
    if matches!(whole.kind, ExprKind::Dict(_)) {
        return Some((module.id, whole));
    }
    match source.meaning(module.id, whole) {
        Meaning::Value(home, value) => Some((home, value)),
        // `OPTIONS = dict(tools=[…])` is an object that a call made.
        _ => match &*bound(source, module.id, whole.as_name()?, whole.range.start) {
            [value] => Some((module.id, *value)),
            _ => None,
        },
    }
}

/// The keys under which a module puts something into what a name holds: `options["tools"] = …`, `options.tools = …`.
fn put_into<'m>(module: &'m Module, name: &str) -> Vec<&'m str> {
    let functions = module.functions.iter().map(|function| &function.body);
    let bodies = functions.chain([&module.body]);
    let targets = bodies
        .flat_map(|body| statements(body))
        .filter_map(|stmt| match &stmt.kind {
            StmtKind::Assign(assign) => Some(&assign.targets),
            _ => None,
        });
    targets
        .flatten()
        .filter_map(|target| match &target.kind {
            ExprKind::Subscript { base, index } => (base, index.as_str()?).into(),
            ExprKind::Attribute { base, attr } => (base, &**attr).into(),
            _ => None,
        })
        .filter(|(base, _)| base.as_name() == Some(name))
        .map(|(_, key)| key)
        .collect()
}
