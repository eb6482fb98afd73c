//! The frameworks' own bounds, as data: a row a framework in `api/loop_bounds.tsv`.

use std::sync::OnceLock;

use crate::analysis::limits;
use crate::analysis::names::Meaning;
use crate::analysis::placement::only_answer;
use crate::analysis::values::At;
use crate::model::source::{Expr, ExprKind, Source};

/// More turns than any answer needs: a bound beyond it bounds nothing.
pub(crate) const ENDLESS: f64 = 1_000.0;

/// A framework's own bound.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Bound {
    /// The package.
    pub(crate) package: &'static str,
    /// The calls that make or start the loop.
    calls: Vec<&'static str>,
    /// Their option.
    pub(crate) option: &'static str,
    /// What holds where it is not given; none where nothing does.
    pub(crate) default: Option<u32>,
    /// What the number counts.
    pub(crate) unit: &'static str,
}

/// What is known of frameworks.
#[derive(Debug, Default)]
struct Table {
    bounds: Vec<Bound>,
    /// Agents of a conversation, by package and the call that makes or starts one.
    conversations: Vec<(&'static str, &'static str)>,
}

impl Table {
    /// The table, and the lines that are no rows.
    fn read(text: &'static str) -> (Self, Vec<&'static str>) {
        let mut table = Self::default();
        let mut faulty = Vec::new();
        let rows = text
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        for row in rows {
            let columns: Vec<&str> = row.split('\t').collect();
            match *columns {
                [package, call] => table.conversations.push((package, call)),
                [package, calls, option, default, unit] => table.bounds.push(Bound {
                    package,
                    calls: calls.split(',').collect(),
                    option,
                    default: match default.parse() {
                        Ok(number) => Some(number),
                        Err(_) if default == "-" => None,
                        Err(_) => {
                            faulty.push(row);
                            continue;
                        }
                    },
                    unit,
                }),
                _ => faulty.push(row),
            }
        }
        (table, faulty)
    }
}

const ROWS: &str = include_str!("../api/loop_bounds.tsv");

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| Table::read(ROWS).0)
}

/// The bound of the loop that a call of a package makes or starts.
pub(crate) fn bound_of(package: &str, call: &str) -> Option<&'static Bound> {
    let mut bounds = table().bounds.iter();
    bounds.find(|bound| bound.package == package && bound.calls.contains(&call))
}

/// Whether a package has loops with a bound, or loops that could have one.
pub(crate) fn is_framework(package: &str) -> bool {
    table().bounds.iter().any(|bound| bound.package == package)
}

/// Whether a call of a package makes or starts a conversation that goes on as long as a connection.
pub(crate) fn is_conversation(package: &str, call: &str) -> bool {
    table().conversations.contains(&(package, call))
}

/// Spellings of what is larger than any number of turns.
const INFINITE: [&str; 5] = [
    "Infinity",
    "math.inf",
    "sys.maxsize",
    "float(\"inf\")",
    "MAX_SAFE_INTEGER",
];

/// Conditions of the AI SDK that count steps.
const STEP_COUNTS: [&str; 2] = ["stepCountIs", "isStepCount"];

/// What an option is, as far as a bound is concerned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit<'a> {
    /// It switches the bound off, or is larger than any answer needs.
    pub(crate) is_off: bool,
    /// What a name stands for; none where it stands for itself, or where that is not seen.
    pub(crate) stands_for: Option<At<'a>>,
}

/// What the value of an option is. One that leads to itself switches nothing off.
pub(crate) fn limit<'a>(source: &'a Source, at: At<'a>) -> Limit<'a> {
    let Some(_step) = limits::follow("bound", limits::CALLERS, at.module, at.expr) else {
        return Limit {
            is_off: false,
            stands_for: None,
        };
    };
    let stands_for = stands_for(source, at);
    Limit {
        is_off: is_off(source, stands_for.unwrap_or(at)),
        stands_for,
    }
}

/// The expression that a name or a member stands for.
fn stands_for<'a>(source: &'a Source, at: At<'a>) -> Option<At<'a>> {
    match source.meaning(at.module, at.expr) {
        Meaning::Value(module, value) if !value.is(at.expr) => Some(At::new(module, value)),
        _ => None,
    }
}

fn is_off(source: &Source, at: At<'_>) -> bool {
    let off = |inner| limit(source, at.to(inner)).is_off;
    match &at.expr.kind {
        ExprKind::None => true,
        ExprKind::List(items) => items.iter().all(off),
        // `limits={"turns": 100000}`: a budget of tokens may be any number.
        ExprKind::Dict(entries) => entries.iter().all(|entry| {
            let key = entry.key.as_ref().and_then(Expr::as_str);
            key == Some("turns") && off(&entry.value)
        }),
        // `stopWhen: () => false`
        ExprKind::Lambda(id) => source
            .function(*id)
            .and_then(only_answer)
            .is_some_and(|answer| matches!(answer.kind, ExprKind::Bool(false))),
        ExprKind::Call(call) if STEP_COUNTS.contains(&call.written_name()) => {
            call.args.first().is_some_and(off)
        }
        // `UsageLimits(request_limit=None)`, without a limit of tokens.
        ExprKind::Call(call) if call.written_name() == "UsageLimits" => {
            call.option("request_limit").is_some_and(off) && call.values().count() == 1
        }
        _ => {
            let text = source
                .module(at.module)
                .map(|module| module.text(at.expr.range));
            let number = at.expr.as_number();
            number.is_some_and(|number| number <= 0.0 || number > ENDLESS)
                || text.is_some_and(|text| INFINITE.iter().any(|word| text.contains(word)))
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read_and_each_call_has_one_bound() {
        let (table, faulty) = Table::read(ROWS);
        assert!(faulty.is_empty(), "{faulty:?}");
        let bounds = table.bounds.iter();
        let mut calls: Vec<(&str, &str)> = bounds
            .flat_map(|bound| bound.calls.iter().map(|call| (bound.package, *call)))
            .chain(table.conversations.iter().copied())
            .collect();
        let before = calls.len();
        calls.sort_unstable();
        calls.dedup();
        assert_eq!(calls.len(), before, "a call stands twice");
        assert_eq!((table.bounds.len(), table.conversations.len()), (18, 3));
    }

    #[test]
    fn rows_that_are_none_are_reported() {
        let (table, faulty) = Table::read("# a\na\tb\tc\tmany\td\na\tb\tc\na\tb\tc\t-\td\n");
        assert_eq!((table.bounds.len(), faulty.len()), (1, 2));
    }

    #[test]
    fn a_bound_is_of_a_package_and_its_call() {
        let of = |package, call| {
            bound_of(package, call).map(|bound| (bound.option, bound.default, bound.unit))
        };
        assert_eq!(of("strands", "Agent"), Some(("limits", None, "turns")));
        assert_eq!(
            of("crewai", "Agent"),
            Some(("max_iter", Some(25), "iterations"))
        );
        assert_eq!(
            of("agents", "run_sync"),
            Some(("max_turns", Some(10), "turns"))
        );
        assert_eq!(of("agents", "Agent"), None);
        assert!(is_conversation("google", "run_live") && !is_conversation("strands", "run_live"));
    }
}
