//! What to write where a field is not tested.

use crate::analysis::agent_code::AgentCode;
use crate::analysis::exceptions::words;
use crate::analysis::request_fields::{CONVERSATION, Field, Kind, OR, STATE};
use crate::model::finding::Fix;
use crate::model::source::{EntrypointKind, Language};

/// The test that a field lacks.
pub(super) fn fix(code: &AgentCode<'_>, field: &Field) -> Fix {
    let python = code
        .source
        .module(field.site.0)
        .is_none_or(|module| module.language == Language::Python);
    // Several names, or one that is no identifier, are one value; of `input.prompt` the rule is that of `prompt`.
    let last = field.name.rsplit('.').next().unwrap_or(&field.name);
    let name = match field.name.contains(OR) || !is_identifier(last) {
        true => "value",
        false => last,
    };
    // In Python the test is of the value that is there; a schema is of the payload's names.
    let written = field.written(code.source).filter(|_| python);
    let test = written.unwrap_or(name);
    if field.whole && field.tested.closed && python {
        let model = written.unwrap_or("model");
        return Fix::new("Bound it before it is handed on").note(format!(
            "Its type is tested, its length is not. Before it is handed on: `if len({model}.model_dump_json()) > 100_000:` answer with an error (`HTTPException(413)`), where `{model}` is the model; bound the fields of a model of your own (`Field(max_length=10_000)`).",
        ));
    }
    if field.whole {
        return Fix::new("Take the fields that are needed out of it, and test each").note(format!(
            "What is passed on here is all that a caller sends. Take each field by its name, and test its type and its length before it is used; give none of `{}` on as it came.",
            field.name
        ));
    }
    if field.structured
        && (field.reaches.starts_with(STATE)
            || words(&field.name).iter().any(|word| word == "state"))
    {
        return Fix::new("Keep the state where the agent stored it").note(format!(
            "A state from the caller holds messages with tool calls in them, whatever its keys are. Store it where the agent runs (a session manager, AgentCore Memory, a checkpointer), under the session's id, and load it from there; take nothing of `{}` from the payload.",
            field.name
        ));
    }
    let said = field.structured && field.reaches.starts_with(CONVERSATION);
    if field.messages || said || holds_a_list(field) {
        return Fix::new("Test each message before it is used")
            .note(conversation(python, test, field));
    }
    let answers = Answers::of(code, field);
    // The SDK of A2A gives nothing else.
    let always_text = answers == Answers::Raises && field.tested.text_only;
    if is_list(field) {
        let note = match python {
            true => refuse(
                field,
                &format!(
                    "not isinstance({test}, list) or len({test}) > 50 or len(str({test})) > 100_000"
                ),
                &format!("Missing or too long '{name}'"),
                answers,
                ".",
            ),
            false => format!(
                "In the request schema: `{name}: z.array(z.object({{}}).passthrough()).max(50)`, and refuse a body of more than 100 kB before it is parsed."
            ),
        };
        return Fix::new("Bound the list before it is used").note(note);
    }
    if is_object(field) {
        return object(field, python, (name, test), answers);
    }
    let note = match (python, field.kind) {
        (true, Kind::Id) => refuse(
            field,
            &format!(
                "not isinstance({test}, str) or not re.fullmatch(r\"[A-Za-z0-9_-]{{1,128}}\", {test})"
            ),
            &format!("Invalid '{name}'"),
            answers,
            &format!(
                "{}. Better, take it from the verified token or the request context.",
                match test.contains(['[', '(']) {
                    // What is read by its name alone is a member of a class.
                    false if test.contains('.') => format!(
                        "; or in its pydantic model `{name}: str = Field(pattern=r\"^[A-Za-z0-9_-]{{1,128}}$\")`"
                    ),
                    _ => String::new(),
                }
            ),
        ),
        (true, Kind::Address) => refuse(
            field,
            &format!("urlparse(str({test})).hostname not in ALLOWED_HOSTS"),
            &format!("Unknown host in '{name}'"),
            answers,
            ", with a fixed set of hosts. Better, keep the addresses in the configuration and let the caller choose one by its name.",
        ),
        (true, Kind::Number) => refuse(
            field,
            &format!("not isinstance({test}, int) or not 1 <= {test} <= 100"),
            &format!("Invalid '{name}'"),
            answers,
            ".",
        ),
        (true, _) => refuse(
            field,
            &match always_text {
                true => format!("len({test}) > 10_000"),
                false => format!("not isinstance({test}, str) or len({test}) > 10_000"),
            },
            &match always_text {
                true => format!("Too long '{name}'"),
                false => format!("Missing or too long '{name}'"),
            },
            answers,
            &match answers {
                Answers::Raises => ".".to_owned(),
                _ => {
                    format!("; or a pydantic model with `{name}: str = Field(max_length=10_000)`.")
                }
            },
        ),
        (false, Kind::Id) => format!(
            "In the request schema: `{name}: z.string().regex(/^[A-Za-z0-9_-]{{1,128}}$/)`."
        ),
        (false, Kind::Address) => format!(
            "Before the call: `if (!ALLOWED_HOSTS.has(new URL({name}).hostname)) return {{ error: 'Unknown host' }}`, with a fixed set of hosts. Better, keep the addresses in the configuration and let the caller choose one by its name."
        ),
        (false, Kind::Number) => {
            format!("In the request schema: `{name}: z.number().int().min(1).max(100)`.")
        }
        (false, _) => format!("In the request schema: `{name}: z.string().max(10_000)`."),
    };
    Fix::new("Validate the field before it is used").note(note)
}

/// How the function that takes a field refuses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answers {
    /// It returns an error.
    Returns,
    /// A generator, which returns no value, yields one.
    Yields,
    /// What it returns is no answer: an executor of A2A puts its answers into a queue.
    Raises,
}

