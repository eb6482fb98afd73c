//! `schema`: the JSON Schemas of what is written and read, made from the very types that do it.

use std::io::Write;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::emit;
use crate::checks;
use crate::cli::{SchemaArgs, SchemaOf};
use crate::config::schema::{CheckName, File};
use crate::exit::{Exit, Failure};
use crate::model::aws::Snapshot;
use crate::render::json;
use crate::report::baseline::Baseline;
use crate::report::document::{Document, Run};

/// Where the schemas are published.
const HOME: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/raw/main/docs/schemas");

/// Prints a schema.
///
/// # Errors
/// When the output cannot be written.
pub fn run(arguments: &SchemaArgs, out: &mut dyn Write) -> Result<Exit, Failure> {
    let mut bytes = Vec::new();
    json::pretty(&schema(arguments.of), &mut bytes)?;
    emit(out, &bytes)?;
    Ok(Exit::Ready)
}

/// The schema of one kind of document.
pub fn schema(of: SchemaOf) -> Value {
    // A report is described as it is written; what is read, as it may be read.
    let written = || SchemaSettings::draft2020_12().for_serialize();
    let read = SchemaSettings::draft2020_12;
    match of {
        SchemaOf::Report => made::<Document>(
            written(),
            "report",
            "agentcore-harden report",
            "What `agentcore-harden check --json` prints for a project: its report, or why there is none. Fields are added, never changed or removed.",
        ),
        SchemaOf::Run => made::<Run>(
            written(),
            "run",
            "agentcore-harden run",
            "What `agentcore-harden check --json --combined` prints: the reports of all projects in one document.",
        ),
        SchemaOf::Config => with_checks(made::<File>(
            read(),
            "config",
            "agentcore-harden.toml",
            "Configuration of agentcore-harden, in the project root.",
        )),
        SchemaOf::Snapshot => made::<Snapshot>(
            read(),
            "snapshot",
            "agentcore-harden snapshot",
            "The AWS state that `agentcore-harden snapshot` writes and `check --snapshot` reads.",
        ),
        SchemaOf::Baseline => made::<Baseline>(
            read(),
            "baseline",
            "agentcore-harden baseline",
            "Findings that do not fail the run: what `check --baseline FILE --update-baseline` writes.",
        ),
    }
}

/// Names the checks that there are.
fn with_checks(mut schema: Value) -> Value {
    let ids: Vec<&str> = checks::all().map(|check| check.id).collect();
    if let Some(name) = schema.pointer_mut(&format!("/$defs/{}", CheckName::schema_name())) {
        *name = json!({"anyOf": [{"enum": ids}, {"type": "string", "pattern": "\\*"}]});
    }
    if let Some(Value::Object(severity)) = schema.pointer_mut("/properties/severity") {
        let name = json!({"$ref": format!("#/$defs/{}", CheckName::schema_name())});
        severity.insert("propertyNames".to_owned(), name);
    }
    schema
}

fn made<T: JsonSchema>(settings: SchemaSettings, name: &str, title: &str, what: &str) -> Value {
    let schema = settings.into_generator().into_root_schema_for::<T>();
    let mut of_type = match schema.to_value() {
        Value::Object(object) => object,
        other => return other,
    };
    let mut object = Map::new();
    if let Some(dialect) = of_type.remove("$schema") {
        object.insert("$schema".to_owned(), dialect);
    }
    for (key, value) in [
        ("$id", format!("{HOME}/{name}.schema.json")),
        ("title", title.to_owned()),
        ("description", what.to_owned()),
    ] {
        object.insert(key.to_owned(), value.into());
        of_type.remove(key);
    }
    object.extend(of_type);
    let mut schema = Value::Object(object);
    plain(&mut schema);
    schema
}

/// Takes out the formats of numbers: JSON Schema has none, and validators warn of what they do not know.
pub(super) fn plain(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            let number = |format: &Value| {
                let format = format.as_str().unwrap_or_default();
                ["int", "uint", "float", "double"]
                    .iter()
                    .any(|kind| format.starts_with(kind))
            };
            if object.get("format").is_some_and(number) {
                object.remove("format");
            }
            object.values_mut().for_each(plain);
        }
        Value::Array(items) => items.iter_mut().for_each(plain),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
