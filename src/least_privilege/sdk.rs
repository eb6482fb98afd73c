//! The AWS SDK calls of the code: boto3 clients and resources, and the commands of the JavaScript SDK.

mod passed;

use std::collections::BTreeSet;

use serde_json::json;

use super::code::Code;
use super::invoked::NOT_SEEN;
use super::needs::Need;
use super::operations;
use super::parameters::{PARAMETERS, Parameter, arns, every_resource, usual};
use super::values::{Texts, entry, texts};
use super::{Statements, Subject, UNKNOWN_SUFFIX, endpoints, memory_calls, models, regions, ways};
use crate::analysis::agent_code::evidence;
use crate::analysis::clients::entries::option;
use crate::analysis::limits;
use crate::analysis::names::{Meaning, leaf};
use crate::analysis::values;
use crate::iam::actions::{Action, expand};
use crate::iam::escalation::ESCALATIONS;
use crate::model::source::ir::{Call, Expr, ExprKind, StmtKind};
use crate::model::source::walk::statements;
use crate::model::source::{ByteRange, FnId, ModuleId};

/// A call of an operation.
struct Use<'s> {
    /// The IAM prefix.
    prefix: String,
    /// The operation, in the SDK's spelling.
    operation: String,
    /// Where parameters stand.
    module: ModuleId,
    /// Parameters: keywords of the call, or the entries of the object that a command is given.
    call: Option<&'s Call>,
    /// The resource object that the method is called on: `Table("orders")`.
    object: Option<(String, &'s Call, ModuleId)>,
    /// Where the call stands.
    range: ByteRange,
    /// How its client was made.
    client: Made,
}

/// How a client was made.
#[derive(Clone, Debug, Default)]
struct Made {
    /// With credentials of its own, or for another address: it is not the role that is asked.
    apart: bool,
    /// For a Region of its own; empty where that is not known.
    region: Option<String>,
    /// The address of the call that makes it.
    maker: Option<usize>,
}

/// The agent and its code.
#[derive(Clone, Copy)]
struct Look<'r, 'c, 's> {
    subject: &'r Subject<'s>,
    code: &'r Code<'c, 's>,
}

/// The same, once every call is known.
#[derive(Clone, Copy)]
struct Reader<'r, 'c, 's> {
    subject: &'r Subject<'s>,
    code: &'r Code<'c, 's>,
    /// Every call of the code.
    uses: &'r [Use<'s>],
}

/// Adds what the agent's own SDK calls need.
pub(super) fn add<'s>(subject: &Subject<'s>, code: &Code<'_, 's>, statements: &mut Statements) {
    let look = Look { subject, code };
    let mut called = BTreeSet::new();
    let mut uses = Vec::new();
    let ways = ways::Ways::default();
    for (module, expr, _) in code.calls() {
        let found = python(look, module, expr, &mut called)
            .or_else(|| javascript(look, module, expr))
            .or_else(|| powertools(code, module, expr));
        uses.extend(found.filter(|_| ways.are_taken(code, module, expr.range)));
    }
    let reader = Reader {
        subject,
        code,
        uses: &uses,
    };
    for found in &uses {
        reader.grant(found, statements);
        reader.note_needs(found, statements);
        reader.pass_roles(found, statements);
    }
    reader.unseen(&called, statements);
}

/// Services whose clients frameworks are given, and what is asked of them is read elsewhere.
const OF_FRAMEWORKS: [&str; 7] = [
    "bedrock",
    "bedrock-runtime",
    "bedrock-agent",
    "bedrock-agent-runtime",
    "bedrock-agentcore",
    "bedrock-agentcore-control",
    "sts",
];

/// The kind of object that a resource made (`Table`), the call that made it, and the call's module.
type Named<'s> = (String, &'s Call, ModuleId);

/// A boto3 client or resource, or an object of one.
struct Client<'s> {
    service: String,
    object: Option<Named<'s>>,
    made: Made,
}

