#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod flows;
mod hostile;
mod names;
mod projects;
mod shapes;

use crate::analysis::sample::source_of_files;
use crate::model::source::ir::{Expr, ExprKind};
use crate::model::source::walk::expressions;
use crate::model::source::{Module, ModuleId, Source};

/// A one-file Python project.
fn python(text: &str) -> Source {
    source_of_files(&[("main.py", text)], "main.py")
}

/// A one-file TypeScript project.
fn typescript(text: &str) -> Source {
    source_of_files(&[("main.ts", text)], "main.ts")
}

fn entry(source: &Source) -> &Module {
    source
        .module(source.runtimes[0].entry.expect("entry"))
        .unwrap()
}

/// The canonical names of all calls in a module, by the text of their callee.
fn called(source: &Source, id: ModuleId) -> Vec<(String, Option<String>)> {
    let module = source.module(id).unwrap();
    let calls = module.calls();
    calls
        .map(|(_, call)| {
            (
                module.text(call.as_call().unwrap().callee.range).to_owned(),
                source.callee_name(id, call).map(str::to_owned),
            )
        })
        .collect()
}

/// The canonical name of the call whose callee reads so.
fn callee(source: &Source, text: &str) -> String {
    let id = entry(source).id;
    let found = called(source, id)
        .into_iter()
        .find(|(callee, _)| callee == text);
    found
        .unwrap_or_else(|| panic!("no call of {text}"))
        .1
        .unwrap_or_default()
}

/// The first expression of the module whose text is this.
fn find<'s>(module: &'s Module, text: &str) -> &'s Expr {
    let all = module.all_expressions();
    all.into_iter()
        .map(|(_, expr)| expr)
        .find(|expr| module.text(expr.range) == text)
        .unwrap_or_else(|| panic!("no {text}"))
}

fn kinds(module: &Module) -> Vec<&'static str> {
    expressions(&module.body)
        .into_iter()
        .map(|expr| match expr.kind {
            ExprKind::Name(_) => "name",
            ExprKind::Attribute { .. } => "attribute",
            ExprKind::Subscript { .. } => "subscript",
            ExprKind::Call(_) => "call",
            ExprKind::Str(_) => "str",
            ExprKind::Format(_) => "format",
            ExprKind::Dict(_) => "dict",
            ExprKind::BoolOp { .. } => "bool-op",
            ExprKind::None => "none",
            ExprKind::Lambda(_) => "lambda",
            ExprKind::Comprehension(_) => "comprehension",
            ExprKind::Await(_) => "await",
            _ => "other",
        })
        .collect()
}
