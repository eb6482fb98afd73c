//! Statements as they are gathered: one per purpose, actions and resources each once and in order.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::{Value, json};

use super::needs::Need;

/// A statement in the making.
#[derive(Clone, Debug)]
struct Draft {
    sid: String,
    actions: BTreeSet<String>,
    resources: BTreeSet<String>,
    condition: Option<Value>,
}

/// Something that is called and that nothing allows, since what it is called on is not seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lack {
    /// It is surely called, and it is a model; else it may not be called after all.
    pub model: bool,
    /// What it is, and what to do.
    pub text: String,
}

/// The statements of a policy and what to say of them.
#[derive(Clone, Debug, Default)]
pub struct Statements {
    drafts: Vec<Draft>,
    /// Where the draft of a name, of resources and of a condition stands.
    places: HashMap<Key, usize>,
    notes: Vec<String>,
    noted: HashSet<String>,
    /// Those of the notes that name something which is called and which the policy does not allow.
    lacks: Vec<Lack>,
    needs: Vec<Need>,
}

/// What two drafts have in common that are one: the name, what they name beside it, and the condition.
type Key = (String, BTreeSet<String>, Option<String>);

/// The key of a draft of these resources, or of these actions.
fn key(sid: &str, named: &BTreeSet<String>, condition: Option<&Value>) -> Key {
    (
        sid.to_owned(),
        named.clone(),
        condition.map(Value::to_string),
    )
}

impl Statements {
    /// Allows actions on resources; a statement of the same name, resources and condition takes the actions up.
    pub fn allow(
        &mut self,
        sid: &str,
        actions: impl IntoIterator<Item = impl Into<String>>,
        resources: impl IntoIterator<Item = impl Into<String>>,
    ) {
        self.allow_when(sid, actions, resources, None);
    }

    /// The same under a condition.
    pub fn allow_when(
        &mut self,
        sid: &str,
        actions: impl IntoIterator<Item = impl Into<String>>,
        resources: impl IntoIterator<Item = impl Into<String>>,
        condition: Option<Value>,
    ) {
        let sid = sid_of(sid);
        let actions: BTreeSet<String> = actions.into_iter().map(Into::into).collect();
        let resources: BTreeSet<String> = resources.into_iter().map(Into::into).collect();
        if actions.is_empty() || resources.is_empty() {
            return;
        }
        let next = self.drafts.len();
        let at = *self
            .places
            .entry(key(&sid, &resources, condition.as_ref()))
            .or_insert(next);
        match self.drafts.get_mut(at) {
            Some(draft) => draft.actions.extend(actions),
            None => self.drafts.push(Draft {
                sid,
                actions,
                resources,
                condition,
            }),
        }
    }

    /// Whether an action is allowed on something.
    pub fn allows(&self, action: &str) -> bool {
        self.drafts
            .iter()
            .any(|draft| draft.actions.contains(action))
    }

    /// Notes what is used and where.
    pub fn need(&mut self, need: Need) {
        self.needs.push(need);
    }

    /// What is used, in the order of its finding.
    pub fn into_needs(self) -> Vec<Need> {
        self.needs
    }

    /// Says something of the policy, once.
    pub fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        if self.noted.insert(note.clone()) {
            self.notes.push(note);
        }
    }

    /// Says what the policy lacks, once.
    pub fn lack(&mut self, lack: Lack) {
        self.note(lack.text.clone());
        if !self.lacks.contains(&lack) {
            self.lacks.push(lack);
        }
    }

    /// What the policy lacks.
    pub fn lacks(&self) -> &[Lack] {
        &self.lacks
    }

    /// The document and the notes. Sids are unique, as IAM wants them.
    pub fn finish(self) -> (Value, Vec<String>) {
        let mut used: BTreeSet<String> = BTreeSet::new();
        let mut statements = Vec::new();
        for draft in merged(self.drafts) {
            let mut sid = draft.sid.clone();
            let mut number = 2;
            while !used.insert(sid.clone()) {
                sid = format!("{}{number}", draft.sid);
                number += 1;
            }
            let mut statement = json!({
                "Sid": sid,
                "Effect": "Allow",
                "Action": draft.actions,
                "Resource": draft.resources,
            });
            if let Some(condition) = draft.condition {
                statement["Condition"] = condition;
            }
            statements.push(statement);
        }
        let document = json!({"Version": "2012-10-17", "Statement": statements});
        (document, self.notes)
    }
}

/// Drafts of one name that allow the same under the same condition are one.
fn merged(drafts: Vec<Draft>) -> Vec<Draft> {
    let mut kept: Vec<Draft> = Vec::new();
    let mut places: HashMap<Key, usize> = HashMap::new();
    for draft in drafts {
        let key = key(&draft.sid, &draft.actions, draft.condition.as_ref());
        let at = *places.entry(key).or_insert(kept.len());
        match kept.get_mut(at) {
            Some(other) => other.resources.extend(draft.resources),
            None => kept.push(draft),
        }
    }
    kept
}

/// Letters and digits alone are taken in a Sid.
fn sid_of(text: &str) -> String {
    let mut sid = String::new();
    let mut upper = true;
    for letter in text.chars() {
        if !letter.is_ascii_alphanumeric() {
            upper = true;
        } else if upper {
            sid.push(letter.to_ascii_uppercase());
            upper = false;
        } else {
            sid.push(letter);
        }
    }
    sid
}

/// How many characters a document counts for IAM: white space does not.
pub fn size(document: &Value) -> usize {
    document
        .to_string()
        .chars()
        .filter(|letter| !letter.is_whitespace())
        .count()
}
