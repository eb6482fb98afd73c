//! Agents that come with a shell of their own: Claude Code behind the Claude Agent SDK runs any command that its tool `Bash` is
//! allowed, without asking. <https://docs.claude.com/en/api/agent-sdk/permissions>

use super::{Danger, Origin, Unchecked};
use crate::analysis::clients::entries::{entries, option};
use crate::analysis::clients::places::Places;
use crate::analysis::names::{leaf, package};
use crate::analysis::tested::proofs::written_out;
use crate::analysis::values::At;
use crate::model::source::{Expr, ModuleId, Source};

/// The tool that runs commands. `Bash(git diff:*)` allows some of them.
const SHELL: &str = "Bash";
/// The mode in which nothing is asked.
const UNASKED: &str = "bypassPermissions";

/// Where such an agent is allowed its shell, in code that something in sight runs.
pub(super) fn shells(places: &Places<'_>, source: &Source) -> Vec<Unchecked> {
    let mut found = Vec::new();
    for module in places.modules.iter().filter_map(|id| source.module(*id)) {
        for (function, expr) in module.calls() {
            let Some(options) = Options::read(source, module.id, expr) else {
                continue;
            };
            if let Some(at) = options.allows_a_shell()
                && function.is_none_or(|id| super::packaged::runs(places, id))
            {
                found.push(Unchecked {
                    module: at.module,
                    range: at.expr.range,
                    command: format!("the tool {SHELL} of Claude Code"),
                    danger: Danger::Shell,
                    origin: Origin::PackagedTool,
                    steps: Vec::new(),
                });
            }
        }
    }
    found
}

/// The options of an agent: each by its name in Python.
struct Options<'a> {
    source: &'a Source,
    given: Vec<(&'static str, At<'a>)>,
}

/// The options that decide, as Python and as TypeScript name them.
const NAMES: [(&str, &str); 6] = [
    ("allowed_tools", "allowedTools"),
    ("disallowed_tools", "disallowedTools"),
    ("permission_mode", "permissionMode"),
    ("tools", "tools"),
    ("hooks", "hooks"),
    ("sandbox", "sandbox"),
];

impl<'a> Options<'a> {
    fn read(source: &'a Source, module: ModuleId, expr: &'a Expr) -> Option<Self> {
        let call = expr.as_call()?;
        let name = source.callee_name(module, expr)?;
        let given: Vec<(&'static str, At<'a>)> = match (package(name), leaf(name)) {
            (
                "claude_agent_sdk" | "claude_code_sdk",
                "ClaudeAgentOptions" | "ClaudeCodeOptions",
            ) => {
                let one = |(name, _): &(&'static str, &str)| {
                    Some((*name, option(source, module, call, name)?))
                };
                NAMES.iter().filter_map(one).collect()
            }
            ("@anthropic-ai/claude-agent-sdk" | "@anthropic-ai/claude-code", "query") => {
                let all = entries(source, option(source, module, call, "options")?);
                let one = |(name, written): &(&'static str, &str)| {
                    let (_, at) = all.iter().rev().find(|(key, _)| key == written)?;
                    Some((*name, *at))
                };
                NAMES.iter().filter_map(one).collect()
            }
            _ => return None,
        };
        Some(Self { source, given })
    }

    fn of(&self, name: &str) -> Option<At<'a>> {
        let mut given = self.given.iter();
        given.find(|(known, _)| *known == name).map(|(_, at)| *at)
    }

    /// The element of a list that is the shell; None where the list does not say.
    fn shell_in(&self, name: &str) -> Option<At<'a>> {
        let list = self.of(name)?;
        let (module, items) = written_out(self.source, list.module, list.expr)?;
        let is_shell = |item: &&Expr| self.source.string(module, item).as_deref() == Some(SHELL);
        items
            .iter()
            .find(is_shell)
            .map(|item| At::new(module, item))
    }

    /// Where the shell is allowed. A hook or a sandbox may hold it back, which is not read.
    fn allows_a_shell(&self) -> Option<At<'a>> {
        let held_back = self.of("hooks").is_some()
            || self.of("sandbox").is_some()
            || self.shell_in("disallowed_tools").is_some()
            || self.of("tools").is_some() && self.shell_in("tools").is_none();
        if held_back {
            return None;
        }
        let unasked = || {
            let mode = self.of("permission_mode")?;
            let is_unasked = self.source.string(mode.module, mode.expr).as_deref() == Some(UNASKED);
            is_unasked.then_some(mode)
        };
        self.shell_in("allowed_tools").or_else(unasked)
    }
}
