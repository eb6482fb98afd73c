//! Edits of an authorizer that are needed for a token, gathered into one jq command.

use serde_json::Value;

use super::authorizer::Authorizer;
use crate::model::finding::ResourceType;
use crate::shell::{self, Command};

/// Edits of one authorizer, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Remedy {
    edits: Vec<Edit>,
}

#[derive(Clone, Debug, PartialEq)]
enum Edit {
    /// Sets a key of the entry to a string.
    EntryText(&'static str, String),
    /// Sets a key of the JWT authorizer.
    Set(&'static str, Value),
    /// Adds a string to a list of the JWT authorizer.
    Append(&'static str, String),
    /// Removes a key of the JWT authorizer.
    Remove(&'static str),
    /// Removes a custom claim by name.
    RemoveClaim(String),
}

/// Longest value that is put into a list, in bytes, as the service limits scopes and claims.
const LONGEST: usize = 255;
const JWT: &str = ".authorizerConfiguration.customJwtAuthorizer";

impl Remedy {
    /// True when nothing needs an edit.
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// Makes the authorizer one of JWTs.
    pub fn custom_jwt(&mut self) {
        self.edits
            .push(Edit::EntryText("authorizerType", "CUSTOM_JWT".to_owned()));
    }

    /// Sets a key of the JWT authorizer.
    pub fn set(&mut self, key: &'static str, value: Value) {
        self.edits.push(Edit::Set(key, value));
    }

    /// Adds a value to a list of the JWT authorizer; not one that nobody would configure.
    pub fn append(&mut self, list: &'static str, value: impl Into<String>) {
        let value = value.into();
        if (1..=LONGEST).contains(&value.len()) {
            self.edits.push(Edit::Append(list, value));
        }
    }

    /// Removes a list of the JWT authorizer.
    pub fn remove(&mut self, list: &'static str) {
        self.edits.push(Edit::Remove(list));
    }

    /// Removes a custom claim.
    pub fn remove_claim(&mut self, name: impl Into<String>) {
        self.edits.push(Edit::RemoveClaim(name.into()));
    }

    /// The lists that are removed.
    pub fn removes(&self, list: &str) -> bool {
        self.edits
            .iter()
            .any(|edit| matches!(edit, Edit::Remove(name) if *name == list))
    }

    /// True when a list of the JWT authorizer is set or added to.
    pub fn fills(&self) -> bool {
        self.edits.iter().any(|edit| match edit {
            Edit::Append(..) => true,
            Edit::Set(key, _) => *key != "discoveryUrl",
            _ => false,
        })
    }

    /// The command that carries out every edit, for a shell in the project root.
    pub fn command(&self, authorizer: &Authorizer<'_>) -> Command {
        let mut arguments: Vec<(String, String)> = Vec::new();
        if authorizer.resource.kind != ResourceType::Harness {
            arguments.push(("name".to_owned(), authorizer.resource.name.clone()));
        }
        let entry = if authorizer.entry == "." {
            ""
        } else {
            authorizer.entry
        };
        let mut parts = Vec::new();
        for edit in &self.edits {
            parts.push(part(edit, entry, &mut arguments));
        }
        let arguments: Vec<(&str, &str)> = arguments
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        shell::jq_edit(&authorizer.file, &parts.join(" | "), &arguments)
    }
}

fn part(edit: &Edit, entry: &str, arguments: &mut Vec<(String, String)>) -> String {
    let mut variable = |value: &str| {
        let name = format!("v{}", arguments.len());
        arguments.push((name.clone(), value.to_owned()));
        format!("${name}")
    };
    match edit {
        Edit::EntryText(key, value) => format!("{entry}.{key} = {}", variable(value)),
        Edit::Set(key, Value::String(text)) => format!("{entry}{JWT}.{key} = {}", variable(text)),
        Edit::Set(key, value) => format!(
            "{entry}{JWT}.{key} = ({} | fromjson)",
            variable(&value.to_string())
        ),
        Edit::Append(key, value) => format!("{entry}{JWT}.{key} += [{}]", variable(value)),
        Edit::Remove(key) => format!("del({entry}{JWT}.{key})"),
        Edit::RemoveClaim(name) => {
            let name = variable(name);
            let list = format!("{entry}{JWT}.customClaims");
            format!(
                "{list} |= map(select(.inboundTokenClaimName != {name})) | if ({list} | length) == 0 then del({list}) else . end"
            )
        }
    }
}
