//! Where the code that runs acts for a user by a name that nobody verified.

use crate::analysis::clients::users::{Use, uses};
use crate::context::Context;
use crate::model::project::Agent;
use crate::model::site::Site;

/// Where the code of an agent acts for users.
#[derive(Debug, Default)]
pub(super) struct Uses {
    /// It calls a runtime with a user id.
    pub(super) for_user: bool,
    /// It asks for a workload token by user id.
    pub(super) token: bool,
    /// The places.
    pub(super) sites: Vec<Site>,
}

impl Uses {
    /// Whether it does either.
    pub(super) fn any(&self) -> bool {
        self.for_user || self.token
    }
}

/// Places in the code that runs which pass a runtime user id, or get a workload access token for a user id. They need
/// `InvokeAgentRuntimeForUser` and `GetWorkloadAccessTokenForUserId`; reading the header of one's own caller does not.
pub(super) fn delegation_uses(context: &Context, agent: Agent<'_>) -> Uses {
    let mut found = Uses::default();
    let source = &context.source;
    let Some(code) = source.runtime(agent.name()) else {
        return found;
    };
    for module in code.reachable.iter().filter_map(|&id| source.module(id)) {
        for (range, what) in uses(source, module) {
            found.for_user |= what == Use::UserId;
            found.token |= what == Use::Token;
            found.sites.push(module.site(range));
        }
    }
    found
}
