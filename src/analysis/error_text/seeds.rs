//! Which values hold an exception's text, and which exceptions say nothing of the inside.

use std::collections::{BTreeMap, BTreeSet};

use super::gathered;
use crate::analysis::agent_code::AgentCode;
use crate::analysis::dataflow::{Labels, Seeds, Vouched};
use crate::analysis::names::{leaf, package};
use crate::analysis::tested::proofs;
use crate::model::source::ir::{ByteRange, Handler, StmtKind, Try};
use crate::model::source::walk::statements;
use crate::model::source::{ClassId, Expr, ExprKind, FnId, Module, ModuleId, Source};

use super::harmless::{
    MEANT, Says, is_harmless_member, is_of_payload, literal_classes, says, says_nothing,
};
use crate::analysis::exceptions;
use crate::analysis::outward::outward;
use crate::analysis::rejections::rejections;
use crate::analysis::state_graphs;

/// The label of a formatted traceback.
pub(super) const TRACE: Labels = 1 << 63;
/// The label of exceptions beyond those that are counted.
const OTHERS: Labels = 1 << 62;
const COUNTED: usize = 58;
/// The label of what `Promise.allSettled` gives: the `reason` of its items is an exception.
const SETTLED: Labels = 1 << 61;
/// The label of the AI SDK's `fullStream`: the `error` of its parts is an exception.
const STREAM: Labels = 1 << 60;

/// The label of results among which are exceptions: text of them is text of an exception.
const GATHERED: Labels = 1 << 58;

/// The label of what a validation library says of the payload to an error handler.
const OF_PAYLOAD: Labels = 1 << 59;

/// What makes text of a traceback.
const TRACEBACKS: &[&str] = &[
    "format_exc",
    "format_exception",
    "format_exception_only",
    "format_tb",
    "format_stack",
];

/// The labels of what holds an exception's text now, without those of what has one in some member.
pub(super) fn leaking(labels: Labels) -> Labels {
    labels & !(SETTLED | STREAM | GATHERED)
}

/// The exceptions that the code catches, each with its label.
pub(super) struct Caught<'s> {
    source: &'s Source,
    /// The project's exceptions whose messages are fixed.
    literal: BTreeSet<ClassId>,
    labels: BTreeMap<(ModuleId, ByteRange), Labels>,
    places: Vec<(ModuleId, ByteRange)>,
    /// The labels of what validation libraries say of the payload.
    of_payload: Labels,
    /// Functions that are given what a promise rejects with, as they stand in the call.
    rejected: BTreeMap<(ModuleId, ByteRange), FnId>,
    /// The labels of the first parameter of these functions.
    thrown: BTreeMap<FnId, Labels>,
    /// Calls that give exceptions among their results.
    gathers: BTreeSet<(ModuleId, ByteRange)>,
}

