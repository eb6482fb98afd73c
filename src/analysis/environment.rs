//! Reads of environment variables, whichever way they are written.

pub(crate) mod fills;
pub(crate) mod puts;
pub(crate) mod several;

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashSet};

use crate::analysis::call_sites::Callers;
use crate::analysis::elements::looped_over;
use crate::analysis::limits::{self, Limit};
use crate::analysis::names::constants::{MOST_TEXTS, put_together, text_call};
use crate::analysis::names::{Meaning, leaf};
use crate::analysis::packaged_tools;
use crate::analysis::values::{At, Domain, Part, bound, eval, eval_each};
use crate::analysis::writes::targets;
use crate::model::source::ir::Operator;
use crate::model::source::walk::{Node, path_to};
use crate::model::source::{ByteRange, Call, Conditional, Expr, ExprKind, ModuleId, Source};

/// A read: the expression that names the variable, and what stands in where it is not set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Read<'a> {
    /// The name.
    pub key: Key<'a>,
    /// The module of the key and the default.
    pub module: ModuleId,
    /// The default given.
    pub default: Option<&'a Expr>,
    /// What is read, where code may have put values of its own into it: `{"X": "y", **os.environ}`.
    pub object: Option<&'a Expr>,
}

/// How a read names its variable.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Key<'a> {
    /// An expression.
    Expr(&'a Expr),
    /// `process.env.NAME`.
    Text(&'a str),
}

/// A variable that code reads, and the place that names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Variable {
    /// The module.
    pub module: ModuleId,
    /// The place.
    pub range: ByteRange,
    /// The variable.
    pub name: String,
}

/// Functions and methods that read the variable that an argument names: canonical name, and which argument.
const READERS: &[(&str, usize)] = &[
    ("os.getenv", 0),
    ("os.getenvb", 0),
    ("os.environ.get", 0),
    ("os.environ.pop", 0),
    ("os.environ.setdefault", 0),
    ("os.environ.__getitem__", 0),
    ("Deno.env.get", 0),
    ("Bun.env.get", 0),
    ("decouple.config", 0),
    ("decouple.AutoConfig.__call__", 0),
    ("starlette.config.Config.__call__", 0),
    ("environs.Env.__call__", 0),
    ("environs.env", 0),
    ("environ.Env.__call__", 0),
    ("env-var.get", 0),
    ("langchain_core.utils.secret_from_env", 0),
    ("langchain_core.utils.from_env", 0),
    ("langchain_core.utils.utils.secret_from_env", 0),
    ("langchain_core.utils.utils.from_env", 0),
    ("langchain_core.utils.get_from_env", 1),
    ("langchain_core.utils.env.get_from_env", 1),
    ("langchain_core.utils.get_from_dict_or_env", 2),
    ("langchain_core.utils.env.get_from_dict_or_env", 2),
    ("get_env.get_env", 0),
];

/// Objects whose every text method reads a variable (`env.str("X")`).
const OBJECTS: &[&str] = &["environs.Env", "environs.env", "environ.Env", "env-var"];

/// Expressions that one question about a value looks at.
const MOST: usize = 400;

/// Whether an expression is the process's environment, or a copy of it.
pub(crate) fn is_environ<'a>(callers: &Callers<'a>, module: ModuleId, expr: &'a Expr) -> bool {
    if let Some(known) = known(callers, expr) {
        return known;
    }
    let mut ways = Ways::from(module, expr);
    let mut found = false;
    while let Some((module, expr)) = ways.next() {
        let known = known(callers, expr);
        found = known.unwrap_or_else(|| leads_to_environ(callers, module, expr, &mut ways));
        if found {
            break;
        }
    }
    if !found && ways.cut {
        limits::reached(limits::CALLERS, module, expr.range);
    }
    // Where nothing of what was looked at is the environment, all of it is known.
    let known: Vec<(usize, bool)> = match (found, ways.cut) {
        (true, _) => vec![(address(expr), true)],
        (false, true) => Vec::new(),
        (false, false) => ways.seen.into_iter().map(|seen| (seen, false)).collect(),
    };
    // What was found out when a budget had run out is no answer for a check that did not run out of it.
    if limits::is_reached() {
        callers.environs.borrow_mut().extend(known);
    } else if let Ok(mut environs) = callers.code().facts.environs.lock() {
        environs.extend(known);
    }
    found
}

