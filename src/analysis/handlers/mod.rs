//! Finds the functions that the platform or a framework calls.

pub(crate) mod ambient;
mod calls;
mod mounted;
pub(crate) mod parses;

use std::collections::HashSet;

use rayon::prelude::*;

use crate::analysis::limits;
use crate::analysis::names::{leaf, package};
use crate::model::source::ir::{ByteRange, Call, Expr, ExprKind};
use crate::model::source::module::{Function, Module, ParamKind};
use crate::model::source::{Entrypoint, EntrypointKind, FnId, Language, ModuleId, Source};

/// Classes whose methods register HTTP routes.
const WEB_CLASSES: [&str; 16] = [
    "FastAPI",
    "APIRouter",
    "Flask",
    "Blueprint",
    "Starlette",
    "Quart",
    "Sanic",
    "RouteTableDef",
    "Hono",
    "OpenAPIHono",
    "Router",
    "Application",
    "Bottle",
    "Litestar",
    "Robyn",
    "Elysia",
];
/// npm packages whose default export makes a server with route methods.
const WEB_PACKAGES: [&str; 8] = [
    "express",
    "fastify",
    "hono",
    "koa-router",
    "@koa/router",
    "@hono/zod-openapi",
    "restify",
    "polka",
];
const VERBS: [&str; 11] = [
    "get",
    "post",
    "put",
    "patch",
    "delete",
    "all",
    "route",
    "api_route",
    "websocket",
    "head",
    "options",
];

/// Decorators of NestJS for the methods of a controller (<https://docs.nestjs.com/controllers>).
const NEST_ROUTES: [&str; 9] = [
    "Get", "Post", "Put", "Patch", "Delete", "All", "Head", "Options", "Sse",
];

/// Other methods of the same that give back what they are called on.
const CHAINED: [&str; 7] = [
    "use", "basePath", "onError", "notFound", "on", "decorate", "listen",
];

/// Methods of the same that register what runs before every route.
const BEFORE_ROUTES: [&str; 4] = ["use", "middleware", "before_request", "before_app_request"];

/// Finds the handlers of every runtime's code.
pub fn find_all(source: &mut Source) {
    source.modules.par_iter().for_each(|module| {
        of_module(source, module);
    });
    let runtimes = source.runtimes.iter();
    let found: Vec<_> = runtimes
        .map(|runtime| {
            let mut found = find(source, &runtime.reachable);
            mounted::retain_served(source, &runtime.reachable, &mut found);
            found
        })
        .collect();
    for (runtime, mut handlers) in source.runtimes.iter_mut().zip(found) {
        // What a process of its own serves goes to the agent that started it, not to the caller.
        for entry in &mut handlers {
            if entry.kind == EntrypointKind::McpTool && runtime.programs.contains(&entry.module) {
                entry.kind = EntrypointKind::AgentTool;
            }
        }
        let (before, handlers) = handlers
            .into_iter()
            .partition(|entry| entry.kind == EntrypointKind::Middleware);
        runtime.middleware = before;
        runtime.entrypoints = handlers;
    }
}

/// The handlers of these modules, in the order of modules and text, each function and kind once.
pub fn find(source: &Source, modules: &[ModuleId]) -> Vec<Entrypoint> {
    let mut known: HashSet<(EntrypointKind, FnId)> = HashSet::new();
    let read = modules.iter().filter_map(|id| source.module(*id));
    let all = read.flat_map(|module| of_module(source, module));
    let new = all.filter(|entry| {
        let function = entry.function;
        function.is_none_or(|function| known.insert((entry.kind, function)))
    });
    let mut found = new.cloned().collect();
    retain_last(source, &mut found);
    found
}

