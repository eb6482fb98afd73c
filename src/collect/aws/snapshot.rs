//! Snapshot files: the AWS state of one project and target, so that a review needs no credentials.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use crate::exit::Failure;
use crate::model::aws::{AwsState, SNAPSHOT_VERSION, Snapshot, SnapshotTool};
use crate::model::known::Known;
use crate::model::oidc::discovery::Discovery;
use crate::model::project::{Project, Target};

/// Largest snapshot that is read, in bytes: that of an account with 5,000 principals is a few megabytes.
const LARGEST: u64 = 256 * 1024 * 1024;

/// A snapshot of a state and of the discovery documents that belong to it.
pub fn make(
    project: &Project,
    target: Option<&Target>,
    state: AwsState,
    discovery: BTreeMap<String, Known<Discovery>>,
) -> Snapshot {
    Snapshot {
        schema_version: SNAPSHOT_VERSION,
        tool: SnapshotTool {
            name: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        },
        taken_at: jiff::Timestamp::now()
            .strftime("%Y-%m-%dT%H:%M:%SZ")
            .to_string(),
        project: project.display_name().to_owned(),
        target: target.map(|target| target.name.clone()),
        account: state.account.clone(),
        region: state.region.clone(),
        state,
        discovery,
    }
}

/// Reads a snapshot file.
///
/// # Errors
/// When it cannot be read, is no snapshot, or was written in a form that is newer than this program.
pub fn load(path: &Path) -> Result<Snapshot, Failure> {
    let shown = path.display();
    let help = "make one with `agentcore-harden snapshot --output FILE`";
    let fail = |why: String| Failure::new(format!("{shown}: {why}")).help(help);
    let metadata = std::fs::metadata(path).map_err(|error| fail(error.to_string()))?;
    if !metadata.is_file() || metadata.len() > LARGEST {
        return Err(fail("not a snapshot file".to_owned()));
    }
    let mut text = String::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(LARGEST).read_to_string(&mut text))
        .map_err(|error| fail(error.to_string()))?;
    let value: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| fail(format!("not JSON: {error}")))?;
    match value
        .get("schemaVersion")
        .and_then(serde_json::Value::as_u64)
    {
        Some(version) if version <= u64::from(SNAPSHOT_VERSION) => {}
        Some(version) => {
            return Err(fail(format!(
                "snapshot version {version}, this program reads up to {SNAPSHOT_VERSION}"
            )));
        }
        None => return Err(fail("not a snapshot: it has no schemaVersion".to_owned())),
    }
    serde_json::from_value(value).map_err(|error| fail(format!("not a snapshot: {error}")))
}

/// Refuses a snapshot of another project, target or account than the one that is audited.
///
/// # Errors
/// Which of them differs.
pub fn check(
    snapshot: &Snapshot,
    path: &Path,
    project: &Project,
    target: Option<&Target>,
) -> Result<(), Failure> {
    let fail = |what: &str, theirs: &str, ours: &str| {
        Err(Failure::new(format!(
            "{}: the snapshot is of {what} {theirs}, this is {what} {ours}",
            path.display()
        ))
        .help("take a snapshot of this project and target, or choose the target with --target"))
    };
    if snapshot.project != project.display_name() {
        return fail("project", &snapshot.project, project.display_name());
    }
    let Some(target) = target else {
        return Ok(());
    };
    if let Some(theirs) = snapshot
        .target
        .as_ref()
        .filter(|theirs| **theirs != target.name)
    {
        return fail("target", theirs, &target.name);
    }
    let differs = |theirs: &Option<String>, ours: &Option<String>| {
        Some((theirs.clone()?, ours.clone()?)).filter(|(theirs, ours)| theirs != ours)
    };
    if let Some((theirs, ours)) = differs(&snapshot.account, &target.account) {
        return fail("account", &theirs, &ours);
    }
    if let Some((theirs, ours)) = differs(&snapshot.region, &target.region) {
        return fail("Region", &theirs, &ours);
    }
    Ok(())
}
