//! The published schemas hold for everything that is written, and describe every field of it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

use agentcore_harden::cli::SchemaOf;
use agentcore_harden::commands::schema::schema;
use boon::{Compiler, SchemaIndex, Schemas};
use clap::ValueEnum;
use serde_json::{Value, json};

use crate::support::report;

/// A compiled schema.
pub struct Validator {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Validator {
    pub fn new(schema: Value) -> Self {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.enable_format_assertions();
        let home = "https://schemas.test/one.json";
        let mut schema = schema;
        if let Some(object) = schema.as_object_mut() {
            object.remove("$id");
        }
        compiler.add_resource(home, schema).unwrap();
        let index = compiler.compile(home, &mut schemas).unwrap();
        Self { schemas, index }
    }

    pub fn check(&self, value: &Value, what: &str) {
        if let Err(error) = self.schemas.validate(value, self.index) {
            panic!("{what}: {error:#}");
        }
    }

    pub fn refuses(&self, value: &Value) -> bool {
        self.schemas.validate(value, self.index).is_err()
    }
}

/// The schema, which lets fields be added, as it is without that: what is not described is refused.
fn closed(mut schema: Value) -> Value {
    fn close(value: &mut Value) {
        match value {
            Value::Object(object) => {
                let described = object.get("properties").is_some_and(Value::is_object);
                if described && !object.contains_key("additionalProperties") {
                    object.insert("additionalProperties".to_owned(), json!(false));
                }
                object.values_mut().for_each(close);
            }
            Value::Array(items) => items.iter_mut().for_each(close),
            _ => {}
        }
    }
    close(&mut schema);
    schema
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn name(of: SchemaOf) -> String {
    of.to_possible_value().unwrap().get_name().to_owned()
}

/// `UPDATE_SCHEMAS=1` writes them.
#[test]
fn the_schemas_of_the_repository_are_those_of_the_program() {
    for of in SchemaOf::value_variants() {
        let path = root().join(format!("docs/schemas/{}.schema.json", name(*of)));
        let text = serde_json::to_string_pretty(&schema(*of)).unwrap() + "\n";
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &text).unwrap();
        }
        let found = fs::read_to_string(&path).unwrap_or_default();
        assert!(found == text, "{}: UPDATE_SCHEMAS=1", path.display());
    }
}

/// Every project below `fixtures`, with what its case wants to be given.
fn fixtures() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(root().join("fixtures")) {
        let entry = entry.unwrap();
        if entry.path().ends_with("agentcore/agentcore.json") {
            found.push(entry.path().ancestors().nth(2).unwrap().to_path_buf());
        }
    }
    found.sort();
    found
}

fn check(arguments: &[&str]) -> (Value, u8) {
    let words = ["agentcore-harden", "check", "--offline", "--json"];
    let words: Vec<std::ffi::OsString> = words
        .iter()
        .chain(arguments)
        .map(std::ffi::OsString::from)
        .collect();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let exit = agentcore_harden::main(&words, &mut out, &mut err);
    let text = String::from_utf8(out).unwrap();
    let value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    (value, exit.code())
}

/// A part of the fixtures, spread over all checks: an audit of every one is what `checks::` does.
#[test]
fn every_report_fits_its_schema() {
    let validator = Validator::new(closed(schema(SchemaOf::Report)));
    let projects = fixtures();
    let step = (projects.len() / 100).max(1);
    let mut statuses = std::collections::BTreeSet::new();
    let (mut seen, mut failed) = (0, 0);
    for project in projects.iter().step_by(step) {
        let (report, exit) = check(&[project.to_str().unwrap()]);
        validator.check(&report, &project.display().to_string());
        match report.get("error") {
            Some(_) => {
                assert_eq!(exit, 2, "{}", project.display());
                failed += 1;
            }
            None => {
                let results = report["results"].as_array().unwrap();
                statuses.extend(results.iter().map(|one| one["status"].to_string()));
                seen += 1;
            }
        }
    }
    assert!(seen > 60, "{seen} reports, {failed} without");
    assert_eq!(statuses.len(), 5, "{statuses:?}");
}

