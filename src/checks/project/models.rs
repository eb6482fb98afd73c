//! Models that cannot be called: an inference profile of another part of the world, or a model under its own id that only a profile
//! leads to.

use crate::context::{BedrockModel, Context, NoOwnId, no_own_id, profile_of};
use crate::least_privilege::{self, Subject};
use crate::model::project::Agent;
use crate::model::site::Site;

/// What the names of Regions begin with that call no profile of a geography.
/// <https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html>
const APART: [(&str, &[&str]); 6] = [
    ("us", &["eu-", "ap-"]),
    ("eu", &["us-", "ap-", "ca-", "sa-"]),
    ("apac", &["us-", "eu-", "ca-", "sa-"]),
    ("jp", &["us-", "eu-", "ca-", "sa-"]),
    ("au", &["us-", "eu-", "ca-", "sa-"]),
    ("global", &["us-gov-", "cn-"]),
];

/// The calls that Amazon Bedrock answers with an error, each with the place and the reason in words.
pub(super) fn uncallable(context: &Context) -> Vec<(Site, String)> {
    let region = context.target.as_ref();
    let Some(region) = region.and_then(|target| target.region.as_deref()) else {
        return Vec::new();
    };
    let agents = context.project.agents();
    // What each agent uses is asked for only where its model may be wrong. Which of several is called where is not certain.
    let doubtful = agents.filter(|agent| {
        let models = context.bedrock_models(*agent);
        let mut models = models.iter();
        match (models.next(), models.next()) {
            (Some(only), None) => {
                fault(only, region).is_some() && !may_call_elsewhere(context, *agent, only, region)
            }
            _ => false,
        }
    });
    doubtful
        .flat_map(|agent| of_agent(context, agent))
        .collect()
}

/// Whether something may send the agent's calls to another Region, or to another service than Amazon Bedrock's: it is enough that the
/// code or its environment says a word of it.
fn may_call_elsewhere(
    context: &Context,
    agent: Agent<'_>,
    model: &BedrockModel,
    region: &str,
) -> bool {
    const SERVICES: [&str; 4] = ["endpoint", "mantle", "base_url", "baseurl"];
    const REGIONS: [&str; 8] = [
        "region",
        "eu-",
        "us-east",
        "us-west",
        "ap-northeast",
        "ap-south",
        "ca-central",
        "sa-east",
    ];
    // Most models that answer with an error under their own id do so in every Region.
    let of_region = match model {
        BedrockModel::Foundation(model) => no_own_id(model, region) == NoOwnId::Here,
        BedrockModel::Profile(..) | BedrockModel::Arn(_) => true,
    };
    let says = |text: &str| {
        let text = text.to_ascii_lowercase();
        let has = |word: &&str| text.contains(word);
        SERVICES.iter().any(has) || of_region && REGIONS.iter().any(has)
    };
    let code = context.source.runtime(agent.name());
    let modules = code.into_iter().flat_map(|code| &code.reachable);
    let mut modules = modules.filter_map(|id| context.source.module(*id));
    let mut env = agent.common().env.iter();
    let manifests = context.manifests(agent);
    let dockerfile = manifests.and_then(|manifests| manifests.dockerfile.read());
    modules.any(|module| says(&module.source.text))
        || env.any(|(name, _)| says(name))
        || dockerfile.is_some_and(|file| says(&file.source.text))
}

fn of_agent(context: &Context, agent: Agent<'_>) -> Vec<(Site, String)> {
    let subject = Subject {
        context,
        agent,
        names: context.names(),
    };
    let needs = least_privilege::needs(&subject).into_iter();
    let certain = needs.filter(|need| need.unsure.is_none());
    certain
        .filter_map(|need| {
            let (model, region) = need.model.as_ref()?;
            let fault = fault(model, region)?;
            let site = need.evidence.site.clone()?;
            let place = site.place();
            Some((site, format!("{place}: {} {fault}", agent.resource())))
        })
        .collect()
}

/// Why a model cannot be called in a Region.
fn fault(model: &BedrockModel, region: &str) -> Option<String> {
    match model {
        BedrockModel::Profile(geography, model) => {
            let (_, apart) = APART.iter().find(|(name, _)| name == geography)?;
            apart.iter().any(|start| region.starts_with(start)).then(|| {
                format!("calls {geography}.{model} in {region}, where there is no profile of that geography: each call fails")
            })
        }
        BedrockModel::Foundation(model) => {
            let place = match no_own_id(model, region) {
                NoOwnId::Unknown => return None,
                NoOwnId::Everywhere => String::new(),
                NoOwnId::Here => format!(" in {region}"),
            };
            let profile = profile_of(model, region);
            let such = profile.map_or_else(String::new, |id| format!(", such as {id}"));
            Some(format!(
                "calls {model} under its own id, which has no on-demand throughput{place}: each call fails; call it by an inference profile{such}"
            ))
        }
        BedrockModel::Arn(_) => None,
    }
}
