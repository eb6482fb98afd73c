//! One file: bytes to [`Module`].

use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::shared_names::SharedNames;
use super::{guard, lowered::Lowered, python, suppress, typescript};
use crate::model::site::{Site, SourceText};
use crate::model::source::index::Index;
use crate::model::source::ir::ByteRange;
use crate::model::source::module::ParseError;
use crate::model::source::{Language, Module, ModuleId, SourceNote, SourceNoteKind, scope};

/// Largest file that is parsed, in bytes: hand-written source is far below, bundles and generated tables are above.
pub const LARGEST: u64 = 5_000_000;

/// A parsed file and what is to be said about it.
pub struct Parsed {
    /// The module; empty when the file could not be read.
    pub module: Module,
    /// Syntax errors, refusals.
    pub notes: Vec<SourceNote>,
}

/// The language of a file name; None for what is not read (`.pyi` and `.d.ts` hold no code).
pub fn language_of(path: &str) -> Option<Language> {
    if path.ends_with(".d.ts") || path.ends_with(".d.mts") || path.ends_with(".d.cts") {
        return None;
    }
    match path.rsplit_once('.').map(|(_, extension)| extension)? {
        "py" => Some(Language::Python),
        "ts" | "tsx" | "mts" | "cts" | "js" | "jsx" | "mjs" | "cjs" => Some(Language::TypeScript),
        _ => None,
    }
}

/// Reads and parses a file. Never fails: a file that cannot be read is an empty module with a note.
pub fn parse_file(
    id: ModuleId,
    file: &Path,
    path: Arc<str>,
    name: &str,
    language: Language,
    names: &SharedNames,
) -> Parsed {
    match read(file) {
        Ok(text) => parse_text(id, path, name, language, text, names),
        Err((kind, message)) => {
            let note = SourceNote {
                kind,
                message,
                site: Site::file(path.clone()),
            };
            Parsed {
                module: empty(id, path, name, language, ""),
                notes: vec![note],
            }
        }
    }
}

fn read(file: &Path) -> Result<String, (SourceNoteKind, String)> {
    let unreadable = |error: std::io::Error| {
        (
            SourceNoteKind::Unreadable,
            format!("cannot be read: {error}"),
        )
    };
    let about = std::fs::metadata(file).map_err(unreadable)?;
    if !about.is_file() {
        return Err((SourceNoteKind::Unreadable, "is not a regular file".into()));
    }
    if about.len() > LARGEST {
        return Err((
            SourceNoteKind::TooLarge,
            format!("{} bytes, over the 5 MB that are parsed", about.len()),
        ));
    }
    let bytes = std::fs::read(file).map_err(unreadable)?;
    let not_text = |_| (SourceNoteKind::Unreadable, "is not UTF-8".to_owned());
    String::from_utf8(bytes).map_err(not_text)
}

/// Parses text that is already in memory.
pub fn parse_text(
    id: ModuleId,
    path: Arc<str>,
    name: &str,
    language: Language,
    text: String,
    names: &SharedNames,
) -> Parsed {
    let text = match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    };
    if let Some(why) = guard::too_deep(&text, language) {
        let site = Site::file(path.clone());
        let note = SourceNote {
            kind: SourceNoteKind::TooDeep,
            message: format!("not parsed: {why}"),
            site,
        };
        return Parsed {
            module: empty(id, path, name, language, &text),
            notes: vec![note],
        };
    }
    let lowered = match language {
        Language::Python => python::lower(id, names, &text),
        Language::TypeScript => typescript::lower(id, names, &path, &text),
    };
    finish(empty(id, path, name, language, &text), lowered)
}

fn empty(id: ModuleId, path: Arc<str>, name: &str, language: Language, text: &str) -> Module {
    Module {
        id,
        source: SourceText::new(path.clone(), text),
        path,
        language,
        name: name.into(),
        imports: Vec::new(),
        exports: Vec::new(),
        functions: Vec::new(),
        classes: Vec::new(),
        body: Vec::new(),
        scopes: vec![crate::model::source::module::Scope::default()],
        index: Index::default(),
        puts: OnceLock::new(),
        handlers: OnceLock::new(),
        uses: OnceLock::new(),
        clients: OnceLock::new(),
        bases: OnceLock::new(),
        leads: OnceLock::new(),
        made: OnceLock::new(),
        suppressions: Vec::new(),
        parse_errors: Vec::new(),
    }
}

fn finish(mut module: Module, lowered: Lowered) -> Parsed {
    let Lowered {
        low,
        body,
        comments,
        errors,
    } = lowered;
    let mut notes = Vec::new();
    for (message, range) in errors {
        let site = module.site(visible(range));
        notes.push(SourceNote {
            kind: SourceNoteKind::Syntax,
            message: message.clone(),
            site: site.clone(),
        });
        module.parse_errors.push(ParseError { message, site });
    }
    if low.cut {
        let message = "nested more than 250 levels deep; what is deeper was left out".to_owned();
        notes.push(SourceNote {
            kind: SourceNoteKind::TooDeep,
            message,
            site: Site::file(module.path.clone()),
        });
    }
    module.imports = low.imports;
    module.exports = low.exports;
    module.functions = low.functions;
    module.classes = low.classes;
    module.imports.shrink_to_fit();
    module.functions.shrink_to_fit();
    module.classes.shrink_to_fit();
    module.body = body;
    module.suppressions = suppress::find(&module.source, &comments);
    scope::bind(&mut module);
    module.index = Index::new(&module);
    Parsed { module, notes }
}

/// An empty range is shown as one character.
fn visible(range: ByteRange) -> ByteRange {
    ByteRange {
        start: range.start,
        end: range.end.max(range.start.saturating_add(1)),
    }
}
