//! What the checks of this section share: the rule for the platform version, and how a finding is reported.

use std::sync::Arc;

use crate::analysis::agent_code::{self, AgentCode};
use crate::analysis::api::Tag;
use crate::analysis::startup::{Fate, Made, Place, Snapshot, snapshot};
use crate::context::{Context, PlatformView, judged};
use crate::model::finding::{Evidence, Fix, Outcome, Severity};
use crate::model::known::{ReasonCode, Unread};
use crate::model::project::Agent;

/// Where AWS says what startup code may keep.
pub(super) const OPTIMIZE: &str =
    "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-v2-optimize.html";
/// Where AWS says how platform version V2 starts a session.
pub(super) const HOW: &str =
    "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-how-it-works.html";

/// A place that fails.
pub(super) struct Finding {
    /// The site.
    pub(super) place: Place,
    /// Its severity on platform version V2.
    pub(super) severity: Severity,
    /// What to read out of it.
    pub(super) note: String,
    /// It fails on every platform version.
    pub(super) always: bool,
    /// The edit for this code.
    pub(super) hint: Option<String>,
}

/// What a check found in a runtime.
#[derive(Default)]
pub(super) struct Found {
    /// What fails.
    pub(super) findings: Vec<Finding>,
    /// What is worth a word and fails nothing.
    pub(super) notes: Vec<(Place, String)>,
    /// What a budget kept from being judged.
    pub(super) exhausted: bool,
    /// Why what was read does not answer the question.
    pub(super) unknown: Option<Unread>,
    /// Alternatives, best first.
    pub(super) fixes: Vec<Fix>,
    /// Other words, where the worst that was found needs them.
    pub(super) words: Option<&'static Words>,
}

/// How a check speaks.
pub(super) struct Words {
    /// "keeps a credential that startup code made": what fails, after "runtime X".
    pub(super) fails: &'static str,
    /// What comes of it.
    pub(super) consequence: &'static str,
    /// "keeps no credential of startup code": what passes, after "runtime X".
    pub(super) passes: &'static str,
}

/// One outcome per runtime: not applicable on platform version V1 (but for what fails everywhere), one severity lower where the
/// version is not known.
pub(super) fn each<'a>(
    context: &'a Context,
    words: &'static Words,
    look: impl Fn(&AgentCode<'a>, &Snapshot) -> Found,
) -> Vec<Outcome> {
    crate::checks::agents::each(context, |code| {
        let view = context.platform(Agent::Runtime(code.runtime));
        let facts: Arc<Snapshot> = snapshot(&context.startup, code, &context.warmups(code.runtime));
        judge(code, &view, words, look(code, &facts), &facts)
    })
}

fn judge(
    code: &AgentCode<'_>,
    view: &PlatformView,
    words: &'static Words,
    mut found: Found,
    facts: &Snapshot,
) -> Outcome {
    let name = &code.runtime.name;
    if view.is_v1() {
        found.findings.retain(|finding| finding.always);
        if found.findings.is_empty() {
            return Outcome::not_applicable(
                code.resource(),
                format!(
                    "runtime {name} runs on platform version V1: each session starts the process anew"
                ),
            );
        }
    }
    if found.findings.is_empty() {
        if facts.exhausted || found.exhausted {
            let message = format!(
                "the startup code of runtime {name} is larger than is followed: what it keeps is not known"
            );
            return Outcome::skipped(code.resource(), Unread::new(ReasonCode::Limit, message));
        }
        if let Some(reason) = found.unknown {
            return Outcome::skipped(code.resource(), reason);
        }
        let count = facts.modules;
        let message = format!(
            "runtime {name} {} ({count} {} at startup)",
            words.passes,
            if count == 1 {
                "module runs"
            } else {
                "modules run"
            }
        );
        let notes = found.notes.into_iter();
        return Outcome::pass(code.resource(), message).evidences(
            notes
                .map(|(place, note)| evidence(code, place).note(note).context())
                .collect::<Vec<_>>(),
        );
    }
    found.findings.sort_by_key(|finding| finding.place);
    let hinted = found.findings.iter();
    let hint = hinted
        .filter(|finding| finding.hint.is_some())
        .min_by_key(|finding| finding.severity)
        .and_then(|finding| finding.hint.clone());
    if let (Some(hint), Some(fix)) = (hint, found.fixes.last_mut()) {
        fix.note = format!("{hint} {}", fix.note);
    }
    let severity = |finding: &Finding| match finding.always {
        true => finding.severity,
        false => judged(finding.severity, view),
    };
    let worst = found.findings.iter().map(severity).min();
    let words = found.words.unwrap_or(words);
    let message = format!(
        "runtime {name} {}: {}{}",
        words.fails,
        words.consequence,
        if found.findings.iter().all(|finding| finding.always) {
            ""
        } else {
            view.words()
        }
    );
    let mixed = found
        .findings
        .iter()
        .any(|finding| Some(severity(finding)) != worst);
    let sites = found.findings.iter().map(|finding| {
        let site = evidence(code, finding.place).note(finding.note.clone());
        if mixed {
            site.severity(severity(finding))
        } else {
            site
        }
    });
    let mut outcome = Outcome::fail(code.resource(), message).evidences(sites.collect::<Vec<_>>());
    outcome.severity = worst;
    outcome.fixes = found.fixes;
    outcome
}

