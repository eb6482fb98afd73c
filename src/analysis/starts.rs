//! What a text or a path starts with, whatever is put behind it: a word that starts with a folder is no option of a program.

use crate::analysis::names::{Meaning, leaf};
use crate::analysis::values::{At, Domain, Part, bound, eval, returned};
use crate::model::source::ir::Operator;
use crate::model::source::module::BindingKind;
use crate::model::source::{Call, Expr, ExprKind, Language, Source};

/// What is known of the start of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Start {
    /// It may be anything, or nothing.
    Open,
    /// The folder one is in (`.`, `./`): objects for paths leave it out, texts keep it.
    Here,
    /// A character that is no dash.
    Fixed,
    /// The root of the file system.
    Rooted,
}

/// Whether a value starts with something that is known and is no dash.
pub(crate) fn is_fixed(source: &Source, at: At<'_>) -> bool {
    eval(&mut Starts { source }, at) > Start::Open
}

struct Starts<'a> {
    source: &'a Source,
}

fn of_text(text: &str) -> Start {
    match text.as_bytes().first() {
        None | Some(b'-') => Start::Open,
        Some(b'/') => Start::Rooted,
        _ if text.bytes().all(|byte| matches!(byte, b'.' | b'/')) => Start::Here,
        _ => Start::Fixed,
    }
}

impl<'a> Domain<'a> for Starts<'a> {
    type Known = Start;
    const QUESTION: &'static str = "starts";

    fn unknown(&mut self, _at: At<'a>) -> Start {
        Start::Open
    }

    fn text(&mut self, _at: At<'a>, text: &'a str) -> Start {
        of_text(text)
    }

    fn one_of(&mut self, at: At<'a>, ways: &[&'a Expr]) -> Start {
        let ways = ways.iter().map(|way| eval(self, at.to(way)));
        ways.min().unwrap_or(Start::Open)
    }

    fn together(&mut self, at: At<'a>, parts: &[Part<'a>]) -> Start {
        // What follows an empty text is first: only the first part that has a letter counts.
        match parts.iter().find(|part| !matches!(part, Part::Text(""))) {
            Some(Part::Text(text)) => of_text(text),
            Some(Part::Value(value)) => eval(self, at.to(value)),
            None => Start::Open,
        }
    }

    fn other(&mut self, at: At<'a>) -> Start {
        match &at.expr.kind {
            ExprKind::Name(name) => self.name(at, name),
            // `Path("/tmp") / name`: a name that starts with `/` takes the place of all before it, and starts with `/`.
            ExprKind::BinOp {
                op: Operator::Div,
                left,
                ..
            } => above_here(eval(self, at.to(left))),
            ExprKind::Call(call) => self.call(at, call),
            // `NamedTemporaryFile().name`.
            ExprKind::Attribute { base, attr } if &**attr == "name" => {
                match temporary(self.source, at.to(base)) {
                    true => Start::Rooted,
                    false => Start::Open,
                }
            }
            _ => Start::Open,
        }
    }
}

/// A path of which objects for paths leave `.` out.
fn above_here(start: Start) -> Start {
    match start {
        Start::Here => Start::Open,
        known => known,
    }
}

/// Whether an expression is a temporary folder or file of Python's, or a name of one.
fn temporary(source: &Source, at: At<'_>) -> bool {
    let made = |expr: &Expr| {
        matches!(
            source.callee_name(at.module, expr),
            Some("tempfile.TemporaryDirectory" | "tempfile.NamedTemporaryFile")
        )
    };
    match &at.expr.kind {
        ExprKind::Name(name) => {
            let opened = opened(source, at, name);
            let values = bound(source, at.module, name, at.expr.range.start);
            opened.is_some_and(made) || !values.is_empty() && values.into_iter().all(made)
        }
        _ => made(at.expr),
    }
}

/// What a name is opened as, where `with` is all that binds it.
fn opened<'a>(source: &'a Source, at: At<'a>, name: &str) -> Option<&'a Expr> {
    let module = source.module(at.module)?;
    match module.bindings_around(name, at.expr.range.start)? {
        (_, [one]) => match &one.kind {
            BindingKind::With(value) => Some(&**value),
            _ => None,
        },
        _ => None,
    }
}

impl<'a> Starts<'a> {
    fn name(&mut self, at: At<'a>, name: &str) -> Start {
        if let Some(value) = opened(self.source, at, name) {
            let name = self.source.callee_name(at.module, value);
            return match name {
                Some("tempfile.TemporaryDirectory") => Start::Rooted,
                _ => Start::Open,
            };
        }
        let values = bound(self.source, at.module, name, at.expr.range.start);
        let values = values
            .into_iter()
            .filter(|value| !value.range.contains(at.expr.range));
        let starts = values.map(|value| eval(self, at.to(value)));
        if let Some(least) = starts.min() {
            return least;
        }
        match self.source.meaning(at.module, at.expr) {
            Meaning::Value(module, value) if !value.is(at.expr) => {
                eval(self, At::new(module, value))
            }
            _ => Start::Open,
        }
    }

    fn call(&mut self, at: At<'a>, call: &'a Call) -> Start {
        let name = self
            .source
            .callee_name(at.module, at.expr)
            .unwrap_or_default();
        let first = |starts: &mut Self| {
            let first = call.args.first();
            first.map_or(Start::Open, |first| eval(starts, at.to(first)))
        };
        if let Some(function) = self.source.callee(at.module, at.expr) {
            let values = returned(self.source, function).into_iter();
            let starts = values.map(|value| eval(self, value));
            return starts.min().unwrap_or(Start::Open);
        }
        if matches!(call.callee.as_name(), Some("str" | "String")) {
            return first(self);
        }
        match name {
            "tempfile.mkdtemp"
            | "tempfile.gettempdir"
            | "os.getcwd"
            | "os.path.abspath"
            | "os.path.realpath"
            | "pathlib.Path.cwd"
            | "pathlib.Path.home"
            | "os.tmpdir"
            | "process.cwd"
            | "path.resolve" => return Start::Rooted,
            "os.path.join" => return first(self),
            // Node puts `data/../-x` in order.
            "path.join" => {
                return match first(self) {
                    Start::Rooted => Start::Rooted,
                    _ => Start::Open,
                };
            }
            "fs.mkdtempSync" | "fs.promises.mkdtemp" | "os.fspath" => {
                return first(self);
            }
            _ => {}
        }
        if name.starts_with("pathlib.")
            && matches!(
                leaf(name),
                "Path" | "PurePath" | "PosixPath" | "PurePosixPath"
            )
        {
            return above_here(first(self));
        }
        let ExprKind::Attribute { base, attr } = &call.callee.kind else {
            return Start::Open;
        };
        let python = self
            .source
            .module(at.module)
            .is_some_and(|module| module.language == Language::Python);
        match &**attr {
            "joinpath" | "as_posix" | "absolute" | "expanduser" | "with_suffix" if python => {
                eval(self, at.to(base))
            }
            "resolve" if python && call.args.is_empty() => match eval(self, at.to(base)) {
                Start::Open => Start::Open,
                _ => Start::Rooted,
            },
            _ => Start::Open,
        }
    }
}