/// The client that an expression is: made here or in a helper, given as an argument, kept as a member. What was asked on the way is
/// added to `asked`.
fn client<'s>(
    look: Look<'_, '_, 's>,
    module: ModuleId,
    expr: &'s Expr,
    asked: &mut Vec<usize>,
) -> Option<Client<'s>> {
    let code = look.code;
    if let Some(address) = binding_of(code, module, expr) {
        if code.is_no_client(address) {
            return None;
        }
        asked.push(address);
    }
    let _step = limits::follow("client", limits::CALLERS, module, expr)?;
    let source = code.source();
    let Some(instance) = source.type_of(module, expr) else {
        let given = code.callers().given(module, expr);
        let kept = kept(code, module, expr);
        let mut origins = given.into_iter().chain(kept);
        return origins.find_map(|(at, value)| client(look, at, value, asked));
    };
    let call = instance.call?;
    let name = leaf(&instance.type_name);
    if instance.type_name.contains("boto")
        && matches!(name, "client" | "resource" | "create_client")
    {
        let (home, service) = service_of(code, instance.module, call)?;
        let mut made = made(look, instance.module, call);
        made.maker = Some(std::ptr::from_ref(call).addr());
        let named = match source.string(home, service) {
            Some(named) => named,
            None => {
                let helper = Helper::of(code, home, service)?;
                let (named, asked) = helper.given(code, module, expr, 0)?;
                made = helper.made(look, asked, made);
                named
            }
        };
        return Some(Client {
            service: named,
            object: None,
            made,
        });
    }
    // dynamodb.Table("x"), and session.client("s3") where the session is an argument.
    let ExprKind::Attribute { base, attr } = &call.callee.kind else {
        return None;
    };
    let owner = client(look, instance.module, base, asked)?;
    Some(Client {
        object: Some((attr.to_string(), call, instance.module)),
        ..owner
    })
}

/// The service that a client is made for: `boto3.client("s3")`, `boto3.client(**{"service_name": "s3"})`.
fn service_of<'s>(
    code: &Code<'_, 's>,
    module: ModuleId,
    call: &'s Call,
) -> Option<(ModuleId, &'s Expr)> {
    match call.args.first() {
        Some(service) => Some((module, service)),
        None => option(code.source(), module, call, "service_name").map(|at| (at.module, at.expr)),
    }
}

/// A function that makes a client of the service that it is given: `def get_client(service): return boto3.client(service)`.
struct Helper {
    function: FnId,
    /// The parameter's place among the arguments, and its name.
    index: usize,
    name: String,
}

/// Helpers that are followed to the one that makes the client.
const MOST_HELPERS: usize = 6;

/// Why it is not known what a call of a service needs whose actions are in no table.
const UNKNOWN_SERVICE: &str = "the actions of this service are not known here, so that only you know what the role is to allow";

impl Helper {
    fn of(code: &Code<'_, '_>, module: ModuleId, service: &Expr) -> Option<Self> {
        let name = service.as_name()?;
        let function = code
            .source()
            .module(module)?
            .function_at(service.range.start)?;
        let place = function
            .params
            .iter()
            .position(|param| &*param.name == name)?;
        let receiver = usize::from(function.class.is_some() && !function.is_static);
        Some(Self {
            function: function.id,
            index: place.checked_sub(receiver)?,
            name: name.to_owned(),
        })
    }

    /// How it makes the client that a call gets, where `first` is one of its clients. A parameter that the call leaves out decides which
    /// it gets; else it may be each.
    fn made<'s>(&self, look: Look<'_, '_, 's>, asked: &Call, first: Made) -> Made {
        let source = look.code.source();
        let taken = ways::returned_to(source, self.function, asked);
        let clients = taken.and_then(|values| {
            let client = |value: values::At<'s>| {
                let client = source.type_of(value.module, value.expr)?;
                Some((client.module, client.call?))
            };
            values.into_iter().map(client).collect::<Option<Vec<_>>>()
        });
        let mut clients = clients.into_iter().flatten().map(|(module, call)| Made {
            maker: Some(std::ptr::from_ref(call).addr()),
            ..made(look, module, call)
        });
        if let Some(one) = clients.next() {
            return Made {
                apart: clients.any(|other| other.apart) || one.apart,
                ..one
            };
        }
        let all = values::returned(source, self.function);
        let apart = all.iter().any(|value| {
            let call = value.expr.as_call();
            call.is_some_and(|call| options(look, value.module, call, &[]).apart)
        });
        Made {
            apart: first.apart || apart,
            ..first
        }
    }

    /// The service that it was given for a value, and the call that gave it.
    fn given<'s>(
        &self,
        code: &Code<'_, 's>,
        module: ModuleId,
        expr: &'s Expr,
        depth: usize,
    ) -> Option<(String, &'s Call)> {
        if depth > MOST_HELPERS {
            limits::reached(limits::CALLERS, module, expr.range);
            return None;
        }
        let _step = limits::step(limits::CALLERS, module, expr.range)?;
        let source = code.source();
        let next = |module, expr| self.given(code, module, expr, depth + 1);
        match &expr.kind {
            ExprKind::Call(call) => {
                let callee = source.callee(module, expr)?;
                if callee == self.function {
                    let service = call.argument(self.index, &self.name)?;
                    return Some((source.string(module, service)?, call));
                }
                let made = values::returned(source, callee);
                made.iter().find_map(|value| next(value.module, value.expr))
            }
            ExprKind::Await(inner) => next(module, inner),
            ExprKind::BoolOp { values, .. } => values.iter().find_map(|value| next(module, value)),
            ExprKind::Name(name) => {
                let bound = values::bound(source, module, name, expr.range.start);
                let mut bound = bound
                    .into_iter()
                    .filter(|value| !value.range.contains(expr.range));
                bound.find_map(|value| next(module, value)).or_else(|| {
                    let given = code.callers().given(module, expr);
                    given.into_iter().find_map(|(at, value)| next(at, value))
                })
            }
            ExprKind::Attribute { .. } => {
                let kept = kept(code, module, expr);
                kept.into_iter().find_map(|(at, value)| next(at, value))
            }
            _ => None,
        }
    }
}

