//! What is known of Python distributions and npm packages by name: which modules they hold, which others they bring, which are
//! never imported. The tables are data beside this file, as of 2026-11-21: the standard library's from
//! `sys.stdlib_module_names` of CPython 3.10 to 3.13 and the release notes of 3.14, the others from the packages' own metadata.
//! `.ci/distributions` makes the first anew, and holds the others against what is installed in an environment.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use super::source::Import;

mod alike;
pub mod releases;

pub use alike::alike;

/// Lines of `module, first minor version, last minor version` of CPython 3; empty where it was there before or is there still.
const STDLIB: &str = include_str!("stdlib.tsv");
/// Lines of `module, distributions`; a third cell `alone` says that no other distribution holds it, whatever it is called.
const MODULES: &str = include_str!("modules.tsv");
/// Lines of `distribution, what it brings, what its extras bring too`. Where a line `distribution[extra]` is there, its extras are
/// known one by one.
const BRINGS: &str = include_str!("brings.tsv");
/// Lines of `dotted name, the distributions that it imports although its own does not bring them` (a trailing `*` stands for any
/// ending); read off the modules' own imports. Where the import fails without them, the requirements that bring them are the third,
/// the usual one first.
const PARTS: &str = include_str!("parts.tsv");
/// Lines of `distribution, why nothing imports it`; a trailing `*` stands for any ending, a leading one for any beginning.
const UNIMPORTED: &str = include_str!("unimported.tsv");

/// The modules that Node brings (`node:module.builtinModules` of Node 20 to 24).
const NODE: [&str; 50] = [
    "assert",
    "async_hooks",
    "buffer",
    "child_process",
    "cluster",
    "console",
    "constants",
    "crypto",
    "dgram",
    "diagnostics_channel",
    "dns",
    "domain",
    "events",
    "fs",
    "http",
    "http2",
    "https",
    "inspector",
    "module",
    "net",
    "os",
    "path",
    "perf_hooks",
    "process",
    "punycode",
    "querystring",
    "readline",
    "repl",
    "sea",
    "sqlite",
    "stream",
    "string_decoder",
    "sys",
    "test",
    "timers",
    "tls",
    "trace_events",
    "tty",
    "url",
    "util",
    "v8",
    "vm",
    "wasi",
    "worker_threads",
    "zlib",
    "ffi",
    "node:test",
    "node:sqlite",
    "node:sea",
    "bun",
];

/// What the standard library says of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standard {
    /// It is there.
    Present,
    /// It was there up to this minor version of Python 3.
    Removed(u32),
    /// It is there from this minor version on.
    Later(u32),
    /// It is none of the standard library.
    No,
}

fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table
        .lines()
        .filter(|line| !line.is_empty())
        .map(|line| line.split('\t').collect())
}

fn names(cell: Option<&&'static str>) -> Vec<&'static str> {
    let cell = cell.copied().unwrap_or_default();
    cell.split(',').filter(|name| !name.is_empty()).collect()
}

/// First and last minor version.
type Range = (Option<u32>, Option<u32>);
static STDLIB_ROWS: LazyLock<BTreeMap<&'static str, Range>> = LazyLock::new(|| {
    let number = |cell: Option<&&str>| cell.and_then(|text| text.parse().ok());
    rows(STDLIB)
        .filter_map(|row| Some((*row.first()?, (number(row.get(1)), number(row.get(2))))))
        .collect()
});
/// What holds a module.
struct Holders {
    names: Vec<&'static str>,
    /// Whether nothing else does.
    alone: bool,
}
static MODULE_ROWS: LazyLock<BTreeMap<&'static str, Holders>> = LazyLock::new(|| {
    let holders = |row: &[&'static str]| Holders {
        names: names(row.get(1)),
        alone: row.get(2) == Some(&"alone"),
    };
    rows(MODULES)
        .filter_map(|row| Some((*row.first()?, holders(&row))))
        .collect()
});
/// [`MODULE_ROWS`] the other way round: it is asked for every import and string of the code.
static DISTRIBUTION_ROWS: LazyLock<BTreeMap<&'static str, Vec<&'static str>>> =
    LazyLock::new(|| {
        let mut modules: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (module, holders) in MODULE_ROWS.iter() {
            for distribution in &holders.names {
                modules.entry(distribution).or_default().push(module);
            }
        }
        modules
    });
/// The distributions, and the requirements of which the import needs one.
type Parts = (Vec<&'static str>, Vec<&'static str>);
type Brings = (Vec<&'static str>, Vec<&'static str>);
static BRINGS_ROWS: LazyLock<BTreeMap<&'static str, Brings>> = LazyLock::new(|| {
    rows(BRINGS)
        .filter_map(|row| Some((*row.first()?, (names(row.get(1)), names(row.get(2))))))
        .collect()
});

static PARTS_ROWS: LazyLock<Vec<(&'static str, Parts)>> = LazyLock::new(|| {
    rows(PARTS)
        .filter_map(|row| Some((*row.first()?, (names(row.get(1)), names(row.get(2))))))
        .collect()
});

