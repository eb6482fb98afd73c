//! Parts of canonical names: what a name resolves to, spelled the same for every alias.

/// The last segment of a dotted name.
pub fn leaf(name: &str) -> &str {
    // Names are short: a search for a character, which is made for long texts, takes longer to begin than this to end.
    let dot = name.bytes().rposition(|byte| byte == b'.');
    dot.and_then(|dot| name.get(dot + 1..)).unwrap_or(name)
}

/// The package of a canonical name: `google.adk.agents.Agent` is `google`, `@scope/name/sub.Thing` is `@scope/name`.
pub fn package(name: &str) -> &str {
    if let Some(rest) = name.strip_prefix('@') {
        let end = rest.find('/').and_then(|slash| {
            let after = rest.get(slash + 1..)?;
            Some(slash + 1 + after.find(['/', '.']).unwrap_or(after.len()))
        });
        return name
            .get(..end.map_or(name.len(), |end| end + 1))
            .unwrap_or(name);
    }
    name.split(['.', '/']).next().unwrap_or(name)
}
