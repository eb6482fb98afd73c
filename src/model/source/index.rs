//! What is looked up in a module again and again, sorted once when the module is complete.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::FnId;
use super::detect::is_model_id;
use super::ir::{ByteRange, Expr, ExprKind, Name};
use super::module::{Binding, BindingKind, Class, Function, Import, Language, Module, Scope};
use super::scope::Sought;

/// Look-ups of a module. They cost a bisection however long the file is.
#[derive(Clone, Debug, Default)]
pub struct Index {
    /// From each offset on, the innermost function.
    functions: Vec<(u32, Option<u32>)>,
    /// From each offset on, the innermost class.
    classes: Vec<(u32, Option<u32>)>,
    /// Every parameter: where it starts, its function, its place among the parameters.
    params: Vec<(u32, u32, u32)>,
    /// Imports that are calls, by their range.
    dynamic: Vec<(ByteRange, usize)>,
    /// `import a.b`, which binds `a`.
    dotted: Vec<usize>,
    /// `from x import *`.
    stars: Vec<usize>,
    /// The scopes in which something is put into a container of a name.
    filled: HashMap<Name, Vec<u32>>,
    /// Every call, in the order of [`Module::each_expression`].
    calls: Box<[Placed]>,
    /// The numbers of the calls, by where they start.
    by_start: Box<[u32]>,
    /// String literals that look like the id of a model.
    models: Box<[Expr]>,
}

/// A call, and the function that it stands in.
#[derive(Clone, Debug)]
struct Placed {
    /// One more than the function's index; 0 outside of any.
    scope: u32,
    /// The call: it shares what the tree holds.
    call: Expr,
}

impl Placed {
    fn start(&self) -> u32 {
        self.call.range.start
    }
}

impl Index {
    /// Sorts what a module holds. Its functions, imports and scopes must not change afterwards; targets of imports may.
    pub fn new(module: &Module) -> Self {
        let imports = || module.imports.iter().enumerate();
        let mut dynamic: Vec<(ByteRange, usize)> = imports()
            .filter(|(_, import)| import.dynamic)
            .map(|(at, import)| (import.range, at))
            .collect();
        dynamic.sort_unstable();
        let python = module.language == Language::Python;
        let (calls, models) = calls_and_models(module);
        let mut by_start: Vec<u32> = (0u32..).zip(&calls).map(|(number, _)| number).collect();
        by_start.sort_by_key(|number| calls.get(*number as usize).map(Placed::start));
        Self {
            functions: innermost(
                module
                    .functions
                    .iter()
                    .map(|function| (function.body_range, function.id.index)),
            ),
            classes: innermost(
                module
                    .classes
                    .iter()
                    .map(|class| (class.range, class.id.index)),
            ),
            params: params(&module.functions),
            dynamic,
            dotted: imports()
                .filter(|(_, import)| python && binds_first(import))
                .map(|(at, _)| at)
                .collect(),
            stars: imports()
                .filter(|(_, import)| import.star)
                .map(|(at, _)| at)
                .collect(),
            filled: filled(&module.scopes),
            calls,
            by_start: by_start.into(),
            models,
        }
    }
}

/// `import a.b` without `as`: the name bound is `a`.
fn binds_first(import: &Import) -> bool {
    import.name.is_none()
        && import.module.contains('.')
        && import.alias.as_deref() == import.module.split('.').next()
}

/// Sweeps over ranges, each with its number: from each offset on, which is the innermost.
fn innermost(ranges: impl Iterator<Item = (ByteRange, u32)>) -> Vec<(u32, Option<u32>)> {
    let mut sorted: Vec<(u32, Reverse<u32>, Reverse<u32>)> = ranges
        .filter(|(range, _)| range.start < range.end)
        .map(|(range, number)| (range.start, Reverse(range.end), Reverse(number)))
        .collect();
    sorted.sort_unstable();
    let mut steps: Vec<(u32, Option<u32>)> = Vec::with_capacity(sorted.len() * 2);
    let mut open: Vec<(u32, u32)> = Vec::new();
    for (start, Reverse(end), Reverse(function)) in sorted {
        close(&mut open, start, &mut steps);
        open.push((end, function));
        steps.push((start, Some(function)));
    }
    close(&mut open, u32::MAX, &mut steps);
    steps
}

