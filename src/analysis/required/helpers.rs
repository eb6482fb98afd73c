//! Functions that demand the variable that their callers name: `def env(name): …`.

use std::collections::BTreeSet;

use super::conditions::Asked;
use super::{Finder, Needed};
use crate::analysis::call_sites::receivers;
use crate::analysis::environment::{Key, Read};
use crate::analysis::limits;
use crate::analysis::names::Meaning;
use crate::model::source::module::ParamKind;
use crate::model::source::{ByteRange, Call, Expr, ExprKind, FnId, Function};

/// Functions that hand a name on to one another.
const DEPTH: usize = 3;

/// A name that a function demands: the place of its parameter, and that of the default, where its callers may give one.
#[derive(Clone, Copy)]
struct Parameters {
    function: FnId,
    name: usize,
    default: Option<usize>,
}

impl<'a> Finder<'_, '_, 'a> {
    /// Adds what callers name for a demand of a function at a place, each where it is named.
    pub(super) fn given(&self, asked: &Asked<'a>, range: ByteRange, found: &mut BTreeSet<Needed>) {
        let Asked::Given(read) = asked else {
            return;
        };
        let Some(parameters) = self.parameters(read) else {
            return;
        };
        let function = self.callers.source().function(parameters.function);
        let certain =
            function.is_some_and(|function| self.is_certain(&function.body, range, Some(function)));
        if certain && self.live.runs(self.module.id, range) {
            self.named_by_callers(parameters, DEPTH, found);
        }
    }

    /// Which parameters of the function around it a read is made of.
    fn parameters(&self, read: &Read<'a>) -> Option<Parameters> {
        let Key::Expr(key) = read.key else {
            return None;
        };
        let (function, name) = self.callers.parameter(read.module, key)?;
        let default = match read.default {
            None => None,
            Some(default) if is_empty(default) => None,
            Some(default) => {
                let (of, index) = self.callers.parameter(read.module, default)?;
                let declared = self.callers.source().function(of)?.params.get(index)?;
                let empty = declared.default.as_deref().is_some_and(is_empty);
                Some(index).filter(|_| of == function && empty)?.into()
            }
        };
        Some(Parameters {
            function,
            name,
            default,
        })
    }

    fn named_by_callers(&self, parameters: Parameters, depth: usize, found: &mut BTreeSet<Needed>) {
        let callers = self.callers;
        for used in callers.of(parameters.function).iter() {
            let call = used.expr.as_call().filter(|_| used.called);
            // What options hold that are spread is not known.
            let call = call.filter(|call| call.keywords.iter().all(|one| one.name.is_some()));
            let (Some(call), Some(module)) = (call, callers.source().module(used.module)) else {
                continue;
            };
            let given = |index| callers.given_by(call, parameters.function, index);
            let default = parameters.default.and_then(given);
            if default.is_some_and(|default| !is_empty(default)) {
                continue;
            }
            let there = Finder { module, ..*self };
            for name in there.names_in(call, parameters) {
                there.given_name(used.expr, name, depth, found);
            }
        }
    }

    /// What a call gives for a parameter: the name, each of a list that is written out, or each of the arguments that it collects.
    fn names_in(&self, call: &'a Call, parameters: Parameters) -> Vec<&'a Expr> {
        let (callers, source) = (self.callers, self.callers.source());
        let function = source.function(parameters.function);
        let param = function.and_then(|function| function.params.get(parameters.name));
        if let (Some(function), Some(ParamKind::Rest)) = (function, param.map(|param| param.kind)) {
            let first = parameters.name.checked_sub(receivers(source, function));
            return first.map_or_else(Vec::new, |first| call.args.iter().skip(first).collect());
        }
        let Some(name) = callers.given_by(call, parameters.function, parameters.name) else {
            return Vec::new();
        };
        let list = match source.meaning(self.module.id, name) {
            Meaning::Value(at, list) if at == self.module.id => list,
            _ => name,
        };
        match &list.kind {
            ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Set(items) => {
                items.iter().collect()
            }
            _ => vec![name],
        }
    }

    /// Adds the variable that a call of a demanding function names, or what the callers of the function around it name.
    fn given_name(
        &self,
        call: &'a Expr,
        name: &'a Expr,
        depth: usize,
        found: &mut BTreeSet<Needed>,
    ) {
        let (callers, id) = (self.callers, self.module.id);
        if let Some(variable) = callers.source().string(id, name) {
            found.extend(self.called(call, name, variable));
            return;
        }
        let Some((function, index)) = callers.parameter(id, name) else {
            return;
        };
        if depth <= 1 {
            limits::reached(limits::CALLERS, id, name.range);
            return;
        }
        let around = callers.source().function(function);
        let certain = |of: &Function| self.is_certain(&of.body, call.range, Some(of));
        if around.is_some_and(certain) {
            let outer = Parameters {
                function,
                name: index,
                default: None,
            };
            self.named_by_callers(outer, depth - 1, found);
        }
    }

    /// What a call of a demanding function requires, where it surely runs and nobody catches what it raises.
    fn called(&self, call: &'a Expr, name: &'a Expr, variable: String) -> Option<Needed> {
        let starts = self.surely_runs(call)?;
        let around = self.module.function_at(call.range.start);
        if !starts && around.is_some_and(|around| self.is_caught_at_a_request(around)) {
            return None;
        }
        Some(Needed {
            module: self.module.id,
            range: name.range,
            names: vec![variable],
            starts,
        })
    }
}

/// `None`, or an empty text.
fn is_empty(default: &Expr) -> bool {
    matches!(default.kind, ExprKind::None)
        || default.as_str() == Some("")
        || default.as_name() == Some("undefined")
}
