//! Handlers that are registered by a call instead of a decorator.

use super::{entry, registrar, registration};
use crate::analysis::limits;
use crate::analysis::names::{Meaning, leaf, package};
use crate::model::source::ir::{ByteRange, Call, Expr, ExprKind};
use crate::model::source::module::Module;
use crate::model::source::{Entrypoint, EntrypointKind, FnId, ModuleId, Source};

/// Keys under which a tool's function is given in TypeScript.
const TOOL_KEYS: [&str; 6] = ["callback", "execute", "func", "run", "handler", "invoke"];

/// Keys under which a server's function is given: `Bun.serve({ fetch })`.
const SERVER_KEYS: [&str; 1] = ["fetch"];

/// Methods of a resource of Falcon (<https://falcon.readthedocs.io/en/stable/api/routing.html>).
const RESPONDERS: [&str; 6] = [
    "on_get",
    "on_post",
    "on_put",
    "on_patch",
    "on_delete",
    "on_websocket",
];

/// Libraries and functions that wrap the handler of a route.
const WRAPPERS: [&str; 5] = [
    "express-async-handler",
    "asyncHandler",
    "express-async-wrap",
    "catchAsync",
    "wrapAsync",
];

/// Methods that register a tool of a server, whatever the server is called.
const REGISTERS: [&str; 5] = [
    "registerTool",
    "registerResource",
    "registerPrompt",
    "add_tool",
    "tool",
];

/// Handlers that are given to a call.
pub(super) fn registered(source: &Source, module: &Module, found: &mut Vec<Entrypoint>) {
    for (_, expr) in module.calls() {
        let Some(call) = expr.as_call() else { continue };
        if applied(source, module.id, call, expr.range, found) {
            continue;
        }
        let of_given;
        let name = match source.callee_name(module.id, expr) {
            Some(name) => name,
            None if REGISTERS.contains(&call.written_name()) => {
                of_given = registrar(source, module.id, &call.callee).unwrap_or_default();
                &of_given
            }
            None => continue,
        };
        match leaf(name) {
            "BedrockAgentCoreApp" => application(source, module.id, call, expr.range, found),
            "entrypoint" | "websocket" | "ping" | "async_task"
                if name.contains("BedrockAgentCoreApp.") =>
            {
                let kind = registration(name, None);
                let function = call
                    .args
                    .first()
                    .and_then(|arg| source.function_value(module.id, arg));
                if let (Some(kind), Some(function)) = (kind, function) {
                    found.push(entry(source, kind, function, (module.id, expr.range)));
                }
            }
            last => {
                if let Some(kind) = serves(last) {
                    served(source, module.id, call, kind, expr.range, found);
                } else if let Some(kind) = given(name, call) {
                    functions_of(source, module.id, call, kind, expr.range, found);
                }
            }
        }
        if let Some(tools) = call.option("tools") {
            listed_tools(source, module.id, tools, found);
        }
    }
}

/// A decorator that is called instead of written above: `app.post("/invocations")(run)`, `mcp.tool()(find)`.
fn applied(
    source: &Source,
    module: ModuleId,
    call: &Call,
    range: ByteRange,
    found: &mut Vec<Entrypoint>,
) -> bool {
    let (ExprKind::Call(decorator), [given]) = (&call.callee.kind, &*call.args) else {
        return false;
    };
    let ExprKind::Attribute { attr, .. } = &decorator.callee.kind else {
        return false;
    };
    let name = registrar(source, module, &decorator.callee).unwrap_or_default();
    let kind = registration(&name, Some(attr));
    let function = function_of(source, module, given);
    if let (Some(kind), Some(function)) = (kind, function) {
        found.push(entry(source, kind, function, (module, range)));
        return true;
    }
    false
}

/// What a function of that name serves that is given a handler or an object of a library.
fn serves(last: &str) -> Option<EntrypointKind> {
    match last {
        "serve_a2a" | "build_a2a_app" | "A2AStarletteApplication" | "A2AServer" | "to_a2a" => {
            Some(EntrypointKind::A2a)
        }
        // Applications that a library makes around an agent: of Strands, Pydantic AI, the Agent Development Kit.
        "serve_ag_ui" | "build_ag_ui_app" | "AGUIApp" | "create_strands_app" | "to_ag_ui"
        | "get_fast_api_app" => Some(EntrypointKind::AgUi),
        _ if last.starts_with("add_") && last.ends_with("_fastapi_endpoint") => {
            Some(EntrypointKind::AgUi)
        }
        _ => None,
    }
}

