//! Models that cannot be called: an inference profile of another part of the world, or a model under its own id that only a profile
//! leads to.

use crate::context::{BedrockModel, Context, geography_of, needs_a_profile};
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
    // What each agent uses is asked for only where one of its models may be wrong.
    let doubtful = agents.filter(|agent| {
        let models = context.bedrock_models(*agent);
        models.iter().any(|model| fault(model, region).is_some())
    });
    doubtful
        .flat_map(|agent| of_agent(context, agent))
        .collect()
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
            let is_own = model.starts_with("anthropic.") && needs_a_profile(model);
            (is_own && !region.starts_with("us-gov-")).then(|| {
                let geography = geography_of(region);
                format!("calls {model} under its own id, which has no on-demand throughput: each call fails; call it by an inference profile, such as {geography}.{model}")
            })
        }
        BedrockModel::Arn(_) => None,
    }
}
