//! `snapshot-mount-access`: Session mounts are touched by request code only.

use super::common::{Finding, Found, HOW, OPTIMIZE, Words, each, through};
use crate::analysis::api::Tag;
use crate::analysis::call_sites::Callers;
use crate::analysis::paths::touched_by;
use crate::checks::{Category, Check, Need};
use crate::context::{Context, Origin};
use crate::model::finding::{Fix, Outcome, Severity, Status};
use crate::model::project::Agent;

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
            let touched = touched_by(&callers, value.place);
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
