//! Reads live AWS through the official SDK: one file per service, calls side by side, only Get, List, Describe and
//! the policy simulator, which changes nothing. Services of which few operations are read have no generated client; see [`Reads`].
//!
//! A call that fails leaves its one value unread and the run goes on; see [`fault`] for how failures are told apart.

mod credentials;
mod document;
mod ecr;
mod endpoints;
mod events;
pub mod fault;
mod gateways;
mod iam;
mod lambda;
mod logs;
mod operations;
mod permissions;
mod platform;
mod quotas;
mod raw;
mod reads;
mod resources;
mod runtimes;
mod scope;
mod session;
mod shapes;
mod simulate;
pub mod snapshot;
mod trails;
mod xray;

pub use permissions::{ACTIONS, policy};
pub use reads::Reads;
pub use scope::{Ids, Scope};
pub use session::{Clients, OVERALL, PER_CALL, Session};

use std::collections::{BTreeMap, BTreeSet};

use crate::model::aws::{AwsState, Question, Role, Simulation};
use crate::model::known::{Known, ReasonCode, Unread};
use crate::model::project::{Project, Target};
use fault::Fault;

/// Whose account to read, and how.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The project.
    pub project: &'a Project,
    /// The deployment target that is looked at.
    pub target: Option<&'a Target>,
    /// `--profile`.
    pub profile: Option<String>,
    /// `--region`.
    pub region: Option<String>,
    /// `--endpoint-url`.
    pub endpoint_url: Option<String>,
    /// `--live`: AWS evidence is required.
    pub live: bool,
    /// Show a progress line when standard error is a terminal.
    pub progress: bool,
}

/// Reads the AWS state of a project. Without `live` nothing is asked of AWS, credentials included, unless the project names
/// something there.
pub fn collect(request: &Request<'_>) -> Known<AwsState> {
    let scope = Scope::new(request.project, request.target);
    if !request.live && !scope.names_something() {
        return Known::Unread(
            Unread::new(
                ReasonCode::Offline,
                "AWS was not read: nothing is deployed yet, and no executionRoleArn is set",
            )
            .flag("--live"),
        );
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => match runtime.block_on(connect(request, scope)) {
            Ok(state) => Known::Read(state),
            Err(reason) => Known::Unread(reason),
        },
        Err(error) => Known::Unread(Unread::new(
            ReasonCode::Unreachable,
            format!("the asynchronous runtime could not be started: {error}"),
        )),
    }
}

