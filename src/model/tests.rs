//! What the tests in the tree exercise, as far as reading tells.

use std::collections::BTreeMap;

use super::site::Site;

/// The facts about tests.
#[derive(Clone, Debug, Default)]
pub struct TestFacts {
    /// How many test files were read.
    pub files: usize,
    /// Where tests or scripts invoke an agent, and how.
    pub invocations: Vec<TestSite>,
    /// Where a tool, a model or a client is made to fail.
    pub failures: Vec<TestSite>,
    /// Where a double fails in a test that no import leads from to the code of a runtime.
    pub elsewhere: Vec<TestSite>,
    /// Where only a raised error is expected, without anything being made to fail.
    pub raises: Vec<Site>,
    /// Where memory is written in one session and read in another.
    pub cross_session: Vec<TestSite>,
    /// The sizes in bytes of the datasets that the configuration names, by name; none where the file is not there.
    pub datasets: BTreeMap<String, Option<u64>>,
    /// Test files that could not be read or parsed.
    pub unread: Vec<String>,
}

/// A place in a test and what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestSite {
    /// Where.
    pub site: Site,
    /// What, in words.
    pub what: String,
    /// The runtimes whose entrypoint it is, where that can be told; empty for any.
    pub runtimes: Vec<String>,
}
