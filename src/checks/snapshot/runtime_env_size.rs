//! `runtime-env-size`: Environment variables fit the limit of the platform version.

use crate::checks::judge::{Problem, judge};
use crate::checks::live;
use crate::checks::{Category, Check, Need};
use crate::context::installed;
use crate::context::{
    Context, Environment, Layer, Origin, PlatformVersion, PlatformView, VariableValue, judged,
};
use crate::model::finding::{Evidence, Fix, Outcome, Severity};
use crate::model::known::{ReasonCode, Unread};
use crate::model::project::Agent;

pub(super) static CHECK: Check = Check {
    id: "runtime-env-size",
    title: "Environment variables fit the limit of the platform version",
    category: Category::Snapshot,
    severity: Severity::High,
    needs: &[Need::Config, Need::Template, Need::Aws],
    page: include_str!("runtime_env_size.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-how-it-works.html",
        "https://docs.aws.amazon.com/bedrock-agentcore-control/latest/APIReference/API_CreateAgentRuntime.html",
    ],
    run,
};

/// Limits on the sum of names and values, in bytes
/// (<https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-how-it-works.html>): 4 KB; 1.5 KB and 2.5 KB.
const V1: usize = 4096;
const V2_CODE: usize = 1536;
const V2_CONTAINER: usize = 2560;
/// The service counts somewhat more than names and values, so that the last tenth is no room, in percent.
const NEARLY: usize = 90;
/// What an id, and what a URL or ARN that only the deploy knows comes to, in bytes.
const ID: usize = 60;
const ADDRESS: usize = 120;
/// How many variables are named.
const NAMED: usize = 3;

fn run(context: &Context) -> Vec<Outcome> {
    live::each_agent(context, |agent| Ok(outcome(context, agent)))
}

/// One source's environment, counted.
struct Counted {
    /// Name and bytes of each, with where it was seen; the largest first.
    variables: Vec<(String, usize, Evidence)>,
    /// The sum.
    bytes: usize,
    /// Some values are only known at the deploy.
    estimate: bool,
}

fn outcome(context: &Context, agent: Agent<'_>) -> Outcome {
    let resource = agent.resource();
    let view = context.platform(agent);
    let container = agent.runtime().is_none_or(installed::is_container);
    let layers = context.environments(agent);
    let synthesized = layers.iter().any(|layer| layer.origin == Origin::Template);
    let counted: Vec<Layer<Counted>> = layers
        .iter()
        // The template holds what the configuration says, and what the construct adds.
        .filter(|layer| !(synthesized && layer.origin == Origin::Config))
        .filter_map(|layer| {
            let value = count(context, layer)?;
            Some(Layer::new(layer.origin, value, layer.evidence.clone()))
        })
        .collect();
    let unread = || match layers.is_empty() {
        true => context.agent_unread(agent),
        false => Unread::new(
            ReasonCode::Unsupported,
            "the snapshot holds no sizes of environment variables: take a new one",
        ),
    };
    judge(resource.clone(), &counted, unread, |layer| {
        let counted = &layer.value;
        let size = words(counted);
        let Some((severity, says)) = verdict(counted, &view, container) else {
            return Ok(format!(
                "the environment of {resource} is {size}: {} accepts {}",
                build(container),
                limits(&view, container)
            ));
        };
        let mut evidence: Vec<Evidence> = counted
            .variables
            .iter()
            .take(NAMED)
            .map(|(name, bytes, evidence)| {
                evidence
                    .clone()
                    .note(format!("{name}: {}", size_of(*bytes)))
            })
            .collect();
        if evidence.is_empty() {
            evidence.push(layer.evidence.clone());
        }
        let largest = counted
            .variables
            .first()
            .map_or("", |(name, ..)| name.as_str());
        Err(Problem {
            message: format!("the environment of {resource} is {size}: {says}"),
            severity: Some(severity),
            evidence,
            fixes: vec![smaller(largest)],
        })
    })
}

