//! IAM's wildcard patterns, and questions between two of them.
//!
//! `*` stands for any run of characters (`:` and `/` included), `?` for exactly one; a pattern is matched against the whole
//! string. `${…}` is a value that is fixed but not known here: a policy variable (`${aws:PrincipalTag/team}`) or a name that
//! CloudFormation gives at deploy time (`${LogicalId}`, `${AWS::Region}`). Two equal symbols are the same value; otherwise only a
//! `*` surely contains one. `${*}`, `${?}` and `${$}` are the literal characters.
//! Rules: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html> and
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>.

use super::truth::Truth;

/// Largest product of two pattern lengths that is compared; beyond it the answer is the careful one.
const LARGEST_COMPARISON: usize = 16_000_000;
/// Symbols whose names begin so equal nothing, not even themselves: nobody knows that they are the same value.
const UNRESOLVED: &str = "Unresolved";

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Literal(char),
    /// `?`.
    One,
    /// A `?` in the same run of wildcards as a `*`: one character at least, anywhere in that run.
    AtLeastOne,
    /// `*`.
    Many,
    /// A fixed, unknown, non-empty value.
    Symbol(Box<str>),
}

impl Token {
    fn is_single(&self) -> bool {
        matches!(self, Self::Literal(_) | Self::One | Self::AtLeastOne)
    }

    fn is_open(&self) -> bool {
        matches!(self, Self::Many | Self::Symbol(_))
    }
}

/// What a policy variable stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Variable {
    /// Its value.
    Value(String),
    /// It has a value that is not known.
    Unknown,
    /// The request carries no such key.
    Absent,
}

/// How a text is read as a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// `*` and `?` are wildcards.
    pub wildcards: bool,
    /// Letter case does not matter.
    pub fold_case: bool,
}

/// A compiled pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    tokens: Vec<Token>,
}

impl Pattern {
    /// An action pattern: letter case does not matter.
    pub fn action(text: &str) -> Self {
        Self::read(
            text,
            Reading {
                wildcards: true,
                fold_case: true,
            },
        )
    }

    /// A resource pattern.
    pub fn resource(text: &str) -> Self {
        Self::read(
            text,
            Reading {
                wildcards: true,
                fold_case: false,
            },
        )
    }

    /// A text in which `*` and `?` mean themselves; symbols stay symbols.
    pub fn literal(text: &str) -> Self {
        Self::read(
            text,
            Reading {
                wildcards: false,
                fold_case: false,
            },
        )
    }

    /// Reads a text, every policy variable being unknown.
    pub fn read(text: &str, reading: Reading) -> Self {
        Self {
            tokens: tokenize(text, reading, &|_| Variable::Unknown).unwrap_or_default(),
        }
    }

    /// Reads a text with the values of its policy variables; `None` where a variable has no value, so nothing matches.
    pub fn with_variables(
        text: &str,
        reading: Reading,
        variable: &dyn Fn(&str) -> Variable,
    ) -> Option<Self> {
        tokenize(text, reading, variable).map(|tokens| Self { tokens })
    }