/// Ends the functions that end at or before an offset.
fn close(open: &mut Vec<(u32, u32)>, offset: u32, steps: &mut Vec<(u32, Option<u32>)>) {
    while let Some((end, _)) = open.last().copied().filter(|(end, _)| *end <= offset) {
        open.pop();
        steps.push((end, open.last().map(|(_, function)| *function)));
    }
}

fn params(functions: &[Function]) -> Vec<(u32, u32, u32)> {
    let mut found: Vec<(u32, u32, u32)> = functions
        .iter()
        .flat_map(|function| {
            let places = function.params.iter().zip(0u32..);
            places.map(move |(param, at)| (param.range.start, function.id.index, at))
        })
        .collect();
    found.sort_unstable();
    found
}

fn filled(scopes: &[Scope]) -> HashMap<Name, Vec<u32>> {
    let mut found: HashMap<Name, Vec<u32>> = HashMap::new();
    for (scope, at) in scopes.iter().zip(0u32..) {
        for name in scope.elements.keys() {
            found.entry(name.clone()).or_default().push(at);
        }
    }
    found
}

/// In one walk, for it goes over everything.
fn calls_and_models(module: &Module) -> (Box<[Placed]>, Box<[Expr]>) {
    let mut calls = Vec::new();
    let mut models = Vec::new();
    module.each_expression(&mut |function, expr| match &expr.kind {
        ExprKind::Call(_) => calls.push(Placed {
            scope: function.map_or(0, |function| function.index + 1),
            call: expr.clone(),
        }),
        ExprKind::Str(text) if is_model_id(text) => models.push(expr.clone()),
        _ => {}
    });
    (calls.into(), models.into())
}

impl Module {
    /// Every call of the module, functions and classes included, with the function it stands in.
    pub fn calls(&self) -> impl ExactSizeIterator<Item = (Option<FnId>, &Expr)> {
        let placed = self.index.calls.iter();
        placed.map(|placed| (self.function_around(placed), &placed.call))
    }

    /// The calls that stand in a range, those in functions inside of it too.
    pub fn calls_within(&self, range: ByteRange) -> impl Iterator<Item = &Expr> {
        let numbers = &self.index.by_start;
        let placed = |number: &u32| self.index.calls.get(*number as usize);
        let before = |number: &u32| placed(number).is_some_and(|one| one.start() < range.start);
        let first = numbers.partition_point(before);
        let calls = numbers.get(first..).unwrap_or_default().iter();
        let calls = calls.filter_map(placed).map(|placed| &placed.call);
        calls
            .take_while(move |call| call.range.start < range.end)
            .filter(move |call| range.contains(call.range))
    }

    fn function_around(&self, placed: &Placed) -> Option<FnId> {
        let index = placed.scope.checked_sub(1)?;
        Some(FnId {
            module: self.id,
            index,
        })
    }

    /// The call of a number in the order of [`Self::calls`].
    pub fn call(&self, number: u32) -> Option<(Option<FnId>, &Expr)> {
        let placed = self.index.calls.get(number as usize)?;
        Some((self.function_around(placed), &placed.call))
    }

    /// String literals that look like the id of a model, in the order of [`Module::each_expression`].
    pub fn model_ids(&self) -> &[Expr] {
        &self.index.models
    }

    /// The innermost function whose body holds the offset; None at module level (class bodies too).
    pub fn function_at(&self, offset: u32) -> Option<&Function> {
        let steps = &self.index.functions;
        let after = steps.partition_point(|(start, _)| *start <= offset);
        let (_, function) = steps.get(after.checked_sub(1)?)?;
        self.functions.get((*function)? as usize)
    }

