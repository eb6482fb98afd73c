//! What one result lists at most. A report is read by people and by machines with limits of their own: tens of thousands of sites of one
//! kind say no more than the first hundreds, and how many there are.

use super::{CheckResult, Evidence};

/// Most pieces of evidence that a result lists.
pub const MOST_LISTED: usize = 500;
/// Longest sentence, in bytes: a path or a name of a project may be of any length.
const LONGEST_SENTENCE: usize = 8_000;
/// Longest note at a piece of evidence.
const LONGEST_NOTE: usize = 2_000;

/// How much longer a sentence may be while secrets are sought in it: what is cut off later may end inside of one.
const WHILE_SOUGHT: usize = 8;

/// Cuts what is far too long, before secrets are sought in it.
pub fn roughly(result: &mut CheckResult) {
    sentences(result, WHILE_SOUGHT);
}

/// Leaves out of a result what is more than a report lists, and says so.
pub fn result(result: &mut CheckResult) {
    sentences(result, 1);
    evidence(result);
}

fn sentences(result: &mut CheckResult, times: usize) {
    sentence(&mut result.message, times * LONGEST_SENTENCE);
    for evidence in &mut result.evidence {
        sentence(&mut evidence.note, times * LONGEST_NOTE);
    }
    for fix in &mut result.fixes {
        sentence(&mut fix.title, times * LONGEST_NOTE);
        sentence(&mut fix.note, times * LONGEST_SENTENCE);
    }
    if let Some(reason) = &mut result.reason {
        sentence(&mut reason.message, times * LONGEST_SENTENCE);
    }
}

/// Keeps the worst sites, in their order.
fn evidence(result: &mut CheckResult) {
    let all = result.evidence.len();
    if all <= MOST_LISTED {
        return;
    }
    let rank = |evidence: &Evidence| {
        let severity = evidence.severity.unwrap_or(result.severity);
        (!evidence.primary, severity)
    };
    let mut order: Vec<usize> = (0..all).collect();
    // Stable: of equal ones the first stay.
    order.sort_by_key(|index| result.evidence.get(*index).map(rank));
    order.truncate(MOST_LISTED);
    let mut kept = vec![false; all];
    for index in order {
        if let Some(kept) = kept.get_mut(index) {
            *kept = true;
        }
    }
    let has_prints = result.fingerprints.len() == all;
    let mut each = kept.iter().copied();
    result.evidence.retain(|_| each.next().unwrap_or(false));
    if has_prints {
        let mut each = kept.iter().copied();
        result.fingerprints.retain(|_| each.next().unwrap_or(false));
    }
    result.left_out = all - MOST_LISTED;
    result.message = format!(
        "{} ({MOST_LISTED} of {all} places are listed)",
        result.message
    );
}

/// Cuts a sentence that quotes more than anybody reads.
fn sentence(text: &mut String, longest: usize) {
    if text.len() > longest {
        text.truncate(text.floor_char_boundary(longest));
        text.push('…');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks;
    use crate::model::finding::{Outcome, Resource, ResourceType, Severity};
    use crate::model::site::Site;
    use crate::report::assemble;

    #[test]
    fn the_worst_sites_stay_and_the_rest_is_counted() {
        let check = checks::all().next();
        let resource = Resource::new(ResourceType::Runtime, "Main");
        let sites = (0..MOST_LISTED + 10).map(|number| {
            let evidence = Evidence::file(&Site::file(format!("{number:04}.py")));
            match number {
                505 => evidence.severity(Severity::Critical),
                0 => evidence.context(),
                _ => evidence.severity(Severity::Low),
            }
        });
        let outcome = Outcome::fail(resource, "x".repeat(10_000)).evidences(sites);
        let Some(check) = check else { return };
        let mut one = assemble::result(check, outcome, None);
        one.fingerprints = (0..one.evidence.len()).map(|n| n.to_string()).collect();
        result(&mut one);
        assert_eq!(
            (one.evidence.len(), one.left_out, one.fingerprints.len()),
            (MOST_LISTED, 10, MOST_LISTED)
        );
        // The context is the first to go, and the worst stays although it stands late.
        assert_eq!(one.fingerprints.first().map(String::as_str), Some("1"));
        assert_eq!(one.fingerprints.last().map(String::as_str), Some("505"));
        assert!(one.message.len() < 9_000);
        assert!(one.message.ends_with("… (500 of 510 places are listed)"));
    }
}
