//! Standards that reviewers ask for, their controls, and which checks answer them. The tables hold what the sources say, with
//! the day on which they were read; controls that nothing here answers stand in them too.

use std::sync::LazyLock;

use super::finding::ResourceType;

/// A standard: a set of controls of one publisher.
#[derive(Debug)]
pub struct Standard {
    /// What `--standard` is given.
    pub id: &'static str,
    /// Its name.
    pub title: &'static str,
    /// The day on which its source was read.
    pub read: &'static str,
    /// Its source.
    pub source: &'static str,
    /// Which part of it stands here.
    pub scope: &'static str,
}

/// How much of a control the checks decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cover {
    /// All of it, for the resources that are read.
    Full,
    /// A part; the note says what is left.
    Part,
    /// Nothing.
    None,
}

impl Cover {
    /// The spelling of the JSON report.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Part => "part",
            Self::None => "none",
        }
    }
}

/// A check that answers a control.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The check's id.
    pub check: &'static str,
    /// Only results about this kind of resource.
    pub kind: Option<&'static str>,
}

impl Answer {
    /// True where a result of the check about this kind of resource speaks to the control.
    pub fn concerns(&self, check: &str, kind: ResourceType) -> bool {
        self.check == check && self.kind.is_none_or(|wanted| wanted == kind.as_str())
    }
}

/// A control of a standard.
#[derive(Debug)]
pub struct Control {
    /// The standard's id.
    pub standard: &'static str,
    /// Its id there.
    pub id: &'static str,
    /// Its severity or risk there, where it has one.
    pub severity: Option<&'static str>,
    /// What it asks for.
    pub title: &'static str,
    /// How much of it is decided.
    pub cover: Cover,
    /// The checks that answer it.
    pub answers: Vec<Answer>,
    /// The control of which the verdict is taken: its own, or one that asks the same.
    pub same_as: (&'static str, &'static str),
    /// What is different or not judged.
    pub note: &'static str,
}

impl Control {
    /// `standard:control`.
    pub fn name(&self) -> String {
        format!("{}:{}", self.standard, self.id)
    }

    /// The key under which a check says the verdict of this control itself.
    pub fn key(&self) -> String {
        format!("{}:{}", self.same_as.0, self.same_as.1)
    }

    /// True where a result of the check about this kind of resource speaks to the control.
    pub fn concerns(&self, check: &str, kind: ResourceType) -> bool {
        self.answers
            .iter()
            .any(|answer| answer.concerns(check, kind))
    }
}

static STANDARDS: LazyLock<Vec<Standard>> = LazyLock::new(|| {
    let rows = rows(include_str!("standards.tsv"));
    rows.filter_map(|row| match row.as_slice() {
        [id, title, read, source, scope] => Some(Standard {
            id,
            title,
            read,
            source,
            scope,
        }),
        _ => None,
    })
    .collect()
});

static CONTROLS: LazyLock<Vec<Control>> = LazyLock::new(|| {
    let mut controls: Vec<Control> = rows(include_str!("controls.tsv"))
        .filter_map(|row| control(&row))
        .collect();
    // What points at another control has its answers; one step may lead to the next.
    for _ in 0..3 {
        for index in 0..controls.len() {
            let Some(control) = controls.get(index) else {
                continue;
            };
            let (own, (standard, id)) = ((control.standard, control.id), control.same_as);
            if own == (standard, id) {
                continue;
            }
            let of = |one: &&Control| one.standard == standard && one.id == id;
            let found = controls
                .iter()
                .find(of)
                .map(|one| (one.answers.clone(), one.same_as));
            if let (Some((answers, same_as)), Some(control)) = (found, controls.get_mut(index)) {
                (control.answers, control.same_as) = (answers, same_as);
            }
        }
    }
    controls
});

fn rows(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines()
        .skip(1)
        .map(|line| line.split('\t').collect::<Vec<_>>())
}

fn control(row: &[&'static str]) -> Option<Control> {
    let &[standard, id, severity, title, cover, answers, note] = row else {
        return None;
    };
    let same_as = answers
        .strip_prefix('=')
        .and_then(|other| other.split_once(':'));
    let of = |word: &'static str| match word.split_once('@') {
        Some((check, kind)) => Answer {
            check,
            kind: Some(kind),
        },
        None => Answer {
            check: word,
            kind: None,
        },
    };
    Some(Control {
        standard,
        id,
        severity: (severity != "-").then_some(severity),
        title,
        cover: match cover {
            "full" => Cover::Full,
            "part" => Cover::Part,
            _ => Cover::None,
        },
        answers: match same_as {
            Some(_) => Vec::new(),
            None => answers.split_whitespace().map(of).collect(),
        },
        same_as: same_as.unwrap_or((standard, id)),
        note,
    })
}

/// Every standard.
pub fn all() -> &'static [Standard] {
    &STANDARDS
}

/// The standard with an id.
pub fn find(id: &str) -> Option<&'static Standard> {
    STANDARDS.iter().find(|standard| standard.id == id)
}

/// Every control of every standard.
pub fn controls() -> &'static [Control] {
    &CONTROLS
}

/// The controls of a standard, in its order.
pub fn controls_of(standard: &str) -> impl Iterator<Item = &'static Control> {
    CONTROLS
        .iter()
        .filter(move |control| control.standard == standard)
}

/// The controls that a check answers, as `standard:control`.
pub fn of_check(check: &str) -> Vec<String> {
    let answers = |control: &&Control| control.answers.iter().any(|answer| answer.check == check);
    CONTROLS.iter().filter(answers).map(Control::name).collect()
}

/// The controls that a result answers, as `standard:control`.
pub fn of_result(check: &str, kind: ResourceType) -> Vec<String> {
    CONTROLS
        .iter()
        .filter(|control| control.concerns(check, kind))
        .map(Control::name)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read() {
        assert_eq!(
            controls().len() + 1,
            include_str!("controls.tsv").lines().count()
        );
        assert_eq!(
            all().len() + 1,
            include_str!("standards.tsv").lines().count()
        );
    }

    #[test]
    fn what_asks_the_same_has_the_same_answers() {
        let rule = controls_of("aws-sample").find(|control| control.id == "AG-15");
        assert_eq!(
            rule.map(|rule| (rule.key(), rule.answers.len())),
            Some(("securityhub:BedrockAgentCore.1".to_owned(), 1))
        );
        assert!(
            of_check("network-mode")
                .contains(&"config:bedrockagentcore-runtime-private-network-required".to_owned())
        );
        assert!(
            of_result("network-mode", ResourceType::Harness)
                .iter()
                .all(|name| !name.starts_with("securityhub:"))
        );
    }
}
