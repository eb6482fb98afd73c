//! `snapshot-mount-access`: Session mounts are touched by request code only.

use super::common::{Finding, Found, HOW, OPTIMIZE, Words, each, through};
use crate::analysis::api::{Tag, api};
use crate::analysis::call_sites::Callers;
use crate::analysis::environment::held;
use crate::analysis::names::Meaning;
use crate::analysis::names::constants::joined as text_joined;
use crate::analysis::startup::expr_at;
use crate::analysis::values::{At, Domain, Part, eval, eval_each, returned};
use crate::checks::{Category, Check, Need};
use crate::context::{Context, Origin};
use crate::model::finding::{Fix, Outcome, Severity, Status};
use crate::model::project::Agent;
use crate::model::source::ir::Operator;
use crate::model::source::module::BindingKind;
use crate::model::source::{Call, Expr, ExprKind, ModuleId};

pub(super) static CHECK: Check = Check {
    id: "snapshot-mount-access",
    title: "Session mounts are touched by request code only",
    category: Category::Snapshot,
    severity: Severity::High,
    needs: &[Need::Config, Need::Code, Need::Template, Need::Aws],
    page: include_str!("snapshot_mount_access.md"),
    references: &[HOW, OPTIMIZE],
    run,
};

static WORDS: Words = Words {
    fails: "touches a session mount at startup",
    consequence: "no mount exists when the snapshot is made, so the create fails",
    passes: "touches no path below its mounts at startup",
};

fn run(context: &Context) -> Vec<Outcome> {
    let outcomes = each(context, &WORDS, |code, facts| {
        let mounts = context.mounts(code.runtime);
        let mut found = Found::default();
        let callers = Callers::new(code);
        for value in facts
            .made
            .iter()
            .filter(|made| made.api.is(Tag::FileAccess))
        {
            let (module, range) = value.place;
            let Some(expr) = expr_at(code.source, module, range) else {
                continue;
            };
            let touched = touched(&callers, module, expr);
            let mount = mounts
                .iter()
                .find(|mount| touched.iter().any(|path| is_below(path, &mount.value)));
            let Some(mount) = mount else { continue };
            let source = match mount.origin {
                Origin::Config | Origin::Predicted => String::new(),
                Origin::Template => " (a mount of the template)".to_owned(),
                Origin::Live => " (a mount of the deployed runtime)".to_owned(),
            };
            found.findings.push(Finding {
                place: value.place,
                severity: Severity::High,
                note: format!(
                    "touches {}{source} at startup{}",
                    mount.value,
                    through(code, value.from)
                ),
                always: false,
                hint: None,
            });
        }
        found.fixes.push(Fix::new("Touch the mount in the handler").note(
            "Keep the path at module level and open it, make its folders and read it where a request needs it: the mount belongs to the session.",
        ));
        found
    });
    let without = |outcome: Outcome| {
        let runtime = context
            .project
            .runtimes
            .iter()
            .find(|runtime| Agent::Runtime(runtime).resource() == outcome.resource);
        match runtime {
            Some(runtime)
                if context.mounts(runtime).is_empty()
                    && outcome.status != Status::NotApplicable =>
            {
                Outcome::not_applicable(
                    outcome.resource,
                    format!("runtime {} mounts nothing", runtime.name),
                )
            }
            _ => outcome,
        }
    };
    outcomes.into_iter().map(without).collect()
}

