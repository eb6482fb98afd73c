//! Reads `terraform show -json`, of a plan or of a state, into the shape of a CloudFormation template: the same properties under the
//! same names, each with its place in the file that was read. What only the apply knows becomes a reference.
//!
//! The format: <https://developer.hashicorp.com/terraform/internals/json-format>. The resources:
//! <https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/bedrockagentcore_agent_runtime>.

mod names;
mod network;
mod nodes;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::model::json::{Document, Json, Member, Node};
use crate::model::template::{Template, resource_type};

use names::{ID_LISTS, LISTS, MAPS, STRATEGIES, TYPES, named};
use nodes::{UNKNOWN, attribute, constant_statement, document, member, node, object, text};

/// Deepest nesting of modules.
const DEEPEST: usize = 16;
/// Most resources that are read.
const MOST_RESOURCES: usize = 5_000;
/// A resource of the plan or the state.
struct Planned<'a> {
    /// `module.a.aws_iam_role.b[0]`.
    address: String,
    /// Without the module and the index: `aws_iam_role.b`.
    local: String,
    /// The module, without indices: `module.a`.
    module: String,
    kind: &'a str,
    /// Where the resource stands: its address.
    place: Range<usize>,
    values: &'a Node,
}

/// The template of a plan or state; `None` where the file is something else.
pub(super) fn template(path: &str, document: Document) -> Option<Template> {
    let values = document
        .root
        .get("planned_values")
        .or_else(|| document.root.get("values"))?;
    let mut planned = Vec::new();
    resources(values.get("root_module")?, 0, &mut planned);
    let plan = Plan {
        written: configuration(&document.root),
        by_value: by_value(&planned),
        planned: &planned,
    };
    let root = plan.template();
    let document = Document {
        source: document.source.clone(),
        root,
    };
    Some(Template::new(path, document))
}

/// True where a template holds a resource of AgentCore.
pub(super) fn holds_agentcore(template: &Template) -> bool {
    let mut resources = template.resources().iter();
    resources.any(|resource| resource_type(resource).starts_with("AWS::BedrockAgentCore::"))
}

fn resources<'a>(module: &'a Node, depth: usize, found: &mut Vec<Planned<'a>>) {
    for resource in module.get("resources").map(Node::items).unwrap_or_default() {
        let text = |key: &str| resource.get(key).and_then(Node::as_str);
        let (Some(address), Some(kind), Some(values)) =
            (text("address"), text("type"), resource.get("values"))
        else {
            continue;
        };
        if text("mode") == Some("data") || found.len() >= MOST_RESOURCES {
            continue;
        }
        let plain = without_indices(address);
        let name = text("name").unwrap_or_default();
        let local = format!("{kind}.{name}");
        let module = plain.strip_suffix(&local).unwrap_or_default();
        found.push(Planned {
            module: module.trim_end_matches('.').to_owned(),
            address: address.to_owned(),
            local,
            kind,
            place: resource
                .member("address")
                .map_or(resource.range.clone(), |member| member.node.range.clone()),
            values,
        });
    }
    if depth < DEEPEST {
        for child in module
            .get("child_modules")
            .map(Node::items)
            .unwrap_or_default()
        {
            resources(child, depth + 1, found);
        }
    }
}

/// `module.a["x"].b.c[0]` as `module.a.b.c`.
fn without_indices(address: &str) -> String {
    let (mut plain, mut depth) = (String::new(), 0usize);
    for character in address.chars() {
        match character {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            other if depth == 0 => plain.push(other),
            _ => {}
        }
    }
    plain
}

/// The expressions of every resource, by module and local address.
fn configuration(root: &Node) -> BTreeMap<(String, String), &Node> {
    let mut found = BTreeMap::new();
    if let Some(module) = root.path(&["configuration", "root_module"]) {
        expressions(module, "", 0, &mut found);
    }
    found
}

