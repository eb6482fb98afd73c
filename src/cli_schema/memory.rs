//! `memories[]`.

use super::fault::{Repair, Scope};
use super::patterns::{ANY_TEXT, NAME, TAGS};
use super::shape::{
    FILLED, List, Object, Pattern, Shape, TEXT, list, list_of, may, must, open, unique, whole,
};
use crate::model::json::Node;

/// Strategy types.
pub const STRATEGY_TYPE: Shape =
    Shape::Choice(&["SEMANTIC", "SUMMARIZATION", "USER_PREFERENCE", "EPISODIC"]);

static STRATEGY_OBJECT: Object = open(&[
    must("type", STRATEGY_TYPE),
    may("name", NAME.shape()),
    may("description", TEXT.shape()),
    may("namespaceTemplates", list(&ANY_TEXT)),
    may("namespaces", list(&ANY_TEXT)),
    may("reflectionNamespaceTemplates", list(&ANY_TEXT)),
    may("reflectionNamespaces", list(&ANY_TEXT)),
])
.rules(&[one_spelling, reflection]);
static STRATEGY: Shape = Shape::Object(&STRATEGY_OBJECT);

fn one_spelling(scope: &mut Scope<'_, '_>) {
    for (old, new) in [
        ("namespaces", "namespaceTemplates"),
        ("reflectionNamespaces", "reflectionNamespaceTemplates"),
    ] {
        if scope.count(old) > 0 && scope.count(new) > 0 {
            let words = format!("must not be set together with {new}, which replaced it");
            scope.fixable(old, words, Repair::Delete);
        }
    }
}

fn reflection(scope: &mut Scope<'_, '_>) {
    let key = "reflectionNamespaceTemplates";
    let texts = |new: &str, old: &str| {
        let node = scope.get(new).or_else(|| scope.get(old))?;
        Some(
            node.items()
                .iter()
                .filter_map(Node::as_str)
                .collect::<Vec<_>>(),
        )
    };
    let reflections = texts(key, "reflectionNamespaces");
    let templates = texts("namespaceTemplates", "namespaces");
    if scope.text("type") != Some("EPISODIC") {
        if scope.has(key) || scope.has("reflectionNamespaces") {
            scope.fault(key, "is only for EPISODIC strategies");
        }
        return;
    }
    let reflections = reflections.unwrap_or_default();
    if reflections.is_empty() {
        return scope.fault(key, "is missing: an EPISODIC strategy needs one");
    }
    let Some(templates) = templates else { return };
    let covered = |reflection: &&str| {
        templates
            .iter()
            .any(|template| template.starts_with(reflection))
    };
    if let Some(stray) = reflections.iter().find(|reflection| !covered(reflection)) {
        scope.fault(
            key,
            format!("must begin a namespaceTemplate; none begins with {stray}"),
        );
    }
}

static CONTENT_OBJECT: Object = open(&[
    must("type", Shape::Choice(&["MEMORY_RECORDS"])),
    must("level", Shape::Choice(&["FULL_CONTENT", "METADATA_ONLY"])),
]);
static CONTENT: Shape = Shape::Object(&CONTENT_OBJECT);
static KINESIS: Object = open(&[
    must("dataStreamArn", FILLED.shape()),
    must("contentConfigurations", list_of(&CONTENT, 1, usize::MAX)),
]);
static STREAM_OBJECT: Object = open(&[must("kinesis", Shape::Object(&KINESIS))]);
static STREAM: Shape = Shape::Object(&STREAM_OBJECT);
static STREAMS: Object = open(&[must("resources", list_of(&STREAM, 1, usize::MAX))]);

static INDEX_FORM: Pattern = Pattern::new(
    r"^[a-zA-Z0-9\t\n\x0b\x0c\r \u{a0}\u{1680}\u{2000}-\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}\u{feff}._:/=+@-]+$",
    "letters, digits, white space and . _ : / = + @ -",
);
fn not_blank(text: &str) -> Option<&'static str> {
    let blank = text
        .trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
        .is_empty();
    blank.then_some("must not be blank")
}
static INDEXED_OBJECT: Object = open(&[
    must(
        "key",
        FILLED.max(128).like(&INDEX_FORM).test(not_blank).shape(),
    ),
    must("type", Shape::Choice(&["STRING", "STRINGLIST", "NUMBER"])),
]);
static INDEXED: Shape = Shape::Object(&INDEXED_OBJECT);

static MEMORY_OBJECT: Object = open(&[
    must("name", NAME.shape()),
    must("eventExpiryDuration", whole(3.0, 365.0)),
    may("strategies", unique(&STRATEGY, "type")),
    may(
        "indexedKeys",
        Shape::List(List {
            item: &INDEXED,
            min: 0,
            max: 10,
            unique: Some("key"),
        }),
    ),
    may("tags", TAGS),
    may("encryptionKeyArn", TEXT.shape()),
    may("executionRoleArn", TEXT.shape()),
    may("streamDeliveryResources", Shape::Object(&STREAMS)),
])
.rules(&[|scope| {
    if scope.count("indexedKeys") > 0 && scope.count("strategies") == 0 {
        scope.fault(
            "indexedKeys",
            "needs a strategy: without one there are no long-term records to index",
        );
    }
}]);
/// An entry of `memories`.
pub static MEMORY: Shape = Shape::Object(&MEMORY_OBJECT);
