//! The values that startup code makes and request code draws, found once for each runtime and shared by the checks.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, OnceLock};

use super::fate::{Ground, Mode};
use super::index::Index;
use super::objects::Kept;
use super::ticking;
use super::{Fate, Place, Startup, is_ping, is_warmup};
use crate::analysis::agent_code::AgentCode;
use crate::analysis::api::{Api, Tag, api};
use crate::analysis::call_sites::Callers;
use crate::analysis::environment::read;
use crate::analysis::names::{Meaning, leaf};
use crate::analysis::reachability::{Absent, Live};
use crate::model::source::{Call, Expr, ExprKind, FnId, Language, Module, ModuleId, Source};

/// A value that startup code makes, or a thing that it does.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    /// What is known of the callable.
    pub api: &'static Api,
    /// Its canonical name.
    pub name: String,
    /// The call.
    pub place: Place,
    /// The place at import that leads to it, where it is another.
    pub from: Option<Place>,
    /// What becomes of it.
    pub fate: Fate,
    /// A context manager that is entered.
    pub entering: bool,
    /// A context that lasts until the process serves.
    pub held: bool,
}

/// A value that request code draws.
#[derive(Clone, Debug)]
pub(crate) struct Drawn {
    /// What is known of the callable.
    pub api: &'static Api,
    /// Its canonical name.
    pub name: String,
    /// The call.
    pub place: Place,
    /// What becomes of it.
    pub fate: Fate,
    /// Where the generator is made, where that is not the process's own.
    pub generator: Option<Place>,
}

/// What startup code and request code of a runtime do.
#[derive(Clone, Debug, Default)]
pub(crate) struct Snapshot {
    /// What startup code makes.
    pub made: Vec<Made>,
    /// What request code draws.
    pub drawn: Vec<Drawn>,
    /// Functions of the project that startup code begins and waits for nowhere: the call, and the place that leads to it.
    pub begun: Vec<(FnId, Place, Option<Place>)>,
    /// How many modules are imported.
    pub modules: usize,
    /// The families of generators that request code seeds: `random`, `numpy`.
    pub seeded: BTreeSet<String>,
    /// A budget ran out: what is not found here may be there nevertheless.
    pub exhausted: bool,
}

/// Keeps what was found for each runtime.
#[derive(Debug, Default)]
pub struct Cache {
    found: Mutex<BTreeMap<String, Arc<OnceLock<Arc<Snapshot>>>>>,
}

/// What startup code and request code of a runtime do; found when it is first asked for. `warmups` are the paths of its warm-up
/// hooks.
pub(crate) fn snapshot(cache: &Cache, code: &AgentCode<'_>, warmups: &[String]) -> Arc<Snapshot> {
    let slot = match cache.found.lock() {
        Ok(mut found) => Arc::clone(found.entry(code.runtime.name.clone()).or_default()),
        Err(_) => Arc::default(),
    };
    Arc::clone(slot.get_or_init(|| Arc::new(find(code, warmups))))
}

/// Attributes that give a value of their own.
const ATTRIBUTES: [&str; 7] = [
    "access_key",
    "secret_key",
    "token",
    "pid",
    "ppid",
    "nodename",
    "node",
];
/// Variables that hold credentials, or the name of the host.
const VARIABLES: [&str; 4] = [
    "HOSTNAME",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
];

