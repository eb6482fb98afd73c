//! Finds and reads the synthesized template in `agentcore/cdk/cdk.out`, and tells a stale one.

use std::collections::BTreeSet;
use std::path::Path;

use super::json;
use super::project::{FileError, read_text_up_to};
use serde_json::Value;

use crate::model::json::Node;
use crate::model::known::{Known, ReasonCode, Unread};
use crate::model::narrowed_roles::PATH;
use crate::model::project::{JwtAuthorizer, Project, Target};
use crate::model::site::Sited;
use crate::model::template::{Template, TemplateJwt};

/// Where the CDK app writes.
const FOLDER: &str = "agentcore/cdk/cdk.out";
/// CloudFormation takes a template of 1 MB; one with inline schemas is larger before it is uploaded. In bytes.
const LARGEST: u64 = 64 * 1024 * 1024;

/// The template of the target's stack: read, absent, or unread when it cannot be used: a stale one is not judged.
pub fn collect(project: &Project, target: Option<&Target>) -> Known<Template> {
    let Some(file) = locate(project, target) else {
        return Known::Absent;
    };
    let path = format!("{FOLDER}/{file}");
    let unread = |message: String| Known::Unread(Unread::new(ReasonCode::Unsupported, message));
    let text = match read_text_up_to(&project.root.join(&path), &path, LARGEST) {
        Ok(text) => text,
        Err(FileError::Missing { .. }) => return Known::Absent,
        Err(error) => return unread(error.to_string()),
    };
    let template = match json::parse(&path, &text) {
        Ok(document) => Template::new(path.clone(), document),
        Err(error) => return unread(error.to_string()),
    };
    match contradiction(project, &template) {
        None => Known::Read(template),
        Some(why) => Known::Unread(
            Unread::new(
                ReasonCode::Absent,
                format!("{path} is stale and not judged: {why}"),
            )
            .command("agentcore deploy --dry-run"),
        ),
    }
}

/// The stack's name as the CDK app makes it.
fn stack(project: &str, target: &str) -> String {
    let hyphens = |name: &str| name.replace('_', "-");
    format!("AgentCore-{}-{}", hyphens(project), hyphens(target))
}

/// The template's file name: by the cloud assembly's manifest, else by the name that the CDK app gives.
fn locate(project: &Project, target: Option<&Target>) -> Option<String> {
    let folder = project.root.join(FOLDER);
    let name = project.display_name();
    let wanted = match target {
        Some(target) => stack(name, &target.name),
        // A clone without aws-targets.json: the one stack of the project is meant.
        None => only_stack(&folder, &stack(name, ""))?,
    };
    let from_manifest = manifest(&folder, &wanted);
    from_manifest.or_else(|| {
        let file = format!("{wanted}.template.json");
        folder.join(&file).is_file().then_some(file)
    })
}

fn only_stack(folder: &Path, prefix: &str) -> Option<String> {
    let entries = std::fs::read_dir(folder).ok()?;
    let mut stacks = entries.filter_map(Result::ok).filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        let stack = name.strip_suffix(".template.json")?;
        stack.starts_with(prefix).then(|| stack.to_owned())
    });
    stacks.next().filter(|_| stacks.next().is_none())
}

fn manifest(folder: &Path, stack: &str) -> Option<String> {
    let text = read_text_up_to(&folder.join("manifest.json"), "manifest.json", LARGEST).ok()?;
    let document = json::parse("manifest.json", &text).ok()?;
    let artifact = document
        .root
        .get("artifacts")?
        .members()
        .iter()
        .find(|member| {
            let text = |path: &[&str]| member.node.path(path).and_then(Node::as_str);
            text(&["type"]) == Some("aws:cloudformation:stack")
                && (&*member.key == stack || text(&["properties", "stackName"]) == Some(stack))
        })?;
    let file = artifact
        .node
        .path(&["properties", "templateFile"])?
        .as_str()?;
    // The manifest is a file of the project: its names must not lead elsewhere.
    let plain = !file.contains(['/', '\\']) && file.ends_with(".json");
    plain.then(|| file.to_owned())
}

/// What in the template is not as `agentcore.json` says.
fn contradiction(project: &Project, template: &Template) -> Option<String> {
    let name = project.display_name();
    let names = |names: Vec<String>| names.into_iter().collect::<BTreeSet<_>>();
    let sets = [
        (
            "runtimes",
            names(
                project
                    .runtimes
                    .iter()
                    .map(|one| format!("{name}_{}", one.name))
                    .collect(),
            ),
            names(
                template
                    .runtimes
                    .iter()
                    .filter_map(|one| one.resource.name.clone())
                    .collect(),
            ),
        ),
        (
            "gateways",
            names(
                project
                    .gateways
                    .iter()
                    .map(|one| one.physical_name(name))
                    .collect(),
            ),
            names(
                template
                    .gateways
                    .iter()
                    .filter_map(|one| one.resource.name.clone())
                    .collect(),
            ),
        ),
        (
            "memories",
            names(
                project
                    .memories
                    .iter()
                    .map(|one| format!("{name}_{}", one.name))
                    .collect(),
            ),
            names(
                template
                    .memories
                    .iter()
                    .filter_map(|one| one.resource.name.clone())
                    .collect(),
            ),
        ),
    ];
    for (kind, ours, theirs) in sets {
        // A template that names more was made with other constructs beside the CLI's: that is no contradiction.
        if let Some(missing) = ours.difference(&theirs).next() {
            return Some(format!(
                "it lacks {missing}, which agentcore.json has among its {kind}"
            ));
        }
        let extra = |extra: &&String| {
            extra.starts_with(&format!("{name}_")) || extra.starts_with(&format!("{name}-"))
        };
        if let Some(extra) = theirs.difference(&ours).find(extra) {
            return Some(format!(
                "it has {extra}, which agentcore.json does not have among its {kind}"
            ));
        }
    }
    fewer_policies(project, template)
        .or_else(|| unlike_the_stack(project, template))
        .or_else(|| {
            project
                .runtimes
                .iter()
                .find_map(|runtime| runtime_differs(name, runtime, template))
        })
        .or_else(|| {
            project.gateways.iter().find_map(|gateway| {
                let theirs = template.gateway_named(&gateway.physical_name(name))?;
                let ours = gateway
                    .authorizer_type
                    .as_ref()
                    .map_or("NONE", |kind| kind.value.as_str());
                differs(
                    &format!("gateway {}", gateway.name),
                    "authorizerType",
                    ours,
                    theirs.authorizer_type.as_ref(),
                )
            })
        })
}

