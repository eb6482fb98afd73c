//! How the default of a field of a class is written: what all instances share, and what is made with each of them.

use crate::analysis::names::{leaf, package};
use crate::model::source::ir::Keyword;
use crate::model::source::{
    ByteRange, Call, Class, ClassId, Expr, ExprKind, FnId, Module, ModuleId, Source, StmtKind,
};

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

/// What making an object of a class runs beside its own `__init__`.
#[derive(Debug, Default)]
pub(crate) struct Making<'a> {
    /// `__new__`, and what runs when the fields are set: `__post_init__`, `__attrs_post_init__`, `model_post_init`.
    pub(crate) methods: Vec<FnId>,
    /// The fields whose default a function makes, where none is given.
    pub(crate) factories: Vec<Factory<'a>>,
}

/// A field whose default a function makes with each object.
#[derive(Debug)]
pub(crate) struct Factory<'a> {
    /// The module.
    pub(crate) module: ModuleId,
    /// The call that declares the field: `field(default_factory=time.time)`.
    pub(crate) declared: &'a Expr,
    /// The function.
    pub(crate) makes: &'a Expr,
    /// The names that a value is given by.
    names: Vec<&'a str>,
    /// Which positional argument gives a value at the earliest; none of a model takes one.
    position: Option<usize>,
}

impl Factory<'_> {
    /// Whether a call of the class may give the field a value.
    pub(crate) fn may_be_given(&self, call: &Call) -> bool {
        let named = call.keywords.iter().any(|keyword| {
            let name = keyword.name.as_deref();
            name.is_none_or(|name| self.names.contains(&name))
        });
        let spread = |arg: &Expr| matches!(arg.kind, ExprKind::Starred(_));
        let placed = self
            .position
            .is_some_and(|position| position < call.args.len() || call.args.iter().any(spread));
        named || placed
    }
}

/// The function that makes the default of a field: `X` of `field(default_factory=X)`, `attr.ib(factory=X)`.
pub(crate) fn made_anew(declared: &Expr) -> Option<&Expr> {
    const DECLARE: [&str; 5] = ["field", "Field", "PrivateAttr", "ib", "attrib"];
    let call = declared.as_call()?;
    DECLARE.contains(&call.written_name()).then_some(())?;
    let factory = call.option("default_factory");
    factory.or_else(|| call.option("factory"))
}

/// What makes the constructor of a class of fields.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Maker {
    Dataclass,
    Attrs,
    Model,
}

/// What making an object of a class runs beside its own `__init__`.
pub(crate) fn making<'a>(source: &'a Source, id: ClassId) -> Making<'a> {
    let line = source.lineage(id);
    let mut found = Making::default();
    let method = |name| {
        let mut classes = line.iter().filter_map(|id| source.class(*id));
        classes.find_map(|class| class.method(name))
    };
    found.methods.extend(method("__new__"));
    // The class whose constructor is made for it; one that is written by hand sets the fields as it likes.
    let mut made = None;
    for (at, &class) in line.iter().enumerate() {
        if source
            .class(class)
            .is_none_or(|class| class.method("__init__").is_some())
        {
            return found;
        }
        made = made.or_else(|| Some((at, decorated(source, class)?)));
        if made.is_some() {
            break;
        }
    }
    let is_model = |base: &str| {
        matches!(
            base,
            "pydantic.BaseModel"
                | "pydantic.main.BaseModel"
                | "pydantic_settings.BaseSettings"
                | "sqlmodel.SQLModel"
        )
    };
    if made.is_none() && source.bases(id).iter().any(|base| is_model(base)) {
        made = Some((0, Maker::Model));
    }
    let Some((first, maker)) = made else {
        return found;
    };
    found.methods.extend(method(match maker {
        Maker::Dataclass => "__post_init__",
        Maker::Attrs => "__attrs_post_init__",
        Maker::Model => "model_post_init",
    }));
    let line = line.get(first..).unwrap_or_default();
    let mut seen = Vec::new();
    for &class in line {
        if maker != Maker::Model && decorated(source, class).is_none() {
            continue;
        }
        let Some(class) = source.class(class) else {
            continue;
        };
        // Fields of a base come first, so that nothing is known of the place of those behind.
        let alone = line.len() == 1;
        fields(source, class, maker, alone, &mut seen, &mut found.factories);
    }
    found
}

