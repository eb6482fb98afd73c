//! Tools that come in a package: what they call in AWS is not in the project's code.

use std::collections::{BTreeMap, BTreeSet};

use super::code::Code;
use super::values::{Texts, texts};
use super::{Need, Statements, Subject};
use crate::analysis::agent_code::evidence;
use crate::analysis::names::{leaf, package};
use crate::model::finding::Evidence;
use crate::model::source::ir::{Expr, ExprKind};

/// Packages whose every import is a tool.
const PACKAGES: [&str; 4] = [
    "strands_tools",
    "crewai_tools",
    "langchain_community.tools",
    "llama_index.tools",
];

/// In the place of actions: the tool calls whatever operation of AWS the model chooses.
const MODEL_CHOOSES: &str = "?";

/// A row of the table.
struct Tool {
    package: &'static str,
    name: &'static str,
    actions: Vec<&'static str>,
    resource: &'static str,
    id: &'static str,
    note: &'static str,
}

fn tools() -> impl Iterator<Item = Tool> {
    let lines = include_str!("packaged_tools.tsv").lines();
    lines
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let mut columns = line.split('\t');
            let (package, name) = columns.next()?.rsplit_once('.')?;
            let actions = columns.next()?.split(',').filter(|action| *action != "-");
            Some(Tool {
                package,
                name,
                actions: actions.collect(),
                resource: columns.next()?,
                id: columns.next()?,
                note: columns.next()?,
            })
        })
}

/// Adds what the packaged tools of the agent need, and says which are not known.
pub(super) fn add<'a>(subject: &Subject<'a>, code: &Code<'_, 'a>, statements: &mut Statements) {
    let mut used = imported(code);
    // Tools that are given by name: tools=["strands_tools.retrieve"].
    let written = match code.words().texts().any(|text| named_tool(text).is_some()) {
        true => code.expressions(|expr| expr.as_str().and_then(named_tool).is_some()),
        false => Vec::new(),
    };
    for (module, expr) in written {
        if let Some((package, name)) = expr.as_str().and_then(named_tool) {
            let place = evidence(code.source(), module, expr.range);
            let names = used.entry(package.to_owned()).or_default();
            names.insert(name.to_owned(), Some(place));
        }
    }
    for tool in tools() {
        let names = used.get_mut(tool.package);
        let Some(place) = names.and_then(|names| names.remove(tool.name)) else {
            continue;
        };
        tool.grant(subject, code, place, statements);
    }
    let unknown: Vec<String> = used
        .iter()
        .filter(|(package, _)| PACKAGES.contains(&package.as_str()))
        .flat_map(|(package, names)| names.keys().map(move |name| format!("{package}.{name}")))
        .collect();
    if !unknown.is_empty() {
        statements.note(format!(
            "{}: what these packaged tools call in AWS was not read; add what they need",
            unknown.join(", ")
        ));
    }
}

/// The package and the name of a tool that a text names: `strands_tools.retrieve`.
fn named_tool(text: &str) -> Option<(&str, &str)> {
    let (package, name) = text.rsplit_once('.')?;
    PACKAGES.contains(&package).then_some((package, name))
}

/// Names in a package, and where code that runs uses them; without a place where they are only imported.
type Names = BTreeMap<String, Option<Evidence>>;

/// What is taken from packages: the name in the package, by the package as the table has it.
fn imported(code: &Code<'_, '_>) -> BTreeMap<String, Names> {
    let mut found: BTreeMap<String, Names> = BTreeMap::new();
    let listed: BTreeSet<(&str, &str)> = tools().map(|tool| (tool.package, tool.name)).collect();
    for external in &code.agent().code.external {
        let module = code.source().module(external.module);
        let Some(import) = module.and_then(|module| module.imports.get(external.import)) else {
            continue;
        };
        if import.type_only || !code.runs(external.module, import.range) {
            continue;
        }
        let dotted = &*external.dotted;
        let tools = PACKAGES.iter().find(|tools| {
            dotted == **tools
                || dotted
                    .strip_prefix(**tools)
                    .is_some_and(|rest| rest.starts_with('.'))
        });
        let (package, name) = match tools {
            // A package of tools: its modules bear their names.
            Some(&"strands_tools") => {
                let inner = dotted.split('.').nth(1);
                let name = inner.or(import.name.as_deref());
                ("strands_tools", name)
            }
            Some(tools) => (*tools, import.name.as_deref()),
            None => (package(dotted), import.name.as_deref()),
        };
        if let Some(name) = name {
            // A program imports thousands of names, and each look goes over a module.
            let alias = import.alias.as_deref();
            let alias = alias.filter(|_| listed.contains(&(package, name)));
            let place = alias.and_then(|alias| {
                let used = module?.all_expressions().into_iter().find(|(_, expr)| {
                    expr.as_name() == Some(alias) && code.surely_runs(external.module, expr.range)
                });
                Some(evidence(code.source(), external.module, used?.1.range))
            });
            let names = found.entry(package.to_owned()).or_default();
            let known = names.entry(name.to_owned()).or_default();
            *known = known.take().or(place);
        }
    }
    found
}

