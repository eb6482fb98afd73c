//! ARNs that are none: the CLI puts `agentcore.json` into the template as it stands and substitutes nothing in it, so what a tutorial
//! left there breaks only at the deploy.

use super::{At, Class, Fault};
use crate::model::json::{Json, Member, Node};

/// How deep the document is looked into.
const DEEPEST: usize = 12;

/// Keys that hold an ARN under another name than `…Arn`.
const ARNS: [&str; 2] = ["arn", "kmsKey"];

/// The values that ought to be an ARN and are not, and addresses that somebody was to fill in.
pub fn faults(root: &Node) -> Vec<Fault> {
    let mut faults = Vec::new();
    look(root, &At::Root, DEEPEST, &mut faults);
    faults
}

fn look(node: &Node, at: &At<'_>, deep: usize, faults: &mut Vec<Fault>) {
    if deep == 0 {
        return;
    }
    match &node.value {
        Json::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                look(item, &At::Item(at, index), deep - 1, faults);
            }
        }
        Json::Object(members) => {
            for member in members {
                let place = At::Key(at, &member.key);
                // What a program of the user's own gets is the user's business; in A/B tests the CLI also resolves names where the
                // key says ARN.
                let open = ["envVars", "tags", "customParameters", "abTests"];
                if !open.contains(&&*member.key) {
                    judge(member, &place, faults);
                    look(&member.node, &place, deep - 1, faults);
                }
            }
        }
        _ => {}
    }
}

fn judge(member: &Member, at: &At<'_>, faults: &mut Vec<Fault>) {
    let key = &*member.key;
    let arn = key.ends_with("Arn") || ARNS.contains(&key);
    let address = matches!(key, "endpoint" | "restApiId" | "discoveryUrl");
    if !(arn || address) {
        return;
    }
    let Some(text) = member.node.as_str() else {
        return;
    };
    let words = match (arn, wrong(text)) {
        (true, Some(why)) => {
            format!("must be an ARN, and {text:?} {why}; the CLI substitutes nothing in the file")
        }
        (false, _) if unfilled(text) => {
            format!("{text:?} is to be filled in; the CLI substitutes nothing in the file")
        }
        _ => return,
    };
    faults.push(Fault {
        range: member.range(),
        path: at.path(),
        class: Class::Breaks,
        words,
        repair: None,
    });
}

/// Why a text is no ARN that a deploy accepts.
fn wrong(text: &str) -> Option<&'static str> {
    if unfilled(text) {
        return Some("is to be filled in");
    }
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [arn, partition, service, _, account, resource] = parts.as_slice() else {
        return Some("has not its six parts");
    };
    if *arn != "arn" || !partition.starts_with("aws") {
        return Some("does not start as one");
    }
    if service.is_empty() || resource.is_empty() {
        return Some("has an empty part");
    }
    let digits = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    if !account.is_empty() && *account != "aws" && !digits {
        return Some("names no account of 12 digits");
    }
    (*account == "000000000000").then_some("names an account that does not exist")
}

/// Whether a text holds a mark that somebody was to replace: `${NAME}`, `<account>`, `REPLACE_ME`, `your-function`.
fn unfilled(text: &str) -> bool {
    let lower = text.to_ascii_lowercase().replace('_', "-");
    let pair = |open: char, close: char| {
        text.find(open)
            .is_some_and(|at| text.get(at..).is_some_and(|rest| rest.contains(close)))
    };
    text.contains("${")
        || text.contains("{{")
        || pair('<', '>')
        || [
            "replace-me",
            "replace-with",
            "changeme",
            "change-me",
            "placeholder",
            "your-account",
            "account-id",
            "accountid",
            "your-function",
            "your-lambda",
            "xxxxxxxx",
        ]
        .iter()
        .any(|mark| lower.contains(mark))
}

#[cfg(test)]
mod tests {
    use super::{unfilled, wrong};

    #[test]
    fn what_is_no_arn_is_told_from_what_is() {
        for text in [
            "${SEARCH_LAMBDA_ARN}",
            "arn:aws:lambda:us-east-1:<account>:function:find",
            "arn:aws:lambda:us-east-1:ACCOUNT_ID:function:find",
            "arn:aws:lambda:us-east-1:000000000000:function:find",
            "arn:aws:lambda:us-east-1:1234:function:find",
            "replace-with-your-arn",
            "find",
        ] {
            assert!(wrong(text).is_some(), "{text}");
        }
        for text in [
            "arn:aws:lambda:us-east-1:123456789012:function:find:live",
            "arn:aws:iam::123456789012:role/agents/desk",
            "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-micro-v1:0",
            "arn:aws-us-gov:s3:::bucket/key",
            "arn:aws:bedrock-agentcore:us-east-1:aws:browser/aws.browser.v1",
        ] {
            assert_eq!(wrong(text), None, "{text}");
        }
        assert!(!unfilled("https://api.acme.io/{tenant}/mcp"));
    }
}
