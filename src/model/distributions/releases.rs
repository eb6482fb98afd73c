//! Which names a release took away, and which releases others let in: data beside this file, read off the releases' own wheels
//! in November 2026.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::LazyLock;

use pep440_rs::Version;

use super::{names, rows};

/// Lines of `module or package, its distribution, the first release without these names, the newest release, the names`; `*` says
/// that the module itself is gone.
const GONE: &str = include_str!("gone.tsv");
/// Lines of `distribution or distribution[extra], what it brings, its newest release, the first release of that which it does
/// not let in` (empty where it sets no limit).
const LIMITS: &str = include_str!("limits.tsv");

/// What a release took away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gone {
    /// The module or package that the name was in.
    pub module: &'static str,
    /// The name.
    pub name: &'static str,
    /// The distribution.
    pub distribution: &'static str,
    /// The first release without it.
    pub since: Version,
    /// The newest release when the table was made; it does not have the name either.
    pub newest: Version,
}

/// What one distribution lets in of another that it brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The newest release of the one that limits, which this was read off.
    pub newest: Version,
    /// The first release that is not let in; none where there is no limit.
    pub below: Option<Version>,
}

static GONE_ROWS: LazyLock<BTreeMap<&'static str, Vec<&'static str>>> = LazyLock::new(|| {
    rows(GONE)
        .filter_map(|row| Some((*row.first()?, row)))
        .collect()
});

static LIMIT_ROWS: LazyLock<BTreeMap<(&'static str, &'static str), Limit>> = LazyLock::new(|| {
    let limit = |row: Vec<&'static str>| {
        let newest = Version::from_str(row.get(2)?).ok()?;
        let below = row.get(3).and_then(|text| Version::from_str(text).ok());
        Some(((*row.first()?, *row.get(1)?), Limit { newest, below }))
    };
    rows(LIMITS).filter_map(limit).collect()
});

/// The release that took away what an import of this dotted name needs, where one did.
pub fn gone(full: &str) -> Option<Gone> {
    if let Some(row) = GONE_ROWS.get(full.split('.').next()?)
        && row.get(4) == Some(&"*")
    {
        return of_row(row, row.get(1)?, row.first()?);
    }
    let ends = full.match_indices('.').map(|(at, _)| at);
    ends.filter_map(|at| {
        let (module, rest) = (full.get(..at)?, full.get(at + 1..)?);
        let row = GONE_ROWS.get(module)?;
        let wanted = rest.split('.').next()?;
        let name = names(row.get(4)).into_iter().find(|name| *name == wanted)?;
        of_row(row, row.first()?, name)
    })
    .next()
}

/// What a row says of a name in a module.
fn of_row(row: &[&'static str], module: &'static str, name: &'static str) -> Option<Gone> {
    Some(Gone {
        module,
        name,
        distribution: row.get(1)?,
        since: Version::from_str(row.get(2)?).ok()?,
        newest: Version::from_str(row.get(3)?).ok()?,
    })
}

/// What a distribution, taken with one of its extras or bare, lets in of another; `None` where that is not known.
pub fn limit(distribution: &str, extra: Option<&str>, brought: &str) -> Option<&'static Limit> {
    let key = match extra {
        Some(extra) => format!("{distribution}[{extra}]"),
        None => distribution.to_owned(),
    };
    let found = LIMIT_ROWS
        .iter()
        .find(|((one, other), _)| *one == key && *other == brought);
    found.map(|(_, limit)| limit)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_name_leads_to_the_release_without_it() {
        let found = gone("mcp.client.streamable_http.streamablehttp_client").unwrap();
        assert_eq!(
            (found.distribution, found.since.to_string().as_str()),
            ("mcp", "2.0.0")
        );
        let below = gone("mcp.server.fastmcp.utilities.logging").unwrap();
        assert_eq!((below.module, below.name), ("mcp.server", "fastmcp"));
        assert!(gone("mcp.client.streamable_http.streamable_http_client").is_none());
        assert!(gone("langchain.chains").is_some() && gone("langchain.agents").is_none());
        assert!(gone("langchain.agents.create_agent").is_none());
        let whole = gone("pkg_resources.declare_namespace").unwrap();
        assert_eq!((whole.module, whole.name), ("setuptools", "pkg_resources"));
        assert!(gone("pkg_resources").is_some() && gone("setuptools.find_packages").is_none());
    }

    #[test]
    fn every_row_is_whole() {
        for row in rows(GONE) {
            assert!(row.len() == 5 && row[2..4].iter().all(|text| Version::from_str(text).is_ok()));
        }
        assert_eq!(rows(LIMITS).count(), LIMIT_ROWS.len());
        let strands = limit("strands-agents", None, "mcp").unwrap();
        assert_eq!(strands.below.as_ref().unwrap().to_string(), "2.2");
        assert!(limit("bedrock-agentcore", Some("strands-agents"), "mcp").is_some());
        assert!(limit("nobody-knows", None, "mcp").is_none());
    }
}
