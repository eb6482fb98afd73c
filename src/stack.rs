//! The stack edit: one aspect in the project's CDK app that narrows the roles which the CLI's constructs make, binds their trust
//! policies to the account, and sets properties that `agentcore.json` has no key for.
//!
//! It is one edit for the whole project, whichever result asks for it: an aspect in a file of its own
//! (`narrowed_roles::PATH`), and the import and call in `cdk-stack.ts`.

use serde_json::{Map, Value, json};

use std::sync::Arc;

use crate::context::Context;
use crate::least_privilege::{self, Kind, Subject};
use crate::model::finding::{Fix, SafeEdit};
use crate::model::json::Node;
use crate::model::json_edit::Splice;
use crate::model::narrowed_roles::{
    CALL, CdkStack, IMPORT, NarrowedRoles, PATH, Rule, STACK, construct_id,
};
use crate::model::predicted_role::Names;
use crate::model::project::{Agent, Gateway, OnlineEval};
use crate::shell;

/// Statements of a least-privilege policy that take the place of what a runtime's or harness's role loses.
const GRANTED: [&str; 9] = [
    "CallModels",
    "WriteOwnLogs",
    "GetOwnWorkloadToken",
    "GetOauthToken",
    "GetApiKey",
    "ReadCredentialSecret",
    "CallGateway",
    "CallOtherGateway",
    "ReadOwnBundles",
];
/// Model calls on everything, as the constructs grant them.
const MODELS: [&str; 3] = [
    "bedrock:foundation-model/*",
    "bedrock:inference-profile/*",
    "bedrock:*",
];
/// What a runtime's or harness's role reaches beyond its own.
const FOREIGN: [&str; 10] = [
    "logs:log-group:/aws/bedrock-agentcore/runtimes/*",
    "logs:log-group:/aws/bedrock-agentcore/runtimes/*:log-stream:*",
    "bedrock-agentcore:configuration-bundle/*",
    "bedrock-agentcore:workload-identity-directory/*",
    "bedrock-agentcore:workload-identity-directory/default/workload-identity/*",
    "bedrock-agentcore:token-vault/*",
    "bedrock-agentcore:token-vault/default/oauth2credentialprovider/*",
    "bedrock-agentcore:apikeycredentialprovider/*",
    "bedrock-agentcore:gateway/*",
    "secretsmanager:secret:bedrock-agentcore-identity!*",
];

/// The edit of the stack with which all roles of the project are as narrow as they can be made, and `set` holds. `None` where the
/// stack is not here, was rebuilt beyond recognition, or needs no edit.
pub fn edits(context: &Context) -> Option<Vec<SafeEdit>> {
    edits_of(context.project.stack.as_ref()?, rules(context)?)
}

/// A fix that makes the edit and deploys; `None` where there is none to make.
pub fn fix(context: &Context, title: &str) -> Option<Fix> {
    let stack = context.project.stack.as_ref()?;
    let made = || {
        let edits = edits(context)?.into_iter();
        let fix = edits.fold(Fix::new(""), |fix, edit| fix.safe_edit(Some(edit)));
        let target = context.target.as_ref();
        let deploy = shell::deploy(target.map(|target| target.name.as_str()));
        Some(fix.command(deploy).note(NOTE))
    };
    let mut fix = stack.fix.get_or_init(made).clone()?;
    title.clone_into(&mut fix.title);
    Some(fix)
}

const NOTE: &str = "read the list in agentcore/cdk/lib/narrowed-roles.ts before you deploy: it holds what the code and the configuration were seen to use; a permission that it lacks shows as AccessDenied";

/// The edit of the stack that goes with a new online evaluation: its role is narrow from the start.
pub fn with_eval(
    context: &Context,
    name: &str,
    runtime: &str,
    evaluators: &[String],
) -> Option<Vec<SafeEdit>> {
    let stack = context.project.stack.as_ref()?;
    let mut roles = rules(context)?.clone();
    let own = context
        .project
        .runtimes
        .iter()
        .any(|one| one.name == runtime);
    let rule = eval_rule(context, name, evaluators.iter().map(String::as_str));
    if own && roles.rule(&rule.at).is_none() {
        roles.rules.push(rule);
    }
    edits_of(stack, &roles)
}