/// Asks IAM's policy simulator about roles, by their ARNs.
pub fn simulate(
    request: &Request<'_>,
    questions: &BTreeMap<String, Vec<Question>>,
) -> BTreeMap<String, Known<Vec<Simulation>>> {
    let unread = |reason: Unread| {
        let roles = questions.keys().cloned();
        roles
            .map(|role| (role, Known::Unread(reason.clone())))
            .collect()
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let Ok(runtime) = runtime else {
        let message = "the asynchronous runtime could not be started";
        return unread(Unread::new(ReasonCode::Unreachable, message));
    };
    let scope = Scope::new(request.project, request.target);
    runtime.block_on(async {
        let (session, _) = match open(request, &scope).await {
            Ok(opened) => opened,
            Err(reason) => return unread(reason),
        };
        // What is read was read before: this has the time of one call.
        let session = session.within(PER_CALL);
        let answers = simulate::simulate(&session, questions).await;
        session.finish();
        answers
    })
}

/// A session, and the Region that it is for.
async fn open(request: &Request<'_>, scope: &Scope) -> Result<(Session, String), Unread> {
    let region = request.region.clone().or_else(|| scope.region.clone());
    let config = credentials::load(request, region.as_deref()).await?;
    let region = config.region().map(ToString::to_string).unwrap_or_default();
    Ok((
        Session::new(Clients::new(&config), request.progress),
        region,
    ))
}

async fn connect(request: &Request<'_>, scope: Scope) -> Result<AwsState, Unread> {
    let (session, region) = open(request, &scope).await?;
    let state = read(&session, &scope, &region).await;
    session.finish();
    state
}

/// Reads everything for `scope`.
///
/// # Errors
/// When the credentials are refused, or belong to another account than the one that the project is deployed to.
pub async fn read(session: &Session, scope: &Scope, region: &str) -> Result<AwsState, Unread> {
    let identity = session
        .call(
            "sts:GetCallerIdentity",
            session.clients.sts.get_caller_identity().send(),
        )
        .await
        .map_err(|fault| fault.into_unread("caller"))?;
    let account = identity.account().unwrap_or_default().to_owned();
    if let Some(expected) = scope
        .account
        .as_ref()
        .filter(|expected| **expected != account)
    {
        return Err(Unread::new(
            ReasonCode::Denied,
            format!(
                "the credentials belong to account {account}, \
                 the project's target is account {expected}"
            ),
        )
        .flag("--profile"));
    }
    let (principals, agentcore, events, trails, destination, indexing, quotas) = tokio::join!(
        iam::account(session),
        agentcore(session, scope),
        events::rules(session, &account, region),
        trails::trails(session),
        xray::destination(session),
        xray::indexing_rules(session),
        quotas::quotas(session),
    );
    let mut state = AwsState {
        partition: identity
            .arn()
            .and_then(|arn| arn.split(':').nth(1))
            .map(str::to_owned),
        region: Some(region.to_owned()),
        event_rules: events,
        trails,
        trace_destination: destination,
        indexing_rules: indexing,
        quotas,
        ..agentcore
    };
    let arns = role_arns(scope, &state);
    let (own, foreign): (BTreeSet<_>, BTreeSet<_>) = arns
        .into_iter()
        .partition(|arn| arn.split(':').nth(4) == Some(account.as_str()));
    state.account = Some(account);
    state.roles = roles(session, &principals, &own).await;
    state.roles.extend(foreign.into_iter().map(|arn| {
        let message = format!("{arn} is no role of the account that was read");
        (
            arn,
            Known::Unread(Unread::new(ReasonCode::Unsupported, message)),
        )
    }));
    state.principals = fault::known(principals.map(|account| account.principals()));
    Ok(state)
}

async fn roles(
    session: &Session,
    account: &Result<iam::Account, Fault>,
    arns: &BTreeSet<String>,
) -> BTreeMap<String, Known<Role>> {
    match account {
        Ok(account) => {
            let mut roles = arns
                .iter()
                .map(|arn| (arn.clone(), account.role(arn)))
                .collect();
            iam::complete(session, &mut roles).await;
            roles
        }
        // The account's pages are denied more often than a look at single roles.
        Err(_) => iam::roles(session, arns).await,
    }
}

/// What the control plane of AgentCore says.
async fn agentcore(session: &Session, scope: &Scope) -> AwsState {
    let (
        runtimes,
        harnesses,
        gateways,
        memories,
        policy_engines,
        online_evals,
        credential_providers,
    ) = tokio::join!(
        runtimes::runtimes(session, scope),
        runtimes::harnesses(session, scope),
        gateways::gateways(session, scope),
        resources::memories(session, scope),
        resources::policy_engines(session, scope),
        resources::online_evals(session, scope),
        resources::credential_providers(session),
    );
    AwsState {
        runtimes,
        harnesses,
        gateways,
        memories,
        policy_engines,
        online_evals,
        credential_providers,
        ..AwsState::default()
    }
}

/// Every role of the project: named by its files, or by what is deployed.
fn role_arns(scope: &Scope, state: &AwsState) -> BTreeSet<String> {
    let mut arns = scope.role_arns.clone();
    arns.extend(
        state
            .runtimes
            .values()
            .filter_map(Known::read)
            .map(|runtime| runtime.role_arn.clone()),
    );
    arns.extend(
        state
            .harnesses
            .values()
            .filter_map(Known::read)
            .map(|harness| harness.role_arn.clone()),
    );
    arns.extend(
        state
            .gateways
            .values()
            .filter_map(Known::read)
            .filter_map(|gateway| gateway.role_arn.clone()),
    );
    arns.extend(
        state
            .memories
            .values()
            .filter_map(Known::read)
            .filter_map(|memory| memory.role_arn.clone()),
    );
    if let Known::Read(evals) = &state.online_evals {
        arns.extend(
            evals
                .values()
                .filter_map(Known::read)
                .filter_map(|eval| eval.role_arn.clone()),
        );
    }
    arns.retain(|arn| arn.split(':').nth(2) == Some("iam"));
    arns
}