/// What was found out before.
fn known(callers: &Callers<'_>, expr: &Expr) -> Option<bool> {
    let address = address(expr);
    let own = callers.environs.borrow().get(&address).copied();
    own.or_else(|| {
        let environs = callers.code().facts.environs.lock().ok()?;
        environs.get(&address).copied()
    })
}

fn address(expr: &Expr) -> usize {
    std::ptr::from_ref(expr).addr()
}

/// Expressions that a value may come from, each looked at once.
struct Ways<'a> {
    open: Vec<(ModuleId, &'a Expr)>,
    seen: HashSet<usize>,
    /// There were more than [`MOST`].
    cut: bool,
}

impl<'a> Ways<'a> {
    fn from(module: ModuleId, expr: &'a Expr) -> Self {
        let mut ways = Self {
            open: Vec::new(),
            seen: HashSet::new(),
            cut: false,
        };
        ways.add(module, expr);
        ways
    }

    fn add(&mut self, module: ModuleId, expr: &'a Expr) {
        if self.seen.len() >= MOST {
            self.cut |= !self.seen.contains(&address(expr));
        } else if self.seen.insert(address(expr)) {
            self.open.push((module, expr));
        }
    }

    fn next(&mut self) -> Option<(ModuleId, &'a Expr)> {
        self.open.pop()
    }
}

/// Whether an expression is the environment by itself; what else it may stand for is added to the ways.
fn leads_to_environ<'a>(
    callers: &Callers<'a>,
    module: ModuleId,
    expr: &'a Expr,
    ways: &mut Ways<'a>,
) -> bool {
    let source = callers.source();
    match &expr.kind {
        ExprKind::Conditional(parts) => {
            let Conditional { body, orelse, .. } = &**parts;
            ways.add(module, body);
            ways.add(module, orelse);
        }
        ExprKind::BoolOp { values, .. } => values.iter().for_each(|value| ways.add(module, value)),
        ExprKind::Assign { value, .. } => ways.add(module, value),
        ExprKind::Dict(entries) => {
            let spread = entries.iter().filter(|entry| entry.key.is_none());
            spread.for_each(|entry| ways.add(module, &entry.value));
        }
        // `defaults | os.environ`
        ExprKind::BinOp {
            op: Operator::BitOr,
            left,
            right,
        } => {
            ways.add(module, left);
            ways.add(module, right);
        }
        ExprKind::Call(call) => match source.callee_name(module, expr) {
            Some("os.environ.copy") => return true,
            Some("dict" | "Object.assign" | "structuredClone" | "types.MappingProxyType") => {
                call.args.iter().for_each(|arg| ways.add(module, arg));
                let spread = call.keywords.iter().filter(|one| one.name.is_none());
                spread.for_each(|one| ways.add(module, &one.value));
            }
            _ => {}
        },
        ExprKind::Name(_) | ExprKind::Attribute { .. } | ExprKind::Subscript { .. } => {
            match source.meaning(module, expr) {
                Meaning::External(name) => return is_environ_name(&name),
                Meaning::Instance(instance) => match instance.type_name.as_str() {
                    "os.environ.copy" => return true,
                    "dict" => {
                        let args = instance.call.into_iter().flat_map(|call| &call.args);
                        args.for_each(|arg| ways.add(instance.module, arg));
                        let spread = instance.call.into_iter().flat_map(|call| &call.keywords);
                        let spread = spread.filter(|one| one.name.is_none());
                        spread.for_each(|one| ways.add(instance.module, &one.value));
                    }
                    // A parameter with a declared type: `env: NodeJS.ProcessEnv`.
                    _ if instance.call.is_none() => given_for(callers, module, expr, ways),
                    _ => {}
                },
                Meaning::Value(at, value) => ways.add(at, value),
                Meaning::Unknown => given_for(callers, module, expr, ways),
                _ => {}
            }
        }
        _ => {}
    }
    false
}

/// Adds what callers give for a parameter, and its default.
fn given_for<'a>(callers: &Callers<'a>, module: ModuleId, expr: &'a Expr, ways: &mut Ways<'a>) {
    let given = callers.given(module, expr).into_iter();
    given.for_each(|(at, value)| ways.add(at, value));
    let parameter = callers.parameter(module, expr);
    let default = parameter.and_then(|(function, index)| {
        let param = callers.source().function(function)?.params.get(index)?;
        Some((function.module, param.default.as_deref()?))
    });
    if let Some((at, default)) = default {
        ways.add(at, default);
    }
}

