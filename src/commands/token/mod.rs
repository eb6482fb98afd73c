//! `token`: decodes a JWT, says which lists of an authorizer it satisfies, and whether a runtime or gateway would accept it.

mod page;

use std::io::{self, IsTerminal, Read, Write};
use std::path::Path;

use crate::cli::ColorArg;
use crate::cli::token::TokenArgs;
use crate::collect::discovery::{self, FetchOptions};
use crate::collect::project;
use crate::commands::{root, terminal};
use crate::exit::{Exit, Failure};
use crate::model::known::{Known, ReasonCode, Unread};
use crate::model::project::Project;
use crate::oidc::authorizer::{self, Authorizer, Kind};
use crate::oidc::discovery::Discovery;
use crate::oidc::recommend::{Advice, recommend};
use crate::oidc::remedy::Remedy;
use crate::oidc::step::{Step, StepStatus, Verdict, verdict};
use crate::oidc::token::{LARGEST, Token, TokenError};
use crate::oidc::walk::{Input, walk};
use crate::report::{Fix, Resource, ResourceType};
use crate::shell;

/// What `token` found: rendered as text or JSON.
struct Answer {
    token: Token,
    advice: Advice,
    judged: Option<Judged>,
}

/// The walk against one authorizer.
struct Judged {
    resource: Resource,
    steps: Vec<Step>,
    fix: Option<Fix>,
    verdict: Verdict,
    notes: Vec<String>,
}

/// Runs `token`.
///
/// # Errors
/// When the input is no JWT, or the project or resource that was asked for is not there.
pub fn run(arguments: &TokenArgs, out: &mut dyn Write) -> Result<Exit, Failure> {
    let token = Token::decode(&input(arguments)?).map_err(|error| {
        let help = error.help();
        Failure::new(error.to_string()).help(help)
    })?;
    let advice = recommend(&token);
    let judged = match find_project(arguments)? {
        Some(project) => Some(judge(arguments, &token, &project)?),
        None => None,
    };
    let exit = match judged.as_ref().map(|judged| judged.verdict) {
        None | Some(Verdict::Accepted) => Exit::Ready,
        Some(Verdict::NotAccepted) => Exit::NotReady,
        Some(Verdict::Unknown) => Exit::Unable,
    };
    let answer = Answer {
        token,
        advice,
        judged,
    };
    if arguments.json {
        page::json(&answer, out)?;
    } else {
        let look = terminal::look(ColorArg::Auto, false);
        page::text(&answer, look, out)?;
    }
    Ok(exit)
}

fn input(arguments: &TokenArgs) -> Result<String, Failure> {
    let given = arguments.token.as_deref().filter(|token| *token != "-");
    if let Some(token) = given {
        if !token.contains('.') || token.starts_with(['.', '/']) || token.ends_with(".json") {
            let path = Path::new(token);
            if path.exists() {
                return Err(Failure::new("the first argument is a path, not a token")
                    .help("the token comes first: `agentcore-harden token - PATH` reads it from standard input"));
            }
        }
        return Ok(token.to_owned());
    }
    let mut stdin = io::stdin().lock();
    if arguments.token.is_none() && stdin.is_terminal() {
        return Err(Failure::new(TokenError::Empty.to_string()).help(TokenError::Empty.help()));
    }
    let mut bytes = Vec::new();
    let limit = u64::try_from(LARGEST).unwrap_or(u64::MAX).saturating_add(1);
    stdin.by_ref().take(limit).read_to_end(&mut bytes)?;
    String::from_utf8(bytes).map_err(|_| {
        Failure::new("standard input is not text")
            .help("pipe in the token as the identity provider returned it")
    })
}

/// The project that was asked for; without PATH and without a name the one around the current folder, if there is one.
fn find_project(arguments: &TokenArgs) -> Result<Option<Project>, Failure> {
    let named = arguments.runtime.is_some() || arguments.gateway.is_some();
    let path = arguments.path.as_deref().or(named.then(|| Path::new(".")));
    let Some(root) = root::find(path)? else {
        return Ok(None);
    };
    let project = project::collect(&root, ".").map_err(|error| {
        Failure::new(error.to_string()).help("fix the file; `agentcore validate` reads it too")
    })?;
    Ok(Some(project))
}

fn judge(arguments: &TokenArgs, token: &Token, project: &Project) -> Result<Judged, Failure> {
    let (authorizer, mut notes) = pick(arguments, project)?;
    let discovery = discovery_of(arguments, &authorizer);
    let input = Input {
        token,
        authorizer: &authorizer,
        discovery: &discovery,
        now: jiff::Timestamp::now().as_duration().as_secs_f64(),
        verify: arguments.verify,
    };
    let walk = walk(&input);
    let verdict = verdict(&walk.steps, arguments.offline);
    if let Known::Read(document) = &discovery {
        notes.extend(document.notes.clone());
    }
    let fix =
        (verdict == Verdict::NotAccepted).then(|| fix(&walk.remedy, &walk.steps, &authorizer));
    Ok(Judged {
        resource: authorizer.resource.clone(),
        steps: walk.steps,
        fix: fix.flatten(),
        verdict,
        notes,
    })
}

