//! Schemas: what they say of each field, and where they are applied.

mod ag_ui;
mod arktype;
mod attrs;
mod heeded;
mod json_schema;
mod marshmallow;
mod nest;
mod own;
mod pydantic;
mod rules;
mod validators;
mod voluptuous;
mod zod;

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::dataflow::{Flow, Labels};
use crate::analysis::names::{Meaning, leaf, package};
use crate::model::source::walk::expressions;
use crate::model::source::{
    ByteRange, Call, ClassId, Entrypoint, Expr, ExprKind, FnId, Module, ModuleId,
    Param as Parameter, Source,
};

use self::heeded::Heed;
pub(crate) use self::rules::{Fields, Rule, Shape};

/// The label of the payload as a whole.
pub(crate) const WHOLE: Labels = 1 << 63;
/// The path under which a schema stands that could not be read.
pub(crate) const UNREAD: &str = "*";

/// What a parameter of a Python route or MCP tool is.
pub(crate) enum Param {
    /// Given by the framework.
    Injected,
    /// The request, or a dict that is not looked into.
    Payload,
    /// A model whose fields are tested.
    Model(Fields),
    /// One field, tested by its annotation.
    Field(Rule),
}

/// What the framework makes of a parameter by its annotation.
pub(crate) fn of_param(source: &Source, module: ModuleId, param: &Parameter) -> Param {
    let injected = dependent(source, module, param).is_some();
    let Some(annotation) = param.annotation.as_deref() else {
        return match &*param.name {
            "request" | "req" | "payload" | "body" | "websocket" | "ws" => Param::Payload,
            "self" | "cls" | "context" | "ctx" => Param::Injected,
            _ if injected => Param::Injected,
            _ => Param::Field(Rule::default()),
        };
    };
    if let Meaning::Class(class) = source.meaning(module, annotation)
        && pydantic::is_model(source, class)
    {
        return Param::Model(pydantic::fields(source, class));
    }
    if injected {
        return Param::Injected;
    }
    let name = source.canonical(module, annotation).unwrap_or_default();
    if ag_ui::is_input(&name) {
        return Param::Model(ag_ui::fields());
    }
    match leaf(&name) {
        "Request" | "WebSocket" | "dict" | "Dict" | "Any" => return Param::Payload,
        "Response" | "BackgroundTasks" | "Context" | "HTTPConnection" | "SecurityScopes" => {
            return Param::Injected;
        }
        _ => {}
    }
    if let ExprKind::Subscript { base, .. } = &annotation.kind
        && matches!(base.as_name(), Some("dict" | "Dict"))
    {
        return Param::Payload;
    }
    Param::Field(pydantic::rule(
        source,
        module,
        Some(annotation),
        param.default.as_deref(),
    ))
}

/// What FastAPI calls to fill a parameter, of the project: `Depends(current)` as a default or in the annotation; of a class what makes it.
pub(crate) fn dependency(source: &Source, module: ModuleId, param: &Parameter) -> Option<FnId> {
    let (at, call, of) = dependent(source, module, param)?;
    // `Depends()` stands for the type that is annotated.
    let target = call.argument(0, "dependency").or(of)?;
    match source.meaning(at, target) {
        Meaning::Class(class) => source.class(class)?.method("__init__"),
        _ => source.function_value(at, target),
    }
}

/// The `Depends(…)` or `Security(…)` of a parameter with its module, and the type that the parameter has.
fn dependent<'s>(
    source: &'s Source,
    module: ModuleId,
    param: &'s Parameter,
) -> Option<(ModuleId, &'s Call, Option<&'s Expr>)> {
    let depends = |expr: &'s Expr| {
        let call = expr.as_call()?;
        let name = call.callee.last_name()?;
        matches!(&**name, "Depends" | "Security").then_some(call)
    };
    let annotation = param.annotation.as_deref().map(|annotation| {
        pydantic::alias(source, module, annotation).unwrap_or((module, annotation))
    });
    if let Some(call) = param.default.as_deref().and_then(depends) {
        return Some((module, call, annotation.map(|(_, of)| of)));
    }
    let (at, annotation) = annotation?;
    let ExprKind::Subscript { index, .. } = &annotation.kind else {
        return None;
    };
    let ExprKind::Tuple(parts) = &index.kind else {
        return None;
    };
    let call = parts.iter().skip(1).find_map(depends)?;
    Some((at, call, parts.first()))
}