/// `None` where the source does not hold the sizes.
fn count(context: &Context, layer: &Layer<Environment>) -> Option<Counted> {
    let mut estimate = false;
    let mut variables = Vec::new();
    for variable in &layer.value {
        let name = &variable.name;
        let bytes = match &variable.value {
            VariableValue::Text(text) => name.len().saturating_add(text.len()),
            VariableValue::Masked(kept) => kept.bytes?,
            VariableValue::Reference => {
                estimate = true;
                name.len().saturating_add(reference(name))
            }
        };
        variables.push((name.clone(), bytes, variable.evidence.clone()));
    }
    if layer.origin == Origin::Config {
        let added = added(context, layer);
        estimate |= !added.is_empty();
        variables.extend(added);
    }
    variables.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Some(Counted {
        bytes: variables
            .iter()
            .fold(0, |sum, (_, bytes, _)| sum.saturating_add(*bytes)),
        variables,
        estimate,
    })
}

fn reference(name: &str) -> usize {
    let address = ["URL", "ARN", "ENDPOINT"];
    match address.iter().any(|word| name.ends_with(word)) {
        true => ADDRESS,
        false => ID,
    }
}

/// What the construct adds to each runtime of the project: the ids of its memories, the addresses of its gateways.
fn added(context: &Context, layer: &Layer<Environment>) -> Vec<(String, usize, Evidence)> {
    let upper = |name: &str| name.to_uppercase().replace('-', "_");
    let memories = context.project.memories.iter();
    let mut names: Vec<String> = memories
        .map(|memory| format!("MEMORY_{}_ID", upper(&memory.name)))
        .collect();
    for gateway in &context.project.gateways {
        let name = upper(&gateway.name);
        names.push(format!("AGENTCORE_GATEWAY_{name}_URL"));
        names.push(format!("AGENTCORE_GATEWAY_{name}_AUTH_TYPE"));
    }
    let own = |name: &String| layer.value.iter().any(|variable| variable.name == *name);
    names.retain(|name| !own(name));
    names
        .into_iter()
        .map(|name| {
            let bytes = name
                .len()
                .saturating_add(match name.ends_with("_AUTH_TYPE") {
                    true => "CUSTOM_JWT".len(),
                    false => reference(&name),
                });
            (name, bytes, layer.evidence.clone())
        })
        .collect()
}

/// What a deploy accepts on a version.
fn limit(version: PlatformVersion, container: bool) -> usize {
    match (version, container) {
        (PlatformVersion::V1, _) => V1,
        (PlatformVersion::V2, false) => V2_CODE,
        (PlatformVersion::V2, true) => V2_CONTAINER,
    }
}

fn verdict(counted: &Counted, view: &PlatformView, container: bool) -> Option<(Severity, String)> {
    let bytes = counted.bytes;
    // An estimate is nobody's proof.
    let severe = match counted.estimate {
        true => Severity::Medium,
        false => Severity::High,
    };
    let build = build(container);
    let v2 = limit(PlatformVersion::V2, container);
    let over = |version: PlatformVersion| {
        format!(
            "platform version {} accepts {} at most for {build}: the deploy fails, and so does its rollback",
            version.as_str(),
            size_of(limit(version, container))
        )
    };
    let nearly = |version: PlatformVersion| {
        let most = limit(version, container);
        (bytes.saturating_mul(100) >= most.saturating_mul(NEARLY)).then(|| {
            let says = format!(
                "platform version {} accepts {} at most for {build}, and counts somewhat more than names and values",
                version.as_str(),
                size_of(most)
            );
            (Severity::Low, says)
        })
    };
    match view.version {
        Some(version) if bytes > limit(version, container) => Some((severe, over(version))),
        Some(version) => nearly(version),
        None if bytes > V1 => Some((
            severe,
            format!("{}, and V2 {}", over(PlatformVersion::V1), size_of(v2)),
        )),
        None if bytes > v2 => Some((
            judged(severe, view),
            format!(
                "platform version V2 accepts {} at most for {build} (the deploy fails, and so does its rollback), V1 {}{}",
                size_of(v2),
                size_of(V1),
                view.words()
            ),
        )),
        None => nearly(PlatformVersion::V2).map(|(severity, says)| {
            (
                severity,
                format!("{says}; V1 accepts {}{}", size_of(V1), view.words()),
            )
        }),
    }
}

