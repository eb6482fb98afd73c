//! Typed builders of the commands that the report prints: argv in, POSIX-shell text out. No check formats a command by hand,
//! so no name of the project under audit can become shell syntax.

use std::fmt;

/// A command for a POSIX shell. Its [`fmt::Display`] is one line that is safe to paste.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// A word, quoted when it needs to be.
    Word(String),
    /// Shell syntax, written by this module alone.
    Syntax(&'static str),
    /// `--option=value`, quoted as one word.
    Joined(&'static str, String),
    /// `"${NAME:?}"`: the value of an exported variable; the shell stops when it is not set.
    Variable(EnvName),
    /// What a command prints, as one word.
    Output(Box<Command>),
}

/// The name of an environment variable that a shell can refer to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EnvName(String);

impl EnvName {
    /// The name, where a POSIX shell can refer to it.
    pub fn new(name: impl Into<String>) -> Option<Self> {
        let name = name.into();
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let fits = !name.is_empty()
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name.chars().all(word);
        fits.then_some(Self(name))
    }

    /// A variable named after something: `api.stripe.com` and `KEY` give `API_STRIPE_COM_KEY`.
    pub fn of(text: &str, suffix: &str) -> Self {
        let mut name: String = text
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() {
                    c.to_ascii_uppercase()
                } else {
                    '_'
                }
            })
            .collect();
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
            name.insert(0, '_');
        }
        Self(format!("{name}_{suffix}"))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Command {
    /// A command that starts with `program`.
    pub fn new(program: impl Into<String>) -> Self {
        Self {
            parts: vec![Part::Word(program.into())],
        }
    }

    /// Adds a word.
    #[must_use]
    pub fn arg(mut self, word: impl Into<String>) -> Self {
        self.parts.push(Part::Word(word.into()));
        self
    }

    /// Adds words.
    #[must_use]
    pub fn args<S: Into<String>>(mut self, words: impl IntoIterator<Item = S>) -> Self {
        self.parts
            .extend(words.into_iter().map(|word| Part::Word(word.into())));
        self
    }

    /// Adds `--name value`; a value that starts with `-` is joined with `=`, so that no parser takes it for an option.
    #[must_use]
    pub fn opt(mut self, name: &'static str, value: impl Into<String>) -> Self {
        let value = value.into();
        if value.starts_with('-') {
            self.parts.push(Part::Joined(name, value));
        } else {
            self.parts.push(Part::Word(name.to_owned()));
            self.parts.push(Part::Word(value));
        }
        self
    }

    /// Adds `--name value` where there is a value.
    #[must_use]
    pub fn opt_if(self, name: &'static str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.opt(name, value),
            None => self,
        }
    }

    /// Adds `--name "${VARIABLE:?}"`: a value that the user exports, so that it stands neither in the report nor in the history of
    /// the shell.
    #[must_use]
    pub fn opt_env(mut self, name: &'static str, variable: &EnvName) -> Self {
        self.parts.push(Part::Word(name.to_owned()));
        self.parts.push(Part::Variable(variable.clone()));
        self
    }

    /// Adds `--name "$(command)"`: the value is what another command prints.
    #[must_use]
    pub fn opt_output(mut self, name: &'static str, command: Self) -> Self {
        self.parts.push(Part::Word(name.to_owned()));
        self.parts.push(Part::Output(Box::new(command)));
        self
    }

    fn syntax(mut self, text: &'static str) -> Self {
        self.parts.push(Part::Syntax(text));
        self
    }

    /// Writes standard output to `path`.
    #[must_use]
    pub fn to_file(self, path: &str) -> Self {
        self.syntax(">").arg(local_path(path))
    }

    /// Adds standard output to the end of `path`.
    #[must_use]
    pub fn append_to_file(self, path: &str) -> Self {
        self.syntax(">>").arg(local_path(path))
    }

    /// Adds standard output to the end of `path`.
    #[must_use]
    pub fn append_to(self, path: &str) -> Self {
        self.syntax(">>").arg(local_path(path))
    }

    /// Reads standard input from `path`.
    #[must_use]
    pub fn from_file(self, path: &str) -> Self {
        self.syntax("<").arg(local_path(path))
    }

    /// Runs `next` when this one succeeds.
    #[must_use]
    pub fn and(mut self, next: Self) -> Self {
        self.parts.push(Part::Syntax("&&"));
        self.parts.extend(next.parts);
        self
    }

    /// Pipes standard output into `next`.
    #[must_use]
    pub fn pipe(mut self, next: Self) -> Self {
        self.parts.push(Part::Syntax("|"));
        self.parts.extend(next.parts);
        self
    }
}

impl Command {
    /// False where a word cannot be written so that a shell passes it on as it is: no argument holds a NUL, and a command
    /// substitution, which unprintable characters need, drops line breaks at its end.
    pub fn is_exact(&self) -> bool {
        self.parts.iter().all(|part| match part {
            Part::Word(word) | Part::Joined(_, word) => {
                !word.contains('\0') && !word.ends_with('\n')
            }
            Part::Syntax(_) | Part::Variable(_) => true,
            Part::Output(command) => command.is_exact(),
        })
    }

    /// The text, where the command [can be written](Self::is_exact).
    pub fn text(&self) -> Option<String> {
        self.is_exact().then(|| self.to_string())
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, part) in self.parts.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            match part {
                Part::Word(word) => f.write_str(&quote(word))?,
                Part::Syntax(text) => f.write_str(text)?,
                Part::Joined(name, value) => write!(f, "{name}={}", quote(value))?,
                Part::Variable(name) => write!(f, "\"${{{}:?}}\"", name.0)?,
                Part::Output(command) => write!(f, "\"$({command})\"")?,
            }
        }
        Ok(())
    }
}

