//! What functions of libraries do at startup or per request, as data: one table a language, one row a callable.
//!
//! A row is a pattern of a canonical dotted name (`*` stands for any text), a tab, tags with commas between, a tab, and the value
//! in words. The first row that fits wins.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::analysis::names::leaf;
use crate::model::source::Language;

/// What is known of a callable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tag {
    /// Gives a credential, a key or a token that expires.
    Credential,
    /// Asks AgentCore Identity, which needs the workload token of a request.
    Identity,
    /// Gives a unique or random value.
    Unique,
    /// The unique value is a key or a token by its nature.
    Key,
    /// Draws from a generator whose state lives in the process's memory.
    Prng,
    /// Draws from a buffer or generator of the crypto library, which lives in the process's memory too.
    CryptoBuffer,
    /// Sets the state of the process's generator anew.
    Reseed,
    /// Reads the wall clock.
    ClockWall,
    /// Reads the monotonic clock.
    ClockMono,
    /// Opens a stateful connection.
    Connect,
    /// The client connects again by itself when its socket is dead.
    Reconnects,
    /// Reads something that others change without a deploy.
    RemoteRead,
    /// The read is a request over HTTP.
    Http,
    /// What is read is a secret, a flag or a catalogue of tools.
    Volatile,
    /// Starts a thread.
    ThreadStart,
    /// Starts something that runs at intervals.
    Interval,
    /// Identifies the machine or the process.
    HostId,
    /// Touches a path of the file system.
    FileAccess,
    /// Makes a path out of parts without touching the file system.
    PathMaker,
    /// Runs an agent that keeps the conversation.
    Conversation,
}

impl Tag {
    /// Every tag with its spelling in the tables.
    const ALL: [(&'static str, Self); 20] = [
        ("credential", Self::Credential),
        ("identity", Self::Identity),
        ("unique", Self::Unique),
        ("key", Self::Key),
        ("prng", Self::Prng),
        ("crypto-buffer", Self::CryptoBuffer),
        ("reseed", Self::Reseed),
        ("clock-wall", Self::ClockWall),
        ("clock-mono", Self::ClockMono),
        ("connect", Self::Connect),
        ("reconnects", Self::Reconnects),
        ("remote-read", Self::RemoteRead),
        ("http", Self::Http),
        ("volatile", Self::Volatile),
        ("thread-start", Self::ThreadStart),
        ("interval", Self::Interval),
        ("host-id", Self::HostId),
        ("file", Self::FileAccess),
        ("path", Self::PathMaker),
        ("conversation", Self::Conversation),
    ];

    fn parse(text: &str) -> Option<Self> {
        let found = Self::ALL.iter().find(|(name, _)| *name == text);
        found.map(|(_, tag)| *tag)
    }
}

/// A row of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Api {
    /// The pattern of the name.
    pub pattern: &'static str,
    /// What it does.
    pub tags: Vec<Tag>,
    /// What it gives or does, in words.
    pub words: &'static str,
}

impl Api {
    /// Whether the callable has a tag.
    pub fn is(&self, tag: Tag) -> bool {
        self.tags.contains(&tag)
    }
}

/// A table, indexed by the last segment of the names.
struct Table {
    rows: Vec<Api>,
    by_leaf: HashMap<&'static str, Vec<usize>>,
    /// Rows whose last segment holds a `*`.
    open: Vec<usize>,
}

const PYTHON: &str = include_str!("python.tsv");
const JAVASCRIPT: &str = include_str!("javascript.tsv");

fn table(language: Language) -> &'static Table {
    static TABLES: OnceLock<[Table; 2]> = OnceLock::new();
    let [python, javascript] =
        TABLES.get_or_init(|| [Table::read(PYTHON).0, Table::read(JAVASCRIPT).0]);
    match language {
        Language::Python => python,
        Language::TypeScript => javascript,
    }
}

impl Table {
    /// The table, and the lines that are no rows.
    fn read(text: &'static str) -> (Self, Vec<&'static str>) {
        let mut table = Self {
            rows: Vec::new(),
            by_leaf: HashMap::new(),
            open: Vec::new(),
        };
        let mut faulty = Vec::new();
        for line in text.lines() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let mut columns = line.split('\t');
            let (Some(pattern), Some(tags), Some(words), None) = (
                columns.next(),
                columns.next(),
                columns.next(),
                columns.next(),
            ) else {
                faulty.push(line);
                continue;
            };
            let tags: Option<Vec<Tag>> = tags.split(',').map(Tag::parse).collect();
            let Some(tags) = tags.filter(|_| !words.is_empty() && !pattern.is_empty()) else {
                faulty.push(line);
                continue;
            };
            let last = leaf(pattern);
            let at = table.rows.len();
            if last.contains('*') {
                table.open.push(at);
            } else {
                table.by_leaf.entry(last).or_default().push(at);
            }
            table.rows.push(Api {
                pattern,
                tags,
                words,
            });
        }
        (table, faulty)
    }
}

/// What is known of a callable of that canonical name.
pub fn api(language: Language, name: &str) -> Option<&'static Api> {
    let table = table(language);
    let known = table.by_leaf.get(leaf(name)).into_iter().flatten();
    let mut found = known
        .chain(&table.open)
        .filter_map(|&at| Some((at, table.rows.get(at)?)))
        .filter(|(_, row)| fits(row.pattern, name));
    let first = found.next()?;
    let best = found.fold(
        first,
        |best, next| if next.0 < best.0 { next } else { best },
    );
    Some(best.1)
}

/// Whether a name fits a pattern.
fn fits(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, between)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in between {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    rest.ends_with(last)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read_and_every_tag_is_used() {
        let mut used = Vec::new();
        for text in [PYTHON, JAVASCRIPT] {
            let (table, faulty) = Table::read(text);
            assert!(faulty.is_empty(), "{faulty:?}");
            let mut patterns: Vec<&str> = table.rows.iter().map(|row| row.pattern).collect();
            used.extend(table.rows.iter().flat_map(|row| row.tags.clone()));
            patterns.sort_unstable();
            let before = patterns.len();
            patterns.dedup();
            assert_eq!(patterns.len(), before, "a pattern stands twice");
        }
        for (name, tag) in Tag::ALL {
            assert!(used.contains(&tag), "no row has the tag {name}");
        }
    }

    #[test]
    fn a_row_that_is_none_is_reported() {
        let (table, faulty) = Table::read("a.b\tunique\nc.d\tunheard\twords\ne.f\tunique\twords\n");
        assert_eq!((table.rows.len(), faulty.len()), (1, 2));
    }

    #[test]
    fn patterns_fit_whole_names() {
        assert!(fits("boto3*.assume_role", "boto3.client.assume_role"));
        assert!(fits("uuid.uuid4", "uuid.uuid4"));
        assert!(!fits("uuid.uuid4", "uuid.uuid4.hex"));
        assert!(!fits("boto3*.assume_role", "myboto3.client.assume_role"));
        assert!(fits("a*b*c", "a-b-b-c"));
        assert!(!fits("a*b*c", "a-c-b"));
    }

    #[test]
    fn the_first_row_that_fits_wins() {
        let found = |name| api(Language::Python, name).map(|row| row.tags.clone());
        assert_eq!(found("uuid.uuid4"), Some(vec![Tag::Unique]));
        assert_eq!(found("uuid.uuid5"), None);
        assert!(found("random.SystemRandom.choice").is_none());
        assert_eq!(found("random.choice"), Some(vec![Tag::Prng]));
    }
}