/// True where the project's stack applies the rules already: a deploy carries them out.
pub fn is_made(context: &Context) -> bool {
    let stack = context.project.stack.as_ref();
    stack.is_some_and(|stack| stack.narrowed.is_some())
}

/// What to do by hand where the stack cannot be edited: in words, for a note.
pub fn by_hand(context: &Context) -> String {
    match &context.project.stack {
        None => {
            format!("{STACK} is not here: narrow the role in the stack that makes it, then deploy")
        }
        Some(_) => format!(
            "{STACK} was changed so that no edit fits: put an aspect there that narrows the role, or `{IMPORT}` and `{CALL}` behind super(…) in the constructor, and run this again"
        ),
    }
}

/// Sets a property of a runtime by the stack, beside whatever else the stack edit does: for checks whose value has no key in
/// `agentcore.json`. `None` where the stack cannot be edited or has the value already.
pub fn set_on_runtime(
    context: &Context,
    runtime: &str,
    property: &str,
    value: Value,
) -> Option<Vec<SafeEdit>> {
    let stack = context.project.stack.as_ref()?;
    let mut roles = stack.narrowed.clone().unwrap_or_default();
    set(&mut roles, runtime, property, value);
    edits_of(stack, &roles)
}

const RUNTIME: &str = "AWS::BedrockAgentCore::Runtime";

fn runtime_at(name: &str) -> String {
    format!("Application/{}", construct_id("Agent", name))
}

fn set(roles: &mut NarrowedRoles, runtime: &str, property: &str, value: Value) {
    let at = runtime_at(runtime);
    if roles.rule(&at).is_none() {
        roles.rules.push(Rule {
            at: at.clone(),
            ..Rule::default()
        });
    }
    for rule in roles.rules.iter_mut().filter(|rule| rule.at == at) {
        let properties = rule
            .set
            .entry(RUNTIME)
            .or_insert_with(|| Value::Object(Map::new()));
        properties[property] = value.clone();
    }
}

fn edits_of(stack: &CdkStack, roles: &NarrowedRoles) -> Option<Vec<SafeEdit>> {
    let mut edits = Vec::new();
    let text = roles.render();
    match stack.file.as_deref() {
        Some(file) if NarrowedRoles::parse(file).as_ref() == Some(roles) => {}
        // A file of that name that is not this program's is not overwritten.
        Some(file) if NarrowedRoles::parse(file).is_none() => return None,
        old => edits.push(SafeEdit::whole(PATH, old, text)),
    }
    let newline = if stack.text.contains("\r\n") {
        "\r\n"
    } else {
        "\n"
    };
    let mut splices = Vec::new();
    if !stack.imported {
        let at = stack.import_at?;
        splices.push(insert(at, format!("{newline}{IMPORT}")));
    }
    if !stack.called {
        let at = stack.call_at?;
        let line = stack.text.get(..at)?.rfind('\n').map_or(0, |end| end + 1);
        let lead: String = stack
            .text
            .get(line..)?
            .chars()
            .take_while(|letter| matches!(letter, ' ' | '\t'))
            .collect();
        splices.push(insert(at, format!("{newline}{lead}{CALL}")));
    }
    if !splices.is_empty() {
        edits.push(SafeEdit {
            path: STACK.to_owned(),
            old: Some(Arc::from(&*stack.text)),
            splices,
        });
    }
    (!edits.is_empty()).then_some(edits)
}

fn insert(at: usize, text: String) -> Splice {
    Splice {
        range: at..at,
        text: text.into(),
    }
}

/// The rules with which every role that the CLI makes is as narrow as it can be made; what the file holds beside them stays.
pub fn rules(context: &Context) -> Option<&NarrowedRoles> {
    let stack = context.project.stack.as_ref()?;
    Some(stack.rules.get_or_init(|| computed(context)))
}

fn computed(context: &Context) -> NarrowedRoles {
    let project = &context.project;
    let mut rules: Vec<Rule> = Vec::new();
    for agent in project.agents() {
        rules.extend(of_agent(context, agent));
    }
    for gateway in &project.gateways {
        rules.extend(of_gateway(context, gateway));
    }
    for eval in &project.online_evals {
        rules.push(of_eval(context, eval));
    }
    let mut roles = NarrowedRoles { rules };
    let known = project
        .stack
        .as_ref()
        .and_then(|stack| stack.narrowed.as_ref());
    for old in known
        .map(|roles| roles.rules.as_slice())
        .unwrap_or_default()
    {
        merge(&mut roles, old);
    }
    roles
}

