//! Secret detection: finds hard-coded credentials in text without any I/O, and never keeps one unmasked.
//!
//! One Aho-Corasick pass over the bytes finds keywords (a vendor's token prefix, a vendor's name, words such as
//! `token`); only where a keyword stands is a rule tried, on a window of bounded size, so the work is linear in
//! the length of the text however long its lines are. Three families of rules follow a keyword:
//!
//! * **formats** (`Rule::Format`): values that say themselves whose they are (`ghp_…`, `AKIA…`, webhook addresses);
//! * **named values** (`Rule::Named`): a value of a vendor's alphabet and length behind the vendor's name;
//! * **built-in rules** (`Rule::BuiltIn`): private keys, JSON Web Tokens, addresses with a password, service
//!   account files, passwords among the arguments of commands and assignments of random-looking literals to names that imply a secret.
//!
//! What is not reported: see `decoys` (placeholders, sequences, hashes, ids, references to variables). Local
//! addresses whose password is a well-known default (`postgres:postgres@localhost`) are not secrets; any other
//! password in an address is, wherever the host is.

mod assign;
mod automaton;
mod command;
mod context;
mod decoys;
mod demand;
mod engine;
pub(crate) mod form;
mod judge;
mod kinds;
pub(crate) mod mask;
mod material;
mod named;
pub mod names;
pub mod redact;
mod scan;
mod split;
mod text;
mod typed;
mod value;
pub(crate) mod values;

#[cfg(test)]
mod tests;

pub use context::{Context, is_binary};
pub use scan::{Confidence, Hit, Options, scan};
pub use value::secret_variable;

/// The trade of the vendor that issues a kind of secret; used to group findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Area {
    /// Model providers and tools for agents.
    Models,
    /// Clouds, hosting platforms, networks and infrastructure tools.
    Cloud,
    /// Source hosts, builds and code quality.
    Source,
    /// Chat and collaboration messages.
    Chat,
    /// Payment and commerce.
    Payment,
    /// Mail, telephony and push messages.
    Mail,
    /// Databases, search engines and data platforms.
    Data,
    /// Observability and incident response.
    Observability,
    /// Package registries.
    Registry,
    /// Identity providers and stores of secrets.
    Identity,
    /// Work and business applications.
    Business,
    /// Public data interfaces: weather, maps, finance, scraping.
    Public,
    /// No vendor: keys, tokens and passwords by their form.
    Generic,
}

/// A kind of secret.
#[derive(Debug)]
pub struct Kind {
    /// Stable id in kebab case.
    pub id: &'static str,
    /// What a report calls it, vendor first.
    pub title: &'static str,
    /// The trade of the vendor.
    pub area: Area,
    /// Where the vendor documents the credential.
    pub reference: &'static str,
    /// How it is recognised.
    pub(crate) rule: Rule,
}

/// How a kind of secret is recognised.
#[derive(Debug)]
pub(crate) enum Rule {
    /// The value has a form of its own.
    Format {
        /// Literal parts of the form; the pattern is tried where one of them stands.
        keywords: &'static [&'static str],
        /// Regular expression; its first group is the secret, without one the whole match is.
        pattern: &'static str,
        /// How many bytes before the keyword a match may start.
        lead: usize,
    },
    /// The value follows the vendor's name.
    Named {
        /// Spellings of the vendor's name in lower case.
        words: &'static [&'static str],
        /// Forms of the value.
        shapes: &'static [Shape],
    },
    /// Recognised by code.
    BuiltIn,
}

/// Alphabet and length of a value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// Which characters it is made of.
    pub(crate) alphabet: Alphabet,
    /// Fewest characters.
    pub(crate) least: usize,
    /// Most characters.
    pub(crate) most: usize,
}

/// Alphabets of credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alphabet {
    /// `0-9`, `a-f` in either case.
    Hex,
    /// `0-9a-z`.
    Lower,
    /// `0-9A-Z`.
    Upper,
    /// `0-9A-Za-z`.
    Alnum,
    /// Letters, digits, `_` and `-`.
    Word,
    /// Letters, digits, `_`, `-` and `.`.
    Dotted,
    /// Letters, digits, `+`, `/` and closing `=`.
    Base64,
    /// Groups of hexadecimal digits, 8-4-4-4-12.
    Uuid,
}

/// Every kind that the engine knows, in a fixed order.
pub fn kinds() -> impl Iterator<Item = &'static Kind> {
    kinds::TABLES.iter().flat_map(|table| table.iter())
}