fn expressions<'a>(
    module: &'a Node,
    at: &str,
    depth: usize,
    found: &mut BTreeMap<(String, String), &'a Node>,
) {
    for resource in module.get("resources").map(Node::items).unwrap_or_default() {
        if let (Some(address), Some(expressions)) = (
            resource.get("address").and_then(Node::as_str),
            resource.get("expressions"),
        ) {
            found.insert((at.to_owned(), address.to_owned()), expressions);
        }
    }
    if depth >= DEEPEST {
        return;
    }
    for call in module
        .get("module_calls")
        .map(Node::members)
        .unwrap_or_default()
    {
        if let Some(inner) = call.node.get("module") {
            let at = match at {
                "" => format!("module.{}", call.key),
                at => format!("{at}.module.{}", call.key),
            };
            expressions(inner, &at, depth + 1, found);
        }
    }
}

/// Resources by the values by which others name them, where those are known already.
fn by_value(planned: &[Planned<'_>]) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for resource in planned {
        let keys: &[&str] = match resource.kind {
            "aws_iam_role" | "awscc_iam_role" => &["arn", "id", "name", "role_name"],
            "aws_iam_policy" => &["arn"],
            "aws_subnet"
            | "aws_route_table"
            | "aws_internet_gateway"
            | "aws_security_group"
            | "aws_apigatewayv2_api"
            | "aws_api_gateway_rest_api" => &["id"],
            kind if kind.contains("bedrockagentcore") => &[
                "arn",
                "id",
                "gateway_id",
                "gateway_arn",
                "memory_id",
                "memory_arn",
                "policy_engine_id",
                "policy_engine_arn",
                "gateway_identifier",
            ],
            _ => continue,
        };
        for value in keys
            .iter()
            .filter_map(|key| resource.values.get(key)?.as_str())
        {
            found.insert(value.to_owned(), logical(&resource.address));
        }
    }
    found
}

/// A logical id for an address.
fn logical(address: &str) -> String {
    address
        .chars()
        .map(|character| {
            if character.is_ascii_alphanumeric() {
                character
            } else {
                '_'
            }
        })
        .collect()
}

struct Plan<'a> {
    planned: &'a [Planned<'a>],
    written: BTreeMap<(String, String), &'a Node>,
    by_value: BTreeMap<String, String>,
}