fn evidence(code: &AgentCode<'_>, (module, range): Place) -> Evidence {
    agent_code::evidence(code.source, module, range)
}

/// `path:line` of a place.
pub(super) fn at(code: &AgentCode<'_>, (module, range): Place) -> String {
    let site = code.source.module(module).map(|module| module.site(range));
    site.and_then(|site| Some(format!("{}:{}", site.path, site.span?.line)))
        .unwrap_or_default()
}

/// The first line of the code at a place, shortened.
pub(super) fn text(code: &AgentCode<'_>, (module, range): Place) -> String {
    let module = code.source.module(module);
    let text = module.map(|module| module.text(range)).unwrap_or_default();
    let line = text.lines().next().unwrap_or_default();
    let short: String = line.chars().take(80).collect();
    if short.len() < text.len() {
        format!("{}…", short.trim_end())
    } else {
        short
    }
}

/// ", called at import from main.py:3" where another place leads to it.
pub(super) fn through(code: &AgentCode<'_>, from: Option<Place>) -> String {
    from.map_or(String::new(), |from| {
        format!(", called at startup from {}", at(code, from))
    })
}

/// How a value of startup code comes to requests.
pub(super) fn used(code: &AgentCode<'_>, fate: &Fate) -> String {
    let kept = match &fate.kept {
        Some((_, name)) => format!("kept as `{name}`"),
        None => "kept".to_owned(),
    };
    let prompt = fate
        .prompt
        .map(|place| format!(", put into a prompt at {}", at(code, place)))
        .unwrap_or_default();
    let read = match fate.read {
        Some(place) => format!(", used in request code at {}", at(code, place)),
        None if fate.environment => " in the environment of the process".to_owned(),
        None if fate.outside => " by an object that lives as long as the process".to_owned(),
        None => String::new(),
    };
    format!("{kept}{read}{prompt}")
}

/// A finding about a value that startup code makes.
pub(super) fn made(code: &AgentCode<'_>, made: &Made, severity: Severity) -> Finding {
    // What a helper does goes where the helper is called.
    let moved = made.from.unwrap_or(made.place);
    let (text, here) = (text(code, moved), at(code, moved));
    let hint = match made.fate.read {
        Some(read) => format!(
            "Move `{text}` ({here}) into the code that handles a request: it is used at {}.",
            at(code, read)
        ),
        None => format!("Move `{text}` ({here}) into the code that handles a request."),
    };
    let done = if made.api.is(Tag::RemoteRead) || made.api.is(Tag::Http) {
        "read"
    } else if made.api.is(Tag::ClockWall) || made.api.is(Tag::ClockMono) {
        "taken"
    } else {
        "made"
    };
    Finding {
        place: made.place,
        severity,
        note: format!(
            "{} is {done} at startup{}; {}",
            made.api.words,
            through(code, made.from),
            used(code, &made.fate)
        ),
        always: false,
        hint: Some(hint),
    }
}
