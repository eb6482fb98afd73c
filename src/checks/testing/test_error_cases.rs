//! `test-error-cases`: Error cases tested (tool failures, model errors).

use super::found::{evidence, none};
use crate::checks::unconfigured::{Listed, unconfigured};
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Evidence, Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "test-error-cases",
    title: "Error cases tested (tool failures, model errors)",
    category: Category::Testing,
    severity: Severity::Low,
    needs: &[Need::Files],
    page: include_str!("test_error_cases.md"),
    references: &[
        "https://docs.python.org/3/library/unittest.mock.html#unittest.mock.Mock.side_effect",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    let resource = context.project.resource();
    if context.project.runtimes.is_empty() {
        return vec![unconfigured(
            context,
            &[Listed::Agent],
            "no runtime with code of its own is configured",
        )];
    }
    let facts = &context.tests;
    if !facts.failures.is_empty() {
        let message = format!(
            "the tests make something fail in {} place(s), and see what the agent does",
            facts.failures.len()
        );
        return vec![Outcome::pass(resource, message).evidences(evidence(&facts.failures))];
    }
    let missing = if !facts.elsewhere.is_empty() {
        "doubles fail only in tests that import nothing that a runtime runs"
    } else if facts.raises.is_empty() {
        "no test makes a tool or a model fail"
    } else {
        "tests expect errors, and none makes a tool or a model fail"
    };
    let look = "see what the agent answers when a tool raises, times out or answers nonsense, and when the model throttles (ThrottlingException), refuses or runs out of context; a double with side_effect (Python) or mockRejectedValue (TypeScript) is enough";
    let outcome = none(context, resource, missing, look).evidences(
        facts
            .raises
            .iter()
            .take(3)
            .map(|site| Evidence::code(site).note("expects an error").context()),
    );
    let elsewhere = facts.elsewhere.iter().take(3);
    let outcome = outcome.evidences(elsewhere.map(|test| {
        Evidence::code(&test.site)
            .note("fails, for other code")
            .context()
    }));
    vec![outcome]
}