/// Whether a top-level module is of the standard library of Python 3.`minor`; where the version is not known, of any.
pub fn standard(module: &str, minor: Option<u32>) -> Standard {
    if module.starts_with('_') && module != "__future__" && module != "__main__" {
        // Private modules are named by CPython's own code.
        return if matches!(module, "_thread" | "_collections_abc" | "_weakrefset") {
            Standard::Present
        } else {
            Standard::No
        };
    }
    match (STDLIB_ROWS.get(module), minor) {
        (None, _) => Standard::No,
        (Some((_, Some(last))), Some(minor)) if minor > *last => Standard::Removed(*last),
        (Some((Some(first), _)), Some(minor)) if minor < *first => Standard::Later(*first),
        (Some(_), _) => Standard::Present,
    }
}

/// Whether Node itself brings a module; `node:` is taken off, and what follows the first `/`.
pub fn node_builtin(specifier: &str) -> bool {
    let name = specifier.strip_prefix("node:").unwrap_or(specifier);
    let name = name.split('/').next().unwrap_or(name);
    specifier.starts_with("node:") || specifier.starts_with("bun:") || NODE.contains(&name)
}

/// The distributions that are known to hold a dotted name, by its longest known prefix.
pub fn providers(dotted: &str) -> Option<&'static [&'static str]> {
    holders(dotted).map(|found| found.names.as_slice())
}

fn holders(dotted: &str) -> Option<&'static Holders> {
    let mut name = dotted;
    loop {
        if let Some(found) = MODULE_ROWS.get(name) {
            return Some(found);
        }
        name = name.rsplit_once('.')?.0;
    }
}

/// Whether only the distributions of [`providers`] hold a dotted name: neither the one that is called like its namespace nor those
/// that hold another part of it do (`langgraph.checkpoint.postgres` is in neither langgraph nor langgraph-checkpoint).
pub fn is_apart(dotted: &str) -> bool {
    holders(dotted).is_some_and(|found| found.alone)
}

/// The names that a distribution holding this dotted name bears by convention, longest last: `google.cloud.storage` gives
/// `google`, `google-cloud`, `google-cloud-storage`.
pub fn conventional(dotted: &str) -> Vec<String> {
    let parts: Vec<String> = dotted
        .split('.')
        .take(4)
        .map(|part| {
            part.trim_matches('_')
                .replace('_', "-")
                .to_ascii_lowercase()
        })
        .collect();
    (1..=parts.len())
        .map(|end| parts[..end].join("-"))
        .collect()
}

/// The modules that a distribution is known to hold; none where the table does not know it.
pub fn modules_of(distribution: &str) -> &'static [&'static str] {
    DISTRIBUTION_ROWS
        .get(distribution)
        .map_or(&[], Vec::as_slice)
}

/// What a distribution that is taken with these extras brings with it, directly; `None` where that is not known.
pub fn brings(distribution: &str, extras: &[String]) -> Option<Vec<&'static str>> {
    let (always, of_extras) = BRINGS_ROWS.get(distribution)?;
    let mut all = always.clone();
    if !extras.is_empty() {
        all.extend(of_extras);
    }
    for extra in extras {
        let key = format!("{distribution}[{}]", normalise(extra));
        let row = BRINGS_ROWS.get(key.as_str());
        all.extend(row.iter().flat_map(|(brought, _)| brought));
    }
    Some(all)
}

/// Why nothing imports a distribution that is of use all the same.
pub fn unimported(distribution: &str) -> Option<&'static str> {
    rows(UNIMPORTED)
        .find(|row| {
            row.first()
                .is_some_and(|pattern| fits(pattern, distribution))
        })
        .and_then(|row| row.get(1).copied())
}

/// Everything that the table knows these to bring, themselves included, and those of which it knows nothing.
pub fn closure<'a>(
    roots: impl IntoIterator<Item = (&'a str, &'a [String])>,
) -> (BTreeSet<String>, BTreeSet<String>) {
    let mut waiting: Vec<(String, &[String])> = roots
        .into_iter()
        .map(|(name, extras)| (name.to_owned(), extras))
        .collect();
    let (mut all, mut unknown) = (BTreeSet::new(), BTreeSet::new());
    while let Some((name, extras)) = waiting.pop() {
        match brings(&name, extras) {
            Some(more) => waiting.extend(
                more.into_iter()
                    .filter(|name| !all.contains(*name))
                    .map(|name| (name.to_owned(), &[] as &[String])),
            ),
            None => {
                unknown.insert(name.clone());
            }
        }
        all.insert(name);
    }
    (all, unknown)
}

/// The dotted name that an import needs: `from google import genai` is `google.genai`.
pub fn full_name(dotted: &str, import: &Import) -> String {
    match &import.name {
        Some(name) if !dotted.contains('/') && !dotted.starts_with('@') => {
            format!("{dotted}.{name}")
        }
        _ => dotted.to_owned(),
    }
}

