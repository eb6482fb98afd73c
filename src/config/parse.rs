//! `agentcore-harden.toml`: text → [`Settings`], with every problem reported at once at its line and column.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Accept, FailOn, Ignore, RuntimeSettings, Settings, Workload, names};
use crate::model::platform::PlatformVersion;
use crate::model::site::{Sited, SourceText};
use crate::text::suggest::suggestion;

/// A problem of the configuration file; any problem makes the run exit 2.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}:{line}:{column}: {message}")]
pub struct Problem {
    /// The file as the user sees it.
    pub path: String,
    /// 1-based line.
    pub line: u32,
    /// 1-based column, in characters.
    pub column: u32,
    /// What is wrong, with a suggestion where one is close.
    pub message: String,
}

/// The names that the project's runtimes and harnesses have, and whether a foreign one is a mistake: a file that serves
/// several projects names runtimes of all of them.
#[derive(Clone, Copy, Debug)]
pub struct Runtimes<'a> {
    /// The names.
    pub names: &'a [&'a str],
    /// True when the file was written for this project alone.
    pub exclusive: bool,
}

/// Parses and validates the file; `checks` are the ids of all checks.
///
/// # Errors
/// Every problem, in the order of the file.
pub fn parse(
    path: &str,
    text: &str,
    checks: &[&str],
    runtimes: Runtimes<'_>,
) -> Result<Settings, Vec<Problem>> {
    let mut reader = Reader {
        checks,
        source: SourceText::new(path, text),
        problems: Vec::new(),
        more: 0,
        runtimes,
    };
    let (root, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let at = error.span().unwrap_or(0..0);
        reader.problem(at, error.message().to_owned());
    }
    // What recovery invents around a syntax error would only be reported a second time.
    if !reader.problems.is_empty() {
        return Err(reader.told());
    }
    let settings = reader.root(root.get_ref());
    if reader.problems.is_empty() {
        Ok(settings)
    } else {
        Err(reader.told())
    }
}

type Value<'i> = Spanned<DeValue<'i>>;

struct Reader<'a> {
    source: SourceText,
    problems: Vec<Problem>,
    /// Problems that are only counted.
    more: usize,
    checks: &'a [&'a str],
    runtimes: Runtimes<'a>,
}

/// How many problems are named; who reads them fixes a few and asks again.
const MOST: usize = 50;

const KEYS: [&str; 5] = ["fail-on", "runtimes", "severity", "ignore", "accept"];
const RUNTIME_KEYS: [&str; 6] = [
    "workload",
    "peak-new-sessions-per-minute",
    "mean-session-seconds",
    "peak-invocations-per-second",
    "job-seconds",
    "platform-version",
];
const IGNORE_KEYS: [&str; 5] = ["check", "path", "resource", "reason", "expires"];
const ACCEPT_KEYS: [&str; 5] = ["check", "resource", "reason", "by", "expires"];
const SEVERITIES: [&str; 5] = ["critical", "high", "medium", "low", "off"];
const FAIL_ON: [&str; 5] = ["critical", "high", "medium", "low", "never"];