impl Plan<'_> {
    fn template(&self) -> Node {
        let mut made: Vec<Member> = Vec::new();
        for resource in self.planned {
            let known = TYPES.iter().find(|(kind, _)| *kind == resource.kind);
            let Some((_, kind)) = known else { continue };
            let at = &resource.place;
            let id = logical(&resource.address);
            let add = |made: &mut Vec<Member>, id: &str, properties: Vec<Member>| {
                let properties = object(properties, &resource.values.range);
                let body = vec![
                    member("Type", at, text(kind, at)),
                    member("Properties", at, properties),
                ];
                made.push(member(id, at, object(body, at)));
            };
            let mut properties = self.properties(resource);
            // What the plan knows of a document is judged; the rest stays what only the apply knows.
            if let Some(known) = self.known_statements(resource) {
                add(&mut made, &format!("{id}_rest"), properties.clone());
                properties.retain(|member| &*member.key != "PolicyDocument");
                properties.push(member("PolicyDocument", at, known));
            }
            add(&mut made, &id, properties);
        }
        for resource in self.planned {
            match resource.kind {
                "aws_iam_role_policy_attachment" => self.attach(resource, &mut made),
                "aws_bedrockagentcore_memory_strategy" => self.strategy(resource, &mut made),
                "aws_cloudwatch_log_data_protection_policy" => masks(resource, &mut made),
                _ => network::parts(self, resource, &mut made),
            }
        }
        let whole = 0..0;
        object(
            vec![member("Resources", &whole, object(made, &whole))],
            &whole,
        )
    }

    /// What the configuration writes of a resource.
    fn written(&self, resource: &Planned<'_>) -> Option<&Node> {
        let key = (resource.module.clone(), resource.local.clone());
        self.written.get(&key).copied()
    }

    fn properties(&self, resource: &Planned<'_>) -> Vec<Member> {
        let mut members = self.converted(resource, resource.values, self.written(resource), 0);
        let name = |members: &mut Vec<Member>, from: &str, to: &str| {
            if let Some(found) = members.iter_mut().find(|member| &*member.key == from) {
                found.key = Arc::from(to);
            }
        };
        match resource.kind {
            "aws_cloudwatch_log_group" => name(&mut members, "Name", "LogGroupName"),
            "aws_iam_role" => {
                name(&mut members, "Name", "RoleName");
                inline_policies(&mut members);
            }
            "aws_iam_role_policy" => {
                name(&mut members, "Name", "PolicyName");
                members.retain(|member| &*member.key != "Role");
                if let Some(role) = self.leads_to(resource, "role") {
                    let at = &resource.place;
                    let reference = object(vec![member("Ref", at, text(&role, at))], at);
                    members.push(member("RoleName", at, reference));
                } else if let Some(role) = resource.values.member("role") {
                    members.push(member("RoleName", &role.key_range, role.node.clone()));
                }
            }
            "aws_iam_policy" => name(&mut members, "Name", "ManagedPolicyName"),
            "aws_bedrockagentcore_gateway_target" => credentials(&mut members),
            "aws_security_group" => network::group(self, resource, &mut members),
            "aws_api_gateway_method" => name(&mut members, "Authorization", "AuthorizationType"),
            // Its blocks are resources of their own.
            "aws_route_table" => members.retain(|member| &*member.key != "Route"),
            _ => {}
        }
        members
    }

    /// Attributes as properties. What stands in the configuration and has no value yet is a reference.
    fn converted(
        &self,
        resource: &Planned<'_>,
        values: &Node,
        written: Option<&Node>,
        depth: usize,
    ) -> Vec<Member> {
        let mut members = Vec::new();
        if depth > DEEPEST {
            return members;
        }
        for value in values.members() {
            let key = &*value.key;
            let expression = written.and_then(|written| written.get(key));
            match &value.node.value {
                Json::Null => {}
                // What is computed, or empty and not written, is nothing that anybody decided.
                Json::Array(list) if list.is_empty() && expression.is_none() => {}
                _ => {
                    let node = self.value(resource, key, &value.node, expression, depth);
                    members.push(member(&named(resource.kind, key), &value.key_range, node));
                }
            }
        }
        let there = |key: &str| values.get(key).is_some_and(|node| node.value != Json::Null);
        for expression in written.map(Node::members).unwrap_or_default() {
            if there(&expression.key) {
                continue;
            }
            if let Some(node) = self.unknown(resource, &expression.key, &expression.node) {
                members.push(member(
                    &named(resource.kind, &expression.key),
                    &resource.place,
                    node,
                ));
            }
        }
        members
    }

    /// A value that only the apply knows: the resource that gives it.
    fn unknown(&self, resource: &Planned<'_>, key: &str, expression: &Node) -> Option<Node> {
        let at = &resource.place;
        if matches!(expression.value, Json::Array(_)) {
            return Some(attribute(UNKNOWN, at));
        }
        let references = expression.get("references")?;
        let named = references.items().iter().filter_map(Node::as_str);
        let mut found: Vec<String> = Vec::new();
        for reference in named {
            let id = self.referenced(&resource.module, reference);
            let id = id.unwrap_or_else(|| UNKNOWN.to_owned());
            if !found.contains(&id) {
                found.push(id);
            }
        }
        if ID_LISTS.contains(&key) && !found.is_empty() {
            let items = found.iter().map(|id| attribute(id, at)).collect();
            return Some(node(Json::Array(items), at));
        }
        let known = found.iter().find(|id| *id != UNKNOWN);
        Some(attribute(known.map_or(UNKNOWN, String::as_str), at))
    }

    /// The logical id of the resource that a reference of a module leads to.
    fn referenced(&self, module: &str, reference: &str) -> Option<String> {
        let plain = without_indices(reference);
        let mut parts = plain.split('.');
        let local = format!("{}.{}", parts.next()?, parts.next()?);
        let found = self
            .planned
            .iter()
            .find(|one| one.module == module && one.local == local)?;
        Some(logical(&found.address))
    }

    fn value(
        &self,
        resource: &Planned<'_>,
        key: &str,
        value: &Node,
        written: Option<&Node>,
        depth: usize,
    ) -> Node {
        let range = &value.range;
        if let Some(text) = value.as_str() {
            if key.contains("policy")
                && !key.ends_with("_arn")
                && text.trim_start().starts_with('{')
            {
                return document(text, range);
            }
            // The name of a resource is no reference to it.
            let names =
                matches!(key, "name" | "arn" | "id" | "role_name") || key.ends_with("_name");
            return match self.by_value.get(text).filter(|_| !names) {
                Some(id) => attribute(id, range),
                None => value.clone(),
            };
        }
        let block = |list: &[Node], index: usize| -> Node {
            let item = list.get(index);
            let expression = written.and_then(|written| match &written.value {
                Json::Array(blocks) => blocks.get(index),
                _ => None,
            });
            match item {
                Some(item) if matches!(item.value, Json::Object(_)) => object(
                    self.converted(resource, item, expression, depth + 1),
                    &item.range,
                ),
                Some(item) => self.value(resource, "", item, None, depth + 1),
                None => node(Json::Null, range),
            }
        };
        match &value.value {
            Json::Object(_) if MAPS.contains(&key) => value.clone(),
            Json::Object(_) => object(self.converted(resource, value, None, depth + 1), range),
            Json::Array(list) => match list.as_slice() {
                [one]
                    if matches!(one.value, Json::Object(_))
                        && !LISTS.contains(&key)
                        && resource.kind.starts_with("aws_") =>
                {
                    block(list, 0)
                }
                _ => node(
                    Json::Array((0..list.len()).map(|index| block(list, index)).collect()),
                    range,
                ),
            },
            _ => value.clone(),
        }
    }

    /// The statements of an `aws_iam_policy_document` that hold constants only, where the whole is not known before the apply.
    fn known_statements(&self, resource: &Planned<'_>) -> Option<Node> {
        let there = resource.values.get("policy");
        let unknown = there.is_none_or(|node| node.value == Json::Null);
        if !resource.kind.starts_with("aws_iam_") || !unknown {
            return None;
        }
        let references = self.written(resource)?.path(&["policy", "references"])?;
        let mut references = references.items().iter().filter_map(Node::as_str);
        let local = references.find_map(|reference| {
            let plain = without_indices(reference);
            let mut parts = plain
                .strip_prefix("data.aws_iam_policy_document.")?
                .split('.');
            Some(format!("data.aws_iam_policy_document.{}", parts.next()?))
        })?;
        let written = self.written.get(&(resource.module.clone(), local))?;
        let at = &resource.place;
        let statements: Vec<Node> = written
            .get("statement")?
            .items()
            .iter()
            .filter_map(|statement| constant_statement(statement, at))
            .collect();
        (!statements.is_empty()).then(|| {
            let list = node(Json::Array(statements), at);
            object(vec![member("Statement", at, list)], at)
        })
    }

    /// The resource that an attribute leads to, by its value or by the reference.
    fn leads_to(&self, resource: &Planned<'_>, key: &str) -> Option<String> {
        let value = resource.values.get(key).and_then(Node::as_str);
        if let Some(found) = value.and_then(|value| self.by_value.get(value)) {
            return Some(found.clone());
        }
        let references = self.written(resource)?.path(&[key, "references"])?;
        references
            .items()
            .iter()
            .filter_map(Node::as_str)
            .find_map(|reference| self.referenced(&resource.module, reference))
    }

    fn attach(&self, resource: &Planned<'_>, made: &mut [Member]) {
        let Some(role) = self.leads_to(resource, "role") else {
            return;
        };
        let at = &resource.place;
        if let Some(policy) = self.leads_to(resource, "policy_arn") {
            let reference = object(vec![member("Ref", at, text(&role, at))], at);
            add(made, &policy, "Roles", reference, at);
            return;
        }
        let arn = resource.values.get("policy_arn").and_then(Node::as_str);
        let arn = arn.map_or_else(|| attribute(UNKNOWN, at), |arn| text(arn, at));
        add(made, &role, "ManagedPolicyArns", arn, at);
    }

    fn strategy(&self, resource: &Planned<'_>, made: &mut [Member]) {
        let Some(memory) = self.leads_to(resource, "memory_id") else {
            return;
        };
        let kind = resource.values.get("type").and_then(Node::as_str);
        let known = STRATEGIES.iter().find(|(word, _)| Some(*word) == kind);
        let Some((_, key)) = known else { return };
        let at = &resource.place;
        let body = object(
            self.converted(resource, resource.values, self.written(resource), 1),
            &resource.values.range,
        );
        let strategy = object(vec![member(key, at, body)], &resource.values.range);
        add(made, &memory, "MemoryStrategies", strategy, at);
    }
}

