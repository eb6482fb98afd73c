//! The commands that mend a fault where only one value can be meant.

use serde_json::Value;

use super::schema::{Class, Fault, Repair};
use crate::report::Fix;
use crate::shell::jq_edit;

/// One fix for all faults of a document that one value mends; `None` where there is none.
pub fn of_document(path: &str, faults: &[Fault]) -> Option<Fix> {
    let mut filters = Vec::new();
    let mut what = Vec::new();
    let mendable = faults.iter().filter(|fault| fault.class != Class::Note);
    for fault in mendable {
        let Some(repair) = &fault.repair else {
            continue;
        };
        let Some(filter) = filter(&fault.path, repair) else {
            continue;
        };
        filters.push((deletes(repair), filter));
        what.push(if fault.path.is_empty() {
            "(root)"
        } else {
            &fault.path
        });
    }
    if filters.is_empty() {
        return None;
    }
    // Items are deleted last and from the end, so that no index moves under a later filter.
    filters.sort_by_key(|(deletes, _)| *deletes);
    let (deleted, others): (Vec<_>, Vec<_>) =
        filters.into_iter().partition(|(deletes, _)| *deletes);
    let mut steps: Vec<String> = others.into_iter().map(|(_, filter)| filter).collect();
    if !deleted.is_empty() {
        let paths: Vec<String> = deleted.into_iter().map(|(_, path)| path).collect();
        steps.push(format!("del({})", paths.join(", ")));
    }
    steps.dedup();
    let title = format!("Set what is meant in {path}: {}", what.join(", "));
    let fix = Fix::new(title).command(jq_edit(path, &steps.join(" | "), &[]));
    let clamped = faults
        .iter()
        .any(|fault| matches!(fault.repair, Some(Repair::Set(Value::Number(_)))));
    Some(if clamped {
        fix.note("Where a number was out of range, the command sets the nearest that is allowed: choose your own if you know better.")
    } else {
        fix
    })
}

fn deletes(repair: &Repair) -> bool {
    matches!(repair, Repair::Delete)
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
    fn one_edit_mends_them_all_and_deletes_last() {
        let faults = [
            fault("runtimes[0].x", Repair::Delete),
            fault("runtimes[0].networkMode", Repair::Set("VPC".into())),
            fault("runtimes[0].entrypont", Repair::Rename("entrypoint".into())),
            fault("tags[\"a b\"]", Repair::Delete),
        ];
        let fix = of_document("agentcore/agentcore.json", &faults).map(|fix| fix.commands);
        let filter = ".runtimes[0].networkMode = \"VPC\" | .runtimes[0] |= (.[\"entrypoint\"] = .[\"entrypont\"] | del(.[\"entrypont\"])) | del(.runtimes[0].x, .tags[\"a b\"])";
        assert_eq!(
            fix,
            Some(vec![format!(
                "jq '{filter}' agentcore/agentcore.json > agentcore/agentcore.json.tmp && mv agentcore/agentcore.json.tmp agentcore/agentcore.json"
            )])
        );
    }
}
