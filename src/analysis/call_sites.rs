//! Who calls which function of the project, computed once per runtime and only when asked for.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use crate::analysis::agent_code::AgentCode;
use crate::model::source::module::BindingKind;
use crate::model::source::{Call, Expr, ExprKind, FnId, Function, Language, ModuleId, Source};

/// A place where a function is called, or given away as a value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Use<'a> {
    /// The module of the place.
    pub module: ModuleId,
    /// The call; of a function given as a value, the value.
    pub expr: &'a Expr,
    /// False where it is given as a value.
    pub called: bool,
}

/// The uses of every function in the modules that run.
pub(crate) struct Callers<'a> {
    code: AgentCode<'a>,
    uses: OnceCell<BTreeMap<FnId, Vec<Use<'a>>>>,
}

impl<'a> Callers<'a> {
    /// Of a runtime.
    pub(crate) fn new(code: &AgentCode<'a>) -> Self {
        Self {
            code: *code,
            uses: OnceCell::new(),
        }
    }

    /// The source.
    pub(crate) fn source(&self) -> &'a Source {
        self.code.source
    }

    /// The code that runs.
    pub(crate) fn code(&self) -> &AgentCode<'a> {
        &self.code
    }

    /// Where a function is used.
    pub(crate) fn of(&self, function: FnId) -> &[Use<'a>] {
        let uses = self.uses.get_or_init(|| collect(&self.code));
        uses.get(&function).map_or(&[], Vec::as_slice)
    }

    /// True for a function that nothing which runs can call.
    pub(crate) fn is_idle(&self, function: &Function) -> bool {
        !self.code.may_run(function.id)
    }

    /// What the callers give for a name that is a parameter of the function around it.
    pub(crate) fn given(&self, module: ModuleId, name: &'a Expr) -> Vec<(ModuleId, &'a Expr)> {
        let Some((function, index)) = self.parameter(module, name) else {
            return Vec::new();
        };
        let Some(found) = self.source().function(function) else {
            return Vec::new();
        };
        let label = found.params.get(index).map_or("", |param| &*param.name);
        let python = self
            .source()
            .module(function.module)
            .is_some_and(|module| module.language == Language::Python);
        let receiver = usize::from(python && found.class.is_some() && !found.is_static);
        let mut given = Vec::new();
        for used in self.of(function).iter().filter(|used| used.called) {
            let Some(call) = used.expr.as_call() else {
                continue;
            };
            if let Some(value) = passed(call, index.checked_sub(receiver), label) {
                given.push((used.module, value));
            }
        }
        given
    }

    /// The function and place of the parameter that a name is.
    pub(crate) fn parameter(&self, module: ModuleId, name: &Expr) -> Option<(FnId, usize)> {
        let text = name.as_name()?;
        let module = self.source().module(module)?;
        let mut function = module.function_at(name.range.start);
        while let Some(at) = function {
            let scope = module.scopes.get(at.id.index as usize + 1);
            if let Some(bindings) = scope.and_then(|scope| scope.names.get(text)) {
                return bindings.iter().find_map(|binding| match &binding.kind {
                    BindingKind::Param { index, path } if path.is_empty() => Some((at.id, *index)),
                    _ => None,
                });
            }
            function = at.parent.and_then(|id| module.function(id));
        }
        None
    }
}

fn passed<'a>(call: &'a Call, index: Option<usize>, name: &str) -> Option<&'a Expr> {
    let by_name = call
        .keywords
        .iter()
        .find(|keyword| keyword.name.as_deref() == Some(name))
        .map(|keyword| &keyword.value);
    by_name.or_else(|| {
        let positional = call.args.get(index?)?;
        let spread = call
            .args
            .iter()
            .any(|arg| matches!(arg.kind, ExprKind::Starred(_)));
        (!spread).then_some(positional)
    })
}

fn collect<'a>(code: &AgentCode<'a>) -> BTreeMap<FnId, Vec<Use<'a>>> {
    let mut uses: BTreeMap<FnId, Vec<Use<'a>>> = BTreeMap::new();
    for (module, _, expr) in code.calls() {
        let Some(call) = expr.as_call() else { continue };
        let module = module.id;
        if let Some(function) = code.source.callee(module, expr) {
            let used = Use {
                module,
                expr,
                called: true,
            };
            uses.entry(function).or_default().push(used);
        }
        let values = call
            .args
            .iter()
            .chain(call.keywords.iter().map(|keyword| &keyword.value));
        for value in values {
            let named = matches!(
                value.kind,
                ExprKind::Name(_) | ExprKind::Attribute { .. } | ExprKind::Lambda(_)
            );
            if let Some(function) = named
                .then(|| code.source.function_value(module, value))
                .flatten()
            {
                let used = Use {
                    module,
                    expr: value,
                    called: false,
                };
                uses.entry(function).or_default().push(used);
            }
        }
    }
    uses
}
