//! Whether the release that is installed still holds what is imported of it.

use pep440_rs::{Operator, Version};

use crate::context::installed::{self, Installed, Releases};
use crate::model::dependencies::DependencyFacts;
use crate::model::distributions::releases::{self, Gone};
use crate::model::lock::Wanted;

/// A name that the installed release does not hold.
pub(crate) struct Lack {
    /// What is wrong, in words.
    pub(crate) why: String,
    /// The requirement that keeps to releases with the name; none where the manifest asks for one without it.
    pub(crate) bound: Option<String>,
}

/// Whether the installed release is one that lacks a name; `None` where it holds it, and where that cannot be told.
pub(super) fn lack(
    installed: &Installed<'_>,
    facts: Option<&DependencyFacts>,
    minor: Option<u32>,
    gone: &Gone,
) -> Option<Lack> {
    let wanted = installed.wanted(minor);
    let (own, others): (Vec<&Wanted>, Vec<&Wanted>) = wanted
        .iter()
        .partition(|wanted| wanted.name == gone.distribution);
    let what = format!(
        "{} {} took `{}` out of {}",
        gone.distribution, gone.since, gone.name, gone.module
    );
    let file = installed.manifest.path();
    let why = match installed.releases {
        Releases::Unknown => return None,
        Releases::Locked => {
            let lock = facts?.uv_lock.read()?;
            let closure = lock.closure(&wanted, minor);
            let locked: Version = closure
                .packages
                .get(gone.distribution)?
                .version
                .parse()
                .ok()?;
            if locked < gone.since {
                return None;
            }
            format!("{what}, and {} locks {locked}", lock.path)
        }
        Releases::Newest => {
            if own.iter().any(|one| one.address) || !admitted(gone, &own, &others, facts, minor)? {
                return None;
            }
            format!("{what}, and {file} lets it in: the newest release is installed")
        }
    };
    Some(Lack {
        why,
        bound: bound(gone, &own),
    })
}

/// Whether the newest release that all ranges let in is one without the name; `None` where that cannot be told.
fn admitted(
    gone: &Gone,
    own: &[&Wanted],
    others: &[&Wanted],
    facts: Option<&DependencyFacts>,
    minor: Option<u32>,
) -> Option<bool> {
    let mut below: Vec<&Version> = Vec::new();
    let needed = |from: &str| {
        let bare = crate::model::distributions::brings(from, &[]);
        bare.unwrap_or_default()
    };
    for other in others {
        let alone = [(*other).clone()];
        let brings = installed::available(facts, &alone, minor);
        let around = !brings.unknown.is_empty() && named_after(&other.name, gone.distribution);
        if !brings.all.contains(gone.distribution) && !around {
            // A new release may need more than what is declared of this one lets in.
            if needed(gone.distribution).contains(&other.name.as_str()) && is_held(other) {
                return None;
            }
            continue;
        }
        let known: Vec<_> = other
            .extras
            .iter()
            .filter_map(|extra| releases::limit(&other.name, Some(extra), gone.distribution))
            .collect();
        let bare = releases::limit(&other.name, None, gone.distribution);
        if known.is_empty() && bare.is_none() && gone.distribution != "pydantic" {
            return None;
        }
        for limit in known.into_iter().chain(bare) {
            let newest = other
                .versions
                .as_ref()
                .is_none_or(|range| range.contains(&limit.newest));
            if is_held(other) && !newest {
                return None;
            }
            below.extend(&limit.below);
        }
    }
    let fits = |version: &&Version| {
        own.iter().all(|one| {
            one.versions
                .as_ref()
                .is_none_or(|range| range.contains(version))
        }) && below.iter().all(|limit| version < limit)
    };
    Some([&gone.since, &gone.newest].iter().any(fits))
}

/// Whether what is asked for lets in what a requirement with an extra asks for.
pub(super) fn is_let_in(requirement: &str, asked: &[Wanted]) -> bool {
    let Some((name, extra)) = super::extra_of(requirement) else {
        return true;
    };
    asked.iter().all(|other| {
        let limit = releases::limit(name, Some(extra), &other.name);
        let below = limit.and_then(|limit| limit.below.as_ref());
        let (Some(below), Some(range)) = (below, &other.versions) else {
            return true;
        };
        range
            .iter()
            .all(|one| is_upper(one.operator()) || one.version() < below)
    })
}

/// Whether an operator bounds a range from above only.
fn is_upper(operator: &Operator) -> bool {
    matches!(
        operator,
        Operator::LessThan | Operator::LessThanEqual | Operator::NotEqual | Operator::NotEqualStar
    )
}

/// A package around another one, of which no table knows what it lets in: `mcp-proxy` and `mcp`.
fn named_after(other: &str, distribution: &str) -> bool {
    other.split('-').any(|part| part == distribution) || other.ends_with(distribution)
}

/// Whether a range ends somewhere: then its newest release may not be the one that is taken.
fn is_held(wanted: &Wanted) -> bool {
    let ends = |operator: &Operator| {
        !matches!(
            operator,
            Operator::GreaterThan
                | Operator::GreaterThanEqual
                | Operator::NotEqual
                | Operator::NotEqualStar
        )
    };
    wanted.address
        || wanted
            .versions
            .as_ref()
            .is_some_and(|range| range.iter().any(|one| ends(one.operator())))
}

/// The requirement with an end before the release without the name.
pub(super) fn bound(gone: &Gone, own: &[&Wanted]) -> Option<String> {
    let mut text = gone.distribution.to_owned();
    let extras: Vec<&str> = own
        .iter()
        .flat_map(|one| one.extras.iter().map(String::as_str))
        .collect();
    if !extras.is_empty() {
        text.push_str(&format!("[{}]", extras.join(",")));
    }
    let ranges = own.iter().filter_map(|one| one.versions.as_ref());
    let mut kept = Vec::new();
    for one in ranges.flat_map(|range| range.iter()) {
        match one.operator() {
            Operator::GreaterThan | Operator::GreaterThanEqual if one.version() >= &gone.since => {
                return None;
            }
            Operator::GreaterThan
            | Operator::GreaterThanEqual
            | Operator::NotEqual
            | Operator::NotEqualStar => kept.push(one.to_string().replace(' ', "")),
            Operator::LessThan | Operator::LessThanEqual => {}
            _ => return None,
        }
    }
    kept.push(format!("<{}", gone.since));
    Some(format!("{text}{}", kept.join(",")))
}