/// Whether a copy of the environment holds a value for a variable that code put there, or may hold one: `{"X": "y", **os.environ}`,
/// `{...defaults, ...process.env}`.
pub(crate) fn has_own<'a>(
    callers: &Callers<'a>,
    module: ModuleId,
    object: &'a Expr,
    name: &str,
) -> bool {
    let mut ways = Ways::from(module, object);
    while let Some((module, expr)) = ways.next() {
        if own_value(callers, module, expr, name, &mut ways) {
            return true;
        }
    }
    if ways.cut {
        limits::reached(limits::CALLERS, module, object.range);
    }
    ways.cut
}

/// Whether what an object is made of holds a value for a variable; what else it is a copy of is added to the ways.
fn own_value<'a>(
    callers: &Callers<'a>,
    module: ModuleId,
    expr: &'a Expr,
    name: &str,
    ways: &mut Ways<'a>,
) -> bool {
    let source = callers.source();
    let is_key = |key: &'a Expr| source.string(module, key).is_none_or(|key| key == name);
    match &expr.kind {
        ExprKind::Dict(entries) => entries.iter().any(|entry| match &entry.key {
            Some(key) => is_key(key),
            None => may_hold(callers, module, &entry.value, ways),
        }),
        ExprKind::BinOp {
            op: Operator::BitOr,
            left,
            right,
        } => [left, right]
            .iter()
            .any(|side| may_hold(callers, module, side, ways)),
        ExprKind::Call(call) => made_with(callers, module, call, name, ways),
        // Either may be what is read.
        ExprKind::Conditional(parts) => {
            ways.add(module, &parts.body);
            ways.add(module, &parts.orelse);
            false
        }
        ExprKind::BoolOp { values, .. } => {
            values.iter().for_each(|value| ways.add(module, value));
            false
        }
        ExprKind::Name(_) | ExprKind::Attribute { .. } => match source.meaning(module, expr) {
            Meaning::Value(at, value) => {
                ways.add(at, value);
                false
            }
            Meaning::Instance(made) => match made.call {
                Some(call) => {
                    made.type_name == "dict" && made_with(callers, made.module, call, name, ways)
                }
                None => {
                    given_for(callers, module, expr, ways);
                    false
                }
            },
            Meaning::Unknown => {
                given_for(callers, module, expr, ways);
                false
            }
            _ => false,
        },
        _ => false,
    }
}

/// The same for a call that copies: `dict(os.environ, X="y")`, `Object.assign({X: "y"}, process.env)`.
fn made_with<'a>(
    callers: &Callers<'a>,
    module: ModuleId,
    call: &'a Call,
    name: &str,
    ways: &mut Ways<'a>,
) -> bool {
    let copies = matches!(
        call.written_name(),
        "dict" | "assign" | "structuredClone" | "MappingProxyType"
    );
    copies
        && (call
            .args
            .iter()
            .any(|arg| may_hold(callers, module, arg, ways))
            || call.keywords.iter().any(|one| match &one.name {
                Some(key) => **key == *name,
                None => may_hold(callers, module, &one.value, ways),
            }))
}

/// Whether what is copied into an object may hold anything: it is not the environment, and not written out. What is written out is
/// added to the ways.
fn may_hold<'a>(
    callers: &Callers<'a>,
    module: ModuleId,
    expr: &'a Expr,
    ways: &mut Ways<'a>,
) -> bool {
    let written = |expr: &Expr| matches!(expr.kind, ExprKind::Dict(_));
    let (at, value) = match callers.source().meaning(module, expr) {
        Meaning::Value(at, value) => (at, value),
        _ => (module, expr),
    };
    if written(value) || is_environ(callers, module, expr) {
        ways.add(at, value);
        return false;
    }
    true
}

fn is_environ_name(name: &str) -> bool {
    matches!(
        name,
        "os.environ" | "os.environb" | "process.env" | "Bun.env" | "import.meta.env"
    )
}