/// A template of before a policy was added does not say what the next deploy makes.
fn fewer_policies(project: &Project, template: &Template) -> Option<String> {
    let ours: usize = project
        .policy_engines
        .iter()
        .map(|engine| engine.policies.len())
        .sum();
    let theirs = template.policies.len();
    (theirs < ours)
        .then(|| format!("it holds {theirs} Cedar policies, and agentcore.json has {ours}"))
}

/// What the stack's rules bring and the template does not hold: it was synthesized before them.
fn unlike_the_stack(project: &Project, template: &Template) -> Option<String> {
    let rules = project.stack.as_ref()?.narrowed.as_ref()?;
    let text = &template.document.source.text;
    let missing = rules.rules.iter().find(|rule| {
        let grants = rule.grant.iter().filter_map(|grant| grant.get("Resource"));
        let mut resources = grants.flat_map(|resource| match resource {
            Value::Array(list) => list.as_slice(),
            one => std::slice::from_ref(one),
        });
        let mut properties = rule
            .set
            .values()
            .filter_map(Value::as_object)
            .flat_map(serde_json::Map::keys);
        resources.any(|resource| {
            // What follows the last name that the stack fills in stands in the template as it is.
            let resource = resource.as_str().unwrap_or_default();
            let fixed = resource.rsplit('}').next().unwrap_or_default();
            !text.contains(fixed)
        }) || properties.any(|property| !text.contains(&format!("\"{property}\"")))
    })?;
    Some(format!("it lacks what {PATH} sets for {}", missing.at))
}

fn runtime_differs(
    project: &str,
    runtime: &crate::model::project::Runtime,
    template: &Template,
) -> Option<String> {
    let theirs = template.runtime(project, &runtime.name)?;
    let what = format!("runtime {}", runtime.name);
    let mode = runtime
        .common
        .network_mode
        .as_ref()
        .map_or("PUBLIC", |mode| mode.value.as_str());
    let number = |key: &str, ours: &Option<Sited<f64>>, theirs: &Option<Sited<f64>>| {
        let (ours, theirs) = (
            ours.as_ref()?.value,
            theirs.as_ref().map(|value| value.value),
        );
        (theirs != Some(ours)).then(|| format!("{what} has another {key} than in agentcore.json"))
    };
    let is_jwt = runtime
        .common
        .authorizer_type
        .as_ref()
        .is_some_and(|kind| kind.value == "CUSTOM_JWT");
    differs(&what, "networkMode", mode, theirs.network_mode.as_ref())
        .or_else(|| {
            number(
                "idleRuntimeSessionTimeout",
                &runtime.common.idle_timeout,
                &theirs.idle_timeout,
            )
        })
        .or_else(|| {
            number(
                "maxLifetime",
                &runtime.common.max_lifetime,
                &theirs.max_lifetime,
            )
        })
        .or_else(|| {
            match (
                is_jwt.then_some(runtime.common.jwt.as_ref()).flatten(),
                &theirs.jwt,
            ) {
                (Some(ours), Some(theirs)) => jwt_differs(&what, ours, theirs),
                (None, None) => None,
                _ => Some(format!(
                    "{what} has another authorizer than in agentcore.json"
                )),
            }
        })
}

fn differs(what: &str, key: &str, ours: &str, theirs: Option<&Sited<String>>) -> Option<String> {
    let theirs = theirs?;
    (theirs.value != ours).then(|| {
        format!(
            "{what} has {key} {} there and {ours} in agentcore.json",
            theirs.value
        )
    })
}

fn jwt_differs(what: &str, ours: &JwtAuthorizer, theirs: &TemplateJwt) -> Option<String> {
    let set = |values: &[Sited<String>]| {
        values
            .iter()
            .map(|value| value.value.clone())
            .collect::<BTreeSet<_>>()
    };
    let url = |url: &Option<Sited<String>>| url.as_ref().map(|url| url.value.clone());
    let same = url(&ours.discovery_url) == url(&theirs.discovery_url)
        && set(&ours.audience) == set(&theirs.audience)
        && set(&ours.clients) == set(&theirs.clients)
        && set(&ours.scopes) == set(&theirs.scopes);
    (!same).then(|| format!("{what} has another JWT authorizer than in agentcore.json"))
}
