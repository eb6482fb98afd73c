//! Expressions.

use super::env::Env;
use super::keys::Keys;
use super::{Engine, Given, Labels, Place, Taken, closures, state};
use crate::model::source::ir::{
    BoolOp, Compare, Conditional, DictEntry, Expr, ExprKind, FormatPart, Name, UnaryOp,
};
use crate::model::source::{ClassId, FnId};

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

    pub(super) fn expr(&mut self, place: &Place, expr: &'s Expr, env: &mut Env<'s>) -> Labels {
        self.expr_as(place, expr, Taken::Whole, env)
    }

    /// An expression of which something is taken.
    pub(super) fn expr_as(
        &mut self,
        place: &Place,
        expr: &'s Expr,
        taken: Taken<'_>,
        env: &mut Env<'s>,
    ) -> Labels {
        let labels = self.value(place, expr, taken, env);
        let mut labels = self.seeds.read(place.module, expr, labels);
        if let ExprKind::Name(_) | ExprKind::Attribute { .. } = &expr.kind
            && let Some(id) = self.seeds.called_back(place.module, expr)
        {
            labels |= self.unknown_call(id, env.clone());
        }
        if self.seeds.refines() && matches!(expr.kind, ExprKind::Call(_)) {
            for vouched in self.seeds.proves(place.module, expr) {
                self.prove(place, vouched, env);
            }
        }
        labels &= env.alive;
        self.note(place, expr, labels);
        labels
    }

    pub(super) fn all(
        &mut self,
        place: &Place,
        items: impl IntoIterator<Item = &'s Expr>,
        env: &mut Env<'s>,
    ) -> Labels {
        items
            .into_iter()
            .fold(0, |all, item| all | self.expr(place, item, env))
    }

    fn value(
        &mut self,
        place: &Place,
        expr: &'s Expr,
        taken: Taken<'_>,
        env: &mut Env<'s>,
    ) -> Labels {
        let key = match taken {
            Taken::Key(key) => Some(key),
            Taken::Whole | Taken::Called(_) => None,
        };
        match &expr.kind {
            ExprKind::Name(name) => match env.get(name) {
                // What was vouched for since it was bound is what the closure gave too.
                Some(labels) if env.is_sound(name) => labels,
                Some(labels) => {
                    let kept = state::read(self, place, expr, key);
                    labels | kept | closures::put_into(self, place, (name, key), env)
                }
                None => state::read(self, place, expr, key),
            },
            ExprKind::Attribute { base, attr } => {
                self.attribute(place, expr, (base, attr), taken, env)
            }
            ExprKind::Subscript { base, index } => {
                // What is looked up by a labelled key is not itself labelled.
                self.expr(place, index, env);
                let labels = match (base.as_name(), index.as_str()) {
                    (Some(name), Some(key)) => {
                        let others = env.take_keys(name);
                        let own = self.expr_as(place, base, Taken::Key(key), env);
                        own | env.give_keys(others, name, key)
                    }
                    _ => self.expr(place, base, env),
                };
                if self.seeds.refines() && self.seeds.cleans(place.module, expr) {
                    return 0;
                }
                match &index.kind {
                    ExprKind::Str(key) => self.seeds.member(place.module, key, labels),
                    ExprKind::Number(index) => self.seeds.item(Some(index), labels),
                    ExprKind::Slice(_) => self.seeds.derived(labels),
                    _ => self.seeds.item(None, labels),
                }
            }
            ExprKind::Call(call) => self.call(place, expr, call, env),
            ExprKind::Format(parts) => {
                let labels = parts.iter().fold(0, |all, part| match part {
                    FormatPart::Expr(inner) => all | self.expr(place, inner, env),
                    FormatPart::Text(_) => all,
                });
                self.of_text(self.seeds.derived(labels))
            }
            // So may a dict that names a role.
            ExprKind::Dict(_)
                if expr
                    .entry("role")
                    .is_some_and(|role| role.as_str().is_some())
                    && self.seeds.cleans(place.module, expr) =>
            {
                0
            }
            // A pair that a text begins may be a message and its role.
            ExprKind::Tuple(items) | ExprKind::List(items)
                if matches!(&**items, [first, _] if first.as_str().is_some())
                    && self.seeds.cleans(place.module, expr) =>
            {
                0
            }
            ExprKind::List(items)
            | ExprKind::Tuple(items)
            | ExprKind::Set(items)
            | ExprKind::Slice(items)
            | ExprKind::Other(items) => {
                let labels = self.all(place, items, env);
                self.seeds.derived(labels)
            }
            ExprKind::BoolOp { op, values } if self.seeds.refines() => {
                self.one_after_another(place, *op, values, env)
            }
            ExprKind::BoolOp { values, .. } => self.all(place, values, env),
            ExprKind::Dict(entries) => self.dict(place, expr, entries, env),
            ExprKind::BinOp { left, right, .. } => {
                let labels = self.expr(place, left, env) | self.expr(place, right, env);
                let text = [left, right]
                    .iter()
                    .any(|side| matches!(side.kind, ExprKind::Str(_) | ExprKind::Format(_)));
                let labels = self.seeds.derived(labels);
                if text { self.of_text(labels) } else { labels }
            }
            ExprKind::Unary { op, operand } => {
                let labels = self.expr(place, operand, env);
                if matches!(
                    op,
                    UnaryOp::Not | UnaryOp::TypeOf | UnaryOp::Void | UnaryOp::Delete
                ) {
                    0
                } else {
                    labels
                }
            }
            ExprKind::Await(inner) => self.expr(place, inner, env),
            ExprKind::Starred(inner) => {
                let labels = self.expr(place, inner, env);
                self.seeds.derived(labels)
            }
            ExprKind::Compare(parts) => {
                let Compare { left, rest } = &**parts;
                // The outcome of a comparison tells nothing of the text compared.
                self.expr(place, left, env);
                rest.iter().for_each(|(_, right)| {
                    self.expr(place, right, env);
                });
                0
            }
            ExprKind::Conditional(parts) => {
                let Conditional { test, body, orelse } = &**parts;
                self.expr(place, test, env);
                let mut other = env.clone();
                self.refine(place, test, true, env);
                self.refine(place, test, false, &mut other);
                let labels = self.expr(place, body, env) | self.expr(place, orelse, &mut other);
                env.join(&other);
                labels
            }
            ExprKind::Yield { value, .. } => {
                let labels = value
                    .as_deref()
                    .map_or(0, |value| self.expr(place, value, env));
                self.give(place, labels, None);
                0
            }
            ExprKind::Assign { target, value } => {
                let labels = self.expr(place, value, env);
                self.listens(place, target, value, env);
                self.assign(place, target, labels, env);
                let here = (place.module, place.function);
                self.flow.trace.bind(here, target, value.range, labels);
                self.remember(place, target, value, env);
                labels
            }
            ExprKind::Comprehension(inner) => {
                let mut local = env.clone();
                for generator in &inner.generators {
                    let labels = self.expr(place, &generator.iter, &mut local);
                    let labels = self.seeds.element(labels);
                    self.assign(place, &generator.target, labels, &mut local);
                    for test in &generator.ifs {
                        self.expr(place, test, &mut local);
                        self.refine(place, test, true, &mut local);
                    }
                }
                let element = self.expr(place, &inner.element, &mut local);
                let value = inner
                    .value
                    .as_ref()
                    .map_or(0, |value| self.expr(place, value, &mut local));
                self.seeds.derived(element | value)
            }
            ExprKind::Lambda(id) => {
                // Its body sees what is around it; whether and with what it is called is not known.
                self.unknown_call(*id, env.clone());
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

    fn dict(
        &mut self,
        place: &Place,
        expr: &Expr,
        entries: &'s [DictEntry],
        env: &mut Env<'s>,
    ) -> Labels {
        let (mut spread, mut named) = (0, Vec::new());
        for entry in entries {
            let key = entry
                .key
                .as_ref()
                .map_or(0, |key| self.expr(place, key, env));
            let value = self.expr(place, &entry.value, env);
            match &entry.key {
                Some(Expr {
                    kind: ExprKind::Str(name),
                    ..
                }) => {
                    let kept = !self.seeds.cleans_entry(name);
                    named.push((name, if kept { value } else { 0 }));
                }
                _ => spread |= self.seeds.derived(key | value),
            }
        }
        let (mut all, mut keys) = (spread, Keys::new());
        for (name, value) in named {
            // `{**payload, "mode": payload["mode"]}` is the payload.
            if spread == 0 || !self.seeds.puts_back(name, value, spread) {
                let value = self.seeds.derived(value);
                all |= value;
                // The last of one name is what stands there.
                keys.insert((&**name).into(), value);
            }
        }
        if spread == 0 {
            self.holds_apart(place, expr, keys);
        }
        all
    }

    fn attribute(
        &mut self,
        place: &Place,
        whole: &'s Expr,
        (base, attr): (&'s Expr, &Name),
        taken: Taken<'_>,
        env: &mut Env<'s>,
    ) -> Labels {
        let sound = |name: &str| env.is_member_sound(name, attr);
        if base.as_name().is_some_and(sound) {
            return 0;
        }
        let of_base = match taken {
            Taken::Called(Some(key)) => Taken::Key(key),
            Taken::Called(None) => Taken::Whole,
            Taken::Whole | Taken::Key(_) => Taken::Key(attr),
        };
        // Of `result.error` only what stands under that key.
        let apart = base
            .as_name()
            .filter(|_| matches!(of_base, Taken::Key(key) if key == &**attr));
        let labels = match apart {
            Some(name) => {
                let others = env.take_keys(name);
                let own = self.expr_as(place, base, of_base, env);
                own | env.give_keys(others, name, attr)
            }
            None => self.expr_as(place, base, of_base, env),
        };
        let labels = match taken {
            Taken::Called(_) => self.seeds.method(place.module, attr, labels),
            Taken::Whole | Taken::Key(_) => self.seeds.member(place.module, attr, labels),
        };
        if self.seeds.cleans_member(place.module, attr) {
            return 0;
        }
        // `state.current`, of a module that is imported.
        let labels = labels | state::read(self, place, whole, None);
        let class = self.own_class(place, base);
        self.reads_members |= class.is_some();
        let own = class.and_then(|class| {
            let field = self.fields.get(&(class, attr.clone()))?;
            let set = self.members.get(attr).copied().unwrap_or(0);
            Some((class, field | set))
        });
        match own {
            Some((class, field))
                if self.narrows && labels & !field != 0 && self.knows_fields(class) =>
            {
                field
            }
            Some((_, field)) => labels | field,
            None if class.is_none() => labels | self.member_of(place, base, attr),
            None => labels,
        }
    }

    /// What the methods of its class put into a member of an object: `guard.error`.
    fn member_of(&mut self, place: &Place, object: &'s Expr, attr: &Name) -> Labels {
        if !self.labelled.contains(attr) {
            return 0;
        }
        let made = self.source.type_of(place.module, object);
        let Some(class) = made.and_then(|made| made.class) else {
            return 0;
        };
        self.reads_members = true;
        self.fields
            .get(&(class, attr.clone()))
            .copied()
            .unwrap_or(0)
    }

    /// Whether all that may be in a member of a class is seen where its methods assign it: nothing derives from the class, and no member
    /// is set by a name that is computed.
    fn knows_fields(&mut self, class: ClassId) -> bool {
        if let Some(known) = self.shown.get(&class) {
            return *known;
        }
        let module = self.source.module(class.module);
        let range = self.source.class(class).map(|about| about.range);
        let text = module.zip(range).map(|(module, range)| module.text(range));
        let computes = |text: &str| {
            let words = [
                "setattr(",
                "__dict__",
                "vars(self)",
                "Object.assign(",
                "this[",
            ];
            words.iter().any(|word| text.contains(word))
        };
        let known = !self.source.is_derived_from(class) && text.is_some_and(|text| !computes(text));
        self.shown.insert(class, known);
        known
    }

    /// A call of which only the function is known.
    pub(super) fn unknown_call(&mut self, id: FnId, around: Env<'s>) -> Labels {
        let function = self.source.function(id);
        let none = vec![0; function.map_or(0, |function| function.params.len())];
        self.function(id, &Given::of(none), around).returned
    }

    fn of_text(&self, labels: Labels) -> Labels {
        if self.seeds.through_text() { labels } else { 0 }
    }

    /// `a and b`: what stands behind is only looked at when what stands before came out so.
    fn one_after_another(
        &mut self,
        place: &Place,
        op: BoolOp,
        values: &'s [Expr],
        env: &mut Env<'s>,
    ) -> Labels {
        let mut labels = 0;
        let mut local = env.clone();
        for (index, value) in values.iter().enumerate() {
            let at = if index == 0 { &mut *env } else { &mut local };
            let own = self.expr(place, value, at);
            if index == 0 {
                local = env.clone();
            }
            // Of `x and y` only what is empty in `x` comes out.
            if op != BoolOp::And || index + 1 == values.len() {
                labels |= own;
            }
            if op != BoolOp::Coalesce {
                self.refine(place, value, op == BoolOp::And, &mut local);
            }
        }
        // `NAME.fullmatch(name) or refuse(name)`: what goes on has passed one of those before.
        if let [before @ .., last] = values
            && op != BoolOp::Coalesce
            && self.never_returns(place, last)
        {
            let before: Vec<&'s Expr> = before.iter().collect();
            self.refine_several(place, false, &before, op == BoolOp::Or, env);
        }
        labels
    }
}