/// The read that an expression is.
pub(crate) fn read<'a>(
    callers: &Callers<'a>,
    module: ModuleId,
    expr: &'a Expr,
) -> Option<Read<'a>> {
    match &expr.kind {
        ExprKind::Subscript { base, index } => is_environ(callers, module, base).then_some(Read {
            key: Key::Expr(index),
            module,
            default: None,
            object: Some(base),
        }),
        ExprKind::Attribute { base, attr } => {
            let place = callers.source().module(module)?;
            let typescript = place.language == crate::model::source::Language::TypeScript;
            (typescript && is_environ(callers, module, base)).then_some(Read {
                key: Key::Text(attr),
                module,
                default: None,
                object: Some(base),
            })
        }
        ExprKind::Call(call) => {
            if callers.source().callee_name(module, expr) == Some("functools.partial.__call__")
                && let Some((inner, held)) = partial(callers.source(), module, &call.callee)
            {
                let index = reader(callers.source(), inner.0, inner.1)?;
                let key = call.args.get(index.checked_sub(held.len())?)?;
                return Some(Read {
                    key: Key::Expr(key),
                    module,
                    default: None,
                    object: None,
                });
            }
            // `partial(os.getenv, "X")` is where the variable is named.
            if let [inner, held @ ..] = &*call.args
                && !held.is_empty()
                && callers.source().callee_name(module, expr) == Some("functools.partial")
            {
                let key = held.get(reader(callers.source(), module, inner)?)?;
                return Some(Read {
                    key: Key::Expr(key),
                    module,
                    default: None,
                    object: None,
                });
            }
            if let [object, key, ..] = &*call.args
                && callers.source().callee_name(module, expr) == Some("Reflect.get")
            {
                return is_environ(callers, module, object).then_some(Read {
                    key: Key::Expr(key),
                    module,
                    default: None,
                    object: None,
                });
            }
            let outside = callers.source().outside_callee(module, call);
            let index = outside.and_then(key_of).or_else(|| {
                // `.get` of a name that holds the environment in a roundabout way.
                let ExprKind::Attribute { base, attr } = &call.callee.kind else {
                    return None;
                };
                let reads = matches!(&**attr, "get" | "pop" | "setdefault" | "__getitem__");
                (reads && !call.args.is_empty() && is_environ(callers, module, base)).then_some(0)
            })?;
            let key = call
                .argument(index, "key")
                .or_else(|| call.option("varname"))?;
            let default = call.argument(index + 1, "default");
            let object = match &call.callee.kind {
                ExprKind::Attribute { base, .. } => Some(&**base),
                _ => None,
            };
            Some(Read {
                key: Key::Expr(key),
                module,
                default,
                object,
            })
        }
        ExprKind::Await(inner) => read(callers, module, inner),
        _ => None,
    }
}

/// Which argument of a callee names the variable.
fn reader(source: &Source, module: ModuleId, callee: &Expr) -> Option<usize> {
    let name = match source.meaning(module, callee) {
        Meaning::External(name) => name,
        Meaning::Instance(instance) => format!("{}.__call__", instance.type_name),
        _ => return None,
    };
    key_of(&name)
}

/// Which argument of the function of that name names the variable.
fn key_of(name: &str) -> Option<usize> {
    let known = READERS.iter().find(|(reader, _)| *reader == name);
    known.map(|(_, index)| *index).or_else(|| {
        let owner = name.strip_suffix(leaf(name))?.strip_suffix('.')?;
        OBJECTS.contains(&owner).then_some(0)
    })
}

/// The function behind a `functools.partial` and the arguments it holds.
fn partial<'a>(
    source: &'a Source,
    module: ModuleId,
    callee: &'a Expr,
) -> Option<((ModuleId, &'a Expr), &'a [Expr])> {
    let made = source.type_of(module, callee)?;
    let call = made
        .call
        .filter(|_| made.type_name == "functools.partial")?;
    let (inner, rest) = call.args.split_first()?;
    Some(((made.module, inner), rest))
}

impl Read<'_> {
    /// The constant names that the variable can have, without looking at callers.
    pub(crate) fn names(&self, source: &Source) -> Vec<String> {
        match self.key {
            Key::Text(name) => vec![name.to_owned()],
            Key::Expr(expr) => source.strings(self.module, expr),
        }
    }
}

impl<'a> Read<'a> {
    /// Whether code gives the variable of that name a value of its own in what is read.
    pub(crate) fn has_own(&self, callers: &Callers<'a>, name: &str) -> bool {
        self.object
            .is_some_and(|object| has_own(callers, self.module, object, name))
    }

    /// The names that the variable can have, those that callers give and defaults of look-ups among them.
    pub(crate) fn all_names(&self, callers: &Callers<'a>) -> Vec<String> {
        match self.key {
            Key::Text(name) => vec![name.to_owned()],
            Key::Expr(expr) => named(callers, self.module, expr)
                .into_iter()
                .map(|(_, _, name)| name)
                .collect(),
        }
    }
}

