//! `package-architecture`: What ships runs on the runtime's processor.

use crate::checks::unconfigured::{Listed, unconfigured};
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Evidence, Fix, Outcome, Severity};
use crate::model::known::{ReasonCode, Unread};
use crate::model::package::{Unfit, UnfitKind};
use crate::model::project::{Agent, Runtime};
use crate::model::site::Site;

pub(super) static CHECK: Check = Check {
    id: "package-architecture",
    title: "What ships runs on the runtime's processor (arm64 Linux)",
    category: Category::Performance,
    severity: Severity::High,
    needs: &[Need::Files],
    page: include_str!("package_architecture.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-get-started-code-deploy.html",
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-troubleshooting.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    if context.project.runtimes.is_empty() {
        let message = "no runtime with code of its own is configured";
        return vec![unconfigured(context, &[Listed::Agent], message)];
    }
    let runtimes = context.project.runtimes.iter();
    runtimes.map(|runtime| judge(context, runtime)).collect()
}

fn judge(context: &Context, runtime: &Runtime) -> Outcome {
    let resource = Agent::Runtime(runtime).resource();
    let name = &runtime.name;
    let folder = context
        .files
        .packages
        .iter()
        .find(|package| package.resource == resource)
        .and_then(|package| package.folder.clone());
    let (Some(contents), Some(folder)) = (
        context.files.package_contents.get(&resource.to_string()),
        folder,
    ) else {
        let message = format!("the code of runtime {name} is not here: its files were not read");
        return Outcome::skipped(resource, Unread::new(ReasonCode::Absent, message));
    };
    let path = |unfit: &Unfit| match folder.as_str() {
        "." => unfit.path.clone(),
        folder => format!("{folder}/{}", unfit.path),
    };
    let Some(first) = contents.unfit.first() else {
        let message = format!(
            "nothing that ships with runtime {name} is native code for another processor, a script of another machine or closed to others"
        );
        return Outcome::pass(resource, message);
    };
    let more = match contents.unfit.len() {
        1 => String::new(),
        count => format!(", and {} more", count - 1),
    };
    let message = format!(
        "runtime {name} ships {}, {}{more}: the runtime is arm64 Linux and runs as another user",
        path(first),
        words(&first.kind)
    );
    let sites = contents
        .unfit
        .iter()
        .map(|unfit| Evidence::file(&Site::file(path(unfit))).note(words(&unfit.kind)));
    Outcome::fail(resource, message).evidences(sites).fix(
        Fix::new("Build for arm64 Linux").note(
            "Leave native code to the packager, which installs wheels for aarch64: declare the package in pyproject.toml and remove the vendored copy. What you build yourself: in an arm64 container, \
             or `uv pip install --python-platform aarch64-manylinux2014 --only-binary=:all: --target …`. Scripts: `#!/usr/bin/env python3`. Modes: `chmod -R a+rX` on the folder",
        ),
    )
}

fn words(kind: &UnfitKind) -> String {
    match kind {
        UnfitKind::Machine(machine) => format!("native code for {machine}"),
        UnfitKind::Interpreter(program) => {
            format!("a script whose first line names {program}, which is not in the runtime")
        }
        UnfitKind::Mode => "which only its owner may read".to_owned(),
    }
}
