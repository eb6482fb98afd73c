//! The `Condition` element: operators, and their evaluation against what is known of a request.
//!
//! Operators: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>;
//! several values: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html>.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::comparison::{Comparison, compare_values};
use super::document::list_value;
use super::glob::Variable;
use super::truth::Truth;

/// How the values of a multivalued key are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantifier {
    /// `ForAnyValue:`.
    Any,
    /// `ForAllValues:`.
    All,
}

/// A condition operator, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// As it stands in the policy.
    pub text: String,
    /// `ForAnyValue:` or `ForAllValues:`.
    pub quantifier: Option<Quantifier>,
    /// `…IfExists`: holds where the key is missing.
    pub if_exists: bool,
    /// What is compared and how; `None` for an operator that is not known here.
    pub comparison: Option<Comparison>,
    /// `…Not…`: the comparison is turned round.
    pub negated: bool,
}

/// One condition: operator, key and values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The operator.
    pub operator: Operator,
    /// The condition key, as written; letter case does not matter.
    pub key: String,
    /// The values; any of them may match.
    pub values: Vec<String>,
}

/// What is known of one key of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// The key has these values.
    Present(Vec<String>),
    /// The request carries no such key.
    Absent,
}

/// What is known of a request's keys. A key that is not mentioned is unknown, or absent in a closed context.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestContext {
    keys: BTreeMap<String, KeyState>,
    closed: bool,
}

impl RequestContext {
    /// Nothing is known.
    pub fn open() -> Self {
        Self::default()
    }

    /// Keys that are not mentioned are not in the request.
    pub fn closed() -> Self {
        Self {
            keys: BTreeMap::new(),
            closed: true,
        }
    }

    /// A key with one value.
    #[must_use]
    pub fn with(self, key: &str, value: impl Into<String>) -> Self {
        self.with_all(key, [value.into()])
    }

    /// A key with several values.
    #[must_use]
    pub fn with_all(mut self, key: &str, values: impl IntoIterator<Item = String>) -> Self {
        self.keys.insert(
            key.to_ascii_lowercase(),
            KeyState::Present(values.into_iter().collect()),
        );
        self
    }

    /// A key that the request does not carry.
    #[must_use]
    pub fn without(mut self, key: &str) -> Self {
        self.keys.insert(key.to_ascii_lowercase(), KeyState::Absent);
        self
    }

    /// What is known of a key, `None` for nothing.
    pub fn get(&self, key: &str) -> Option<&KeyState> {
        let known = self.keys.get(&key.to_ascii_lowercase());
        if known.is_none() && self.closed {
            Some(&KeyState::Absent)
        } else {
            known
        }
    }

    /// The value of a policy variable: that of its key, where it has exactly one.
    pub fn variable(&self, key: &str) -> Variable {
        match self.get(key) {
            Some(KeyState::Present(values)) => match values.as_slice() {
                [single] => Variable::Value(single.clone()),
                _ => Variable::Absent,
            },
            Some(KeyState::Absent) => Variable::Absent,
            None => Variable::Unknown,
        }
    }
}

impl Operator {
    /// Takes an operator apart. Names are compared without regard to letter case.
    pub fn parse(text: &str) -> Self {
        let lower = text.trim().to_ascii_lowercase();
        let (quantifier, name) = match lower.split_once(':') {
            Some(("foranyvalue", name)) => (Some(Quantifier::Any), name),
            Some(("forallvalues", name)) => (Some(Quantifier::All), name),
            _ => (None, lower.as_str()),
        };
        let (name, if_exists) = match name.strip_suffix("ifexists") {
            Some(name) => (name, true),
            None => (name, false),
        };
        let known = Comparison::parse(name);
        let negated = known.is_some_and(|(_, negated)| negated);
        let comparison = known.map(|(comparison, _)| comparison);
        Self {
            text: text.to_owned(),
            quantifier,
            if_exists,
            comparison,
            negated,
        }
    }
}