/// The variables whose value an expression holds: it reads them, or stands for what a read gave.
pub(crate) fn held<'a>(callers: &Callers<'a>, module: ModuleId, expr: &'a Expr) -> Vec<String> {
    if let Some(read) = read(callers, module, expr) {
        return read.all_names(callers);
    }
    match callers.source().meaning(module, expr) {
        Meaning::External(name) => {
            let variable = name.rsplit_once('.');
            variable
                .filter(|(object, _)| is_environ_name(object))
                .map(|(_, variable)| variable.to_owned())
                .into_iter()
                .collect()
        }
        Meaning::Instance(made) => {
            let key = made
                .call
                .and_then(|call| call.argument(key_of(&made.type_name)?, "key"));
            let names = key.map(|key| named(callers, made.module, key));
            let names = names.into_iter().flatten();
            names.map(|(_, _, name)| name).collect()
        }
        _ => Vec::new(),
    }
}

/// The variables that the code of a runtime reads.
#[derive(Debug)]
pub(crate) struct Variables {
    found: Vec<Variable>,
    /// The modules that read one as an item: `os.environ["X"]`.
    items: BTreeSet<ModuleId>,
    /// A budget that ran out meanwhile.
    limit: Option<Limit>,
}

/// Every variable that the code reads, each place once.
pub(crate) fn variables<'a>(callers: &Callers<'a>) -> &'a [Variable] {
    &all_reads(callers).found
}

/// Whether something stands in where a variable that is read is not set: a default, or the rest of an `or` or a conditional.
pub(crate) fn has_default(callers: &Callers<'_>, variable: &Variable) -> bool {
    let Some(module) = callers.source().module(variable.module) else {
        return false;
    };
    let function = module.function_at(variable.range.start);
    let body = function.map_or(&module.body, |around| &around.body);
    let around = path_to(body, variable.range);
    around.iter().any(|node| match node {
        Node::Expr(expr) => match expr.kind {
            ExprKind::BoolOp { .. } | ExprKind::Conditional(_) => true,
            _ => read(callers, module.id, expr).is_some_and(|found| found.default.is_some()),
        },
        _ => false,
    })
}

/// Whether a module reads a variable as an item: `os.environ["X"]`.
pub(crate) fn reads_items(callers: &Callers<'_>, module: ModuleId) -> bool {
    all_reads(callers).items.contains(&module)
}

/// The reads of a runtime, found out once in an audit.
fn all_reads<'a>(callers: &Callers<'a>) -> &'a Variables {
    let facts = callers.code().facts;
    let variables = facts.variables.get_or_init(|| {
        let ((found, items), limit) = limits::watch(|| all_variables(callers));
        Variables {
            found,
            items,
            limit,
        }
    });
    limits::again(variables.limit);
    variables
}

fn all_variables(callers: &Callers<'_>) -> (Vec<Variable>, BTreeSet<ModuleId>) {
    let mut found = BTreeSet::new();
    let mut items = BTreeSet::new();
    let code = callers.code();
    for module in code.modules() {
        let written = OnceCell::new();
        let is_written = |range| {
            let written = written.get_or_init(|| targets(code.source, module.id));
            written.contains(range)
        };
        module.each_expression(&mut |_, expr| {
            if !may_read(expr) || is_written(&expr.range) {
                return;
            }
            let Some(read) = read(callers, module.id, expr) else {
                let several = several::read(callers, module.id, expr);
                found.extend(several.names().map(|name| Variable {
                    module: module.id,
                    range: expr.range,
                    name,
                }));
                return;
            };
            if matches!(expr.kind, ExprKind::Subscript { .. }) {
                items.insert(module.id);
            }
            match read.key {
                Key::Text(name) => {
                    found.insert(Variable {
                        module: module.id,
                        range: expr.range,
                        name: name.to_owned(),
                    });
                }
                Key::Expr(key) => {
                    for (at, range, name) in named(callers, read.module, key) {
                        // A constant is reported where it is read, what a caller gives at the caller.
                        let range = if range == key.range {
                            expr.range
                        } else {
                            range
                        };
                        found.insert(Variable {
                            module: at,
                            range,
                            name,
                        });
                    }
                }
            }
        });
    }
    crate::analysis::settings::variables(callers, &mut found);
    let tools = packaged_tools::used(code).into_iter();
    found.extend(tools.filter_map(|tool| {
        Some(Variable {
            module: tool.module,
            range: tool.expr.range,
            name: tool.variable?.to_owned(),
        })
    }));
    (found.into_iter().collect(), items)
}