    /// The innermost class that holds the offset, whatever functions stand between.
    pub fn class_at(&self, offset: u32) -> Option<&Class> {
        let steps = &self.index.classes;
        let after = steps.partition_point(|(start, _)| *start <= offset);
        let (_, class) = steps.get(after.checked_sub(1)?)?;
        self.classes.get((*class)? as usize)
    }

    /// The scopes that a place sees, each with its function: the innermost first, the module's own last.
    pub fn scopes_around(&self, offset: u32) -> impl Iterator<Item = (Option<&Function>, &Scope)> {
        let parent = |function: &&Function| function.parent.and_then(|id| self.function(id));
        let functions = std::iter::successors(self.function_at(offset), parent);
        let around = functions.map(Some).chain([None]);
        around.filter_map(|function| {
            let index = function.map_or(0, |function| function.id.index as usize + 1);
            Some((function, self.scopes.get(index)?))
        })
    }

    /// What a name seen from a place is bound to, in the innermost scope that binds it, with the function of that scope.
    pub fn bindings_around(
        &self,
        name: &str,
        offset: u32,
    ) -> Option<(Option<&Function>, &[Binding])> {
        let name = Sought::new(name);
        self.scopes_around(offset)
            .find_map(|(function, scope)| Some((function, scope.names.find(&name)?)))
    }

    /// The binding of a name that is bound once, seen from a place outside of what it is bound to.
    pub fn only_binding(&self, name: &str, offset: u32) -> Option<&Binding> {
        let (_, [binding]) = self.bindings_around(name, offset)? else {
            return None;
        };
        let within = match &binding.kind {
            BindingKind::Value { value, .. } => value.range.holds(offset),
            _ => false,
        };
        (!within).then_some(binding)
    }

    /// The value of a name that is bound once, to a value as a whole.
    pub fn only_value(&self, name: &str, offset: u32) -> Option<&Expr> {
        match &self.only_binding(name, offset)?.kind {
            BindingKind::Value { value, path, .. } if path.is_empty() => Some(value),
            _ => None,
        }
    }

    /// The binding that a name seen from a place most likely means: the last one before it, else the last one.
    pub fn binding_at(&self, name: &str, offset: u32) -> Option<&Binding> {
        let (_, bindings) = self.bindings_around(name, offset)?;
        let after = bindings.partition_point(|binding| binding.range.start <= offset);
        let before = after.checked_sub(1).and_then(|at| bindings.get(at));
        before.or_else(|| bindings.last())
    }

    /// The function of which the parameter at a place is bound at a range.
    pub fn function_of_param(&self, range: ByteRange, place: usize) -> Option<&Function> {
        let params = &self.index.params;
        let after = params.partition_point(|(start, ..)| *start <= range.start);
        let before = params.get(..after)?.iter().rev();
        let mut owners = before.filter(|(.., at)| *at as usize == place);
        owners.find_map(|(_, function, _)| {
            let function = self.functions.get(*function as usize)?;
            let holds = function.params.get(place)?.range.contains(range);
            holds.then_some(function)
        })
    }

    /// The import that a call at a range is.
    pub fn dynamic_import(&self, range: ByteRange) -> Option<&Import> {
        let dynamic = &self.index.dynamic;
        let at = dynamic.binary_search_by(|(at, _)| at.cmp(&range)).ok()?;
        self.imports.get(dynamic.get(at)?.1)
    }

    /// `import a.b` of Python, which binds `a` and leads to `a.b`.
    pub fn dotted_imports(&self) -> impl Iterator<Item = &Import> {
        let found = self.index.dotted.iter();
        found.filter_map(|at| self.imports.get(*at))
    }

    /// `from x import *`.
    pub fn star_imports(&self) -> impl Iterator<Item = &Import> {
        let found = self.index.stars.iter();
        found.filter_map(|at| self.imports.get(*at))
    }

    /// The scopes in which something is put into a container of a name.
    pub fn scopes_that_fill(&self, name: &str) -> impl Iterator<Item = &Scope> {
        let found = self.index.filled.get(name).into_iter().flatten();
        found.filter_map(|at| self.scopes.get(*at as usize))
    }
}