/// Every action on every resource.
fn pairs<'a>(
    actions: &'a [&'a str],
    resources: &'a [String],
) -> impl Iterator<Item = (&'a str, &'a str)> {
    let of = |action: &'a &'a str| {
        resources
            .iter()
            .map(|resource| (*action, resource.as_str()))
    };
    actions.iter().flat_map(of)
}

impl Tool {
    fn grant<'a>(
        &self,
        subject: &Subject<'a>,
        code: &Code<'_, 'a>,
        place: Option<Evidence>,
        statements: &mut Statements,
    ) {
        let Self { package, name, .. } = self;
        if !self.note.is_empty() {
            statements.note(format!("{package}.{name}: {}", self.note));
        }
        if let (Some(place), true) = (&place, self.actions == [MODEL_CHOOSES]) {
            statements.need(Need::of_the_models_choice(
                &format!("{package}.{name}"),
                place.clone(),
            ));
        }
        let resources: Vec<String> = match self.resource {
            "-" => return,
            "*" => vec!["*".to_owned()],
            "model" => vec![format!(
                "arn:{}:bedrock:{}::foundation-model/{}",
                subject.names.partition, subject.names.region, self.id
            )],
            kind => {
                let ids = self.ids(subject, code);
                let end = if kind == "agent-alias" { "/*" } else { "" };
                let arn = |id: &String| match kind {
                    _ if id.starts_with("arn:") => id.clone(),
                    "bucket" => format!("arn:{}:s3:::{id}", subject.names.partition),
                    _ => subject.arn("bedrock", &format!("{kind}/{id}{end}")),
                };
                let mut arns: Vec<String> = ids.all.iter().map(arn).collect();
                if !ids.complete {
                    let every = arn(&"*".to_owned());
                    let from = self.id.split(':').nth(1).unwrap_or(self.id);
                    let why = match ids.unfilled.first() {
                        Some(text) => format!("{text} is a placeholder"),
                        None => format!("{from} is not set in envVars or the code"),
                    };
                    statements.note(format!("{package}.{name}: the {kind} that it uses is not known ({why}); the policy takes {every}: put the real id there"));
                    arns.push(every);
                }
                arns
            }
        };
        let by = format!("{package}.{name}");
        let sid = format!("Use {package} {name}");
        if self.resource == "bucket" {
            let (bucket, objects): (Vec<&str>, Vec<&str>) = self
                .actions
                .iter()
                .partition(|action| **action == "s3:ListBucket");
            let inside: Vec<String> = resources.iter().map(|one| format!("{one}/*")).collect();
            for (actions, on) in [(bucket, resources), (objects, inside)] {
                for (action, resource) in pairs(&actions, &on) {
                    let need = place
                        .clone()
                        .map(|place| Need::new(action, resource, &by, place));
                    need.into_iter().for_each(|need| statements.need(need));
                }
                statements.allow(&sid, actions, on);
            }
            return;
        }
        // A retriever makes one call; which ones another tool makes, the model decides.
        if let (Some(place), [action], "knowledge-base" | "agent-alias") =
            (place, self.actions.as_slice(), self.resource)
        {
            for resource in &resources {
                statements.need(Need::new(action, resource.as_str(), &by, place.clone()));
            }
        }
        statements.allow(&sid, self.actions.iter().copied(), resources);
    }

    /// The ids of what it works on.
    fn ids<'a>(&self, subject: &Subject<'a>, code: &Code<'_, 'a>) -> Texts {
        if let Some(variable) = self.id.strip_prefix("env:") {
            let set = &subject.agent.common().env;
            let value = set.iter().find(|(name, _)| name == variable);
            let all = value.map(|(_, value)| value.value.clone()).into_iter();
            return Texts::several(all.collect(), value.is_some()).set_unfilled_apart();
        }
        let keyword = self.id.strip_prefix("arg:").unwrap_or(self.id);
        let mut whole = Texts::default();
        for (module, expr, call) in code.calls() {
            let callee = code.source().callee_name(module, expr);
            if callee.map(leaf) != Some(self.name) {
                continue;
            }
            let given: Option<&'a Expr> = call.option(keyword);
            let found = given.map_or_else(Texts::default, |value| match value.kind {
                ExprKind::Starred(_) => Texts::default(),
                _ => texts(subject, code, module, value),
            });
            whole.complete = found.complete && (whole.complete || whole.all.is_empty());
            whole.all.extend(found.all);
            whole.unfilled.extend(found.unfilled);
        }
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::{MODEL_CHOOSES, tools};
    use crate::iam::actions::Action;

    #[test]
    fn every_action_of_the_table_is_one() {
        let all: Vec<_> = tools().collect();
        assert!(all.len() > 40);
        for tool in &all {
            let named = tool
                .actions
                .iter()
                .filter(|action| **action != MODEL_CHOOSES);
            for action in named {
                assert!(Action::lookup(action).is_some(), "{action}");
            }
        }
    }
}
