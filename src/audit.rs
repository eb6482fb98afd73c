//! The audit of one project: collect a [`Context`], evaluate the registry over it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::thread;

use rayon::prelude::*;

use crate::analysis::call_sites;
use crate::analysis::facts::Facts;
use crate::analysis::handlers;
use crate::analysis::limits;
use crate::checks::{self, Category, Check, Need, own_stack};
use crate::collect::discovery::{self, FetchOptions};
use crate::collect::project::{Edited, Ignores};
use crate::collect::{
    artifact, aws, contents, dependencies, evaluation, manifest, measurement, package, project,
    settings, source, stacks, template, tests,
};
use crate::config::Settings;
use crate::context::{Context, PlatformVersion};
use crate::exit::{Failure, suggestion};
use crate::model::aws::{AwsState, Simulation};
use crate::model::background::Background;
use crate::model::files::{FileFacts, Package};
use crate::model::known::{Known, ReasonCode, Unread};
use crate::model::lazy::{self, Lazy};
use crate::model::project::{Project, Target};
use crate::model::source::Source;
use crate::model::template::Template;
use crate::model::tests::TestFacts;
use crate::oidc::authorizer;
use crate::oidc::discovery::Discovery;
use crate::pool;
use crate::quiet;
use crate::report::bound;
use crate::report::redact::Redactor;
use crate::report::{CheckResult, Outcome, Resource, ResourceType, Status, assemble};

/// What to collect, and from where.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The project's root as the user sees it.
    pub shown: String,
    /// `--target`.
    pub target: Option<String>,
    /// Where programs are sought; the environment's PATH when not given.
    pub path_env: Option<std::ffi::OsString>,
    /// `--config`; without it the project's own `agentcore-harden.toml` is read.
    pub config: Option<PathBuf>,
    /// `--no-project-config`: the project's own `agentcore-harden.toml` is not read.
    pub distrust: bool,
    /// `--offline`.
    pub offline: bool,
    /// `--live`.
    pub live: bool,
    /// `--snapshot`: replaces AWS.
    pub snapshot: Option<PathBuf>,
    /// `--profile`.
    pub profile: Option<String>,
    /// `--region`.
    pub region: Option<String>,
    /// `--endpoint-url`.
    pub endpoint_url: Option<String>,
    /// `--assume-platform-version`.
    pub platform: Option<PlatformVersion>,
    /// Discovery documents.
    pub discovery: DiscoverySource,
    /// Files as an edit would leave them.
    pub edited: Edited,
}

/// Where discovery documents come from.
#[derive(Clone, Debug, Default)]
pub enum DiscoverySource {
    /// They are not read: the run does not touch the network.
    #[default]
    Offline,
    /// They are fetched, in a run that reads AWS.
    Fetch(FetchOptions),
    /// They were read before: a snapshot.
    Given(BTreeMap<String, Known<Discovery>>),
}

/// Collects everything that the checks read of the project at `root`.
///
/// # Errors
/// When the audit cannot be done: `agentcore.json` is missing, unreadable or not a JSON object.
pub fn collect(root: &Path, options: &Options) -> Result<Context, Failure> {
    let ignores = Arc::new(Ignores::of_project(root));
    let project = project::collect_edited(root, &options.shown, &options.edited, &ignores)
        .map_err(|error| {
            Failure::new(error.to_string()).help("fix the file; `agentcore validate` reads it too")
        })?;
    let path_env = options
        .path_env
        .clone()
        .or_else(|| std::env::var_os("PATH"));
    let mut files = project::files(&project, path_env.as_deref(), &ignores);
    files.manifests = manifest::collect(&project, &ignores);
    let target = target(&project, options.target.as_deref())?;
    let runtimes: Vec<&str> = project.agents().map(|agent| agent.name()).collect();
    let (mut settings, refused) = match (&options.config, options.distrust) {
        (None, true) => (Settings::default(), settings::refused(root)),
        (config, _) => {
            let ids: Vec<&str> = checks::all().map(|check| check.id).collect();
            (
                settings::load(root, config.as_deref(), &ids, &runtimes)?,
                None,
            )
        }
    };
    settings.assumed_platform = options.platform;
    let (aws, taken) = aws(&project, target.as_ref(), options)?;
    let template = template::collect(&project, target.as_ref());
    let reads_aws = matches!(aws, Known::Read(_)) && options.snapshot.is_none();
    let discovery = match &options.discovery {
        DiscoverySource::Given(documents) => documents.clone(),
        DiscoverySource::Fetch(how) if reads_aws || options.live => {
            discovery::collect(&discovery_urls(&project, &template, &aws), *how)
        }
        DiscoverySource::Fetch(_) | DiscoverySource::Offline => taken,
    };
    files.artifacts = artifact::collect(&project, &template);
    let (source, tests) = whole_tree(&project, &ignores, &mut files);
    let of = project.clone();
    let stacks = Lazy::new(move || stacks::collect(&of));
    let stale = match &template {
        Known::Unread(reason) => Some(reason.message.clone()),
        Known::Absent | Known::Read(_) => None,
    };
    Ok(Context {
        target,
        tests,
        source,
        facts: Facts::default(),
        evaluations: evaluation::collect(root),
        measurements: measurement::collect(&project),
        project,
        settings,
        files,
        template,
        template_roles: OnceLock::new(),
        told: Default::default(),
        aws,
        discovery,
        today: jiff::tz::TimeZone::UTC
            .to_datetime(jiff::Timestamp::now())
            .date(),
        notes: stale.into_iter().chain(refused).collect(),
        startup: Default::default(),
        stacks,
        stack: None,
    })
}

