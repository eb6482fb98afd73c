//! Text in which no secret is shown, whoever quotes the line that it stands on.
//!
//! What the engine finds in a text is covered, and so is every value that a configuration gives to a variable with a secret's name: by
//! itself it may look like any word.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, LazyLock, Mutex};

use super::form::{SHORTEST, names, placed, quotations, random};
use super::mask::stars;
use super::names::{harmless_under, secret_like_name};
use super::values::Values;
use super::{Options, scan, secret_variable};
use crate::model::json::{Document, Json, Node};

/// Longest text whose covered form is remembered, in bytes.
const LONGEST_REMEMBERED: usize = 1024;
/// Most texts that are remembered.
const MOST_REMEMBERED: usize = 20_000;
/// Most paths for which a text is remembered.
const MOST_PATHS: usize = 100;

/// Most diffs that are remembered: the results that ask for one edit show it.
const MOST_DIFFS: usize = 100;

/// The covered form of texts, by text and path; `None` where nothing is covered.
type Remembered<T> = Mutex<HashMap<T, Vec<(String, Option<T>)>>>;

/// The covered form of a text from a path, as it is remembered or made.
fn recalled<T: Borrow<str> + Hash + Eq + Clone + for<'t> From<&'t str>>(
    remembered: &Remembered<T>,
    most: usize,
    (path, text): (&str, &str),
    make: impl FnOnce() -> Option<T>,
) -> Option<T> {
    let known = remembered.lock().ok().and_then(|known| {
        let mut from = known.get(text)?.iter();
        let (_, covered) = from.find(|(of, _)| of == path)?;
        Some(covered.clone())
    });
    if let Some(covered) = known {
        return covered;
    }
    let covered = make();
    if let Ok(mut known) = remembered.lock()
        && known.len() < most
    {
        let from = known.entry(text.into()).or_default();
        if from.len() < MOST_PATHS {
            from.push((path.to_owned(), covered.clone()));
        }
    }
    covered
}

/// What must not be shown of one project.
#[derive(Clone, Debug, Default)]
pub struct Redactor {
    /// Values as they stand in text and in JSON, in the order of text.
    values: Values,
    /// The same from their ends, in the order of text.
    backwards: Vec<String>,
    /// Many results quote the same few lines, and looking for secrets is the costly part of a report.
    remembered: Arc<Remembered<String>>,
    /// The same of whole diffs.
    diffs: Arc<Remembered<Arc<str>>>,
}

impl Redactor {
    /// The secret values of these configuration files.
    pub fn new<'a>(documents: impl IntoIterator<Item = &'a Document>) -> Self {
        let mut values = Vec::new();
        for document in documents {
            gather(&document.root, &mut values);
        }
        Self::of_values(values)
    }

    /// What covers these values.
    pub(crate) fn of_values(values: Vec<String>) -> Self {
        let values = Values::new(values);
        let backwards = values.iter().map(|value| value.chars().rev().collect());
        let mut backwards: Vec<String> = backwards.collect();
        backwards.sort_unstable();
        Self {
            values,
            backwards,
            remembered: Arc::default(),
            diffs: Arc::default(),
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
        let covered = || self.covered(path, text);
        recalled(&self.remembered, MOST_REMEMBERED, (path, text), covered)
    }

    /// Covers the secrets of a diff of `path`, and in each of its lines what `line` covers.
    pub(crate) fn diff(&self, path: &str, diff: &mut Arc<str>, line: impl Fn(&str, &mut String)) {
        let covered = recalled(&self.diffs, MOST_DIFFS, (path, diff), || {
            let whole = self.text(path, diff);
            let lines = whole.as_deref().unwrap_or(diff).split_inclusive('\n');
            let lines = lines.map(|text| {
                let mut text = text.to_owned();
                line(path, &mut text);
                text
            });
            Some(lines.collect::<String>().into())
        });
        if let Some(covered) = covered {
            *diff = covered;
        }
    }

    fn covered(&self, path: &str, text: &str) -> Option<String> {
        let mut out = text.to_owned();
        // A sentence of ours is whole: that it ends in a word with which a value begins says nothing of the value.
        let is_quoted = !path.is_empty();
        // From the end, so that the ranges before stay true: stars may be fewer bytes than what they cover.
        for hit in scan(path, text, &Options::default()).iter().rev() {
            if let Some(secret) = text.get(hit.range.clone()) {
                out.replace_range(hit.range.clone(), &stars(secret));
            }
        }
        if let Some(found) = self.values.cover(&out, stars) {
            out = found;
        }
        // A quoted line that was cut may end inside of a value.
        if let Some(at) = self.values.cut(&out, SHORTEST).filter(|_| is_quoted) {
            let head = stars(out.get(at..).unwrap_or_default());
            out.replace_range(at.., &head);
        }
        // So may one that was cut at its start begin.
        if let Some(end) = self.cut_start(&out).filter(|_| is_quoted) {
            let tail = "*".repeat(out.get(..end).map_or(0, |tail| tail.chars().count()));
            out.replace_range(..end, &tail);
        }
        (out != text).then_some(out)
    }

    /// Where the end of a value ends with which the text begins.
    fn cut_start(&self, text: &str) -> Option<usize> {
        let last = text.len().min(self.values.longest().saturating_sub(1));
        let mut head: String = text
            .get(..text.floor_char_boundary(last))?
            .chars()
            .rev()
            .collect();
        while head.len() >= SHORTEST {
            let next = self
                .backwards
                .partition_point(|value| value.as_str() < head.as_str());
            let value = self.backwards.get(next);
            if value.is_some_and(|value| value.starts_with(&head) && value.len() > head.len()) {
                return Some(head.len());
            }
            head.remove(0);
        }
        None
    }

    /// Covers the secrets of a text in place.
    pub(crate) fn redact(&self, path: &str, text: &mut String) {
        if let Some(covered) = self.text(path, text) {
            *text = covered;
        }
    }
}

