//! Whether a text was checked on its way to a command: allow-lists, anchored patterns, metacharacter tests.

use std::collections::BTreeSet;

use super::sinks::Danger;
use super::types::{restricted_by_schema, restricted_by_type};
use super::verdict::{Test, mentions};
use crate::analysis::dataflow::Flow;
use crate::model::source::ir::{Stmt, StmtKind};
use crate::model::source::walk;
use crate::model::source::{ByteRange, Expr, ExprKind, FnId, Module, ModuleId, Source};

const DEEPEST: u32 = 6;
/// Answers whether what reaches a place was checked.
pub(super) struct Guards<'a> {
    pub(super) source: &'a Source,
    pub(super) flow: &'a Flow,
    /// The function that the flow starts in.
    pub(super) from: Option<FnId>,
    pub(super) danger: Danger,
}

impl Guards<'_> {
    /// Whether every labelled part of an expression was checked before it got there.
    pub(super) fn covered(&self, module: ModuleId, expr: &Expr) -> bool {
        self.covered_at(module, expr, expr.range, 0)
    }

    fn covered_at(&self, id: ModuleId, expr: &Expr, place: ByteRange, depth: u32) -> bool {
        if depth > DEEPEST {
            return false;
        }
        let Some(module) = self.source.module(id) else {
            return false;
        };
        // `x if x in ALLOWED else "ls"`.
        if let ExprKind::Conditional { test, body, .. } = &expr.kind
            && self
                .terms(module, body)
                .iter()
                .all(|term| self.says(module, test, module.text(term.range)) == Some(Test::Allows))
        {
            return true;
        }
        let terms = self.terms(module, expr);
        !terms.is_empty()
            && terms
                .iter()
                .all(|term| self.term(module, term, place, depth))
    }

    /// The labelled names and members that an expression is made of.
    fn terms<'e>(&self, module: &Module, expr: &'e Expr) -> Vec<&'e Expr> {
        let mut found = Vec::new();
        self.gather(module, expr, &mut found);
        found
    }

    fn gather<'e>(&self, module: &Module, expr: &'e Expr, found: &mut Vec<&'e Expr>) {
        if self.flow.labels(module.id, expr) == 0 {
            return;
        }
        match &expr.kind {
            ExprKind::Name(_) | ExprKind::Attribute { .. } => found.push(expr),
            ExprKind::Subscript { base, index } => match &index.kind {
                ExprKind::Str(_) => found.push(expr),
                _ => self.gather(module, base, found),
            },
            ExprKind::Call(call) => {
                let keyed = matches!(&call.callee.kind, ExprKind::Attribute { attr, base }
                    if &**attr == "get" && self.flow.labels(module.id, base) != 0);
                if keyed && call.args.first().is_some_and(|key| key.as_str().is_some()) {
                    found.push(expr);
                    return;
                }
                let before = found.len();
                if let ExprKind::Attribute { base, .. } = &call.callee.kind {
                    self.gather(module, base, found);
                }
                for value in call
                    .args
                    .iter()
                    .chain(call.keywords.iter().map(|keyword| &keyword.value))
                {
                    self.gather(module, value, found);
                }
                if found.len() == before {
                    found.push(expr);
                }
            }
            _ => {
                let before = found.len();
                for child in walk::Node::Expr(expr).children() {
                    if let walk::Node::Expr(child) = child {
                        self.gather(module, child, found);
                    }
                }
                if found.len() == before {
                    found.push(expr);
                }
            }
        }
    }

    fn term(&self, module: &Module, term: &Expr, place: ByteRange, depth: u32) -> bool {
        let text = module.text(term.range);
        let function = module.function_at(place.start).map(|function| function.id);
        let body = self.source.body(module.id, function);
        if self.checked(module, body, text, place) {
            return true;
        }
        if let ExprKind::Call(_) = &term.kind
            && let Some(helper) = self.source.callee(module.id, term)
        {
            return self.checks_itself(helper);
        }
        let Some(name) = root(term) else {
            return false;
        };
        if restricted_by_schema(self.source, module, term_name(term)) {
            return true;
        }
        let mut defined: Vec<&Expr> = Vec::new();
        for stmt in walk::statements(body) {
            match &stmt.kind {
                StmtKind::Assign(assign) => {
                    let own = assign.targets.iter().any(|target| {
                        walk::sub_expressions(target)
                            .iter()
                            .any(|inner| inner.as_name() == Some(name))
                    });
                    if let (true, Some(value)) = (own, &assign.value) {
                        defined.push(value);
                    }
                }
                StmtKind::Loop(looped) => {
                    let own = looped.target.as_ref().is_some_and(|target| {
                        walk::sub_expressions(target)
                            .iter()
                            .any(|inner| inner.as_name() == Some(name))
                    });
                    if let (true, Some(iter)) = (own, looped.iter.as_deref()) {
                        defined.push(iter);
                    }
                }
                _ => {}
            }
        }
        let defined: Vec<&Expr> = defined
            .into_iter()
            .filter(|value| {
                self.flow.labels(module.id, value) != 0 && !value.range.contains(term.range)
            })
            .collect();
        if !defined.is_empty() {
            return defined
                .iter()
                .all(|value| self.covered_at(module.id, value, place, depth + 1));
        }
        self.param(module, function, name, depth)
    }

    /// A parameter: restricted by its type, or checked by everyone who gives it.
    fn param(&self, module: &Module, function: Option<FnId>, name: &str, depth: u32) -> bool {
        let Some(about) = function.and_then(|id| module.function(id)) else {
            return false;
        };
        let Some(index) = about.params.iter().position(|param| {
            &*param.name == name
                || param.pattern.as_ref().is_some_and(|pattern| {
                    walk::sub_expressions(pattern)
                        .iter()
                        .any(|inner| inner.as_name() == Some(name))
                })
        }) else {
            // A closure's variable belongs to the function around it.
            return about
                .parent
                .is_some_and(|parent| self.param(module, Some(parent), name, depth));
        };
        if about
            .params
            .get(index)
            .is_some_and(|param| restricted_by_type(self.source, module, param))
        {
            return true;
        }
        if Some(about.id) == self.from || depth > DEEPEST {
            return false;
        }
        let modules: BTreeSet<ModuleId> = self.flow.functions().map(|id| id.module).collect();
        let modules: Vec<ModuleId> = modules.into_iter().collect();
        let mut any = false;
        for (at, _, call) in self.source.calls_to(about.id, &modules) {
            let Some(called) = call.as_call() else {
                continue;
            };
            for value in called
                .args
                .iter()
                .chain(called.keywords.iter().map(|keyword| &keyword.value))
            {
                if self.flow.labels(at, value) == 0 {
                    continue;
                }
                any = true;
                if !self.covered_at(at, value, call.range, depth + 1) {
                    return false;
                }
            }
        }
        any
    }

    /// Whether a statement before the place, or a branch around it, tested the text.
    fn checked(&self, module: &Module, body: &[Stmt], text: &str, place: ByteRange) -> bool {
        walk::statements(body)
            .into_iter()
            .any(|stmt| match &stmt.kind {
                StmtKind::If(branch) => {
                    let inside = |part: &[Stmt]| part.iter().any(|stmt| stmt.range.contains(place));
                    match self.says(module, &branch.test, text) {
                        Some(Test::Allows) => {
                            inside(&branch.body)
                                || !branch.orelse.is_empty()
                                    && leaves(&branch.orelse)
                                    && stmt.range.end <= place.start
                        }
                        Some(Test::Refuses) => {
                            inside(&branch.orelse)
                                || leaves(&branch.body) && stmt.range.end <= place.start
                        }
                        None => false,
                    }
                }
                StmtKind::Assert { test, .. } => {
                    stmt.range.end <= place.start
                        && self.says(module, test, text) == Some(Test::Allows)
                }
                // `validate(command)`, which raises.
                StmtKind::Expr(value) if stmt.range.end <= place.start => {
                    let call = match &value.kind {
                        ExprKind::Await(inner) => inner,
                        _ => value,
                    };
                    mentions(module, call, text)
                        && self
                            .source
                            .callee(module.id, call)
                            .is_some_and(|helper| self.checks_itself(helper))
                }
                StmtKind::Switch(switch) => {
                    module.text(switch.subject.range) == text
                        && switch.cases.iter().any(|case| {
                            case.pattern
                                .as_ref()
                                .is_some_and(|pattern| pattern.as_str().is_some())
                                && case.range.contains(place)
                        })
                }
                // `for part in command.split(): if part not in ALLOWED: raise`.
                StmtKind::Loop(looped) if stmt.range.end <= place.start => {
                    let over = looped
                        .iter
                        .as_deref()
                        .is_some_and(|iter| mentions(module, iter, text));
                    let target = looped.target.as_ref().and_then(Expr::as_name);
                    over && target.is_some_and(|target| {
                        walk::statements(&looped.body)
                            .into_iter()
                            .any(|inner| match &inner.kind {
                                StmtKind::If(branch) => {
                                    leaves(&branch.body)
                                        && self.says(module, &branch.test, target)
                                            == Some(Test::Refuses)
                                }
                                _ => false,
                            })
                    })
                }
                _ => false,
            })
    }

    /// Whether a helper tests one of its parameters and refuses.
    pub(super) fn checks_itself(&self, helper: FnId) -> bool {
        let (Some(module), Some(about)) = (
            self.source.module(helper.module),
            self.source.function(helper),
        ) else {
            return false;
        };
        let last = ByteRange {
            start: about.range.end,
            end: about.range.end,
        };
        about.params.iter().any(|param| {
            self.checked(module, &about.body, &param.name, last)
                || walk::statements(&about.body)
                    .into_iter()
                    .any(|stmt| match &stmt.kind {
                        StmtKind::Return(Some(value)) => {
                            self.says(module, value, &param.name) == Some(Test::Allows)
                        }
                        _ => false,
                    })
        })
    }
}

/// The name that a chain of members starts with.
fn root(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Name(name) => Some(name),
        ExprKind::Attribute { base, .. } | ExprKind::Subscript { base, .. } => root(base),
        ExprKind::Call(call) => match &call.callee.kind {
            ExprKind::Attribute { base, .. } => root(base),
            _ => None,
        },
        _ => None,
    }
}

fn term_name(expr: &Expr) -> &str {
    match &expr.kind {
        ExprKind::Name(name) => name,
        ExprKind::Attribute { attr, .. } => attr,
        ExprKind::Subscript { index, .. } => index.as_str().unwrap_or(""),
        _ => "",
    }
}

fn leaves(body: &[Stmt]) -> bool {
    body.last().is_some_and(|last| match &last.kind {
        StmtKind::Return(_) | StmtKind::Raise { .. } | StmtKind::Continue | StmtKind::Break => true,
        StmtKind::Block(body) => leaves(body),
        StmtKind::Expr(value) => value.as_call().is_some_and(|call| {
            matches!(&call.callee.kind, ExprKind::Attribute { attr, .. } if matches!(&**attr, "exit" | "abort"))
                || matches!(call.callee.as_name(), Some("exit" | "abort" | "quit"))
        }),
        _ => false,
    })
}