/// As what a call registers the functions that it is given.
fn given(name: &str, call: &Call) -> Option<EntrypointKind> {
    let first = call.args.first().and_then(Expr::as_str);
    match leaf(name) {
        "Route"
        | "WebSocketRoute"
        | "add_route"
        | "add_api_route"
        | "add_websocket_route"
        | "add_api_websocket_route"
        | "add_url_rule" => Some(EntrypointKind::Route),
        // `http.createServer((req, res) => …)`: the one handler of every path.
        "createServer" | "createSecureServer"
            if matches!(package(name), "http" | "https" | "http2") =>
        {
            Some(EntrypointKind::Route)
        }
        // `new WebSocketServer({ … }).on('connection', (socket) => …)`
        "on" if package(name) == "ws" && first == Some("connection") => {
            Some(EntrypointKind::WebSocket)
        }
        // `Bun.serve({ fetch })`, `Deno.serve((request) => …)`
        "serve" if matches!(name, "Bun.serve" | "Deno.serve") => Some(EntrypointKind::Route),
        // `path("invocations", invoke)` of Django
        "path" | "re_path" if package(name) == "django" => Some(EntrypointKind::Route),
        // `gr.ChatInterface(talk)`, `button.click(talk, …)`
        "ChatInterface" | "Interface" | "click" | "submit" if package(name) == "gradio" => {
            Some(EntrypointKind::Route)
        }
        // `websockets.serve(talk, …)`; `wss.handleUpgrade(request, socket, head, (client) => …)`; `io.on('connection', …)`
        "serve" if package(name) == "websockets" => Some(EntrypointKind::WebSocket),
        "handleUpgrade" if package(name) == "ws" => Some(EntrypointKind::WebSocket),
        "on" if name.starts_with("socket.io.")
            && matches!(first, Some("connection" | "connect")) =>
        {
            Some(EntrypointKind::WebSocket)
        }
        // `web.get("/ws", talk)` and `app.router.add_get("/ws", talk)` of aiohttp
        "get" | "post" | "put" | "patch" | "delete" | "route" | "add_get" | "add_post"
        | "add_put" | "add_patch" | "add_delete"
            if package(name) == "aiohttp" && name.starts_with("aiohttp.web") =>
        {
            Some(EntrypointKind::Route)
        }
        // `user = Depends(current_user)`
        "Depends" | "Security" if package(name) == "fastapi" => Some(EntrypointKind::Middleware),
        "add_middleware" if call.option("dispatch").is_some() => Some(EntrypointKind::Middleware),
        "setRequestHandler" => Some(EntrypointKind::McpTool),
        "tool"
        | "FunctionTool"
        | "DynamicStructuredTool"
        | "DynamicTool"
        | "from_function"
        | "StructuredTool"
        | "betaZodTool"
            if registration(name, None) != Some(EntrypointKind::McpTool) =>
        {
            Some(EntrypointKind::AgentTool)
        }
        _ => registration(name, None)
            .filter(|_| matches!(call.callee.kind, ExprKind::Attribute { .. })),
    }
}

/// `new BedrockAgentCoreApp({ invocationHandler: { process }, pingHandler, websocketHandler })`.
fn application(
    source: &Source,
    module: ModuleId,
    call: &Call,
    range: ByteRange,
    found: &mut Vec<Entrypoint>,
) {
    let Some(options) = call.args.first() else {
        return;
    };
    let Meaning::Value(module, options) = source.meaning(module, options) else {
        return;
    };
    let kinds = [
        ("invocationHandler", EntrypointKind::Invocation),
        ("pingHandler", EntrypointKind::Ping),
        ("websocketHandler", EntrypointKind::WebSocket),
    ];
    for (key, kind) in kinds {
        let Some(handler) = options.entry(key) else {
            continue;
        };
        let function = match source.meaning(module, handler) {
            Meaning::Value(at, inner) => inner
                .entry("process")
                .and_then(|process| source.function_value(at, process)),
            _ => source.function_value(module, handler),
        };
        if let Some(function) = function {
            let header = source.function(function).map(|about| about.header);
            let place = header.map_or((module, range), |header| (function.module, header));
            found.push(entry(source, kind, function, place));
        }
    }
}

/// What a serving function is given: a function, an instance of the project's executor, or an object of a library.
fn served(
    source: &Source,
    module: ModuleId,
    call: &Call,
    kind: EntrypointKind,
    range: ByteRange,
    found: &mut Vec<Entrypoint>,
) {
    if let Some(ping) = call
        .option("ping_handler")
        .and_then(|ping| function_of(source, module, ping))
    {
        found.push(entry(source, EntrypointKind::Ping, ping, (module, range)));
    }
    let given = call
        .keywords
        .iter()
        .filter(|keyword| keyword.name.as_deref() != Some("ping_handler"));
    let mut function = None;
    for value in call.args.iter().chain(given.map(|keyword| &keyword.value)) {
        function = match source.meaning(module, value) {
            Meaning::Function(id) => Some(id),
            Meaning::Instance(instance) => instance
                .class
                .and_then(|class| source.class(class))
                .and_then(|class| {
                    ["execute", "run", "__call__", "stream"]
                        .into_iter()
                        .find_map(|method| class.method(method))
                }),
            _ => None,
        };
        if function.is_some() {
            break;
        }
    }
    match function {
        Some(function) => found.push(entry(source, kind, function, (module, range))),
        None => found.push(Entrypoint {
            kind,
            function: None,
            module,
            payload: Vec::new(),
            range,
        }),
    }
}