/// What goes through the whole tree: it is read when a check looks at it. Each looks at what it is made of before it starts, so
/// that no thread of a pool has to wait for something that needs the pool; the code looks at the contents, which need another pool.
fn whole_tree(
    project: &Project,
    ignores: &Arc<Ignores>,
    files: &mut FileFacts,
) -> (Lazy<Source>, Lazy<TestFacts>) {
    let project = Arc::new(project.clone());
    let packages: Arc<[Package]> = files.packages.clone().into();
    let (of, all) = (Arc::clone(&project), Arc::clone(&packages));
    files.package_contents = Lazy::new(move || package::collect(&of, &all));
    let (of, all) = (Arc::clone(&project), packages);
    let background = Background::default();
    let code = background.clone();
    let rules = Arc::clone(ignores);
    files.contents = Lazy::new(move || contents::collect(&of, &all, &rules, &background));
    let (of, contents) = (Arc::clone(&project), files.contents.clone());
    let manifests = files.manifests.clone();
    let rules = Arc::clone(ignores);
    let source = Lazy::new(move || {
        let read = || {
            let mut source =
                source::of_project(&of, &manifests, &contents, &rules, code.foreground());
            handlers::find_all(&mut source);
            call_sites::find_all(&source);
            source
        };
        match pool::deep() {
            Some(pool) => pool.install(read),
            None => read(),
        }
    });
    let (of, known, code) = (Arc::clone(&project), files.clone(), source.clone());
    let rules = Arc::clone(ignores);
    files.dependencies = Lazy::new(move || {
        known.package_contents.force();
        known.contents.force();
        code.force();
        dependencies::collect(&of, &known, &code, &rules)
    });
    let (contents, code) = (files.contents.clone(), source.clone());
    let rules = Arc::clone(ignores);
    let tests = Lazy::new(move || {
        contents.force();
        code.force();
        tests::collect(&project, &rules, &code, &contents)
    });
    (source, tests)
}