impl Reader<'_> {
    /// The problems in the order of the file, and how many there are beyond.
    fn told(mut self) -> Vec<Problem> {
        self.problems
            .sort_by_key(|problem| (problem.line, problem.column));
        let last = self.problems.last();
        if let Some(last) = last.filter(|_| self.more > 0) {
            let message = format!("{} more problems are not shown", self.more);
            let rest = Problem {
                message,
                ..last.clone()
            };
            self.problems.push(rest);
        }
        self.problems
    }

    fn problem(&mut self, at: Range<usize>, message: String) {
        if self.problems.len() >= MOST {
            self.more += 1;
            return;
        }
        let (line, column) = self.source.position(at.start);
        self.problems.push(Problem {
            path: self.source.path.to_string(),
            line,
            column,
            message,
        });
    }

    /// `unknown KIND "word"`, with the closest known one or all of them.
    fn unknown(&mut self, at: Range<usize>, kind: &str, word: &str, known: &[&str]) {
        if self.problems.len() >= MOST {
            self.more += 1;
            return;
        }
        let hint = match suggestion(word, known.iter().copied()) {
            Some(close) => format!("did you mean \"{close}\"?"),
            None if known.is_empty() => "the project has none".to_owned(),
            None if known.len() > 12 => "`agentcore-harden list` shows them".to_owned(),
            None => format!("known: {}", known.join(", ")),
        };
        self.problem(at, format!("unknown {kind} \"{word}\"; {hint}"));
    }

    fn root(&mut self, table: &DeTable<'_>) -> Settings {
        let mut settings = Settings::default();
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "fail-on" => settings.fail_on = self.fail_on(value),
                "runtimes" => self.each(value, "runtimes", |reader, name, at, entry| {
                    let known = reader.runtimes;
                    if known.exclusive && !known.names.contains(&name) {
                        reader.unknown(at, "runtime", name, known.names);
                    }
                    let runtime = reader.runtime(name, entry);
                    settings.runtimes.insert(name.to_owned(), runtime);
                }),
                "severity" => self.severities(value, &mut settings),
                "accept" => settings.accepts = self.accepts(value),
                "ignore" => settings.ignores = self.ignores(value),
                other => self.unknown(key.span(), "key", other, &KEYS),
            }
        }
        settings
    }

    /// Calls `entry` for every member of a table.
    fn each(
        &mut self,
        value: &Value<'_>,
        name: &str,
        mut entry: impl FnMut(&mut Self, &str, Range<usize>, &Value<'_>),
    ) {
        match value.get_ref() {
            DeValue::Table(table) => {
                for (key, value) in table {
                    entry(self, key.get_ref(), key.span(), value);
                }
            }
            other => self.problem(
                value.span(),
                format!("`{name}` must be a table, found {}", other.type_str()),
            ),
        }
    }

    fn text(&mut self, value: &Value<'_>, name: &str) -> Option<String> {
        match value.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            other => {
                self.problem(
                    value.span(),
                    format!("`{name}` must be a string, found {}", other.type_str()),
                );
                None
            }
        }
    }

    fn fail_on(&mut self, value: &Value<'_>) -> Option<FailOn> {
        let text = self.text(value, "fail-on")?;
        match text.parse() {
            Ok(severity) => Some(FailOn::Severity(severity)),
            Err(_) if text == "never" => Some(FailOn::Never),
            Err(_) => {
                self.unknown(value.span(), "severity", &text, &FAIL_ON);
                None
            }
        }
    }

    /// `[severity]`: an id or a pattern, and a severity or `off`. An id wins over a pattern.
    fn severities(&mut self, value: &Value<'_>, settings: &mut Settings) {
        let mut patterns: Vec<(String, String, Range<usize>)> = Vec::new();
        self.each(value, "severity", |reader, id, at, entry| {
            reader.check_id(id, at.clone());
            if let Some(text) = reader.text(entry, "severity") {
                if !SEVERITIES.contains(&text.as_str()) {
                    reader.unknown(entry.span(), "severity", &text, &SEVERITIES);
                    return;
                }
                patterns.push((id.to_owned(), text, at));
            }
        });
        patterns.sort_by_key(|(id, ..)| !id.contains('*'));
        for (pattern, text, at) in patterns {
            for check in self.checks.iter().filter(|check| names(&pattern, check)) {
                settings.severity.remove(*check);
                settings.off.remove(*check);
                match text.parse::<crate::model::finding::Severity>() {
                    Ok(severity) => {
                        settings.severity.insert((*check).to_owned(), severity);
                    }
                    Err(_) => {
                        let site = self.source.site(at.clone());
                        settings.off.insert((*check).to_owned(), site);
                    }
                }
            }
        }
    }

    fn check_id(&mut self, id: &str, at: Range<usize>) {
        if !self.checks.iter().any(|check| names(id, check)) {
            self.unknown(at, "check", id, self.checks);
        }
    }

    fn runtime(&mut self, name: &str, value: &Value<'_>) -> RuntimeSettings {
        let mut settings = RuntimeSettings::default();
        self.each(value, name, |reader, key, at, entry| match key {
            "workload" => settings.workload = reader.workload(entry),
            "peak-new-sessions-per-minute" => {
                settings.peak_new_sessions_per_minute = reader.amount(entry, key);
            }
            "mean-session-seconds" => settings.mean_session_seconds = reader.amount(entry, key),
            "peak-invocations-per-second" => {
                settings.peak_invocations_per_second = reader.amount(entry, key);
            }
            "job-seconds" => settings.job_seconds = reader.amount(entry, key),
            "platform-version" => settings.platform_version = reader.platform_version(entry),
            other => reader.unknown(at, "key", other, &RUNTIME_KEYS),
        });
        settings
    }

    fn workload(&mut self, value: &Value<'_>) -> Option<Sited<Workload>> {
        let text = self.text(value, "workload")?;
        let found = Workload::ALL
            .into_iter()
            .find(|workload| workload.as_str() == text);
        if found.is_none() {
            let known = Workload::ALL.map(Workload::as_str);
            self.unknown(value.span(), "workload", &text, &known);
        }
        Some(Sited::new(found?, self.source.site(value.span())))
    }

    fn platform_version(&mut self, value: &Value<'_>) -> Option<Sited<PlatformVersion>> {
        let text = self.text(value, "platform-version")?;
        let found = PlatformVersion::ALL
            .into_iter()
            .find(|version| version.as_str() == text);
        if found.is_none() {
            let known = PlatformVersion::ALL.map(PlatformVersion::as_str);
            self.unknown(value.span(), "platform version", &text, &known);
        }
        Some(Sited::new(found?, self.source.site(value.span())))
    }

    /// A number that is finite and not negative.
    fn amount(&mut self, value: &Value<'_>, key: &str) -> Option<f64> {
        let number = match value.get_ref() {
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .ok()
                .and_then(|number| u32::try_from(number).ok())
                .map(f64::from),
            DeValue::Float(number) => number.as_str().parse().ok(),
            other => {
                let found = other.type_str();
                self.problem(
                    value.span(),
                    format!("`{key}` must be a number, found {found}"),
                );
                return None;
            }
        };
        let sound = number.filter(|number: &f64| number.is_finite() && *number >= 0.0);
        if sound.is_none() {
            self.problem(
                value.span(),
                format!("`{key}` must be 0 or more, and below 2^32"),
            );
        }
        sound
    }

    fn ignores(&mut self, value: &Value<'_>) -> Vec<Ignore> {
        let DeValue::Array(entries) = value.get_ref() else {
            self.problem(
                value.span(),
                "write `[[ignore]]`, one table a rule".to_owned(),
            );
            return Vec::new();
        };
        entries
            .iter()
            .filter_map(|entry| self.ignore(entry))
            .collect()
    }

    fn ignore(&mut self, entry: &Value<'_>) -> Option<Ignore> {
        let site = self.source.site(entry.span());
        let before = self.problems.len();
        let mut rule = Ignore {
            check: String::new(),
            path: None,
            resource: None,
            reason: String::new(),
            expires: None,
            site,
        };
        self.each(entry, "ignore", |reader, key, at, value| match key {
            "check" => {
                if let Some(id) = reader.text(value, key) {
                    reader.check_id(&id, value.span());
                    rule.check = id;
                }
            }
            "path" => {
                rule.path = reader
                    .text(value, key)
                    .map(|path| reader.path(path, value.span()))
            }
            "resource" => rule.resource = reader.text(value, key),
            "reason" => {
                rule.reason = reader
                    .text(value, key)
                    .unwrap_or_default()
                    .trim()
                    .to_owned()
            }
            "expires" => rule.expires = reader.date(value),
            other => reader.unknown(at, "key", other, &IGNORE_KEYS),
        });
        if self.problems.len() > before {
            return None;
        }
        self.complete(entry.span(), rule)
    }

    fn accepts(&mut self, value: &Value<'_>) -> Vec<Accept> {
        let DeValue::Array(entries) = value.get_ref() else {
            let message = "write `[[accept]]`, one table an answer";
            self.problem(value.span(), message.to_owned());
            return Vec::new();
        };
        entries
            .iter()
            .filter_map(|entry| self.accept(entry))
            .collect()
    }

    /// An answer without a reason, a role and an end would close a question for good, and nobody would know who did.
    fn accept(&mut self, entry: &Value<'_>) -> Option<Accept> {
        let site = self.source.site(entry.span());
        let before = self.problems.len();
        let (mut check, mut resource, mut expires) = (String::new(), None, None);
        let (mut reason, mut by) = (String::new(), String::new());
        self.each(entry, "accept", |reader, key, at, value| match key {
            "check" => {
                if let Some(id) = reader.text(value, key) {
                    reader.check_id(&id, value.span());
                    check = id;
                }
            }
            "resource" => resource = reader.text(value, key),
            "reason" | "by" => {
                let text = reader.text(value, key).unwrap_or_default();
                let text = text.trim().to_owned();
                if key == "by" {
                    by = text;
                } else {
                    reason = text;
                }
            }
            "expires" => expires = reader.date(value),
            other => reader.unknown(at, "key", other, &ACCEPT_KEYS),
        });
        if self.problems.len() > before {
            return None;
        }
        let missing = if check.is_empty() {
            "an accept needs a `check`"
        } else if reason.is_empty() {
            "an accept needs a `reason`; it is shown in the report"
        } else if by.is_empty() {
            "an accept needs `by`: the role of who decided"
        } else if let Some(expires) = expires {
            return Some(Accept {
                check,
                resource,
                reason,
                by,
                expires,
                site,
            });
        } else {
            "an accept needs `expires`: the day on which the question is asked again"
        };
        self.problem(entry.span(), missing.to_owned());
        None
    }

    /// What an ignore must have; a rule without a reason hides a finding from the next reader.
    fn complete(&mut self, at: Range<usize>, rule: Ignore) -> Option<Ignore> {
        let missing = if rule.check.is_empty() {
            "an ignore needs a `check`"
        } else if rule.reason.is_empty() {
            "an ignore needs a `reason`; it is shown in the report"
        } else if rule.path.is_none() && rule.resource.is_none() {
            "an ignore needs a `path` (file or folder) or a `resource`; to leave a check out use --skip"
        } else {
            return Some(rule);
        };
        self.problem(at, missing.to_owned());
        None
    }

    /// A path relative to the project root, without `./` and a final `/`.
    fn path(&mut self, path: String, at: Range<usize>) -> String {
        let plain = path.trim_start_matches("./").trim_end_matches('/');
        if plain.is_empty() || plain.starts_with('/') || plain.split('/').any(|part| part == "..") {
            self.problem(
                at,
                "`path` must be a file or folder below the project root".to_owned(),
            );
        }
        plain.to_owned()
    }

    fn date(&mut self, value: &Value<'_>) -> Option<jiff::civil::Date> {
        let text = match value.get_ref() {
            DeValue::Datetime(date) => date.to_string(),
            DeValue::String(text) => text.to_string(),
            _ => String::new(),
        };
        let date = text.parse().ok().filter(|_| text.len() == 10);
        if date.is_none() {
            self.problem(
                value.span(),
                "`expires` must be a day such as 2027-01-31".to_owned(),
            );
        }
        date
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::model::finding::Severity;

    const CHECKS: [&str; 9] = [
        "auth-inbound-type",
        "cli-version",
        "code-outbound-http",
        "iam-bedrock-scope",
        "memory-encryption",
        "perf-heavy-init",
        "perf-unused-dependencies",
        "secrets-env-read",
        "secrets-hardcoded",
    ];

    fn read(text: &str) -> Result<Settings, Vec<String>> {
        let runtimes = Runtimes {
            names: &["Support"],
            exclusive: true,
        };
        parse("agentcore-harden.toml", text, &CHECKS, runtimes)
            .map_err(|problems| problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn the_file_of_the_contract_is_read() {
        let settings = read(
            "fail-on = \"high\"\n\n[runtimes.Support]\nworkload = \"chat\" # c\npeak-new-sessions-per-minute = 120\n\
             mean-session-seconds = 45\npeak-invocations-per-second = 8.5\n\n[severity]\nperf-unused-dependencies = \"low\"\n\n\
             [[ignore]]\ncheck = \"code-outbound-http\"\npath = \"./app/Support/\"\nreason = \"hot path\"\nexpires = 2027-01-31\n",
        )
        .unwrap();
        assert_eq!(settings.fail_on, Some(FailOn::Severity(Severity::High)));
        let runtime = &settings.runtimes["Support"];
        assert_eq!(runtime.workload.as_ref().unwrap().value, Workload::Chat);
        assert_eq!(runtime.peak_invocations_per_second, Some(8.5));
        let rule = &settings.ignores[0];
        assert_eq!(rule.path.as_deref(), Some("app/Support"));
        assert_eq!(rule.expires, Some(jiff::civil::date(2027, 1, 31)));
        assert_eq!(rule.site.span.unwrap().line, 12);
    }

    #[test]
    fn checks_are_turned_off_and_named_by_patterns() {
        let settings = read(
            "[severity]\n\"secrets-*\" = \"off\"\nsecrets-hardcoded = \"high\"\n[[ignore]]\ncheck = \"perf-*\"\nresource = \"Main\"\nreason = \"r\"\n",
        )
        .unwrap();
        assert_eq!(settings.severity["secrets-hardcoded"], Severity::High);
        assert!(settings.off.contains_key("secrets-env-read"));
        assert!(!settings.off.contains_key("secrets-hardcoded"));
        assert_eq!(settings.ignores[0].check, "perf-*");
        let none = read("[severity]\n\"nothing-*\" = \"off\"\n").unwrap_err();
        assert!(none[0].contains("unknown check \"nothing-*\""), "{none:?}");
    }

    #[test]
    fn an_answer_says_who_gave_it_and_until_when() {
        let settings = read(
            "[[accept]]\ncheck = \"memory-encryption\"\nreason = \"no personal data\"\nby = \"data protection officer\"\nexpires = 2027-01-31\n",
        )
        .unwrap();
        assert_eq!(settings.accepts[0].by, "data protection officer");
        for (text, missing) in [
            (
                "check = \"memory-encryption\"\nby = \"x\"\nexpires = 2027-01-31",
                "`reason`",
            ),
            (
                "check = \"memory-encryption\"\nreason = \"x\"\nexpires = 2027-01-31",
                "`by`",
            ),
            (
                "check = \"memory-encryption\"\nreason = \"x\"\nby = \"y\"",
                "`expires`",
            ),
            (
                "reason = \"x\"\nby = \"y\"\nexpires = 2027-01-31",
                "`check`",
            ),
        ] {
            let problems = read(&format!("[[accept]]\n{text}\n")).unwrap_err();
            assert!(problems[0].contains(missing), "{problems:?}");
        }
    }

    #[test]
    fn the_schema_has_the_keys_that_are_read() {
        let schema = schemars::schema_for!(crate::config::schema::File).to_value();
        let keys = |value: &serde_json::Value| {
            let properties = value["properties"].as_object().unwrap();
            let mut keys: Vec<String> = properties.keys().cloned().collect();
            keys.sort();
            keys
        };
        let sorted = |keys: &[&str]| {
            let mut keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
            keys.sort();
            keys
        };
        let of = |name: &str| &schema["$defs"][name];
        assert_eq!(keys(&schema), sorted(&KEYS));
        assert_eq!(keys(of("Runtime")), sorted(&RUNTIME_KEYS));
        assert_eq!(keys(of("Ignore")), sorted(&IGNORE_KEYS));
        assert_eq!(keys(of("Accept")), sorted(&ACCEPT_KEYS));
        assert_eq!(of("Level")["enum"], serde_json::json!(SEVERITIES));
        assert_eq!(of("Threshold")["enum"], serde_json::json!(FAIL_ON));
        let text = of("Workload").to_string();
        let spelled = |word: &str| text.contains(&format!("\"{word}\""));
        assert!(
            Workload::ALL.into_iter().all(|one| spelled(one.as_str())),
            "{text}"
        );
    }

    #[test]
    fn every_problem_is_reported_at_its_place() {
        let problems = read(
            "failon = \"high\"\n[runtimes.Suport]\nworkload = \"chatt\"\njob-seconds = -1\n[severity]\nauth-inbound = \"hgh\"\n\
             [[ignore]]\ncheck = \"cli-version\"\nresource = \"x\"\n[[ignore]]\ncheck = \"cli-version\"\nresource = \"x\"\nreason = \"r\"\nexpires = 2027-02-31x\n",
        )
        .unwrap_err();
        assert_eq!(
            problems.len(),
            1,
            "a syntax error stands alone: {problems:?}"
        );
        let problems = read(
            "failon = \"high\"\n[runtimes.Suport]\nworkload = \"chatt\"\njob-seconds = -1\n[severity]\nauth-inbound = \"hgh\"\n\
             [[ignore]]\ncheck = \"cli-version\"\nresource = \"x\"\n[[ignore]]\ncheck = \"cli-version\"\nresource = \"x\"\nreason = \"r\"\nexpires = \"soon\"\n",
        )
        .unwrap_err();
        let expected = [
            "agentcore-harden.toml:1:1: unknown key \"failon\"; did you mean \"fail-on\"?",
            "agentcore-harden.toml:2:11: unknown runtime \"Suport\"; did you mean \"Support\"?",
            "agentcore-harden.toml:3:12: unknown workload \"chatt\"; did you mean \"chat\"?",
            "agentcore-harden.toml:4:15: `job-seconds` must be 0 or more, and below 2^32",
            "agentcore-harden.toml:6:1: unknown check \"auth-inbound\"; did you mean \"auth-inbound-type\"?",
            "agentcore-harden.toml:6:16: unknown severity \"hgh\"; did you mean \"high\"?",
            "agentcore-harden.toml:7:1: an ignore needs a `reason`; it is shown in the report",
            "agentcore-harden.toml:14:11: `expires` must be a day such as 2027-01-31",
        ];
        assert_eq!(problems, expected);
    }
}