/// Quotes a word for a POSIX shell. Characters that a terminal would act on, or that would reorder the line on screen, are
/// written as octal escapes for `printf %b`, so that what is shown is what runs.
pub fn quote(word: &str) -> String {
    if word.chars().any(is_unprintable) {
        let mut escaped = String::new();
        for character in word.chars() {
            if is_unprintable(character) {
                let mut buffer = [0; 4];
                for byte in character.encode_utf8(&mut buffer).bytes() {
                    escaped.push_str(&format!("\\0{byte:03o}"));
                }
            } else if character == '\\' {
                escaped.push_str("\\\\");
            } else {
                escaped.push(character);
            }
        }
        return format!("\"$(printf %b {})\"", single(&escaped));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        single(word)
    }
}

fn single(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Control characters, line separators, and characters that reorder or hide text (Unicode TR9 bidi controls, zero width, fillers,
/// variation selectors, tags).
pub fn is_unprintable(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// A path that no program takes for an option.
fn local_path(path: &str) -> String {
    if path.starts_with('-') {
        format!("./{path}")
    } else {
        path.to_owned()
    }
}

/// `agentcore deploy` of a target, without a prompt; always the last command of a fix.
pub fn deploy(target: Option<&str>) -> Command {
    Command::new("agentcore")
        .arg("deploy")
        .arg("-y")
        .opt_if("--target", target.filter(|name| *name != "default"))
}

/// Edits a JSON file in place with a jq filter; `args` become `$name` string variables of the filter.
pub fn jq_edit(path: &str, filter: &str, args: &[(&str, &str)]) -> Command {
    jq_edit_with_files(path, filter, args, &[])
}

/// Like [`jq_edit`]; `files` become `$name` variables that hold the text of a file.
pub fn jq_edit_with_files(
    path: &str,
    filter: &str,
    args: &[(&str, &str)],
    files: &[(&str, &str)],
) -> Command {
    let path = local_path(path);
    let temporary = format!("{path}.tmp");
    let mut jq = Command::new("jq");
    for (name, value) in args {
        // As JSON, what a terminal would act on is plain text.
        jq = if value.chars().any(is_unprintable) {
            jq.arg("--argjson").arg(*name).arg(ascii_json(value))
        } else {
            jq.arg("--arg").arg(*name).arg(*value)
        };
    }
    for (name, file) in files {
        jq = jq.arg("--rawfile").arg(*name).arg(local_path(file));
    }
    jq.arg(filter)
        .arg(path.clone())
        .to_file(&temporary)
        .and(Command::new("mv").arg(temporary).arg(path))
}

/// A JSON string in which everything unprintable is escaped.
fn ascii_json(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => {
                out.push('\\');
                out.push(character);
            }
            hidden if is_unprintable(hidden) => {
                for unit in hidden.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
            plain => out.push(plain),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_only_where_needed() {
        assert_eq!(quote("app/Main"), "app/Main");
        assert_eq!(quote(""), "''");
        assert_eq!(quote("a b"), "'a b'");
        assert_eq!(quote("it's $(id)"), r"'it'\''s $(id)'");
        assert_eq!(quote("~"), "'~'");
    }

    #[test]
    fn control_characters_never_reach_the_terminal() {
        assert_eq!(quote("a\nb"), r#""$(printf %b 'a\0012b')""#);
        assert_eq!(
            quote("x\u{202e}y\\"),
            r#""$(printf %b 'x\0342\0200\0256y\\')""#
        );
    }

    #[test]
    fn option_values_that_start_with_a_dash_are_joined() {
        let command = Command::new("agentcore").opt("--name", "--evil");
        assert_eq!(command.to_string(), "agentcore --name=--evil");
    }

    #[test]
    fn a_secret_is_referred_to_never_written() {
        let name = EnvName::new("STRIPE_API_KEY").unwrap_or_else(|| EnvName::of("", ""));
        let command = Command::new("agentcore").opt_env("--api-key", &name);
        assert_eq!(
            command.to_string(),
            "agentcore --api-key \"${STRIPE_API_KEY:?}\""
        );
        assert_eq!(EnvName::new("A$(id)"), None);
        assert_eq!(EnvName::new("1A"), None);
        assert_eq!(EnvName::of("api.9x-y", "KEY").as_str(), "API_9X_Y_KEY");
    }

    #[test]
    fn jq_gets_hidden_characters_as_json() {
        let command = jq_edit("a.json", ".name = $n", &[("n", "a\n\u{e0041}\"")]).to_string();
        assert!(
            command.starts_with(r#"jq --argjson n '"a\u000a\udb40\udc41\""' "#),
            "{command}"
        );
    }

    #[test]
    fn words_that_no_shell_passes_on_are_told() {
        assert!(Command::new("a").arg("b\nc").is_exact());
        assert!(!Command::new("a").arg("b\n").is_exact());
        assert!(!Command::new("a").opt("--b", "-\0").is_exact());
    }

    #[test]
    fn an_edit_replaces_the_file_only_after_jq_succeeded() {
        let command = jq_edit("agentcore/agentcore.json", ".name = $n", &[("n", "x y")]);
        assert_eq!(
            command.to_string(),
            "jq --arg n 'x y' '.name = $n' agentcore/agentcore.json > agentcore/agentcore.json.tmp \
             && mv agentcore/agentcore.json.tmp agentcore/agentcore.json"
        );
    }
}