fn limits(view: &PlatformView, container: bool) -> String {
    let one = |version: PlatformVersion| {
        format!(
            "{} on platform version {}",
            size_of(limit(version, container)),
            version.as_str()
        )
    };
    match view.version {
        Some(version) => one(version),
        None => format!("{}, {} on V1", one(PlatformVersion::V2), size_of(V1)),
    }
}

fn build(container: bool) -> &'static str {
    match container {
        true => "a container",
        false => "a CodeZip",
    }
}

fn words(counted: &Counted) -> String {
    let count = counted.variables.len();
    let about = match counted.estimate {
        true => "about ",
        false => "",
    };
    let estimate = match counted.estimate {
        true => ", an estimate: only the deploy knows some of the values",
        false => "",
    };
    let plural = if count == 1 { "" } else { "s" };
    format!(
        "{about}{} in {count} variable{plural}{estimate}",
        size_of(counted.bytes)
    )
}

fn size_of(bytes: usize) -> String {
    let text = bytes.to_string();
    match text.len() {
        4..=6 => format!(
            "{},{} bytes",
            &text[..text.len() - 3],
            &text[text.len() - 3..]
        ),
        _ => format!("{text} bytes"),
    }
}

fn smaller(largest: &str) -> Fix {
    let first = match largest {
        "" => "a large value".to_owned(),
        name => format!("{name} first"),
    };
    Fix::new("Keep large values out of the environment").note(format!(
        "move {first}: text that ships with the code into a file beside it, what changes without a deploy into Systems Manager Parameter Store, whose name is all that the environment needs; then deploy"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(bytes: usize, estimate: bool) -> Counted {
        Counted {
            variables: Vec::new(),
            bytes,
            estimate,
        }
    }

    fn on(version: Option<PlatformVersion>) -> PlatformView {
        PlatformView {
            version,
            ..PlatformView::UNKNOWN
        }
    }

    fn severity(
        bytes: usize,
        estimate: bool,
        version: Option<PlatformVersion>,
        container: bool,
    ) -> Option<Severity> {
        verdict(&counted(bytes, estimate), &on(version), container).map(|(severity, _)| severity)
    }

    #[test]
    fn each_version_has_its_limit() {
        let (one, two) = (Some(PlatformVersion::V1), Some(PlatformVersion::V2));
        assert_eq!(severity(1611, false, two, false), Some(Severity::High));
        assert_eq!(severity(1611, false, two, true), None);
        assert_eq!(severity(2700, false, two, true), Some(Severity::High));
        assert_eq!(severity(2700, true, two, true), Some(Severity::Medium));
        assert_eq!(severity(1611, false, one, false), None);
        assert_eq!(severity(4097, false, one, false), Some(Severity::High));
        assert_eq!(severity(1383, false, two, false), Some(Severity::Low));
        assert_eq!(severity(1382, false, two, false), None);
    }

    #[test]
    fn an_unknown_version_is_one_step_milder_unless_both_refuse() {
        assert_eq!(severity(1611, false, None, false), Some(Severity::Medium));
        assert_eq!(severity(4097, false, None, false), Some(Severity::High));
        assert_eq!(severity(1400, false, None, false), Some(Severity::Low));
        assert_eq!(severity(1000, false, None, false), None);
    }

    #[test]
    fn sizes_are_written_for_people() {
        assert_eq!(size_of(1536), "1,536 bytes");
        assert_eq!(size_of(999), "999 bytes");
        assert_eq!(size_of(1_234_567), "1234567 bytes");
    }
}