/// A data protection policy is a resource of its own, which names the log group.
fn masks(resource: &Planned<'_>, made: &mut [Member]) {
    let group = resource.values.get("log_group_name").and_then(Node::as_str);
    let at = &resource.place;
    for made in made.iter_mut() {
        let name = made.node.path(&["Properties", "LogGroupName"]);
        if group.is_some()
            && name.and_then(Node::as_str) == group
            && let Some(properties) = properties(&mut made.node)
        {
            properties.push(member("DataProtectionPolicy", at, object(Vec::new(), at)));
        }
    }
}

fn properties(resource: &mut Node) -> Option<&mut Vec<Member>> {
    let Json::Object(members) = &mut resource.value else {
        return None;
    };
    let found = members
        .iter_mut()
        .find(|member| &*member.key == "Properties")?;
    match &mut found.node.value {
        Json::Object(members) => Some(members),
        _ => None,
    }
}

/// Adds to a list of a resource's property.
fn add(made: &mut [Member], id: &str, property: &str, item: Node, at: &Range<usize>) {
    let found = made.iter_mut().find(|member| &*member.key == id);
    let Some(properties) = found.and_then(|member| properties(&mut member.node)) else {
        return;
    };
    match properties
        .iter_mut()
        .find(|member| &*member.key == property)
    {
        Some(found) => match &mut found.node.value {
            Json::Array(list) => list.push(item),
            _ => found.node = node(Json::Array(vec![item]), at),
        },
        None => properties.push(member(property, at, node(Json::Array(vec![item]), at))),
    }
}

