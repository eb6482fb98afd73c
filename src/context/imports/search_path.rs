//! What code does to the places where Python looks for modules.

use std::collections::BTreeSet;

use crate::analysis::agent_code::AgentCode;
use crate::analysis::values::{At, Domain, bound, eval};
use crate::analysis::writes::writes;
use crate::context::installed;
use crate::model::source::ir::Operator;
use crate::model::source::{Call, Expr, ExprKind, Module, ModuleId, Source};

/// What the code does to the places where modules are looked for.
pub(super) struct Moved {
    /// It adds folders to `sys.path` that may hold anything.
    pub folders: bool,
    /// The modules that it makes itself, in `sys.modules`, as far as it names them.
    made: BTreeSet<String>,
}

impl Moved {
    pub(super) fn by(code: &AgentCode<'_>) -> Self {
        let adds = |module: ModuleId, expr: &Expr| {
            let added = expr.as_call().filter(|call| adds_a_folder(call));
            added.is_some_and(|call| !is_idle(code, module, call))
        };
        let mut made = BTreeSet::new();
        // Most code never names it: its text is looked at first.
        let named = |module: &&Module| module.source.text.contains("sys.modules");
        for module in code.modules().filter(named) {
            for (at, target, value) in writes(code.source, module.id) {
                if let (Some(key), Some(_)) = (key_of_made(target), value) {
                    made.extend(code.source.string(at, key));
                }
            }
        }
        Self {
            folders: code.calls().any(|(module, _, expr)| adds(module.id, expr)),
            made,
        }
    }

    /// Why the module of a top-level name may come from where nobody looks.
    pub(super) fn why(&self, top: &str) -> Option<&'static str> {
        match (self.folders, self.made.contains(top)) {
            (true, _) => Some("the code adds folders to sys.path"),
            (false, true) => Some("the code makes that module itself, in sys.modules"),
            (false, false) => None,
        }
    }
}

/// The name in `sys.modules["agent"] = …`.
fn key_of_made(target: &Expr) -> Option<&Expr> {
    let ExprKind::Subscript { base, index } = &target.kind else {
        return None;
    };
    matches!(&base.kind, ExprKind::Attribute { attr, .. } if &**attr == "modules").then_some(index)
}

fn adds_a_folder(call: &Call) -> bool {
    matches!(&call.callee.kind, ExprKind::Attribute { base, attr }
        if matches!(&**attr, "insert" | "append" | "extend")
        && matches!(&base.kind, ExprKind::Attribute { attr, .. } if &**attr == "path"))
}

/// Whether a folder that is added changes nothing: it is looked in anyway, or a CodeZip does not hold it.
fn is_idle(code: &AgentCode<'_>, module: ModuleId, call: &Call) -> bool {
    let Some(folder) = call.args.last().and_then(|added| {
        eval(
            &mut Folder {
                source: code.source,
            },
            At::new(module, added),
        )
    }) else {
        return false;
    };
    let root = code.code.code_root.as_str();
    let entry = code.code.entry.and_then(|id| code.source.module(id));
    let beside = entry.map_or("", |entry| above(&entry.path));
    if folder == root || folder == beside {
        return true;
    }
    let inside = match root {
        "" => !folder.starts_with(".."),
        root => folder
            .strip_prefix(root)
            .is_some_and(|rest| rest.starts_with('/')),
    };
    !inside && !installed::is_container(code.runtime)
}

/// The folder or file, from the project's root on, that an expression of `__file__` is.
struct Folder<'a> {
    source: &'a Source,
}

impl<'a> Domain<'a> for Folder<'a> {
    type Known = Option<String>;
    const QUESTION: &'static str = "folder";

    fn unknown(&mut self, _at: At<'a>) -> Option<String> {
        None
    }

    fn one_of(&mut self, _at: At<'a>, _ways: &[&'a Expr]) -> Option<String> {
        None
    }

    fn other(&mut self, at: At<'a>) -> Option<String> {
        match &at.expr.kind {
            ExprKind::Name(name) if &**name == "__file__" => {
                Some(self.source.module(at.module)?.path.to_string())
            }
            ExprKind::Name(name) => {
                match &*bound(self.source, at.module, name, at.expr.range.start) {
                    [value] => eval(self, at.to(value)),
                    _ => None,
                }
            }
            ExprKind::Attribute { base, attr } if &**attr == "parent" => {
                eval(self, at.to(base)).map(|path| above_any(&path))
            }
            ExprKind::Subscript { base, index } => {
                let ExprKind::Attribute { base, attr } = &base.kind else {
                    return None;
                };
                let (mut path, up) = (eval(self, at.to(base))?, index.as_number()?);
                if &**attr != "parents" || !(0.0..40.0).contains(&up) {
                    return None;
                }
                for _ in 0..=(up as u8) {
                    path = above_any(&path);
                }
                Some(path)
            }
            ExprKind::BinOp {
                op: Operator::Div,
                left,
                right,
            } => Some(join(&eval(self, at.to(left))?, right.as_str()?)),
            ExprKind::Call(call) => made(call, &mut |inner| eval(self, at.to(inner))),
            _ => None,
        }
    }
}

/// The path that a call makes of others: `os.path.dirname(…)`, `os.path.join(…)`, `Path(…).resolve()`.
fn made<'a>(call: &'a Call, inner: &mut dyn FnMut(&'a Expr) -> Option<String>) -> Option<String> {
    let name = call.callee.last_name()?;
    let receiver = match &call.callee.kind {
        ExprKind::Attribute { base, .. } => Some(&**base),
        _ => None,
    };
    match (&**name, &*call.args) {
        ("dirname", [path]) => inner(path).map(|path| above_any(&path)),
        ("abspath" | "realpath" | "normpath" | "str" | "fspath" | "Path" | "PurePath", [path]) => {
            inner(path)
        }
        ("join" | "Path", [first, rest @ ..]) => {
            let start = inner(first)?;
            rest.iter()
                .try_fold(start, |path, part| Some(join(&path, part.as_str()?)))
        }
        ("resolve" | "absolute" | "as_posix" | "expanduser" | "__str__", []) => inner(receiver?),
        ("joinpath", parts) => {
            let start = inner(receiver?)?;
            parts
                .iter()
                .try_fold(start, |path, part| Some(join(&path, part.as_str()?)))
        }
        _ => None,
    }
}

fn above(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The folder above a path, also where it leads out of the project.
fn above_any(path: &str) -> String {
    match path {
        "" => "..".to_owned(),
        path if path.split('/').all(|part| part == "..") => format!("{path}/.."),
        path => above(path).to_owned(),
    }
}

fn join(folder: &str, path: &str) -> String {
    let mut whole = folder.to_owned();
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => whole = above_any(&whole),
            part if whole.is_empty() => part.clone_into(&mut whole),
            part => whole = format!("{whole}/{part}"),
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::join;

    #[test]
    fn paths_are_joined_also_out_of_the_project() {
        assert_eq!(join("app/agent", ".."), "app");
        assert_eq!(join("app", "../.."), "..");
        assert_eq!(join("", "../shared"), "../shared");
        assert_eq!(join("..", ".."), "../..");
        assert_eq!(join("app", "./lib/x"), "app/lib/x");
    }
}