#[test]
fn a_report_with_everything_in_it_fits() {
    let validator = Validator::new(closed(schema(SchemaOf::Report)));
    let text = serde_json::to_value(report("Support", "open-gateway")).unwrap();
    validator.check(&text, "the report of the renderers' tests");
    let mut broken = text;
    broken["results"][0]["status"] = json!("passed");
    assert!(validator.refuses(&broken));
    let refused = json!({"schemaVersion": 1, "error": {"message": "no project", "help": null}});
    validator.check(&refused, "an error");
    assert!(validator.refuses(&json!({"schemaVersion": 1})));
}

#[test]
fn one_document_holds_one_project_or_several() {
    let validator = Validator::new(closed(schema(SchemaOf::Run)));
    let (one, exit) = check(&["--combined", "fixtures/projects/clean-agent"]);
    validator.check(&one, "one");
    assert_eq!((exit, &one["ready"]), (0, &json!(true)));
    let (several, exit) = check(&["--combined", "fixtures/projects"]);
    validator.check(&several, "several");
    assert_eq!((exit, &several["ready"]), (1, &json!(false)));
    assert!(several["reports"].as_array().unwrap().len() > 1);
    let (none, exit) = check(&["--combined", "fixtures/nowhere"]);
    assert_eq!(exit, 2);
    Validator::new(closed(schema(SchemaOf::Report))).check(&none, "none");
}

#[test]
fn snapshots_and_baselines_fit() {
    let validator = Validator::new(closed(schema(SchemaOf::Snapshot)));
    let mut seen = 0;
    for entry in walkdir::WalkDir::new(root().join("fixtures")) {
        let entry = entry.unwrap();
        let json = entry.path().extension().is_some_and(|name| name == "json");
        let text = match json {
            true => fs::read_to_string(entry.path()).unwrap_or_default(),
            false => continue,
        };
        let Ok(value) = serde_json::from_str::<Value>(&text) else {
            continue;
        };
        if value.get("takenAt").is_some() && value.get("state").is_some() {
            // What is read may lack what a later version added, and hold what an earlier one wrote.
            let snapshot: agentcore_harden::model::aws::Snapshot =
                serde_json::from_value(value).unwrap();
            let written = serde_json::to_value(&snapshot).unwrap();
            validator.check(&written, &entry.path().display().to_string());
            seen += 1;
        }
    }
    assert!(seen > 50, "{seen} snapshots");

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("baseline.json");
    let text = file.to_str().unwrap();
    check(&[
        "fixtures/projects/insecure-agent",
        "--baseline",
        text,
        "--update-baseline",
    ]);
    let written: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    assert!(!written["entries"].as_array().unwrap().is_empty());
    Validator::new(closed(schema(SchemaOf::Baseline))).check(&written, "the baseline");
}

#[test]
fn the_documented_configuration_fits() {
    let validator = Validator::new(schema(SchemaOf::Config));
    let page = fs::read_to_string(root().join("docs/configuration.md")).unwrap();
    let text = page
        .split("```toml\n")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    let value: toml::Value = toml::from_str(text).unwrap();
    let value = plain(value);
    validator.check(&value, "docs/configuration.md");
    for (pointer, wrong) in [
        ("/fail-on", json!("hgh")),
        ("/runtimes/Support/workload", json!("chatt")),
        ("/runtimes/Support/job-seconds", json!(-1)),
        ("/severity/perf-unused-dependencies", json!("none")),
        ("/ignore/0/check", json!("no-such-check")),
        ("/ignore/0/reason", json!("")),
        ("/accept/0/expires", json!("soon")),
    ] {
        let mut broken = value.clone();
        match broken.pointer_mut(pointer) {
            Some(place) => *place = wrong,
            None => broken["runtimes"]["Support"]["job-seconds"] = wrong,
        }
        assert!(validator.refuses(&broken), "{pointer}");
    }
    let mut unknown = value;
    unknown["failon"] = json!("high");
    assert!(validator.refuses(&unknown));
}

/// As editors see TOML: a day is a text.
fn plain(value: toml::Value) -> Value {
    match value {
        toml::Value::Datetime(day) => json!(day.to_string()),
        toml::Value::Array(items) => items.into_iter().map(plain).collect(),
        toml::Value::Table(table) => {
            let members = table.into_iter().map(|(key, value)| (key, plain(value)));
            Value::Object(members.collect())
        }
        other => serde_json::to_value(other).unwrap(),
    }
}
