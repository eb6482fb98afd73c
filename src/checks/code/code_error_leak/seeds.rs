//! Which values hold an exception's text, and which exceptions say nothing of the inside.

use std::collections::BTreeMap;

use crate::checks::agent_code::AgentCode;
use crate::model::source::flow::{Flow, Labels, Seeds};
use crate::model::source::ir::{ByteRange, Handler, StmtKind, Try};
use crate::model::source::resolve::leaf;
use crate::model::source::walk::statements;
use crate::model::source::{Expr, ExprKind, FnId, Language, Module, ModuleId, Source};

use super::super::handlers;
use super::super::outward::outward;
use super::harmless::{MEANT, harmless, is_harmless_member, literal_classes};

/// The label of a formatted traceback.
pub(super) const TRACE: Labels = 1 << 63;
/// The label of exceptions beyond the first sixty.
const OTHERS: Labels = 1 << 62;
const COUNTED: usize = 60;

/// The exceptions that the code catches, each with its label.
pub(super) struct Caught<'s> {
    source: &'s Source,
    labels: BTreeMap<(ModuleId, ByteRange), Labels>,
    places: Vec<(ModuleId, ByteRange)>,
    /// Values of `promise.catch(error => …)` whose function gives the error's text.
    rejected: BTreeMap<(ModuleId, ByteRange), Labels>,
}

impl<'s> Caught<'s> {
    pub(super) fn new(code: &AgentCode<'s>) -> Self {
        let source = code.source;
        let literal = literal_classes(code);
        let mut caught = Self {
            source,
            labels: BTreeMap::new(),
            places: Vec::new(),
            rejected: BTreeMap::new(),
        };
        for module in code.modules() {
            for tried in tries(module) {
                for handler in tried
                    .handlers
                    .iter()
                    .filter(|handler| handler.binding.is_some())
                {
                    if !harmless(source, module, tried, handler, &literal) {
                        caught.add(module.id, handler.range);
                    }
                }
            }
        }
        for module in code
            .modules()
            .filter(|module| module.language == Language::TypeScript)
        {
            for (_, expr) in module.calls() {
                caught.promise(module, expr);
            }
        }
        caught
    }

    fn add(&mut self, module: ModuleId, range: ByteRange) -> Labels {
        let label = if self.places.len() < COUNTED {
            1 << self.places.len()
        } else {
            OTHERS
        };
        self.places.push((module, range));
        self.labels.insert((module, range), label);
        label
    }

    /// `promise.catch(error => …)` is a handler too; what its function returns is the value of the promise.
    fn promise(&mut self, module: &Module, expr: &Expr) {
        let Some(call) = expr.as_call() else { return };
        let ExprKind::Attribute { attr, .. } = &call.callee.kind else {
            return;
        };
        if &**attr != "catch" {
            return;
        }
        let function = call
            .args
            .first()
            .and_then(|arg| self.source.function_value(module.id, arg));
        let Some(function) = function else { return };
        let label = self.add(module.id, expr.range);
        let seeds = Rejected { function, label };
        if Flow::run(self.source, function, &seeds).returned(function) != 0 {
            self.rejected.insert((module.id, expr.range), label);
        }
    }

    /// The places that labels stand for, as `path:line`.
    pub(super) fn places(&self, code: &AgentCode<'_>, labels: Labels) -> Vec<String> {
        let mut found = Vec::new();
        for (index, (module, range)) in self.places.iter().enumerate().take(COUNTED) {
            if labels & (1 << index) != 0
                && let Some(module) = code.source.module(*module)
            {
                let site = module.site(*range);
                found.push(format!(
                    "{}:{}",
                    site.path,
                    site.span.map_or(0, |span| span.line)
                ));
            }
        }
        found
    }
}

/// The parameter of a promise's `catch`.
struct Rejected {
    function: FnId,
    label: Labels,
}

impl Seeds for Rejected {
    fn param(&self, function: FnId, index: usize) -> Labels {
        if function == self.function && index == 0 {
            self.label
        } else {
            0
        }
    }
    fn cleans_member(&self, _module: ModuleId, member: &str) -> bool {
        is_harmless_member(member)
    }
}

/// The seeds of one flow.
pub(super) struct Exceptions<'c, 's> {
    pub caught: &'c Caught<'s>,
    pub start: FnId,
    /// The parameter that holds the exception, in an error handler of a framework.
    pub exception: Option<usize>,
}

impl Seeds for Exceptions<'_, '_> {
    fn param(&self, function: FnId, index: usize) -> Labels {
        let given = function == self.start && self.exception == Some(index);
        let types = self
            .caught
            .source
            .function(function)
            .and_then(|function| function.params.get(index));
        // `def handler(request, exc: HTTPException)`: what such an exception says is meant for the caller.
        let meant = types
            .and_then(|param| param.annotation.as_deref())
            .is_some_and(|annotation| {
                self.caught
                    .source
                    .canonical(function.module, annotation)
                    .is_some_and(|name| MEANT.contains(&leaf(&name)))
            });
        if given && !meant { OTHERS } else { 0 }
    }

    fn exception(&self, module: ModuleId, handler: &Handler) -> Labels {
        self.caught
            .labels
            .get(&(module, handler.range))
            .copied()
            .unwrap_or(0)
    }

    fn expr(&self, module: ModuleId, expr: &Expr) -> Labels {
        let ExprKind::Call(call) = &expr.kind else {
            return 0;
        };
        let ExprKind::Attribute { attr, .. } = &call.callee.kind else {
            return match call.callee.as_name() {
                Some("format_exc" | "format_exception") => TRACE,
                _ => 0,
            };
        };
        match &**attr {
            "format_exc" | "format_exception" | "format_tb" | "format_stack" => TRACE,
            "exc_info" => OTHERS,
            "catch" => self
                .caught
                .rejected
                .get(&(module, expr.range))
                .copied()
                .unwrap_or(0),
            _ => 0,
        }
    }

    fn cleans(&self, module: ModuleId, call: &Expr) -> bool {
        let Some(inner) = call.as_call() else {
            return false;
        };
        let (ExprKind::Name(name) | ExprKind::Attribute { attr: name, .. }) = &inner.callee.kind
        else {
            return false;
        };
        matches!(
            &**name,
            "type"
                | "len"
                | "isinstance"
                | "hash"
                | "id"
                | "bool"
                | "get_error_code"
                | "errors"
                | "flatten"
                | "format_errors"
                | "treeifyError"
                | "prettifyError"
                | "uuid4"
                | "randomUUID"
                | "hexdigest"
                | "int"
        ) || handlers::is_log(self.caught.source, module, call, 0)
            || outward(self.caught.source, module, call).is_some()
    }

    fn cleans_member(&self, _module: ModuleId, member: &str) -> bool {
        is_harmless_member(member)
    }
}

fn tries(module: &Module) -> Vec<&Try> {
    let mut bodies = vec![module.body.as_slice()];
    bodies.extend(
        module
            .functions
            .iter()
            .map(|function| function.body.as_slice()),
    );
    bodies
        .into_iter()
        .flat_map(statements)
        .filter_map(|stmt| match &stmt.kind {
            StmtKind::Try(tried) => Some(&**tried),
            _ => None,
        })
        .collect()
}