/// Adds the fields of a class that a function makes, but for those that a class before has declared anew.
fn fields<'a>(
    source: &'a Source,
    class: &'a Class,
    maker: Maker,
    alone: bool,
    seen: &mut Vec<&'a str>,
    found: &mut Vec<Factory<'a>>,
) {
    let module = class.id.module;
    let (known, mut position) = (seen.len(), 0);
    for stmt in &class.body {
        let StmtKind::Assign(assign) = &stmt.kind else {
            continue;
        };
        let Some(name) = assign.targets.first().and_then(Expr::as_name) else {
            continue;
        };
        let anew = seen.get(..known).is_none_or(|seen| !seen.contains(&name));
        seen.push(name);
        let declared = assign.value.as_deref();
        let call = declared.and_then(Expr::as_call);
        let off = |option: &str, value: bool| {
            let given = call.and_then(|call| call.option(option));
            given.is_some_and(|given| matches!(given.kind, ExprKind::Bool(is) if is == value))
        };
        let at = position;
        if !off("init", false)
            && !off("kw_only", true)
            && !is_of_class(assign.annotation.as_deref())
        {
            position += 1;
        }
        let makes = declared.and_then(made_anew);
        let (Some(declared), Some(call), Some(makes)) = (declared, call, makes) else {
            continue;
        };
        let declares = source.callee_name(module, declared).is_some_and(|name| {
            matches!(
                package(name),
                "dataclasses" | "attr" | "attrs" | "pydantic" | "sqlmodel"
            )
        });
        if !anew || !declares || assign.annotation.is_none() && maker != Maker::Attrs {
            continue;
        }
        let aliases = ["alias", "validation_alias"];
        let aliases = aliases.into_iter();
        let aliases = aliases.filter_map(|option| call.option(option)?.as_str());
        found.push(Factory {
            module,
            declared,
            makes,
            names: [name, name.trim_start_matches('_')]
                .into_iter()
                .chain(aliases)
                .collect(),
            position: match maker {
                Maker::Model => None,
                Maker::Dataclass | Maker::Attrs => Some(if alone { at } else { 0 }),
            },
        });
    }
}

/// What makes the constructor of a class by its decorator.
fn decorated(source: &Source, id: ClassId) -> Option<Maker> {
    let class = source.class(id)?;
    class.decorators.iter().find_map(|decorator| {
        let call = decorator.as_call();
        let init = call.and_then(|call| call.option("init"));
        if init.is_some_and(|init| !matches!(init.kind, ExprKind::Bool(true))) {
            return None;
        }
        let target = call.map_or(decorator, |call| &call.callee);
        let name = source.canonical(id.module, target)?;
        match (package(&name), leaf(&name)) {
            ("dataclasses" | "pydantic", "dataclass") => Some(Maker::Dataclass),
            ("attr" | "attrs", "define" | "frozen" | "mutable" | "s" | "attrs" | "dataclass") => {
                Some(Maker::Attrs)
            }
            _ => None,
        }
    })
}

/// Whether an annotation keeps a name for the class, which is no field.
fn is_of_class(annotation: Option<&Expr>) -> bool {
    let outer = annotation.map(|annotation| match &annotation.kind {
        ExprKind::Subscript { base, .. } => base,
        _ => annotation,
    });
    outer.is_some_and(|outer| match &outer.kind {
        ExprKind::Name(name) | ExprKind::Attribute { attr: name, .. } => {
            matches!(&**name, "ClassVar" | "KW_ONLY")
        }
        _ => false,
    })
}