fn find(code: &AgentCode<'_>, warmups: &[String]) -> Snapshot {
    let source = code.source;
    let callers = Callers::new(code);
    let live = Live::new(&callers, Absent::Unset);
    let startup = Startup::new(code, &live, warmups);
    let requests = requests(code, &startup, &callers, &live, warmups);
    let index = Index::new(code);
    let mut by_callee: HashMap<FnId, Vec<usize>> = HashMap::new();
    for (at, call) in startup.calls.iter().enumerate() {
        if let Some(callee) = call.callee.filter(|_| call.made_for.is_none()) {
            by_callee.entry(callee).or_default().push(at);
        }
    }
    let entries = code.code.entrypoints.iter();
    let mut ground = Ground {
        callers: &callers,
        index: &index,
        calls: &startup.calls,
        by_callee,
        requests: &requests,
        handlers: entries.filter_map(|entry| entry.function).collect(),
    };
    // What is made for an object that startup code drops again is in no request.
    let mut kept = Kept::default();
    let mut defaults = Vec::new();
    for (at, call) in startup.calls.iter().enumerate() {
        if let (Some(maker), Some(callee)) = (call.made_for, call.callee)
            && kept.is(&ground, maker)
        {
            defaults.push((callee, at));
        }
    }
    let mut methods: HashMap<FnId, Vec<_>> = HashMap::new();
    for &(method, maker) in &startup.objects.methods {
        methods.entry(method).or_default().push(maker);
    }
    for (callee, at) in defaults {
        ground.by_callee.entry(callee).or_default().push(at);
    }
    let mut found = Snapshot {
        modules: startup.modules.len(),
        exhausted: startup.exhausted,
        ..Snapshot::default()
    };
    let mut seen: BTreeSet<(Place, bool)> = BTreeSet::new();
    for call in &startup.calls {
        let Some(module) = source.module(call.module) else {
            continue;
        };
        let known = match (call.callee, &call.name) {
            (Some(callee), _) => {
                if module.language == Language::TypeScript && !call.waited {
                    let place = (call.module, call.expr.range);
                    found.begun.push((callee, place, call.from));
                }
                identity(source, callee)
            }
            (None, Some(name)) if call.entering => entered(module, name),
            (None, Some(name)) => known(source, module, call.expr, name)
                .or_else(|| of_base(source, call.module, call.expr)),
            (None, None) => of_base(source, call.module, call.expr)
                .or_else(|| tables(source, call.module, call.expr)),
        };
        // `def warm(a): a("hello")` at `warm(agent)`.
        let handed = match &known {
            Some((api, _)) if !api.is(Tag::Conversation) => None,
            _ => handed(&ground, module, call.expr),
        };
        let known = known.or_else(|| {
            let (at, object) = handed?;
            let attr = match &call.expr.as_call()?.callee.kind {
                ExprKind::Attribute { attr, .. } => &**attr,
                _ => "__call__",
            };
            let name = format!("{}.{attr}", source.type_of(at, object)?.type_name);
            let found = api(source.module(at)?.language, &name)?;
            found.is(Tag::Conversation).then_some((found, name))
        });
        if module.language == Language::TypeScript
            && call.name.as_deref() == Some("setTimeout")
            && let Some(timed) = call
                .expr
                .as_call()
                .and_then(|timer| timer.args.first())
                .and_then(|first| source.function_value(call.module, first))
        {
            found
                .begun
                .push((timed, (call.module, call.expr.range), call.from));
        }
        let Some((api, name)) = known else { continue };
        let inside = module.function_at(call.expr.range.start);
        let makers = inside.and_then(|inside| methods.get(&inside.id));
        let makers = makers.map_or(call.made_for.as_slice(), Vec::as_slice);
        if !makers.is_empty() && !makers.iter().any(|maker| kept.is(&ground, *maker)) {
            continue;
        }
        let place = (call.module, call.expr.range);
        if !seen.insert((place, call.entering)) {
            continue;
        }
        let object = object(source, call.module, call.expr).filter(|_| {
            !call.entering
                && (api.is(Tag::Connect) || api.is(Tag::ThreadStart) || api.is(Tag::Interval))
        });
        let object = object.or_else(|| api.is(Tag::Conversation).then(|| asked(call.expr))?);
        let named = matches!(
            call.expr.kind,
            ExprKind::Name(_) | ExprKind::Attribute { .. }
        );
        let object = object.or_else(|| (call.stack.is_some() && named).then_some(call.expr));
        let mut fate = match (handed, object) {
            (Some((at, object)), _) => ground.follow_object(at, object),
            (None, Some(object)) => ground.follow_object(call.module, object),
            (None, None) => ground.follow(call.module, call.expr, Mode::Startup),
        };
        if !fate.is_kept()
            && let Some(buffer) = buffer(call.expr, &name)
        {
            fate = ground.follow_object(call.module, buffer);
        }
        // `session = stack.enter_context(client)`
        if call.stack.is_some() && !fate.is_kept() {
            fate = ground.follow(call.module, call.expr, Mode::Startup);
        }
        let held = call.stack.is_some_and(|stack| {
            let lives = fate.is_kept() && !fate.closed;
            lives && !ground.follow_object(call.module, stack).closed
        });
        found.made.push(Made {
            api,
            name,
            place,
            from: call.from,
            fate,
            entering: call.entering,
            held: call.held || held,
        });
    }
    for (id, expr, from) in &startup.attributes {
        let Some(module) = source.module(*id) else {
            continue;
        };
        if let Some((api, name)) = attribute(&callers, module, expr)
            && seen.insert(((*id, expr.range), false))
        {
            found.made.push(Made {
                api,
                name,
                place: (*id, expr.range),
                from: *from,
                fate: ground.follow(*id, expr, Mode::Startup),
                entering: false,
                held: false,
            });
        }
    }
    found.made.extend(ticking::filled(&ground, &startup));
    draw(code, &ground, &callers, &mut found);
    found.exhausted |= kept.exhausted || found.made.iter().any(|made| made.fate.exhausted);
    found
}