fn is_below(path: &str, mount: &str) -> bool {
    path.strip_prefix(mount)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The paths that a call touches.
fn touched<'a>(callers: &Callers<'a>, module: ModuleId, expr: &'a Expr) -> Vec<String> {
    let Some(call) = expr.as_call() else {
        return Vec::new();
    };
    let mut found: Vec<String> = call
        .args
        .iter()
        .take(2)
        .flat_map(|arg| paths(callers, module, arg))
        .collect();
    if let ExprKind::Attribute { base, .. } = &call.callee.kind {
        found.extend(paths(callers, module, base));
    }
    let keywords = call.keywords.iter().map(|keyword| &keyword.value);
    found.extend(keywords.flat_map(|value| paths(callers, module, value)));
    // Commands name paths between other words, connection strings behind a scheme.
    let words = found.iter().flat_map(|text| text.split_whitespace());
    let words = words.map(|word| word.trim_matches(['"', '\'']));
    let words = words.map(|word| match word.split_once(":///") {
        Some((scheme, path)) if scheme.starts_with("sqlite") || scheme == "file" => path,
        _ => word,
    });
    let words: Vec<String> = words.map(str::to_owned).collect();
    found.extend(words);
    found
}

/// The paths that an expression can be seen to hold.
fn paths<'a>(callers: &Callers<'a>, module: ModuleId, expr: &'a Expr) -> Vec<String> {
    eval(&mut Paths { callers }, At::new(module, expr))
}

struct Paths<'c, 'a> {
    callers: &'c Callers<'a>,
}

impl<'a> Domain<'a> for Paths<'_, 'a> {
    type Known = Vec<String>;
    const QUESTION: &'static str = "path";

    fn before(&mut self, at: At<'a>) -> Option<Vec<String>> {
        let set = declared(self.callers, at.module, at.expr);
        (!set.is_empty()).then_some(set)
    }

    fn unknown(&mut self, _at: At<'a>) -> Vec<String> {
        Vec::new()
    }

    fn text(&mut self, _at: At<'a>, text: &'a str) -> Vec<String> {
        vec![text.to_owned()]
    }

    /// `process.env.DATA_DIR ?? "/mnt/data"`
    fn one_of(&mut self, at: At<'a>, ways: &[&'a Expr]) -> Vec<String> {
        eval_each(self, ways.iter().map(|way| at.to(way)))
    }

    fn together(&mut self, at: At<'a>, parts: &[Part<'a>]) -> Vec<String> {
        let source = self.callers.source();
        let mut known = vec![String::new()];
        for (index, part) in parts.iter().enumerate() {
            let next = match part {
                Part::Text(text) => vec![(*text).to_owned()],
                Part::Value(value) => source.strings(at.module, value),
            };
            if !next.is_empty() {
                known = text_joined(&known, "", &next);
                continue;
            }
            // What stands before it is a folder, or the start of a name.
            return match part {
                Part::Value(first) if index == 0 => {
                    let starts = eval(self, at.to(first)).into_iter();
                    starts.map(|start| start + "/").collect()
                }
                _ => known,
            };
        }
        known
    }

    fn other(&mut self, at: At<'a>) -> Vec<String> {
        let (callers, module, expr) = (self.callers, at.module, at.expr);
        match &expr.kind {
            ExprKind::List(items) | ExprKind::Tuple(items) => {
                eval_each(self, items.iter().map(|item| at.to(item)))
            }
            ExprKind::BinOp {
                op: Operator::Div,
                left,
                right,
            } => joined(&eval(self, at.to(left)), &eval(self, at.to(right))),
            ExprKind::Call(call) => made(callers, module, expr, call),
            ExprKind::Attribute { base, attr } if &**attr == "parent" => eval(self, at.to(base))
                .into_iter()
                .filter_map(|path| path.rsplit_once('/').map(|(parent, _)| parent.to_owned()))
                .collect(),
            _ => {
                let strings = callers.source().strings(module, expr);
                if !strings.is_empty() {
                    return strings;
                }
                match callers.source().meaning(module, expr) {
                    Meaning::Value(other, value) if !value.is(expr) => {
                        eval(self, At::new(other, value))
                    }
                    Meaning::Instance(instance) => instance.call.map_or(Vec::new(), |call| {
                        of_maker(callers, instance.module, &instance.type_name, call)
                    }),
                    // What an environment holds has no meaning of its own: the name leads to the read, or to what callers give.
                    _ => {
                        let ways = bound(callers, module, expr).into_iter();
                        let ways = ways.chain(callers.given(module, expr));
                        eval_each(self, ways.map(|(at, value)| At::new(at, value)))
                    }
                }
            }
        }
    }
}

