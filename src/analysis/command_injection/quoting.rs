//! Functions that quote a text for a shell, and where a quoted text is one no more: between the quotes of the command.

use std::collections::BTreeSet;

use crate::model::source::ir::{FormatPart, Operator};
use crate::model::source::{ByteRange, Expr, ExprKind, Module, ModuleId, Source};

/// Functions whose answer a POSIX shell takes as one word.
const QUOTES: [&str; 7] = [
    "shlex.quote",
    "shlex.join",
    "pipes.quote",
    "shell-quote.quote",
    "shescape.quote",
    "shescape.escape",
    "shell-escape",
];
/// Functions whose answer has no character that means something to a shell.
const HARMLESS: [&str; 3] = [
    "werkzeug.utils.secure_filename",
    "urllib.parse.quote",
    "urllib.parse.quote_plus",
];

/// What a function makes of a text for a shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// Quotes are around it.
    Quoted,
    /// Nothing in it means anything to a shell.
    Plain,
}

/// Whether what a call answers is one word for a shell that is not in a quotation.
pub(super) fn makes_a_word(source: &Source, module: ModuleId, call: &Expr) -> Option<Word> {
    let name = source.callee_name(module, call)?;
    if HARMLESS.contains(&name) {
        let kept = call.as_call().and_then(|call| call.option("safe"));
        let plain = kept.is_none_or(|kept| matches!(kept.as_str(), Some("" | "/")));
        return plain.then_some(Word::Plain);
    }
    // `map(shlex.quote, words)`
    let each = name == "map"
        && call
            .as_call()
            .and_then(|call| source.canonical(module, call.args.first()?))
            .is_some_and(|name| QUOTES.contains(&name.as_str()));
    (each || QUOTES.contains(&name)).then_some(Word::Quoted)
}

/// The placeholders of a module that stand in a quotation of their template: the quotes that a function adds end it.
pub(super) fn inside_quotations(module: &Module) -> BTreeSet<ByteRange> {
    let mut found = BTreeSet::new();
    module.each_expression(&mut |_, expr| {
        let inside = placeholders(expr).into_iter().filter(|(open, _)| *open);
        found.extend(inside.map(|(_, placeholder)| placeholder.range));
    });
    found
}

/// The placeholders of a template, each with whether the text before it leaves a quotation open.
fn placeholders(template: &Expr) -> Vec<(bool, &Expr)> {
    match &template.kind {
        ExprKind::Format(parts) => {
            let mut quotation = Quotation::default();
            let mut found = Vec::new();
            for part in parts {
                match part {
                    FormatPart::Text(text) => quotation.read(text),
                    FormatPart::Expr(expr) => found.push((quotation.is_open(), expr)),
                }
            }
            found
        }
        ExprKind::BinOp {
            op: Operator::Mod,
            left,
            right,
        } => match &right.kind {
            ExprKind::Tuple(items) => filled(left, "%s", items),
            _ => filled(left, "%s", std::slice::from_ref(&**right)),
        },
        ExprKind::Call(call) => match &call.callee.kind {
            ExprKind::Attribute { base, attr } if &**attr == "format" => {
                filled(base, "{}", &call.args)
            }
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// The values of a template whose placeholders are all written the same.
fn filled<'e>(template: &Expr, mark: &str, values: &'e [Expr]) -> Vec<(bool, &'e Expr)> {
    let Some(text) = template.as_str() else {
        return Vec::new();
    };
    let mut quotation = Quotation::default();
    let open = text.split(mark).map(|part| {
        quotation.read(part);
        quotation.is_open()
    });
    open.zip(values).collect()
}

/// Where a shell is that reads a text from its beginning.
#[derive(Default)]
struct Quotation {
    quote: Option<char>,
    escaped: bool,
}

impl Quotation {
    fn read(&mut self, text: &str) {
        for character in text.chars() {
            if std::mem::take(&mut self.escaped) {
                continue;
            }
            match (self.quote, character) {
                (None | Some('"'), '\\') => self.escaped = true,
                (None, '\'' | '"') => self.quote = Some(character),
                (Some(open), _) if open == character => self.quote = None,
                _ => {}
            }
        }
    }

    /// Whether it waits for the end of a quotation.
    fn is_open(&self) -> bool {
        self.quote.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::Quotation;

    #[test]
    fn quotations_that_wait_for_their_end() {
        let is_open = |text: &str| {
            let mut quotation = Quotation::default();
            quotation.read(text);
            quotation.is_open()
        };
        for open in ["grep '", "grep \"", "a 'b' \"c", "echo \"it's ", "\"a\\\""] {
            assert!(is_open(open), "{open}");
        }
        for closed in ["grep ", "grep 'a' ", "echo \"it's\" ", "it\\'s ", "'a\\' "] {
            assert!(!is_open(closed), "{closed}");
        }
    }
}