/// Functions that run for requests: what handlers reach, and what startup does not run and something may call.
fn requests(
    code: &AgentCode<'_>,
    startup: &Startup<'_, '_>,
    callers: &Callers<'_>,
    live: &Live<'_, '_>,
    warmups: &[String],
) -> BTreeSet<FnId> {
    let mut found = BTreeSet::new();
    let before = |entry| is_ping(code.source, entry) || is_warmup(code.source, entry, warmups);
    for entry in &code.code.entrypoints {
        if let Some(function) = entry.function.filter(|_| !before(entry)) {
            found.extend(code.source.reach(function));
        }
    }
    for module in code.modules() {
        for function in &module.functions {
            let known =
                found.contains(&function.id) || startup.functions.contains_key(&function.id);
            if known || callers.is_idle(function) {
                continue;
            }
            if function
                .body
                .first()
                .is_some_and(|first| live.runs(module.id, first.range))
            {
                found.insert(function.id);
            }
        }
    }
    found
}

/// What is known of a call of a library.
fn known(
    source: &Source,
    module: &Module,
    expr: &Expr,
    name: &str,
) -> Option<(&'static Api, String)> {
    let call = expr.as_call()?;
    let name = match command(source, module, expr, name) {
        Some(command) => command,
        None => name.to_owned(),
    };
    if matches!(&*name, "os.getenv" | "os.environ.get")
        && let Some(variable) = call.args.first().and_then(Expr::as_str)
        && VARIABLES.contains(&variable)
    {
        let name = format!("env.{variable}");
        return api(module.language, &name).map(|found| (found, name));
    }
    if signs_tokens(&name) && !expires(module.text(expr.range)) {
        return None;
    }
    if name.starts_with("strands") && leaf(&name) == "Agent" && asks_servers(source, module, call) {
        // The agent starts the clients among its tools when it is made.
        let name = "strands.Agent(MCPClient)".to_owned();
        return api(module.language, &name).map(|found| (found, name));
    }
    let found = api(module.language, &name)?;
    // `withAccessToken(options)(handler)` makes a function; the token comes when that one is called.
    if found.is(Tag::Identity)
        && call
            .args
            .iter()
            .any(|arg| source.function_value(module.id, arg).is_some())
    {
        return None;
    }
    if module.language == Language::TypeScript {
        match name.as_str() {
            // Only the present moment is a reading of the clock.
            "Date" | "dayjs" | "moment" | "moment.utc" if !call.args.is_empty() => return None,
            _ => {}
        }
    } else {
        match name.as_str() {
            // A time that is given is no reading of the clock.
            "time.localtime" | "time.gmtime" | "time.ctime" | "time.asctime"
                if !call.args.is_empty() =>
            {
                return None;
            }
            "time.strftime" if call.args.len() > 1 => return None,
            "psycopg_pool.ConnectionPool"
                if call
                    .option("open")
                    .is_some_and(|open| matches!(open.kind, ExprKind::Bool(false))) =>
            {
                return None;
            }
            _ => {}
        }
    }
    Some((found, name))
}