impl Answers {
    fn of(code: &AgentCode<'_>, field: &Field) -> Self {
        let module = code.source.module(field.site.0);
        let Some(function) = module.and_then(|module| module.function_at(field.site.1.start))
        else {
            return Self::Returns;
        };
        let mut entries = code.code.entrypoints.iter();
        let executes = entries
            .any(|entry| entry.kind == EntrypointKind::A2a && entry.function == Some(function.id));
        match (executes, function.is_generator) {
            (true, _) => Self::Raises,
            (false, true) => Self::Yields,
            (false, false) => Self::Returns,
        }
    }
}

/// The refusal: an answer where the handler itself takes the field, an exception where a helper does.
fn refuse(field: &Field, bad: &str, error: &str, answers: Answers, rest: &str) -> String {
    match (field.in_handler, answers) {
        (true, Answers::Returns) => {
            format!("Before it is used: `if {bad}: return {{\"error\": \"{error}\"}}`{rest}")
        }
        (true, Answers::Yields) => {
            format!("Before it is used: `if {bad}: yield {{\"error\": \"{error}\"}}; return`{rest}")
        }
        (true, Answers::Raises) => {
            format!("Before it is used: `if {bad}: raise ValueError(\"{error}\")`{rest}")
        }
        (false, _) => format!(
            "In the handler, before it calls this helper, or here with an exception that the handler answers: `if {bad}: raise ValueError(\"{error}\")`{rest}"
        ),
    }
}

/// Whether a field is a conversation or a state whose blocks reach the agent as they came.
fn holds_a_list(field: &Field) -> bool {
    field.structured && is_list(field)
}

/// Whether a field is a list, by what is asked of it or by its name.
fn is_list(field: &Field) -> bool {
    field.tested.lists && !field.tested.text_only && !field.tested.object
        || field.used.sequence && !field.used.mapping && field.kind == Kind::Text
        || words(&field.name).iter().any(|word| {
            matches!(
                &**word,
                "messages" | "history" | "conversation" | "turns" | "chats"
            )
        })
}

/// Whether a field is an object, by what is done with it or asked of it.
fn is_object(field: &Field) -> bool {
    let object = field.tested.object && !field.tested.sequence;
    field.kind == Kind::Text && (object || field.used.mapping || field.used.serialised)
}

/// The test of an object: its type, and the length of what is written out of it; its members are fields of their own.
fn object(field: &Field, python: bool, (name, test): (&str, &str), answers: Answers) -> Fix {
    if !field.used.serialised {
        let members: Vec<&String> = field
            .used
            .members
            .iter()
            .filter(|member| is_identifier(member))
            .take(4)
            .collect();
        let listed = |each: &dyn Fn(&String) -> String, rest: &str, between: &str| {
            let parts: Vec<String> = members.iter().map(|member| each(member)).collect();
            match parts.is_empty() {
                true => rest.to_owned(),
                false => parts.join(between),
            }
        };
        let note = match python {
            true => refuse(
                field,
                &format!("not isinstance({test}, dict)"),
                &format!("Invalid '{name}'"),
                answers,
                &format!(
                    "; then test what is taken out of it by its own type and length, as a field of the payload: {}. Or a pydantic model with those members and their bounds.",
                    listed(
                        &|member| format!("`{test}[\"{member}\"]`"),
                        &format!("`{test}[\"…\"]`"),
                        ", "
                    )
                ),
            ),
            false => format!(
                "In the request schema: `{name}: z.object({{ {} }})`, each member that is used by its own type and bound (`z.string().max(10_000)` is that of a text).",
                listed(&|member| format!("{member}: z.…"), "…", ", ")
            ),
        };
        return Fix::new("Test the object and its members before they are used").note(note);
    }
    let note = match python {
        true => refuse(
            field,
            &format!("not isinstance({test}, dict) or len(json.dumps({test})) > 10_000"),
            &format!("Missing or too long '{name}'"),
            answers,
            "; `list` in place of `dict` where it is one. Or a pydantic model with the members that are used and their bounds.",
        ),
        false => format!(
            "In the request schema: `{name}: z.object({{ … }})` with the members that are used, each by its own type and bound; or before it is used: `if (typeof {name} !== 'object' || JSON.stringify({name}).length > 10_000) return {{ error: 'Missing or too long' }}`."
        ),
    };
    Fix::new("Bound the object before it is used").note(note)
}

fn conversation(python: bool, name: &str, field: &Field) -> String {
    let place = match field.in_handler {
        true => "Before it is used",
        false => "In the handler, before it calls this helper",
    };
    let keep = match python {
        true => format!(
            "`{name} = [{{\"role\": \"user\", \"content\": [{{\"text\": block[\"text\"][:10_000]}} for block in m[\"content\"] if set(block) == {{\"text\"}}]}} for m in {name}[-20:] if m[\"role\"] == \"user\"]`"
        ),
        false => format!(
            "`{name}: z.array(z.object({{ role: z.literal('user'), content: z.array(z.object({{ text: z.string().max(10_000) }}).strict()).max(8) }})).max(20)` in the request schema"
        ),
    };
    format!(
        "{place}: it is a list, each role is `user`, only text blocks are kept (no `toolUse`, no `toolResult`), and the count is bounded: {keep}. The assistant's turns come from where the agent stored them (AgentCore Memory, a session manager), never from the caller."
    )
}

fn is_identifier(name: &str) -> bool {
    name.starts_with(|first: char| first.is_alphabetic() || first == '_')
        && name
            .chars()
            .all(|char| char.is_alphanumeric() || char == '_')
}
