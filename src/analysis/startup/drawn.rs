//! What request code does with a value that it draws from a generator.

use super::Drawn;
use super::index::call_at;
use crate::analysis::limits;
use crate::analysis::names::{Meaning, leaf};
use crate::model::source::{Expr, ExprKind, ModuleId, Source};

/// Functions that pick one of several things that exist.
const PICKS: [&str; 9] = [
    "choice",
    "choices",
    "sample",
    "shuffle",
    "permutation",
    "sampleSize",
    "uniform",
    "gauss",
    "normalvariate",
];

impl Drawn {
    /// Whether it picks one of several things that exist.
    pub(crate) fn picks(&self) -> bool {
        PICKS.contains(&leaf(&self.name))
    }

    /// Whether text is spelt with it: letters picked out of an alphabet, `Math.random().toString(36)`.
    pub(crate) fn spells(&self, source: &Source) -> bool {
        let (module, range) = self.place;
        let call = call_at(source, self.place);
        let first = call.and_then(|call| call.args.first());
        if first.is_some_and(|first| is_alphabet(source, module, first)) {
            return true;
        }
        // What stands right behind the call.
        let behind = source
            .module(module)
            .and_then(|place| place.source.text.get(range.to_usize().end..))
            .unwrap_or_default()
            .trim_start();
        behind.starts_with(".toString(36") || behind.starts_with(".toString(16")
    }
}

/// Whether an expression is a text of letters, or put together of such.
fn is_alphabet<'a>(source: &'a Source, module: ModuleId, expr: &'a Expr) -> bool {
    match &expr.kind {
        ExprKind::Str(_) => true,
        ExprKind::BinOp { left, right, .. } => {
            is_alphabet(source, module, left) || is_alphabet(source, module, right)
        }
        ExprKind::Name(_) | ExprKind::Attribute { .. } => {
            let name = source.canonical(module, expr);
            name.is_some_and(|name| is_constant(&name))
                || source.string(module, expr).is_some()
                || is_sum_of_alphabets(source, module, expr)
        }
        _ => false,
    }
}

/// Whether a name of Python's library is one of letters.
fn is_constant(name: &str) -> bool {
    matches!(
        name,
        "string.digits"
            | "string.ascii_letters"
            | "string.ascii_uppercase"
            | "string.ascii_lowercase"
            | "string.hexdigits"
            | "string.printable"
    )
}

/// Whether a name stands for a sum with an alphabet in it. Names may lead to each other in a circle.
fn is_sum_of_alphabets<'a>(source: &'a Source, module: ModuleId, name: &'a Expr) -> bool {
    let Some(_step) = limits::follow("alphabet", limits::CALLERS, module, name) else {
        return false;
    };
    let Meaning::Value(at, value) = source.meaning(module, name) else {
        return false;
    };
    matches!(&value.kind, ExprKind::BinOp { left, right, .. }
        if is_alphabet(source, at, left) || is_alphabet(source, at, right))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::is_alphabet;
    use crate::analysis::sample::source_of_files;

    /// Whether what the last call of a module is given is an alphabet.
    fn last_is_alphabet(text: &str) -> bool {
        let source = source_of_files(&[("main.py", text)], "main.py");
        let module = &source.modules[0];
        let (_, expr) = module.calls().last().unwrap();
        is_alphabet(&source, module.id, &expr.as_call().unwrap().args[0])
    }

    #[test]
    fn names_that_lead_to_each_other_are_no_alphabet() {
        assert!(!last_is_alphabet(
            "A = read() + B\nB = read() + A\ndef code():\n    return choice(A)\n"
        ));
        assert!(last_is_alphabet(
            "A = read() + B\nB = string.digits + A\nimport string\ndef code():\n    return choice(A)\n"
        ));
    }
}