/// Whether a call signs a token with a key of the project's own.
fn signs_tokens(name: &str) -> bool {
    matches!(name, "jwt.encode" | "jose.jwt.encode" | "jsonwebtoken.sign")
}

/// Whether the call of such a function shows that its token expires: one without an expiry stays good.
fn expires(call: &str) -> bool {
    ["\"exp\"", "'exp'", "exp:", "exp=", "expiresIn"]
        .iter()
        .any(|word| call.contains(word))
}

/// `start()` of a class of the project that is a thread: what its base is called decides.
fn of_base(source: &Source, module: ModuleId, expr: &Expr) -> Option<(&'static Api, String)> {
    let call = expr.as_call()?;
    let ExprKind::Attribute { base, attr } = &call.callee.kind else {
        return None;
    };
    let class = source.type_of(module, base)?.class?;
    let language = source.module(module)?.language;
    source.bases(class).into_iter().find_map(|base| {
        let name = format!("{base}.{attr}");
        let found = api(language, &name)?;
        (found.is(Tag::ThreadStart) || found.is(Tag::Interval)).then_some((found, name))
    })
}

/// Whether an MCP client stands in the list of an agent's tools.
fn asks_servers<'s>(source: &'s Source, module: &Module, call: &'s Call) -> bool {
    let Some(tools) = call.option("tools") else {
        return false;
    };
    let (at, tools) = match source.meaning(module.id, tools) {
        Meaning::Value(at, value) => (at, value),
        _ => return false,
    };
    let ExprKind::List(items) = &tools.kind else {
        return false;
    };
    items.iter().any(|item| {
        source
            .type_of(at, item)
            .is_some_and(|made| leaf(&made.type_name) == "MCPClient")
    })
}

/// `client.send(new GetSecretValueCommand(…))` by the name of the command.
fn command(source: &Source, module: &Module, expr: &Expr, name: &str) -> Option<String> {
    if module.language != Language::TypeScript
        || leaf(name) != "send"
        || !name.starts_with("@aws-sdk/")
    {
        return None;
    }
    let first = expr.as_call()?.args.first()?;
    match source.meaning(module.id, first) {
        Meaning::Instance(made) => Some(format!("{}.send", made.type_name)),
        _ => None,
    }
}

/// A function of the project that AgentCore Identity gives a token to.
fn identity(source: &Source, callee: FnId) -> Option<(&'static Api, String)> {
    let function = source.function(callee)?;
    let language = source.module(callee.module)?.language;
    function.decorators.iter().find_map(|decorator| {
        let target = decorator.as_call().map_or(decorator, |call| &call.callee);
        let name = source.canonical(callee.module, target)?;
        let found = api(language, &format!("{name}()"))?;
        Some((found, name))
    })
}

/// What is known of a context manager that is entered.
fn entered(module: &Module, name: &str) -> Option<(&'static Api, String)> {
    let found = ["", ".__enter__", ".__aenter__"]
        .iter()
        .find_map(|suffix| api(module.language, &format!("{name}{suffix}")))?;
    found.is(Tag::Connect).then(|| (found, name.to_owned()))
}

/// The agent that a call asks: `agent("…")`, `agent.invoke_async("…")`.
fn asked(expr: &Expr) -> Option<&Expr> {
    let callee = &expr.as_call()?.callee;
    match &callee.kind {
        ExprKind::Attribute { base, .. } if matches!(base.kind, ExprKind::Name(_)) => Some(base),
        ExprKind::Name(_) | ExprKind::Attribute { .. } => Some(callee),
        _ => None,
    }
}

