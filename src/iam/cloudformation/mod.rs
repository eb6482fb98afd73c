//! A synthesized CloudFormation template: its intrinsic functions resolved as far as that is possible before a deploy.
//!
//! What the deploy will decide stays symbolic: `${LogicalId}` is a resource's physical id or name, `${LogicalId.Attribute}` one of its
//! attributes, `${AWS::Region}` a pseudo parameter that is not known, `${Unresolved…}` something that equals nothing else.
//! Intrinsics: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>.

mod conditions;
mod intrinsics;
mod roles;
mod shapes;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

pub use roles::TemplateRole;

/// Where the template will be deployed, as far as that is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: Option<String>,
    /// The account id.
    pub account: Option<String>,
    /// The Region.
    pub region: Option<String>,
    /// Values of the template's parameters that are known to be given.
    pub parameters: BTreeMap<String, String>,
}

impl Environment {
    /// An account and a Region; the partition follows from the Region.
    pub fn new(account: Option<&str>, region: Option<&str>) -> Self {
        let partition = region.map(|region| match region {
            _ if region.starts_with("cn-") => "aws-cn".to_owned(),
            _ if region.starts_with("us-gov-") => "aws-us-gov".to_owned(),
            _ => "aws".to_owned(),
        });
        let own = |text: Option<&str>| text.map(str::to_owned);
        Self {
            partition,
            account: own(account),
            region: own(region),
            parameters: BTreeMap::new(),
        }
    }
}

/// A template and where it will be deployed.
#[derive(Clone, Debug)]
pub struct Template<'a> {
    root: &'a Value,
    environment: Environment,
}

impl<'a> Template<'a> {
    /// Wraps a parsed template. Any JSON is taken; what is not as it should be is treated as missing.
    pub fn new(root: &'a Value, environment: Environment) -> Self {
        Self { root, environment }
    }

    /// The resources by logical id, in the template's order.
    pub fn resources(&self) -> impl Iterator<Item = (&'a str, &'a Value)> + use<'a> {
        self.section("Resources")
            .into_iter()
            .flatten()
            .map(|(id, resource)| (id.as_str(), resource))
    }

    /// The resources of one type.
    pub fn of_type<'k>(
        &self,
        kind: &'k str,
    ) -> impl Iterator<Item = (&'a str, &'a Value)> + use<'a, 'k> {
        self.resources()
            .filter(move |(_, resource)| resource.get("Type").and_then(Value::as_str) == Some(kind))
    }

    /// One resource.
    pub fn resource(&self, logical_id: &str) -> Option<&'a Value> {
        self.section("Resources")?.get(logical_id)
    }

    /// A value with its intrinsics resolved; `None` for `AWS::NoValue`.
    ///
    /// Where an `Fn::If` cannot be decided, a list or a scalar becomes the list of what both branches hold, since either may be deployed.
    pub fn resolve(&self, value: &Value) -> Option<Value> {
        intrinsics::Resolver::new(self).value(value, 0)
    }

    /// A value resolved to one string, in part symbolic. `None` where it is not a scalar.
    pub fn text(&self, value: &Value) -> Option<String> {
        intrinsics::Resolver::new(self).text(value, 0)
    }

    /// What `Ref` gives for a resource.
    pub fn reference(&self, logical_id: &str) -> String {
        intrinsics::Resolver::new(self).reference(logical_id, 0)
    }

    /// What `Fn::GetAtt` gives.
    pub fn attribute(&self, logical_id: &str, attribute: &str) -> String {
        intrinsics::Resolver::new(self).attribute(logical_id, attribute, 0)
    }

    fn section(&self, name: &str) -> Option<&'a Map<String, Value>> {
        self.root.get(name)?.as_object()
    }
}
