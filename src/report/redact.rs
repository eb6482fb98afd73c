//! The last step before a report: no secret of the project is quoted, whichever check quotes the line that it stands on.
//!
//! Excerpts, messages, notes and diffs are copied from the project's files. What [`crate::secrets`] finds in such a text is covered,
//! and so is every value that the configuration gives to a variable with a secret's name: by itself it may look like any word.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use crate::model::json::{Document, Json, Node};
use crate::secrets::names::{harmless_value, secret_like_name};
use crate::secrets::{self, Options};

use super::{CheckResult, Evidence};

/// Characters of a secret that may be shown, at most.
const SHOWN: usize = 4;
/// Shorter values are no secrets, and covering them would cover words.
const SHORTEST: usize = 6;

/// Longest text whose covered form is remembered, in bytes.
const LONGEST_REMEMBERED: usize = 1024;
/// Most texts that are remembered.
const MOST_REMEMBERED: usize = 20_000;

/// The covered form of texts, by path and text; `None` where nothing is covered.
type Remembered = HashMap<(String, String), Option<String>>;

/// What must not be shown of one project.
#[derive(Clone, Debug, Default)]
pub struct Redactor {
    /// Values as they stand in text and in JSON, the longest first.
    values: Vec<String>,
    /// Many results quote the same few lines, and looking for secrets is the costly part of a report.
    remembered: Arc<Mutex<Remembered>>,
}

impl Redactor {
    /// The secret values of these configuration files.
    pub fn new<'a>(documents: impl IntoIterator<Item = &'a Document>) -> Self {
        let mut values = Vec::new();
        for document in documents {
            gather(&document.root, &mut values);
        }
        values.sort_by(|a: &String, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        values.dedup();
        Self {
            values,
            remembered: Arc::default(),
        }
    }

    /// Covers the secrets of a text that was copied from `path`, each by stars of its own length, so that columns stay; `None` where
    /// there are none.
    pub fn text(&self, path: &str, text: &str) -> Option<String> {
        if text.len() < SHORTEST {
            return None;
        }
        if text.len() > LONGEST_REMEMBERED {
            return self.covered(path, text);
        }
        let key = (path.to_owned(), text.to_owned());
        let known = self.remembered.lock().ok();
        if let Some(covered) = known.and_then(|known| known.get(&key).cloned()) {
            return covered;
        }
        let covered = self.covered(path, text);
        if let Ok(mut known) = self.remembered.lock()
            && known.len() < MOST_REMEMBERED
        {
            known.insert(key, covered.clone());
        }
        covered
    }

    fn covered(&self, path: &str, text: &str) -> Option<String> {
        let mut out = text.to_owned();
        // From the end, so that the ranges before stay true: stars may be fewer bytes than what they cover.
        for hit in secrets::scan(path, text, &Options::default()).iter().rev() {
            if let Some(secret) = text.get(hit.range.clone()) {
                out.replace_range(hit.range.clone(), &stars(secret));
            }
        }
        for value in &self.values {
            if out.contains(value.as_str()) {
                out = out.replace(value.as_str(), &stars(value));
            }
            // A quoted line that was cut may end inside of a value.
            let cut = (SHORTEST..value.len())
                .rev()
                .filter_map(|at| value.get(..at))
                .find(|head| out.ends_with(head));
            if let Some(head) = cut {
                let kept = out.len() - head.len();
                out.replace_range(kept.., &stars(head));
            }
        }
        (out != text).then_some(out)
    }

    /// Covers what a result quotes.
    pub fn result(&self, result: &mut CheckResult) {
        self.redact("", &mut result.message);
        for evidence in &mut result.evidence {
            self.evidence(evidence);
        }
        for fix in &mut result.fixes {
            self.redact("", &mut fix.note);
            for edit in &mut fix.edits {
                self.redact(&edit.path, &mut edit.diff);
            }
        }
    }

    fn evidence(&self, evidence: &mut Evidence) {
        self.redact("", &mut evidence.note);
        let Some(site) = &mut evidence.site else {
            return;
        };
        if let Some(line) = self.text(&site.path, &site.line_text) {
            site.line_text = line.into();
        }
        if let Some(excerpt) = self.text(&site.path, &site.excerpt) {
            site.excerpt = excerpt.into();
        }
    }

    fn redact(&self, path: &str, text: &mut String) {
        if let Some(covered) = self.text(path, text) {
            *text = covered;
        }
    }
}

/// Values of `{"name": N, "value": V}` and of members `N: V` whose name or form says that they are secrets.
fn gather(node: &Node, values: &mut Vec<String>) {
    let mut take = |name: &str, value: &Node| {
        let Json::String(value) = &value.value else {
            return;
        };
        let trimmed = value.trim();
        let secret = trimmed.len() >= SHORTEST
            && !harmless_value(trimmed)
            && (secret_like_name(name) || secrets::secret_value(trimmed).is_some());
        if secret {
            let quoted = serde_json::to_string(trimmed).unwrap_or_default();
            values.push(quoted.trim_matches('"').to_owned());
            values.push(trimmed.to_owned());
        }
    };
    if let (Some(name), Some(value)) = (node.get("name").and_then(Node::as_str), node.get("value"))
    {
        take(name, value);
    }
    for member in node.members() {
        take(&member.key, &member.node);
    }
    for member in node.members() {
        gather(&member.node, values);
    }
    for item in node.items() {
        gather(item, values);
    }
}

/// At most the first four characters, then stars.
fn stars(secret: &str) -> String {
    let length = secret.chars().count();
    let shown = SHOWN.min(length / 4);
    let cover = |(index, character): (usize, char)| match character {
        // The lines of a key in several lines stay lines.
        '\n' | '\r' => character,
        _ if index < shown => character,
        _ => '*',
    };
    secret.chars().enumerate().map(cover).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::collect::json::parse;

    fn redactor(text: &str) -> Redactor {
        Redactor::new([&parse("agentcore/agentcore.json", text).unwrap()])
    }

    #[test]
    fn values_of_secret_names_are_covered_wherever_they_stand() {
        let one =
            redactor(r#"{"envVars": [{"name": "CRM_PASSWORD", "value": "correct horse \"9\""}]}"#);
        let diff = " {\n-  \"value\": \"correct horse \\\"9\\\"\"\n";
        let covered = one.text("agentcore/agentcore.json", diff).unwrap();
        assert!(!covered.contains("horse"), "{covered}");
        assert_eq!(covered.chars().count(), diff.chars().count());
        let cut = one.text("", "cut in the middle: correct hor").unwrap();
        assert_eq!(cut, "cut in the middle: co*********");
        assert_eq!(one.text("", "an incorrect house"), None);
    }

    #[test]
    fn forms_of_secrets_are_covered_without_a_name() {
        let key = ["sk-ant-api03-", &"q7Zx".repeat(23), "Kd-5wAAAAAA"].concat();
        let covered = Redactor::default()
            .text("app/main.py", &format!("call(\"{key}\")"))
            .unwrap();
        assert!(!covered.contains(&key[8..]), "{covered}");
    }

    #[test]
    fn names_numbers_and_arns_stay() {
        let one = redactor(
            r#"{"envVars": [{"name": "API_KEY_NAME", "value": "weather-provider"}, {"name": "SECRET_ARN",
            "value": "arn:aws:secretsmanager:us-east-1:111122223333:secret:crm"}]}"#,
        );
        assert_eq!(
            one.text(
                "a.json",
                "\"weather-provider\" arn:aws:secretsmanager:us-east-1:111122223333:secret:crm"
            ),
            None
        );
    }
}
