//! Policy documents: identity, trust and resource policies in the JSON policy language.
//!
//! Grammar: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::condition::Condition;
use super::principal::PrincipalClause;
use super::{glob::Pattern, truth::Truth};

/// What is wrong with a policy document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// The text is not JSON, also after percent-decoding.
    #[error("the policy is not JSON: {0}")]
    NotJson(String),
    /// The document is not an object.
    #[error("the policy is not a JSON object")]
    NotAnObject,
    /// There is no `Statement`.
    #[error("the policy has no Statement")]
    NoStatement,
    /// The deploy refuses it.
    #[error("the deploy refuses the policy: {0}")]
    Refused(String),
    /// A statement is malformed.
    #[error("statement {label}: {problem}")]
    Statement {
        /// The statement's Sid or `#n`.
        label: String,
        /// What is wrong with it.
        problem: String,
    },
}

/// A parsed policy document. Serializes as the policy's own JSON.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document {
    /// `2012-10-17` or `2008-10-17`.
    pub version: Option<String>,
    /// The optional policy id.
    pub id: Option<String>,
    /// The statements, in order.
    pub statements: Vec<Statement>,
}

/// What a statement does with what it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Effect {
    /// Grants it.
    Allow,
    /// Forbids it, whatever else grants it.
    Deny,
}

/// A list of patterns, or everything but them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clause {
    /// `Action`, `Resource`.
    Only(Vec<String>),
    /// `NotAction`, `NotResource`.
    AllBut(Vec<String>),
}

/// One statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// The Sid, or `#n` (0-based) where there is none.
    pub label: String,
    /// The Sid.
    pub sid: Option<String>,
    /// Where it stands: a JSON pointer into the document, or into the template the document was read from.
    pub pointer: String,
    /// Allow or Deny.
    pub effect: Effect,
    /// Whom it concerns, in trust and resource policies.
    pub principal: Option<PrincipalClause>,
    /// The actions.
    pub action: Clause,
    /// The resources; `None` in trust policies.
    pub resource: Option<Clause>,
    /// All of them must hold.
    pub conditions: Vec<Condition>,
}

impl Clause {
    /// The patterns, whichever way they are meant.
    pub fn patterns(&self) -> &[String] {
        match self {
            Self::Only(patterns) | Self::AllBut(patterns) => patterns,
        }
    }

    /// Whether the clause takes in what `subject` stands for; `read` compiles a pattern, `None` where it can match nothing.
    pub fn compare(&self, subject: &Pattern, read: &dyn Fn(&str) -> Option<Pattern>) -> Truth {
        let any = |patterns: &[String]| {
            let patterns = patterns.iter().filter(|text| subject.may_meet(text));
            Truth::any(
                patterns
                    .filter_map(|text| read(text))
                    .map(|pattern| pattern.compare(subject)),
            )
        };
        match self {
            Self::Only(patterns) => any(patterns),
            // A variable without a value can make the statement invalid; it never excludes for sure what it might have named:
            // <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>
            Self::AllBut(patterns) => {
                let lost = |text: &&String| {
                    read(text).is_none() && Pattern::resource(text).intersects(subject)
                };
                if patterns.iter().any(|text| lost(&text)) {
                    Truth::False
                } else {
                    !any(patterns)
                }
            }
        }
    }
}

/// A clause whose patterns are read: what is compared with many others.
#[derive(Clone, Debug)]
pub(super) struct Compiled {
    patterns: Vec<Pattern>,
    /// True for `NotAction` and `NotResource`.
    all_but: bool,
}

impl Compiled {
    /// Reads the patterns of a clause.
    pub(super) fn of(clause: &Clause, read: fn(&str) -> Pattern) -> Self {
        Self {
            patterns: clause.patterns().iter().map(|text| read(text)).collect(),
            all_but: matches!(clause, Clause::AllBut(_)),
        }
    }

    /// Whether the clause takes in what `subject` stands for.
    pub(super) fn compare(&self, subject: &Pattern) -> Truth {
        let any = Truth::any(self.patterns.iter().map(|pattern| pattern.compare(subject)));
        if self.all_but { !any } else { any }
    }
}

impl Document {
    /// Reads a document.
    ///
    /// # Errors
    /// What is wrong with it. A document with one bad statement is refused as a whole, as IAM does.
    pub fn parse(value: &Value) -> Result<Self, DocumentError> {
        let object = value.as_object().ok_or(DocumentError::NotAnObject)?;
        let text = |key: &str| object.get(key).and_then(Value::as_str).map(str::to_owned);
        let statements = match object.get("Statement") {
            None | Some(Value::Null) => return Err(DocumentError::NoStatement),
            Some(Value::Array(list)) => list
                .iter()
                .enumerate()
                .map(|(index, statement)| {
                    Statement::parse(statement, index, format!("/Statement/{index}"))
                })
                .collect::<Result<_, _>>()?,
            Some(single) => vec![Statement::parse(single, 0, "/Statement".to_owned())?],
        };
        Ok(Self {
            version: text("Version"),
            id: text("Id"),
            statements,
        })
    }

    /// Reads a document from its text, percent-encoded (as IAM returns it) or not.
    ///
    /// # Errors
    /// As [`Document::parse`], and where the text is not JSON.
    pub fn from_text(text: &str) -> Result<Self, DocumentError> {
        let text = text.trim();
        let decoded = if text.starts_with('{') {
            text.to_owned()
        } else {
            percent_decode(text)
        };
        let value: Value = serde_json::from_str(&decoded)
            .map_err(|error| DocumentError::NotJson(error.to_string()))?;
        Self::parse(&value)
    }

