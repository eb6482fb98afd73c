//! Types of arktype: `type({ prompt: "string <= 4000" })` (<https://arktype.io/docs/intro/your-first-type>). What they do not name is
//! kept unless `"+"` says otherwise; a definition that is not understood is one that could not be read.

use crate::analysis::limits;
use crate::analysis::names::Meaning;
use crate::analysis::tested::pattern;
use crate::model::source::{Call, Expr, ExprKind, ModuleId, Source};

use super::rules::{Rule, Shape};

/// The function that makes a type.
pub(super) const MAKER: &str = "arktype.type";

/// What a type says that a call of the maker makes.
pub(super) fn of_call(source: &Source, module: ModuleId, call: &Call) -> Shape {
    of_parts(source, module, &call.args)
}

fn unread() -> Shape {
    Shape::of(Rule::UNREAD)
}

/// `[Ask, "|", Note]`, `[Ask, "[]"]`, as arguments too; of one part what it says.
fn of_parts(source: &Source, module: ModuleId, parts: &[Expr]) -> Shape {
    let of = |part: &Expr| shape(source, module, part);
    match parts {
        [only] => of(only),
        [inner, list] if list.as_str() == Some("[]") => Shape::list(of(inner)),
        [one, or, other] if or.as_str() == Some("|") => Shape::union([of(one), of(other)]),
        [one, and, other] if and.as_str() == Some("&") => both(of(one), of(other)),
        _ => unread(),
    }
}

fn shape(source: &Source, module: ModuleId, expr: &Expr) -> Shape {
    let Some(_step) = limits::follow("arktype", limits::SCHEMA, module, expr) else {
        return unread();
    };
    match &expr.kind {
        ExprKind::Str(text) => Definition::read(text).unwrap_or_else(unread),
        ExprKind::Regex(text) => of_pattern(text),
        ExprKind::List(items) if items.len() > 1 => of_parts(source, module, items),
        ExprKind::Dict(entries) => {
            let extra = expr.entry("+").and_then(Expr::as_str);
            let fields = entries.iter().filter_map(|entry| {
                let key = entry.key.as_ref()?.as_str()?;
                let name = key.strip_suffix('?').unwrap_or(key).to_owned();
                (key != "+").then(|| (name, shape(source, module, &entry.value)))
            });
            let made = Shape::object(fields);
            match extra {
                Some("delete" | "reject") => made,
                _ => made.open(),
            }
        }
        ExprKind::Call(call)
            if source.canonical(module, &call.callee).as_deref() == Some(MAKER) =>
        {
            of_call(source, module, call)
        }
        _ => match source.meaning(module, expr) {
            Meaning::Instance(made) if made.type_name == MAKER => made
                .call
                .map_or_else(unread, |call| of_call(source, made.module, call)),
            Meaning::Value(at, value) if !value.is(expr) => shape(source, at, value),
            _ => unread(),
        },
    }
}

/// What both of two types say.
fn both(one: Shape, other: Shape) -> Shape {
    let mut fields = one.fields;
    for (path, rule) in other.fields {
        let known = fields.entry(path).or_insert(rule);
        *known = known.both(rule);
    }
    Shape {
        rule: one.rule.both(other.rule),
        fields,
    }
}

fn of_pattern(text: &str) -> Shape {
    let lets = pattern::lets(text, pattern::Held::Anywhere);
    Shape::of(Rule {
        text: true,
        formatted: true,
        safe: lets.safe,
        bounded: pattern::bounds(text),
        ..Rule::TYPED
    })
}

/// A definition that is written as text, with what is not yet read of it.
struct Definition<'t> {
    rest: &'t str,
    depth: u8,
}

/// Deepest nesting of parentheses that is read.
const DEEPEST: u8 = 20;

impl<'t> Definition<'t> {
    /// What a definition says; None where it is not understood.
    fn read(text: &'t str) -> Option<Shape> {
        let mut definition = Self {
            rest: text,
            depth: 0,
        };
        let found = definition.union()?;
        // `string = "none"` has a default.
        let rest = definition.rest.trim_start();
        (rest.is_empty() || rest.starts_with('=')).then_some(found)
    }

    fn takes(&mut self, sign: &str) -> bool {
        let rest = self.rest.trim_start();
        let found = rest.strip_prefix(sign);
        self.rest = found.unwrap_or(rest);
        found.is_some()
    }

