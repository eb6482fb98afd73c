//! Compares a document with its description.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use serde_json::Value;

use super::fault::{At, Class, Fault, Repair, Scope, anchor};
use super::misplaced::{self, Meant};
use super::shape::{List, Map, Number, Object, Shape, Text, Unknown};
use super::words::{
    alternatives, converted, expected, json_number, mismatch, nearest, quote, shown,
};
use crate::model::json::{Json, Member, Node};

/// Faults of one document that are kept; a hostile file has millions.
const MOST_FAULTS: usize = 200;

/// Compares a document with its description: the faults in the order of the file.
pub fn validate(root: &Node, shape: &Shape) -> Vec<Fault> {
    let mut walk = Walk::default();
    walk.check(root, shape, &At::Root, None);
    let mut faults = walk.faults;
    faults.sort_by_key(|fault| (fault.range.start, fault.path.clone()));
    faults
}

#[derive(Default)]
struct Walk {
    faults: Vec<Fault>,
    /// The objects around the place; None where a list or a map is between.
    around: Vec<Option<&'static Object>>,
}

impl Walk {
    fn fault(
        &mut self,
        node: &Node,
        member: Option<&Member>,
        at: &At<'_>,
        words: String,
        repair: Option<Repair>,
    ) {
        self.faults.push(Fault {
            range: member.map_or_else(|| anchor(node), Member::range),
            path: at.path(),
            class: Class::Rejected,
            words,
            repair,
        });
    }

    fn rejected(&self) -> usize {
        let rejected = |fault: &&Fault| fault.class == Class::Rejected;
        self.faults.iter().filter(rejected).count()
    }

    fn check(&mut self, node: &Node, shape: &Shape, at: &At<'_>, member: Option<&Member>) {
        if self.faults.len() >= MOST_FAULTS {
            return;
        }
        match shape {
            Shape::Any => {}
            Shape::Absent => {
                let words = "does not belong here".to_owned();
                self.fault(node, member, at, words, Some(Repair::Delete));
            }
            Shape::Flag => match node.as_bool() {
                Some(_) => {}
                None => self.mistyped(node, member, at, "true or false"),
            },
            Shape::Text(text) => self.text(node, text, at, member),
            Shape::Url(test) => {
                let Some(url) = node.as_str() else {
                    return self.mistyped(node, member, at, "a URL");
                };
                let reason = match url::Url::parse(url.trim()) {
                    Ok(_) => test.and_then(|test| test(url.trim())),
                    Err(_) => Some("must be a URL"),
                };
                if let Some(reason) = reason {
                    let words = format!("{reason}, found {}", shown(node));
                    self.fault(node, member, at, words, None);
                }
            }
            Shape::Number(number) => self.number(node, *number, at, member),
            Shape::Choice(choices) => self.choice(node, choices, at, member),
            Shape::List(list) => self.list(node, list, at, member),
            Shape::Map(map) => self.map(node, map, at, member),
            Shape::Object(object) => self.object(node, object, at, member),
            Shape::Either(shapes) => self.either(node, shapes, at, member),
            Shape::Tagged(tag, shapes) => self.tagged(node, tag, shapes, at, member),
        }
    }

    fn mistyped(&mut self, node: &Node, member: Option<&Member>, at: &At<'_>, expected: &str) {
        let words = format!("must be {expected}, found {}", shown(node));
        let repair = match &node.value {
            // A key that may be left out and is null says what leaving it out says.
            Json::Null => Some(Repair::Delete),
            Json::String(text) => converted(text, expected),
            _ => None,
        };
        self.fault(node, member, at, words, repair);
    }

    fn text(&mut self, node: &Node, text: &Text, at: &At<'_>, member: Option<&Member>) {
        match node.as_str() {
            Some(value) => {
                if let Some(reason) = mismatch(value, text) {
                    // Free texts are where secrets end up: only names, ids and ARNs are quoted.
                    let quoted = text.max < 4096 || text.pattern.is_some();
                    let found = if quoted {
                        format!(", found {}", shown(node))
                    } else {
                        String::new()
                    };
                    let words = format!("{reason}{found}");
                    self.fault(node, member, at, words, None);
                }
            }
            None => self.mistyped(node, member, at, "a string"),
        }
    }

