//! `snapshot`: collects the live AWS state of a project into one file, which `check --snapshot` replays.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use super::given::{self, Given};
use super::{emit, output};
use crate::audit::{self, Options};
use crate::cli::SnapshotArgs;
use crate::collect::discovery::FetchOptions;
use crate::collect::{aws, discovery, project};
use crate::exit::{Exit, Failure};
use crate::model::aws::{AwsState, Simulation};
use crate::model::known::Known;
use crate::oidc::authorizer;
use crate::render::json;

/// Reads AWS and writes the snapshot.
///
/// # Errors
/// When there is not exactly one project, AWS cannot be read at all, or the file cannot be written.
pub fn run(arguments: &SnapshotArgs, out: &mut dyn Write) -> Result<Exit, Failure> {
    given::usable(Given {
        profile: arguments.profile.as_deref(),
        region: arguments.region.as_deref(),
        endpoint_url: arguments.endpoint_url.as_deref(),
        without_aws: None,
    })?;
    let roots = project::discover(&arguments.path).map_err(|error| {
        Failure::new(error.to_string())
            .help("give the path of a project made by `agentcore create`")
    })?;
    let [root] = roots.as_slice() else {
        return Err(Failure::new(format!(
            "{} projects lie below {}; a snapshot is of one",
            roots.len(),
            arguments.path.display()
        ))
        .help("give the path of one project"));
    };
    let shown = arguments.path.display().to_string();
    let project =
        project::collect(root, &shown).map_err(|error| Failure::new(error.to_string()))?;
    let target = audit::target(&project, arguments.target.as_deref())?;
    let state = aws::collect(&aws::Request {
        project: &project,
        target: target.as_ref(),
        profile: arguments.profile.clone(),
        region: arguments.region.clone(),
        endpoint_url: arguments.endpoint_url.clone(),
        live: true,
        progress: true,
    });
    let mut state = match state {
        Known::Read(state) => state,
        Known::Absent => return Err(Failure::new("AWS knows nothing of this project")),
        Known::Unread(reason) => {
            let failure = Failure::new(reason.message);
            return Err(match reason.flag {
                Some(flag) => failure.help(format!(
                    "choose credentials, account and Region with {flag}"
                )),
                None => failure,
            });
        }
    };
    state.simulations = simulations(arguments, root, &shown, &state)?;
    let mut urls = authorizer::discovery_urls(&project);
    urls.extend(authorizer::deployed_discovery_urls(&state));
    let allow_private = arguments.allow_private_issuer;
    let documents = discovery::collect(&urls, FetchOptions { allow_private });
    let snapshot = aws::snapshot::make(&project, target.as_ref(), state, documents);
    let mut bytes = Vec::new();
    json::pretty(&snapshot, &mut bytes)
        .map_err(|error| Failure::new(format!("the snapshot could not be written: {error}")))?;
    output::write_whole(&arguments.output, &bytes)?;
    let told = format!(
        "wrote the state of account {} in {} to {}\n",
        snapshot.account.as_deref().unwrap_or("unknown"),
        snapshot.region.as_deref().unwrap_or("an unknown Region"),
        arguments.output.display()
    );
    emit(out, told.as_bytes())?;
    Ok(Exit::Ready)
}

/// What IAM's policy simulator answers for what the code is seen to use.
fn simulations(
    arguments: &SnapshotArgs,
    root: &Path,
    shown: &str,
    state: &AwsState,
) -> Result<BTreeMap<String, Known<Vec<Simulation>>>, Failure> {
    let options = Options {
        shown: shown.to_owned(),
        target: arguments.target.clone(),
        distrust: true,
        offline: true,
        profile: arguments.profile.clone(),
        region: arguments.region.clone(),
        endpoint_url: arguments.endpoint_url.clone(),
        ..Options::default()
    };
    let mut context = audit::collect(root, &options)?;
    context.aws = Known::Read(state.clone());
    Ok(audit::simulations(&context, &options))
}
