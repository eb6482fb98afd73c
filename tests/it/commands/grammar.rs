//! What the AgentCore CLI and the AWS CLI take on their command lines.

use std::collections::BTreeMap;

const TABLE: &str = include_str!("../../agentcore_grammar.txt");

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Flag,
    Value,
    Values,
    Optional,
}

struct Opt {
    names: Vec<&'static str>,
    kind: Kind,
    choices: Vec<&'static str>,
}

#[derive(Default)]
struct Command {
    options: Vec<Opt>,
    arguments: Vec<&'static str>,
    /// Groups of which one option each must be given.
    needs: Vec<Vec<&'static str>>,
}

/// The grammar of the AgentCore CLI.
pub struct Grammar(BTreeMap<String, Command>);

impl Grammar {
    pub fn load() -> Self {
        let mut commands: BTreeMap<String, Command> = BTreeMap::new();
        let mut path = String::new();
        for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
            let mut words = line.split(' ');
            let first = words.next().unwrap();
            let rest: Vec<&str> = words.collect();
            if first == "command" {
                path = rest.join(" ");
                commands.insert(path.clone(), Command::default());
                continue;
            }
            let command = commands.get_mut(&path).unwrap();
            match first {
                "alias" => {}
                "argument" => command.arguments.push(rest[0]),
                "needs" => command
                    .needs
                    .extend(rest.iter().map(|group| group.split('|').collect())),
                "option" => command.options.push(option(&rest)),
                other => panic!("the grammar says {other:?}"),
            }
        }
        Self(commands)
    }

    /// Whether `agentcore ARGUMENTS` is a command that the program takes and that asks nothing.
    pub fn check(&self, arguments: &[String]) -> Result<(), String> {
        let mut path = String::new();
        let mut at = 0;
        while let Some(word) = arguments.get(at) {
            let longer = format!("{path} {word}").trim().to_owned();
            if !self.0.contains_key(&longer) {
                break;
            }
            path = longer;
            at += 1;
        }
        let command = &self.0[&path];
        if path.is_empty() && arguments.first().is_some_and(|word| !word.starts_with('-')) {
            return Err(format!("there is no command {:?}", arguments[0]));
        }
        let mut given = Vec::new();
        let mut positional = 0;
        let mut words = arguments[at..].iter().peekable();
        while let Some(word) = words.next() {
            if !word.starts_with('-') || word.len() == 1 {
                positional += 1;
                continue;
            }
            let (name, joined) = match word.split_once('=') {
                Some((name, value)) if name.starts_with("--") => (name, Some(value.to_owned())),
                _ => (word.as_str(), None),
            };
            let known = |option: &&Opt| option.names.contains(&name);
            let option = command
                .options
                .iter()
                .find(known)
                .ok_or_else(|| format!("`{path}` has no option {name}"))?;
            given.extend(option.names.iter().copied());
            let mut values: Vec<String> = joined.into_iter().collect();
            let free = |words: &mut std::iter::Peekable<std::slice::Iter<'_, String>>| {
                words.next_if(|word| !word.starts_with('-')).cloned()
            };
            match option.kind {
                Kind::Flag if !values.is_empty() => return Err(format!("{name} takes no value")),
                Kind::Flag => {}
                Kind::Value | Kind::Optional if values.is_empty() => {
                    values.extend(free(&mut words))
                }
                Kind::Value | Kind::Optional => {}
                Kind::Values => values.extend(std::iter::from_fn(|| free(&mut words))),
            }
            if values.is_empty() && matches!(option.kind, Kind::Value | Kind::Values) {
                return Err(format!("{name} has no value"));
            }
            if let Some(other) = values.iter().find(|value| {
                !option.choices.is_empty() && !option.choices.contains(&value.as_str())
            }) {
                return Err(format!(
                    "{name} is {other:?}, not one of {:?}",
                    option.choices
                ));
            }
        }
        if positional > command.arguments.len()
            && !command.arguments.iter().any(|a| a.contains("..."))
        {
            return Err(format!("`{path}` takes {} words", command.arguments.len()));
        }
        match command
            .needs
            .iter()
            .find(|group| !group.iter().any(|name| given.contains(name)))
        {
            Some(group) => Err(format!("`{path}` needs {}", group.join(" or "))),
            None => Ok(()),
        }
    }
}

fn option(words: &[&'static str]) -> Opt {
    let count = words
        .iter()
        .take_while(|word| word.starts_with('-'))
        .count();
    let kind = match words[count] {
        "flag" => Kind::Flag,
        "value" => Kind::Value,
        "values" => Kind::Values,
        "optional" => Kind::Optional,
        other => panic!("the grammar says {other:?}"),
    };
    Opt {
        names: words[..count].to_vec(),
        kind,
        choices: words
            .get(count + 1)
            .map(|choices| choices.split('|').collect())
            .unwrap_or_default(),
    }
}

/// Operations of AWS that fixes may print, by service: none reads a secret, none deletes.
const OPERATIONS: [(&str, &[&str]); 12] = [
    (
        "bedrock-agentcore-control",
        &[
            "get-agent-runtime",
            "update-agent-runtime",
            "put-resource-policy",
            "update-gateway",
            "delete-policy",
        ],
    ),
    (
        "cloudtrail",
        &["create-trail", "put-event-selectors", "start-logging"],
    ),
    (
        "ecr",
        &["put-image-scanning-configuration", "put-lifecycle-policy"],
    ),
    ("events", &["put-rule", "put-targets", "enable-rule"]),
    (
        "iam",
        &[
            "create-role",
            "put-role-policy",
            "update-assume-role-policy",
            "create-policy",
            "attach-role-policy",
            "put-user-policy",
            "put-group-policy",
        ],
    ),
    ("lambda", &["put-provisioned-concurrency-config"]),
    ("logs", &["put-retention-policy", "put-resource-policy"]),
    ("s3api", &["create-bucket", "put-bucket-policy"]),
    (
        "service-quotas",
        &["request-service-quota-increase", "list-service-quotas"],
    ),
    (
        "sns",
        &["create-topic", "set-topic-attributes", "subscribe"],
    ),
    ("sts", &["get-caller-identity"]),
    (
        "xray",
        &["update-trace-segment-destination", "update-indexing-rule"],
    ),
];

/// Whether `aws ARGUMENTS` has the shape of a call: a service, an operation, then options with values.
pub fn check_aws(arguments: &[String]) -> Result<(), String> {
    let [service, operation, rest @ ..] = arguments else {
        return Err("a service or an operation is missing".to_owned());
    };
    let known = OPERATIONS
        .iter()
        .find(|(name, _)| name == service)
        .ok_or_else(|| format!("the service {service:?} is not expected in a fix"))?;
    if !known.1.contains(&operation.as_str()) {
        return Err(format!("{service} {operation} is not expected in a fix"));
    }
    let mut words = rest.iter().peekable();
    while let Some(word) = words.next() {
        let Some(name) = word.strip_prefix("--") else {
            return Err(format!("{word:?} is no option"));
        };
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let name = name.split_once('=').map_or(name, |(name, _)| name);
        if name.is_empty() || !name.chars().all(plain) {
            return Err(format!("{word:?} is no option"));
        }
        while words.next_if(|word| !word.starts_with("--")).is_some() {}
    }
    Ok(())
}