/// Reads ahead, side by side, what the chosen checks say that they need. What one reads beyond that is read when it does.
fn read_ahead(context: &Context, chosen: &[&'static Check]) {
    let needed = |need| chosen.iter().any(|check| check.needs.contains(&need));
    if !needed(Need::Code) || !needed(Need::Files) {
        return;
    }
    let files = &context.files;
    // What fails here fails again, and then costs the result of the check that needs it.
    let _ = quiet::catch(|| {
        thread::scope(|scope| {
            let _ = lazy::spawn(scope, || {
                files.package_contents.force();
                files.contents.force();
                files.dependencies.force();
            });
            let _ = lazy::spawn(scope, || {
                context.source.force();
                context.tests.force();
            });
        });
    });
}

/// The discovery URLs of every source.
fn discovery_urls(
    project: &Project,
    template: &Known<Template>,
    aws: &Known<AwsState>,
) -> BTreeSet<String> {
    let mut urls = authorizer::discovery_urls(project);
    urls.extend(
        template
            .read()
            .into_iter()
            .flat_map(authorizer::template_discovery_urls),
    );
    urls.extend(
        aws.read()
            .into_iter()
            .flat_map(authorizer::deployed_discovery_urls),
    );
    urls
}

/// Discovery documents by URL.
type Documents = BTreeMap<String, Known<Discovery>>;

/// The AWS state: that of a snapshot with its discovery documents, live, or the reason why it is not read.
fn aws(
    project: &Project,
    target: Option<&Target>,
    options: &Options,
) -> Result<(Known<AwsState>, Documents), Failure> {
    if let Some(path) = &options.snapshot {
        let snapshot = aws::snapshot::load(path)?;
        aws::snapshot::check(&snapshot, path, project, target)?;
        return Ok((Known::Read(snapshot.state), snapshot.discovery));
    }
    if options.offline {
        let reason = Unread::new(ReasonCode::Offline, "AWS is not read with --offline");
        return Ok((Known::Unread(reason.flag("--live")), Documents::new()));
    }
    let state = aws::collect(&aws::Request {
        project,
        target,
        profile: options.profile.clone(),
        region: options.region.clone(),
        endpoint_url: options.endpoint_url.clone(),
        live: options.live,
        progress: true,
    });
    Ok((state, Documents::new()))
}

/// Asks IAM's policy simulator about what the roles of the project are used for, in a run with `--live` that selects the check which
/// holds roles against it.
pub fn simulate(context: &mut Context, options: &Options, selected: impl Fn(&Check) -> bool) {
    let judged = checks::all().any(|check| check.id == checks::SIMULATED && selected(check));
    if !options.live || options.snapshot.is_some() || !judged {
        return;
    }
    let simulations = simulations(context, options);
    if let Known::Read(state) = &mut context.aws {
        state.simulations = simulations;
    }
}

/// What IAM's policy simulator answers, by the ARN of the role.
pub fn simulations(
    context: &Context,
    options: &Options,
) -> BTreeMap<String, Known<Vec<Simulation>>> {
    if context.aws.read().is_none() {
        return BTreeMap::new();
    }
    // What roles are used for is found out in the way of a check, in a pool with room for deep code.
    let ask = || quiet::catch(|| checks::questions(context));
    let questions = match pool::judging(size(context)) {
        Some(pool) => pool.install(ask),
        None => ask(),
    };
    let Some(questions) = questions.ok().filter(|questions| !questions.is_empty()) else {
        return BTreeMap::new();
    };
    let request = aws::Request {
        project: &context.project,
        target: context.target.as_ref(),
        profile: options.profile.clone(),
        region: options.region.clone(),
        endpoint_url: options.endpoint_url.clone(),
        live: true,
        progress: true,
    };
    aws::simulate(&request, &questions)
}

/// The target that `--target` names; without it `default`, else the first.
///
/// # Errors
/// When there is no target of that name.
pub fn target(project: &Project, wanted: Option<&str>) -> Result<Option<Target>, Failure> {
    // A project that was handed on without aws-targets.json: its deployed state still says where it is.
    let deployed = match project.targets.is_empty() {
        true => project.deployed_targets(),
        false => Vec::new(),
    };
    let all = || project.targets.iter().chain(&deployed);
    let named = |name: &str| all().find(|target| target.name == name);
    let Some(wanted) = wanted else {
        return Ok(named("default").or(all().next()).cloned());
    };
    if let Some(target) = named(wanted) {
        return Ok(Some(target.clone()));
    }
    let names: Vec<&str> = all().map(|target| target.name.as_str()).collect();
    let failure = Failure::new(format!(
        "{}: no target \"{wanted}\" in {}",
        project.display_name(),
        project::TARGETS
    ));
    Err(
        failure.help(match suggestion(wanted, names.iter().copied()) {
            Some(close) => format!("did you mean \"{close}\"?"),
            None if names.is_empty() => {
                "the project has no targets yet; `agentcore deploy` asks for one".to_owned()
            }
            None => format!("targets: {}", names.join(", ")),
        }),
    )
}

/// Runs the selected checks.
pub fn evaluate(context: &Context, selected: impl Fn(&Check) -> bool) -> Vec<CheckResult> {
    let chosen: Vec<&'static Check> = checks::all()
        .filter(|check| selected(check) && !context.settings.off.contains_key(check.id))
        .collect();
    read_ahead(context, &chosen);
    let judge = |check: &&'static Check| -> Vec<CheckResult> {
        let severity = context.settings.severity.get(check.id).copied();
        let outcomes = whole(context, run(check, context)).into_iter();
        outcomes
            .map(|outcome| assemble::result(check, outcome, severity))
            .collect()
    };
    // Checks are pure: they run side by side, and their results stand in the order of the registry. Code may be nested deeply.
    let results: Vec<OnceLock<Vec<CheckResult>>> = vec![OnceLock::new(); chosen.len()];
    let of = |index: usize| {
        results[index].get_or_init(|| judge(&chosen[index]));
    };
    let order = in_turn(&chosen).into_iter();
    let pool = pool::judging(size(context));
    match pool {
        Some(pool) => pool.scope_fifo(|scope| {
            order.for_each(|index| scope.spawn_fifo(move |_| of(index)));
        }),
        None => order.for_each(of),
    }
    let found = results.into_iter().filter_map(OnceLock::into_inner);
    let mut results: Vec<CheckResult> = found.flatten().collect();
    own_stacks(context, &chosen, &mut results);
    // Whatever a check read is known by now.
    let redactor = Redactor::of_context(context);
    let cover = |result: &mut CheckResult| {
        bound::roughly(result);
        redactor.result(result);
    };
    match pool {
        Some(pool) => pool.install(|| {
            results.par_iter_mut().for_each(cover);
        }),
        None => results.iter_mut().for_each(cover),
    }
    results
}

