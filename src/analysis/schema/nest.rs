//! Classes of NestJS whose fields class-validator tests, where a `ValidationPipe` holds the body of a request against them
//! (<https://docs.nestjs.com/techniques/validation>).

use crate::analysis::limits;
use crate::analysis::names::{Meaning, package};
use crate::analysis::tested::pattern;
use crate::model::source::ir::StmtKind;
use crate::model::source::{
    Call, ClassId, Expr, ExprKind, FnId, Function, ModuleId, Param, Source,
};

use super::rules::{Fields, Rule, Shape};

/// The class that a project switches the pipe on with.
const PIPE: &str = "@nestjs/common.ValidationPipe";

/// What the pipe of a project does.
#[derive(Clone, Copy)]
pub(super) struct Pipe {
    /// Whether nothing is handed on that the class of a body does not name.
    closed: bool,
}

impl Pipe {
    /// The pipe that a project uses; wherever it stands, for it may be given to every route.
    pub(super) fn of(source: &Source) -> Option<Self> {
        let (mut found, mut closed) = (false, false);
        let modules = source.modules.iter();
        for module in modules.filter(|module| {
            let mut imports = module.imports.iter();
            imports.any(|import| package(&import.module) == package(PIPE))
        }) {
            module.each_expression(&mut |_, expr| {
                let is_pipe = |of: &Expr| {
                    of.as_name() == Some("ValidationPipe")
                        && source.canonical(module.id, of).as_deref() == Some(PIPE)
                };
                found |= is_pipe(expr);
                if let Some(call) = expr.as_call().filter(|call| is_pipe(&call.callee)) {
                    let switches = ["whitelist", "forbidNonWhitelisted"];
                    let mut given = switches.iter().filter_map(|name| call.option(name));
                    closed |= given.any(|value| matches!(value.kind, ExprKind::Bool(true)));
                }
            });
        }
        found.then_some(Self { closed })
    }

    /// What the pipe tests of the body that a route is given.
    pub(super) fn fields(self, source: &Source, route: FnId) -> Fields {
        let mut found = Fields::new();
        let about = source.function(route).filter(|about| about.class.is_some());
        for (about, param) in about.iter().flat_map(|about| {
            let params = about.params.iter();
            params.map(move |param| (*about, param))
        }) {
            let class = param.annotation.as_deref();
            let class = class.filter(|_| is_body(source, about, param));
            if let Some(Meaning::Class(class)) = class.map(|of| source.meaning(route.module, of)) {
                let shape = of_class(source, class);
                let shape = if self.closed { shape } else { shape.open() };
                found.extend(shape.into_fields());
            }
        }
        found
    }
}

/// Whether a parameter is the whole body: `@Body() ask: Ask`. The decorators of parameters stand in the body of the class.
fn is_body(source: &Source, route: &Function, param: &Param) -> bool {
    let class = route.class.and_then(|class| source.class(class));
    let before = route.params.iter().map(|other| other.range.end);
    let before = before.filter(|end| *end <= param.range.start).max();
    let from = before.unwrap_or(route.range.start);
    let decorators = class.into_iter().flat_map(|class| &class.body);
    decorators
        .filter_map(|stmt| match &stmt.kind {
            StmtKind::Expr(expr) => expr.as_call().map(|call| (expr, call)),
            _ => None,
        })
        .filter(|(expr, _)| from <= expr.range.start && expr.range.end <= param.range.end)
        .any(|(_, call)| {
            call.callee.as_name() == Some("Body")
                && call
                    .args
                    .first()
                    .is_none_or(|first| first.as_str().is_none())
        })
}

/// What the decorators of a class's fields say.
fn of_class(source: &Source, id: ClassId) -> Shape {
    let Some(class) = source.class(id) else {
        return Shape::default();
    };
    let address = std::ptr::from_ref(class).addr();
    let Some(_step) = limits::follow_at("nest", limits::SCHEMA, id.module, class.range, address)
    else {
        return Shape::default();
    };
    let bases = class
        .bases
        .iter()
        .filter_map(|base| match source.meaning(id.module, base) {
            Meaning::Class(base) if base != id => Some(of_class(source, base)),
            _ => None,
        });
    let inherited = bases.fold(Shape::object([]), Shape::with);
    let mut entries = Vec::new();
    let mut before: Vec<&Call> = Vec::new();
    for stmt in &class.body {
        match &stmt.kind {
            StmtKind::Expr(expr) => before.extend(expr.as_call()),
            StmtKind::Assign(assign) => {
                let decorators = std::mem::take(&mut before);
                if let Some(name) = assign.targets.first().and_then(Expr::as_name) {
                    let field =
                        of_field(source, id.module, &decorators, assign.annotation.as_deref());
                    entries.push((name.to_owned(), field));
                }
            }
            _ => before.clear(),
        }
    }
    inherited.with(Shape::object(entries))
}

/// What the decorators of one field say.
fn of_field(
    source: &Source,
    module: ModuleId,
    decorators: &[&Call],
    annotation: Option<&Expr>,
) -> Shape {
    let (mut own, mut each, mut is_list, mut nested) =
        (Rule::default(), Rule::default(), false, false);
    for call in decorators {
        let known = source.canonical(module, &call.callee).unwrap_or_default();
        if package(&known) != "class-validator" {
            continue;
        }
        let of_each = call.args.iter().any(|arg| arg.entry("each").is_some());
        is_list |= of_each;
        match call.callee.last_name().map_or("", |name| &**name) {
            "ValidateNested" => nested = true,
            "ArrayMaxSize" => {
                is_list = true;
                own.bounded = true;
            }
            "IsArray" => is_list = true,
            name => {
                let into = if of_each { &mut each } else { &mut own };
                *into = into.both(of_decorator(source, module, name, call));
            }
        }
    }
    let of_annotation = || match annotation.map(|of| source.meaning(module, of)) {
        Some(Meaning::Class(class)) if nested => of_class(source, class),
        _ => Shape::of(each),
    };
    if is_list {
        let made = Shape::list(Shape::of(each));
        return if own.bounded { made.limited() } else { made };
    }
    match nested {
        true => of_annotation(),
        false => Shape::of(own),
    }
}

fn of_decorator(source: &Source, module: ModuleId, name: &str, call: &Call) -> Rule {
    let text = Rule {
        text: true,
        ..Rule::TYPED
    };
    match name {
        "IsString" | "IsNotEmptyString" => text,
        "MaxLength" => Rule {
            bounded: true,
            ..Rule::default()
        },
        "Length" => Rule {
            bounded: call
                .args
                .get(1)
                .is_some_and(|max| !matches!(max.kind, ExprKind::Dict(_))),
            ..Rule::default()
        },
        "Matches" => Rule {
            formatted: true,
            safe: pattern::of_first(source, module, call),
            bounded: call
                .args
                .first()
                .is_some_and(|given| pattern::is_bounded(source, module, given)),
            ..text
        },
        "IsInt" | "IsNumber" => Rule {
            number: true,
            ..Rule::TYPED
        },
        "Max" => Rule {
            ranged: true,
            ..Rule::default()
        },
        "IsBoolean" => Rule {
            flag: true,
            ..Rule::TYPED
        },
        "IsIn" | "IsEnum" | "Equals" | "IsUUID" | "IsMongoId" | "IsULID" | "IsISO8601"
        | "IsDateString" => Rule::SET,
        "IsAlphanumeric" | "IsAlpha" => Rule {
            formatted: true,
            safe: true,
            ..text
        },
        "IsEmail" | "IsUrl" | "IsURL" => Rule {
            formatted: true,
            ..text
        },
        _ => Rule::default(),
    }
}
