//! What the outcome of a condition vouches for: a value that was tested carries nothing where the test held.

use std::rc::Rc;

use super::collected::{self, collected};
use super::emptiness::emptied;
use super::env::{Env, Part};
use super::fills::absent;
use super::outcome::{certain, part_of, taken};
use super::{Engine, FnId, Given, Labels, Place, Summary};
use crate::analysis::placement::only_answer;
use crate::model::source::ir::{BoolOp, Call, Compare, Expr, ExprKind, Name, UnaryOp};
use crate::model::source::scope::names_in;

impl<'s> Engine<'s> {
    /// Takes a condition to have come out true or false.
    pub(super) fn refine(&mut self, place: &Place, test: &'s Expr, truth: bool, env: &mut Env<'s>) {
        if !self.seeds.refines() || self.budget == 0 || self.refining >= DEEPEST {
            return;
        }
        self.budget -= 1;
        self.refining += 1;
        self.refine_at(place, test, truth, env);
        self.refining -= 1;
    }

    fn refine_at(&mut self, place: &Place, test: &'s Expr, truth: bool, env: &mut Env<'s>) {
        if let Some(left) = emptied(test, truth).and_then(|name| env.if_empty(name)) {
            env.alive &= left;
        }
        if let Some((name, key)) = absent(test, truth) {
            env.clear_under(name, key);
        } else if let (ExprKind::Name(name), false) = (&test.kind, truth)
            && let Some((object, key)) = env.looked(name).cloned()
        {
            env.clear_under(&object, &key);
        }
        if let Some(part) = part_named(test)
            && self.refine_part(place, part, truth, env)
        {
            return;
        }
        match &test.kind {
            ExprKind::Unary {
                op: UnaryOp::Not,
                operand,
            } => {
                return self.refine(place, operand, !truth, env);
            }
            ExprKind::Await(inner) => return self.refine(place, inner, truth, env),
            ExprKind::Assign { value, .. } => self.refine(place, value, truth, env),
            ExprKind::BoolOp { op, values } if *op != BoolOp::Coalesce => {
                let values: Vec<&'s Expr> = values.iter().collect();
                let every = (*op == BoolOp::And) == truth;
                return self.refine_several(place, every, &values, truth, env);
            }
            ExprKind::Compare(parts) => {
                let Compare { left, rest } = &**parts;
                if let [(operator, right)] = &**rest
                    && let Some(same) = sameness(operator)
                    && let ExprKind::None | ExprKind::Bool(_) = right.kind
                {
                    let wanted = matches!(right.kind, ExprKind::Bool(true));
                    return self.refine(place, left, (same == truth) == wanted, env);
                }
            }
            ExprKind::Comprehension(inner) if !truth => self.refine_left_over(place, inner, env),
            ExprKind::Name(name) => {
                if let Some((condition, part)) = env.meaning(name)
                    && !collected::is_container(condition)
                {
                    if let ExprKind::Comprehension(_) = condition.kind {
                        // The list itself may be tested by whether it is empty.
                        self.refine(place, condition, truth, env);
                        return self.vouch_for(place, test, truth, env);
                    }
                    return match part {
                        None => self.refine(place, condition, truth, env),
                        part => self.refine_result(place, condition, part, truth, env),
                    };
                }
            }
            ExprKind::Call(call) => {
                if self.callee(place, test).is_some() {
                    return self.refine_result(place, test, None, truth, env);
                }
                self.refine_call(place, call, truth, env);
            }
            _ => {}
        }
        self.vouch_for(place, test, truth, env);
    }

    /// Takes a part of what a name holds to have come out true or false; tells whether that is all it says.
    fn refine_part(
        &mut self,
        place: &Place,
        (name, part): (&Name, Part),
        truth: bool,
        env: &mut Env<'s>,
    ) -> bool {
        let Some((condition, None)) = env.meaning(name) else {
            return false;
        };
        if collected::is_collection(condition) {
            // `rules["type"]`
            if let Some(test) = taken(condition, &part) {
                self.refine(place, test, truth, env);
            }
            return false;
        }
        self.refine_result(place, condition, Some(part), truth, env);
        true
    }