/// Keeps what a rule holds that was not computed: statements of other names, properties.
fn merge(roles: &mut NarrowedRoles, old: &Rule) {
    let Some(rule) = roles.rules.iter_mut().find(|rule| rule.at == old.at) else {
        roles.rules.push(old.clone());
        return;
    };
    for one in &old.without {
        if !rule.without.contains(one) {
            rule.without.push(one.clone());
        }
    }
    let sid = |statement: &Value| statement.get("Sid").cloned();
    for statement in &old.grant {
        if !rule.grant.iter().any(|own| sid(own) == sid(statement)) {
            rule.grant.push(statement.clone());
        }
    }
    for (kind, properties) in &old.set {
        rule.set.entry(kind).or_insert_with(|| properties.clone());
    }
}

/// Names that the stack fills in, so that one list serves every target.
fn names(context: &Context) -> Names {
    Names {
        partition: "${AWS::Partition}".to_owned(),
        region: "${AWS::Region}".to_owned(),
        account: "${AWS::AccountId}".to_owned(),
        project: context.project.display_name().to_owned(),
    }
}

fn of_agent(context: &Context, agent: Agent<'_>) -> Option<Rule> {
    let named = !agent.name().starts_with('#');
    if !named
        || agent.common().execution_role_arn.is_some()
        || least_privilege::missing_code(context, agent).is_some()
    {
        return None;
    }
    let at = match agent {
        Agent::Runtime(runtime) => runtime_at(&runtime.name),
        Agent::Harness(harness) => {
            harness.document.read()?;
            format!("Application/{}", construct_id("Harness", &harness.name))
        }
    };
    let subject = Subject {
        context,
        agent,
        names: names(context),
    };
    let plan = least_privilege::plan(&subject, Kind::ExecutionRole);
    let statements = plan.document.get("Statement").and_then(Value::as_array);
    let mut grant: Vec<Value> = Vec::new();
    for statement in statements.into_iter().flatten() {
        let sid = statement.get("Sid").and_then(Value::as_str);
        let sid = sid
            .unwrap_or_default()
            .trim_end_matches(|end: char| end.is_ascii_digit());
        if GRANTED.contains(&sid) {
            grant.push(statement.clone());
        }
    }
    let calls = grant
        .iter()
        .any(|statement| statement.get("Sid").and_then(Value::as_str) == Some("CallModels"));
    let mut without: Vec<&str> = FOREIGN.to_vec();
    let of_default = plan.lacks.iter().any(|lack| lack.model);
    if !of_default && (calls || calls_no_model_of_bedrock(context, agent)) {
        without.extend(MODELS);
    }
    Some(Rule {
        at,
        without: without.into_iter().map(str::to_owned).collect(),
        grant,
        set: Map::new(),
    })
}

/// True where it is known that the agent calls none: it serves tools, or the models that it names are others'.
fn calls_no_model_of_bedrock(context: &Context, agent: Agent<'_>) -> bool {
    let tools = agent
        .runtime()
        .is_some_and(|runtime| context.serves_tools_only(runtime));
    tools || !context.model_ids(agent).is_empty()
}

