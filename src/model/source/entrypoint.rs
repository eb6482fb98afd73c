//! Finds the functions that the platform or a framework calls.

use super::ir::{ByteRange, Call, Expr, ExprKind};
use super::module::{Function, Module, ParamKind};
use super::resolve::{Meaning, leaf, package};
use super::{Entrypoint, EntrypointKind, FnId, Language, ModuleId, Source};

/// Classes whose methods register HTTP routes.
const WEB_CLASSES: [&str; 12] = [
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
/// Keys under which a tool's function is given in TypeScript.
const TOOL_KEYS: [&str; 6] = ["callback", "execute", "func", "run", "handler", "invoke"];

/// The handlers of these modules, in the order of modules and text, each function and kind once.
pub fn find(source: &Source, modules: &[ModuleId]) -> Vec<Entrypoint> {
    let mut found: Vec<Entrypoint> = Vec::new();
    for &id in modules {
        let Some(module) = source.module(id) else {
            continue;
        };
        let mut here = Vec::new();
        decorated(source, module, &mut here);
        inherited(source, module, &mut here);
        registered(source, module, &mut here);
        here.sort_by_key(|entry| entry.range);
        for entry in here {
            let known = found.iter().any(|other| {
                other.kind == entry.kind
                    && other.function == entry.function
                    && entry.function.is_some()
            });
            if !known {
                found.push(entry);
            }
        }
    }
    found
}

fn decorated(source: &Source, module: &Module, found: &mut Vec<Entrypoint>) {
    for function in &module.functions {
        for decorator in &function.decorators {
            let target = decorator.as_call().map_or(decorator, |call| &call.callee);
            let name = source.canonical(module.id, target).unwrap_or_default();
            let attr = match &target.kind {
                ExprKind::Attribute { attr, .. } => Some(&**attr),
                _ => None,
            };
            if let Some(kind) = registration(&name, attr) {
                found.push(entry(source, kind, function.id, decorator.range));
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
                function.header,
            ));
        }
    }
}