    /// True where the pattern surely matches the whole text. Linear in their product.
    pub fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        let (mut at, mut from) = (0, 0);
        let mut star: Option<(usize, usize)> = None;
        while from < text.len() {
            match self.tokens.get(at) {
                Some(Token::Literal(letter)) if *letter == text[from] => {
                    (at, from) = (at + 1, from + 1)
                }
                Some(Token::One | Token::AtLeastOne) => (at, from) = (at + 1, from + 1),
                Some(Token::Many) => {
                    star = Some((at, from));
                    at += 1;
                }
                _ => match star.as_mut() {
                    Some((back, seen)) => {
                        *seen += 1;
                        (at, from) = (*back + 1, *seen);
                    }
                    None => return false,
                },
            }
        }
        self.tokens
            .iter()
            .skip(at)
            .all(|token| *token == Token::Many)
    }

    /// True where everything that `other` matches is surely matched by this pattern.
    ///
    /// Never says yes wrongly. Two patterns that need a different way of matching for different strings may be told apart
    /// although one contains the other; no pattern seen in a policy is of that kind.
    pub fn covers(&self, other: &Self) -> bool {
        let (ours, theirs) = (&self.tokens, &other.tokens);
        if ours.len().saturating_mul(theirs.len()) > LARGEST_COMPARISON {
            return false;
        }
        let Some((ours, theirs)) = past_common_ends(ours, theirs) else {
            return false;
        };
        if matches!(ours, [Token::Many]) {
            return true;
        }
        // next[j]: the tokens after the current one cover theirs[j..].
        let mut next = vec![false; theirs.len() + 1];
        next[theirs.len()] = true;
        for token in ours.iter().rev() {
            let mut row = vec![false; theirs.len() + 1];
            row[theirs.len()] = *token == Token::Many && next[theirs.len()];
            for j in (0..theirs.len()).rev() {
                row[j] = match (token, &theirs[j]) {
                    (Token::Many, _) => next[j] || row[j + 1],
                    // Their `*` may be empty: it goes by without being the one character.
                    (Token::AtLeastOne, Token::Many) => row[j + 1],
                    (Token::AtLeastOne, _) => next[j + 1],
                    (Token::One, single) => single.is_single() && next[j + 1],
                    (Token::Symbol(name), _) if name.starts_with(UNRESOLVED) => false,
                    (Token::Literal(_) | Token::Symbol(_), same) => token == same && next[j + 1],
                };
            }
            next = row;
        }
        next[0]
    }

    /// True where some string may be matched by both; a symbol may be any string.
    pub fn intersects(&self, other: &Self) -> bool {
        let (ours, theirs) = (&self.tokens, &other.tokens);
        if ours.len().saturating_mul(theirs.len()) > LARGEST_COMPARISON {
            return true;
        }
        let Some((ours, theirs)) = past_common_ends(ours, theirs) else {
            return false;
        };
        if matches!(ours, [Token::Many]) || matches!(theirs, [Token::Many]) {
            return true;
        }
        let mut next: Vec<bool> = vec![false; theirs.len() + 1];
        next[theirs.len()] = true;
        for j in (0..theirs.len()).rev() {
            next[j] = theirs[j].is_open() && next[j + 1];
        }
        for token in ours.iter().rev() {
            let mut row = vec![false; theirs.len() + 1];
            row[theirs.len()] = token.is_open() && next[theirs.len()];
            for j in (0..theirs.len()).rev() {
                row[j] = match (token, &theirs[j]) {
                    // An open token absorbs the other's tokens one by one.
                    (ours, theirs) if ours.is_open() || theirs.is_open() => next[j] || row[j + 1],
                    (Token::Literal(one), Token::Literal(two)) => one == two && next[j + 1],
                    _ => next[j + 1],
                };
            }
            next = row;
        }
        next[0]
    }

    /// False where a pattern that is written so surely meets nothing that this one matches, told by the letters at their start, whatever
    /// their case: most pairs of a policy are told apart so, and a pattern need not be read for it.
    pub(crate) fn may_meet(&self, text: &str) -> bool {
        let open = |byte: &u8| matches!(byte, b'*' | b'?' | b'$') || !byte.is_ascii();
        let start = text.bytes().take_while(|byte| !open(byte));
        for (byte, token) in start.zip(&self.tokens) {
            match token {
                Token::Literal(letter) if letter.eq_ignore_ascii_case(&char::from(byte)) => {}
                Token::Literal(_) => return false,
                _ => return true,
            }
        }
        true
    }

    /// Whether this pattern matches what `subject` stands for: `Unknown` where it matches a part of it or depends on a symbol.
    pub fn compare(&self, subject: &Self) -> Truth {
        if self.covers(subject) {
            Truth::True
        } else if self.intersects(subject) {
            Truth::Unknown
        } else {
            Truth::False
        }
    }

    /// True where the pattern holds a wildcard.
    pub fn has_wildcard(&self) -> bool {
        self.tokens
            .iter()
            .any(|token| matches!(token, Token::One | Token::AtLeastOne | Token::Many))
    }

    /// True where the pattern holds a value that is fixed but not known.
    pub fn has_symbol(&self) -> bool {
        self.tokens
            .iter()
            .any(|token| matches!(token, Token::Symbol(_)))
    }

    /// True for a pattern that matches every string, such as `*`.
    pub fn is_everything(&self) -> bool {
        !self.tokens.is_empty() && self.tokens.iter().all(|token| *token == Token::Many)
    }
}

/// True where pattern `a` matches everything that pattern `b` matches, as resources.
pub fn covers(a: &str, b: &str) -> bool {
    Pattern::resource(a).covers(&Pattern::resource(b))
}

/// True where a string may be matched by both patterns, as resources.
pub fn intersects(a: &str, b: &str) -> bool {
    Pattern::resource(a).intersects(&Pattern::resource(b))
}