fn of_gateway(context: &Context, gateway: &Gateway) -> Option<Rule> {
    if gateway.name.starts_with('#') || gateway.execution_role_arn.is_some() {
        return None;
    }
    let id = format!("{}-{}", context.project.display_name(), gateway.name).to_lowercase();
    let own = core(&format!("gateway/{id}-*"));
    let mut grant = Vec::new();
    if gateway.policy_engine.is_some() {
        grant.push(allow(
            "AuthorizeOwnCalls",
            &[
                "bedrock-agentcore:GetPolicyEngine",
                "bedrock-agentcore:CheckAuthorizePermissions",
                "bedrock-agentcore:AuthorizeAction",
                "bedrock-agentcore:PartiallyAuthorizeActions",
            ],
            vec![own],
        ));
    }
    let keys: Vec<&str> = gateway
        .targets
        .iter()
        .filter(|target| {
            target
                .outbound_auth
                .as_ref()
                .is_some_and(|auth| auth.value == "API_KEY")
        })
        .filter_map(|target| Some(target.credential.as_ref()?.value.as_str()))
        .collect();
    if !keys.is_empty() {
        let directory = "workload-identity-directory/default";
        let mut resources = vec![
            core(directory),
            core(&format!("{directory}/workload-identity/{id}-*")),
            core("token-vault/default"),
        ];
        let mut secrets = Vec::new();
        for key in keys {
            resources.push(core(&format!(
                "token-vault/default/apikeycredentialprovider/{key}"
            )));
            secrets.push(arn(
                "secretsmanager",
                &format!("secret:bedrock-agentcore-identity!default/apikey/{key}-*"),
            ));
        }
        grant.push(allow(
            "GetTargetKeys",
            &[
                "bedrock-agentcore:GetResourceApiKey",
                "bedrock-agentcore:GetWorkloadAccessToken",
            ],
            resources,
        ));
        grant.push(allow(
            "ReadTargetKeys",
            &["secretsmanager:GetSecretValue"],
            secrets,
        ));
    }
    if grant.is_empty() {
        return None;
    }
    Some(Rule {
        at: format!("Mcp/{}", construct_id("Gateway", &gateway.name)),
        without: [
            "bedrock-agentcore:gateway/*",
            "bedrock-agentcore:workload-identity-directory/*",
            "bedrock-agentcore:token-vault/*",
            "bedrock-agentcore:apikeycredentialprovider/*",
            "secretsmanager:secret:bedrock-agentcore-identity!*",
        ]
        .map(str::to_owned)
        .to_vec(),
        grant,
        set: Map::new(),
    })
}

/// An evaluation's role: spans of the account by their own name, models and functions of the project's evaluators alone. Evaluators
/// that AWS brings use models of the service.
/// <https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/evaluations-prerequisites.html>
fn of_eval(context: &Context, eval: &OnlineEval) -> Rule {
    let evaluators = eval.evaluators.iter().map(|name| name.value.as_str());
    eval_rule(context, &eval.name, evaluators)
}

fn eval_rule<'e>(
    context: &Context,
    name: &str,
    evaluators: impl Iterator<Item = &'e str> + Clone,
) -> Rule {
    let spans = arn("logs", "log-group:aws/spans");
    let mut grant = vec![allow(
        "ReadSpans",
        &[
            "logs:StartQuery",
            "logs:GetQueryResults",
            "logs:GetLogEvents",
            "logs:FilterLogEvents",
            "logs:DescribeLogStreams",
        ],
        vec![spans.clone(), format!("{spans}:*")],
    )];
    let mut without = vec!["logs:log-group:aws/spans*".to_owned()];
    let own = |name: &str| {
        let evaluators = &context.project.evaluators;
        evaluators.iter().find(|evaluator| evaluator.name == name)
    };
    let all_known = evaluators
        .clone()
        .all(|name| name.starts_with("Builtin.") || own(name).is_some());
    let used: Vec<&Node> = evaluators
        .filter_map(|name| Some(&own(name)?.node))
        .collect();
    let names = names(context);
    let models = used
        .iter()
        .filter_map(|node| node.path(&["config", "llmAsAJudge", "model"])?.as_str());
    let models: Vec<String> = models
        .flat_map(|id| least_privilege::model_arns(&names, id))
        .collect();
    let code = used
        .iter()
        .any(|node| node.path(&["config", "codeBased"]).is_some());
    if all_known {
        without.extend(MODELS.map(str::to_owned));
        if !models.is_empty() {
            grant.push(allow(
                "CallEvaluatorModels",
                &[
                    "bedrock:InvokeModel",
                    "bedrock:InvokeModelWithResponseStream",
                ],
                models,
            ));
        }
        if !code {
            without.push("lambda:function:*".to_owned());
        }
    }
    Rule {
        at: format!("Application/{}", construct_id("OnlineEval", name)),
        without,
        grant,
        set: Map::new(),
    }
}

fn arn(service: &str, resource: &str) -> String {
    format!("arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{AWS::AccountId}}:{resource}")
}

fn core(resource: &str) -> String {
    arn("bedrock-agentcore", resource)
}

fn allow(sid: &str, actions: &[&str], resources: Vec<String>) -> Value {
    json!({"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources})
}
