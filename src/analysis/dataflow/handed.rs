//! Functions that are handed over with their arguments: `Thread(target=work, args=(x,))`, `to_thread(work, x)`, `submit(work, x)`.

use super::env::Env;
use super::{Engine, Given, Labels, Place};
use crate::analysis::runners::Runner;
use crate::model::source::FnId;
use crate::model::source::ir::{Call, Expr, ExprKind};

impl<'s> Engine<'s> {
    /// Follows a call that runs a function of the project it is given, with the arguments beside it. Returns what that gives.
    pub(super) fn handed(
        &mut self,
        place: &Place,
        call: &'s Call,
        args: &[Labels],
        env: &mut Env<'s>,
    ) -> Option<Labels> {
        Runner::of(call).filter(|runner| runner.hands_on)?;
        let named = |wanted: &str| {
            let keyword = call
                .keywords
                .iter()
                .find(|keyword| keyword.name.as_deref() == Some(wanted));
            keyword.map(|keyword| &keyword.value)
        };
        let (function, given, objects) = match named("target") {
            Some(target) => (
                self.named_function(place, target)?,
                self.each(place, named("args")),
                items(named("args")),
            ),
            None => {
                let at = call
                    .args
                    .iter()
                    .position(|arg| self.named_function(place, arg).is_some())?;
                let function = self.named_function(place, call.args.get(at)?)?;
                let given = args.get(at + 1..).unwrap_or_default().to_vec();
                let objects = call.args.get(at + 1..).unwrap_or_default();
                (function, given, objects)
            }
        };
        let found = self.source.function(function)?;
        let bound = usize::from(
            found.class.is_some()
                && !found.is_static
                && found
                    .params
                    .first()
                    .is_some_and(|param| &*param.name == "self"),
        );
        let mut params = vec![0; found.params.len()];
        for (slot, labels) in params.iter_mut().skip(bound).zip(given) {
            *slot = labels;
        }
        let summary = self.function(function, &Given::of(params), self.around(found, env));
        let object = |index: usize| objects.get(index.checked_sub(bound)?);
        self.come_filled(place, &summary, object, env);
        Some(summary.returned)
    }

    fn named_function(&self, place: &Place, value: &'s Expr) -> Option<FnId> {
        match value.kind {
            ExprKind::Name(_) | ExprKind::Attribute { .. } => {
                self.source.function_value(place.module, value)
            }
            _ => None,
        }
    }

    /// The labels of each element of a tuple or list that was evaluated already.
    fn each(&self, place: &Place, items: Option<&'s Expr>) -> Vec<Labels> {
        let labels = |item| self.flow.labels(place.module, item);
        self::items(items).iter().map(labels).collect()
    }
}

/// The elements of a tuple or list.
fn items(whole: Option<&Expr>) -> &[Expr] {
    match whole.map(|whole| &whole.kind) {
        Some(ExprKind::Tuple(items) | ExprKind::List(items)) => items,
        _ => &[],
    }
}