impl Condition {
    /// True where the condition is on this key.
    pub fn is_on(&self, key: &str) -> bool {
        self.key.eq_ignore_ascii_case(key)
    }

    /// Whether it holds for a request.
    pub fn evaluate(&self, context: &RequestContext) -> Truth {
        let Some(comparison) = self.operator.comparison else {
            return Truth::Unknown;
        };
        let state = context.get(&self.key);
        if comparison == Comparison::Null {
            let Some(state) = state else {
                return Truth::Unknown;
            };
            let absent = *state == KeyState::Absent;
            return self
                .values
                .iter()
                .any(|value| value.eq_ignore_ascii_case("true") == absent)
                .into();
        }
        let present = match state {
            None => return self.when_unknown(),
            Some(KeyState::Absent) => return self.when_missing(),
            Some(KeyState::Present(values)) if values.is_empty() => return self.when_missing(),
            Some(KeyState::Present(values)) => values,
        };
        let matches = |value: &String| {
            let any = Truth::any(
                self.values
                    .iter()
                    .map(|pattern| compare_values(comparison, pattern, value, context)),
            );
            if self.operator.negated { !any } else { any }
        };
        match self.operator.quantifier {
            Some(Quantifier::All) => Truth::all(present.iter().map(matches)),
            Some(Quantifier::Any) => Truth::any(present.iter().map(matches)),
            // A key that has several values where one is meant: negated operators want none of them.
            None if self.operator.negated => Truth::all(present.iter().map(matches)),
            None => Truth::any(present.iter().map(matches)),
        }
    }

    /// A missing key fails a condition, but for negated and `IfExists` operators and for `ForAllValues`.
    fn when_missing(&self) -> Truth {
        if self.operator.if_exists {
            return Truth::True;
        }
        match self.operator.quantifier {
            Some(Quantifier::All) => Truth::True,
            Some(Quantifier::Any) => Truth::False,
            None => self.operator.negated.into(),
        }
    }

    /// `StringLike *` with `IfExists` holds whatever the key is; anything else depends on it.
    fn when_unknown(&self) -> Truth {
        let wild = self.values.iter().any(|value| value == "*");
        let likes = matches!(
            self.operator.comparison,
            Some(Comparison::StringLike | Comparison::Arn)
        );
        let always = likes && wild && !self.operator.negated && self.when_missing().holds();
        if always { Truth::True } else { Truth::Unknown }
    }

    /// Reads the `Condition` element: operator, key, value or values.
    pub(super) fn parse_all(value: Option<&Value>) -> Result<Vec<Self>, String> {
        let Some(value) = value else {
            return Ok(Vec::new());
        };
        let object = value.as_object().ok_or("Condition is not an object")?;
        let mut conditions = Vec::new();
        for (operator, keys) in object {
            let keys = keys
                .as_object()
                .ok_or_else(|| format!("Condition {operator} is not an object"))?;
            for (key, values) in keys {
                let values = scalars(values)
                    .ok_or_else(|| format!("Condition {operator} {key} has no usable value"))?;
                conditions.push(Self {
                    operator: Operator::parse(operator),
                    key: key.clone(),
                    values,
                });
            }
        }
        Ok(conditions)
    }

    /// The conditions as a `Condition` element.
    pub(super) fn all_to_value(conditions: &[Self]) -> Value {
        let mut object = Map::new();
        for condition in conditions {
            let keys = object
                .entry(condition.operator.text.clone())
                .or_insert_with(|| Value::Object(Map::new()));
            if let Some(keys) = keys.as_object_mut() {
                keys.insert(condition.key.clone(), list_value(&condition.values));
            }
        }
        Value::Object(object)
    }
}

/// A string, number or boolean, or a list of them, as strings.
fn scalars(value: &Value) -> Option<Vec<String>> {
    let scalar = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    match value {
        Value::Array(list) => list.iter().map(scalar).collect(),
        single => scalar(single).map(|text| vec![text]),
    }
}