/// An application of the SDK has one entrypoint: of several that are registered on it, the last one is called.
fn retain_last(source: &Source, found: &mut Vec<Entrypoint>) {
    let app = |entry: &Entrypoint| {
        let (function, decorator) = decorator(source, entry)?;
        match &decorator.kind {
            ExprKind::Attribute { base, .. } if entry.kind == EntrypointKind::Invocation => {
                let whole = function.parent.is_none() && function.class.is_none();
                let name = base.as_name().filter(|_| whole)?;
                Some((entry.module, name.to_owned()))
            }
            _ => None,
        }
    };
    let apps: Vec<_> = found.iter().map(app).collect();
    let mut at = 0;
    found.retain(|_| {
        let own = apps.get(at).and_then(Option::as_ref);
        let replaced = own.is_some() && apps.iter().skip(at + 1).any(|later| later.as_ref() == own);
        at += 1;
        !replaced
    });
}

/// The decorator that registers a handler, with its function.
fn decorator<'s>(source: &'s Source, entry: &Entrypoint) -> Option<(&'s Function, &'s Expr)> {
    let function = source.function(entry.function?)?;
    let mut decorators = function.decorators.iter();
    let decorator = decorators.find(|decorator| decorator.range == entry.range)?;
    Some((function, decorator))
}

/// The handlers that a module registers, found out once.
fn of_module<'s>(source: &Source, module: &'s Module) -> &'s [Entrypoint] {
    limits::kept(&module.handlers, || {
        let mut found = Vec::new();
        decorated(source, module, &mut found);
        inherited(source, module, &mut found);
        calls::registered(source, module, &mut found);
        found.sort_by_key(|entry| entry.range);
        found
    })
}

fn decorated(source: &Source, module: &Module, found: &mut Vec<Entrypoint>) {
    for function in &module.functions {
        for decorator in &function.decorators {
            let target = decorator.as_call().map_or(decorator, |call| &call.callee);
            let name = registrar(source, module.id, target).unwrap_or_default();
            let attr = match &target.kind {
                ExprKind::Attribute { attr, .. } => Some(&**attr),
                _ => None,
            };
            let kind = registration(&name, attr).or_else(|| {
                let path = decorator.as_call()?.args.first()?.as_str()?;
                // `@post("/invocations")` of Litestar and Bottle.
                let verb = attr.or_else(|| target.as_name().map(|_| leaf(&name)));
                routes(verb, path).then_some(EntrypointKind::Route)
            });
            if let Some(kind) = kind {
                found.push(entry(
                    source,
                    kind,
                    function.id,
                    (module.id, decorator.range),
                ));
            }
        }
        if &*function.name == "lambda_handler"
            && function.parent.is_none()
            && function.class.is_none()
        {
            found.push(entry(
                source,
                EntrypointKind::Lambda,
                function.id,
                (module.id, function.header),
            ));
        }
    }
}

/// The canonical name of what registers a handler; its receiver may be a parameter of the function around.
fn registrar(source: &Source, module: ModuleId, target: &Expr) -> Option<String> {
    let ExprKind::Attribute { base, .. } = &target.kind else {
        return source.canonical(module, target);
    };
    let known = source.canonical(module, target);
    known.or_else(|| {
        base.as_name()
            .and_then(|_| source.canonical_given(module, target))
    })
}

/// Whether a decorator is a verb with a path: `@app.get("/ping")` registers a route, whatever made the application
/// (`server.to_fastapi_app()`).
fn routes(attr: Option<&str>, path: &str) -> bool {
    attr.is_some_and(|attr| VERBS.contains(&attr)) && path.starts_with('/')
}

/// The name without its last part.
fn owner_of(name: &str) -> &str {
    name.strip_suffix(leaf(name))
        .and_then(|rest| rest.strip_suffix('.'))
        .unwrap_or("")
}