/// What methods of its class put into a member: `self.table = table`.
fn kept<'s>(code: &Code<'_, 's>, module: ModuleId, expr: &'s Expr) -> Vec<(ModuleId, &'s Expr)> {
    let source = code.source();
    let ExprKind::Attribute { base, attr } = &expr.kind else {
        return Vec::new();
    };
    let Some(class) = source.type_of(module, base).and_then(|owner| owner.class) else {
        return Vec::new();
    };
    let Some(place) = source.module(class.module) else {
        return Vec::new();
    };
    let own = place
        .functions
        .iter()
        .filter(|function| function.class == Some(class));
    let mut found = Vec::new();
    for stmt in own.flat_map(|function| statements(&function.body)) {
        let StmtKind::Assign(assign) = &stmt.kind else {
            continue;
        };
        let sets = assign.targets.iter().any(|target| {
            matches!(&target.kind, ExprKind::Attribute { base, attr: member }
                if member == attr && matches!(base.as_name(), Some("self" | "this" | "cls")))
        });
        if let Some(value) = assign.value.as_deref().filter(|_| sets) {
            found.push((class.module, value));
        }
    }
    found
}

/// Options that give a client credentials or an address of its own.
const APART: [&str; 9] = [
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "profile_name",
    "endpoint_url",
    "botocore_session",
    "credentials",
    "profile",
    "endpoint",
];

/// How a client was made: by the call, and by the session that the call is made on.
fn made<'s>(look: Look<'_, '_, 's>, module: ModuleId, call: &'s Call) -> Made {
    let source = look.code.source();
    let mut made = options(look, module, call, &["region_name", "region"]);
    if let ExprKind::Attribute { base, .. } = &call.callee.kind
        && let Some(session) = source.type_of(module, base)
        && let Some(call) = session.call
    {
        let of_session = options(look, session.module, call, &["region_name"]);
        made.apart |= of_session.apart;
        made.region = made.region.or(of_session.region);
    }
    made
}

/// Whether a client gets credentials of its own, or an address that is not one of AWS's.
fn is_apart<'s>(look: Look<'_, '_, 's>, module: ModuleId, call: &'s Call) -> bool {
    let service = || service_of(look.code, module, call)?.1.as_str();
    APART.iter().any(|name| {
        call.option(name).is_some_and(|value| {
            let of_aws = || {
                let at = (module, value);
                name.starts_with("endpoint")
                    && endpoints::is_of_aws(look.subject, look.code, at, service())
            };
            !matches!(value.kind, ExprKind::None) && !of_aws()
        })
    })
}

fn options<'s>(look: Look<'_, '_, 's>, module: ModuleId, call: &'s Call, regions: &[&str]) -> Made {
    let code = look.code;
    let apart = is_apart(look, module, call);
    let spread = call.keywords.iter().any(|keyword| keyword.name.is_none());
    let region = regions
        .iter()
        .find_map(|name| call.option(name))
        .map(|value| {
            let value = match code.source().meaning(module, value) {
                Meaning::Value(_, value) => value,
                _ => value,
            };
            // What the environment says is the agent's own Region, or any.
            value.as_str().unwrap_or("*").to_owned()
        });
    Made {
        apart: apart || spread,
        region,
        maker: None,
    }
}

/// The address of the only binding of a name.
fn binding_of(code: &Code<'_, '_>, module: ModuleId, expr: &Expr) -> Option<usize> {
    let place = code.source().module(module)?;
    let binding = place.only_binding(expr.as_name()?, expr.range.start)?;
    Some(std::ptr::from_ref(binding).addr())
}

/// The client whose method is called. Most methods of a program are of something else: where no client is found, nothing that was
/// asked on the way is one, and none of it is asked again.
fn receiver<'s>(look: Look<'_, '_, 's>, module: ModuleId, base: &'s Expr) -> Option<Client<'s>> {
    let mut asked = Vec::new();
    let found = client(look, module, base, &mut asked);
    if found.is_none() && !limits::is_reached() {
        look.code.add_no_clients(asked);
    }
    found
}