/// The argument that startup code gives for the parameter whose method a call is.
fn handed<'a>(
    ground: &Ground<'_, 'a>,
    module: &Module,
    expr: &'a Expr,
) -> Option<(ModuleId, &'a Expr)> {
    let name = asked(expr)?.as_name()?;
    let function = module.function_at(expr.range.start)?;
    let mut params = function.params.iter().filter(|param| {
        // The object of a method is given by how it is called.
        !matches!(&*param.name, "self" | "cls" | "this")
    });
    let index = params.position(|param| &*param.name == name)?;
    let sites = ground.by_callee.get(&function.id)?;
    sites.iter().find_map(|site| {
        let site = ground.calls.get(*site)?;
        let call = site.expr.as_call()?;
        let given = call.option(name).or_else(|| call.args.get(index))?;
        matches!(given.kind, ExprKind::Name(_) | ExprKind::Attribute { .. })
            .then_some((site.module, given))
    })
}

/// The buffer that a call fills: `crypto.getRandomValues(key)`.
fn buffer<'a>(expr: &'a Expr, name: &str) -> Option<&'a Expr> {
    let fills = matches!(
        leaf(name),
        "getRandomValues" | "randomFillSync" | "randomFill"
    );
    let first = expr.as_call()?.args.first().filter(|_| fills)?;
    matches!(first.kind, ExprKind::Name(_) | ExprKind::Attribute { .. }).then_some(first)
}

/// `Base.metadata.create_all(engine)`, whatever the base is.
fn tables(source: &Source, module: ModuleId, expr: &Expr) -> Option<(&'static Api, String)> {
    let call = expr.as_call()?;
    let ExprKind::Attribute { attr, .. } = &call.callee.kind else {
        return None;
    };
    let made = source.type_of(module, call.args.first()?)?;
    let name = format!("{}.{attr}", made.type_name);
    (&**attr == "create_all")
        .then(|| api(Language::Python, &name))?
        .map(|found| (found, name))
}

/// The object whose method a call is, where the method changes the object: `client.start()`.
fn object<'s>(source: &'s Source, module: ModuleId, expr: &'s Expr) -> Option<&'s Expr> {
    let call = expr.as_call()?;
    let ExprKind::Attribute { base, attr } = &call.callee.kind else {
        return None;
    };
    let changes = matches!(
        &**attr,
        "start"
            | "open"
            | "connect"
            | "__enter__"
            | "__aenter__"
            | "initialize"
            | "wait"
            | "$connect"
            | "bind"
    );
    let held = matches!(base.kind, ExprKind::Name(_) | ExprKind::Attribute { .. });
    (changes && held && matches!(source.meaning(module, base), Meaning::Instance(_)))
        .then_some(&**base)
}

/// Whether a name of a TypeScript module may be a member of `process`: `import { pid } from "node:process"`, `const { pid } = process`.
pub(super) fn may_be_process(module: &Module, name: &str) -> bool {
    module.language == Language::TypeScript
        && (matches!(name, "pid" | "ppid")
            || module.imports.iter().any(|import| {
                import.alias.as_deref() == Some(name)
                    && matches!(import.name.as_deref(), Some("pid" | "ppid"))
            }))
}