/// What kind of handler a decorator or registering method of this canonical name makes.
fn registration(name: &str, attr: Option<&str>) -> Option<EntrypointKind> {
    let last = leaf(name);
    // `new Hono().get("/ping", …).post("/invocations", …)`: what registers gives the application back.
    let mut owner = owner_of(name);
    while CHAINED.contains(&leaf(owner)) || VERBS.contains(&leaf(owner)) {
        owner = owner_of(owner);
    }
    let class = leaf(owner);
    if matches!(class, "BedrockAgentCoreApp" | "AGUIApp") {
        return match last {
            "entrypoint" if class == "AGUIApp" => Some(EntrypointKind::AgUi),
            "entrypoint" => Some(EntrypointKind::Invocation),
            "websocket" => Some(EntrypointKind::WebSocket),
            "ping" => Some(EntrypointKind::Ping),
            "async_task" => Some(EntrypointKind::AsyncTask),
            "route" => Some(EntrypointKind::Route),
            _ => None,
        };
    }
    if matches!(class, "FastMCP" | "McpServer" | "MCPServer")
        || class == "Server" && package(name) == "mcp"
    {
        return match last {
            "tool" | "registerTool" | "add_tool" | "resource" | "registerResource" | "prompt"
            | "registerPrompt" | "call_tool" | "read_resource" | "get_prompt" => {
                Some(EntrypointKind::McpTool)
            }
            "custom_route" => Some(EntrypointKind::Route),
            _ => None,
        };
    }
    match (package(name), last) {
        ("@nestjs/common", _) if NEST_ROUTES.contains(&last) => return Some(EntrypointKind::Route),
        ("@nestjs/websockets", "SubscribeMessage") => return Some(EntrypointKind::WebSocket),
        ("werkzeug", "application") | ("chainlit", "on_message") => {
            return Some(EntrypointKind::Route);
        }
        _ => {}
    }
    let web = WEB_CLASSES.contains(&class)
        || WEB_PACKAGES.contains(&owner)
        || WEB_PACKAGES.contains(&package(owner)) && !owner.is_empty();
    if web && VERBS.contains(&last) {
        return Some(EntrypointKind::Route);
    }
    if web && BEFORE_ROUTES.contains(&last) {
        return Some(EntrypointKind::Middleware);
    }
    if matches!(
        last,
        "tool" | "function_tool" | "kernel_function" | "beta_tool" | "beta_async_tool"
    ) && name.contains('.')
    {
        return Some(EntrypointKind::AgentTool);
    }
    // An application object that could not be followed (made by a helper of another package) still shows by the name.
    (attr == Some("entrypoint") && !name.contains("BedrockAgentCoreApp"))
        .then_some(EntrypointKind::Invocation)
}

fn inherited(source: &Source, module: &Module, found: &mut Vec<Entrypoint>) {
    for class in &module.classes {
        if class.bases.is_empty() {
            continue;
        }
        for base in source.bases(class.id) {
            if leaf(&base).ends_with("Servicer") {
                let methods = class
                    .methods
                    .iter()
                    .filter(|(name, _)| !name.starts_with('_'));
                for (_, method) in methods {
                    let place = (module.id, class.range);
                    found.push(entry(source, EntrypointKind::Route, *method, place));
                }
                continue;
            }
            let Some((kind, methods)) = overridden(package(&base), leaf(&base)) else {
                continue;
            };
            for method in methods.iter().filter_map(|method| class.method(method)) {
                found.push(entry(source, kind, method, (module.id, class.range)));
            }
        }
    }
}

/// The methods that a framework calls of a class derived from one of its own.
fn overridden(package: &str, class: &str) -> Option<(EntrypointKind, &'static [&'static str])> {
    const VERBS: &[&str] = &["get", "post", "put", "patch", "delete"];
    let found: (_, &[&str]) = match class {
        "AgentExecutor" => (EntrypointKind::A2a, &["execute"]),
        "WebSocketEndpoint" => (EntrypointKind::WebSocket, &["on_receive"]),
        "WebSocketHandler" => (EntrypointKind::WebSocket, &["on_message"]),
        "AsyncWebsocketConsumer"
        | "WebsocketConsumer"
        | "AsyncJsonWebsocketConsumer"
        | "JsonWebsocketConsumer" => (EntrypointKind::WebSocket, &["receive", "receive_json"]),
        "BaseHTTPMiddleware" => (EntrypointKind::Middleware, &["dispatch"]),
        "HTTPEndpoint" | "RequestHandler" => (EntrypointKind::Route, VERBS),
        "MethodView" | "Resource" if package.starts_with("flask") => (EntrypointKind::Route, VERBS),
        "View" | "APIView" if matches!(package, "django" | "rest_framework" | "aiohttp") => {
            (EntrypointKind::Route, VERBS)
        }
        "BaseHTTPRequestHandler" | "SimpleHTTPRequestHandler" => (
            EntrypointKind::Route,
            &["do_GET", "do_POST", "do_PUT", "do_PATCH", "do_DELETE"],
        ),
        // Tools of LangChain, CrewAI, the Agent Development Kit, LangChain.js and smolagents.
        "BaseTool" | "StructuredTool" => (
            EntrypointKind::AgentTool,
            &["_run", "_arun", "run_async", "_call"],
        ),
        "Tool" if package.contains("langchain") => (EntrypointKind::AgentTool, &["_call"]),
        "Tool" if package == "smolagents" => (EntrypointKind::AgentTool, &["forward"]),
        _ => return None,
    };
    Some(found)
}

