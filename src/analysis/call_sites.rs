//! Who calls which function of the project, computed once per runtime and only when asked for.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};

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
    mentions: OnceCell<HashMap<&'a str, u32>>,
}

impl<'a> Callers<'a> {
    /// Of a runtime.
    pub(crate) fn new(code: &AgentCode<'a>) -> Self {
        Self {
            code: *code,
            uses: OnceCell::new(),
            mentions: OnceCell::new(),
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

    /// True for a function that nothing can call: it stands by itself in a module that is only imported, no decorator hands it to a
    /// framework, and its name is written nowhere in the code that runs but where it is defined, not even in a text.
    pub(crate) fn is_idle(&self, function: &Function) -> bool {
        let alone = function.parent.is_none()
            && function.class.is_none()
            && function.decorators.is_empty()
            && self.code.code.entry != Some(function.id.module);
        let mentions = self.mentions.get_or_init(|| mentions(&self.code));
        alone && mentions.get(&*function.name) == Some(&1)
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

/// How often the names of the functions that stand by themselves are written.
fn mentions<'a>(code: &AgentCode<'a>) -> HashMap<&'a str, u32> {
    let mut counts: HashMap<&str, u32> = HashMap::new();
    for module in code.modules() {
        let alone = |function: &&Function| function.parent.is_none() && function.class.is_none();
        let functions = module.functions.iter().filter(alone);
        counts.extend(functions.map(|function| (&*function.name, 0)));
    }
    for module in code.modules() {
        let part = |c: char| !c.is_alphanumeric() && c != '_' && c != '$';
        for word in module.source.text.split(part) {
            if let Some(count) = counts.get_mut(word) {
                *count += 1;
            }
        }
    }
    counts
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