/// The schemas that handlers of the TypeScript SDK and of MCP servers are registered with; what a module registers in dicts is gathered
/// once.
pub(crate) struct Registrations<'s> {
    source: &'s Source,
    in_dicts: RefCell<BTreeMap<ModuleId, BTreeMap<FnId, &'s Expr>>>,
    pipe: OnceCell<Option<nest::Pipe>>,
}

impl<'s> Registrations<'s> {
    pub(crate) fn new(source: &'s Source) -> Self {
        Self {
            source,
            in_dicts: RefCell::default(),
            pipe: OnceCell::new(),
        }
    }

    /// The schema of a handler.
    pub(crate) fn of(&self, entry: &Entrypoint, function: FnId) -> Fields {
        let Some(module) = self.source.module(entry.module) else {
            return Fields::new();
        };
        if let Some(call) = module.call_at(entry.range).and_then(Expr::as_call) {
            let fields = validators::registered(self.source, module, call);
            if !fields.is_empty() {
                return fields;
            }
        }
        if let Some(pipe) = self.pipe.get_or_init(|| nest::Pipe::of(self.source)) {
            let fields = pipe.fields(self.source, function);
            if !fields.is_empty() {
                return fields;
            }
        }
        let mut known = self.in_dicts.borrow_mut();
        let known = known.entry(module.id);
        let schema = known
            .or_insert_with(|| in_dicts(self.source, module))
            .get(&function)
            .copied();
        schema.map_or_else(Fields::new, |schema| {
            zod::fields(self.source, module.id, schema)
        })
    }
}

/// `{ process: handler, requestSchema: schema }`: the first schema of each function.
fn in_dicts<'s>(source: &'s Source, module: &'s Module) -> BTreeMap<FnId, &'s Expr> {
    let mut found = BTreeMap::new();
    module.each_expression(&mut |_, expr| {
        let schemas = ["requestSchema", "inputSchema", "parameters", "schema"];
        let Some(schema) = schemas.iter().find_map(|key| expr.entry(key)) else {
            return;
        };
        for value in ["process", "execute", "callback", "handler"]
            .iter()
            .filter_map(|key| expr.entry(key))
        {
            if let Some(function) = source.function_value(module.id, value) {
                found.entry(function).or_insert(schema);
            }
        }
    });
    found
}

/// Whether a class is a pydantic model.
pub(crate) fn is_model(source: &Source, class: ClassId) -> bool {
    pydantic::is_model(source, class)
}

/// Whether an expression is a value of a pydantic model of the project, whose attributes are its fields.
pub(crate) fn is_model_value(source: &Source, module: ModuleId, expr: &Expr) -> bool {
    class_of(source, module, expr).is_some_and(|class| pydantic::is_model(source, class))
        || source
            .type_of(module, expr)
            .is_some_and(|made| ag_ui::is_input(&made.type_name))
}

/// Whether an expression is what a decoder of effect gave: the value stands in its `right`.
pub(crate) fn is_either(source: &Source, module: ModuleId, expr: &Expr) -> bool {
    let made = source.type_of(module, expr);
    let call = made.and_then(|made| Some((made.module, made.call?)));
    call.is_some_and(|(at, call)| validators::gives_either(source, at, &call.callee))
}

/// The class of the project that an expression is a value of, a model that was read (`Chat.model_validate(payload)`) too.
fn class_of(source: &Source, module: ModuleId, expr: &Expr) -> Option<ClassId> {
    let made = source.type_of(module, expr)?;
    made.class.or_else(|| {
        if let Some((class, _)) = made
            .call
            .and_then(|call| decoded(source, made.module, call))
        {
            return Some(class);
        }
        let ExprKind::Attribute { base, attr } = &made.call?.callee.kind else {
            return None;
        };
        match source.meaning(made.module, base) {
            Meaning::Class(class)
                if attr.starts_with("model_validate")
                    || matches!(&**attr, "parse_obj" | "parse_raw") =>
            {
                Some(class)
            }
            _ => None,
        }
    })
}

