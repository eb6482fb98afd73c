//! What `additionalPolicies` of a runtime adds to the role that the construct creates.

use std::collections::{BTreeMap, BTreeSet};

use super::{Place, RoleView};
use crate::collect::json as json_text;
use crate::context::{Context, Layer, Origin};
use crate::iam::document::Document;
use crate::iam::role::{NamedPolicy, Role};
use crate::iam::written::{self, Flaw};
use crate::model::finding::Evidence;
use crate::model::json;
use crate::model::known::{Known, ReasonCode, Unread};
use crate::model::project::{Agent, Runtime};

impl Context {
    /// The policies that `additionalPolicies` attaches; to an imported role the construct adds nothing.
    pub(super) fn added(&self, runtime: &Runtime) -> Option<Layer<RoleView<'_>>> {
        if runtime.additional_policies.is_empty() || runtime.common.execution_role_arn.is_some() {
            return None;
        }
        let (mut files, mut entries) = (BTreeMap::new(), BTreeMap::new());
        let (mut policies, mut unread, mut flaws) = (Vec::new(), Vec::new(), Vec::new());
        let mut seen = BTreeSet::new();
        for entry in &runtime.additional_policies {
            // What is named twice is one policy of the role.
            if !seen.insert(entry.value.as_str()) {
                continue;
            }
            if entry.value.starts_with("arn:") {
                let policy = known_by_arn(&entry.value);
                entries.insert(policy.name.clone(), entry.site.clone());
                policies.push(policy);
                continue;
            }
            match self.policy_file(runtime, &entry.value, &mut flaws) {
                // A file may be named in two ways.
                Ok((path, _, _)) if files.contains_key(&path) => {}
                Ok((path, file, document)) => {
                    entries.insert(path.clone(), entry.site.clone());
                    files.insert(path.clone(), file);
                    policies.push(NamedPolicy::inline(path, document));
                }
                Err(reason) => unread.push(reason),
            }
        }
        let view = RoleView {
            title: "what additionalPolicies adds to".to_owned(),
            execution: true,
            role: Role {
                policies,
                ..Role::default()
            },
            place: Place::Added { files, entries },
            unread,
            flaws,
            own: self.owned_by(&runtime.name),
            note: String::new(),
        };
        let evidence = Evidence::config(Agent::Runtime(runtime).site());
        Some(Layer::new(Origin::Config, view, evidence))
    }

    /// The construct resolves a policy file against `codeLocation`.
    fn policy_file(
        &self,
        runtime: &Runtime,
        written: &str,
        flaws: &mut Vec<(Flaw, Evidence)>,
    ) -> Result<(String, &json::Document, Document), Unread> {
        let location = runtime
            .code_location
            .as_ref()
            .map_or("", |location| location.value.trim_end_matches('/'));
        let file = self
            .project
            .named_files
            .get(&format!("{location}/{written}"));
        let unread = |reason: &str| {
            Unread::new(
                ReasonCode::Absent,
                format!("policy file {written}: {reason}"),
            )
        };
        let file = file.ok_or_else(|| unread("was not looked at"))?;
        let path = file
            .path
            .clone()
            .ok_or_else(|| unread("lies outside of the project"))?;
        if file.text.is_none() {
            return Err(unread("no readable file beside the code"));
        }
        let parsed = file
            .document
            .as_ref()
            .ok_or_else(|| unread("it is not JSON"))?;
        let (document, found) = written::read(&parsed.root.to_value());
        flaws.extend(found.into_iter().map(|flaw| {
            let node = parsed.root.pointer(&flaw.pointer).unwrap_or(&parsed.root);
            let at = Evidence::config(&parsed.site(node));
            (flaw, at)
        }));
        flaws.extend(
            json_text::repeated_keys(&parsed.root)
                .into_iter()
                .map(|member| {
                    let flaw = written::repeated(&member.key);
                    (flaw, Evidence::config(&parsed.member_site(member)))
                }),
        );
        let document = document.map_err(|error| unread(&error.to_string()))?;
        Ok((path, parsed, document))
    }
}

/// A managed policy of which the configuration has the ARN alone.
fn known_by_arn(arn: &str) -> NamedPolicy {
    if arn.ends_with(":iam::aws:policy/AdministratorAccess") {
        return NamedPolicy::managed(arn, Known::Read(Document::administrator()));
    }
    let reason = Unread::new(
        ReasonCode::Absent,
        format!("what {arn} allows was not read"),
    )
    .action("iam:GetPolicyVersion");
    NamedPolicy::managed(arn, Known::Unread(reason))
}