/// What is left of both between the letters that they share at the start and at the end; `None` where two letters differ, as they do for
/// most pairs of a policy: those need no table.
fn past_common_ends<'a>(
    mut ours: &'a [Token],
    mut theirs: &'a [Token],
) -> Option<(&'a [Token], &'a [Token])> {
    while let ([Token::Literal(one), our_rest @ ..], [Token::Literal(two), their_rest @ ..]) =
        (ours, theirs)
    {
        if one != two {
            return None;
        }
        (ours, theirs) = (our_rest, their_rest);
    }
    while let ([our_rest @ .., Token::Literal(one)], [their_rest @ .., Token::Literal(two)]) =
        (ours, theirs)
    {
        if one != two {
            return None;
        }
        (ours, theirs) = (our_rest, their_rest);
    }
    Some((ours, theirs))
}

fn tokenize(
    text: &str,
    reading: Reading,
    variable: &dyn Fn(&str) -> Variable,
) -> Option<Vec<Token>> {
    let mut tokens = Vec::with_capacity(text.len());
    // Most patterns are names: nothing in them stands for something else.
    if text.is_ascii() && !text.contains(['*', '?', '$']) {
        let letter = |byte: u8| match reading.fold_case {
            true => byte.to_ascii_lowercase(),
            false => byte,
        };
        tokens.extend(
            text.bytes()
                .map(|byte| Token::Literal(char::from(letter(byte)))),
        );
        return Some(tokens);
    }
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        if letter == '$'
            && let Some((body, after)) = placeholder(rest)
        {
            rest = after;
            push_placeholder(&mut tokens, body, reading, variable)?;
            continue;
        }
        rest = &rest[letter.len_utf8()..];
        match letter {
            '*' if reading.wildcards => tokens.push(Token::Many),
            '?' if reading.wildcards => tokens.push(Token::One),
            _ => push_letter(&mut tokens, letter, reading),
        }
    }
    gather_wildcards(&mut tokens);
    Some(tokens)
}

fn push_letter(tokens: &mut Vec<Token>, letter: char, reading: Reading) {
    if reading.fold_case {
        tokens.extend(letter.to_lowercase().map(Token::Literal));
    } else {
        tokens.push(Token::Literal(letter));
    }
}

fn push_placeholder(
    tokens: &mut Vec<Token>,
    body: &str,
    reading: Reading,
    variable: &dyn Fn(&str) -> Variable,
) -> Option<()> {
    if let "*" | "?" | "$" = body {
        body.chars()
            .for_each(|letter| push_letter(tokens, letter, reading));
        return Some(());
    }
    if !is_variable(body) {
        tokens.push(Token::Symbol(body.into()));
        return Some(());
    }
    let (key, default) = match body.split_once(',') {
        Some((key, default)) => (key.trim(), Some(default.trim().trim_matches('\''))),
        None => (body.trim(), None),
    };
    match (variable(key), default) {
        (Variable::Value(value), _) => value
            .chars()
            .for_each(|letter| push_letter(tokens, letter, reading)),
        (Variable::Unknown, _) => tokens.push(Token::Symbol(body.to_lowercase().into())),
        (Variable::Absent, Some(default)) => default
            .chars()
            .for_each(|letter| push_letter(tokens, letter, reading)),
        (Variable::Absent, None) => return None,
    }
    Some(())
}

/// A policy variable has a colon in its name; of CloudFormation's names only the pseudo parameters (`AWS::Region`) have one.
fn is_variable(body: &str) -> bool {
    body.contains(':') && !body.starts_with("AWS::")
}

/// Splits `${body}rest` at the start of a text.
pub(crate) fn placeholder(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix("${")?;
    let end = inner.find('}')?;
    let body = &inner[..end];
    (!body.is_empty() && !body.contains("${")).then(|| (body, &inner[end + 1..]))
}

/// Puts the `?` of a run of wildcards before its one `*`, so that equal patterns are equal token by token.
fn gather_wildcards(tokens: &mut Vec<Token>) {
    let mut gathered = Vec::with_capacity(tokens.len());
    let mut singles = 0_usize;
    let mut many = false;
    let flush = |gathered: &mut Vec<Token>, singles: &mut usize, many: &mut bool| {
        let single = if *many { Token::AtLeastOne } else { Token::One };
        gathered.extend(std::iter::repeat_n(single, *singles));
        if *many {
            gathered.push(Token::Many);
        }
        (*singles, *many) = (0, false);
    };
    for token in tokens.drain(..) {
        match token {
            Token::One => singles += 1,
            Token::Many => many = true,
            other => {
                flush(&mut gathered, &mut singles, &mut many);
                gathered.push(other);
            }
        }
    }
    flush(&mut gathered, &mut singles, &mut many);
    *tokens = gathered;
}
