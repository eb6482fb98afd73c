//! IAM: every principal in a few pages, or the project's roles one by one where the pages are denied.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::types::{
    AttachedPermissionsBoundary, AttachedPolicy, EntityType, GroupDetail, ManagedPolicyDetail,
    PolicyDetail, RoleDetail, UserDetail,
};
use serde_json::{Value, json};

use super::document::{concerns_agentcore, parse, passes_a_role, reduce};
use super::fault::Fault;
use super::session::Session;
use crate::model::aws::{NamedPolicy, Principal, PrincipalKind, Role};
use crate::model::known::{Known, ReasonCode, Unread};

/// The action that pages through every principal.
const DETAILS: &str = "iam:GetAccountAuthorizationDetails";

/// Every principal and managed policy of the account.
#[derive(Debug, Default)]
pub struct Account {
    roles: Vec<RoleDetail>,
    users: Vec<UserDetail>,
    groups: BTreeMap<String, GroupDetail>,
    managed: BTreeMap<String, ManagedPolicyDetail>,
}

/// Reads the whole account, a page at a time.
///
/// # Errors
/// What kept a page from being read.
pub async fn account(session: &Session) -> Result<Account, Fault> {
    let mut pages = session
        .clients
        .iam
        .get_account_authorization_details()
        .filter(EntityType::Role)
        .filter(EntityType::User)
        .filter(EntityType::Group)
        .filter(EntityType::LocalManagedPolicy)
        .filter(EntityType::AwsManagedPolicy)
        .max_items(1000)
        .into_paginator()
        .send();
    let mut account = Account::default();
    loop {
        let page = session
            .call(DETAILS, async { pages.next().await.transpose() })
            .await?;
        let Some(page) = page else {
            return Ok(account);
        };
        account
            .roles
            .extend(page.role_detail_list.unwrap_or_default());
        account
            .users
            .extend(page.user_detail_list.unwrap_or_default());
        for group in page.group_detail_list.unwrap_or_default() {
            account
                .groups
                .insert(group.group_name.clone().unwrap_or_default(), group);
        }
        for policy in page.policies.unwrap_or_default() {
            account
                .managed
                .insert(policy.arn.clone().unwrap_or_default(), policy);
        }
    }
}

impl Account {
    /// The role with an ARN, in full.
    pub fn role(&self, arn: &str) -> Known<Role> {
        let found = self.roles.iter().find(|role| role.arn() == Some(arn));
        found.map_or(Known::Absent, |role| {
            Known::Read(Role {
                name: role.role_name().unwrap_or_default().to_owned(),
                arn: arn.to_owned(),
                trust: role
                    .assume_role_policy_document()
                    .and_then(|text| parse(text).ok()),
                policies: self.policies(
                    role.role_policy_list(),
                    role.attached_managed_policies(),
                    "",
                ),
                boundary: self.boundary(role.permissions_boundary()),
            })
        })
    }

    /// Every principal, reduced to the statements that can concern AgentCore; those without one are left out.
    pub fn principals(&self) -> Vec<Principal> {
        let roles = self.roles.iter().map(|role| Principal {
            arn: role.arn().unwrap_or_default().to_owned(),
            kind: PrincipalKind::Role,
            policies: self.policies(
                role.role_policy_list(),
                role.attached_managed_policies(),
                "",
            ),
            boundary: self.boundary(role.permissions_boundary()),
            service_linked: role
                .path()
                .is_some_and(|path| path.starts_with("/aws-service-role/")),
        });
        let users = self.users.iter().map(|user| {
            let mut policies = self.policies(
                user.user_policy_list(),
                user.attached_managed_policies(),
                "",
            );
            for group in user
                .group_list()
                .iter()
                .filter_map(|name| self.groups.get(name))
            {
                let name = group.group_name().unwrap_or_default();
                policies.extend(self.policies(
                    group.group_policy_list(),
                    group.attached_managed_policies(),
                    name,
                ));
            }
            Principal {
                arn: user.arn().unwrap_or_default().to_owned(),
                kind: PrincipalKind::User,
                policies,
                boundary: self.boundary(user.permissions_boundary()),
                service_linked: false,
            }
        });
        let mut principals: Vec<_> = roles.chain(users).filter_map(reduced).collect();
        principals.sort_by(|a, b| a.arn.cmp(&b.arn));
        principals
    }