/// Shapes that can be a read, so that most expressions are never resolved.
fn may_read(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Subscript { index, .. } => {
            !matches!(index.kind, ExprKind::Number(_) | ExprKind::Slice(_))
        }
        ExprKind::Attribute { attr, .. } => attr.chars().any(|c| c.is_ascii_uppercase()),
        ExprKind::Call(call) => !call.args.is_empty() || !call.keywords.is_empty(),
        _ => false,
    }
}

/// The names that a key can be: constants (a loop variable is each of its elements), what callers of the function give.
fn named<'a>(
    callers: &Callers<'a>,
    module: ModuleId,
    key: &'a Expr,
) -> Vec<(ModuleId, ByteRange, String)> {
    let source = callers.source();
    let mut ways = Ways::from(module, key);
    let mut found = Vec::new();
    while let Some((module, key)) = ways.next() {
        let here = source.strings(module, key);
        if !here.is_empty() {
            found.extend(here.into_iter().map(|name| (module, key.range, name)));
            continue;
        }
        let mut given = callers.given(module, key);
        if given.is_empty() {
            given = looped_over(callers, module, key);
        }
        if given.is_empty() {
            let mut put_together = eval(&mut Keys { callers }, At::new(module, key));
            put_together.sort();
            put_together.dedup();
            let put_together = put_together.into_iter();
            found.extend(put_together.map(|name| (module, key.range, name)));
            continue;
        }
        given
            .into_iter()
            .for_each(|(at, value)| ways.add(at, value));
    }
    if ways.cut {
        limits::reached(limits::CALLERS, module, key.range);
    }
    found
}

/// The texts that a key is put together of, with what callers give for the parameters in it, what its names are bound to, and the
/// default of what is looked up: `f"{vendor}_API_KEY"`, `options.get("variable", "OPENAI_API_KEY")`.
struct Keys<'c, 'a> {
    callers: &'c Callers<'a>,
}

impl Keys<'_, '_> {
    fn bounded(at: At<'_>, mut found: Vec<String>) -> Vec<String> {
        if found.len() > MOST_TEXTS {
            limits::reached(limits::CALLERS, at.module, at.expr.range);
            found.truncate(MOST_TEXTS);
        }
        found
    }
}

impl<'a> Domain<'a> for Keys<'_, 'a> {
    type Known = Vec<String>;
    const QUESTION: &'static str = "variable";

    fn before(&mut self, at: At<'a>) -> Option<Vec<String>> {
        let known = self.callers.source().strings(at.module, at.expr);
        (!known.is_empty()).then_some(known)
    }

    fn unknown(&mut self, _at: At<'a>) -> Vec<String> {
        Vec::new()
    }

    fn text(&mut self, _at: At<'a>, text: &'a str) -> Vec<String> {
        vec![text.to_owned()]
    }

    fn one_of(&mut self, at: At<'a>, ways: &[&'a Expr]) -> Vec<String> {
        let found = eval_each(self, ways.iter().map(|way| at.to(way)));
        Self::bounded(at, found)
    }

    fn together(&mut self, at: At<'a>, parts: &[Part<'a>]) -> Vec<String> {
        Self::bounded(at, put_together(parts, |value| eval(self, at.to(value))))
    }

    fn other(&mut self, at: At<'a>) -> Vec<String> {
        let found = match &at.expr.kind {
            ExprKind::Call(call) => {
                let made = text_call(call, &mut |value| eval(self, at.to(value)));
                made.unwrap_or_else(|| match (call.callee.last_name(), &*call.args) {
                    (Some(name), [_, default])
                        if call.callee.as_name().is_none()
                            && matches!(&**name, "get" | "pop" | "setdefault") =>
                    {
                        eval(self, at.to(default))
                    }
                    _ => Vec::new(),
                })
            }
            ExprKind::Name(name) => {
                let given = self.callers.given(at.module, at.expr);
                let given = given.into_iter().map(|(at, value)| At::new(at, value));
                let mut ways: Vec<At<'a>> = given.collect();
                if ways.is_empty() {
                    let each = looped_over(self.callers, at.module, at.expr).into_iter();
                    ways.extend(each.map(|(at, value)| At::new(at, value)));
                }
                if ways.is_empty() {
                    let source = self.callers.source();
                    let values = bound(source, at.module, name, at.expr.range.start);
                    let others = values.into_iter();
                    let others = others.filter(|value| !value.range.contains(at.expr.range));
                    ways.extend(others.map(|value| at.to(value)));
                }
                eval_each(self, ways)
            }
            _ => Vec::new(),
        };
        Self::bounded(at, found)
    }
}