/// The struct of msgspec that a call reads, and what it reads it from: `msgspec.convert(payload, Ask)`, `Decoder(Ask).decode(body)`.
fn decoded<'a>(source: &Source, module: ModuleId, call: &'a Call) -> Option<(ClassId, &'a Expr)> {
    let name = source.canonical(module, &call.callee)?;
    let (at, of) = match &*name {
        "msgspec.convert" => (module, call.argument(1, "type")?),
        "msgspec.json.decode" | "msgspec.msgpack.decode" | "msgspec.yaml.decode" => {
            (module, call.option("type")?)
        }
        "msgspec.json.Decoder.decode" | "msgspec.msgpack.Decoder.decode" => {
            let made = source.receiver(module, call)?;
            (made.module, made.call?.argument(0, "type")?)
        }
        _ => return None,
    };
    match source.meaning(at, of) {
        Meaning::Class(class) if pydantic::is_struct(source, class) => {
            Some((class, call.args.first()?))
        }
        _ => None,
    }
}

/// What a decorator tests of a parameter before the function runs: `@validate_call` of pydantic what is annotated, others its type.
pub(crate) fn enforced(source: &Source, function: FnId, index: usize) -> Option<Rule> {
    let about = source.function(function)?;
    let by = about.decorators.iter().find_map(|decorator| {
        let target = decorator.as_call().map_or(decorator, |call| &call.callee);
        let name = source.canonical(function.module, target)?;
        match (package(&name), leaf(&name)) {
            ("pydantic", "validate_call" | "validate_arguments") => Some(true),
            ("beartype", "beartype") | ("typeguard", "typechecked") => Some(false),
            _ => None,
        }
    })?;
    let param = about.params.get(index)?;
    let annotation = param.annotation.as_deref();
    if by {
        let default = param.default.as_deref();
        return Some(pydantic::rule(source, function.module, annotation, default));
    }
    // They look at no more than a few members of a list, and at no constraint.
    let rule = pydantic::rule(source, function.module, annotation, None);
    (rule.text || rule.number || rule.flag).then_some(Rule {
        text: rule.text,
        number: rule.number,
        flag: rule.flag,
        ..Rule::TYPED
    })
}

/// What a decorator tests of the arguments of a call.
pub(crate) fn enforced_of<'e>(
    source: &Source,
    module: ModuleId,
    expr: &'e Expr,
) -> Vec<(&'e Expr, Rule)> {
    let ExprKind::Call(call) = &expr.kind else {
        return Vec::new();
    };
    let called = source.callee(module, expr);
    let Some(about) = called.and_then(|id| source.function(id)) else {
        return Vec::new();
    };
    if about.decorators.is_empty() {
        return Vec::new();
    }
    let bound = usize::from(about.class.is_some() && !about.is_static);
    let params = about.params.iter().enumerate().skip(bound);
    let tested = params.filter_map(|(index, param)| {
        let value = call.argument(index - bound, &param.name)?;
        Some((value, enforced(source, about.id, index)?))
    });
    tested.collect()
}

/// What schemas that are applied say.
#[derive(Default)]
pub(crate) struct Applied {
    /// By the path in the payload.
    pub whole: Fields,
    /// By the path in a field, of which the bit is given; the empty path is the field itself.
    pub of: BTreeMap<usize, Fields>,
    /// The calls that apply a schema to a value that may be a field: what they give is what the schema says.
    pub calls: BTreeSet<(ModuleId, ByteRange)>,
}

/// The rules that schemas apply to labelled values.
pub(crate) fn applied(source: &Source, flow: &Flow, count: usize) -> Applied {
    let mut found = Applied::default();
    let mut models = Models::default();
    for id in flow.functions() {
        let body = source.body(id.module, Some(id));
        let heed = OnceCell::new();
        for expr in expressions(body) {
            let ExprKind::Call(call) = &expr.kind else {
                continue;
            };
            let Some((fields, value)) = application(source, id.module, call, &mut models) else {
                continue;
            };
            let heed = heed.get_or_init(|| Heed::of(source, id.module, body));
            let counts = match only_says(source, id.module, call) {
                true => heed.verdict(expr),
                false => heed.raised(expr),
            };
            if !counts {
                continue;
            }
            for (key, labels) in value.given(flow, id.module) {
                match key {
                    // A named argument, or the payload as a whole.
                    Some(key) => {
                        let Some(rule) = fields.get(&key) else {
                            continue;
                        };
                        for bit in bits(labels, count) {
                            put(found.of.entry(bit).or_default(), "", *rule);
                        }
                    }
                    None if labels & !WHOLE == 0 && labels != 0 => fields
                        .iter()
                        .for_each(|(path, rule)| put(&mut found.whole, path, *rule)),
                    None => {
                        found.calls.insert((id.module, expr.range));
                        let all = fields.get("").or(fields.get(UNREAD));
                        let all = all.copied().unwrap_or_else(|| whole_rule(&fields));
                        for bit in bits(labels, count) {
                            let of = found.of.entry(bit).or_default();
                            put(of, "", all);
                            for (path, rule) in &fields {
                                if !matches!(&**path, "" | UNREAD) {
                                    put(of, path, *rule);
                                }
                            }
                        }
                    }
                }
            }
        }
    }
    found
}