/// `inline_policy` blocks as `Policies`.
fn inline_policies(members: &mut [Member]) {
    for found in members
        .iter_mut()
        .filter(|member| &*member.key == "InlinePolicy")
    {
        found.key = Arc::from("Policies");
        let Json::Array(list) = &mut found.node.value else {
            continue;
        };
        for item in list {
            if let Json::Object(members) = &mut item.value {
                for member in members.iter_mut().filter(|member| &*member.key == "Name") {
                    member.key = Arc::from("PolicyName");
                }
            }
        }
    }
}

/// A block for each kind of credential, as the type and the provider that CloudFormation has.
fn credentials(members: &mut [Member]) {
    const KINDS: [(&str, &str, &str); 6] = [
        (
            "GatewayIamRole",
            "GATEWAY_IAM_ROLE",
            "IamCredentialProvider",
        ),
        ("ApiKey", "API_KEY", "ApiKeyCredentialProvider"),
        ("Oauth", "OAUTH", "OauthCredentialProvider"),
        ("CallerIamCredentials", "CALLER_IAM_CREDENTIALS", ""),
        ("JwtPassthrough", "JWT_PASSTHROUGH", ""),
        ("NoAuthorization", "NONE", ""),
    ];
    for found in members
        .iter_mut()
        .filter(|member| &*member.key == "CredentialProviderConfiguration")
    {
        found.key = Arc::from("CredentialProviderConfigurations");
        let Json::Array(list) = &mut found.node.value else {
            continue;
        };
        for item in list {
            let range = item.range.clone();
            let block = KINDS.iter().find_map(|(key, kind, provider)| {
                Some((item.member(key)?.clone(), kind, provider))
            });
            let Some((block, kind, provider)) = block else {
                continue;
            };
            let mut parts = vec![member(
                "CredentialProviderType",
                &block.key_range,
                text(kind, &block.key_range),
            )];
            if !provider.is_empty() {
                let inner = object(
                    vec![member(provider, &block.key_range, block.node.clone())],
                    &block.node.range,
                );
                parts.push(member("CredentialProvider", &block.key_range, inner));
            }
            *item = object(parts, &range);
        }
    }
}
