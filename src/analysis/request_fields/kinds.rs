//! What a field holds, by its name, its default and what is tested of it; and whether `toolUse` blocks are looked for.

use crate::analysis::dataflow::{Flow, Labels};
use crate::model::source::walk::expressions;
use crate::model::source::{Expr, ExprKind, Source};

use super::fields::Kind;
use super::taken::OR;
use super::tested::Tested;
use crate::analysis::exceptions::words;

/// What a field holds; of one that has several names, what all of them hold, else text. `stored` says that something is stored under it.
pub(super) fn kind_of(name: &str, default: Option<Kind>, tested: &Tested, stored: bool) -> Kind {
    let name = name.rsplit('.').next().unwrap_or(name);
    let mut kinds = name
        .split(OR)
        .map(|name| kind_of_one(name, default, tested, stored));
    let first = kinds.next().unwrap_or(Kind::Text);
    if kinds.all(|kind| kind == first) {
        first
    } else {
        Kind::Text
    }
}

/// What ids of a catalog name, which is the same for everyone.
const CATALOG: [&str; 22] = [
    "product", "item", "sku", "article", "asset", "catalog", "category", "type", "kind",
    "template", "model", "prompt", "region", "zone", "country", "city", "language", "currency",
    "airport", "station", "flight", "version",
];

/// Whether a name is one of an id under which a store keeps what is somebody's: `chat_id`, `ticketId`.
fn is_of_a_store(words: &[String]) -> bool {
    matches!(words, [noun @ .., last] if last == "id"
        && !noun.is_empty()
        && !noun.iter().any(|word| CATALOG.contains(&&**word)))
}

fn kind_of_one(name: &str, default: Option<Kind>, tested: &Tested, stored: bool) -> Kind {
    let words = words(name);
    let id = stored && is_of_a_store(&words)
        || words.last().is_some_and(|last| last == "id")
            && (words.len() == 1
                || words.iter().any(|word| {
                    matches!(
                        &**word,
                        "actor"
                            | "session"
                            | "user"
                            | "customer"
                            | "tenant"
                            | "thread"
                            | "conversation"
                            | "account"
                            | "employee"
                            | "member"
                            | "patient"
                    )
                }));
    if id || words.len() == 1 && matches!(&*words[0], "actor" | "userid" | "sessionid" | "actorid")
    {
        return Kind::Id;
    }
    const AMOUNTS: &[&str] = &[
        "temperature",
        "tokens",
        "limit",
        "count",
        "iterations",
        "threshold",
        "seed",
        "ratio",
        "page",
        "size",
        "num",
        "number",
        "depth",
        "retries",
        "budget",
    ];
    let amount = words.iter().any(|word| AMOUNTS.contains(&&**word))
        || matches!(words[..], [ref only] if matches!(&**only, "n" | "k" | "topk" | "top"));
    if tested.flag {
        return Kind::Flag;
    }
    // What is known to be text is no number, whatever is compared further on.
    if (tested.number || amount) && !tested.text_only {
        return Kind::Number;
    }
    default.unwrap_or(Kind::Text)
}

/// Labels of what goes through a function that looks for `toolUse` blocks.
pub(super) fn strips_tool_use(source: &Source, flow: &Flow) -> Labels {
    let mut found = 0;
    for id in flow.functions() {
        let all = expressions(source.body(id.module, Some(id)));
        let looks = all.iter().any(|expr| match &expr.kind {
            ExprKind::Compare(compared) => {
                let right = compared.rest.iter().map(|(_, right)| right);
                let sides: Vec<&Expr> = std::iter::once(&compared.left).chain(right).collect();
                sides
                    .iter()
                    .any(|side| side.as_str().is_some_and(is_tool_block))
                    || sides.iter().any(|side| is_keys_of_one(side))
                        && sides.iter().any(|side| names_no_tool(side))
            }
            _ => false,
        });
        if looks {
            found |= all
                .iter()
                .fold(0, |labels, expr| labels | flow.labels(id.module, expr));
        }
    }
    found
}

/// Keys of a block that calls a tool, in the formats of the frameworks.
fn is_tool_block(key: &str) -> bool {
    matches!(key, "toolUse" | "tool_use" | "tool_calls" | "tool-call")
}

/// All keys of an object: `set(block)`, `block.keys()`, `Object.keys(block)`.
fn is_keys_of_one(side: &Expr) -> bool {
    let Some(call) = side.as_call() else {
        return false;
    };
    match (&call.callee.kind, &*call.args) {
        (ExprKind::Name(name), [only]) => {
            matches!(&**name, "set" | "list" | "sorted" | "frozenset" | "tuple")
                && (only.as_name().is_some() || is_keys_of_one(only))
        }
        (ExprKind::Attribute { attr, .. }, []) => &**attr == "keys",
        (ExprKind::Attribute { base, attr }, [_]) => {
            &**attr == "keys" && base.as_name() == Some("Object")
        }
        _ => false,
    }
}

/// Keys that are written out, none of which is that of a block that calls a tool: what has no others calls none.
fn names_no_tool(side: &Expr) -> bool {
    let (ExprKind::Set(items) | ExprKind::List(items) | ExprKind::Tuple(items)) = &side.kind else {
        return false;
    };
    let harmless = |item: &Expr| item.as_str().is_some_and(|key| !is_tool_block(key));
    !items.is_empty() && items.iter().all(harmless)
}
