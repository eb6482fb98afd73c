//! Functions that JavaScript calls with what went wrong: they are handlers, as `catch` is.

use crate::model::source::ir::ByteRange;
use crate::model::source::{Call, Expr, ExprKind, FnId, Language, Module, Source};

/// A function that is given an error, and where it is registered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rejection {
    /// The function.
    pub function: FnId,
    /// The expression that stands for it in the call.
    pub given: ByteRange,
    /// The call that it is given to.
    pub call: ByteRange,
    /// Whether what it returns takes the place of the result: `.catch`, the second function of `.then`.
    pub answers: bool,
}

/// Every such function of a TypeScript module: `.catch(fn)`, `.then(_, fn)`, `.on('error', fn)`, `{ onError: fn }`, and the
/// callbacks of Node (`exec(command, (err, stdout) => …)`).
pub(crate) fn rejections(source: &Source, module: &Module) -> Vec<Rejection> {
    let calls = module.calls();
    calls
        .filter_map(|(_, expr)| expr.as_call().map(|call| (expr, call)))
        .flat_map(|(expr, call)| of_call(source, module, expr, call))
        .collect()
}

/// Functions of an options object that are called with an error.
const OPTIONS: [&str; 3] = ["onError", "onerror", "getErrorMessage"];

/// Those that one call is given.
pub(crate) fn of_call(
    source: &Source,
    module: &Module,
    expr: &Expr,
    call: &Call,
) -> Vec<Rejection> {
    if module.language != Language::TypeScript {
        return Vec::new();
    }
    let function = |value: &Expr| source.function_value(module.id, value);
    let made = |value: &Expr, answers: bool| {
        function(value).map(|function| Rejection {
            function,
            given: value.range,
            call: expr.range,
            answers,
        })
    };
    let mut found = Vec::new();
    if let Some((handler, answers)) = method(call) {
        found.extend(made(handler, answers));
    } else if !goes_through_items(call)
        && let Some(last) = call.args.last()
        && let ExprKind::Lambda(id) = &last.kind
        && takes_error_first(module, *id)
    {
        found.extend(made(last, false));
    }
    for options in &call.args {
        found.extend(
            OPTIONS
                .iter()
                .filter_map(|key| options.entry(key))
                .filter_map(|value| made(value, false)),
        );
    }
    found
}

/// The handler among the arguments of a promise's or an emitter's method.
fn method(call: &Call) -> Option<(&Expr, bool)> {
    let ExprKind::Attribute { attr, .. } = &call.callee.kind else {
        return None;
    };
    match &**attr {
        "catch" => call.args.first().map(|handler| (handler, true)),
        "then" => call.args.get(1).map(|handler| (handler, true)),
        "on" | "once" | "addListener" | "addEventListener" => {
            let event = call.args.first().and_then(Expr::as_str)?;
            (event == "error").then_some(())?;
            call.args.get(1).map(|handler| (handler, false))
        }
        _ => None,
    }
}

/// `errors.map((error, index) => …)` goes through values, and none of them was thrown.
fn goes_through_items(call: &Call) -> bool {
    matches!(&call.callee.kind, ExprKind::Attribute { attr, .. }
        if matches!(&**attr, "map" | "forEach" | "filter" | "flatMap" | "some" | "every" | "find" | "reduce"))
}

/// `(err, stdout, stderr) => …`: two parameters or more, the first one named as an error. The error middleware of Express has
/// four, and is looked for by itself.
fn takes_error_first(module: &Module, id: FnId) -> bool {
    module.function(id).is_some_and(|function| {
        (2..4).contains(&function.params.len())
            && matches!(&*function.params[0].name, "err" | "error" | "_err")
    })
}
