//! What each source says of an online evaluation: configuration, template, AWS.

use super::{Context, EvalView, Layer, Origin, Seen};
use crate::model::aws;
use crate::model::finding::Evidence;
use crate::model::known::Known;
use crate::model::project::{OnlineEval, Runtime};
use crate::model::template::{Template, TemplateNamed};

impl Context {
    /// An online evaluation.
    pub fn eval_layers(&self, eval: &OnlineEval) -> Vec<Layer<EvalView>> {
        let mut layers: Vec<Layer<EvalView>> = Vec::new();
        layers.extend(self.stack.is_none().then(|| configured(eval)));
        let name = format!("{}_{}", self.project.display_name(), eval.name);
        if let Some(template) = self.template.read()
            && let Some(found) = template
                .online_evals
                .iter()
                .find(|one| one.name.as_deref() == Some(&name))
        {
            layers.extend(synthesized(template, found));
        }
        if let Some(Known::Read(found)) = self.live_evals().and_then(|evals| evals.get(&name)) {
            layers.push(deployed(found));
        }
        layers
    }

    /// The account's online evaluations that watch a runtime and that the project does not declare, by name.
    pub fn foreign_evals(&self, runtime: &Runtime) -> Vec<(&str, Layer<EvalView>)> {
        let project = self.project.display_name();
        let physical = format!("{project}_{}", runtime.name);
        let id = self
            .aws
            .read()
            .and_then(|state| state.runtimes.get(&runtime.name)?.read())
            .map(|live| live.id.as_str());
        let own = |name: &str| {
            let declared = self.project.online_evals.iter();
            declared
                .map(|eval| format!("{project}_{}", eval.name))
                .any(|own| own == name)
        };
        let watches = |eval: &aws::OnlineEval| {
            let service = eval
                .services
                .iter()
                .any(|service| service.split('.').next() == Some(physical.as_str()));
            let group = id.is_some_and(|id| {
                let group = format!("/aws/bedrock-agentcore/runtimes/{id}-");
                eval.log_groups.iter().any(|name| name.starts_with(&group))
            });
            service || (eval.services.is_empty() && group)
        };
        let evals = self.live_evals().into_iter().flatten();
        evals
            .filter(|(name, _)| !own(name))
            .filter_map(|(name, eval)| Some((name.as_str(), eval.read()?)))
            .filter(|(_, eval)| watches(eval))
            .map(|(name, eval)| (name, deployed(eval)))
            .collect()
    }

    fn live_evals(&self) -> Option<&std::collections::BTreeMap<String, Known<aws::OnlineEval>>> {
        self.aws.read()?.online_evals.read()
    }
}

fn configured(eval: &OnlineEval) -> Layer<EvalView> {
    let anchor = Evidence::config(&eval.site);
    let insights = eval.node.get("insights");
    let value = EvalView {
        rate: eval.sampling_rate.as_ref().map(Seen::config),
        enabled: match &eval.enable_on_create {
            Some(enabled) => Seen::config(enabled),
            // The deploy step enables it unless the key is exactly false.
            None => Seen::new(true, anchor.clone()),
        },
        evaluators: Some(eval.evaluators.len() + insights.map_or(0, |list| list.items().len())),
    };
    Layer::new(Origin::Config, value, anchor)
}

/// `None` where a value is a reference that only the deploy resolves.
fn synthesized(template: &Template, found: &TemplateNamed) -> Option<Layer<EvalView>> {
    let (document, properties) = (&template.document, &found.properties);
    let anchor = Evidence::template(&found.site);
    let sampling = properties.path(&["Rule", "SamplingConfig"]);
    let rate = sampling.and_then(|block| document.number(block, "SamplingPercentage"));
    let count = |key: &str| properties.get(key).map_or(0, |list| list.items().len());
    if rate.is_none() && sampling.is_some_and(|block| block.get("SamplingPercentage").is_some()) {
        return None;
    }
    let enabled = match properties.get("ExecutionStatus") {
        None => Seen::new(true, anchor.clone()),
        Some(node) => Seen::new(
            node.as_str()? == "ENABLED",
            Evidence::template(&document.string(properties, "ExecutionStatus")?.site),
        ),
    };
    let value = EvalView {
        rate: rate.map(|rate| Seen::new(rate.value, Evidence::template(&rate.site))),
        enabled,
        evaluators: Some(count("Evaluators") + count("Insights")),
    };
    Some(Layer::new(Origin::Template, value, anchor))
}

fn deployed(found: &aws::OnlineEval) -> Layer<EvalView> {
    let field = |field: &str| Evidence::aws(&found.arn, "GetOnlineEvaluationConfig", field);
    let value = EvalView {
        rate: found
            .sampling_percentage
            .map(|rate| Seen::new(rate, field("rule.samplingConfig.samplingPercentage"))),
        enabled: Seen::new(
            found.execution_status == "ENABLED",
            field("executionStatus"),
        ),
        evaluators: found.evaluators,
    };
    Layer::new(Origin::Live, value, field("executionStatus"))
}
