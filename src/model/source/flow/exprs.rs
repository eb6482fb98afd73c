//! Expressions and calls.

use super::super::ir::{Call, Expr, ExprKind, FormatPart};
use super::super::module::{Function, Param, ParamKind};
use super::{Engine, Env, Labels, Place};

impl<'s> Engine<'s> {
    pub(super) fn note(&mut self, place: &Place, expr: &Expr, labels: Labels) {
        if labels != 0 {
            *self
                .flow
                .facts
                .entry((place.module, expr.range))
                .or_default() |= labels;
        }
    }

    pub(super) fn expr(&mut self, place: &Place, expr: &'s Expr, env: &mut Env) -> Labels {
        let mut labels = self.value(place, expr, env);
        labels |= self.seeds.expr(place.module, expr);
        self.note(place, expr, labels);
        labels
    }

    pub(super) fn all(
        &mut self,
        place: &Place,
        items: impl IntoIterator<Item = &'s Expr>,
        env: &mut Env,
    ) -> Labels {
        items
            .into_iter()
            .fold(0, |all, item| all | self.expr(place, item, env))
    }

    pub(super) fn value(&mut self, place: &Place, expr: &'s Expr, env: &mut Env) -> Labels {
        match &expr.kind {
            ExprKind::Name(name) => match env.get(name) {
                Some(labels) => *labels,
                None => self
                    .globals
                    .get(&(place.module, name.clone()))
                    .copied()
                    .unwrap_or(0),
            },
            ExprKind::Attribute { base, attr } => {
                let labels = self.expr(place, base, env);
                if self.seeds.cleans_member(place.module, attr) {
                    return 0;
                }
                let field = self
                    .own_class(place, base)
                    .and_then(|class| self.fields.get(&(class, attr.clone())));
                labels | field.copied().unwrap_or(0)
            }
            ExprKind::Subscript { base, index } => {
                // What is looked up by a labelled key is not itself labelled.
                self.expr(place, index, env);
                let labels = self.expr(place, base, env);
                match index.as_str() {
                    Some(key) if self.seeds.cleans_member(place.module, key) => 0,
                    _ => labels,
                }
            }
            ExprKind::Call(call) => self.call(place, expr, call, env),
            ExprKind::Format(parts) => {
                let labels = parts.iter().fold(0, |all, part| match part {
                    FormatPart::Expr(inner) => all | self.expr(place, inner, env),
                    FormatPart::Text(_) => all,
                });
                self.of_text(labels)
            }
            ExprKind::List(items)
            | ExprKind::Tuple(items)
            | ExprKind::Set(items)
            | ExprKind::Slice(items) => self.all(place, items, env),
            ExprKind::Other(items) => self.all(place, items, env),
            ExprKind::BoolOp { values, .. } => self.all(place, values, env),
            ExprKind::Dict(entries) => entries.iter().fold(0, |all, entry| {
                let key = entry
                    .key
                    .as_ref()
                    .map_or(0, |key| self.expr(place, key, env));
                let value = self.expr(place, &entry.value, env);
                let name = entry.key.as_ref().and_then(Expr::as_str);
                let kept = !name.is_some_and(|name| self.seeds.cleans_entry(name));
                all | key | if kept { value } else { 0 }
            }),
            ExprKind::BinOp { left, right, .. } => {
                let labels = self.expr(place, left, env) | self.expr(place, right, env);
                let text = [left, right]
                    .iter()
                    .any(|side| matches!(side.kind, ExprKind::Str(_) | ExprKind::Format(_)));
                if text { self.of_text(labels) } else { labels }
            }
            ExprKind::Unary { op, operand } => {
                let labels = self.expr(place, operand, env);
                if matches!(*op, "not" | "typeof" | "void" | "delete") {
                    0
                } else {
                    labels
                }
            }
            ExprKind::Await(inner) | ExprKind::Starred(inner) => self.expr(place, inner, env),
            ExprKind::Compare { left, rest } => {
                // The outcome of a comparison tells nothing of the text compared.
                self.expr(place, left, env);
                rest.iter().for_each(|(_, right)| {
                    self.expr(place, right, env);
                });
                0
            }
            ExprKind::Conditional { test, body, orelse } => {
                self.expr(place, test, env);
                self.expr(place, body, env) | self.expr(place, orelse, env)
            }
            ExprKind::Yield { value, .. } => {
                let labels = value
                    .as_deref()
                    .map_or(0, |value| self.expr(place, value, env));
                self.give(place, labels);
                0
            }
            ExprKind::Assign { target, value } => {
                let labels = self.expr(place, value, env);
                self.assign(place, target, labels, env);
                labels
            }
            ExprKind::Comprehension(inner) => {
                let mut local = env.clone();
                for generator in &inner.generators {
                    let labels = self.expr(place, &generator.iter, &mut local);
                    self.assign(place, &generator.target, labels, &mut local);
                    self.all(place, &generator.ifs, &mut local);
                }
                let element = self.expr(place, &inner.element, &mut local);
                element
                    | inner
                        .value
                        .as_ref()
                        .map_or(0, |value| self.expr(place, value, &mut local))
            }
            ExprKind::Lambda(id) => {
                // Its body sees what is around it; whether and with what it is called is not known.
                let none = vec![
                    0;
                    self.source
                        .function(*id)
                        .map_or(0, |function| function.params.len())
                ];
                self.function(*id, &none, &env.clone());
                0
            }
            ExprKind::Str(_)
            | ExprKind::Bytes
            | ExprKind::Number(_)
            | ExprKind::Bool(_)
            | ExprKind::None
            | ExprKind::Regex(_)
            | ExprKind::Class(_) => 0,
        }
    }

    fn of_text(&self, labels: Labels) -> Labels {
        if self.seeds.through_text() { labels } else { 0 }
    }

    pub(super) fn call(
        &mut self,
        place: &Place,
        expr: &'s Expr,
        call: &'s Call,
        env: &mut Env,
    ) -> Labels {
        let callee = self.expr(place, &call.callee, env);
        let args: Vec<Labels> = call
            .args
            .iter()
            .map(|arg| self.argument(place, arg, call, env))
            .collect();
        let keywords: Vec<Labels> = call
            .keywords
            .iter()
            .map(|keyword| self.expr(place, &keyword.value, env))
            .collect();
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
        if let Some(id) = self.source.callee(place.module, expr) {
            let Some(function) = self.source.function(id) else {
                return 0;
            };
            let constructor = matches!(&*function.name, "__init__" | "constructor");
            let params = self.match_params(place, function, call, &args, &keywords, callee);
            let around = if function.parent.is_some() {
                env.clone()
            } else {
                Env::new()
            };
            let returned = self.function(id, &params, &around);
            return if constructor { given } else { returned };
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
        env: &mut Env,
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
        self.function(*id, &vec![carried; count], &env.clone())
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
        let python = self
            .source
            .module(function.id.module)
            .is_some_and(|module| module.language == super::super::Language::Python);
        let bound = python && function.class.is_some() && !function.is_static;
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
