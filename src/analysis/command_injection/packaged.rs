//! Tools of packages that run whatever the model gives them: <https://github.com/strands-agents/tools>,
//! <https://docs.langchain.com/oss/python/integrations/tools/bash>.

use super::{Danger, Origin, Unchecked};
use crate::analysis::clients::places::Places;
use crate::analysis::names::{leaf, package};
use crate::model::source::{Expr, ExprKind, FnId, ModuleId, Source};

/// Functions and classes, by the package and the last part of their names.
const TOOLS: [(&str, &str, Danger); 9] = [
    ("strands_tools", "shell", Danger::Shell),
    ("strands_tools", "python_repl", Danger::Code),
    ("langchain_community", "ShellTool", Danger::Shell),
    ("langchain", "ShellTool", Danger::Shell),
    ("langchain_experimental", "PythonREPLTool", Danger::Code),
    ("langchain_experimental", "PythonAstREPLTool", Danger::Code),
    (
        "langchain_experimental",
        "create_pandas_dataframe_agent",
        Danger::Code,
    ),
    ("langchain_experimental", "create_csv_agent", Danger::Code),
    (
        "langchain_experimental",
        "create_python_agent",
        Danger::Code,
    ),
];

/// Where an agent is given such a tool, or one is made, in code that something in sight runs.
pub(super) fn tools(places: &Places<'_>, source: &Source) -> Vec<Unchecked> {
    let mut found = Vec::new();
    for module in places.modules.iter().filter_map(|id| source.module(*id)) {
        for (function, expr) in module.calls() {
            let Some(call) = expr.as_call() else { continue };
            let before = found.len();
            let made = source.callee_name(module.id, expr).and_then(tool);
            if let Some(danger) = made {
                found.push(unchecked(source, module.id, &call.callee, expr, danger));
            }
            let listed = match call.option("tools").map(|tools| &tools.kind) {
                Some(ExprKind::List(items) | ExprKind::Tuple(items)) => &**items,
                _ => &[],
            };
            for item in listed {
                let name = source.canonical(module.id, item);
                if let Some(danger) = name.as_deref().and_then(tool) {
                    found.push(unchecked(source, module.id, item, item, danger));
                }
            }
            if found.len() > before && function.is_some_and(|id| !runs(places, id)) {
                found.truncate(before);
            }
        }
    }
    found
}

/// Whether a handler or a module that is loaded comes to a function.
pub(super) fn runs(places: &Places<'_>, function: FnId) -> bool {
    let roots = places.roots(function);
    roots
        .into_iter()
        .any(|(_, root)| root.is_none_or(|root| places.handler(root).is_some()))
}

fn tool(name: &str) -> Option<Danger> {
    // `strands_tools.shell` is a module with a function of the same name.
    let known = |(of, last, _): &&(&str, &str, Danger)| package(name) == *of && leaf(name) == *last;
    TOOLS.iter().find(known).map(|(.., danger)| *danger)
}

fn unchecked(
    source: &Source,
    module: ModuleId,
    name: &Expr,
    place: &Expr,
    danger: Danger,
) -> Unchecked {
    let command = source.canonical(module, name).unwrap_or_default();
    Unchecked {
        module,
        range: place.range,
        command: match command.split_once('.') {
            Some((package, _)) => format!("{package}.{}", leaf(&command)),
            None => command,
        },
        danger,
        origin: Origin::PackagedTool,
        steps: Vec::new(),
    }
}
