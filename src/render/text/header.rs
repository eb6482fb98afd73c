//! The head of the checklist: what was detected.

use std::io;

use super::super::style::Paint;
use super::Page;
use crate::report::{PlatformSummary, Report, RuntimeSummary};
use crate::text::{clean, wrap};

impl Page<'_> {
    pub(super) fn header(&mut self, report: &Report) -> io::Result<()> {
        let title = format!(
            "Production Readiness Checklist for {}",
            clean::line(&report.project.name)
        );
        let tool = format!("{} {}", report.tool.name, report.tool.version);
        let room = self
            .look
            .width
            .saturating_sub(wrap::width(&title) + wrap::width(&tool));
        let title = self.painter.paint(Paint::Strong, &title);
        let tool = self.painter.paint(Paint::Dim, &tool);
        if room >= 2 {
            self.line(&format!("{title}{}{tool}", " ".repeat(room)))?;
        } else {
            self.line(&title)?;
        }
        self.line("")?;
        if report.project.path != "." {
            self.fact("Project", &report.project.path)?;
        }
        self.fact("Target", &target(report))?;
        for runtime in &report.project.runtimes {
            let kind = if runtime.kind == "harness" {
                "Harness"
            } else {
                "Runtime"
            };
            self.fact(kind, &runtime_line(runtime))?;
            if !runtime.models.is_empty() {
                self.fact("", &format!("models: {}", runtime.models.join(", ")))?;
            }
        }
        if report.project.runtimes.is_empty() {
            self.fact("Runtime", "none in agentcore.json")?;
        }
        self.fact("Evidence", &evidence(report))?;
        let filters = &report.filters;
        for (flag, values) in [
            ("--only", &filters.only),
            ("--skip", &filters.skip),
            ("--runtime", &filters.runtime),
        ] {
            if !values.is_empty() {
                self.fact("Filter", &format!("{flag} {}", values.join(", ")))?;
            }
        }
        if let Some(revision) = &filters.since {
            self.fact("Filter", &format!("--since {revision}"))?;
        }
        if !filters.off.is_empty() {
            let text = format!("{} (agentcore-harden.toml)", filters.off.join(", "));
            self.fact("Off", &text)?;
        }
        Ok(())
    }

    fn fact(&mut self, name: &str, value: &str) -> io::Result<()> {
        let text = wrap::hanging(
            &format!("  {name:<10}"),
            &clean::line(value),
            self.look.width,
        );
        let label = format!("  {name}");
        let text = match text.strip_prefix(&label) {
            Some(rest) => format!("{}{rest}", self.painter.paint(Paint::Dim, &label)),
            None => text,
        };
        self.line(&text)
    }
}

fn target(report: &Report) -> String {
    let project = &report.project;
    let Some(name) = &project.target else {
        return "none in aws-targets.json".to_owned();
    };
    let parts = [
        Some(name),
        project.account.as_ref(),
        project.region.as_ref(),
    ];
    let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
    parts.join(" · ")
}

fn runtime_line(runtime: &RuntimeSummary) -> String {
    let role = match runtime.execution_role {
        "own" => Some("own execution role"),
        "cli-managed" => Some("CLI-managed role"),
        _ => None,
    };
    let platform = platform(&runtime.platform_version);
    let parts = [
        Some(runtime.name.as_str()),
        runtime.language.as_deref(),
        runtime.framework.as_deref(),
        runtime.build.as_deref(),
        runtime.protocol.as_deref(),
        runtime.network_mode.as_deref(),
        runtime.workload.as_deref(),
        role,
        Some(platform.as_str()),
    ];
    let parts: Vec<&str> = parts.into_iter().flatten().collect();
    parts.join(" · ")
}

fn platform(platform: &PlatformSummary) -> String {
    let Some(value) = platform.value else {
        return "platform version not known".to_owned();
    };
    let source = match platform.source {
        Some("aws") => " (deployed)",
        Some("template") => " (next deploy)",
        Some("assumed") => " (assumed)",
        _ => "",
    };
    format!("platform version {value}{source}")
}

fn evidence(report: &Report) -> String {
    let evidence = &report.evidence;
    let aws = match evidence.aws {
        Some("live") => "live AWS",
        Some(other) => other,
        None => "no AWS",
    };
    let parts = [
        evidence.config.then_some("configuration"),
        evidence.code.then_some("code"),
        Some(if evidence.template.is_some() {
            "synthesized template"
        } else {
            "no template"
        }),
        Some(aws),
    ];
    let parts: Vec<&str> = parts.into_iter().flatten().collect();
    parts.join(" · ")
}
