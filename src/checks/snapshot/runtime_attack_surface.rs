//! `runtime-attack-surface`: Ports, bucket mounts and instance privileges of the runtime are as narrow as its code needs.

use crate::analysis::agent_code::AgentCode;
use crate::analysis::clients::users::is_passed_a_user;
use crate::analysis::written::any_literal;
use crate::checks::{Category, Check, Need, live};
use crate::context::{Context, Origin, code};
use crate::model::aws::{Mount, Ports};
use crate::model::finding::{Evidence, Fix, Outcome, Severity};
use crate::model::json::{Json, Node};
use crate::model::known::{Known, Unread};
use crate::model::project::Agent;
use crate::model::template::{Reference, Template, reference};

pub(super) static CHECK: Check = Check {
    id: "runtime-attack-surface",
    title: "Ports, bucket mounts and instance privileges are as narrow as the code needs",
    category: Category::Snapshot,
    severity: Severity::Medium,
    needs: &[Need::Template, Need::Aws],
    page: include_str!("runtime_attack_surface.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore-control/latest/APIReference/API_CreateAgentRuntime.html",
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

/// How many ports one entry may open before nobody can have meant all of them.
const MANY_PORTS: i64 = 10;
/// The mount of a bucket.
const BUCKET: &str = "s3BucketMount";
/// What a prefix of a bucket mount holds where each session sees its own objects only.
const PER_SESSION: &str = "{runtimeSessionId}";

fn run(context: &Context) -> Vec<Outcome> {
    live::each_agent(context, |agent| Ok(judge(context, agent)))
}

/// What one source opens.
#[derive(Default)]
struct Surface {
    ports: Vec<(Ports, Evidence)>,
    /// The port of the agent itself.
    own_port: Option<i64>,
    mounts: Vec<(Mount, Evidence)>,
    /// The privilege mode of the capacity provider.
    privilege: Option<(String, Evidence)>,
    /// A capacity provider whose mode could not be read.
    unread: Option<Unread>,
}

impl Surface {
    fn is_empty(&self) -> bool {
        self.ports.is_empty()
            && self.mounts.is_empty()
            && self.privilege.is_none()
            && self.unread.is_none()
    }
}

struct Fault {
    says: String,
    severity: Severity,
    evidence: Evidence,
    fix: Fix,
}

fn judge(context: &Context, agent: Agent<'_>) -> Outcome {
    let resource = agent.resource();
    let surfaces: Vec<(Origin, Surface)> = [
        (Origin::Live, deployed(context, agent)),
        (Origin::Template, synthesized(context, agent)),
    ]
    .into_iter()
    .filter_map(|(origin, surface)| Some((origin, surface?)))
    .collect();
    if surfaces.is_empty() {
        let what = format!("ports, mounts and the capacity provider of {resource} were not read");
        let reason = context.unread(&what, "bedrock-agentcore:GetAgentRuntime");
        return Outcome::skipped(resource, reason);
    }
    if surfaces.iter().all(|(_, surface)| surface.is_empty()) {
        let message = format!(
            "{resource} opens no ports beside the agent's own, mounts no bucket and runs on no capacity provider"
        );
        return Outcome::not_applicable(resource, message);
    }
    let mut faults = Vec::new();
    let mut unread = None;
    for (origin, surface) in &surfaces {
        let known = faults.len();
        unread = unread.or(surface.unread.clone());
        let (found, reason) = ports(context, agent, surface);
        faults.extend(found);
        unread = unread.or(reason);
        faults.extend(mounts(context, agent, surface));
        faults.extend(privilege(agent, surface));
        for fault in faults.iter_mut().skip(known) {
            fault.says = format!("{} ({})", fault.says, origin.words());
        }
    }
    if faults.is_empty() {
        if let Some(reason) = unread {
            return Outcome::skipped(resource, reason);
        }
        let opened = surfaces.iter().flat_map(|(_, surface)| {
            let ports = surface.ports.iter().map(|(_, evidence)| evidence.clone());
            let mounts = surface.mounts.iter().map(|(_, evidence)| evidence.clone());
            let privilege = surface
                .privilege
                .iter()
                .map(|(_, evidence)| evidence.clone());
            ports.chain(mounts).chain(privilege).collect::<Vec<_>>()
        });
        let message = format!(
            "what {resource} opens is narrow: its code names every port, bucket mounts have a prefix, no capacity provider is privileged"
        );
        return Outcome::pass(resource, message).evidences(opened);
    }
    let says: Vec<&str> = faults.iter().map(|fault| fault.says.as_str()).collect();
    let worst = faults.iter().map(|fault| fault.severity).min();
    let mut outcome = Outcome::fail(resource.clone(), format!("{resource}: {}", says.join("; ")));
    outcome.severity = worst;
    for fault in faults {
        outcome
            .evidence
            .push(fault.evidence.severity(fault.severity));
        if !outcome.fixes.contains(&fault.fix) {
            outcome.fixes.push(fault.fix);
        }
    }
    outcome
}

fn deployed(context: &Context, agent: Agent<'_>) -> Option<Surface> {
    let runtime = live::runtime(context, agent).ok()?;
    let field = |name: &str| Evidence::aws(runtime.arn.clone(), "GetAgentRuntime", name);
    let mut surface = Surface {
        own_port: runtime.protocol_port,
        ..Surface::default()
    };
    for (index, ports) in runtime.allowed_ports.iter().enumerate() {
        surface.ports.push((
            *ports,
            field(&format!("allowedPorts[{index}]")).note(named(*ports)),
        ));
    }
    for (index, mount) in runtime.mounts.iter().enumerate() {
        // The others are the agent's own storage, or have an access point that bounds them.
        if mount.kind != BUCKET {
            continue;
        }
        surface.mounts.push((
            mount.clone(),
            field(&format!("filesystemConfigurations[{index}]")).note(mounted(mount)),
        ));
    }
    if let Some(provider) = &runtime.capacity_provider {
        match &provider.privilege_mode {
            Known::Read(mode) => {
                let evidence = Evidence::aws(
                    provider.arn.clone(),
                    "GetCapacityProvider",
                    "operatingSystemConfiguration.linux.privilegeMode",
                );
                surface.privilege = Some((mode.clone(), evidence.note(mode.clone())));
            }
            // STANDARD is the default, and the answer of a provider without the block.
            Known::Absent => {
                let evidence =
                    field("capacityProviderConfiguration").note("no privilegeMode: STANDARD");
                surface.privilege = Some(("STANDARD".to_owned(), evidence));
            }
            Known::Unread(reason) => surface.unread = Some(reason.clone()),
        }
    }
    Some(surface)
}

fn synthesized(context: &Context, agent: Agent<'_>) -> Option<Surface> {
    let template = context.template.read()?;
    let project = context.project.display_name();
    let runtime = match agent {
        Agent::Runtime(runtime) => template.runtime(project, &runtime.name)?,
        Agent::Harness(harness) => template.harness(project, &harness.name)?,
    };
    let properties = &runtime.resource.properties;
    let site = |node: &Node| Evidence::template(&template.document.site(node));
    let number = |node: &Node, key: &str| whole(node.get(key)?);
    let items = |key: &str| properties.get(key).map(Node::items).unwrap_or_default();
    let mut surface = Surface {
        own_port: properties
            .get("ProtocolConfiguration")
            .and_then(|block| number(block, "Port")),
        ..Surface::default()
    };
    for entry in items("AllowedPorts") {
        let range = entry.get("PortRange");
        let ports = match (number(entry, "Port"), range) {
            (Some(port), _) => Some(Ports {
                from: port,
                to: port,
            }),
            (None, Some(range)) => number(range, "From")
                .zip(number(range, "To"))
                .map(|(from, to)| Ports { from, to }),
            (None, None) => None,
        };
        surface
            .ports
            .extend(ports.map(|ports| (ports, site(entry))));
    }
    for entry in items("FilesystemConfigurations") {
        let Some(block) = entry.get("S3BucketMount") else {
            continue;
        };
        let text = |key: &str| block.get(key).and_then(Node::as_str).map(str::to_owned);
        // A prefix that the deploy makes is one.
        let prefix = text("Prefix").or_else(|| block.get("Prefix").map(|_| PER_SESSION.to_owned()));
        let mount = Mount {
            kind: BUCKET.to_owned(),
            path: text("MountPath").unwrap_or_default(),
            bucket: text("Bucket"),
            prefix,
        };
        surface.mounts.push((mount, site(entry)));
    }
    if let Some(provider) = properties.get("CapacityProviderConfiguration") {
        surface.privilege = template_privilege(template, provider);
    }
    Some(surface)
}

#[allow(clippy::cast_possible_truncation)] // ports
fn whole(node: &Node) -> Option<i64> {
    let number = node.as_number().or_else(|| node.as_str()?.parse().ok())?;
    (number.is_finite() && (0.0..=65_535.0).contains(&number)).then_some(number as i64)
}

/// `Linux.PrivilegeMode` of the provider that the runtime names, where the template makes it.
fn template_privilege(template: &Template, configuration: &Node) -> Option<(String, Evidence)> {
    let arn = configuration.get("CapacityProviderArn")?;
    let Some(Reference::Logical(id)) = reference(arn) else {
        return None;
    };
    let resource = template
        .document
        .root
        .path(&["Resources", &id, "Properties"])?;
    let mut open = vec![resource];
    while let Some(node) = open.pop() {
        if let Some(mode) = node.get("PrivilegeMode").and_then(Node::as_str) {
            let evidence = Evidence::template(&template.document.site(node));
            return Some((mode.to_owned(), evidence));
        }
        match &node.value {
            Json::Object(members) => open.extend(members.iter().map(|member| &member.node)),
            Json::Array(items) => open.extend(items),
            _ => {}
        }
    }
    None
}

fn named(ports: Ports) -> String {
    match ports.from == ports.to {
        true => format!("port {}", ports.from),
        false => format!("ports {} to {}", ports.from, ports.to),
    }
}

fn mounted(mount: &Mount) -> String {
    let prefix = mount
        .prefix
        .as_deref()
        .map_or("no prefix".to_owned(), |prefix| format!("prefix {prefix}"));
    match &mount.bucket {
        Some(bucket) => format!("bucket {bucket} at {}, {prefix}", mount.path),
        None => format!("{} at {}", mount.kind, mount.path),
    }
}

/// Ports that nobody can have meant, and those that no code of the runtime names. The second is not known where the code was not
/// read.
fn ports(context: &Context, agent: Agent<'_>, surface: &Surface) -> (Vec<Fault>, Option<Unread>) {
    let mut faults = Vec::new();
    let mut unread = None;
    for (ports, evidence) in &surface.ports {
        let fault = |says: String| {
            Fault {
            says,
            severity: Severity::Medium,
            evidence: evidence.clone(),
            fix: Fix::new("Open only the ports that the code serves").note(
                "the session's own URL reaches an allowed port past the agent's handler: name single ports, take the others out of the list, and see that what listens there checks who calls",
            ),
        }
        };
        let count = ports.to.saturating_sub(ports.from).saturating_add(1);
        if count > MANY_PORTS {
            faults.push(fault(format!(
                "{} ({count}) are reachable from outside past the agent's handler",
                named(*ports)
            )));
            continue;
        }
        if surface
            .own_port
            .is_some_and(|own| (ports.from..=ports.to).contains(&own))
        {
            continue;
        }
        let code = agent.runtime().map(|runtime| code::of(context, runtime));
        match code {
            Some(Ok(code)) => match code.unread() {
                None if names_port(context, agent, &code, *ports) => {}
                None => faults.push(fault(format!(
                    "{} is reachable from outside past the agent's handler, and no code of the runtime names it",
                    named(*ports)
                ))),
                Some(reason) => unread = Some(reason),
            },
            Some(Err(reason)) => unread = Some(reason),
            None => unread = Some(context.agent_unread(agent)),
        }
    }
    (faults, unread)
}

/// Whether the runtime's code, its environment or its Dockerfile names one of the ports.
fn names_port(context: &Context, agent: Agent<'_>, code: &AgentCode<'_>, ports: Ports) -> bool {
    let wanted = |text: &str| {
        let words = text.split(|letter: char| !letter.is_ascii_digit());
        words
            .filter_map(|word| word.parse::<i64>().ok())
            .any(|number| (ports.from..=ports.to).contains(&number))
    };
    let in_code = any_literal(code, wanted);
    let mut values = agent
        .common()
        .env
        .iter()
        .map(|(_, value)| value.value.as_str());
    let dockerfile = context
        .manifests(agent)
        .and_then(|manifests| manifests.dockerfile.read());
    let in_dockerfile = dockerfile.is_some_and(|dockerfile| {
        let mut instructions = dockerfile.instructions.iter();
        instructions.any(|each| {
            matches!(
                each.keyword.as_str(),
                "EXPOSE" | "ENV" | "CMD" | "ENTRYPOINT"
            ) && wanted(&each.arguments)
        })
    });
    in_code || in_dockerfile || values.any(wanted)
}

fn mounts(context: &Context, agent: Agent<'_>, surface: &Surface) -> Vec<Fault> {
    let several = serves_several_users(context, agent);
    let buckets = surface.mounts.iter();
    buckets
        .filter_map(|(mount, evidence)| {
            let bucket = mount.bucket.as_deref().unwrap_or("a bucket");
            let prefix = mount.prefix.as_deref().unwrap_or_default().trim_matches('/');
            let says = if prefix.is_empty() {
                format!("all of {bucket} is mounted at {} in every session", mount.path)
            } else if several.is_some() && !prefix.contains(PER_SESSION) {
                format!(
                    "{bucket}/{prefix} is mounted at {} in the sessions of all users ({})",
                    mount.path,
                    several.unwrap_or_default()
                )
            } else {
                return None;
            };
            Some(Fault {
                says,
                severity: Severity::Medium,
                evidence: evidence.clone(),
                fix: Fix::new("Mount what the session needs").note(format!(
                    "give the mount the prefix of the objects that the agent reads, and `{PER_SESSION}` in it where each session is to see its own only: `\"prefix\": \"sessions/{PER_SESSION}/\"`"
                )),
            })
        })
        .collect()
}

/// Why sessions of one runtime belong to several users, where that is seen.
fn serves_several_users(context: &Context, agent: Agent<'_>) -> Option<&'static str> {
    let jwt = context
        .authorizers(agent)
        .iter()
        .any(|layer| layer.value.kind.value == "CUSTOM_JWT");
    if jwt {
        return Some("inbound auth is CUSTOM_JWT");
    }
    is_passed_a_user(&context.source).then_some("callers pass a runtime user id")
}

fn privilege(agent: Agent<'_>, surface: &Surface) -> Option<Fault> {
    let (mode, evidence) = surface.privilege.as_ref()?;
    (mode == "PRIVILEGED").then(|| Fault {
        says: "its capacity provider runs containers PRIVILEGED: anyone who takes over the agent controls the instance".to_owned(),
        severity: Severity::High,
        evidence: evidence.clone(),
        fix: Fix::new("Use a capacity provider in STANDARD mode").note(format!(
            "make a capacity provider with `operatingSystemConfiguration.linux.privilegeMode` STANDARD and point {} to it; what needs more belongs behind a tool of its own",
            agent.name()
        )),
    })
}