    fn number(&mut self, node: &Node, number: Number, at: &At<'_>, member: Option<&Member>) {
        let kind = if number.whole {
            "a whole number"
        } else {
            "a number"
        };
        let Some(value) = node.as_number().filter(|value| value.is_finite()) else {
            return self.mistyped(node, member, at, kind);
        };
        let whole =
            !number.whole || (value.fract() == 0.0 && value.abs() <= super::shape::GREATEST);
        if whole && value >= number.min && value <= number.max {
            return;
        }
        let (least, most) = (
            number.min > -super::shape::GREATEST,
            number.max < super::shape::GREATEST,
        );
        let range = match (least, most) {
            (true, true) => format!(" from {} to {}", number.min, number.max),
            (true, false) => format!(" of at least {}", number.min),
            (false, true) => format!(" of at most {}", number.max),
            (false, false) => String::new(),
        };
        let words = format!("must be {kind}{range}, found {}", shown(node));
        let nearest = value.clamp(number.min, number.max);
        let nearest = if number.whole {
            nearest.round()
        } else {
            nearest
        };
        let repair =
            (nearest.abs() < super::shape::GREATEST).then(|| Repair::Set(json_number(nearest)));
        self.fault(node, member, at, words, repair);
    }

    fn choice(&mut self, node: &Node, choices: &[&str], at: &At<'_>, member: Option<&Member>) {
        if node.as_str().is_some_and(|text| choices.contains(&text)) {
            return;
        }
        let words = format!("must be {}, found {}", alternatives(choices), shown(node));
        let nearest = node
            .as_str()
            .and_then(|text| nearest(text, choices.iter().copied()));
        let repair = match (&node.value, nearest) {
            (Json::Null, _) => Some(Repair::Delete),
            (_, Some(choice)) => Some(Repair::Set(choice.into())),
            _ => None,
        };
        self.fault(node, member, at, words, repair);
    }

    fn list(&mut self, node: &Node, list: &List, at: &At<'_>, member: Option<&Member>) {
        if !matches!(node.value, Json::Array(_)) {
            return self.mistyped(node, member, at, "an array");
        }
        let items = node.items();
        if items.len() < list.min || items.len() > list.max {
            let words = match (list.min, list.max) {
                (min, max) if min == max => format!("must hold {min} items"),
                (min, usize::MAX) => format!("must hold at least {min}"),
                (0, max) => format!("must hold at most {max}"),
                (min, max) => format!("must hold {min} to {max}"),
            };
            let words = format!("{words}, found {}", items.len());
            self.fault(node, member, at, words, None);
        }
        let mut seen = HashSet::new();
        for (index, item) in items.iter().enumerate() {
            let place = At::Item(at, index);
            self.around.push(None);
            self.check(item, list.item, &place, None);
            self.around.pop();
            if let Some(key) = list.unique
                && let Some(name) = item.get(key).and_then(Node::as_str)
                && !seen.insert(name)
            {
                let words = format!(
                    "{} is there twice: another entry has it already",
                    quote(name)
                );
                let named = item.member(key);
                self.fault(item, named, &At::Key(&place, key), words, None);
            }
        }
    }

    fn map(&mut self, node: &Node, map: &Map, at: &At<'_>, member: Option<&Member>) {
        if !matches!(node.value, Json::Object(_)) {
            return self.mistyped(node, member, at, "an object");
        }
        // The last member of a key is the one that counts.
        let members = node.members();
        let keys: HashMap<&str, usize> = members
            .iter()
            .enumerate()
            .map(|(index, inner)| (&*inner.key, index))
            .collect();
        for (index, inner) in members.iter().enumerate() {
            let place = At::Key(at, &inner.key);
            if let Some(reason) = mismatch(&inner.key, &map.key) {
                let words = format!("the key {reason}");
                self.fault(node, Some(inner), &place, words, None);
            }
            if keys.get(&*inner.key) == Some(&index) {
                self.around.push(None);
                self.check(&inner.node, map.value, &place, Some(inner));
                self.around.pop();
            }
        }
        if keys.len() > map.max {
            let words = format!("must hold at most {}, found {}", map.max, keys.len());
            self.fault(node, member, at, words, None);
        }
    }

    fn object(
        &mut self,
        node: &Node,
        object: &'static Object,
        at: &At<'_>,
        member: Option<&Member>,
    ) {
        if !matches!(node.value, Json::Object(_)) {
            return self.mistyped(node, member, at, "an object");
        }
        let before = self.rejected();
        self.around.push(Some(object));
        for field in object.fields {
            match node.member(field.key) {
                Some(inner) => {
                    let place = At::Key(at, field.key);
                    self.check(&inner.node, &field.shape, &place, Some(inner));
                }
                None if field.required => {
                    let words = format!("is missing: {}", expected(&field.shape));
                    let place = At::Key(at, field.key);
                    let repair = self.sole(&field.shape);
                    self.fault(node, None, &place, words, repair);
                }
                None => {}
            }
        }
        self.around.pop();
        self.unknown(node, object, at);
        if self.rejected() == before {
            for rule in object.rules {
                rule(&mut Scope {
                    node,
                    at,
                    faults: &mut self.faults,
                });
            }
        }
    }

