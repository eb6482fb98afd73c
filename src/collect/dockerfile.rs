//! Reads a Dockerfile: instructions with their places, continuation lines and heredocs joined.
//!
//! The published parser crate gives no positions, refuses `HEALTHCHECK` and lower-case keywords, and forgets which of the two
//! command forms was written; the grammar is line-based and small (<https://docs.docker.com/reference/dockerfile/#format>).

use std::collections::{BTreeMap, HashMap};

use crate::model::manifest::{Dockerfile, Instruction};
use crate::model::site::SourceText;

/// Parses the text of a Dockerfile. Nothing is refused: what is no instruction is kept under its first word.
pub fn parse(path: &str, text: &str) -> Dockerfile {
    let source = SourceText::new(path, text);
    let escape = escape_character(text);
    let mut instructions = Vec::new();
    let mut stage = None;
    let mut lines = Lines { text, at: 0 };
    while let Some((start, line)) = lines.next() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let (logical, end) = join(&mut lines, start, line, escape);
        let logical = logical.trim();
        let (keyword, rest) = logical
            .split_once(char::is_whitespace)
            .unwrap_or((logical, ""));
        let keyword = keyword.to_ascii_uppercase();
        let mut arguments = rest.trim().to_owned();
        let mut end = end;
        if matches!(keyword.as_str(), "RUN" | "COPY" | "ADD") {
            for marker in heredocs(&arguments) {
                end = read_heredoc(&mut lines, &marker, &mut arguments).unwrap_or(end);
            }
        }
        if keyword == "FROM" {
            stage = Some(stage.map_or(0, |index: usize| index + 1));
        }
        let exec = exec_form(&keyword, &arguments);
        let site = source.site(start + (line.len() - line.trim_start().len())..end);
        instructions.push(Instruction {
            keyword,
            arguments,
            exec,
            stage,
            site,
        });
    }
    let mut parsed = Dockerfile {
        source,
        instructions,
        scripts: BTreeMap::new(),
        missing: Vec::new(),
        renamed: HashMap::new(),
    };
    parsed.renamed = parsed.renames();
    parsed
}

struct Lines<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Iterator for Lines<'a> {
    type Item = (usize, &'a str);
    /// The byte offset and the text of the next line, without its line break.
    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let length = memchr::memchr(b'\n', rest.as_bytes()).map_or(rest.len(), |at| at + 1);
        let start = self.at;
        self.at += length;
        Some((start, rest.get(..length)?.trim_end_matches(['\n', '\r'])))
    }
}

/// `# escape=` on one of the first comment lines changes the continuation character.
fn escape_character(text: &str) -> char {
    let directives = text
        .lines()
        .map(str::trim)
        .take_while(|line| line.starts_with('#') && line.contains('='));
    for line in directives {
        if let Some((key, value)) = line.trim_start_matches('#').split_once('=')
            && key.trim().eq_ignore_ascii_case("escape")
        {
            return if value.trim() == "`" { '`' } else { '\\' };
        }
    }
    '\\'
}

/// Joins continuation lines; comments and empty lines between them are dropped. Gives the text and the end of the last line.
fn join(lines: &mut Lines<'_>, start: usize, first: &str, escape: char) -> (String, usize) {
    let mut text = first.to_owned();
    let mut end = start + first.len();
    while let Some(shorter) = text.trim_end().strip_suffix(escape) {
        text.truncate(shorter.len());
        let Some((at, line)) = lines.by_ref().find(|(_, line)| {
            let line = line.trim();
            !line.is_empty() && !line.starts_with('#')
        }) else {
            break;
        };
        text.push_str(line);
        end = at + line.len();
    }
    (text, end)
}

/// The end markers of the heredocs that a line opens.
fn heredocs(arguments: &str) -> Vec<String> {
    arguments
        .match_indices("<<")
        .filter_map(|(at, _)| {
            let rest = arguments
                .get(at + 2..)?
                .trim_start_matches('-')
                .trim_start_matches(['"', '\'']);
            let name: String = rest
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                .collect();
            (!name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit())).then_some(name)
        })
        .collect()
}

fn read_heredoc(lines: &mut Lines<'_>, marker: &str, into: &mut String) -> Option<usize> {
    let mut last = None;
    for (at, line) in lines {
        last = Some(at + line.len());
        if line.trim() == marker {
            break;
        }
        into.push('\n');
        into.push_str(line);
    }
    last
}

fn exec_form(keyword: &str, arguments: &str) -> Option<Vec<String>> {
    let takes = matches!(
        keyword,
        "CMD" | "ENTRYPOINT" | "RUN" | "SHELL" | "COPY" | "ADD" | "VOLUME"
    );
    if !takes || !arguments.starts_with('[') {
        return None;
    }
    // Not a JSON array of strings: Docker runs it through the shell.
    serde_json::from_str(arguments).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn starts(text: &str) -> Vec<String> {
        parse("Dockerfile", text).entry_words()
    }

    #[test]
    fn both_command_forms_and_continuations_are_read() {
        assert_eq!(
            starts("from a\nCMD [\"opentelemetry-instrument\", \\\n # why\n\n \"python\"]"),
            ["opentelemetry-instrument", "python"]
        );
        assert_eq!(
            starts("FROM a\nENTRYPOINT exec opentelemetry-instrument python main.py"),
            ["exec", "opentelemetry-instrument", "python", "main.py"]
        );
    }

    #[test]
    fn the_last_stage_counts_and_inherits() {
        assert_eq!(
            starts("FROM a AS base\nCMD [\"x\"]\nFROM b\nCMD [\"y\"]"),
            ["y"]
        );
        assert_eq!(
            starts("FROM a AS base\nENTRYPOINT [\"x\"]\nFROM Base\nCMD [\"y\"]"),
            ["x", "y"]
        );
        assert!(starts("FROM a\nRUN <<EOF\nCMD [\"no\"]\nEOF\n").is_empty());
    }

    #[test]
    fn places_span_the_continued_lines() {
        let file = parse("Dockerfile", "FROM a\n  CMD x \\\n    y\n");
        let span = file.instructions[1].site.span.unwrap();
        assert_eq!((span.line, span.column, span.end_line), (2, 3, 3));
    }
}
