//! Resolution of intrinsic functions, bounded in depth, steps and size, so that a hostile template costs little.

use std::cell::Cell;

use serde_json::{Map, Value};

use super::{Template, shapes};
use crate::iam::arn::segments;

/// Deepest nesting that is followed, references from resource to resource included.
const DEEPEST: usize = 64;
/// Most values that are visited for one resolution.
const MOST_STEPS: u32 = 20_000;
/// Longest text that is built, in bytes; far over the 10,240 characters of a role's policies.
const LONGEST: usize = 65_536;
/// Stands for what cannot be told; it equals nothing, itself included.
pub(super) const UNRESOLVED: &str = "${Unresolved}";

/// One resolution.
pub(super) struct Resolver<'t, 'a> {
    pub(super) template: &'t Template<'a>,
    steps: Cell<u32>,
}

impl<'t, 'a> Resolver<'t, 'a> {
    pub(super) fn new(template: &'t Template<'a>) -> Self {
        Self {
            template,
            steps: Cell::new(MOST_STEPS),
        }
    }

    /// False once the resolution has gone too deep or too far.
    pub(super) fn step(&self, depth: usize) -> bool {
        let left = self.steps.get();
        self.steps.set(left.saturating_sub(1));
        left > 0 && depth < DEEPEST
    }

    /// The value with everything in it resolved; `None` for `AWS::NoValue`.
    pub(super) fn value(&self, value: &Value, depth: usize) -> Option<Value> {
        if !self.step(depth) {
            return Some(Value::from(UNRESOLVED));
        }
        match value {
            Value::Array(list) => Some(Value::Array(self.list(list, depth))),
            Value::Object(object) => match intrinsic(object) {
                Some((name, argument)) => self.call(name, argument, depth),
                None => {
                    let entries = object.iter();
                    let resolved = entries.filter_map(|(key, value)| {
                        Some((key.clone(), self.value(value, depth + 1)?))
                    });
                    Some(Value::Object(resolved.collect()))
                }
            },
            scalar => Some(scalar.clone()),
        }
    }

    /// A list; what both branches of an undecided `Fn::If` hold is put in.
    fn list(&self, list: &[Value], depth: usize) -> Vec<Value> {
        let mut resolved = Vec::with_capacity(list.len());
        for item in list {
            let branches = item
                .as_object()
                .and_then(intrinsic)
                .is_some_and(|(name, _)| name == "Fn::If");
            match self.value(item, depth + 1) {
                Some(Value::Array(both)) if branches => resolved.extend(both),
                Some(value) => resolved.push(value),
                None => {}
            }
        }
        resolved
    }