fn put(into: &mut Fields, path: &str, rule: Rule) {
    let known = into.entry(path.to_owned()).or_default();
    *known = known.both(rule);
}

fn bits(labels: u64, count: usize) -> impl Iterator<Item = usize> {
    (0..count).filter(move |bit| labels & (1 << bit) != 0)
}

/// What a model says of a nested object: bounded when all its texts are.
fn whole_rule(fields: &Fields) -> Rule {
    let top = fields
        .iter()
        .filter(|(path, _)| !path.contains('.'))
        .map(|(path, rule)| (path.clone(), Shape::of(*rule)));
    Shape::object(top).rule
}

/// The fields of a class, and their order where they are given by place.
type Made = (Fields, Vec<String>);

/// What classes test, read once however often they are applied: their validators are followed.
#[derive(Default)]
pub(crate) struct Models {
    fields: BTreeMap<ClassId, Fields>,
    made: BTreeMap<ClassId, Option<Made>>,
    whole: BTreeMap<ClassId, Rule>,
}

impl Models {
    fn fields(&mut self, source: &Source, class: ClassId) -> Fields {
        let known = self.fields.entry(class);
        let known = known.or_insert_with(|| pydantic::fields(source, class));
        known.clone()
    }

    /// What holds for a member of a value of such a class, however the value was made: `Job(name=name).name`.
    pub(crate) fn of_member(
        &mut self,
        source: &Source,
        module: ModuleId,
        expr: &Expr,
    ) -> Option<Rule> {
        let ExprKind::Attribute { base, attr } = &expr.kind else {
            return None;
        };
        let class = class_of(source, module, base)?;
        let decoded = source.type_of(module, base)?.class.is_none();
        let fields = match decoded && pydantic::is_struct(source, class) {
            true => self.fields(source, class),
            false => self.made(source, class)?.0,
        };
        fields.get(&**attr).copied()
    }

    /// What holds for the fields of a model together, where a call gives them as a dict or as text: `chat.model_dump()`, `asdict(chat)`.
    pub(crate) fn dumped(
        &mut self,
        source: &Source,
        module: ModuleId,
        expr: &Expr,
    ) -> Option<Rule> {
        let call = expr.as_call()?;
        match (&call.callee.kind, &**call.callee.last_name()?) {
            (
                ExprKind::Attribute { base, .. },
                name @ ("model_dump" | "model_dump_json" | "dict" | "json"),
            ) => {
                let class = class_of(source, module, base)?;
                pydantic::is_model(source, class).then_some(())?;
                let whole = self.whole.entry(class);
                let whole = whole.or_insert_with(|| pydantic::whole(source, class));
                Some(Rule {
                    text: name.ends_with("json"),
                    ..*whole
                })
            }
            (_, "asdict") if source.callee(module, expr).is_none() => {
                let class = class_of(source, module, call.args.first()?)?;
                let (fields, _) = self.made(source, class)?;
                Some(whole_rule(&fields))
            }
            _ => None,
        }
    }

    /// What a class tests when a value of it is made.
    fn made(&mut self, source: &Source, class: ClassId) -> Option<Made> {
        // A struct of msgspec is tested where it is decoded, not where it is made.
        if pydantic::is_struct(source, class) {
            return None;
        }
        if pydantic::is_model(source, class) {
            return Some((self.fields(source, class), Vec::new()));
        }
        let known = self.made.entry(class);
        let known = known.or_insert_with(|| pydantic::tested_when_made(source, class));
        known.clone()
    }
}