/// Whether an import of `full` (whose npm package or top-level module is `package`) can be answered by this distribution.
pub fn is_of(distribution: &str, full: &str, package: &str) -> bool {
    if distribution == package {
        return true;
    }
    let known = providers(full);
    if known.is_some_and(|known| known.contains(&distribution)) {
        return true;
    }
    // A deeper part of a shared namespace counts for everything in it that is asked for by name.
    let modules = modules_of(distribution);
    let below = |module: &&str| is_below(full, module);
    modules.iter().any(below)
        || is_part_of(distribution, full)
        || conventional(full).iter().any(|name| name == distribution)
        || (known.is_none() && alike(distribution, package))
}

fn is_below(full: &str, module: &str) -> bool {
    full.strip_prefix(module)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Whether what is imported cannot do without this distribution, which its own brings only where it is asked to:
/// `strands.models.anthropic` imports `anthropic`.
fn is_part_of(distribution: &str, full: &str) -> bool {
    PARTS_ROWS
        .iter()
        .filter(|(module, _)| is_below(full, module))
        .flat_map(|(_, (parts, _))| parts)
        .any(|part| fits(part, distribution))
}

/// The distributions without which an import fails although its own does not bring them, and the requirements that do, of which
/// one is enough: `strands.models.openai` imports `openai`, which comes with `strands-agents[openai]`.
pub fn needed(full: &str) -> Option<(&'static [&'static str], &'static [&'static str])> {
    let mut rows = PARTS_ROWS.iter();
    let (_, (parts, requirements)) = rows
        .find(|(module, (_, requirements))| !requirements.is_empty() && is_below(full, module))?;
    Some((parts.as_slice(), requirements.as_slice()))
}

/// Whether a name is that of a pattern; a trailing `*` stands for any ending, a leading one for any beginning.
fn fits(pattern: &str, name: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(end), _) => name.ends_with(end),
        (None, Some(start)) => name.starts_with(start),
        (None, None) => pattern == name,
    }
}

/// Whether nothing is known of the modules of a distribution, nor of a use without an import.
pub fn is_unknown(distribution: &str) -> bool {
    modules_of(distribution).is_empty() && unimported(distribution).is_none()
}

/// The name of a distribution, normalised as PEP 503 says.
pub fn normalise(name: &str) -> String {
    let mut normal = String::new();
    for part in name.split(['-', '_', '.']).filter(|part| !part.is_empty()) {
        if !normal.is_empty() {
            normal.push('-');
        }
        normal.push_str(&part.to_ascii_lowercase());
    }
    normal
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_module_uses_what_it_cannot_do_without() {
        let uses = |distribution, full| is_of(distribution, full, "strands");
        assert!(uses("anthropic", "strands.models.anthropic.AnthropicModel"));
        assert!(!uses("anthropic", "strands.models.bedrock.BedrockModel"));
        assert!(!uses("anthropic", "strands.models.anthropic_like"));
        let chat = "langchain.chat_models.init_chat_model";
        assert!(is_of("langchain-aws", chat, "langchain"));
        assert!(!is_of("pandas", chat, "langchain"));
    }

    #[test]
    fn the_standard_library_knows_its_versions() {
        assert_eq!(standard("json", Some(14)), Standard::Present);
        assert_eq!(standard("distutils", Some(12)), Standard::Removed(11));
        assert_eq!(standard("tomllib", Some(10)), Standard::Later(11));
        assert_eq!(standard("cgi", None), Standard::Present);
        assert_eq!(standard("yaml", Some(12)), Standard::No);
        assert!(node_builtin("node:fs/promises") && node_builtin("fs") && !node_builtin("zod"));
    }

    #[test]
    fn names_lead_to_distributions() {
        let none: &[String] = &[];
        assert_eq!(providers("yaml.loader").unwrap(), ["pyyaml"]);
        assert_eq!(providers("google.genai.types").unwrap(), ["google-genai"]);
        assert!(providers("google").is_none());
        assert!(is_apart("langgraph.checkpoint.postgres.aio"));
        assert!(!is_apart("langgraph.checkpoint.memory") && !is_apart("llama_index.core"));
        assert_eq!(conventional("azure.ai_x").last().unwrap(), "azure-ai-x");
        assert!(modules_of("beautifulsoup4").contains(&"bs4"));
        let (all, unknown) = closure([("strands-agents", none), ("nobody-knows", none)]);
        assert!(all.contains("botocore") && unknown.contains("nobody-knows"));
        let rss = ["rss".to_owned()];
        let (all, _) = closure([("strands-agents-tools", rss.as_slice())]);
        assert!(all.contains("html2text") && all.contains("rich") && !all.contains("playwright"));
        assert!(unimported("types-requests").is_some() && unimported("requests").is_none());
    }

    #[test]
    fn every_row_is_whole() {
        for row in rows(MODULES).chain(rows(UNIMPORTED)) {
            let cells = row.strip_suffix(&["alone"]).unwrap_or(&row);
            assert!(
                cells.len() == 2 && cells.iter().all(|cell| !cell.is_empty()),
                "{row:?}"
            );
        }
        for row in rows(BRINGS) {
            assert_eq!(row.len(), 3, "{row:?}");
        }
    }
}