    /// A value as one string; `None` where it is a list, an object or nothing.
    pub(super) fn text(&self, value: &Value, depth: usize) -> Option<String> {
        let call = value.as_object().and_then(intrinsic);
        if let Some(("Fn::If", argument)) = call {
            return match self.branches(argument, depth)?.as_slice() {
                [single] => self.text(single, depth + 1),
                [one, two] => {
                    let (one, two) = (self.text(one, depth + 1), self.text(two, depth + 1));
                    if one == two {
                        one
                    } else {
                        Some(UNRESOLVED.to_owned())
                    }
                }
                _ => None,
            };
        }
        match self.value(value, depth)? {
            Value::String(text) => Some(text),
            Value::Bool(flag) => Some(flag.to_string()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    fn call(&self, name: &str, argument: &Value, depth: usize) -> Option<Value> {
        let text =
            |text: Option<String>| Some(Value::from(text.unwrap_or_else(|| unresolved(name))));
        match name {
            "Ref" => self.call_ref(argument.as_str()?, depth),
            "Fn::GetAtt" => text(self.call_get_att(argument, depth)),
            "Fn::Join" => text(self.join(argument, depth)),
            "Fn::Sub" => text(self.sub(argument, depth)),
            "Fn::Select" => text(self.select(argument, depth)),
            "Fn::Split" => Some(
                self.split(argument, depth)
                    .unwrap_or_else(|| Value::from(unresolved(name))),
            ),
            "Fn::If" => self.either(argument, depth),
            "Fn::ImportValue" => text(
                self.text(argument, depth + 1)
                    .map(|name| format!("${{Import.{}}}", plain(&name))),
            ),
            "Fn::FindInMap" => Some(
                self.find_in_map(argument, depth)
                    .unwrap_or_else(|| Value::from(unresolved(name))),
            ),
            other => Some(Value::from(unresolved(other))),
        }
    }

    fn call_ref(&self, name: &str, depth: usize) -> Option<Value> {
        if name == "AWS::NoValue" {
            return None;
        }
        if let Some(parameter) = self
            .template
            .section("Parameters")
            .and_then(|all| all.get(name))
        {
            return Some(self.parameter(name, parameter));
        }
        Some(Value::from(self.reference(name, depth)))
    }

    /// What `Ref` gives for a pseudo parameter or a resource.
    pub(super) fn reference(&self, name: &str, depth: usize) -> String {
        let known = &self.template.environment;
        let value = match name {
            "AWS::Partition" => known.partition.clone(),
            "AWS::AccountId" => known.account.clone(),
            "AWS::Region" => known.region.clone(),
            "AWS::URLSuffix" => known.partition.as_deref().map(|partition| match partition {
                "aws-cn" => "amazonaws.com.cn".to_owned(),
                _ => "amazonaws.com".to_owned(),
            }),
            _ => self
                .step(depth)
                .then(|| shapes::expand(self, name, "Ref", depth + 1))
                .flatten(),
        };
        value.unwrap_or_else(|| symbol(name))
    }

    /// What `Fn::GetAtt` gives for a resource.
    pub(super) fn attribute(&self, logical_id: &str, attribute: &str, depth: usize) -> String {
        let known = self
            .step(depth)
            .then(|| shapes::expand(self, logical_id, attribute, depth + 1))
            .flatten();
        known.unwrap_or_else(|| symbol(&format!("{logical_id}.{attribute}")))
    }

    /// A given value, else a default that the deploy takes when none is given; a name in the parameter store is not its value.
    fn parameter(&self, name: &str, parameter: &Value) -> Value {
        let kind = parameter
            .get("Type")
            .and_then(Value::as_str)
            .unwrap_or("String");
        let given = self.template.environment.parameters.get(name).cloned();
        let default = || match parameter.get("Default") {
            Some(Value::String(text)) if !kind.starts_with("AWS::SSM::") => Some(text.clone()),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        };
        match given.or_else(default) {
            Some(text) if kind == "CommaDelimitedList" || kind.starts_with("List<") => text
                .split(',')
                .map(|item| Value::from(item.trim()))
                .collect(),
            Some(text) => Value::from(text),
            None => Value::from(symbol(name)),
        }
    }

    fn call_get_att(&self, argument: &Value, depth: usize) -> Option<String> {
        match argument {
            Value::String(text) => {
                let (id, attribute) = text.split_once('.')?;
                Some(self.attribute(id, attribute, depth))
            }
            Value::Array(parts) => {
                let id = parts.first()?.as_str()?;
                Some(self.attribute(id, &self.text(parts.get(1)?, depth + 1)?, depth))
            }
            _ => None,
        }
    }

    fn join(&self, argument: &Value, depth: usize) -> Option<String> {
        let delimiter = argument.get(0)?.as_str()?;
        let list = argument.get(1)?;
        let resolved;
        let items = match list {
            Value::Array(items) => items,
            other => {
                resolved = self.value(other, depth + 1)?;
                resolved.as_array()?
            }
        };
        let mut joined = String::new();
        let mut first = true;
        for item in items {
            let no_value = item.get("Ref").and_then(Value::as_str) == Some("AWS::NoValue");
            if no_value {
                continue;
            }
            if !first {
                joined.push_str(delimiter);
            }
            first = false;
            joined.push_str(
                &self
                    .text(item, depth + 1)
                    .unwrap_or_else(|| UNRESOLVED.to_owned()),
            );
            if joined.len() > LONGEST {
                return None;
            }
        }
        Some(joined)
    }

    fn sub(&self, argument: &Value, depth: usize) -> Option<String> {
        let none = Map::new();
        let (text, names) = match argument {
            Value::String(text) => (text.as_str(), &none),
            Value::Array(parts) => (
                parts.first()?.as_str()?,
                parts.get(1).and_then(Value::as_object).unwrap_or(&none),
            ),
            _ => return None,
        };
        let mut result = String::new();
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            result.push_str(&rest[..start]);
            let inner = &rest[start + 2..];
            let Some(end) = inner.find('}') else {
                rest = &rest[start..];
                break;
            };
            let name = inner[..end].trim();
            rest = &inner[end + 1..];
            match (name.strip_prefix('!'), names.get(name)) {
                (Some(literal), _) => result.push_str(&symbol(literal)),
                (None, Some(value)) => {
                    result.push_str(
                        &self
                            .text(value, depth + 1)
                            .unwrap_or_else(|| UNRESOLVED.to_owned()),
                    );
                }
                (None, None) => result.push_str(&self.named(name, depth)),
            }
            if result.len() > LONGEST {
                return None;
            }
        }
        result.push_str(rest);
        Some(result)
    }

    /// `${Name}` and `${Name.Attribute}` of an `Fn::Sub`.
    fn named(&self, name: &str, depth: usize) -> String {
        match name.split_once('.') {
            Some((id, attribute)) => self.attribute(id, attribute, depth + 1),
            None => match self.call_ref(name, depth + 1) {
                Some(Value::String(text)) => text,
                _ => UNRESOLVED.to_owned(),
            },
        }
    }

    fn select(&self, argument: &Value, depth: usize) -> Option<String> {
        let index: usize = self.text(argument.get(0)?, depth + 1)?.parse().ok()?;
        let list = self.value(argument.get(1)?, depth + 1)?;
        list.as_array()?.get(index)?.as_str().map(str::to_owned)
    }

    /// Splits a text, symbols being taken as whole: an id that the deploy gives holds no delimiter.
    fn split(&self, argument: &Value, depth: usize) -> Option<Value> {
        let delimiter = argument.get(0)?.as_str()?;
        let text = self.text(argument.get(1)?, depth + 1)?;
        let mut letters = delimiter.chars();
        let pieces: Vec<&str> = match (letters.next(), letters.next()) {
            (Some(letter), None) => segments(&text, letter, usize::MAX),
            (Some(_), Some(_)) if !text.contains("${") => text.split(delimiter).collect(),
            _ => return None,
        };
        // An attribute that is wholly unknown may well hold the delimiter.
        if let [single] = pieces.as_slice()
            && single.starts_with("${")
        {
            return None;
        }
        Some(pieces.into_iter().map(Value::from).collect())
    }

    fn find_in_map(&self, argument: &Value, depth: usize) -> Option<Value> {
        let key = |index: usize| self.text(argument.get(index)?, depth + 1);
        let found = self
            .template
            .section("Mappings")?
            .get(&key(0)?)?
            .get(&key(1)?)?
            .get(&key(2)?)?;
        Some(found.clone())
    }
}

/// The intrinsic function that an object stands for: its only key.
pub(super) fn intrinsic(object: &Map<String, Value>) -> Option<(&str, &Value)> {
    let mut entries = object.iter();
    let (name, argument) = entries.next()?;
    let single = entries.next().is_none() && (name == "Ref" || name.starts_with("Fn::"));
    single.then_some((name.as_str(), argument))
}

/// `${name}`.
pub(super) fn symbol(name: &str) -> String {
    format!("${{{name}}}")
}

pub(super) fn unresolved(function: &str) -> String {
    symbol(&format!("Unresolved.{}", plain(function)))
}

/// A text without what a symbol's name must not hold.
fn plain(text: &str) -> String {
    text.chars()
        .map(|letter| {
            if letter.is_alphanumeric() || "._-".contains(letter) {
                letter
            } else {
                '-'
            }
        })
        .collect()
}