fn python<'s>(
    look: Look<'_, '_, 's>,
    module: ModuleId,
    expr: &'s Expr,
    called: &mut BTreeSet<usize>,
) -> Option<Use<'s>> {
    let source = look.code.source();
    let call = expr.as_call()?;
    let ExprKind::Attribute { base, attr } = &call.callee.kind else {
        return None;
    };
    let Client {
        service,
        object,
        made,
    } = receiver(look, module, base)?;
    called.extend(made.maker);
    let (operation, object) = match (&**attr, object) {
        // The parameters are those of `paginate`.
        ("get_paginator" | "get_waiter", _) => return None,
        ("paginate" | "wait", Some((kind, maker, at))) if kind == "get_paginator" => {
            (source.string(at, maker.args.first()?)?, None)
        }
        ("wait", Some((kind, maker, at))) if kind == "get_waiter" => {
            let name = source.string(at, maker.args.first()?)?;
            (
                operations::waited(operations::prefix(&service), &name)?.to_owned(),
                None,
            )
        }
        // `response.get("Item")`: what an operation answers is a dict.
        (method, Some((kind, ..))) if is_of_a_dict(method) && answers(&kind) => return None,
        ("generate_presigned_url", object) => (source.string(module, call.args.first()?)?, object),
        (other, object) => (other.to_owned(), object),
    };
    Some(Use {
        prefix: operations::prefix(&service).to_owned(),
        operation,
        module,
        call: Some(call),
        object,
        range: expr.range,
        client: made,
    })
}

/// Methods of the dict that an operation answers, which objects of a resource have too.
fn is_of_a_dict(method: &str) -> bool {
    matches!(
        method,
        "get" | "pop" | "items" | "keys" | "values" | "update" | "copy" | "setdefault" | "clear"
    )
}

/// Whether a method is an operation, whose answer is a dict: resources make their objects by the name of a class.
fn answers(kind: &str) -> bool {
    kind.starts_with(|first: char| first.is_ascii_lowercase())
}

/// `parameters.get_secret("name")` of Powertools for AWS Lambda, in either language, which asks through a client of its own.
///
/// <https://docs.aws.amazon.com/powertools/python/latest/utilities/parameters/#iam-permissions>
fn powertools<'s>(code: &Code<'_, 's>, module: ModuleId, expr: &'s Expr) -> Option<Use<'s>> {
    let name = code.source().callee_name(module, expr)?;
    let function = name
        .strip_prefix("aws_lambda_powertools.utilities.parameters.")
        .or_else(|| name.strip_prefix("@aws-lambda-powertools/parameters/"))?;
    let (prefix, operation) = match leaf(function) {
        "get_secret" | "getSecret" => ("secretsmanager", "get_secret_value"),
        "get_parameter" | "getParameter" => ("ssm", "get_parameter"),
        "get_parameters" | "getParameters" => ("ssm", "get_parameters_by_path"),
        "get_parameters_by_name" | "getParametersByName" => ("ssm", "get_parameters"),
        _ => return None,
    };
    Some(Use {
        prefix: prefix.to_owned(),
        operation: operation.to_owned(),
        module,
        call: expr.as_call(),
        object: None,
        range: expr.range,
        client: Made::default(),
    })
}

/// `new PutObjectCommand({…})` of `@aws-sdk/client-s3`, `new PutCommand({…})` of `@aws-sdk/lib-dynamodb`, `paginateQuery(…)`.
fn javascript<'s>(look: Look<'_, '_, 's>, module: ModuleId, expr: &'s Expr) -> Option<Use<'s>> {
    let code = look.code;
    let call = expr.as_call()?;
    let name = code.source().callee_name(module, expr)?;
    let rest = name.strip_prefix("@aws-sdk/")?;
    let (package, command) = rest.split_once('.')?;
    // `new S3({}).listBuckets({})`: the client that has all operations as methods.
    let method = command
        .split_once('.')
        .filter(|(class, method)| !class.ends_with("Client") && !method.contains('.'))
        .map(|(_, method)| method)
        .filter(|method| method.starts_with(|first: char| first.is_ascii_lowercase()));
    let operation = command
        .strip_suffix("Command")
        .or_else(|| command.strip_prefix("paginate"))
        // An upload in parts begins, sends and completes under the same permission.
        .or_else(|| ((package, command) == ("lib-storage", "Upload")).then_some("PutObject"))
        .or(method)?;
    let service = match package {
        "lib-dynamodb" => "dynamodb",
        "lib-storage" => "s3",
        _ => package.strip_prefix("client-")?,
    };
    // Which client sends it is not followed: one that is made apart makes all of its package doubtful.
    let all = code.javascript_clients().iter();
    let clients = all.filter(|(package, ..)| *package == service);
    let clients = clients.map(|(_, at, call)| options(look, *at, call, &["region"]));
    let mut client = Made::default();
    for made in clients {
        client.apart |= made.apart;
        client.region = client.region.or(made.region);
    }
    Some(Use {
        prefix: operations::prefix(service).to_owned(),
        operation: operation.to_owned(),
        module,
        call: Some(call),
        object: None,
        range: expr.range,
        client,
    })
}

