//! Passwords among the arguments of well-known commands: `mysql -pWORD`, `curl -u user:WORD`, `sshpass -p WORD`; and in the lines of a
//! `.netrc` file, which are written alike.

use std::ops::Range;

use super::judge::{is_password, is_value};
use super::kinds::built_in::{COMMAND_PASSWORD, KINDS};
use super::scan::{Confidence, Found, Subject};
use super::text::is_word;

/// How far behind a command's name its password is looked for, in bytes.
const REACH: usize = 400;

/// How a command is given a password.
pub(super) struct Command {
    /// The name, and the blank behind it.
    pub(super) names: &'static [&'static str],
    /// Options that a password follows.
    options: &'static [&'static str],
    /// Where the password stands.
    joined: Joined,
    /// What parts the password from what stands before it in the same argument, as a user's name does.
    before: Option<char>,
}

/// Where the value of an option stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Joined {
    /// Only in the word of the option: `-pWORD`.
    Always,
    /// In the next word, or in the same.
    Either,
    /// Only in the next word.
    Never,
}

const fn command(
    names: &'static [&'static str],
    options: &'static [&'static str],
    joined: Joined,
    before: Option<char>,
) -> Command {
    Command {
        names,
        options,
        joined,
        before,
    }
}

/// Commands that take a password as an argument, each as its manual says.
pub(super) static COMMANDS: &[Command] = &[
    // Not a command: a line of `.netrc`.
    command(&["machine "], &["password"], Joined::Never, None),
    command(
        &[
            "mysql ",
            "mysqldump ",
            "mysqladmin ",
            "mysqlimport ",
            "mariadb ",
            "mariadb-dump ",
        ],
        &["-p"],
        Joined::Always,
        None,
    ),
    command(&["sshpass "], &["-p"], Joined::Either, None),
    command(
        &["curl "],
        &["-u", "--user", "-U", "--proxy-user"],
        Joined::Either,
        Some(':'),
    ),
    command(
        &["http ", "https "],
        &["-a", "--auth"],
        Joined::Either,
        Some(':'),
    ),
    command(&["redis-cli "], &["-a"], Joined::Either, None),
    command(
        &[
            "mongo ",
            "mongosh ",
            "mongodump ",
            "mongorestore ",
            "mongoexport ",
            "mongoimport ",
        ],
        &["-p"],
        Joined::Either,
        None,
    ),
    command(&["sqlcmd ", "bcp "], &["-P"], Joined::Either, None),
    command(
        &[
            "docker login ",
            "podman login ",
            "helm registry login ",
            "az login ",
            "oc login ",
        ],
        &["-p"],
        Joined::Either,
        None,
    ),
    command(
        &["ldapsearch ", "ldapadd ", "ldapmodify ", "ldapwhoami "],
        &["-w"],
        Joined::Either,
        None,
    ),
    command(
        &["smbclient ", "rpcclient "],
        &["-U"],
        Joined::Either,
        Some('%'),
    ),
    command(
        &[
            "psexec ",
            "PsExec ",
            "PSEXEC ",
            "PsExec.exe ",
            "psexec.exe ",
        ],
        &["-p"],
        Joined::Never,
        None,
    ),
];

/// Finds the password of the command with this index whose name stands at `at`.
pub(super) fn find(subject: &Subject<'_>, index: usize, at: &Range<usize>) -> Option<Found> {
    let command = COMMANDS.get(index)?;
    let bytes = subject.text.as_bytes();
    let joins = |byte: &u8| is_word(*byte) || matches!(byte, b'-' | b'.');
    if at
        .start
        .checked_sub(1)
        .and_then(|i| bytes.get(i))
        .is_some_and(joins)
    {
        return None;
    }
    let mut from = at.end;
    let limit = (at.end + REACH).min(bytes.len());
    while let Some(word) = next_word(bytes, from, limit) {
        let text = subject.text.get(word.clone())?;
        // The next command of the line.
        if matches!(text, "|" | "||" | "&&" | ";" | "&") {
            return None;
        }
        from = word.end;
        let Some(option) = command
            .options
            .iter()
            .find(|option| text.starts_with(**option))
        else {
            continue;
        };
        let rest = text.len() - option.len();
        let value = match command.joined {
            _ if rest == 0 && command.joined != Joined::Always => next_word(bytes, from, limit)?,
            Joined::Always | Joined::Either if rest > 0 && !option.starts_with("--") => {
                word.start + option.len()..word.end
            }
            _ if text.get(option.len()..)?.starts_with('=') => {
                word.start + option.len() + 1..word.end
            }
            _ => continue,
        };
        return password(subject, command, value);
    }
    None
}

/// The password of an argument.
fn password(subject: &Subject<'_>, command: &Command, argument: Range<usize>) -> Option<Found> {
    let bytes = subject.text.as_bytes();
    let quote = |at: usize| matches!(bytes.get(at), Some(b'"' | b'\'' | b'\\'));
    let mut range = argument;
    while range.start < range.end && quote(range.start) {
        range.start += 1;
    }
    while range.start < range.end && quote(range.end - 1) {
        range.end -= 1;
    }
    if let Some(mark) = command.before {
        let text = subject.text.get(range.clone())?;
        range.start += text.find(mark)? + mark.len_utf8();
    }
    let value = subject.text.get(range.clone())?;
    let live = is_password(subject, value, true) || is_value(subject, value);
    live.then(|| KINDS.get(COMMAND_PASSWORD))
        .flatten()
        .map(|kind| Found {
            kind,
            range,
            confidence: Confidence::Low,
        })
}

/// The next word of a command line: up to a blank, a line's end or the end of the string that holds the command.
fn next_word(bytes: &[u8], from: usize, limit: usize) -> Option<Range<usize>> {
    let start = (from..limit).find(|&at| !matches!(bytes[at], b' ' | b'\t'))?;
    if matches!(bytes[start], b'\n' | b'\r') {
        return None;
    }
    let quote = Some(bytes[start]).filter(|byte| matches!(byte, b'"' | b'\''));
    // A quoted argument may be opened by a quote of its own; any other quote ends the string around the command.
    let first = start + usize::from(quote.is_some());
    let stops =
        |byte: u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'`' | b'|' | b';');
    let end = (first..limit).find(|&at| stops(bytes[at])).unwrap_or(limit);
    (end > start).then_some(start..end.max(start + 1))
}
