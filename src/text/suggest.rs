//! The known word that somebody may have meant.

/// ` did you mean "…"?` for a word that is close to one of the known ones, else nothing.
pub fn suggestion<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    let similarity = |candidate: &str| {
        let candidate = candidate.to_lowercase();
        let contained = lower.len() >= 3 && candidate.contains(&lower);
        strsim::jaro_winkler(&lower, &candidate).max(if contained { 0.9 } else { 0.0 })
    };
    known
        .into_iter()
        .map(|candidate| (similarity(candidate), candidate))
        .filter(|(score, _)| *score >= 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(a.1)))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suggestion_is_close_or_none() {
        let known = ["auth-inbound-type", "auth-jwt-config", "cli-version"];
        assert_eq!(
            suggestion("auth-inbund-type", known),
            Some("auth-inbound-type")
        );
        assert_eq!(suggestion("jwt-config", known), Some("auth-jwt-config"));
        assert_eq!(suggestion("zzz", known), None);
    }
}
