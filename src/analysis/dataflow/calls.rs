//! Calls: what goes into one, and what comes back.

use std::rc::Rc;

use super::env::Env;
use super::{Engine, FnId, Labels, Place, Summary};
use crate::model::source::ir::{Call, Expr, ExprKind};
use crate::model::source::module::{Function, Param, ParamKind};

impl<'s> Engine<'s> {
    /// The project's function that a call runs.
    pub(super) fn callee(&mut self, place: &Place, call: &'s Expr) -> Option<FnId> {
        let source = self.source;
        *self
            .callees
            .entry((place.module, call.range))
            .or_insert_with(|| source.callee(place.module, call))
    }

    /// What goes into a call: what its callee carries, each argument, each keyword.
    fn goes_in(
        &mut self,
        place: &Place,
        call: &'s Call,
        env: &mut Env<'s>,
    ) -> (Labels, Vec<Labels>, Vec<Labels>) {
        let callee = self.expr(place, &call.callee, env);
        let args = call
            .args
            .iter()
            .map(|arg| self.argument(place, arg, call, env))
            .collect();
        let keywords = call
            .keywords
            .iter()
            .map(|keyword| self.expr(place, &keyword.value, env))
            .collect();
        (callee, args, keywords)
    }

    /// What the project's function behind a call does with what it is given there.
    pub(super) fn summary(
        &mut self,
        place: &Place,
        expr: &'s Expr,
        call: &'s Call,
        env: &mut Env<'s>,
    ) -> Option<(FnId, Rc<Summary<'s>>)> {
        let id = self.callee(place, expr)?;
        let function = self.source.function(id)?;
        let (callee, args, keywords) = self.goes_in(place, call, env);
        let params = self.match_params(place, function, call, &args, &keywords, callee);
        Some((id, self.function(id, &params, self.around(function, env))))
    }

    pub(super) fn around(&self, function: &Function, env: &Env<'s>) -> Env<'s> {
        if function.parent.is_some() {
            env.clone()
        } else {
            Env::start(env.alive)
        }
    }

    pub(super) fn call(
        &mut self,
        place: &Place,
        expr: &'s Expr,
        call: &'s Call,
        env: &mut Env<'s>,
    ) -> Labels {
        let (callee, args, keywords) = self.goes_in(place, call, env);
        let given = args
            .iter()
            .chain(&keywords)
            .fold(0, |all, labels| all | labels);
        if let ExprKind::Attribute { base, attr } = &call.callee.kind
            && matches!(
                &**attr,
                "append"
                    | "add"
                    | "extend"
                    | "insert"
                    | "update"
                    | "push"
                    | "set"
                    | "setdefault"
                    | "unshift"
                    | "put"
                    | "appendleft"
            )
        {
            self.put_into(place, base, given, env);
        }
        if self.seeds.cleans(place.module, expr) {
            return 0;
        }
        if let Some(id) = self.callee(place, expr) {
            let Some(function) = self.source.function(id) else {
                return 0;
            };
            let constructor = matches!(&*function.name, "__init__" | "constructor");
            let params = self.match_params(place, function, call, &args, &keywords, callee);
            let summary = self.function(id, &params, self.around(function, env));
            self.came_back(place, id, call, &summary, env);
            return if constructor { given } else { summary.returned };
        }
        match self.handed(place, call, &args, env) {
            Some(returned) => returned | given | callee,
            None => given | callee,
        }
    }

    /// An argument; a function given as a callback receives what the object it is given to carries (`items.map(x => …)`).
    pub(super) fn argument(
        &mut self,
        place: &Place,
        arg: &'s Expr,
        call: &'s Call,
        env: &mut Env<'s>,
    ) -> Labels {
        let ExprKind::Lambda(id) = &arg.kind else {
            return self.expr(place, arg, env);
        };
        let carried = match &call.callee.kind {
            ExprKind::Attribute { base, .. } => self
                .flow
                .facts
                .get(&(place.module, base.range))
                .copied()
                .unwrap_or(0),
            _ => 0,
        };
        let count = self
            .source
            .function(*id)
            .map_or(0, |function| function.params.len());
        self.function(*id, &vec![carried; count], env.clone())
            .returned
    }

    /// Whether a function is given its receiver as first parameter.
    pub(super) fn is_bound(&self, function: &Function) -> bool {
        let python = self
            .source
            .module(function.id.module)
            .is_some_and(|module| module.language == crate::model::source::Language::Python);
        python && function.class.is_some() && !function.is_static
    }

    /// Labels of each parameter of a called function.
    pub(super) fn match_params(
        &self,
        place: &Place,
        function: &Function,
        call: &Call,
        args: &[Labels],
        keywords: &[Labels],
        callee: Labels,
    ) -> Vec<Labels> {
        let bound = self.is_bound(function);
        let mut params = vec![0; function.params.len()];
        if bound && let Some(first) = params.first_mut() {
            *first = callee;
        }
        let spread = call
            .args
            .iter()
            .zip(args)
            .filter(|(arg, _)| matches!(arg.kind, ExprKind::Starred(_)));
        let everywhere = spread.fold(0, |all, (_, labels)| all | labels);
        for (index, labels) in args.iter().enumerate() {
            let at = index + usize::from(bound);
            let rest = function
                .params
                .iter()
                .position(|param| param.kind == ParamKind::Rest);
            let at = rest.map_or(at, |rest| at.min(rest));
            if let Some(param) = params.get_mut(at) {
                *param |= labels;
            }
        }
        for (keyword, labels) in call.keywords.iter().zip(keywords) {
            let fits = |param: &Param| match &keyword.name {
                Some(name) => param.name == *name,
                None => true,
            };
            let mut matched = false;
            for (param, slot) in function.params.iter().zip(&mut params) {
                if fits(param) {
                    *slot |= labels;
                    matched = true;
                }
            }
            let rest = function
                .params
                .iter()
                .position(|param| param.kind == ParamKind::Keywords);
            if !matched && let Some(slot) = rest.and_then(|rest| params.get_mut(rest)) {
                *slot |= labels;
            }
        }
        let _ = place;
        params
            .iter_mut()
            .skip(usize::from(bound))
            .for_each(|slot| *slot |= everywhere);
        params
    }
}
