//! The roles of a template with every policy that the template attaches to them.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Template;
use super::intrinsics::{Resolver, intrinsic};
use crate::iam::document::{Document, DocumentError, Statement};
use crate::iam::role::{NamedPolicy, Role};
use crate::model::known::{Known, ReasonCode, Unread};

/// Most statements that are read of one document; IAM's size limits allow a few hundred.
const MOST_STATEMENTS: usize = 2_000;

/// A role of the template, or one that exists already and gets policies from the template.
#[derive(Clone, Debug, PartialEq)]
pub struct TemplateRole {
    /// The logical id; `None` for a role that is not in the template.
    pub logical_id: Option<String>,
    /// JSON pointer of the resource, empty for a role that is not in the template.
    pub pointer: String,
    /// The role. Every statement's `pointer` leads to its place in the template.
    pub role: Role,
    /// The trust policy's fault, where it could not be parsed.
    pub trust_error: Option<DocumentError>,
}

/// A policy resource of the template and the names of the roles that it is attached to.
struct Attachment {
    roles: Vec<String>,
    policy: NamedPolicy,
}

impl Template<'_> {
    /// Every `AWS::IAM::Role`, with inline policies, `AWS::IAM::Policy`, `AWS::IAM::RolePolicy` and `AWS::IAM::ManagedPolicy` resources that are
    /// attached to it, managed policy ARNs and its permissions boundary; then the roles outside of the template that it attaches policies to.
    pub fn roles(&self) -> Vec<TemplateRole> {
        let managed = self.managed_policies();
        let mut attachments: Vec<Attachment> = self.attachments();
        attachments.extend(managed.values().filter(|(roles, _)| !roles.is_empty()).map(
            |(roles, policy)| Attachment {
                roles: roles.clone(),
                policy: policy.clone(),
            },
        ));
        let mut found: Vec<TemplateRole> = self
            .of_type("AWS::IAM::Role")
            .map(|(id, role)| self.role(id, role, &managed))
            .collect();
        let mut outside: BTreeMap<String, Vec<NamedPolicy>> = BTreeMap::new();
        for attachment in attachments {
            for name in &attachment.roles {
                match found.iter_mut().find(|found| found.role.name == *name) {
                    Some(role) if role.role.policies.contains(&attachment.policy) => {}
                    Some(role) => role.role.policies.push(attachment.policy.clone()),
                    None => outside
                        .entry(name.clone())
                        .or_default()
                        .push(attachment.policy.clone()),
                }
            }
        }
        found.extend(
            outside
                .into_iter()
                .map(|(name, policies)| self.outside_role(name, policies)),
        );
        found
    }

    fn role(
        &self,
        id: &str,
        resource: &Value,
        managed: &BTreeMap<String, (Vec<String>, NamedPolicy)>,
    ) -> TemplateRole {
        let pointer = format!("/Resources/{}", escape(id));
        let nothing = Map::new();
        let properties = resource
            .get("Properties")
            .and_then(Value::as_object)
            .unwrap_or(&nothing);
        let at = |name: &str| format!("{pointer}/Properties/{name}");
        let mut policies = Vec::new();
        for (index, policy) in list(properties.get("Policies")).enumerate() {
            let place = format!("{}/{index}", at("Policies"));
            policies.push(self.policy(policy, &place, &format!("{id}.Policies.{index}"), false));
        }
        let arns = properties
            .get("ManagedPolicyArns")
            .and_then(|value| self.resolve(value));
        for arn in list(arns.as_ref()).filter_map(Value::as_str) {
            policies.push(attached(arn, managed));
        }
        let boundary = properties
            .get("PermissionsBoundary")
            .and_then(|value| self.text(value));
        let (trust, trust_error) = match properties.get("AssumeRolePolicyDocument") {
            Some(document) => match self.document(document, &at("AssumeRolePolicyDocument")) {
                Ok(document) => (Some(document), None),
                Err(error) => (None, Some(error)),
            },
            None => (None, None),
        };
        let role = Role {
            name: self.reference(id),
            arn: self.attribute(id, "Arn"),
            trust,
            policies,
            boundary: boundary.map(|arn| attached(&arn, managed)),
        };
        TemplateRole {
            logical_id: Some(id.to_owned()),
            pointer,
            role,
            trust_error,
        }
    }

    /// A role that exists outside of the template: what else it holds is not known.
    fn outside_role(&self, name: String, mut policies: Vec<NamedPolicy>) -> TemplateRole {
        let reason = Unread::new(
            ReasonCode::Absent,
            format!("role {name} is not in the template, so its other policies are not known"),
        )
        .action("iam:GetAccountAuthorizationDetails");
        policies.push(NamedPolicy {
            name: "(policies from outside of the template)".to_owned(),
            arn: None,
            document: Known::Unread(reason),
            managed: false,
        });
        let pseudo = |name: &str| self.reference(name);
        let arn = format!(
            "arn:{}:iam::{}:role/{name}",
            pseudo("AWS::Partition"),
            pseudo("AWS::AccountId")
        );
        let role = Role {
            name,
            arn,
            trust: None,
            policies,
            boundary: None,
        };
        TemplateRole {
            logical_id: None,
            pointer: String::new(),
            role,
            trust_error: None,
        }
    }

    /// `AWS::IAM::Policy` and `AWS::IAM::RolePolicy` resources.
    fn attachments(&self) -> Vec<Attachment> {
        let mut found = Vec::new();
        for (id, resource) in self.resources() {
            let kind = resource
                .get("Type")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let Some(properties) = resource.get("Properties") else {
                continue;
            };
            let roles = match kind {
                "AWS::IAM::Policy" => self.names(properties.get("Roles")),
                "AWS::IAM::RolePolicy" => self.names(properties.get("RoleName")),
                _ => continue,
            };
            let place = format!("/Resources/{}/Properties", escape(id));
            found.push(Attachment {
                roles,
                policy: self.policy(properties, &place, id, false),
            });
        }
        found
    }

    /// `AWS::IAM::ManagedPolicy` resources by ARN, with the roles they attach themselves to.
    fn managed_policies(&self) -> BTreeMap<String, (Vec<String>, NamedPolicy)> {
        let resources = self.of_type("AWS::IAM::ManagedPolicy");
        let read = resources.filter_map(|(id, resource)| {
            let properties = resource.get("Properties")?;
            let mut policy = self.policy(
                properties,
                &format!("/Resources/{}/Properties", escape(id)),
                id,
                true,
            );
            let arn = self.reference(id);
            policy.arn = Some(arn.clone());
            Some((arn, (self.names(properties.get("Roles")), policy)))
        });
        read.collect()
    }

    fn names(&self, value: Option<&Value>) -> Vec<String> {
        let resolved = value.and_then(|value| self.resolve(value));
        list(resolved.as_ref())
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    }

    /// A policy from an object that holds its name and `PolicyDocument`.
    fn policy(
        &self,
        properties: &Value,
        pointer: &str,
        fallback: &str,
        managed: bool,
    ) -> NamedPolicy {
        let name_key = if managed {
            "ManagedPolicyName"
        } else {
            "PolicyName"
        };
        let name = properties
            .get(name_key)
            .and_then(|name| self.text(name))
            .unwrap_or_else(|| fallback.to_owned());
        let document = match properties.get("PolicyDocument") {
            None => Err(DocumentError::NoStatement),
            Some(document) => self.document(document, &format!("{pointer}/PolicyDocument")),
        };
        let document = match document {
            Ok(document) => Known::Read(document),
            Err(error) => {
                let message = format!("policy {name} of the template could not be read: {error}");
                Known::Unread(Unread::new(ReasonCode::Unsupported, message))
            }
        };
        NamedPolicy {
            name,
            arn: None,
            document,
            managed,
        }
    }

    /// A policy document at its place, statement by statement, so that each keeps its pointer.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn document(&self, document: &Value, pointer: &str) -> Result<Document, DocumentError> {
        let mut places = Vec::new();
        self.places(document, pointer.to_owned(), true, 0, &mut places);
        let mut raw = Vec::new();
        let mut version = None;
        for (document, pointer, certain) in places {
            let object = document.as_object().ok_or(DocumentError::NotAnObject)?;
            version =
                version.or_else(|| object.get("Version").and_then(|version| self.text(version)));
            let statements = object.get("Statement").ok_or(DocumentError::NoStatement)?;
            self.places(
                statements,
                format!("{pointer}/Statement"),
                certain,
                0,
                &mut raw,
            );
        }
        let mut statements = Vec::with_capacity(raw.len());
        for (value, pointer, certain) in raw {
            let Some(mut value) = self.resolve(value) else {
                continue;
            };
            // A Deny that may not be deployed must not take anything away for sure.
            let denies = value.get("Effect").and_then(Value::as_str) == Some("Deny");
            if let Some(object) = value.as_object_mut().filter(|_| denies && !certain) {
                let conditions = object
                    .entry("Condition")
                    .or_insert_with(|| Value::Object(Map::new()));
                if let Some(conditions) = conditions.as_object_mut() {
                    conditions.insert("Fn::If".to_owned(), serde_json::json!({"deployed": "true"}));
                }
            }
            statements.push(Statement::parse(&value, statements.len(), pointer)?);
        }
        Ok(Document {
            version,
            id: None,
            statements,
        })
    }

    /// The objects that stand at a place: those of a list, of both branches of an `Fn::If`; the flag says whether it is sure to be deployed.
    fn places<'v>(
        &self,
        value: &'v Value,
        pointer: String,
        certain: bool,
        depth: usize,
        found: &mut Vec<(&'v Value, String, bool)>,
    ) {
        if depth > 8 || found.len() >= MOST_STATEMENTS {
            return;
        }
        match value {
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.places(
                        item,
                        format!("{pointer}/{index}"),
                        certain,
                        depth + 1,
                        found,
                    );
                }
            }
            Value::Object(object) => match intrinsic(object) {
                Some(("Fn::If", argument)) => {
                    let branches = Resolver::new(self)
                        .branches(argument, 0)
                        .unwrap_or_default();
                    let certain = certain && branches.len() == 1;
                    for (index, branch) in [1, 2]
                        .into_iter()
                        .filter_map(|index| Some((index, argument.get(index)?)))
                    {
                        if branches.iter().any(|kept| std::ptr::eq(*kept, branch)) {
                            self.places(
                                branch,
                                format!("{pointer}/Fn::If/{index}"),
                                certain,
                                depth + 1,
                                found,
                            );
                        }
                    }
                }
                Some(("Ref", Value::String(name))) if name == "AWS::NoValue" => {}
                _ => found.push((value, pointer, certain)),
            },
            other => found.push((other, pointer, certain)),
        }
    }
}

/// A managed policy of the template, or one that is known by its ARN only.
fn attached(arn: &str, managed: &BTreeMap<String, (Vec<String>, NamedPolicy)>) -> NamedPolicy {
    if let Some((_, policy)) = managed.get(arn) {
        return policy.clone();
    }
    if arn.ends_with(":iam::aws:policy/AdministratorAccess") {
        return NamedPolicy::managed(arn, Known::Read(Document::administrator()));
    }
    let message = format!("what {arn} allows is not in the template");
    let reason = Unread::new(ReasonCode::Absent, message).action("iam:GetPolicyVersion");
    NamedPolicy::managed(arn, Known::Unread(reason))
}

/// The items of a list, or a single value as a list of one.
fn list(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    let items = match value {
        Some(Value::Array(items)) => items.as_slice(),
        Some(single) => std::slice::from_ref(single),
        None => &[],
    };
    items.iter()
}

/// A key as a part of a JSON pointer (RFC 6901).
fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
