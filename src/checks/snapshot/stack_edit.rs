//! The edit of the project's CDK stack that pins the platform version: `agentcore.json` has no key for it.

use crate::context::{Context, PlatformVersion};
use crate::model::finding::Edit;
use crate::model::json_edit::{self, Splice};

/// What the vended stack makes the runtimes with.
const APPLICATION: &str = "new AgentCoreApplication(";
/// The package that the helper class comes from.
const PACKAGE: [&str; 2] = ["'aws-cdk-lib'", "\"aws-cdk-lib\""];

/// Pins the version of a runtime. `None` where the stack is not here, is not the one that the CLI makes, or names the property
/// already.
pub(super) fn platform_version(
    context: &Context,
    runtime: &str,
    version: PlatformVersion,
) -> Option<Edit> {
    let stack = context.project.cdk_stack.as_ref()?;
    let text = &*stack.text;
    if text.contains("PlatformVersion") || runtime.starts_with('#') {
        return None;
    }
    // All of them, where all are to have the same: one loop serves a project with one runtime and one with many.
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let at = end_of_statement(text)?;
    let lead = indent(text, at);
    let lines = [
        String::new(),
        String::new(),
        format!("// Pinned: a runtime that names no platform version gets the Region's default when it is made."),
        "for (const child of this.node.findAll()) {".to_owned(),
        "  if (CfnResource.isCfnResource(child) && child.cfnResourceType === 'AWS::BedrockAgentCore::Runtime') {".to_owned(),
        format!("    child.addPropertyOverride('PlatformVersion', '{}');", version.as_str()),
        "  }".to_owned(),
        "}".to_owned(),
    ];
    let lines = lines.map(|line| match line.is_empty() {
        true => line,
        false => format!("{lead}{line}"),
    });
    let mut splices = vec![Splice {
        range: at..at,
        text: lines.join(newline),
    }];
    splices.extend(import(text, newline));
    splices.sort_by_key(|splice| splice.range.start);
    let new = json_edit::apply(text, &splices)?;
    Some(Edit::new(&stack.path, Some(text), new))
}

/// Behind the statement that makes the application. Brackets in strings do not count.
fn end_of_statement(text: &str) -> Option<usize> {
    let start = text.find(APPLICATION)? + APPLICATION.len();
    let mut open = 1_usize;
    let mut quote: Option<char> = None;
    for (at, letter) in text.get(start..)?.char_indices() {
        match (quote, letter) {
            (Some(end), letter) if letter == end => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"' | '`') => quote = Some(letter),
            (None, '(' | '[' | '{') => open += 1,
            (None, ')' | ']' | '}') => open -= 1,
            (None, ';') if open == 0 => return Some(start + at + 1),
            (None, letter) if open == 0 && !letter.is_whitespace() => return None,
            (None, _) => {}
        }
    }
    None
}

/// The white space before the statement that ends at `at`.
fn indent(text: &str, at: usize) -> String {
    let made = text
        .get(..at)
        .and_then(|text| text.rfind(APPLICATION))
        .unwrap_or(0);
    let line = text
        .get(..made)
        .and_then(|text| text.rfind('\n'))
        .map_or(0, |end| end + 1);
    let rest = text.get(line..).unwrap_or_default();
    rest.chars()
        .take_while(|letter| matches!(letter, ' ' | '\t'))
        .collect()
}

/// Adds `CfnResource` to what is imported from `aws-cdk-lib`; `None` where it is there.
fn import(text: &str, newline: &str) -> Option<Splice> {
    for package in PACKAGE {
        let Some(from) = text.find(&format!("}} from {package}")) else {
            continue;
        };
        let brace = text.get(..from)?.rfind('{')?;
        let names = text.get(brace + 1..from)?;
        let has = names.split(',').any(|name| name.trim() == "CfnResource");
        let lead = if names.starts_with(char::is_whitespace) {
            " "
        } else {
            ""
        };
        return (!has).then(|| Splice {
            range: brace + 1..brace + 1,
            text: format!("{lead}CfnResource,"),
        });
    }
    Some(Splice {
        range: 0..0,
        text: format!("import {{ CfnResource }} from 'aws-cdk-lib';{newline}"),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_statement_ends_behind_its_brackets() {
        let text =
            "  this.a = new AgentCoreApplication(this, 'A);', { x: [1] } as any);\n  more();\n";
        let end = end_of_statement(text).unwrap();
        assert!(text[..end].ends_with("as any);"));
        assert_eq!(indent(text, end), "  ");
        assert_eq!(
            end_of_statement("new AgentCoreApplication(this).x();"),
            None
        );
        assert_eq!(end_of_statement("nothing"), None);
    }

    #[test]
    fn the_class_is_imported_once() {
        let splice = import("import { Stack } from 'aws-cdk-lib';", "\n").unwrap();
        assert_eq!(
            (splice.range.start, splice.text.as_str()),
            (8, " CfnResource,")
        );
        assert!(import("import { CfnResource, Stack } from 'aws-cdk-lib';", "\n").is_none());
        assert_eq!(import("", "\n").unwrap().range, 0..0);
    }
}