/// What kind of handler a decorator or registering method of this canonical name makes.
fn registration(name: &str, attr: Option<&str>) -> Option<EntrypointKind> {
    let last = leaf(name);
    let owner = name
        .strip_suffix(last)
        .and_then(|rest| rest.strip_suffix('.'))
        .unwrap_or("");
    let class = leaf(owner);
    if class == "BedrockAgentCoreApp" {
        return match last {
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
    let web = WEB_CLASSES.contains(&class)
        || WEB_PACKAGES.contains(&owner)
        || WEB_PACKAGES.contains(&package(owner)) && !owner.is_empty();
    if web && VERBS.contains(&last) {
        return Some(EntrypointKind::Route);
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
            let (kind, methods): (_, &[&str]) = match leaf(&base) {
                "AgentExecutor" => (EntrypointKind::A2a, &["execute"]),
                "HTTPEndpoint" => (
                    EntrypointKind::Route,
                    &["get", "post", "put", "patch", "delete"],
                ),
                "BaseHTTPRequestHandler" | "SimpleHTTPRequestHandler" => (
                    EntrypointKind::Route,
                    &["do_GET", "do_POST", "do_PUT", "do_PATCH", "do_DELETE"],
                ),
                _ => continue,
            };
            for method in methods.iter().filter_map(|method| class.method(method)) {
                found.push(entry(source, kind, method, class.range));
            }
        }
    }
}

fn registered(source: &Source, module: &Module, found: &mut Vec<Entrypoint>) {
    for (_, expr) in module.calls() {
        let Some(call) = expr.as_call() else { continue };
        let Some(name) = source.canonical(module.id, &call.callee) else {
            continue;
        };
        match leaf(&name) {
            "BedrockAgentCoreApp" => application(source, module.id, call, expr.range, found),
            "entrypoint" | "websocket" | "ping" | "async_task"
                if name.contains("BedrockAgentCoreApp.") =>
            {
                let kind = registration(&name, None);
                let function = call
                    .args
                    .first()
                    .and_then(|arg| source.function_value(module.id, arg));
                if let (Some(kind), Some(function)) = (kind, function) {
                    found.push(entry(source, kind, function, expr.range));
                }
            }
            "serve_a2a" | "build_a2a_app" | "A2AStarletteApplication" | "A2AServer" | "to_a2a" => {
                served(
                    source,
                    module.id,
                    call,
                    EntrypointKind::A2a,
                    expr.range,
                    found,
                );
            }
            "serve_ag_ui" | "build_ag_ui_app" | "AGUIApp" => {
                served(
                    source,
                    module.id,
                    call,
                    EntrypointKind::AgUi,
                    expr.range,
                    found,
                );
            }
            last if last.starts_with("add_") && last.ends_with("_fastapi_endpoint") => {
                served(
                    source,
                    module.id,
                    call,
                    EntrypointKind::AgUi,
                    expr.range,
                    found,
                );
            }
            "Route"
            | "WebSocketRoute"
            | "add_route"
            | "add_api_route"
            | "add_websocket_route"
            | "add_api_websocket_route"
            | "add_url_rule" => {
                functions_of(
                    source,
                    module.id,
                    call,
                    EntrypointKind::Route,
                    expr.range,
                    found,
                );
            }
            "setRequestHandler" => functions_of(
                source,
                module.id,
                call,
                EntrypointKind::McpTool,
                expr.range,
                found,
            ),
            "tool"
            | "FunctionTool"
            | "DynamicStructuredTool"
            | "DynamicTool"
            | "from_function"
            | "StructuredTool"
            | "betaZodTool"
                if registration(&name, None) != Some(EntrypointKind::McpTool) =>
            {
                functions_of(
                    source,
                    module.id,
                    call,
                    EntrypointKind::AgentTool,
                    expr.range,
                    found,
                );
            }
            _ => {
                if let Some(kind) = registration(&name, None)
                    .filter(|_| matches!(call.callee.kind, ExprKind::Attribute { .. }))
                {
                    functions_of(source, module.id, call, kind, expr.range, found);
                }
            }
        }
        if let Some(tools) = call.option("tools") {
            listed_tools(source, module.id, tools, found, 0);
        }
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
            let range = source
                .function(function)
                .map_or(range, |function| function.header);
            found.push(entry(source, kind, function, range));
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
    let values = call
        .args
        .iter()
        .chain(call.keywords.iter().map(|keyword| &keyword.value));
    let mut function = None;
    for value in values {
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
        Some(function) => found.push(entry(source, kind, function, range)),
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
            for inner in TOOL_KEYS.iter().filter_map(|key| value.entry(key)) {
                if let Some(function) = source.function_value(module, inner) {
                    found.push(entry(source, kind, function, range));
                }
            }
        } else if let Some(function) = function_of(source, module, value) {
            found.push(entry(source, kind, function, range));
        }
    }
}

fn function_of(source: &Source, module: ModuleId, value: &Expr) -> Option<FnId> {
    match source.meaning(module, value) {
        Meaning::Function(id) => Some(id),
        _ => None,
    }
}

/// Functions in the list that an agent is given as its tools.
fn listed_tools(
    source: &Source,
    module: ModuleId,
    tools: &Expr,
    found: &mut Vec<Entrypoint>,
    depth: u8,
) {
    if depth > 4 {
        return;
    }
    let Meaning::Value(module, list) = source.meaning(module, tools) else {
        return;
    };
    match &list.kind {
        ExprKind::List(items) | ExprKind::Tuple(items) => {
            for item in items {
                let inner = match &item.kind {
                    ExprKind::Starred(inner) => {
                        listed_tools(source, module, inner, found, depth + 1);
                        continue;
                    }
                    _ => item,
                };
                if let Some(function) = function_of(source, module, inner) {
                    found.push(entry(
                        source,
                        EntrypointKind::AgentTool,
                        function,
                        inner.range,
                    ));
                }
            }
        }
        ExprKind::BinOp { left, right, .. } => {
            listed_tools(source, module, left, found, depth + 1);
            listed_tools(source, module, right, found, depth + 1);
        }
        _ => {}
    }
}

fn entry(source: &Source, kind: EntrypointKind, function: FnId, range: ByteRange) -> Entrypoint {
    let payload = source.function(function).map(|found| {
        let language = source.module(function.module).map(|module| module.language);
        payload_of(kind, found, language)
    });
    Entrypoint {
        kind,
        function: Some(function),
        module: function.module,
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
        EntrypointKind::Route | EntrypointKind::McpTool | EntrypointKind::AgentTool
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
                    !injected && param.kind != ParamKind::Keywords
                })
            })
            .collect()
        }
        _ => all.take(1).collect(),
    }
}
