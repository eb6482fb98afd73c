//! The tools: what each is called, reads and answers. Their schemas come from the types that are read and written.

mod check;
mod diagnose;
mod explain;
mod list;
mod plan;
mod policy;
mod token;

use std::sync::Arc;

use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::folder::Folder;
use crate::exit::Failure;

/// What a tool does with its arguments.
type Call = Box<dyn Fn(&Folder, Value) -> Result<Value, Failure> + Send + Sync>;

/// A tool.
pub(super) struct Entry {
    /// Its name.
    pub name: &'static str,
    title: &'static str,
    description: &'static str,
    input: Arc<JsonObject>,
    output: Arc<JsonObject>,
    reads_aws: bool,
    /// Answers a call.
    pub call: Call,
}

impl Entry {
    fn new<P, R>(
        name: &'static str,
        title: &'static str,
        description: &'static str,
        run: fn(&Folder, P) -> Result<R, Failure>,
    ) -> Self
    where
        P: DeserializeOwned + JsonSchema + 'static,
        R: Serialize + JsonSchema + 'static,
    {
        Self {
            name,
            title,
            description,
            input: schema::<P>(SchemaSettings::draft2020_12()),
            output: schema::<R>(SchemaSettings::draft2020_12().for_serialize()),
            reads_aws: false,
            call: Box::new(move |folder, arguments| {
                let arguments = serde_json::from_value(arguments).map_err(|error| {
                    Failure::new(format!("arguments of {name}: {error}"))
                        .help("its input schema says which there are")
                })?;
                let answer = run(folder, arguments)?;
                serde_json::to_value(answer).map_err(|error| Failure::new(error.to_string()))
            }),
        }
    }

    /// It reads the live account where the server may.
    fn reads_aws(mut self) -> Self {
        self.reads_aws = true;
        self
    }

    /// As the protocol lists it.
    pub fn tool(&self, online: bool) -> Tool {
        let annotations = ToolAnnotations::with_title(self.title)
            .read_only(true)
            .destructive(false)
            .idempotent(true)
            .open_world(self.reads_aws && online);
        Tool::new(self.name, self.description, Arc::clone(&self.input))
            .with_title(self.title)
            .with_raw_output_schema(Arc::clone(&self.output))
            .with_annotations(annotations)
    }
}

/// A schema in one piece: not every client follows references.
fn schema<T: JsonSchema>(mut settings: SchemaSettings) -> Arc<JsonObject> {
    settings.inline_subschemas = true;
    settings.meta_schema = None;
    let mut generator = settings.into_generator();
    let schema: Schema = generator.root_schema_for::<T>();
    let mut schema = schema.to_value();
    crate::commands::schema::plain(&mut schema);
    let mut object = match schema {
        Value::Object(object) => object,
        _ => JsonObject::new(),
    };
    object.remove("title");
    object.remove("description");
    // A tool without parameters has none, and says so.
    object
        .entry("properties")
        .or_insert_with(|| Value::Object(JsonObject::new()));
    Arc::new(object)
}

/// Every tool. None writes a file, none runs code of the project: `measure` and `--fix` are for people.
pub(super) fn all() -> Vec<Entry> {
    vec![
        Entry::new(
            "check",
            "Audit the project",
            "Audits the AgentCore projects of the folder: verdict, counts and findings, worst first, each with its place and best fix. \
             Narrow with path, only, runtime, severity, since; with detail it gives all evidence and fixes.",
            check::run,
        )
        .reads_aws(),
        Entry::new(
            "explain",
            "Explain a check",
            "What a check looks for, why it matters (a bad and a good example), how it decides, how to fix it, sources.",
            explain::run,
        ),
        Entry::new(
            "plan",
            "Plan all fixes",
            "All fixes of a project as one ordered list without repetition: edits as diffs, what only a person can do, commands, one deploy at the end.",
            plan::run,
        )
        .reads_aws(),
        Entry::new(
            "policy",
            "Least-privilege IAM",
            "The IAM policy that a runtime needs, worked out from its code and resources: its execution role, trust, or the policy of its callers; with the commands that apply it.",
            policy::run,
        ),
        Entry::new(
            "token",
            "Explain a JWT",
            "Decodes a JWT and says whether a runtime or gateway of the project would accept it, step by step, and what to change. The token is not sent anywhere.",
            token::run,
        )
        .reads_aws(),
        Entry::new(
            "diagnose",
            "Diagnose an error",
            "From a pasted error or log (AccessDenied, 401, 403, 424, throttling, a quota, validation, missing module, …) to its cause in the project and what to do.",
            diagnose::run,
        )
        .reads_aws(),
        Entry::new(
            "list",
            "List the checks",
            "Every check with category, severity and the evidence that it needs.",
            list::run,
        ),
    ]
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_reads_only_and_has_both_schemas() {
        for entry in all() {
            let tool = entry.tool(true);
            let annotations = tool.annotations.unwrap();
            assert_eq!(annotations.read_only_hint, Some(true), "{}", entry.name);
            for schema in [&tool.input_schema, tool.output_schema.as_ref().unwrap()] {
                assert_eq!(schema["type"], "object", "{}", entry.name);
                let text = serde_json::to_string(&**schema).unwrap();
                assert!(!text.contains("$ref"), "{}: {text}", entry.name);
                assert!(
                    !text.contains("\"format\":\"uint"),
                    "{}: {text}",
                    entry.name
                );
            }
        }
    }

    /// A model reads all of them before its first call.
    #[test]
    fn the_list_of_tools_is_small() {
        let shown: usize = all()
            .iter()
            .map(|entry| {
                entry.description.len() + serde_json::to_string(&*entry.input).unwrap().len()
            })
            .sum();
        assert!(shown < 8_000, "{shown} bytes");
    }
}
