//! Roles that a call passes to a service, which needs `iam:PassRole` beside the operation's own action.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html>; parameters: botocore's service models.

use std::sync::OnceLock;

use serde_json::json;

use super::{Reader, Use};
use crate::analysis::agent_code::evidence;
use crate::analysis::clients::entries::{entries, option};
use crate::analysis::values::{At, bound};
use crate::least_privilege::needs::Need;
use crate::least_privilege::{Statements, operations};
use crate::model::source::ExprKind;

/// A row of the table.
struct Passing {
    /// The IAM prefix of the service.
    prefix: &'static str,
    /// The operations, snake case.
    operations: Vec<&'static str>,
    /// Where the role's ARN or name stands among the parameters.
    path: Vec<&'static str>,
    /// The service that takes the role.
    service: &'static str,
}

const ROWS: &str = include_str!("passed_roles.tsv");

fn table() -> &'static [Passing] {
    static TABLE: OnceLock<Vec<Passing>> = OnceLock::new();
    TABLE.get_or_init(|| rows().filter_map(row).collect())
}

/// The lines of the table that hold something.
fn rows() -> impl Iterator<Item = &'static str> {
    ROWS.lines().filter(|line| !line.starts_with('#'))
}

fn row(line: &'static str) -> Option<Passing> {
    let columns: Vec<&str> = line.split('\t').collect();
    let [prefix, operations, path, service] = *columns else {
        return None;
    };
    Some(Passing {
        prefix,
        operations: operations.split(',').collect(),
        path: path.split('.').collect(),
        service,
    })
}

/// The action.
const PASS_ROLE: &str = "iam:PassRole";

impl<'s> Reader<'_, '_, 's> {
    /// Allows the roles that a call passes, and notes that they are needed.
    pub(super) fn pass_roles(self, found: &Use<'s>, statements: &mut Statements) {
        let operation = operations::snake(&found.operation);
        let of_call = table().iter().filter(|one| {
            one.prefix == found.prefix && one.operations.contains(&operation.as_str())
        });
        for passing in of_call {
            for at in self.members(found, &passing.path) {
                self.pass_role(found, passing, at, statements);
            }
        }
    }

    fn pass_role(
        self,
        found: &Use<'s>,
        passing: &Passing,
        at: At<'s>,
        statements: &mut Statements,
    ) {
        let texts = self.texts(at.module, at.expr);
        let known = texts.complete && texts.unfilled.is_empty();
        let by = format!(
            "{}, which passes the role to {}",
            found.operation, passing.service
        );
        let place = evidence(self.code.source(), at.module, at.expr.range);
        if !known {
            statements.note(format!(
                "{PASS_ROLE} is left out where the code does not show on which resource: add it with the ARN"
            ));
            let why = "the code does not show which role it passes, and no statement is proposed for all of them";
            let need = Need::new(PASS_ROLE, "*", &by, place)
                .unsure(Some(why.to_owned()))
                .granted_on([]);
            statements.need(need);
            return;
        }
        let names = &self.subject.names;
        let arn = |text: &String| match text.starts_with("arn:") {
            true => text.clone(),
            false => format!(
                "arn:{}:iam::{}:role/{}",
                names.partition,
                names.account,
                text.trim_start_matches('/')
            ),
        };
        let arns: Vec<String> = texts.all.iter().map(arn).collect();
        let condition = json!({"StringEquals": {"iam:PassedToService": passing.service}});
        statements.allow_when(
            "Pass roles",
            [PASS_ROLE],
            arns.iter().cloned(),
            Some(condition),
        );
        for arn in arns {
            let need = Need::new(PASS_ROLE, arn, &by, place.clone())
                .key("iam:PassedToService", passing.service)
                .unsure(self.why_unsure(found));
            statements.need(need);
        }
    }

    /// The values at a path of the parameters of a call.
    fn members(self, found: &Use<'s>, path: &[&str]) -> Vec<At<'s>> {
        let source = self.code.source();
        let (Some(call), Some((first, rest))) = (found.call, path.split_first()) else {
            return Vec::new();
        };
        let mut here: Vec<At<'s>> = option(source, found.module, call, first)
            .into_iter()
            .collect();
        for name in rest {
            let items = here.into_iter().flat_map(|at| {
                let values = match at.expr.as_name() {
                    Some(name) => bound(source, at.module, name, at.expr.range.start),
                    None => vec![at.expr],
                };
                values.into_iter().flat_map(move |value| match &value.kind {
                    ExprKind::List(items) | ExprKind::Tuple(items) => {
                        items.iter().map(|item| at.to(item)).collect()
                    }
                    _ => vec![at.to(value)],
                })
            });
            let under = |at: At<'s>| {
                let entries = entries(source, at).into_iter().rev();
                let mut named = entries.filter(|(key, _)| key == name);
                named.next().map(|(_, value)| value)
            };
            here = items.filter_map(under).collect();
        }
        here
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iam::actions::{Action, expand};

    #[test]
    fn every_row_is_read_and_names_operations_that_are_known() {
        assert_eq!(rows().filter_map(row).count(), rows().count());
        // The actions of some services are in no table.
        let is_known = |passing: &&Passing| !expand(&format!("{}:*", passing.prefix)).is_empty();
        assert!(table().iter().filter(is_known).count() >= 28);
        for passing in table().iter().filter(is_known) {
            for operation in &passing.operations {
                let actions = operations::actions(passing.prefix, operation);
                let known = actions
                    .iter()
                    .any(|action| Action::lookup(action).is_some());
                assert!(known, "{}: {operation}", passing.prefix);
            }
            assert!(
                passing.service.ends_with(".amazonaws.com"),
                "{}",
                passing.service
            );
        }
    }
}