/// Every function among a call's arguments, and under the usual keys of an options object.
fn functions_of(
    source: &Source,
    module: ModuleId,
    call: &Call,
    kind: EntrypointKind,
    range: ByteRange,
    found: &mut Vec<Entrypoint>,
) {
    for value in call
        .args
        .iter()
        .chain(call.keywords.iter().map(|keyword| &keyword.value))
    {
        if let ExprKind::Dict(_) = &value.kind {
            let server = SERVER_KEYS.iter().filter(|_| kind == EntrypointKind::Route);
            for inner in TOOL_KEYS
                .iter()
                .chain(server)
                .filter_map(|key| value.entry(key))
            {
                if let Some(function) = source.function_value(module, inner) {
                    found.push(entry(source, kind, function, (module, range)));
                }
            }
        } else if let Some(function) = function_of(source, module, value) {
            // `app.use((error, req, res, next) => …)` is asked when another one has failed.
            let takes_errors = kind == EntrypointKind::Middleware
                && source.is_typescript(function.module)
                && source
                    .function(function)
                    .is_some_and(|about| about.params.len() > 3);
            if !takes_errors {
                found.push(entry(source, kind, function, (module, range)));
            }
        } else if let Some((at, handlers)) = listed(source, module, value) {
            // `app.post('/invocations', [parse, run])`
            for handler in handlers {
                if let Some(function) = function_of(source, at, handler) {
                    found.push(entry(source, kind, function, (module, range)));
                }
            }
        } else if kind == EntrypointKind::Route
            && let Meaning::Instance(made) = source.meaning(module, value)
            && let Some(class) = made.class.and_then(|class| source.class(class))
        {
            for method in RESPONDERS.iter().filter_map(|name| class.method(name)) {
                found.push(entry(source, kind, method, (module, range)));
            }
        }
    }
}

/// The elements of a list that a call is given, as it is or spread.
fn listed<'s>(
    source: &'s Source,
    module: ModuleId,
    value: &'s Expr,
) -> Option<(ModuleId, &'s [Expr])> {
    let value = match &value.kind {
        ExprKind::Starred(inner) => inner,
        _ => value,
    };
    match source.meaning(module, value) {
        Meaning::Value(at, list) => match &list.kind {
            ExprKind::List(items) | ExprKind::Tuple(items) => Some((at, items)),
            _ => None,
        },
        _ => None,
    }
}

fn function_of(source: &Source, module: ModuleId, value: &Expr) -> Option<FnId> {
    if let Some(handler) = wrapped(source, module, value) {
        return Some(handler);
    }
    if let Meaning::Function(id) = source.meaning(module, value) {
        return Some(id);
    }
    let ExprKind::Call(call) = &value.kind else {
        return None;
    };
    // `controller.ping.bind(controller)`
    if let ExprKind::Attribute { base, attr } = &call.callee.kind
        && &**attr == "bind"
    {
        return function_of(source, module, base);
    }
    // `asyncHandler(async (req, res) => …)`: a wrapper of a library around the handler.
    let name = source.canonical(module, &call.callee)?;
    let wraps = WRAPPERS
        .iter()
        .any(|wrapper| package(&name) == *wrapper || leaf(&name) == *wrapper);
    match &*call.args {
        [handler] if wraps => function_of(source, module, handler),
        _ => None,
    }
}

/// The handler that a wrapper of the project is given: `asyncHandler(handleInvocation)`. What the wrapper returns calls it with
/// the request that it gets itself.
fn wrapped(source: &Source, module: ModuleId, value: &Expr) -> Option<FnId> {
    let call = value.as_call()?;
    source.callee(module, value)?;
    call.args.iter().find_map(|arg| {
        let Meaning::Function(id) = source.meaning(module, arg) else {
            return None;
        };
        let params = &source.function(id)?.params;
        let first = params.first()?;
        let request = matches!(
            &*first.name,
            "req" | "request" | "_req" | "_request" | "ctx" | "c" | "event" | "payload"
        );
        request.then_some(id)
    })
}

/// Functions in the list that an agent is given as its tools.
fn listed_tools(source: &Source, module: ModuleId, tools: &Expr, found: &mut Vec<Entrypoint>) {
    let Some(_step) = limits::follow("tools", limits::CALLERS, module, tools) else {
        return;
    };
    let Meaning::Value(module, list) = source.meaning(module, tools) else {
        return;
    };
    match &list.kind {
        ExprKind::List(items) | ExprKind::Tuple(items) => {
            for item in items {
                let inner = match &item.kind {
                    ExprKind::Starred(inner) => {
                        listed_tools(source, module, inner, found);
                        continue;
                    }
                    _ => item,
                };
                if let Some(function) = function_of(source, module, inner) {
                    found.push(entry(
                        source,
                        EntrypointKind::AgentTool,
                        function,
                        (module, inner.range),
                    ));
                }
            }
        }
        ExprKind::BinOp { left, right, .. } => {
            listed_tools(source, module, left, found);
            listed_tools(source, module, right, found);
        }
        _ => {}
    }
}
