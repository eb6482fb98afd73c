//! Where a key belongs that stands where the CLI does not know it.

use super::fault::join;
use super::shape::{List, Object, Shape};
use super::words::{nearest, plain};
use crate::model::json::{Json, Node};

/// What is known of a key that the CLI does not know where it stands.
pub(super) enum Meant {
    /// Another name for a key of the same object, as other tools call it.
    Foreign(&'static str),
    /// A key of the same object, mistyped.
    Near(&'static str),
    /// A key of another level, with the path from here.
    Below(String),
    /// A key of the object around this one.
    Above(&'static str),
    /// An object that holds these keys, which belong beside it.
    Beside(Vec<&'static str>),
}

/// Keys of the API, of the starter toolkit and of AWS Lambda, with what `agentcore.json` calls them.
const FOREIGN: [(&str, &str); 29] = [
    ("roleArn", "executionRoleArn"),
    ("executionRole", "executionRoleArn"),
    ("environmentVariables", "envVars"),
    ("environment", "envVars"),
    ("env", "envVars"),
    ("networkConfiguration", "networkConfig"),
    ("networkModeConfig", "networkConfig"),
    ("vpcConfig", "networkConfig"),
    ("subnetIds", "subnets"),
    ("securityGroupIds", "securityGroups"),
    ("protocolConfiguration", "protocol"),
    ("serverProtocol", "protocol"),
    ("authorizerConfig", "authorizerConfiguration"),
    ("lifecycleConfig", "lifecycleConfiguration"),
    ("lifecycle", "lifecycleConfiguration"),
    ("idleTimeout", "idleRuntimeSessionTimeout"),
    ("idleSessionTimeout", "idleRuntimeSessionTimeout"),
    ("idleTimeoutSeconds", "idleRuntimeSessionTimeout"),
    ("maxLifetimeSeconds", "maxLifetime"),
    ("requestHeaderConfiguration", "requestHeaderAllowlist"),
    ("filesystemConfig", "filesystemConfigurations"),
    ("filesystem", "filesystemConfigurations"),
    ("policies", "additionalPolicies"),
    ("pythonVersion", "runtimeVersion"),
    ("runtimeType", "runtimeVersion"),
    ("runtime", "runtimeVersion"),
    ("memoryStrategies", "strategies"),
    ("eventExpiryDays", "eventExpiryDuration"),
    ("kmsKeyArn", "encryptionKeyArn"),
];
/// Keys that so many things have that one of a newer CLI may be called so anywhere.
const COMMON: [&str; 18] = [
    "name",
    "description",
    "version",
    "type",
    "tags",
    "mode",
    "value",
    "path",
    "key",
    "id",
    "arn",
    "auth",
    "config",
    "model",
    "url",
    "endpoint",
    "enabled",
    "provider",
];
/// Levels below an object that are looked through.
const DEPTH: usize = 4;

/// What a key may mean that an object does not know; `around` is the object that this one is a member of.
pub(super) fn meant(
    key: &str,
    value: &Node,
    node: &Node,
    object: &'static Object,
    around: Option<&'static Object>,
) -> Option<Meant> {
    let other = FOREIGN.iter().find(|(other, _)| plain(other) == plain(key));
    let other = other.map(|(_, meant)| *meant);
    if let Some(meant) = other.and_then(|meant| known(object, meant)) {
        return Some(Meant::Foreign(meant));
    }
    let absent = object.fields.iter().map(|field| field.key);
    let absent = absent.filter(|known| node.member(known).is_none());
    let below = below(object);
    let is_common = COMMON.contains(&plain(key).as_str());
    let exact = || {
        let wanted = other.unwrap_or(key);
        below.iter().find_map(|place| place.of(wanted))
    };
    let above = || known(around?, key).map(Meant::Above);
    let elsewhere = || exact().map(Meant::Below).or_else(above);
    (!is_common)
        .then(elsewhere)
        .flatten()
        .or_else(|| nearest(key, absent).map(Meant::Near))
        .or_else(|| held(value, object, &below))
}

/// The key of an object that is written so, but for case and separators.
fn known(object: &'static Object, key: &str) -> Option<&'static str> {
    let mut keys = object.fields.iter().map(|field| field.key);
    keys.find(|known| plain(known) == plain(key))
}

/// An object below another, with the path to it.
struct Place {
    path: String,
    object: &'static Object,
    /// It is an entry of a list.
    listed: bool,
}

impl Place {
    /// The path of a key of the object. Of entries of lists only names of several words tell which key is meant.
    fn of(&self, key: &str) -> Option<String> {
        let telling = !self.listed || key.contains(|c: char| c.is_uppercase() || c == '_');
        let key = known(self.object, key).filter(|_| telling)?;
        Some(join(&self.path, key))
    }

    /// The key of the outermost object or list on the way.
    fn first(&self) -> &str {
        let end = self.path.find(['.', '[']).unwrap_or(self.path.len());
        &self.path[..end]
    }
}

/// The objects below one.
fn below(object: &'static Object) -> Vec<Place> {
    let mut found = Vec::new();
    descend(object, "", (false, DEPTH), &mut found);
    found
}

fn descend(
    object: &'static Object,
    path: &str,
    (listed, depth): (bool, usize),
    found: &mut Vec<Place>,
) {
    if depth == 0 {
        return;
    }
    for field in object.fields {
        let mut open = vec![(&field.shape, join(path, field.key), listed)];
        while let Some((shape, path, listed)) = open.pop() {
            match shape {
                Shape::Object(object) => {
                    found.push(Place {
                        path: path.clone(),
                        object,
                        listed,
                    });
                    descend(object, &path, (listed, depth - 1), found);
                }
                Shape::List(List { item, .. }) => open.push((item, format!("{path}[]"), true)),
                Shape::Either(shapes) => {
                    open.extend(shapes.iter().map(|shape| (shape, path.clone(), listed)));
                }
                _ => {}
            }
        }
    }
}

/// What an object under an unknown key means by what it holds: keys of the object that it stands in, or those of one below.
fn held(value: &Node, object: &'static Object, below: &[Place]) -> Option<Meant> {
    let Json::Object(members) = &value.value else {
        return None;
    };
    let telling = |key: &str| !COMMON.contains(&plain(key).as_str());
    let all = |of: &'static Object| {
        let mut keys = members.iter().map(|member| &*member.key);
        members.iter().any(|member| telling(&member.key))
            && keys.all(|key| known(of, key).is_some())
    };
    if all(object) {
        let keys = members.iter();
        let keys = keys.filter_map(|member| known(object, &member.key));
        return Some(Meant::Beside(keys.collect()));
    }
    let place = below.iter().find(|place| all(place.object))?;
    known(object, place.first()).map(Meant::Foreign)
}
