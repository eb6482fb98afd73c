//! Reads the directory of the zips that were made of an agent's code: no entry is unpacked.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use crate::model::artifact::Artifact;
use crate::model::known::Known;
use crate::model::project::{Agent, Project};
use crate::model::template::Template;

/// How many of the largest entries are named.
const NAMED: usize = 10;
/// Entries of one archive that are looked at.
const MOST_ENTRIES: usize = 1_000_000;

/// The artifact of each runtime, by its resource: what the template refers to, else what `agentcore package` left.
pub fn collect(project: &Project, template: &Known<Template>) -> BTreeMap<String, Artifact> {
    let mut found = BTreeMap::new();
    for runtime in &project.runtimes {
        let asset = template
            .read()
            .and_then(|template| template.runtime(project.display_name(), &runtime.name))
            .and_then(|runtime| runtime.code_asset.as_ref())
            .map(|asset| {
                asset
                    .value
                    .rsplit('/')
                    .next()
                    .unwrap_or_default()
                    .to_owned()
            });
        let plain =
            |name: &str| !name.is_empty() && !name.contains(['/', '\\', '\0']) && name != "..";
        let mut candidates = Vec::new();
        if let Some(asset) = asset.filter(|asset| plain(asset)) {
            candidates.push((format!("agentcore/cdk/cdk.out/asset.{asset}"), true));
            candidates.push((format!("agentcore/cdk/cdk.out/{asset}"), true));
        }
        if plain(&runtime.name) {
            candidates.push((format!("agentcore/{}.zip", runtime.name), false));
        }
        let artifact = candidates
            .into_iter()
            .find_map(|(path, from_template)| read(&project.root, path, from_template));
        if let Some(artifact) = artifact {
            found.insert(Agent::Runtime(runtime).resource().to_string(), artifact);
        }
    }
    found
}

fn read(root: &Path, path: String, from_template: bool) -> Option<Artifact> {
    let file = root.join(&path);
    let about = std::fs::metadata(&file)
        .ok()
        .filter(std::fs::Metadata::is_file)?;
    let mut artifact = Artifact {
        path,
        from_template,
        bytes: about.len(),
        ..Artifact::default()
    };
    if let Err(reason) = directory(&file, &mut artifact) {
        artifact.unread = Some(reason);
    }
    Some(artifact)
}

fn directory(file: &Path, artifact: &mut Artifact) -> Result<(), String> {
    let opened = File::open(file).map_err(|error| error.to_string())?;
    let mut archive =
        zip::ZipArchive::new(BufReader::new(opened)).map_err(|error| error.to_string())?;
    if archive.len() > MOST_ENTRIES {
        return Err(format!("{} entries", archive.len()));
    }
    let mut first: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for index in 0..archive.len() {
        let entry = archive
            .by_index_raw(index)
            .map_err(|error| error.to_string())?;
        artifact.unpacked = artifact.unpacked.saturating_add(entry.size());
        let segment = entry
            .name()
            .split('/')
            .next()
            .unwrap_or_default()
            .to_owned();
        let sums = first.entry(segment).or_default();
        sums.0 = sums.0.saturating_add(entry.compressed_size());
        sums.1 = sums.1.saturating_add(entry.size());
    }
    artifact.largest = first
        .into_iter()
        .map(|(name, (packed, unpacked))| (name, packed, unpacked))
        .collect();
    artifact
        .largest
        .sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    artifact.largest.truncate(NAMED);
    Ok(())
}
