//! What is kept of a secret that was found: how sure it is, and what kind of file it stands in. Its value is kept only to cover it.

use std::collections::BTreeSet;
use std::fmt;

/// Values of secrets. Nothing shows them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Concealed(BTreeSet<String>);

impl Concealed {
    /// The values.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl Extend<String> for Concealed {
    fn extend<I: IntoIterator<Item = String>>(&mut self, values: I) {
        self.0.extend(values);
    }
}

impl fmt::Debug for Concealed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Concealed({})", self.0.len())
    }
}

/// What kind of file a hit stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Context {
    /// Source code and scripts.
    Code,
    /// Documents for readers.
    Document,
    /// Tests and their fixtures.
    Test,
    /// Configuration and data.
    Data,
}

/// How sure the engine is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// A random-looking literal assigned to a name that implies a secret.
    Low,
    /// A value of a vendor's alphabet and length behind the vendor's name.
    Medium,
    /// A form that only this secret has.
    High,
}