    fn policies(
        &self,
        inline: &[PolicyDetail],
        attached: &[AttachedPolicy],
        group: &str,
    ) -> Vec<NamedPolicy> {
        let inline = inline
            .iter()
            .map(|policy| named_inline(policy.policy_name(), policy.policy_document()));
        let attached = attached.iter().map(|policy| {
            let arn = policy.policy_arn().unwrap_or_default();
            managed(policy.policy_name(), arn, self.document(arn))
        });
        let mut policies: Vec<_> = inline.chain(attached).collect();
        if !group.is_empty() {
            for policy in &mut policies {
                policy.name = format!("{group}/{}", policy.name);
            }
        }
        policies.sort_by(|a, b| (a.managed, &a.name).cmp(&(b.managed, &b.name)));
        policies
    }

    fn boundary(&self, boundary: Option<&AttachedPermissionsBoundary>) -> Option<NamedPolicy> {
        let arn = boundary?.permissions_boundary_arn()?;
        Some(managed(None, arn, self.document(arn)))
    }

    /// A managed policy at its default version.
    fn document(&self, arn: &str) -> Known<Value> {
        let version = self.managed.get(arn).and_then(|policy| {
            policy
                .policy_version_list()
                .iter()
                .find(|version| version.is_default_version())
        });
        match version.and_then(|version| version.document()) {
            Some(text) => read(text, arn),
            None => Known::Unread(
                Unread::new(
                    ReasonCode::Absent,
                    format!("{DETAILS} gives no document for {arn}"),
                )
                .action("iam:GetPolicyVersion"),
            ),
        }
    }
}

fn named_inline(name: Option<&str>, document: Option<&str>) -> NamedPolicy {
    let name = name.unwrap_or_default();
    NamedPolicy {
        name: name.to_owned(),
        arn: None,
        document: read(document.unwrap_or_default(), name),
        managed: false,
    }
}

fn managed(name: Option<&str>, arn: &str, document: Known<Value>) -> NamedPolicy {
    NamedPolicy {
        name: name
            .unwrap_or_else(|| arn.rsplit('/').next().unwrap_or(arn))
            .to_owned(),
        arn: Some(arn.to_owned()),
        document,
        managed: true,
    }
}

fn read(text: &str, name: &str) -> Known<Value> {
    parse(text).map_or_else(
        |_| {
            Known::Unread(Unread::new(
                ReasonCode::Unsupported,
                format!("the document of policy {name} is not JSON"),
            ))
        },
        Known::Read,
    )
}

/// The principal with only the statements that can concern AgentCore; `None` when nothing of it grants anything there.
fn reduced(mut principal: Principal) -> Option<Principal> {
    for policy in &mut principal.policies {
        policy.document = reduced_document(std::mem::take(&mut policy.document));
    }
    principal.policies.retain(|policy| match &policy.document {
        Known::Read(document) => document["Statement"]
            .as_array()
            .is_some_and(|list| !list.is_empty()),
        Known::Absent => false,
        Known::Unread(_) => true,
    });
    let grants = |policy: &NamedPolicy| match &policy.document {
        Known::Read(document) => document["Statement"].as_array().is_some_and(|statements| {
            statements.iter().any(|statement| {
                statement["Effect"] == json!("Allow") && concerns_agentcore(statement)
            })
        }),
        Known::Absent => false,
        Known::Unread(_) => true,
    };
    if let Some(boundary) = &mut principal.boundary {
        boundary.document = reduced_document(std::mem::take(&mut boundary.document));
    }
    principal.policies.iter().any(grants).then_some(principal)
}

fn reduced_document(document: Known<Value>) -> Known<Value> {
    // Which roles it can give to AgentCore is of interest beside what it does there.
    let kept = |statement: &Value| concerns_agentcore(statement) || passes_a_role(statement);
    document.map(|document| reduce(&document, kept))
}

/// The roles of the project one by one, for credentials that may not page through the account.
pub async fn roles(session: &Session, arns: &BTreeSet<String>) -> BTreeMap<String, Known<Role>> {
    let reads = arns
        .iter()
        .map(|arn| async move { (arn.clone(), super::fault::known(role(session, arn).await)) });
    futures::future::join_all(reads).await.into_iter().collect()
}

