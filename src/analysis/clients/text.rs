//! The literal text in a value.

use std::collections::BTreeMap;

use crate::analysis::limits;
use crate::analysis::names::{Meaning, leaf};
use crate::analysis::values::{At, Domain, Part, bound, eval, returned};
use crate::model::source::ir::Call;
use crate::model::source::{Expr, ExprKind, FnId, ModuleId, Source};

/// Most characters of a text that are put together.
const LONGEST: usize = 4096;
/// How often one name is followed within a text.
const MOST_TIMES: u32 = 8;
/// Stands in a text for what is not literal.
pub(crate) const HOLE: char = '\u{1}';

/// All literal text in a value, in order, names and helpers followed; [`HOLE`] stands for the rest. The names of environment
/// variables are part of it, since they say what they hold.
pub(crate) fn text<'a>(source: &'a Source, at: At<'a>) -> String {
    let mut out = Text {
        source,
        text: String::new(),
        names: BTreeMap::new(),
    };
    eval(&mut out, at);
    out.text
}

/// Text on the way, and how often each name was followed for it.
struct Text<'a> {
    source: &'a Source,
    text: String,
    names: BTreeMap<(ModuleId, Option<FnId>, &'a str), u32>,
}

impl<'a> Domain<'a> for Text<'a> {
    type Known = ();
    const QUESTION: &'static str = "text";

    fn before(&mut self, at: At<'a>) -> Option<()> {
        if self.text.len() <= LONGEST {
            return None;
        }
        limits::reached(limits::CALLERS, at.module, at.expr.range);
        Some(())
    }

    fn unknown(&mut self, _at: At<'a>) {
        self.hole();
    }

    fn text(&mut self, _at: At<'a>, text: &'a str) {
        self.text.push_str(text);
    }

    fn one_of(&mut self, at: At<'a>, ways: &[&'a Expr]) {
        for way in ways {
            self.apart(at.to(way));
        }
    }

    fn together(&mut self, at: At<'a>, parts: &[Part<'a>]) {
        for part in parts {
            match part {
                Part::Text(text) => self.text.push_str(text),
                Part::Value(value) => eval(self, at.to(value)),
            }
        }
    }

    fn other(&mut self, at: At<'a>) {
        match &at.expr.kind {
            ExprKind::BinOp { left, right, .. } => {
                eval(self, at.to(left));
                eval(self, at.to(right));
            }
            ExprKind::Subscript { base, index } => {
                self.hole();
                match index.as_str() {
                    Some(name) => self.text.push_str(name),
                    None => eval(self, at.to(base)),
                }
                self.hole();
            }
            ExprKind::Call(call) => self.call(at, call),
            ExprKind::Name(name) => self.name(at, name),
            ExprKind::Attribute { base, attr } => {
                let made = self.source.type_of(at.module, base).and_then(|made| {
                    let url = made.call?.option(attr)?;
                    Some(At::new(made.module, url))
                });
                match made {
                    Some(made) => eval(self, made),
                    None => self.meaning(at),
                }
            }
            _ => self.hole(),
        }
    }
}

impl<'a> Text<'a> {
    fn hole(&mut self) {
        self.text.push(HOLE);
    }

    /// A value, and that what follows is not a part of it.
    fn apart(&mut self, at: At<'a>) {
        eval(self, at);
        self.hole();
    }

    fn name(&mut self, at: At<'a>, name: &'a str) {
        let place = self.source.module(at.module);
        let around = place.and_then(|place| place.function_at(at.expr.range.start));
        let key = (at.module, around.map(|around| around.id), name);
        let times = self.names.entry(key).or_default();
        *times += 1;
        if *times > MOST_TIMES {
            self.hole();
            return;
        }
        let values = bound(self.source, at.module, name, at.expr.range.start);
        if values.is_empty() {
            self.meaning(at);
        }
        for value in values {
            if !value.range.contains(at.expr.range) {
                self.apart(at.to(value));
            }
        }
    }

    fn call(&mut self, at: At<'a>, call: &'a Call) {
        if let Some(function) = self.source.callee(at.module, at.expr) {
            for value in returned(self.source, function) {
                self.apart(value);
            }
            return;
        }
        // `url.format(arn=…)`, `base.rstrip("/")`, `str(url)`, `new URL(path, base)`, `os.environ.get("X", default)`.
        if let ExprKind::Attribute { base, .. } = &call.callee.kind {
            eval(self, at.to(base));
        }
        for value in call.values() {
            self.apart(at.to(value));
        }
    }

    fn meaning(&mut self, at: At<'a>) {
        match self.source.meaning(at.module, at.expr) {
            Meaning::Value(module, value) if !value.is(at.expr) => {
                eval(self, At::new(module, value));
            }
            Meaning::External(name) => {
                self.hole();
                self.text.push_str(leaf(&name));
                self.hole();
            }
            Meaning::Instance(instance) => match instance.call {
                Some(call) => call
                    .values()
                    .for_each(|value| self.apart(At::new(instance.module, value))),
                None => self.hole(),
            },
            _ => self.hole(),
        }
    }
}