/// Covers what is a secret by its form. Names, paths and commands must stay what they are: a variable's value may be a name, too.
pub(crate) fn by_form(text: &mut String) {
    FORMS.redact("", text);
}

/// Covers by form alone, and remembers what it looked at.
pub(crate) static FORMS: LazyLock<Redactor> = LazyLock::new(Redactor::default);

/// Covers what a sentence quotes, where no project says what its secrets are.
pub(crate) fn sentence(text: &mut String) {
    by_form(text);
    placed(text);
    quotations(text);
    names(text);
}

/// Values that look random, where only names, account ids and Regions belong.
pub(crate) fn drawn(node: &Node, values: &mut Vec<String>) {
    if let Some(text) = node.as_str()
        && random(text)
    {
        values.push(text.to_owned());
    }
    for member in node.members() {
        drawn(&member.node, values);
    }
    for item in node.items() {
        drawn(item, values);
    }
}

/// Values that look random under keys of a configuration that take one of a few words: whoever reads the message knows the words.
pub(crate) fn misplaced(node: &Node, values: &mut Vec<String>) {
    const WORDS: &[&str] = &[
        "authorizerType",
        "build",
        "modelId",
        "networkMode",
        "protocol",
        "provider",
        "runtimeVersion",
        "targetType",
    ];
    for member in node.members() {
        let text = member.node.as_str();
        let is_misplaced = |text: &&str| !text.starts_with("arn:") && random(text);
        if WORDS.contains(&&*member.key)
            && let Some(text) = text.filter(is_misplaced)
        {
            values.push(text.to_owned());
        }
        misplaced(&member.node, values);
    }
    for item in node.items() {
        misplaced(item, values);
    }
}

/// The password of `scheme://user:password@host`.
fn password(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("://")?;
    let authority = rest.split('/').next()?;
    let (user, _) = authority.rsplit_once('@')?;
    let (_, password) = user.split_once(':')?;
    Some(password).filter(|password| password.len() >= SHORTEST && !password.contains("${"))
}

/// Values of `{"name": N, "value": V}` and of members `N: V` whose name or form says that they are secrets.
pub(crate) fn gather(node: &Node, values: &mut Vec<String>) {
    let mut take = |name: &str, value: &Node| {
        let Json::String(value) = &value.value else {
            return;
        };
        let trimmed = value.trim();
        let secret = trimmed.len() >= SHORTEST
            && !harmless_under(name, trimmed)
            && (secret_like_name(name)
                || name.ends_with("ExternalId")
                || secret_variable(name, trimmed).is_some());
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
    if let Some(password) = node.as_str().and_then(password) {
        values.push(password.to_owned());
    }
    for member in node.members() {
        gather(&member.node, values);
    }
    for item in node.items() {
        gather(item, values);
    }
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
        let cut = one
            .text("app/main.py", "cut in the middle: correct hor")
            .unwrap();
        assert_eq!(cut, "cut in the middle: co*********");
        assert_eq!(one.text("", "an incorrect house"), None);
        assert_eq!(one.text("", "a sentence that ends with correct"), None);
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