async fn role(session: &Session, arn: &str) -> Result<Role, Fault> {
    let name = arn.rsplit('/').next().unwrap_or(arn);
    let client = &session.clients.iam;
    let attached = client
        .list_attached_role_policies()
        .role_name(name)
        .into_paginator()
        .items()
        .send();
    let inline = client
        .list_role_policies()
        .role_name(name)
        .into_paginator()
        .items()
        .send();
    let (role, inline, attached) = tokio::join!(
        session.call("iam:GetRole", client.get_role().role_name(name).send()),
        session.call(
            "iam:ListRolePolicies",
            inline.collect::<Result<Vec<_>, _>>()
        ),
        session.call(
            "iam:ListAttachedRolePolicies",
            attached.collect::<Result<Vec<_>, _>>()
        ),
    );
    let output = role?;
    let role = output.role().ok_or(Fault::Missing)?;
    let (inline, attached) = (inline?, attached?);
    let inline = futures::future::join_all(inline.into_iter().map(|policy| async move {
        let call = client
            .get_role_policy()
            .role_name(name)
            .policy_name(&policy)
            .send();
        match session.call("iam:GetRolePolicy", call).await {
            Ok(output) => named_inline(Some(&policy), Some(output.policy_document())),
            Err(fault) => NamedPolicy {
                document: Known::Unread(fault.into_unread(&format!("policy {policy}"))),
                ..named_inline(Some(&policy), None)
            },
        }
    }));
    let attached = futures::future::join_all(attached.iter().map(|policy| async move {
        let arn = policy.policy_arn().unwrap_or_default();
        managed(
            policy.policy_name(),
            arn,
            managed_document(session, arn).await,
        )
    }));
    let boundary = async {
        let arn = role.permissions_boundary()?.permissions_boundary_arn()?;
        Some(managed(None, arn, managed_document(session, arn).await))
    };
    let (inline, attached, boundary) = tokio::join!(inline, attached, boundary);
    let mut policies: Vec<_> = inline.into_iter().chain(attached).collect();
    policies.sort_by(|a, b| (a.managed, &a.name).cmp(&(b.managed, &b.name)));
    Ok(Role {
        name: role.role_name().to_owned(),
        arn: arn.to_owned(),
        trust: role
            .assume_role_policy_document()
            .and_then(|text| parse(text).ok()),
        policies,
        boundary,
    })
}

async fn managed_document(session: &Session, arn: &str) -> Known<Value> {
    let client = &session.clients.iam;
    let read = async {
        let policy = session
            .call("iam:GetPolicy", client.get_policy().policy_arn(arn).send())
            .await?;
        let version = policy
            .policy()
            .and_then(|policy| policy.default_version_id())
            .ok_or(Fault::Missing)?;
        let call = client
            .get_policy_version()
            .policy_arn(arn)
            .version_id(version)
            .send();
        let output = session.call("iam:GetPolicyVersion", call).await?;
        let text = output
            .policy_version()
            .and_then(|version| version.document());
        Ok::<_, Fault>(text.unwrap_or_default().to_owned())
    };
    match read.await {
        Ok(text) => self::read(&text, arn),
        Err(fault) => Known::Unread(fault.into_unread(&format!("policy {arn}"))),
    }
}

/// Reads what the pages left out: AWS-managed policies of the project's own roles.
pub async fn complete(session: &Session, roles: &mut BTreeMap<String, Known<Role>>) {
    let missing: BTreeSet<String> = roles
        .values()
        .filter_map(Known::read)
        .flat_map(|role| role.policies.iter().chain(&role.boundary))
        .filter(|policy| matches!(policy.document, Known::Unread(_)))
        .filter_map(|policy| policy.arn.clone())
        .collect();
    let reads = missing.into_iter().map(|arn| async move {
        let document = managed_document(session, &arn).await;
        (arn, document)
    });
    let documents: BTreeMap<_, _> = futures::future::join_all(reads).await.into_iter().collect();
    for role in roles.values_mut() {
        let Known::Read(role) = role else {
            continue;
        };
        for policy in role.policies.iter_mut().chain(&mut role.boundary) {
            if let Some(document) = policy.arn.as_ref().and_then(|arn| documents.get(arn)) {
                policy.document = document.clone();
            }
        }
    }
}