/// What the name of an expression was bound to, in its module or in the one that it is imported from.
fn bound<'a>(callers: &Callers<'a>, module: ModuleId, expr: &'a Expr) -> Vec<(ModuleId, &'a Expr)> {
    let source = callers.source();
    let of_module = |id: ModuleId, name: &str| {
        let module = source.module(id)?;
        Some((id, module.scopes.first()?.names.get(name)?))
    };
    let found = match &expr.kind {
        ExprKind::Name(name) => source.module(module).and_then(|place| {
            let (_, bindings) = place.bindings_around(name, expr.range.start)?;
            let import = bindings.iter().find_map(|binding| match binding.kind {
                BindingKind::Import(index) => place.imports.get(index),
                _ => None,
            });
            match import {
                Some(import) => of_module(import.target?, import.name.as_deref()?),
                None => Some((module, bindings)),
            }
        }),
        ExprKind::Attribute { base, attr } => match source.meaning(module, base) {
            Meaning::Module(id) => of_module(id, attr),
            _ => None,
        },
        _ => None,
    };
    let Some((home, bindings)) = found else {
        return Vec::new();
    };
    bindings
        .iter()
        .filter_map(|binding| match &binding.kind {
            BindingKind::Value { value, .. } => Some(&**value),
            _ => None,
        })
        .filter(|value| {
            matches!(
                value.kind,
                ExprKind::Subscript { .. } | ExprKind::Call(_) | ExprKind::BoolOp { .. }
            )
        })
        .map(|value| (home, value))
        .collect()
}

fn made<'a>(
    callers: &Callers<'a>,
    module: ModuleId,
    expr: &'a Expr,
    call: &'a Call,
) -> Vec<String> {
    let strings = callers.source().strings(module, expr);
    if !strings.is_empty() {
        return strings;
    }
    if let Some(function) = callers.source().callee(module, expr) {
        // `def path(name): return os.path.join(ROOT, name)`
        return eval_each(&mut Paths { callers }, returned(callers.source(), function));
    }
    let name = callers
        .source()
        .callee_name(module, expr)
        .unwrap_or_default();
    of_maker(callers, module, name, call)
}

/// What the configuration gives the variable that an expression holds, beside the default that the code has for it.
fn declared<'a>(callers: &Callers<'a>, module: ModuleId, expr: &'a Expr) -> Vec<String> {
    let held = held(callers, module, expr);
    let env = callers.code().runtime.common.env.iter();
    env.filter(|(known, _)| held.contains(known))
        .map(|(_, value)| value.value.clone())
        .collect()
}

fn of_maker<'a>(
    callers: &Callers<'a>,
    module: ModuleId,
    name: &str,
    call: &'a Call,
) -> Vec<String> {
    let language = callers
        .source()
        .module(module)
        .map(|module| module.language);
    let makes = language
        .is_some_and(|language| api(language, name).is_some_and(|found| found.is(Tag::PathMaker)));
    if !makes {
        return Vec::new();
    }
    let mut found: Vec<String> = Vec::new();
    if let ExprKind::Attribute { base, .. } = &call.callee.kind
        && matches!(callers.source().meaning(module, base), Meaning::Instance(_))
    {
        found = paths(callers, module, base);
    }
    for arg in &call.args {
        let part = paths(callers, module, arg);
        found = match found.is_empty() {
            true => part,
            false => joined(&found, &part),
        };
    }
    found
}

fn joined(left: &[String], right: &[String]) -> Vec<String> {
    if right.is_empty() {
        // What is below a known folder is below it, whatever it is called.
        return left.iter().map(|left| format!("{left}/")).collect();
    }
    let mut found = Vec::new();
    for left in left.iter().take(4) {
        for right in right.iter().take(4) {
            found.push(match right.starts_with('/') {
                true => right.clone(),
                false => format!("{}/{right}", left.trim_end_matches('/')),
            });
        }
    }
    found
}