/// How much there is to judge: the bytes of the code that was read and of the configuration.
fn size(context: &Context) -> usize {
    let modules = context.source.made().into_iter();
    let code = modules.flat_map(|source| &source.modules);
    let code: usize = code.map(|module| module.source.text.len()).sum();
    code + context.project.document.source.text.len()
}

/// The order in which checks start, by their index: those that look at code first, since they take long. Those of restored sessions
/// share what startup code does: one of them starts before all, and the others behind the rest, since they would only wait for it.
fn in_turn(chosen: &[&'static Check]) -> Vec<usize> {
    let restored = |index: usize| chosen[index].category == Category::Snapshot;
    let first = (0..chosen.len()).find(|index| restored(*index));
    let mut order: Vec<usize> = (0..chosen.len()).collect();
    order.sort_by_key(|&index| {
        let long = chosen[index].needs.contains(&Need::Code);
        (Some(index) != first, !long, restored(index))
    });
    order
}

/// Judges the stacks of the project's own. Their results stand behind those of the project, check by check.
fn own_stacks(context: &Context, chosen: &[&'static Check], results: &mut Vec<CheckResult>) {
    let chosen: Vec<&'static Check> = chosen
        .iter()
        .copied()
        .filter(|check| own_stack::JUDGED.contains(&check.id))
        .collect();
    if chosen.is_empty() {
        return;
    }
    for stack in &context.stacks.stacks {
        let inner = context.of_stack(stack);
        for check in &chosen {
            let severity = context.settings.severity.get(check.id).copied();
            let outcomes = run(check, &inner).into_iter();
            let told = outcomes.filter_map(|outcome| own_stack::told(stack, outcome));
            for outcome in told {
                results.push(assemble::result(check, outcome, severity));
            }
        }
    }
    let order: BTreeMap<&str, usize> = checks::all()
        .enumerate()
        .map(|(index, check)| (check.id, index))
        .collect();
    results.sort_by_key(|result| order.get(result.check).copied());
}

/// Runs a check. One that fails costs its own result, never the report; one that a budget cut short does not pass.
fn run(check: &Check, context: &Context) -> Vec<Outcome> {
    let judged = quiet::catch(|| limits::watch(|| (check.run)(context)));
    let (outcomes, limit) = match judged {
        Ok(judged) => judged,
        Err(place) => return vec![failed(check, context, &place)],
    };
    let Some(limit) = limit else {
        return outcomes;
    };
    let honest = |outcome| limit.honest(&context.source, outcome);
    outcomes.into_iter().map(honest).collect()
}

/// Where part of the configuration was left out, nothing passes: what was judged is not all that there is.
fn whole(context: &Context, outcomes: Vec<Outcome>) -> Vec<Outcome> {
    let (left_out, beyond) = (&context.project.left_out, &context.files.beyond);
    let mut words = Vec::new();
    if !left_out.is_empty() {
        words.push(format!(
            "{}: only {} are judged: one stack does not hold more",
            project::CONFIG,
            left_out.join(", ")
        ));
    }
    if !beyond.is_empty() {
        words.push(format!(
            "{} holds more or longer patterns than are read",
            beyond.join(", ")
        ));
    }
    if words.is_empty() {
        return outcomes;
    }
    let reason = Unread::new(ReasonCode::Limit, words.join("; "));
    outcomes
        .into_iter()
        .map(|outcome| match outcome.status {
            Status::Pass => Outcome::skipped(outcome.resource, reason.clone()),
            _ => outcome,
        })
        .collect()
}

fn failed(check: &Check, context: &Context, place: &str) -> Outcome {
    let message = format!(
        "the check {} failed at {place}; this is a fault of agentcore-harden: please report it at {} with this message",
        check.id,
        concat!(env!("CARGO_PKG_REPOSITORY"), "/issues"),
    );
    let resource = Resource::new(ResourceType::Project, context.project.display_name());
    Outcome::skipped(resource, Unread::new(ReasonCode::Internal, message))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod running {
    use super::*;
    use crate::checks::Category;
    use crate::report::Severity;

    const CONFIG: &str = r#"{"name": "Work", "version": 1, "managedBy": "CDK", "runtimes": [{"name": "Work", "build": "CodeZip",
        "entrypoint": "main.py", "codeLocation": "app/", "runtimeVersion": "PYTHON_3_13"}], "memories": [], "credentials": []}"#;

    fn context() -> Context {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in [
            ("agentcore/agentcore.json", CONFIG),
            ("app/main.py", "import os\n"),
        ] {
            let file = folder.path().join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        let options = Options {
            offline: true,
            ..Options::default()
        };
        let context = collect(folder.path(), &options).unwrap();
        // The folder is gone with this function.
        assert_eq!(context.source.modules.len(), 1);
        context
    }

    fn check(run: fn(&Context) -> Vec<Outcome>) -> Check {
        Check {
            id: "fails",
            title: "Fails",
            category: Category::Project,
            severity: Severity::High,
            needs: &[Need::Config],
            page: "",
            references: &[],
            run,
        }
    }

    #[test]
    #[allow(clippy::panic)]
    fn a_check_that_panics_costs_its_own_result() {
        let outcomes = run(&check(|_| panic!("text of the project")), &context());
        let [outcome] = outcomes.as_slice() else {
            panic!("{outcomes:?}");
        };
        assert_eq!(outcome.status, Status::Skipped);
        let reason = outcome.reason.as_ref().unwrap();
        assert_eq!(reason.code, ReasonCode::Internal);
        assert!(reason.message.contains("audit.rs:") && reason.message.contains("/issues"));
        assert!(!reason.message.contains("text of the project"));
    }

    #[test]
    fn a_pass_that_a_budget_cut_short_is_skipped() {
        let cut = check(|context| {
            let module = context.source.modules.first().unwrap();
            let range = crate::model::source::ByteRange { start: 0, end: 6 };
            limits::reached(limits::NAMES, module.id, range);
            let resource = context.project.resource();
            vec![Outcome::pass(resource, "all well")]
        });
        let outcomes = run(&cut, &context());
        let [outcome] = outcomes.as_slice() else {
            return assert_eq!(outcomes.len(), 1);
        };
        let reason = outcome.reason.as_ref().unwrap();
        assert_eq!(
            (outcome.status, reason.code),
            (Status::Skipped, ReasonCode::Limit)
        );
        assert!(
            reason.message.starts_with("app/main.py:1: "),
            "{}",
            reason.message
        );
    }

    #[test]
    fn a_check_that_looks_at_no_code_reads_none() {
        let root = std::path::Path::new("fixtures/projects");
        let mut looked = 0;
        for folder in std::fs::read_dir(root).unwrap() {
            let folder = folder.unwrap().path();
            let options = Options {
                offline: true,
                ..Options::default()
            };
            let Ok(context) = collect(&folder, &options) else {
                continue;
            };
            assert!(!evaluate(&context, |check| check.id == "cli-version").is_empty());
            assert!(context.source.made().is_none(), "{}", folder.display());
            assert!(
                context.files.contents.made().is_none(),
                "{}",
                folder.display()
            );
            looked += 1;
        }
        assert!(looked > 0);
    }
}