/// What a schema is applied to.
enum Given<'a> {
    /// One value.
    One(&'a Expr),
    /// Arguments of a constructor: named, or in the order of the fields.
    Fields(&'a Call, Vec<String>),
}

impl Given<'_> {
    fn given(&self, flow: &Flow, module: ModuleId) -> Vec<(Option<String>, u64)> {
        match self {
            Self::One(value) => vec![(None, flow.labels(module, value))],
            Self::Fields(call, order) => {
                let placed = order.iter().zip(&call.args).map(|(name, value)| {
                    let labels = flow.labels(module, value);
                    (Some(name.clone()), labels)
                });
                let named = call.keywords.iter().map(|keyword| {
                    let labels = flow.labels(module, &keyword.value);
                    (keyword.name.as_ref().map(ToString::to_string), labels)
                });
                placed.chain(named).collect()
            }
        }
    }
}

/// The fields of `Request().load(x)`, which raises, and of `Request().validate(x)`, which gives errors.
fn of_marshmallow(source: &Source, module: ModuleId, base: &Expr, method: &str) -> Option<Fields> {
    matches!(method, "load" | "validate").then_some(())?;
    let class = source.type_of(module, base)?.class?;
    Some(marshmallow::fields(source, class)).filter(|fields| !fields.is_empty())
}

/// Whether a call gives its verdict back and does not raise.
fn only_says(source: &Source, module: ModuleId, call: &Call) -> bool {
    if validators::is_type(source, module, &call.callee)
        || validators::gives_either(source, module, &call.callee)
    {
        return true;
    }
    let ExprKind::Attribute { base, attr } = &call.callee.kind else {
        return false;
    };
    match &**attr {
        "safeParse" | "safeParseAsync" | "safeDecode" | "spa" => true,
        "validate" => of_marshmallow(source, module, base, attr).is_some(),
        _ => false,
    }
}

fn application<'a>(
    source: &'a Source,
    module: ModuleId,
    call: &'a Call,
    models: &mut Models,
) -> Option<(Fields, Given<'a>)> {
    if let Meaning::Class(class) = source.meaning(module, &call.callee) {
        let (fields, order) = models.made(source, class)?;
        return Some((fields, Given::Fields(call, order)));
    }
    let first = call.args.first();
    let name = source.canonical(module, &call.callee).unwrap_or_default();
    if ag_ui::is_input(&name) {
        return Some((ag_ui::fields(), Given::Fields(call, Vec::new())));
    }
    if let Some((class, value)) = decoded(source, module, call) {
        return Some((models.fields(source, class), Given::One(value)));
    }
    if validators::is_type(source, module, &call.callee) {
        return Some((
            zod::fields(source, module, &call.callee),
            Given::One(first?),
        ));
    }
    if let Some(fields) = validators::by_decoder(source, module, &call.callee) {
        return Some((fields, Given::One(first?)));
    }
    if let Some(fields) = voluptuous::fields(source, module, &call.callee) {
        return Some((fields, Given::One(first?)));
    }
    let ExprKind::Attribute { base, attr } = &call.callee.kind else {
        return validators::by_name(source, module, call)
            .and_then(|fields| Some((fields, Given::One(first?))));
    };
    if let Some(fields) = of_marshmallow(source, module, base, attr) {
        return Some((fields, Given::One(first?)));
    }
    match &**attr {
        "model_validate"
        | "parse_obj"
        | "model_validate_json"
        | "parse_raw"
        | "validate_python"
        | "validate_json" => {
            let class = match source.meaning(module, base) {
                Meaning::Class(class) => class,
                Meaning::Instance(made) => {
                    let given = made.call?.args.first()?;
                    match source.meaning(made.module, given) {
                        Meaning::Class(class) if pydantic::is_model(source, class) => class,
                        // `TypeAdapter(Annotated[str, Field(max_length=99)])`
                        _ if leaf(&made.type_name) == "TypeAdapter" => {
                            let rule = pydantic::rule(source, made.module, Some(given), None);
                            let fields = Fields::from([(String::new(), rule)]);
                            return Some((fields, Given::One(first?)));
                        }
                        Meaning::Class(class) => class,
                        _ => return None,
                    }
                }
                _ => return None,
            };
            Some((models.fields(source, class), Given::One(first?)))
        }
        "validate" if call.option("schema").is_some() => {
            let schema = call.argument(1, "schema")?;
            Some((
                json_schema::fields(source, module, schema),
                Given::One(call.argument(0, "instance")?),
            ))
        }
        _ => {
            let (fields, given) = validators::by_method(source, module, call, base, attr)?;
            Some((fields, Given::One(call.args.get(given)?)))
        }
    }
}
