//! What was packaged of an agent's code before: the zip that the template refers to, or that `agentcore package` left.

/// A packaged artifact.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Artifact {
    /// Path relative to the project root.
    pub path: String,
    /// True where the synthesized template refers to it.
    pub from_template: bool,
    /// Bytes of the zip.
    pub bytes: u64,
    /// Bytes of all entries, unpacked.
    pub unpacked: u64,
    /// Compressed and unpacked bytes by first path segment, largest first, at most ten.
    pub largest: Vec<(String, u64, u64)>,
    /// Why it could not be read, where it could not.
    pub unread: Option<String>,
}