impl<'s> Reader<'_, '_, 's> {
    /// Clients that are made and of which no call was seen: what is asked of them nobody knows.
    fn unseen(self, called: &BTreeSet<usize>, statements: &mut Statements) {
        let (code, source) = (self.code, self.code.source());
        for (module, expr, call) in code.calls() {
            let makes = source.callee_name(module, expr).is_some_and(|name| {
                name.contains("boto")
                    && matches!(leaf(name), "client" | "resource" | "create_client")
            });
            if !makes || called.contains(&std::ptr::from_ref(call).addr()) {
                continue;
            }
            let look = Look {
                subject: self.subject,
                code,
            };
            if is_apart(look, module, call) || !code.surely_runs(module, expr.range) {
                continue;
            }
            let services = service_of(code, module, call)
                .map(|(home, service)| self.texts(home, service))
                .unwrap_or_default();
            let known = services.complete && !services.all.is_empty();
            if known
                && services
                    .all
                    .iter()
                    .all(|name| OF_FRAMEWORKS.contains(&name.as_str()))
            {
                continue;
            }
            let (of, why) = match known {
                true => (
                    format!("a client of {}", services.all.join(", ")),
                    "which of its operations are called is not seen, so that only you know what the role is to allow",
                ),
                false => (
                    "a client of AWS".to_owned(),
                    "the code does not show of which service it is, so that only you know what the role is to allow",
                ),
            };
            let place = evidence(source, module, expr.range);
            let site = place.site.as_ref();
            let at = site.map_or_else(String::new, |site| format!(" ({})", site.place()));
            statements.note(format!("{of}{at}: {why}; add what it calls"));
            statements.need(Need::of_a_client(&of, why, place));
        }
    }

    fn grant(self, found: &Use<'s>, statements: &mut Statements) {
        let prefix = found.prefix.as_str();
        let actions = operations::actions(prefix, &found.operation);
        if actions.is_empty()
            && found.object.is_none()
            && operations::is_unknown(prefix, &found.operation)
        {
            statements.note(format!(
                "what {prefix} authorizes {} as is not known here: look it up and add it",
                found.operation
            ));
            // Of a service none of whose actions are known, nothing can be held against the role.
            if expand(&format!("{prefix}:*")).is_empty()
                && self.code.surely_runs(found.module, found.range)
            {
                let place = evidence(self.code.source(), found.module, found.range);
                let of = format!("{} of {prefix}", found.operation);
                statements.need(Need::of_a_client(&of, UNKNOWN_SERVICE, place));
            }
        }
        for action in actions {
            // What calls a model is granted on the models; what concerns AgentCore's own parts on those.
            if models::CALLS.contains(&action.as_str()) {
                continue;
            }
            if matches!(
                action.as_str(),
                "bedrock-agentcore:InvokeAgentRuntimeCommand"
                    | "bedrock-agentcore:InvokeAgentRuntimeCommandShell"
            ) {
                statements.note("the code runs commands in a runtime: grant them by a policy of their own (--kind command)");
                continue;
            }
            if prefix == "bedrock-agentcore"
                && found.operation != "invoke_agent_runtime"
                && found.operation != "InvokeAgentRuntime"
            {
                // No part of the project is what such an action is granted on.
                let known = Action::lookup(&action);
                match known.filter(|known| !known.resource_types) {
                    Some(known) if known.level.changes() => statements.note(format!(
                        "{action} is left out, since it is granted on all resources only: add it where the agent is to make them"
                    )),
                    Some(_) => statements.allow("ListAgentCore", [action], ["*"]),
                    None => {}
                }
                continue;
            }
            if action == "cloudwatch:PutMetricData" {
                self.metrics(found, statements);
                continue;
            }
            let resources = self.resources(found, &action, statements);
            statements.allow(&format!("Use {prefix}"), [action], resources);
        }
    }