    /// What a condition says by itself.
    fn vouch_for(&mut self, place: &Place, test: &'s Expr, truth: bool, env: &mut Env<'s>) {
        for vouched in self.seeds.vouches(place.module, test, truth) {
            let sent = vouched
                .unless
                .is_some_and(|against| self.expr(place, against, &mut env.clone()) != 0);
            if !sent {
                self.prove_part(place, vouched.value, vouched.whole, env);
            }
        }
        if let Some((value, labels)) = self.seeds.clears(place.module, test, truth) {
            let carried = self.expr(place, value, env);
            env.alive &= !(carried & labels);
        }
        if !truth {
            // Nothing, or empty. What it was made of need not be.
            if let ExprKind::Name(name) = &test.kind {
                env.vouch(name);
            } else if self.seeds.expr(place.module, test) != 0 {
                self.prove(place, test, env);
            }
        }
    }

    pub(super) fn refine_several(
        &mut self,
        place: &Place,
        every: bool,
        values: &[&'s Expr],
        truth: bool,
        env: &mut Env<'s>,
    ) {
        if every {
            for &value in values {
                self.prove_evaluated(place, value, env);
                self.refine(place, value, truth, env);
            }
            return;
        }
        let mut any = Env::never();
        for &value in values {
            self.prove_evaluated(place, value, env);
            let mut one = env.clone();
            self.refine(place, value, truth, &mut one);
            for excused in self.seeds.excuses(place.module, value, truth) {
                self.prove(place, excused, &mut one);
            }
            any.join(&one);
            self.refine(place, value, !truth, env);
        }
        *env = any;
    }

    /// What a condition vouches for by having been evaluated, whatever its outcome: of `not text or not text.strip()` the second is not
    /// looked at where the first decides.
    fn prove_evaluated(&mut self, place: &Place, condition: &'s Expr, env: &mut Env<'s>) {
        let mut open = vec![condition];
        while let Some(expr) = open.pop() {
            match &expr.kind {
                ExprKind::Call(call) => {
                    for vouched in self.seeds.proves(place.module, expr) {
                        self.prove(place, vouched, env);
                    }
                    open.push(&call.callee);
                    open.extend(call.args.iter());
                }
                ExprKind::Compare(parts) => {
                    open.push(&parts.left);
                    open.extend(parts.rest.first().map(|(_, right)| right));
                }
                ExprKind::Unary { operand, .. } => open.push(operand),
                ExprKind::BoolOp { values, .. } => open.extend(values.first()),
                ExprKind::Attribute { base, .. } | ExprKind::Subscript { base, .. } => {
                    open.push(base);
                }
                ExprKind::Await(inner) => open.push(inner),
                ExprKind::Assign { value, .. } => open.push(value),
                _ => {}
            }
        }
    }

    /// `all(isinstance(x, str) for x in xs)`, `xs.every(x => …)`, `bool(x)`.
    fn refine_call(&mut self, place: &Place, call: &'s Call, truth: bool, env: &mut Env<'s>) {
        let (name, first) = match (&call.callee.kind, call.args.first()) {
            (ExprKind::Name(name) | ExprKind::Attribute { attr: name, .. }, Some(first)) => {
                (name, first)
            }
            _ => return,
        };
        let of = match (&call.callee.kind, &**name) {
            (ExprKind::Name(_), "all" | "any") => collected(first, env),
            // `rules.every(Boolean)`
            (ExprKind::Attribute { base, .. }, "every" | "some")
                if first.as_name() == Some("Boolean") =>
            {
                collected(base, env)
            }
            _ => None,
        };
        if let Some(members) = of.filter(|_| !matches!(first.kind, ExprKind::Comprehension(_))) {
            let every = matches!(&**name, "all" | "every") == truth;
            let values = members.into_iter().map(|member| member.value());
            return self.refine_several(place, every, &values.collect::<Vec<_>>(), truth, env);
        }
        let each = match &**name {
            "all" | "every" => truth,
            "any" | "some" => !truth,
            "bool" | "Boolean" => return self.refine(place, first, truth, env),
            _ => return,
        };
        if !each {
            return;
        }
        match &first.kind {
            ExprKind::Comprehension(inner) => {
                if self.refine_members(place, inner, (&inner.element, truth), env) {
                    return;
                }
                let mut local = env.clone();
                let mut elements = Vec::new();
                for generator in &inner.generators {
                    let labels = self.expr(place, &generator.iter, &mut local);
                    let element = self.seeds.element(labels);
                    self.assign(place, &generator.target, element, &mut local);
                    elements.push((labels, element));
                }
                self.refine(place, &inner.element, truth, &mut local);
                env.alive &= local.alive;
                for (labels, element) in elements {
                    env.alive &= !self.each_tested(labels, element, &local);
                }
            }
            ExprKind::Lambda(id) => {
                let ExprKind::Attribute { base, .. } = &call.callee.kind else {
                    return;
                };
                let labels = self.expr(place, base, env);
                let Some(function) = self.source.function(*id) else {
                    return;
                };
                let mut local = env.clone();
                let element = self.seeds.element(labels);
                self.bind_params(
                    function,
                    &Given::of(vec![element; function.params.len()]),
                    &mut local,
                );
                let inside = Place {
                    module: id.module,
                    function: Some(*id),
                };
                if let Some(value) = only_answer(function) {
                    if self.refine_given(place, (base, function), (value, truth), env) {
                        return;
                    }
                    self.expr(&inside, value, &mut local);
                    self.refine(&inside, value, truth, &mut local);
                    env.alive &= local.alive;
                    env.alive &= !self.each_tested(labels, element, &local);
                }
            }
            _ => {}
        }
    }

    /// What a test of each element has vouched for: the whole that they are elements of.
    pub(super) fn each_tested(&self, whole: Labels, element: Labels, after: &Env<'s>) -> Labels {
        if whole == element || element == 0 || element & after.alive != 0 {
            0
        } else {
            self.seeds.whole(whole)
        }
    }

    /// What the project's function, or a condition, has vouched for where its outcome (or a part of it) is true or false.
    fn refine_result(
        &mut self,
        place: &Place,
        condition: &'s Expr,
        part: Option<Part>,
        truth: bool,
        env: &mut Env<'s>,
    ) {
        let Some(call) = condition.as_call() else {
            return;
        };
        let made = match &condition.kind {
            ExprKind::Await(inner) => inner,
            _ => condition,
        };
        let Some((id, summary)) = self.summary(place, made, call, env) else {
            return;
        };
        let (any, unknown) = self.end_if(id, &summary, part.as_ref(), truth);
        if unknown {
            // Which of its ends says what is not seen: the result decides, and so its tests count.
            for (end, _) in &summary.exits {
                self.learn(id, call, end, env);
            }
        } else if !any.is_never() {
            self.learn(id, call, &any, env);
            if part.is_none() {
                self.unfilled((id, place, made), call, (&summary, truth), env);
            }
        }
    }

    /// The ends of a function at which what it gives, or a part of that, is true or false; and whether one of them does not show it.
    pub(super) fn end_if(
        &mut self,
        id: FnId,
        summary: &Summary<'s>,
        part: Option<&Part>,
        truth: bool,
    ) -> (Env<'s>, bool) {
        let inside = Place {
            module: id.module,
            function: Some(id),
        };
        let mut any = Env::never();
        for (end, value) in &summary.exits {
            let value = match (part, value) {
                (None, value) => *value,
                (Some(part), Some(value)) => match taken(value, part) {
                    Some(taken) => Some(taken),
                    None => return (any, true),
                },
                (Some(_), None) => None,
            };
            if certain(value).is_some_and(|known| known != truth) {
                continue;
            }
            let mut end = end.clone();
            if let Some(value) = value {
                self.refine(&inside, value, truth, &mut end);
            }
            any.join(&end);
        }
        (any, false)
    }

    /// What holds after a function of the project has come back, whatever it gave.
    pub(super) fn came_back(
        &self,
        id: FnId,
        call: &'s Call,
        summary: &Rc<Summary<'s>>,
        env: &mut Env<'s>,
    ) {
        if !self.seeds.refines()
            || self
                .source
                .function(id)
                .is_none_or(|function| function.is_generator)
        {
            return;
        }
        let any = summary.end();
        if !any.is_never() {
            self.learn(id, call, &any, env);
        }
    }

    fn learn(&self, id: FnId, call: &'s Call, end: &Env<'s>, env: &mut Env<'s>) {
        env.alive &= end.alive;
        let Some(function) = self.source.function(id) else {
            return;
        };
        let bound = usize::from(self.is_bound(function));
        for (index, arg) in call.args.iter().enumerate() {
            if let (ExprKind::Name(name), Some(param)) =
                (&arg.kind, function.params.get(index + bound))
                && end.is_sound(&param.name)
            {
                env.vouch(name);
            }
        }
        for keyword in &call.keywords {
            if let (ExprKind::Name(name), Some(param)) = (&keyword.value.kind, &keyword.name)
                && end.is_sound(param)
            {
                env.vouch(name);
            }
        }
    }

    /// A value is vouched for: the name that holds it, and the labels that it carries.
    pub(super) fn prove(&mut self, place: &Place, value: &'s Expr, env: &mut Env<'s>) {
        self.prove_part(place, value, true, env);
    }

    fn prove_part(&mut self, place: &Place, value: &'s Expr, whole: bool, env: &mut Env<'s>) {
        let mut value = value;
        for _ in 0..8 {
            value = match &value.kind {
                ExprKind::Await(inner) => inner,
                ExprKind::Assign { target, .. } => target,
                // `len(text.encode())`, `len(str(text))`.
                ExprKind::Call(call) => match (&call.callee.kind, &*call.args) {
                    (ExprKind::Attribute { base, attr }, _)
                        if matches!(
                            &**attr,
                            "strip" | "encode" | "trim" | "lower" | "rstrip" | "model_dump_json"
                        ) =>
                    {
                        base
                    }
                    (ExprKind::Name(name), [only]) if matches!(&**name, "str" | "String") => only,
                    _ => break,
                },
                _ => break,
            };
        }
        let labels = self.expr(place, value, env);
        match &value.kind {
            ExprKind::Name(name) => env.vouch(name),
            ExprKind::Attribute { base, attr } if !whole => {
                if let Some(name) = base.as_name() {
                    env.vouch_member(name, attr);
                }
            }
            _ => {}
        }
        if whole {
            env.alive &= !self.seeds.also(labels);
        }
    }

    /// Remembers the condition whose outcome a name is given.
    pub(super) fn remember(
        &mut self,
        place: &Place,
        target: &'s Expr,
        value: &'s Expr,
        env: &mut Env<'s>,
    ) {
        if !self.seeds.refines() {
            return;
        }
        if let (ExprKind::Name(name), Some((object, key))) = (&target.kind, absent(value, false)) {
            env.look(name, object, key);
        }
        let inner = match &value.kind {
            ExprKind::Await(inner) => inner,
            _ => value,
        };
        let condition = match &inner.kind {
            ExprKind::Compare(_) | ExprKind::BoolOp { .. } => true,
            // Tests that are collected.
            ExprKind::Dict(_)
            | ExprKind::List(_)
            | ExprKind::Tuple(_)
            | ExprKind::Comprehension(_) => matches!(target.kind, ExprKind::Name(_)),
            ExprKind::Unary { op, .. } => *op == UnaryOp::Not,
            ExprKind::Call(_) => {
                self.callee(place, inner).is_some()
                    || !self.seeds.vouches(place.module, inner, true).is_empty()
            }
            _ => false,
        };
        if !condition {
            return;
        }
        match &target.kind {
            // `ok = ok and more` says nothing that can be looked up later.
            ExprKind::Name(name) if names_in(inner).contains(&name) => {}
            ExprKind::Name(name) => env.mean(name, inner, None),
            ExprKind::Tuple(items) | ExprKind::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    if let ExprKind::Name(name) = &item.kind {
                        env.mean(name, inner, Some(Part::Index(index)));
                    }
                }
            }
            ExprKind::Dict(entries) => {
                for entry in entries {
                    if let (Some(ExprKind::Str(key)), ExprKind::Name(name)) =
                        (entry.key.as_ref().map(|key| &key.kind), &entry.value.kind)
                    {
                        env.mean(name, inner, Some(Part::Key(key.clone())));
                    }
                }
            }
            _ => {}
        }
    }
}

/// Deepest nesting of conditions, names for them and helpers looked through.
const DEEPEST: u32 = 24;

/// The part that an expression takes of what a name holds.
fn part_named(test: &Expr) -> Option<(&Name, Part)> {
    let (base, part) = match &test.kind {
        ExprKind::Attribute { base, attr } => (base, Part::Key(attr.clone())),
        ExprKind::Subscript { base, index } => (base, part_of(index)?),
        _ => return None,
    };
    match &base.kind {
        ExprKind::Name(name) => Some((name, part)),
        _ => None,
    }
}

fn sameness(operator: &str) -> Option<bool> {
    match operator {
        "is" | "==" => Some(true),
        "is not" | "!=" => Some(false),
        _ => None,
    }
}
