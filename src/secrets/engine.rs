//! The keyword prefilter: one automaton over every keyword of every rule, and patterns compiled on first use.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use regex::bytes::{Regex, RegexBuilder};

use super::{Kind, Rule, Shape, kinds};

/// Words that start the search for an assigned literal.
const ASSIGNMENT_WORDS: &[&str] = &[
    "secret",
    "pass",
    "pwd",
    "token",
    "key",
    "credential",
    "_pat",
    "-pat",
];

/// What to try where a keyword stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Job {
    /// The format with this index.
    Format(usize),
    /// The named kind with this index.
    Named(usize),
    /// An assignment.
    Assignment,
    /// A PEM or OpenPGP block.
    Pem,
    /// A PuTTY key file.
    Putty,
    /// A PEM block in base64.
    PemBase64,
    /// A JSON Web Token.
    Jwt,
    /// The authority of an address.
    Address,
    /// An Authorization header.
    Authorization,
    /// A command line that has a password among its arguments.
    Command(usize),
}

/// A format ready to be tried.
pub(super) struct Format {
    /// Its kind.
    pub(super) kind: &'static Kind,
    /// How many bytes before the keyword a match may start.
    pub(super) lead: usize,
    pattern: &'static str,
    regex: OnceLock<Option<Regex>>,
}

impl Format {
    /// The compiled pattern; anchored when a match starts at the keyword. `None` if the table holds a pattern that does not compile.
    pub(super) fn regex(&self) -> Option<&Regex> {
        self.regex
            .get_or_init(|| {
                let anchored = if self.lead == 0 {
                    format!("^(?:{})", self.pattern)
                } else {
                    self.pattern.to_owned()
                };
                RegexBuilder::new(&anchored).unicode(false).build().ok()
            })
            .as_ref()
    }
}

/// A named kind ready to be tried.
pub(super) struct Named {
    /// Its kind.
    pub(super) kind: &'static Kind,
    /// Its shapes.
    pub(super) shapes: &'static [Shape],
}

/// Bytes from which the automaton that is fast to run, and slow to build, is worth its making.
const MUCH_TEXT: usize = 2 * 1024 * 1024;

/// The prefilter and the rules behind it.
pub(super) struct Engine {
    /// The keywords, by the automata's pattern number.
    keywords: Vec<String>,
    /// Finds every keyword: fast to build.
    small: AhoCorasick,
    /// The same, fast to run.
    large: OnceLock<Option<AhoCorasick>>,
    /// How many bytes were searched.
    searched: AtomicUsize,
    /// The jobs of each keyword, by the automaton's pattern number; the exact spelling that a format needs goes along.
    pub(super) jobs: Vec<Vec<(Job, Option<&'static str>)>>,
    /// The formats.
    pub(super) formats: Vec<Format>,
    /// The named kinds.
    pub(super) named: Vec<Named>,
}

impl Engine {
    /// What finds every keyword of a text. Both automata find the same.
    pub(super) fn automaton(&self, text: &str) -> &AhoCorasick {
        let before = self.searched.fetch_add(text.len(), Ordering::Relaxed);
        if before.saturating_add(text.len()) < MUCH_TEXT {
            return &self.small;
        }
        let large = self
            .large
            .get_or_init(|| automaton(&self.keywords, AhoCorasickKind::DFA));
        large.as_ref().unwrap_or(&self.small)
    }
}

fn automaton(keywords: &[String], kind: AhoCorasickKind) -> Option<AhoCorasick> {
    let mut builder = AhoCorasick::builder();
    builder
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::Standard)
        .kind(Some(kind))
        .build(keywords)
        .ok()
}

/// The engine, built once in the life of the process. `None` only if the automaton cannot be built at all.
pub(super) fn engine() -> Option<&'static Engine> {
    static ENGINE: OnceLock<Option<Engine>> = OnceLock::new();
    ENGINE.get_or_init(build).as_ref()
}

fn build() -> Option<Engine> {
    let mut keywords: BTreeMap<String, Vec<(Job, Option<&'static str>)>> = BTreeMap::new();
    let (mut formats, mut named) = (Vec::new(), Vec::new());
    for kind in kinds() {
        match &kind.rule {
            Rule::Format {
                keywords: words,
                pattern,
                lead,
            } => {
                for word in *words {
                    keywords
                        .entry(word.to_ascii_lowercase())
                        .or_default()
                        .push((Job::Format(formats.len()), Some(word)));
                }
                formats.push(Format {
                    kind,
                    lead: *lead,
                    pattern,
                    regex: OnceLock::new(),
                });
            }
            Rule::Named { words, shapes } => {
                for word in *words {
                    keywords
                        .entry(word.to_ascii_lowercase())
                        .or_default()
                        .push((Job::Named(named.len()), None));
                }
                named.push(Named { kind, shapes });
            }
            Rule::BuiltIn => {}
        }
    }
    for word in ASSIGNMENT_WORDS {
        keywords
            .entry((*word).to_owned())
            .or_default()
            .push((Job::Assignment, None));
    }
    for (index, command) in super::command::COMMANDS.iter().enumerate() {
        for name in command.names {
            keywords
                .entry((*name).to_owned())
                .or_default()
                .push((Job::Command(index), Some(name)));
        }
    }
    // In the spelling of camel case only: `giteaPat`.
    keywords
        .entry("pat".to_owned())
        .or_default()
        .push((Job::Assignment, Some("Pat")));
    let built_in: [(&'static str, Job); 9] = [
        ("-----BEGIN ", Job::Pem),
        ("PuTTY-User-Key-File-", Job::Putty),
        ("LS0tLS1CRUdJTi", Job::PemBase64),
        ("eyJ", Job::Jwt),
        ("://", Job::Address),
        ("bearer ", Job::Authorization),
        // `bearer: …`, `"bearer": "…"`.
        ("bearer", Job::Authorization),
        ("basic ", Job::Authorization),
        ("authorization", Job::Authorization),
    ];
    for (word, job) in built_in {
        let exact =
            matches!(job, Job::Jwt | Job::PemBase64 | Job::Pem | Job::Putty).then_some(word);
        keywords
            .entry(word.to_ascii_lowercase())
            .or_default()
            .push((job, exact));
    }
    let (keywords, jobs): (Vec<String>, Vec<_>) = keywords.into_iter().unzip();
    Some(Engine {
        small: automaton(&keywords, AhoCorasickKind::ContiguousNFA)?,
        large: OnceLock::new(),
        searched: AtomicUsize::new(0),
        keywords,
        jobs,
        formats,
        named,
    })
}