    /// The document as policy JSON; lists of one are written as a string.
    pub fn to_value(&self) -> Value {
        let mut object = Map::new();
        if let Some(version) = &self.version {
            object.insert("Version".to_owned(), Value::from(version.as_str()));
        }
        if let Some(id) = &self.id {
            object.insert("Id".to_owned(), Value::from(id.as_str()));
        }
        object.insert(
            "Statement".to_owned(),
            self.statements.iter().map(Statement::to_value).collect(),
        );
        Value::Object(object)
    }

    /// The document that grants everything, which is what the AWS managed policy `AdministratorAccess` holds.
    /// <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AdministratorAccess.html>
    pub fn administrator() -> Self {
        let everything = || Clause::Only(vec!["*".to_owned()]);
        Self {
            version: Some("2012-10-17".to_owned()),
            id: None,
            statements: vec![Statement {
                label: "#0".to_owned(),
                sid: None,
                pointer: "/Statement/0".to_owned(),
                effect: Effect::Allow,
                principal: None,
                action: everything(),
                resource: Some(everything()),
                conditions: Vec::new(),
            }],
        }
    }
}

impl Statement {
    /// Reads one statement; `index` is its place in the list, `pointer` its JSON pointer.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(value: &Value, index: usize, pointer: String) -> Result<Self, DocumentError> {
        let sid = value
            .get("Sid")
            .and_then(Value::as_str)
            .filter(|sid| !sid.is_empty())
            .map(str::to_owned);
        let label = sid.clone().unwrap_or_else(|| format!("#{index}"));
        let wrong = |problem: String| DocumentError::Statement {
            label: label.clone(),
            problem,
        };
        let object = value
            .as_object()
            .ok_or_else(|| wrong("not a JSON object".to_owned()))?;
        let effect = match object.get("Effect").and_then(Value::as_str) {
            Some("Allow") => Effect::Allow,
            Some("Deny") => Effect::Deny,
            Some(other) => {
                return Err(wrong(format!(
                    "Effect is {other:?}, neither Allow nor Deny"
                )));
            }
            None => return Err(wrong("it has no Effect".to_owned())),
        };
        let action = clause(object, "Action", "NotAction").map_err(&wrong)?;
        let action =
            action.ok_or_else(|| wrong("it has neither Action nor NotAction".to_owned()))?;
        let resource = clause(object, "Resource", "NotResource").map_err(&wrong)?;
        let principal = PrincipalClause::parse(object).map_err(&wrong)?;
        let conditions = Condition::parse_all(object.get("Condition")).map_err(&wrong)?;
        Ok(Self {
            label,
            sid,
            pointer,
            effect,
            principal,
            action,
            resource,
            conditions,
        })
    }

    /// The statement as policy JSON.
    pub fn to_value(&self) -> Value {
        let mut object = Map::new();
        if let Some(sid) = &self.sid {
            object.insert("Sid".to_owned(), Value::from(sid.as_str()));
        }
        let effect = if self.effect == Effect::Allow {
            "Allow"
        } else {
            "Deny"
        };
        object.insert("Effect".to_owned(), Value::from(effect));
        if let Some(principal) = &self.principal {
            let (key, value) = principal.to_entry();
            object.insert(key.to_owned(), value);
        }
        let mut put = |clause: &Clause, only: &str, all_but: &str| {
            let key = if matches!(clause, Clause::Only(_)) {
                only
            } else {
                all_but
            };
            object.insert(key.to_owned(), list_value(clause.patterns()));
        };
        put(&self.action, "Action", "NotAction");
        if let Some(resource) = &self.resource {
            put(resource, "Resource", "NotResource");
        }
        if !self.conditions.is_empty() {
            object.insert(
                "Condition".to_owned(),
                Condition::all_to_value(&self.conditions),
            );
        }
        Value::Object(object)
    }
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_value().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Self::parse(&value).map_err(serde::de::Error::custom)
    }
}

fn clause(
    object: &Map<String, Value>,
    only: &str,
    all_but: &str,
) -> Result<Option<Clause>, String> {
    match (object.get(only), object.get(all_but)) {
        (Some(_), Some(_)) => Err(format!("it has both {only} and {all_but}")),
        (Some(value), None) => Ok(Some(Clause::Only(strings(value, only)?))),
        (None, Some(value)) => Ok(Some(Clause::AllBut(strings(value, all_but)?))),
        (None, None) => Ok(None),
    }
}

/// A string, or a list of strings.
pub(super) fn strings(value: &Value, what: &str) -> Result<Vec<String>, String> {
    let wrong = || format!("{what} is neither a string nor a list of strings");
    match value {
        Value::String(text) => Ok(vec![text.clone()]),
        Value::Array(list) => list
            .iter()
            .map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong))
            .collect(),
        _ => Err(wrong()),
    }
}

/// A list of one as a string, as policies are usually written.
pub(super) fn list_value(list: &[String]) -> Value {
    match list {
        [single] => Value::from(single.as_str()),
        many => many.iter().map(|item| Value::from(item.as_str())).collect(),
    }
}

/// Percent-decodes (RFC 3986); what is not a valid escape stays as it is, bytes that are not UTF-8 are replaced.
pub fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digit = |offset: usize| {
            bytes
                .get(at + offset)
                .and_then(|&byte| char::from(byte).to_digit(16))
        };
        match (bytes[at], digit(1), digit(2)) {
            (b'%', Some(high), Some(low)) => {
                decoded.push(u8::try_from(high * 16 + low).unwrap_or_default());
                at += 3;
            }
            (byte, ..) => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}
