//! `secrets-hardcoded`: No secrets hardcoded in agent code.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::files::{Around, SecretSite};
use crate::model::finding::{Evidence, Fix, Outcome, Severity};
use crate::model::known::{ReasonCode, Unread};
use crate::secrets::Context as Place;

pub(super) static CHECK: Check = Check {
    id: "secrets-hardcoded",
    title: "No secrets hardcoded in agent code",
    category: Category::Code,
    severity: Severity::Critical,
    needs: &[Need::Files],
    page: include_str!("secrets_hardcoded.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
        "https://cwe.mitre.org/data/definitions/798.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![judge(context)]
}

fn judge(context: &Context) -> Outcome {
    let resource = context.project.resource();
    let contents = &context.files.contents;
    let secrets = &contents.secrets;
    if secrets.is_empty() {
        // A file that nobody could read may hold anything.
        if let Some(unread) = contents.unread.first() {
            let others = contents.unread.len() - 1;
            let rest = if others > 0 {
                format!(" and {others} more")
            } else {
                String::new()
            };
            return Outcome::skipped(
                resource,
                Unread::new(
                    ReasonCode::Unsupported,
                    format!("not every file could be searched: {unread}{rest}"),
                ),
            );
        }
        return Outcome::pass(
            resource,
            format!(
                "no secret found in {} files of {}",
                contents.files,
                match contents.around {
                    Around::Read => "the repository",
                    _ => "the project",
                }
            ),
        );
    }
    let worst = secrets
        .iter()
        .map(severity)
        .min()
        .unwrap_or(Severity::Critical);
    let shipping = secrets.iter().filter(|secret| secret.ships).count();
    let mut message = format!(
        "{} hard-coded secret{}",
        secrets.len(),
        if secrets.len() == 1 { "" } else { "s" }
    );
    match shipping {
        0 => {}
        all if all == secrets.len() => message.push_str(", shipped to AWS"),
        some => message = format!("{message}, {some} of them shipped to AWS"),
    }
    // What the severity is about.
    let first = secrets.iter().find(|secret| severity(secret) == worst);
    if let Some(first) = first {
        message = format!("{message}: {} {}", article(first.title), first.masked);
    }
    Outcome::fail(resource, message)
        .severity(worst)
        .evidences(secrets.iter().map(evidence))
        .fix(fix())
}

fn severity(secret: &SecretSite) -> Severity {
    match secret.context {
        Place::Document | Place::Test => Severity::Medium,
        Place::Code | Place::Data => Severity::Critical,
    }
}

fn evidence(secret: &SecretSite) -> Evidence {
    let ships = if secret.ships {
        ", in a file that ships"
    } else {
        ""
    };
    Evidence::file(&secret.site)
        .note(format!("{}{ships}", secret.title))
        .severity(severity(secret))
}

fn article(title: &str) -> String {
    let vowel = title.starts_with(['A', 'E', 'I', 'O', 'a', 'e', 'i', 'o']);
    format!("{} {title}", if vowel { "an" } else { "a" })
}

fn fix() -> Fix {
    Fix::new("Revoke it, and take it out of the repository").note(
        "Revoke the secret with its issuer first: anyone with the repository's history has it. Register the new one with \
         `agentcore add credential`, read it in code through `@requires_api_key` (TypeScript `withApiKey`), and delete the literal.",
    )
}
