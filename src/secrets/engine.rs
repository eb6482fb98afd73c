//! The keywords of every rule, which one automaton finds, and patterns compiled on first use.

use std::sync::{LazyLock, OnceLock};

use regex::bytes::{Regex, RegexBuilder};

use super::command::COMMANDS;
use super::demand::Demand;
use super::kinds::TABLES;
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
    /// Made where a keyword of the format stands, as few of a thousand do.
    read: OnceLock<Box<Read>>,
}

/// A pattern that was read.
struct Read {
    demand: Demand,
    regex: OnceLock<Option<Regex>>,
}

impl Format {
    /// The pattern, where a match may begin at the start of the text (or anywhere in it, for one that may begin before its keyword):
    /// few keywords stand before a value, and most patterns are never compiled.
    pub(super) fn pattern_for(&self, text: &[u8]) -> Option<&Regex> {
        let read = self.read();
        let may_match = || read.demand.may_match(text, self.lead == 0);
        match read.regex.get() {
            Some(compiled) => compiled.as_ref(),
            None => may_match().then(|| self.regex()).flatten(),
        }
    }

    /// The compiled pattern; anchored when a match starts at the keyword. `None` if the table holds a pattern that does not compile.
    pub(super) fn regex(&self) -> Option<&Regex> {
        let compiled = self.read().regex.get_or_init(|| {
            let anchored = if self.lead == 0 {
                format!("^(?:{})", self.pattern)
            } else {
                self.pattern.to_owned()
            };
            RegexBuilder::new(&anchored).unicode(false).build().ok()
        });
        compiled.as_ref()
    }

    fn read(&self) -> &Read {
        self.read.get_or_init(|| {
            Box::new(Read {
                demand: Demand::of(self.pattern),
                regex: OnceLock::new(),
            })
        })
    }
}

/// A named kind ready to be tried.
pub(super) struct Named {
    /// Its kind.
    pub(super) kind: &'static Kind,
    /// Its shapes.
    pub(super) shapes: &'static [Shape],
}

/// A keyword, and what is tried where it stands.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    /// The keyword.
    pub(super) word: &'static str,
    /// What is tried.
    pub(super) job: Job,
    /// Whether the keyword counts only in its own spelling.
    pub(super) exact: bool,
}

/// Every keyword, as often as something is tried for it.
pub(super) static ENTRIES: [Entry; Entries::<0>::of_rules().count] = Entries::of_rules().entries;

/// A list that is filled while the program is compiled; of length zero it only counts.
struct Entries<const MOST: usize> {
    entries: [Entry; MOST],
    count: usize,
}

impl<const MOST: usize> Entries<MOST> {
    const fn add(&mut self, word: &'static str, job: Job, exact: bool) {
        if self.count < MOST {
            self.entries[self.count] = Entry { word, job, exact };
        }
        self.count += 1;
    }

    const fn add_all(&mut self, words: &[&'static str], job: Job, exact: bool) {
        let mut at = 0;
        while at < words.len() {
            self.add(words[at], job, exact);
            at += 1;
        }
    }

    const fn of_rules() -> Self {
        const NONE: Entry = Entry {
            word: "",
            job: Job::Assignment,
            exact: false,
        };
        let mut all = Self {
            entries: [NONE; MOST],
            count: 0,
        };
        let (mut table, mut format, mut named) = (0, 0, 0);
        while table < TABLES.len() {
            let mut kind = 0;
            while kind < TABLES[table].len() {
                match &TABLES[table][kind].rule {
                    Rule::Format { keywords, .. } => {
                        all.add_all(keywords, Job::Format(format), true);
                        format += 1;
                    }
                    Rule::Named { words, .. } => {
                        all.add_all(words, Job::Named(named), false);
                        named += 1;
                    }
                    Rule::BuiltIn => {}
                }
                kind += 1;
            }
            table += 1;
        }
        all.add_all(ASSIGNMENT_WORDS, Job::Assignment, false);
        let mut command = 0;
        while command < COMMANDS.len() {
            all.add_all(COMMANDS[command].names, Job::Command(command), true);
            command += 1;
        }
        // In the spelling of camel case only: `giteaPat`.
        all.add("Pat", Job::Assignment, true);
        all.add("-----BEGIN ", Job::Pem, true);
        all.add("PuTTY-User-Key-File-", Job::Putty, true);
        all.add("LS0tLS1CRUdJTi", Job::PemBase64, true);
        all.add("eyJ", Job::Jwt, true);
        all.add("://", Job::Address, false);
        all.add("bearer ", Job::Authorization, false);
        // `bearer: …`, `"bearer": "…"`.
        all.add("bearer", Job::Authorization, false);
        all.add("basic ", Job::Authorization, false);
        all.add("authorization", Job::Authorization, false);
        all
    }
}

/// The rules behind the keywords.
pub(super) struct Engine {
    /// The formats.
    pub(super) formats: Vec<Format>,
    /// The named kinds.
    pub(super) named: Vec<Named>,
}

/// The engine, built once in the life of the process.
pub(super) fn engine() -> &'static Engine {
    static ENGINE: LazyLock<Engine> = LazyLock::new(Engine::of_rules);
    &ENGINE
}

impl Engine {
    /// In the order in which [`ENTRIES`] counts them.
    fn of_rules() -> Self {
        let (mut formats, mut named) = (Vec::new(), Vec::new());
        for kind in kinds() {
            match &kind.rule {
                Rule::Format { pattern, lead, .. } => formats.push(Format {
                    kind,
                    lead: *lead,
                    pattern,
                    read: OnceLock::new(),
                }),
                Rule::Named { shapes, .. } => named.push(Named { kind, shapes }),
                Rule::BuiltIn => {}
            }
        }
        Self { formats, named }
    }
}
