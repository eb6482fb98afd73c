//! How the default of a field of a class is written, where all instances share what is made once.

use crate::analysis::names::leaf;
use crate::model::source::ir::Keyword;
use crate::model::source::{ByteRange, Class, Expr, Module, Source, StmtKind};

/// A default that is assigned to a field as it is: `id: UUID = uuid4()`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Assigned<'a> {
    /// The value.
    pub(crate) value: &'a Expr,
    /// The package that makes the class.
    pub(crate) package: &'static str,
    /// Its function that declares a field.
    pub(crate) declares: &'static str,
}

/// The keyword of a call that declares a field, where a place stands in its default: `Field(default=uuid4())`.
pub(crate) fn declared_default<'a>(
    source: &Source,
    module: &'a Module,
    range: ByteRange,
) -> Option<&'a Keyword> {
    let holds = |keyword: &&Keyword| {
        keyword.name.as_deref() == Some("default") && keyword.value.range.contains(range)
    };
    let around = module.calls().filter_map(|(_, expr)| {
        let keyword = expr.as_call()?.keywords.iter().find(holds)?;
        Some((expr, keyword))
    });
    for (expr, keyword) in around {
        let name = source.callee_name(module.id, expr)?;
        if declares_field(leaf(name)) {
            return Some(keyword);
        }
    }
    None
}

/// The default that a field of a dataclass or of a pydantic model is assigned, where a place stands in it.
pub(crate) fn assigned_default<'a>(
    source: &Source,
    module: &'a Module,
    range: ByteRange,
) -> Option<Assigned<'a>> {
    let (class, field) = module.classes.iter().find_map(|class| {
        let mut lines = class.body.iter();
        let line = lines.find(|stmt| stmt.range.contains(range))?;
        Some((class, line))
    })?;
    let StmtKind::Assign(assign) = &field.kind else {
        return None;
    };
    assign.annotation.as_ref()?;
    let value = assign.value.as_deref()?;
    let called = value.as_call().map_or("", |call| call.written_name());
    if declares_field(called) {
        return None;
    }
    let (package, declares) = made_by(source, module, class)?;
    Some(Assigned {
        value,
        package,
        declares,
    })
}

fn declares_field(name: &str) -> bool {
    matches!(name, "Field" | "field")
}

/// The package that makes a class of fields, and its function that declares one.
fn made_by(
    source: &Source,
    module: &Module,
    class: &Class,
) -> Option<(&'static str, &'static str)> {
    let is_dataclass = class.decorators.iter().any(|decorator| {
        let target = decorator.as_call().map_or(decorator, |call| &call.callee);
        source.canonical(module.id, target).as_deref() == Some("dataclasses.dataclass")
    });
    if is_dataclass {
        return Some(("dataclasses", "field"));
    }
    let of_pydantic = |base: &str| matches!(base, "pydantic.BaseModel" | "pydantic.main.BaseModel");
    let bases = source.bases(class.id);
    let is_model = bases.iter().any(|base| of_pydantic(base));
    is_model.then_some(("pydantic", "Field"))
}