    /// Metrics are bound by their namespace.
    fn metrics(self, found: &Use<'s>, statements: &mut Statements) {
        let namespace = found.call.and_then(|call| call.option("Namespace"));
        let namespaces = namespace
            .map(|value| self.texts(found.module, value).all)
            .unwrap_or_default();
        if namespaces.is_empty() {
            statements.note("cloudwatch:PutMetricData: the code does not show its namespace; add it to the condition of WriteMetrics");
            return;
        }
        statements.allow_when(
            "WriteOwnMetrics",
            ["cloudwatch:PutMetricData"],
            ["*"],
            Some(json!({"StringEquals": {"cloudwatch:namespace": namespaces}})),
        );
    }

    /// What the call surely needs: on the resources that it is seen to name, else on whatever resource.
    fn note_needs(self, found: &Use<'s>, statements: &mut Statements) {
        let code = self.code;
        let why = self.why_unsure(found);
        let place = evidence(code.source(), found.module, found.range);
        let prefix = found.prefix.as_str();
        let operation = found.operation.as_str();
        for action in operations::actions(prefix, operation) {
            // Models are followed by their ids, which say more.
            if models::CALLS.contains(&action.as_str())
                || operations::is_optional(&action, operation)
            {
                continue;
            }
            let by = &*match self.unfilled(found, &action) {
                Some(text) => format!("{operation}, for which the code has the placeholder {text}"),
                None => operation.to_owned(),
            };
            let resources = if prefix == "bedrock-agentcore" {
                self.named_part(found, &action)
            } else {
                self.surely_on(found, &action)
            };
            let mut ignored = Statements::default();
            let granted = match resources.as_slice() {
                [one] if one == "*" && prefix == "bedrock-agentcore" => {
                    BTreeSet::from(["*".to_owned()])
                }
                [one] if one == "*" => self.resources(found, &action, &mut ignored),
                several => several.iter().cloned().collect(),
            };
            let namespaces = match action.as_str() {
                "cloudwatch:PutMetricData" => {
                    let value = found.call.and_then(|call| call.option("Namespace"));
                    value
                        .map(|value| self.texts(found.module, value).all)
                        .unwrap_or_default()
                }
                _ => Vec::new(),
            };
            let why = why.clone().or_else(|| granted.is_empty().then(|| {
                "the code does not show on which resource, and no statement is proposed for all of them".to_owned()
            }));
            for resource in &resources {
                let mut need =
                    Need::new(&action, resource.as_str(), by, place.clone()).unsure(why.clone());
                need = match resource.as_str() {
                    "*" => need.granted_on(granted.iter().cloned()),
                    _ => need,
                };
                if let [namespace] = namespaces.as_slice() {
                    need = need.key("cloudwatch:namespace", namespace);
                }
                statements.need(need);
            }
        }
    }

    /// Why a call may need nothing of the role.
    fn why_unsure(self, found: &Use<'s>) -> Option<String> {
        if found.client.apart {
            Some("its client is made with credentials or an address of its own".to_owned())
        } else if !self.code.surely_runs(found.module, found.range) {
            Some(NOT_SEEN.to_owned())
        } else {
            None
        }
    }

    /// The runtime whose ARN a call names, or the memory whose id.
    fn named_part(self, found: &Use<'s>, action: &str) -> Vec<String> {
        let anything = vec!["*".to_owned()];
        if Action::lookup(action).is_none_or(|known| !known.resource_types) {
            return anything;
        }
        if action != "bedrock-agentcore:InvokeAgentRuntime" {
            let call = found.call.into_iter();
            let memories: Vec<String> = call
                .flat_map(|call| {
                    memory_calls::memories(self.subject, self.code, found.module, call)
                })
                .collect();
            return if memories.is_empty() {
                anything
            } else {
                memories
            };
        }
        match self.value(found, "agentRuntimeArn") {
            Some(texts)
                if texts.complete
                    && texts.all.iter().all(|arn| arn.starts_with("arn:"))
                    && !texts.all.is_empty() =>
            {
                texts.all
            }
            _ => anything,
        }
    }

    /// The placeholder that stands for the resource of a call.
    fn unfilled(self, found: &Use<'s>, action: &str) -> Option<String> {
        let (_, texts) = self.shown(found, action)?;
        texts.unfilled.into_iter().next()
    }

    /// The parameter of a call that names the resource of an action, and what it says.
    fn shown(self, found: &Use<'s>, action: &str) -> Option<(&'static Parameter, Texts)> {
        let mut parameters = PARAMETERS
            .iter()
            .filter(|one| one.prefix == found.prefix && one.concerns(action));
        parameters.find_map(|parameter| Some((parameter, self.value(found, parameter.name)?)))
    }