    fn word(&mut self, is_part: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest.trim_start();
        let end = rest.find(|one| !is_part(one)).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        self.rest = behind;
        word
    }

    fn number(&mut self) -> Option<&'t str> {
        let word = self.word(|one| one.is_ascii_digit() || matches!(one, '-' | '.' | '_'));
        (!word.is_empty()).then_some(word)
    }

    fn union(&mut self) -> Option<Shape> {
        let mut branches = vec![self.intersection()?];
        while self.takes("|") {
            branches.push(self.intersection()?);
        }
        Some(Shape::union(branches))
    }

    fn intersection(&mut self) -> Option<Shape> {
        let mut found = self.compared()?;
        while self.takes("&") {
            found = both(found, self.compared()?);
        }
        Some(found)
    }

    /// `string <= 4000`, `1 <= number <= 5`, `4000 >= string`, `number % 2`
    fn compared(&mut self) -> Option<Shape> {
        let mut limited = false;
        if let Some(number) = self.number() {
            let compares = [">=", ">", "<=", "<"].into_iter();
            let Some(sign) = { compares }.find(|sign| self.takes(sign)) else {
                return number.parse::<f64>().ok().map(|_| Shape::of(Rule::SET));
            };
            limited = sign.starts_with('>');
        }
        let found = self.lists()?;
        while let Some(sign) = ["<=", "<", ">=", ">", "==", "%"]
            .into_iter()
            .find(|sign| self.takes(sign))
        {
            self.number()?;
            limited |= matches!(sign, "<=" | "<" | "==");
        }
        if !limited {
            return Some(found);
        }
        let mut found = found.limited();
        found.rule.ranged = true;
        Some(found)
    }

    fn lists(&mut self) -> Option<Shape> {
        let mut found = self.term()?;
        while self.takes("[]") {
            found = Shape::list(found);
        }
        // `string?` of an entry.
        self.takes("?");
        Some(found)
    }

    fn term(&mut self) -> Option<Shape> {
        if self.takes("(") {
            if self.depth >= DEEPEST {
                return None;
            }
            self.depth += 1;
            let found = self.union()?;
            self.depth -= 1;
            return self.takes(")").then_some(found);
        }
        for quote in ["'", "\""] {
            if self.takes(quote) {
                let (_, behind) = self.rest.split_once(quote)?;
                self.rest = behind;
                return Some(Shape::of(Rule::SET));
            }
        }
        if self.rest.starts_with('/') {
            // A slash of the pattern itself is escaped.
            let mut escaped = false;
            let end = self.rest.get(1..)?.find(|one| {
                let ends = one == '/' && !escaped;
                escaped = one == '\\' && !escaped;
                ends
            })?;
            let (text, behind) = self.rest.split_at(end + 2);
            self.rest = behind;
            return Some(of_pattern(text));
        }
        keyword(self.word(|one| one.is_alphanumeric() || one == '.')).map(Shape::of)
    }
}

/// What a word for a type says.
fn keyword(word: &str) -> Option<Rule> {
    let text = Rule {
        text: true,
        ..Rule::TYPED
    };
    let (base, kind) = word.split_once('.').unwrap_or((word, ""));
    let found = match (base, kind.split('.').next().unwrap_or_default()) {
        ("string", "uuid" | "ip") => Rule::SET,
        ("string", "alpha" | "alphanumeric" | "digits" | "hex" | "integer" | "numeric") => Rule {
            formatted: true,
            safe: true,
            ..text
        },
        ("string", "" | "trim" | "lower" | "upper" | "capitalize" | "normalize") => text,
        // It becomes what the text stands for.
        ("string", "json") if kind.ends_with("parse") => Rule::TYPED,
        ("string", _) => Rule {
            formatted: true,
            ..text
        },
        ("number" | "bigint", _) => Rule {
            number: true,
            ..Rule::TYPED
        },
        ("boolean", _) => Rule {
            flag: true,
            ..Rule::TYPED
        },
        ("true" | "false" | "null" | "undefined" | "Date", _) => Rule::SET,
        ("object" | "Record" | "Array", "") => Rule::TYPED,
        ("unknown" | "any", "") => Rule::default(),
        _ => return None,
    };
    Some(found)
}
