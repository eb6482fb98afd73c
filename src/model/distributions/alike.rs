//! Whether names of distributions and modules belong together.

use std::collections::BTreeSet;

/// Whether a distribution's name and a module's are alike enough to belong together: `acme-sdk` and `acme`, `pyfoo` and `foo`.
pub fn alike(distribution: &str, module: &str) -> bool {
    const FILLERS: [&str; 10] = [
        "python", "py", "py3", "sdk", "client", "lib", "api", "binary", "core", "toolkit",
    ];
    let tokens = |name: &str| -> BTreeSet<String> {
        name.to_ascii_lowercase()
            .split(['-', '_', '.'])
            .filter(|token| !token.is_empty() && !FILLERS.contains(token))
            .map(|token| {
                token
                    .strip_prefix("py")
                    .or_else(|| token.strip_prefix("python"))
                    .filter(|rest| rest.len() > 2)
                    .unwrap_or(token)
                    .to_owned()
            })
            .collect()
    };
    // `wikipedia-api` holds `wikipediaapi`: what is a filler elsewhere is part of the name here.
    if run_together(distribution) == run_together(module) {
        return true;
    }
    let (ours, theirs) = (tokens(distribution), tokens(module));
    !ours.is_empty() && !theirs.is_empty() && (ours == theirs || joined(&ours) == joined(&theirs))
}

fn joined(tokens: &BTreeSet<String>) -> String {
    tokens.iter().map(String::as_str).collect()
}

fn run_together(name: &str) -> String {
    name.chars()
        .filter(|c| !matches!(c, '-' | '_' | '.'))
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_in_their_separators_are_alike() {
        assert!(alike("wikipedia-api", "wikipediaapi"));
        assert!(alike("acme-sdk", "acme") && alike("pyfoo", "foo"));
        assert!(!alike("wikipedia-api", "wikidataapi") && !alike("api", "sdk"));
    }
}