fn fix(remedy: &Remedy, steps: &[Step], authorizer: &Authorizer<'_>) -> Option<Fix> {
    // A token that nobody vouches for is no reason to widen who may call.
    let unproved = |step: &Step| {
        step.status == StepStatus::Refused && matches!(step.id, "signature" | "algorithm")
    };
    if remedy.is_empty() || steps.iter().any(unproved) {
        return None;
    }
    let fix = Fix::new(format!(
        "Change {} so that it accepts this token",
        authorizer.resource
    ))
    .command(remedy.command(authorizer))
    .command(shell::deploy(None));
    let elsewhere = ["expiry", "jwks"];
    let more = steps
        .iter()
        .any(|step| step.status == StepStatus::Refused && elsewhere.contains(&step.id));
    let note =
        "only if tokens like this one are to be let in: each command widens or moves who may call";
    Some(fix.note(if more {
        format!("{note}; what else refuses the token is not a matter of configuration")
    } else {
        note.to_owned()
    }))
}

fn discovery_of(arguments: &TokenArgs, authorizer: &Authorizer<'_>) -> Known<Discovery> {
    if arguments.offline {
        return Known::Unread(Unread::new(ReasonCode::Offline, "--offline"));
    }
    let Some(jwt) = authorizer
        .jwt
        .filter(|_| authorizer.kind != Kind::AwsIam && authorizer.kind != Kind::None)
    else {
        return Known::Absent;
    };
    if jwt.private_endpoint {
        return Known::Unread(Unread::new(
            ReasonCode::Unsupported,
            "it is reached over a privateEndpoint, which cannot be followed from here",
        ));
    }
    let Some(url) = &jwt.discovery_url else {
        return Known::Absent;
    };
    let options = FetchOptions {
        allow_private: arguments.allow_private_issuer,
    };
    discovery::collect(&[url.value.clone()].into(), options)
        .remove(&url.value)
        .unwrap_or(Known::Absent)
}

/// The authorizer that was named; without a name the only one, or the only one of JWTs.
fn pick<'a>(
    arguments: &TokenArgs,
    project: &'a Project,
) -> Result<(Authorizer<'a>, Vec<String>), Failure> {
    let all = authorizer::all(project);
    let is_gateway =
        |authorizer: &Authorizer<'_>| authorizer.resource.kind == ResourceType::Gateway;
    let wanted = arguments
        .runtime
        .as_ref()
        .map(|name| (name, false))
        .or(arguments.gateway.as_ref().map(|name| (name, true)));
    let listed = |gateways: Option<bool>| {
        let names: Vec<String> = all
            .iter()
            .filter(|authorizer| gateways.is_none_or(|gateways| is_gateway(authorizer) == gateways))
            .map(|authorizer| match gateways {
                Some(_) => authorizer.resource.name.clone(),
                None if is_gateway(authorizer) => {
                    format!("--gateway {}", shell::quote(&authorizer.resource.name))
                }
                None => format!("--runtime {}", shell::quote(&authorizer.resource.name)),
            })
            .collect();
        names.join(", ")
    };
    if let Some((name, gateway)) = wanted {
        let found = all.iter().find(|authorizer| {
            is_gateway(authorizer) == gateway && authorizer.resource.name == *name
        });
        return found
            .cloned()
            .map(|authorizer| (authorizer, Vec::new()))
            .ok_or_else(|| {
                let kind = if gateway {
                    "gateway"
                } else {
                    "runtime or harness"
                };
                Failure::new(format!("{} has no {kind} {name:?}", project.display_name()))
                    .help(format!("there are: {}", listed(Some(gateway))))
            });
    }
    let jwt: Vec<&Authorizer<'_>> = all
        .iter()
        .filter(|authorizer| authorizer.kind == Kind::CustomJwt)
        .collect();
    match (all.as_slice(), jwt.as_slice()) {
        ([only], _) => Ok((only.clone(), Vec::new())),
        (_, [only]) => Ok(((*only).clone(), vec![format!("{} is the only one that validates JWTs, so it was asked", only.resource)])),
        ([], _) => Err(Failure::new("the project has no runtime, harness or gateway").help("add one with `agentcore add agent`, or run outside of the project to only decode the token")),
        _ => Err(Failure::new("several runtimes or gateways could be meant").help(format!("name one: {}", listed(None)))),
    }
}
