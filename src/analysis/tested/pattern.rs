//! What a regular expression lets through.

use regex_syntax::hir::{Class, Hir, HirKind, Look};

use crate::analysis::names::{Meaning, leaf};
use crate::model::source::{Call, Expr, ExprKind, ModuleId, Source};

/// Characters that mean something to a shell: with none of them a text stays one part of one command.
pub(crate) const META: [char; 11] = [';', '|', '&', '$', '`', '>', '<', '\n', '\r', '(', ')'];

/// The five without which no further command is started; a test that refuses these refuses injection.
const STARTS_A_COMMAND: [char; 5] = [';', '|', '&', '$', '`'];

/// How a pattern is held against a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    /// Against the whole text (`re.fullmatch`).
    Whole,
    /// From the start (`re.match`).
    Start,
    /// Anywhere (`re.search`, `RegExp.test`).
    Anywhere,
}

/// What a text can be that a pattern matches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lets {
    /// It matches the text from end to end.
    pub whole: bool,
    /// No character that means something to a shell.
    pub safe: bool,
    /// No letter: digits, signs and blanks.
    pub wordless: bool,
}

/// What the whole of a text can be that the pattern matches, held so; nothing is known of a pattern that leaves an end open or
/// cannot be read.
pub(crate) fn lets(pattern: &str, held: Held) -> Lets {
    let Some(hir) = parse(pattern) else {
        return Lets::default();
    };
    if !covers(&hir, held != Held::Anywhere, held == Held::Whole) {
        return Lets::default();
    }
    Lets {
        whole: true,
        safe: !META.iter().any(|meta| may_hold(&hir, *meta)),
        wordless: !('a'..='z')
            .chain('A'..='Z')
            .chain(['_'])
            .any(|letter| may_hold(&hir, letter)),
    }
}

/// Whether a text in which the pattern is found nowhere holds nothing that starts a further command: `[;&|`$]`.
pub(crate) fn refuses_meta(pattern: &str) -> bool {
    parse(pattern).is_some_and(|hir| STARTS_A_COMMAND.iter().all(|meta| is_found_in(&hir, *meta)))
}

/// Whether these characters, each refused, are all that starts a further command.
pub(crate) fn are_meta(characters: &str) -> bool {
    STARTS_A_COMMAND
        .iter()
        .all(|meta| characters.contains(*meta))
}

/// Whether taking out of a text what the pattern matches leaves nothing that means something to a shell: `[^a-z0-9]`.
pub(crate) fn takes_out_meta(pattern: &str) -> bool {
    parse(pattern).is_some_and(|hir| META.iter().all(|meta| is_found_in(&hir, *meta)))
}

/// The text of a pattern: a literal, a constant, what a compiled pattern was made of.
pub(crate) fn text_of(source: &Source, module: ModuleId, expr: &Expr) -> Option<String> {
    if let ExprKind::Regex(text) = &expr.kind {
        return Some(text.to_string());
    }
    if let Some(text) = source.string(module, expr) {
        return Some(text);
    }
    match source.meaning(module, expr) {
        Meaning::Value(_, value) => match &value.kind {
            ExprKind::Regex(text) => Some(text.to_string()),
            _ => None,
        },
        Meaning::Instance(made) if matches!(leaf(&made.type_name), "compile" | "RegExp") => {
            let call = made.call?;
            // Flags change what a pattern means.
            if call.args.len() > 1 || !call.keywords.is_empty() {
                return None;
            }
            let first = call.args.first()?;
            match &first.kind {
                ExprKind::Regex(text) => Some(text.to_string()),
                _ => source.string(made.module, first),
            }
        }
        _ => None,
    }
}

/// Whether the pattern that a call is given first lets harmless texts through only.
pub(crate) fn of_first(source: &Source, module: ModuleId, call: &Call) -> bool {
    let first = call.args.first();
    first.is_some_and(|first| is_safe(source, module, first))
}

/// Whether a pattern, anchored by itself, lets harmless texts through only.
pub(crate) fn is_safe(source: &Source, module: ModuleId, pattern: &Expr) -> bool {
    text_of(source, module, pattern).is_some_and(|text| lets(&text, Held::Anywhere).safe)
}

/// Whether a pattern, anchored by itself at both ends, lets only texts of a limited length through.
pub(crate) fn is_bounded(source: &Source, module: ModuleId, pattern: &Expr) -> bool {
    text_of(source, module, pattern).is_some_and(|text| bounds(&text))
}

/// The same of the text of a pattern.
pub(crate) fn bounds(pattern: &str) -> bool {
    parse(pattern).is_some_and(|hir| {
        let about = hir.properties();
        about.maximum_len().is_some()
            && about.look_set_prefix().contains(Look::Start)
            && about.look_set_suffix().contains(Look::End)
    })
}

/// Parses a pattern of Python, or of JavaScript with its slashes and flags.
fn parse(pattern: &str) -> Option<Hir> {
    const LONGEST: usize = 2000;
    if pattern.len() > LONGEST {
        return None;
    }
    let mut text = pattern;
    let (mut dot, mut lines) = (false, false);
    if let Some(inner) = pattern.strip_prefix('/')
        && let Some((body, flags)) = inner.rsplit_once('/')
        && flags.chars().all(|flag| flag.is_ascii_lowercase())
    {
        text = body;
        dot = flags.contains('s');
        lines = flags.contains('m');
    }
    let text = without_looks(text)?.replace("\\Z", "\\z");
    regex_syntax::ParserBuilder::new()
        .dot_matches_new_line(dot)
        .multi_line(lines)
        .nest_limit(60)
        .build()
        .parse(&text)
        .ok()
}