    /// The resources that a call surely uses; `*` where they are not known.
    fn surely_on(self, found: &Use<'s>, action: &str) -> Vec<String> {
        let anything = || vec!["*".to_owned()];
        if Action::lookup(action).is_none_or(|known| !known.resource_types) {
            return anything();
        }
        let Some((parameter, texts)) = self.shown(found, action) else {
            return anything();
        };
        let Some(patterns) = texts.patterns() else {
            return anything();
        };
        let region = found.client.region.as_ref();
        let region = region.unwrap_or(&self.subject.names.region);
        let subject = regions::elsewhere(self.subject, region);
        let has = |name: &str| found.call.is_some_and(|call| entry(call, name).is_some());
        let mut all = Vec::new();
        for text in patterns {
            match (parameter.prefix, text) {
                // An address or an ARN may be of another account.
                ("sqs", url) if url.contains('/') => {
                    let queue = url.rsplit('/').next().unwrap_or(url);
                    all.push(format!("arn:{}:sqs:*:*:{queue}", subject.names.partition));
                }
                ("lambda", name) if !name.starts_with("arn:") => {
                    let alias = if has("Qualifier") { "*" } else { "" };
                    match name.rsplit_once(":function:") {
                        Some((_, name)) => all.push(format!(
                            "arn:{}:lambda:*:*:function:{name}{alias}",
                            subject.names.partition
                        )),
                        None => all.push(subject.arn("lambda", &format!("function:{name}{alias}"))),
                    }
                }
                ("lambda", arn) if has("Qualifier") => all.push(format!("{arn}*")),
                ("dynamodb", _) => {
                    let named = arns(&subject, parameter, text, action);
                    let of_index = has("IndexName");
                    all.extend(
                        named
                            .into_iter()
                            .filter(|arn| arn.ends_with("/index/*") == of_index),
                    );
                }
                _ => all.extend(arns(&subject, parameter, text, action)),
            }
        }
        if all.is_empty() { anything() } else { all }
    }

    fn texts(self, module: ModuleId, expr: &'s Expr) -> Texts {
        texts(self.subject, self.code, module, expr)
    }

    fn resources(
        self,
        found: &Use<'s>,
        action: &str,
        statements: &mut Statements,
    ) -> BTreeSet<String> {
        let subject = self.subject;
        let known = Action::lookup(action);
        if known.is_some_and(|known| !known.resource_types) {
            return BTreeSet::from(["*".to_owned()]);
        }
        let shown = self.shown(found, action);
        let of = |parameter: &Parameter, values: Vec<&str>| -> BTreeSet<String> {
            let values = values.into_iter();
            values
                .flat_map(|value| arns(subject, parameter, value, action))
                .collect()
        };
        let patterns = shown
            .as_ref()
            .and_then(|(parameter, texts)| Some((parameter, texts.patterns()?)));
        if let Some((parameter, patterns)) = patterns {
            return of(parameter, patterns);
        }
        let named = shown
            .as_ref()
            .map_or_else(BTreeSet::new, |(parameter, texts)| {
                of(parameter, texts.all.iter().map(String::as_str).collect())
            });
        let alone = ["iam:PassRole", "sts:AssumeRole"].contains(&action);
        let escalates = ESCALATIONS
            .iter()
            .any(|way| way.actions.len() == 1 && way.actions.contains(&action));
        if alone || escalates {
            // On an open set of resources it would be a way to more power.
            statements.note(format!(
                "{action} is left out where the code does not show on which resource: add it with the ARN"
            ));
            return named;
        }
        let parameter = shown
            .map(|(parameter, _)| parameter)
            .or_else(|| usual(&found.prefix, action));
        let wide = self.wide(parameter, found, action);
        let listed: Vec<&str> = wide.iter().map(String::as_str).collect();
        let why = self.unfilled(found, action).map_or_else(
            || {
                format!(
                    "the code does not show every resource that it uses of {}",
                    found.prefix
                )
            },
            |text| {
                format!(
                    "{text} is a placeholder and names no resource of {}",
                    found.prefix
                )
            },
        );
        statements.note(format!(
            "{why}; the policy takes {}: put the real names there",
            listed.join(", ")
        ));
        wide.into_iter().chain(named).collect()
    }

