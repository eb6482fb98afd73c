//! `list`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::folder::Folder;
use super::super::paging::{Page, page};
use crate::checks::{self, Category};
use crate::exit::{Failure, suggestion};
use crate::report::Severity;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Arguments {
    /// Only this category: project, iam, authentication, shell-access, code, snapshot, observability, performance, resources, quotas, testing
    category: Option<String>,
    /// The lowest severity that is listed
    severity: Option<Severity>,
    /// Where the page begins
    offset: usize,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Answer {
    checks: Vec<Row>,
    #[serde(flatten)]
    page: Page,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    id: &'static str,
    category: &'static str,
    severity: Severity,
    title: &'static str,
    /// The evidence that it reads.
    needs: Vec<&'static str>,
}

pub(super) fn run(_: &Folder, arguments: Arguments) -> Result<Answer, Failure> {
    let ids = || Category::ALL.into_iter().map(Category::id);
    if let Some(category) = &arguments.category
        && !ids().any(|id| id == category)
    {
        let failure = Failure::new(format!("no category \"{category}\""));
        return Err(failure.help(match suggestion(category, ids()) {
            Some(close) => format!("did you mean \"{close}\"?"),
            None => format!("there are {}", ids().collect::<Vec<_>>().join(", ")),
        }));
    }
    let wanted = |id: &str| arguments.category.as_deref().is_none_or(|only| only == id);
    let rows = checks::all()
        .filter(|check| wanted(check.category.id()))
        .filter(|check| {
            let lowest = arguments.severity;
            lowest.is_none_or(|lowest| check.severity.at_least(lowest))
        })
        .map(|check| Row {
            id: check.id,
            category: check.category.id(),
            severity: check.severity,
            title: check.title,
            needs: check.needs.iter().map(|need| need.id()).collect(),
        })
        .collect();
    let (checks, page) = page(rows, arguments.offset, 100);
    Ok(Answer { checks, page })
}