fn attribute<'a>(
    callers: &Callers<'a>,
    module: &Module,
    expr: &'a Expr,
) -> Option<(&'static Api, String)> {
    let source = callers.source();
    if let ExprKind::Name(name) = &expr.kind
        && may_be_process(module, name)
    {
        let name = source.canonical(module.id, expr)?;
        let found = api(module.language, &name)?;
        return found.is(Tag::HostId).then_some((found, name));
    }
    let last = match &expr.kind {
        ExprKind::Attribute { attr, .. } => &**attr,
        ExprKind::Subscript { index, .. } => index.as_str().unwrap_or_default(),
        _ => return None,
    };
    if VARIABLES.contains(&last) {
        read(callers, module.id, expr)?;
        let name = format!("env.{last}");
        return api(module.language, &name).map(|found| (found, name));
    }
    if !ATTRIBUTES.contains(&last) || !matches!(expr.kind, ExprKind::Attribute { .. }) {
        return None;
    }
    let name = source.canonical(module.id, expr)?;
    // The name of a function is not its answer.
    if name == "platform.node" {
        return None;
    }
    let found = api(module.language, &name)?;
    Some((found, name))
}

/// What the functions that run for requests draw.
fn draw<'a>(
    code: &AgentCode<'a>,
    ground: &Ground<'_, 'a>,
    callers: &Callers<'a>,
    found: &mut Snapshot,
) {
    let source = code.source;
    for module in code.modules() {
        for (function, expr) in module.all_expressions() {
            if !function.is_some_and(|id| ground.requests.contains(&id)) {
                continue;
            }
            let known = match &expr.kind {
                ExprKind::Call(_) => source
                    .callee_name(module.id, expr)
                    .and_then(|name| known(source, module, expr, name)),
                ExprKind::Attribute { attr, .. } if ATTRIBUTES.contains(&&**attr) => {
                    attribute(callers, module, expr)
                }
                ExprKind::Name(name) if may_be_process(module, name) => {
                    attribute(callers, module, expr)
                }
                _ => None,
            };
            let Some((api, name)) = known else { continue };
            let drawn = [Tag::Prng, Tag::CryptoBuffer, Tag::HostId];
            if api.is(Tag::Reseed) {
                if !is_constant(expr) {
                    found.seeded.insert(family(&name).to_owned());
                }
                continue;
            }
            if !drawn.iter().any(|tag| api.is(*tag)) {
                continue;
            }
            let generator = match generator(source, module.id, expr, &name) {
                Generator::Process => None,
                Generator::Made(place) => Some(place),
                Generator::Local(place) => {
                    let inside = source
                        .module(place.0)
                        .and_then(|module| module.function_at(place.1.start));
                    // One that is made for the request has a state of its own.
                    if inside.is_some_and(|inside| ground.requests.contains(&inside.id)) {
                        continue;
                    }
                    Some(place)
                }
                Generator::Unknown => continue,
            };
            found.drawn.push(Drawn {
                api,
                name,
                place: (module.id, expr.range),
                fate: ground.follow(module.id, expr, Mode::Request),
                generator,
            });
        }
    }
}

/// The library whose generator a name draws from.
pub(super) fn family(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

fn is_constant(expr: &Expr) -> bool {
    let first = expr.as_call().and_then(|call| call.args.first());
    first.is_some_and(|seed| seed.as_number().is_some() || seed.as_str().is_some())
}

enum Generator {
    /// The process's own.
    Process,
    /// Made at module level or in a class.
    Made(Place),
    /// Made in a function.
    Local(Place),
    /// Not known.
    Unknown,
}

/// The generator that a call draws from.
fn generator(source: &Source, module: ModuleId, expr: &Expr, name: &str) -> Generator {
    let objects = [
        "random.Random.",
        "numpy.random.default_rng.",
        "numpy.random.RandomState.",
        "numpy.random.Generator.",
        "faker.Faker.",
    ];
    if !objects.iter().any(|start| name.starts_with(start)) {
        return Generator::Process;
    }
    let Some(call) = expr.as_call() else {
        return Generator::Unknown;
    };
    let Some(made) = source.receiver(module, call) else {
        return Generator::Unknown;
    };
    let Some(call) = made.call else {
        return Generator::Unknown;
    };
    let range = call.callee.range;
    let inside = source
        .module(made.module)
        .and_then(|module| module.function_at(range.start));
    match inside {
        Some(_) => Generator::Local((made.module, range)),
        None => Generator::Made((made.module, range)),
    }
}
