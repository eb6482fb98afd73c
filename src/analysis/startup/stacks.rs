//! Contexts that a stack of contexts enters: `stack.enter_context(client)`.

use super::{Place, StartCall, Startup};
use crate::model::source::{Call, Expr, ExprKind, Language, Module};

impl<'a> Startup<'_, 'a> {
    /// The context that a call enters by a stack.
    pub(super) fn enters(
        &mut self,
        module: &'a Module,
        call: &'a Call,
        from: Option<Place>,
        waited: bool,
    ) {
        let (ExprKind::Attribute { base, attr }, [entered]) = (&call.callee.kind, &*call.args)
        else {
            return;
        };
        let enters = match &**attr {
            "enter_context" => true,
            "enter_async_context" => waited,
            _ => false,
        };
        if !enters || module.language != Language::Python {
            return;
        }
        // What a caller hands over is left by the caller.
        let handed = base.as_name().is_some_and(|name| {
            let function = module.function_at(base.range.start);
            function
                .is_some_and(|function| function.params.iter().any(|param| &*param.name == name))
        });
        let made = self.code.source.type_of(module.id, entered);
        self.calls.push(StartCall {
            module: module.id,
            expr: entered,
            callee: None,
            name: made.map(|made| made.type_name.into()),
            from,
            entering: true,
            held: false,
            waited: true,
            made_for: None,
            stack: (!handed).then_some(&**base),
        });
    }

    /// A `with` leaves its stack, and with it what is entered there from the call `first` on.
    pub(super) fn left_with(&mut self, stack: &Expr, first: usize, serves: bool) {
        let Some(name) = stack.as_name() else {
            return;
        };
        for call in self.calls.get_mut(first..).into_iter().flatten() {
            if call.stack.and_then(Expr::as_name) == Some(name) {
                call.stack = None;
                call.held = serves;
            }
        }
    }
}