/// The pattern without what only looks ahead or behind: that narrows what matches, and so what is left matches at least as much.
fn without_looks(pattern: &str) -> Option<String> {
    let mut found = String::new();
    let chars: Vec<char> = pattern.chars().collect();
    let (mut at, mut class) = (0, false);
    while let Some(&char) = chars.get(at) {
        let rest: String = chars.iter().skip(at).take(4).collect();
        if char == '\\' {
            found.push(char);
            found.extend(chars.get(at + 1));
            at += 2;
            continue;
        }
        let looks = ["(?=", "(?!", "(?<=", "(?<!"];
        if !class && looks.iter().any(|look| rest.starts_with(look)) {
            at = past_group(&chars, at)?;
            continue;
        }
        class = match char {
            '[' => true,
            ']' => false,
            _ => class,
        };
        found.push(char);
        at += 1;
    }
    Some(found)
}

/// The place behind the group that opens here.
fn past_group(chars: &[char], from: usize) -> Option<usize> {
    let (mut at, mut open, mut class) = (from, 0_u32, false);
    while let Some(char) = chars.get(at) {
        match char {
            '\\' => at += 1,
            '[' => class = true,
            ']' => class = false,
            '(' if !class => open += 1,
            ')' if !class => {
                open = open.checked_sub(1)?;
                if open == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// Whether every match spans the whole text, where one or both ends are fixed by how the pattern is held.
fn covers(hir: &Hir, start: bool, end: bool) -> bool {
    let is_start = |part: &Hir| matches!(part.kind(), HirKind::Look(Look::Start));
    let is_end = |part: &Hir| matches!(part.kind(), HirKind::Look(Look::End));
    match hir.kind() {
        HirKind::Alternation(parts) => parts.iter().all(|part| covers(part, start, end)),
        HirKind::Capture(group) => covers(&group.sub, start, end),
        HirKind::Concat(parts) => {
            let starts = start
                || parts.first().is_some_and(|first| {
                    is_start(first) || (parts.len() > 1 && covers(first, false, true))
                });
            let ends = end
                || parts.last().is_some_and(|last| {
                    is_end(last) || (parts.len() > 1 && covers(last, true, false))
                });
            starts && ends
        }
        HirKind::Look(Look::Start) => end,
        HirKind::Look(Look::End) => start,
        _ => start && end,
    }
}

/// Whether a match can hold the character.
fn may_hold(hir: &Hir, char: char) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => false,
        HirKind::Literal(literal) => {
            let mut bytes = [0; 4];
            let wanted = char.encode_utf8(&mut bytes).as_bytes();
            literal
                .0
                .windows(wanted.len())
                .any(|window| window == wanted)
        }
        HirKind::Class(class) => class_has(class, char),
        HirKind::Repetition(repeated) => repeated.max != Some(0) && may_hold(&repeated.sub, char),
        HirKind::Capture(group) => may_hold(&group.sub, char),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().any(|part| may_hold(part, char))
        }
    }
}

/// Whether the character by itself is a match.
fn is_found_in(hir: &Hir, char: char) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) | HirKind::Concat(_) => false,
        HirKind::Literal(literal) => {
            let mut bytes = [0; 4];
            *literal.0 == *char.encode_utf8(&mut bytes).as_bytes()
        }
        HirKind::Class(class) => class_has(class, char),
        HirKind::Repetition(repeated) => repeated.min <= 1 && is_found_in(&repeated.sub, char),
        HirKind::Capture(group) => is_found_in(&group.sub, char),
        HirKind::Alternation(parts) => parts.iter().any(|part| is_found_in(part, char)),
    }
}

fn class_has(class: &Class, char: char) -> bool {
    match class {
        Class::Unicode(class) => class
            .iter()
            .any(|range| range.start() <= char && char <= range.end()),
        Class::Bytes(class) => u8::try_from(char).is_ok_and(|byte| {
            class
                .iter()
                .any(|range| range.start() <= byte && byte <= range.end())
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_match_counts_by_what_it_lets_through() {
        for (pattern, held, safe) in [
            ("[a-z0-9-]{1,40}", Held::Whole, true),
            (".*", Held::Whole, false),
            (r"\S+", Held::Whole, false),
            (r"[\w./-]+", Held::Whole, true),
            ("[^;|&]+", Held::Whole, false),
            ("[a-z]+", Held::Start, false),
            ("[a-z]+$", Held::Start, true),
            ("^[a-z]+$", Held::Anywhere, true),
            ("/^[a-z]+$/i", Held::Anywhere, true),
            ("/^[a-z]+$/m", Held::Anywhere, false),
            ("^[a-z]+|[0-9]+$", Held::Anywhere, false),
            ("^(?:[a-z]+|[0-9]+)$", Held::Anywhere, true),
            (r"^(?!-)[a-z-]+\Z", Held::Anywhere, true),
            ("^(?:status|log)$", Held::Anywhere, true),
            ("(", Held::Whole, false),
        ] {
            assert_eq!(lets(pattern, held).safe, safe, "{pattern}");
        }
        assert!(lets(r"[0-9+\-*/(). ]+", Held::Whole).wordless);
        assert!(!lets("[0-9a-f]+", Held::Whole).wordless);
    }

    #[test]
    fn a_search_refuses_by_what_it_finds() {
        assert!(refuses_meta(r"[;&|`$<>()]"));
        assert!(refuses_meta("[^a-z0-9]"));
        assert!(!refuses_meta("[;&]"));
        assert!(takes_out_meta(r"[^\w-]+"));
        assert!(!takes_out_meta(r"[^\w;-]"));
    }
}