impl<'s> Caught<'s> {
    pub(super) fn new(code: &AgentCode<'s>) -> Self {
        let source = code.source;
        let mut caught = Self {
            source,
            literal: literal_classes(code),
            labels: BTreeMap::new(),
            places: Vec::new(),
            of_payload: OF_PAYLOAD,
            rejected: BTreeMap::new(),
            thrown: BTreeMap::new(),
            gathers: gathered::gathers(code),
        };
        for module in code.modules() {
            for tried in tries(module) {
                for handler in tried
                    .handlers
                    .iter()
                    .filter(|handler| handler.binding.is_some())
                {
                    let says = says(source, module, tried, handler, &caught.literal);
                    if says != Says::Nothing {
                        let label = caught.add(module.id, handler.range);
                        if says == Says::OfPayload && label != OTHERS {
                            caught.of_payload |= label;
                        }
                    }
                }
            }
        }
        for module in code.modules() {
            for rejection in rejections(source, module) {
                let label = caught.add(module.id, rejection.call);
                caught
                    .rejected
                    .insert((module.id, rejection.given), rejection.function);
                *caught.thrown.entry(rejection.function).or_default() |= label;
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

    /// Whether labels are of what validation libraries say of the payload alone.
    pub(super) fn is_of_payload(&self, labels: Labels) -> bool {
        labels != 0 && labels & !self.of_payload == 0
    }

    /// The places that labels stand for.
    pub(super) fn places(&self, labels: Labels) -> Vec<(ModuleId, ByteRange)> {
        let counted = self.places.iter().enumerate().take(COUNTED);
        counted
            .filter(|(index, _)| labels & (1 << index) != 0)
            .map(|(_, place)| *place)
            .collect()
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
        let declared = types.and_then(|param| param.annotation.as_deref());
        let Some(declared) = declared.filter(|_| given) else {
            return if given { OTHERS } else { 0 };
        };
        let source = self.caught.source;
        // `def handler(request, exc: HTTPException)`: what such an exception says is meant for the caller.
        let name = source.canonical(function.module, declared);
        if name.is_some_and(|name| MEANT.contains(&leaf(&name))) {
            0
        } else if is_of_payload(source, function.module, declared) {
            OF_PAYLOAD
        } else {
            OTHERS
        }
    }

    fn exception(&self, module: ModuleId, handler: &Handler) -> Labels {
        self.caught
            .labels
            .get(&(module, handler.range))
            .copied()
            .unwrap_or(0)
    }

    fn expr(&self, module: ModuleId, expr: &Expr) -> Labels {
        if self.caught.gathers.contains(&(module, expr.range)) {
            return GATHERED;
        }
        let ExprKind::Call(call) = &expr.kind else {
            return match &expr.kind {
                ExprKind::Attribute { attr, .. } if &**attr == "fullStream" => STREAM,
                _ => 0,
            };
        };
        let ExprKind::Attribute { attr, .. } = &call.callee.kind else {
            // By its own name, or under the one that it was imported as.
            let name = self.caught.source.callee_name(module, expr);
            return name.map_or(0, |name| match (package(name), leaf(name)) {
                ("traceback", last) if TRACEBACKS.contains(&last) => TRACE,
                ("sys", "exc_info" | "exception") => OTHERS,
                _ => 0,
            });
        };
        match &**attr {
            attr if TRACEBACKS.contains(&attr) => TRACE,
            "exc_info" => OTHERS,
            // What a task or a future ended with; a logger's method is given a message.
            "exception" if call.args.is_empty() && call.keywords.is_empty() => OTHERS,
            "allSettled" => SETTLED,
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
        ) || exceptions::is_log(self.caught.source, module, call, 0)
            || outward(self.caught.source, module, call).is_some()
    }

    fn cleans_member(&self, _module: ModuleId, member: &str) -> bool {
        is_harmless_member(member)
    }

    fn member(&self, _module: ModuleId, member: &str, labels: Labels) -> Labels {
        if is_harmless_member(member) {
            return 0;
        }
        let mut found = leaking(labels);
        if labels & GATHERED != 0 && member == "args" {
            found |= OTHERS;
        }
        if labels & SETTLED != 0 {
            found |= match member {
                "reason" => OTHERS,
                "value" => 0,
                _ => SETTLED,
            };
        }
        if labels & STREAM != 0 {
            found |= match member {
                "error" | "errorText" => OTHERS,
                "text" | "textDelta" | "delta" => 0,
                _ => STREAM,
            };
        }
        found
    }

    fn method(&self, module: ModuleId, name: &str, labels: Labels) -> Labels {
        let inside = match gathered::is_of_container(name) {
            true => labels & GATHERED,
            false => 0,
        };
        self.member(module, name, labels) | inside
    }

    fn of_call(&self, module: ModuleId, call: &Expr, labels: Labels) -> Labels {
        let again = || call.as_call().is_some_and(gathered::gives_again);
        if labels & GATHERED == 0
            || gathered::makes_text(self.caught.source, module, call)
            || again()
        {
            labels
        } else {
            labels & !GATHERED
        }
    }

    fn read(&self, module: ModuleId, expr: &Expr, labels: Labels) -> Labels {
        if labels & GATHERED != 0 && gathered::makes_text(self.caught.source, module, expr) {
            return labels & !GATHERED | OTHERS;
        }
        labels | self.expr(module, expr)
    }

    fn clears<'e>(
        &'e self,
        module: ModuleId,
        test: &'e Expr,
        truth: bool,
    ) -> Option<(&'e Expr, Labels)> {
        let value = gathered::is_result(self.caught.source, module, test, truth)?;
        Some((value, GATHERED))
    }

    /// `problem.get("code", "FAILED")` is the member of that name.
    fn taken_by_key(
        &self,
        module: ModuleId,
        _call: &Expr,
        (_, key): (&Expr, &Expr),
        labels: Labels,
    ) -> Option<Labels> {
        Some(self.member(module, key.as_str()?, labels))
    }

    fn refines(&self) -> bool {
        true
    }

    /// What was tested to be one of a few constants is a constant, whatever it was taken out of; what was tested to be an exception
    /// that says nothing says nothing.
    fn vouches<'e>(&'e self, module: ModuleId, test: &'e Expr, truth: bool) -> Vec<Vouched<'e>> {
        let source = self.caught.source;
        let constants = proofs::when(source, module, test, truth)
            .into_iter()
            .filter(|(_, facts)| facts.one_of)
            .map(|(value, _)| value);
        let harmless = is_instance(test).filter(|_| truth);
        let harmless = harmless.and_then(|(value, kinds)| {
            let mut kinds = kinds.into_iter();
            kinds
                .all(|kind| {
                    says_nothing(source, module, kind, &self.caught.literal)
                        || is_of_payload(source, module, kind)
                })
                .then_some(value)
        });
        constants
            .chain(harmless)
            .map(|value| Vouched {
                value,
                whole: false,
                unless: None,
            })
            .collect()
    }

    fn vouches_case(&self, pattern: &Expr) -> bool {
        proofs::is_literal_case(pattern)
    }

    fn called_back(&self, module: ModuleId, given: &Expr) -> Option<FnId> {
        self.caught.rejected.get(&(module, given.range)).copied()
    }

    fn runs(&self, module: ModuleId, call: &Expr) -> Option<(Vec<FnId>, bool)> {
        state_graphs::run_by(self.caught.source, module, call)
    }

    fn always(&self, function: FnId, index: usize) -> Labels {
        let thrown = self.caught.thrown.get(&function).copied();
        thrown.filter(|_| index == 0).unwrap_or(0)
    }
}

/// `isinstance(value, (A, B))`, `value instanceof A`: the value, and the classes that it may be of.
pub(super) fn is_instance(test: &Expr) -> Option<(&Expr, Vec<&Expr>)> {
    match &test.kind {
        ExprKind::Call(call) => {
            let [value, kinds] = &*call.args else {
                return None;
            };
            let kinds = match &kinds.kind {
                ExprKind::Tuple(items) => items.iter().collect(),
                _ => vec![kinds],
            };
            (call.callee.as_name() == Some("isinstance")).then_some((value, kinds))
        }
        ExprKind::Compare(parts) => match &*parts.rest {
            [(operator, kind)] if &**operator == "instanceof" => Some((&parts.left, vec![kind])),
            _ => None,
        },
        _ => None,
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
