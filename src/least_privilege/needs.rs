//! What an agent is seen to use, place by place: what its role is held against.
//!
//! A policy errs towards more, so that the agent runs; a need errs towards less, so that nothing is called missing that is not.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::{Statements, Subject, gather};
use crate::context::BedrockModel;
use crate::model::finding::Evidence;

/// Something that is used, and the permission that it takes.
#[derive(Clone, Debug)]
pub struct Need {
    /// One of these is enough: a call may be authorized as the plain or as the streaming action. None: the model chooses.
    pub actions: Vec<String>,
    /// The resource; a pattern where a part of it is not known, `*` where nothing of it is.
    pub resource: String,
    /// What the request carries beside what every request does.
    pub keys: Vec<(&'static str, String)>,
    /// What uses it, for a message.
    pub by: String,
    /// Where.
    pub evidence: Evidence,
    /// Why it may not be needed after all; `None`: it surely is.
    pub unsure: Option<String>,
    /// What a statement that allows it names as resources.
    pub resources: Vec<String>,
    /// The model that is surely called by its id, and the Region that it is called in.
    pub model: Option<(BedrockModel, String)>,
}

impl Need {
    /// A certain need of one action on one resource.
    pub fn new(action: &str, resource: impl Into<String>, by: &str, evidence: Evidence) -> Self {
        let resource = resource.into();
        Self {
            actions: vec![action.to_owned()],
            resources: vec![resource.clone()],
            resource,
            keys: Vec::new(),
            by: by.to_owned(),
            evidence,
            unsure: None,
            model: None,
        }
    }

    /// A tool that calls whatever operation the model chooses.
    pub fn of_the_models_choice(by: &str, evidence: Evidence) -> Self {
        let why = "the model chooses which operations it calls, so that only you know what the role is to allow";
        Self {
            actions: Vec::new(),
            ..Self::new("", "*", by, evidence).unsure(Some(why.to_owned()))
        }
    }

    /// A client of which it is not seen what is called: `of` names its service.
    pub fn of_a_client(of: &str, why: &str, evidence: Evidence) -> Self {
        Self {
            actions: Vec::new(),
            ..Self::new("", "*", of, evidence).unsure(Some(why.to_owned()))
        }
    }

    /// Any of several actions is enough.
    #[must_use]
    pub fn or(mut self, action: &str) -> Self {
        self.actions.push(action.to_owned());
        self
    }

    /// The request carries a condition key.
    #[must_use]
    pub fn key(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.keys.push((key, value.into()));
        self
    }

    /// It may not be needed.
    #[must_use]
    pub fn unsure(mut self, why: Option<String>) -> Self {
        self.unsure = why;
        self
    }

    /// What a statement names, where that is not the resource itself.
    #[must_use]
    pub fn granted_on(mut self, resources: impl IntoIterator<Item = String>) -> Self {
        self.resources = resources.into_iter().collect();
        self
    }

    fn same(&self, other: &Self) -> bool {
        self.actions == other.actions
            && self.resource == other.resource
            && self.keys == other.keys
            && (!self.actions.is_empty() || self.by == other.by)
            && self.unsure.is_some() == other.unsure.is_some()
    }
}

/// What an agent is seen to use: each need once, with the first place that shows it.
pub fn needs(subject: &Subject<'_>) -> Vec<Need> {
    let mut kept: Vec<Need> = Vec::new();
    let mut by_resource: HashMap<String, Vec<usize>> = HashMap::new();
    for need in gather(subject).into_needs() {
        let same = by_resource.entry(need.resource.clone()).or_default();
        let is_same = |at: &&usize| kept.get(**at).is_some_and(|known| known.same(&need));
        let Some(at) = same.iter().find(is_same).copied() else {
            same.push(kept.len());
            kept.push(need);
            continue;
        };
        // The place that shows that the model is called by this id is the one to name.
        if let Some(known) = kept.get_mut(at)
            && known.model.is_none()
            && need.model.is_some()
        {
            *known = need;
        }
    }
    // What is certain somewhere is certain.
    let certain: BTreeSet<(Vec<String>, String)> = kept
        .iter()
        .filter(|need| need.unsure.is_none())
        .map(|need| (need.actions.clone(), need.resource.clone()))
        .collect();
    kept.retain(|need| {
        need.unsure.is_none() || !certain.contains(&(need.actions.clone(), need.resource.clone()))
    });
    kept
}

/// A policy that allows needs.
pub fn policy_for<'n>(needs: impl IntoIterator<Item = &'n Need>) -> Value {
    let mut statements = Statements::default();
    for need in needs {
        let Some(action) = need.actions.first() else {
            continue;
        };
        let service = action.split(':').next().unwrap_or_default();
        let sid = format!("Use {}", service.replace('-', " "));
        let mut condition = serde_json::Map::new();
        for (key, value) in &need.keys {
            // A request to a model names the profile by itself; what is published is bound by its namespace, a role by who takes it.
            if matches!(*key, "cloudwatch:namespace" | "iam:PassedToService") {
                condition.insert((*key).to_owned(), Value::from(value.as_str()));
            }
        }
        let condition = (!condition.is_empty()).then(|| {
            let mut whole = serde_json::Map::new();
            whole.insert("StringEquals".to_owned(), Value::Object(condition));
            Value::Object(whole)
        });
        statements.allow_when(
            &sid,
            [action.as_str()],
            need.resources.iter().cloned(),
            condition,
        );
    }
    statements.finish().0
}