/// The call that registers a handler: `app.get("/ping", ping)`; of `app.get("/ping")(ping)` the call with the path.
pub(crate) fn registering<'s>(source: &'s Source, entry: &Entrypoint) -> Option<&'s Call> {
    let module = source.module(entry.module)?;
    let call = module.call_at(entry.range)?.as_call()?;
    Some(call.callee.as_call().unwrap_or(call))
}

/// The classes, without their packages, of what the call that registers an object of a library is given:
/// `serve_a2a(StrandsA2AExecutor(agent))`. None where no call registers it.
pub(crate) fn served_types(source: &Source, entry: &Entrypoint) -> Option<Vec<String>> {
    let module = source.module(entry.module)?;
    let given = module.call_at(entry.range)?.as_call()?;
    let made = given
        .values()
        .filter_map(|value| source.type_of(entry.module, value));
    Some(made.map(|made| leaf(&made.type_name).to_owned()).collect())
}

/// A handler, and where it is registered: often in another module than it stands in.
fn entry(
    source: &Source,
    kind: EntrypointKind,
    function: FnId,
    (module, range): (ModuleId, ByteRange),
) -> Entrypoint {
    let payload = source.function(function).map(|found| {
        let language = source.module(function.module).map(|module| module.language);
        payload_of(kind, found, language)
    });
    Entrypoint {
        kind,
        function: Some(function),
        module,
        payload: payload.unwrap_or_default(),
        range,
    }
}

/// Which parameters carry what the caller sent.
fn payload_of(kind: EntrypointKind, function: &Function, language: Option<Language>) -> Vec<usize> {
    let receiver = usize::from(
        language == Some(Language::Python) && function.class.is_some() && !function.is_static,
    );
    let all = receiver..function.params.len();
    match kind {
        EntrypointKind::Ping | EntrypointKind::AsyncTask => Vec::new(),
        // `async def on_receive(self, websocket, data)`: the message stands behind the socket.
        EntrypointKind::WebSocket if function.class.is_some() => all.collect(),
        // `invoke(@Param() id: string, @Body() body: Payload)`: the decorators of a method's parameters say what each holds.
        EntrypointKind::Route | EntrypointKind::WebSocket
            if language == Some(Language::TypeScript) && !function.decorators.is_empty() =>
        {
            all.collect()
        }
        EntrypointKind::Route
        | EntrypointKind::Middleware
        | EntrypointKind::McpTool
        | EntrypointKind::AgentTool
            if language == Some(Language::Python) =>
        {
            all.filter(|&index| {
                function.params.get(index).is_some_and(|param| {
                    let given =
                        param
                            .annotation
                            .as_deref()
                            .and_then(|annotation| match &annotation.kind {
                                ExprKind::Name(name) => Some(name.to_string()),
                                ExprKind::Attribute { attr, .. } => Some(attr.to_string()),
                                _ => None,
                            });
                    let injected = matches!(
                        given.as_deref(),
                        Some("Context" | "ToolContext" | "RunContextWrapper")
                    );
                    !injected && param.kind != ParamKind::Keywords && &*param.name != "call_next"
                })
            })
            .collect()
        }
        _ => all.take(1).collect(),
    }
}