    /// A missing key that can only hold one thing.
    fn sole(&self, shape: &Shape) -> Option<Repair> {
        match shape {
            Shape::List(List { min: 0, .. }) => Some(Repair::Set(Value::Array(Vec::new()))),
            Shape::Choice([only]) => Some(Repair::Set((*only).into())),
            _ => None,
        }
    }

    fn unknown(&mut self, node: &Node, object: &'static Object, at: &At<'_>) {
        if object.unknown == Unknown::Kept {
            return;
        }
        let around = self.around.last().copied().flatten();
        let known = |key: &str| object.fields.iter().any(|field| field.key == key);
        for member in node.members().iter().filter(|member| !known(&member.key)) {
            if self.faults.len() >= MOST_FAULTS {
                return;
            }
            let meant = misplaced::meant(&member.key, &member.node, node, object, around);
            let mut words = match object.unknown {
                Unknown::Rejected => {
                    "is not a key that the CLI knows, and it refuses the file".to_owned()
                }
                _ => "is not a key that the CLI knows: it is dropped and has no effect".to_owned(),
            };
            match &meant {
                Some(Meant::Foreign(meant) | Meant::Near(meant)) => {
                    let _ = write!(words, "; is {meant} meant?");
                }
                Some(Meant::Below(path)) => {
                    let here = at.path();
                    let dot = if here.is_empty() { "" } else { "." };
                    let _ = write!(words, "; it belongs at {here}{dot}{path}");
                }
                Some(Meant::Above(key)) => {
                    let _ = write!(words, "; {key} belongs in the object around this one");
                }
                Some(Meant::Beside(keys)) => {
                    let _ = write!(
                        words,
                        "; what it holds belongs beside it: {}",
                        keys.join(", ")
                    );
                }
                None => {}
            }
            let repair = match (object.unknown, &meant) {
                (_, Some(Meant::Near(meant))) => Some(Repair::Rename((*meant).to_owned())),
                (Unknown::Rejected, None | Some(Meant::Foreign(_))) => Some(Repair::Delete),
                // What is not known is nothing that breaks.
                (_, None) => Some(Repair::Delete),
                _ => None,
            };
            // Whoever wrote another tool's name of a key, mistyped or misplaced it, means it; and a newer CLI may know the rest.
            let dropped = meant.is_some() && !member.key.starts_with(['$', '_']);
            self.faults.push(Fault {
                range: member.range(),
                path: At::Key(at, &member.key).path(),
                class: match object.unknown {
                    Unknown::Rejected => Class::Rejected,
                    _ if dropped => Class::Breaks,
                    _ => Class::Note,
                },
                words,
                repair,
            });
        }
    }

    /// The faults against the alternative that comes nearest.
    fn either(&mut self, node: &Node, shapes: &[Shape], at: &At<'_>, member: Option<&Member>) {
        let mut best: Option<Vec<Fault>> = None;
        let weight = |faults: &[Fault]| {
            // A key that does not belong shows that another alternative is meant.
            let shape = |fault: &Fault| {
                fault.words.starts_with("is missing") || fault.words.starts_with("is no key")
            };
            let rejected = faults.iter().filter(|fault| fault.class == Class::Rejected);
            rejected
                .map(|fault| if shape(fault) { 3 } else { 1 })
                .sum::<usize>()
        };
        for shape in shapes {
            let mut walk = Self {
                faults: Vec::new(),
                around: self.around.clone(),
            };
            walk.check(node, shape, at, member);
            let found = weight(&walk.faults);
            if best.as_deref().is_none_or(|best| found < weight(best)) {
                best = Some(walk.faults);
            }
            if found == 0 {
                break;
            }
        }
        self.faults.extend(best.unwrap_or_default());
    }

    fn tagged(
        &mut self,
        node: &Node,
        tag: &str,
        shapes: &[(&str, Shape)],
        at: &At<'_>,
        member: Option<&Member>,
    ) {
        if !matches!(node.value, Json::Object(_)) {
            return self.mistyped(node, member, at, "an object");
        }
        let place = At::Key(at, tag);
        let names: Vec<&str> = shapes.iter().map(|(name, _)| *name).collect();
        let Some(found) = node.member(tag) else {
            let words = format!("is missing: {}", alternatives(&names));
            return self.fault(node, None, &place, words, None);
        };
        let text = found.node.as_str();
        match shapes.iter().find(|(name, _)| text == Some(name)) {
            Some((_, shape)) => self.check(node, shape, at, member),
            None => self.choice(&found.node, &names, &place, Some(found)),
        }
    }
}
