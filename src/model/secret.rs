//! What is kept of a secret that was found: how sure it is, and what kind of file it stands in. Never its value.

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
