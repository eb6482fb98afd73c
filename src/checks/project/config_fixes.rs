//! The commands that fix a fault where only one value can be meant.

use serde_json::Value;

use crate::cli_schema::{Class, Fault, Repair};
use crate::shell::{Command, jq_edit};

/// How the faults of one document are fixed.
#[derive(Debug, Default, PartialEq)]
pub struct Remedy {
    /// The edit, where there is one.
    pub command: Option<Command>,
    /// Paths of what it fixes.
    pub what: Vec<String>,
    /// True when nothing is left over for a person.
    pub complete: bool,
    /// True when it sets the nearest number that is allowed.
    pub nearest: bool,
}

/// The edit of one document that fixes every fault that only one value can fix.
pub fn of_document(path: &str, faults: &[Fault]) -> Remedy {
    let mut remedy = Remedy {
        complete: true,
        ..Remedy::default()
    };
    let (mut deleted, mut steps) = (Vec::new(), Vec::new());
    for fault in faults.iter().filter(|fault| fault.class != Class::Note) {
        let repair = fault.repair.as_ref();
        let Some((repair, filter)) = repair.and_then(|it| Some((it, filter(&fault.path, it)?)))
        else {
            remedy.complete = false;
            continue;
        };
        remedy.nearest |= matches!(repair, Repair::Set(Value::Number(_)));
        remedy.what.push(fault.path.clone());
        if matches!(repair, Repair::Delete) {
            deleted.push(filter);
        } else if !steps.contains(&filter) {
            steps.push(filter);
        }
    }
    // Paths are deleted last and in one step, so that no index moves under another filter.
    if !deleted.is_empty() {
        steps.push(format!("del({})", deleted.join(", ")));
    }
    if !steps.is_empty() {
        remedy.command = Some(jq_edit(path, &steps.join(" | "), &[]));
    }
    remedy
}

/// The jq filter of one repair; for a deletion its path alone. Keys and values are JSON texts, which jq reads as they stand.
fn filter(path: &str, repair: &Repair) -> Option<String> {
    let place = jq_path(path);
    match repair {
        Repair::Set(value) => Some(format!("{place} = {}", literal(value))),
        Repair::SetAt(other, value) => Some(format!("{} = {}", jq_path(other), literal(value))),
        Repair::Delete => (!path.is_empty()).then_some(place),
        Repair::Rename(name) => {
            let (parent, key) = split(path)?;
            let (parent, key) = (jq_path(&parent), literal(&Value::from(key)));
            let name = literal(&Value::from(name.as_str()));
            Some(format!(
                "{parent} |= (.[{name}] = .[{key}] | del(.[{key}]))"
            ))
        }
    }
}

/// A JSON text as a jq literal: a backslash before a parenthesis would start an interpolation, and JSON escapes never hold one.
fn literal(value: &Value) -> String {
    value.to_string()
}

fn jq_path(path: &str) -> String {
    format!(".{path}")
}

/// The path of the parent and the last key.
fn split(path: &str) -> Option<(String, String)> {
    if path.ends_with(']') {
        let start = path.rfind("[\"")?;
        let quoted = path.get(start + 1..path.len() - 1)?;
        let key = serde_json::from_str(quoted).ok()?;
        return Some((path.get(..start)?.to_owned(), key));
    }
    match path.rsplit_once('.') {
        Some((parent, key)) => Some((parent.to_owned(), key.to_owned())),
        None => Some((String::new(), path.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(path: &str, repair: Repair) -> Fault {
        Fault {
            range: 0..0,
            path: path.to_owned(),
            class: Class::Rejected,
            words: String::new(),
            repair: Some(repair),
        }
    }

    #[test]
    fn one_edit_fixes_them_all_and_deletes_last() {
        let faults = [
            fault("runtimes[0].x", Repair::Delete),
            fault("runtimes[0].networkMode", Repair::Set("VPC".into())),
            fault("runtimes[0].entrypont", Repair::Rename("entrypoint".into())),
            fault("tags[\"a b\"]", Repair::Delete),
        ];
        let remedy = of_document("agentcore/agentcore.json", &faults);
        let filter = ".runtimes[0].networkMode = \"VPC\" | .runtimes[0] |= (.[\"entrypoint\"] = .[\"entrypont\"] | del(.[\"entrypont\"])) | del(.runtimes[0].x, .tags[\"a b\"])";
        let command = remedy.command.map(|command| command.to_string());
        let file = "agentcore/agentcore.json";
        let expected = format!("jq '{filter}' {file} > {file}.tmp && mv {file}.tmp {file}");
        assert_eq!(command, Some(expected));
        assert!(remedy.complete);
    }
}