    /// What a resource that is not known is taken to be: what bears the project's name, or every one where AWS makes up its id or no
    /// parameter is known that names it.
    fn wide(
        self,
        parameter: Option<&Parameter>,
        found: &Use<'s>,
        action: &str,
    ) -> BTreeSet<String> {
        let subject = self.subject;
        let project = &subject.names.project;
        let of = |parameter: &Parameter, value: &str| {
            arns(subject, parameter, value, action)
                .into_iter()
                .collect()
        };
        let begun = self.of_what_began(found, action);
        if !begun.is_empty() {
            return begun;
        }
        match parameter {
            Some(parameter) if parameter.prefix == "bedrock-agentcore" => project_runtimes(subject),
            Some(parameter) if parameter.made => of(parameter, "*"),
            Some(parameter) if parameter.prefix == "s3" => {
                let reads = ["s3:Get", "s3:List", "s3:Head"];
                let mut named = BTreeSet::from([format!("{}*", project.to_lowercase())]);
                if reads.iter().any(|start| action.starts_with(start)) {
                    named.extend(self.addressed_buckets());
                }
                named.iter().flat_map(|name| of(parameter, name)).collect()
            }
            Some(parameter) => of(parameter, &format!("{project}*")),
            None if Action::lookup(action).is_some_and(|known| !known.level.changes()) => {
                BTreeSet::from(["*".to_owned()])
            }
            None => {
                let kinds = every_resource(subject, action);
                if kinds.is_empty() {
                    return BTreeSet::from([subject.arn(&found.prefix, &format!("*{project}*"))]);
                }
                kinds
            }
        }
    }

    /// The resources of the calls that begin what this one asks about by an id: the results of a query are those of its groups.
    fn of_what_began(self, found: &Use<'s>, action: &str) -> BTreeSet<String> {
        let Some(start) = operations::begins(&found.prefix, &found.operation) else {
            return BTreeSet::new();
        };
        let started = self
            .uses
            .iter()
            .filter(|one| one.prefix == found.prefix && operations::snake(&one.operation) == start);
        let mut all = BTreeSet::new();
        for (parameter, texts) in started.filter_map(|one| self.shown(one, action)) {
            if !texts.complete {
                return BTreeSet::new();
            }
            let values = texts.all.iter();
            all.extend(values.flat_map(|value| arns(self.subject, parameter, value, action)));
        }
        all
    }

    /// The buckets of the addresses that stand in the code and in the agent's environment: `s3://BUCKET/KEY`.
    fn addressed_buckets(self) -> BTreeSet<String> {
        let literals = self
            .code
            .expressions(|expr| matches!(expr.kind, ExprKind::Str(_)));
        let literals = literals.into_iter().filter_map(|(_, expr)| expr.as_str());
        let env = self.subject.agent.common().env.iter();
        let set = env.map(|(_, value)| value.value.as_str());
        let bucket = |text: &str| {
            let name = text.strip_prefix("s3://")?.split('/').next()?;
            let part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
            // Those of texts that show how an address is written.
            let is_example = ["bucket", "my-bucket", "your-bucket"].contains(&name)
                || name.starts_with("example");
            ((3..=63).contains(&name.len()) && name.chars().all(part) && !is_example)
                .then(|| name.to_owned())
        };
        literals.chain(set).filter_map(bucket).collect()
    }

    /// The values that a parameter can be seen to have; `None` where the call does not give it.
    fn value(self, found: &Use<'s>, parameter: &str) -> Option<Texts> {
        if let Some((kind, call, module)) = &found.object {
            let names = matches!(
                (kind.as_str(), parameter),
                ("Table", "Table")
                    | ("Bucket" | "Object", "Bucket")
                    | ("Queue", "QueueUrl")
                    | ("Topic", "TopicArn")
            );
            if names {
                return call.args.first().map(|arg| self.texts(*module, arg));
            }
        }
        let call = found.call?;
        if let Some(value) = entry(call, parameter) {
            return Some(self.texts(found.module, value));
        }
        // upload_file(path, bucket, key) and its like take the bucket by position.
        let position = match (parameter, found.operation.as_str()) {
            ("Bucket", "download_file" | "download_fileobj") => 0,
            ("Bucket", "upload_file" | "upload_fileobj") => 1,
            // Those of Powertools; the SDK's own take no value by position.
            ("SecretId", "get_secret_value")
            | ("Name", "get_parameter")
            | ("Path", "get_parameters_by_path") => 0,
            _ => return None,
        };
        let argument = call.args.get(position)?;
        Some(self.texts(found.module, argument))
    }
}

fn project_runtimes(subject: &Subject<'_>) -> BTreeSet<String> {
    let runtimes = subject.context.project.runtimes.iter();
    runtimes
        .flat_map(|runtime| {
            let id = format!(
                "runtime/{}_{}-{UNKNOWN_SUFFIX}",
                subject.names.project, runtime.name
            );
            [
                subject.core(&id),
                subject.core(&format!("{id}/runtime-endpoint/*")),
            ]
        })
        .collect()
}
