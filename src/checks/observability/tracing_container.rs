//! Whether a container starts Python under the OpenTelemetry distribution.

use super::obs_tracing::{DISTRO, DISTRO_REQUIREMENT, Finding, WRAPPER};
use crate::checks::fixes;
use crate::checks::judge::Problem;
use crate::context::Context;
use crate::context::installed::{self, Installed, Manifest, Releases};
use crate::model::finding::{Edit, Evidence, Fix, Resource};
use crate::model::known::{ReasonCode, Unread};
use crate::model::manifest::{AgentManifests, Dependency, Dockerfile, Instruction};
use crate::model::project::Runtime;
use crate::model::site::Site;
use crate::shell::Command;

/// What the Dockerfile and the lists that it installs come to.
pub(super) fn python_container(
    context: &Context,
    runtime: &Runtime,
    resource: &Resource,
    manifests: &AgentManifests,
) -> Finding {
    let dockerfile = match manifests.dockerfile.known() {
        Err(reason) => return Finding::Unknown(reason),
        Ok(None) => {
            return Finding::Unknown(Unread::new(
                ReasonCode::Absent,
                format!("the Dockerfile of {resource} was not found"),
            ));
        }
        Ok(Some(dockerfile)) => dockerfile,
    };
    let words = dockerfile.entry_words();
    let entry = dockerfile.entry();
    if words.is_empty() {
        let message = format!(
            "{} has no CMD or ENTRYPOINT: the base image decides how {resource} starts",
            dockerfile.source.path
        );
        return Finding::Unknown(Unread::new(ReasonCode::Unsupported, message));
    }
    let wrapped = words
        .iter()
        .any(|word| word.rsplit('/').next() == Some(WRAPPER));
    let script = words
        .iter()
        .find(|word| word.ends_with(".sh") && !dockerfile.scripts.contains_key(*word));
    if let (false, Some(script)) = (wrapped, script) {
        let message =
            format!("{resource} starts by {script}, which was not found in the build context");
        return Finding::Unknown(Unread::new(ReasonCode::Absent, message));
    }
    let read = installed::python(context, runtime);
    let installed = installs_distro(dockerfile, manifests, read.as_ref());
    // What the wrapper needs is installed by the same edit: the edit alone would leave a container that cannot start.
    let install = match installed || wrapped {
        true => None,
        false => installs_names_only(dockerfile).and_then(|run| install_line(dockerfile, run)),
    };
    let both = install.is_some();
    let mut problems = Vec::new();
    if !wrapped && let Some(instruction) = entry.first() {
        let message = format!(
            "the container of {resource} is not started by {WRAPPER}: no spans of what it does"
        );
        problems.push(
            Problem::new(message, Evidence::file(&instruction.site)).fix(wrap(
                dockerfile,
                instruction,
                install,
            )),
        );
    }
    if !installed {
        let by_name = installs_names_only(dockerfile);
        // The list that the image installs from is the one to add it to.
        let list = read.and_then(|read| match read.manifest {
            Manifest::PyProject(pyproject) => Some(pyproject.anchor.clone()),
            Manifest::Requirements(path) => Some(Site::file(path)),
            Manifest::Dockerfile(_) => None,
        });
        let anchor = by_name.map(|run| run.site.clone()).or(list);
        let anchor = anchor.or_else(|| dockerfile.stages().last().map(|stage| stage.site.clone()));
        let mut message = format!("nothing that the image of {resource} installs brings {DISTRO}");
        if wrapped && by_name.is_some() {
            message.push_str(&format!(
                ", and its {WRAPPER} is what starts it: the container cannot start"
            ));
        }
        let evidence = anchor.map_or_else(
            || Evidence::file(&Site::file(dockerfile.source.path.clone())),
            |site| Evidence::file(&site),
        );
        let problem = Problem::new(message, evidence);
        problems.push(match both {
            true => problem,
            false => problem.fix(add_distro(context, runtime, wrapped)),
        });
    }
    match problems.is_empty() {
        true => Finding::Fine(format!(
            "the container of {resource} is started by {WRAPPER} and installs {DISTRO}"
        )),
        false => Finding::Bad(problems),
    }
}

/// The distribution among what the image installs: an image that is built from a lock needs it there, too. `alone` says that no edit of
/// the Dockerfile goes with it, which commands would hide.
fn add_distro(context: &Context, runtime: &Runtime, alone: bool) -> Fix {
    let fix = Fix::new(format!("Install {DISTRO}"));
    let installed = installed::python(context, runtime);
    let locked = installed.filter(|installed| installed.releases == Releases::Locked);
    let Some(Manifest::PyProject(pyproject)) = locked.map(|installed| installed.manifest) else {
        return fix.note(format!(
            "add {DISTRO_REQUIREMENT} to the dependencies that the Dockerfile installs, then deploy"
        ));
    };
    if !pyproject.standard {
        return fix.note(format!(
            "add {DISTRO_REQUIREMENT} to {} and to the lock beside it, then deploy",
            pyproject.path
        ));
    }
    let add = Command::new("uv").args(["add", "--no-sync"]);
    let add = add.opt("--project", pyproject.folder.as_str());
    let add = add.arg(DISTRO_REQUIREMENT);
    match alone {
        true => fix.command(add).command(fixes::deploy(context)),
        false => fix.note(format!(
            "before that, run `{add}`, which changes the lock, too"
        )),
    }
}

/// The RUN line that installs packages by their names, where that is all that the image installs: no manifest is read then.
fn installs_names_only(dockerfile: &Dockerfile) -> Option<&Instruction> {
    const READS: [&str; 14] = [
        "sync",
        "poetry",
        "pdm",
        "pipenv",
        "conda",
        "mamba",
        "pixi",
        "-r",
        "--requirement",
        "--requirements",
        "-e",
        "--editable",
        "make",
        "run",
    ];
    let plain = |image: &str| {
        let bare = image.split(['@', ':']).next().unwrap_or_default();
        bare.rsplit('/').next() == Some("python")
    };
    let stages = dockerfile.stages();
    if !stages.iter().all(|stage| plain(&stage.image)) || stages.len() != 1 {
        return None;
    }
    let entry = dockerfile.entry_words();
    let runs = dockerfile
        .instructions
        .iter()
        .filter(|each| each.keyword == "RUN");
    let mut found = None;
    for run in runs {
        let words = run.words();
        let reads = words.iter().any(|word| {
            READS.contains(&word.as_str())
                || word.starts_with(['.', '/', '$'])
                || word.starts_with("-r")
                || word.starts_with("--requirement")
                || [".txt", ".toml", ".sh", ".whl", "<<"]
                    .iter()
                    .any(|part| word.contains(part))
        });
        if reads {
            return None;
        }
        let installs = words.iter().any(|word| word == "pip" || word == "pip3")
            && words.iter().any(|word| word == "install");
        if installs {
            found = Some(run);
        }
    }
    found.filter(|_| {
        !entry
            .iter()
            .any(|word| READS.contains(&word.as_str()) || word.ends_with(".sh"))
    })
}

/// Whether a list that the image installs names the distribution; where it is not certain which lists those are, any that is here.
fn installs_distro(
    dockerfile: &Dockerfile,
    manifests: &AgentManifests,
    read: Option<&Installed<'_>>,
) -> bool {
    let in_run = dockerfile
        .instructions
        .iter()
        .any(|each| each.keyword == "RUN" && each.arguments.contains(DISTRO));
    if in_run || installs_names_only(dockerfile).is_some() {
        return in_run;
    }
    let is_distro = |dependency: &Dependency| dependency.name == DISTRO;
    let named = |list: &[Dependency]| list.iter().any(is_distro);
    if let Some(read) = read {
        let asked = read.declared.iter().copied().chain(&read.words);
        let found = { asked }.any(is_distro);
        if found || read.uncertain.is_none() {
            return found;
        }
    }
    let listed = manifests.pyproject.read().is_some_and(|manifest| {
        named(&manifest.dependencies)
            || manifest.dynamic
            || manifest
                .extras
                .values()
                .chain(manifest.groups.values())
                .any(|list| named(list))
    });
    listed
        || manifests
            .requirements
            .read()
            .is_some_and(|file| named(&file.dependencies))
}

/// The start command with the wrapper in front, as an edit of the Dockerfile where its form is plain.
fn wrap(dockerfile: &Dockerfile, instruction: &Instruction, install: Option<(u32, String)>) -> Fix {
    let fix = Fix::new(match install {
        Some(_) => format!("Install {DISTRO} and start the program by {WRAPPER}"),
        None => format!("Start it by {WRAPPER}"),
    });
    let words = instruction.words();
    let plain = words.first().is_some_and(|word| {
        let program = word.rsplit('/').next().unwrap_or(word);
        program.starts_with("python")
            || matches!(program, "uvicorn" | "gunicorn" | "hypercorn" | "fastapi")
    });
    let by_hand = format!(
        "put {WRAPPER} before the program in the {} of {}, then deploy",
        instruction.keyword, dockerfile.source.path
    );
    let (true, Some(span)) = (plain, instruction.site.span) else {
        return fix.note(by_hand);
    };
    let old = dockerfile.source.text.as_ref();
    let line = dockerfile.source.line(span.line);
    let inserted = match &instruction.exec {
        Some(_) => line.replacen('[', &format!("[\"{WRAPPER}\", "), 1),
        None => line.replacen(
            instruction.arguments.as_str(),
            &format!("{WRAPPER} {}", instruction.arguments),
            1,
        ),
    };
    if inserted == line || span.line != span.end_line {
        return fix.note(by_hand);
    }
    let mut changes = vec![(span.line, inserted)];
    changes.extend(install);
    let Some(new_text) = with_lines(old, &changes) else {
        return fix.note(by_hand);
    };
    fix.edit(Edit::new(&dockerfile.source.path, Some(old), new_text))
        .note("then deploy")
}

/// The line of the RUN instruction that installs packages by their names, with the distribution added at its end.
fn install_line(dockerfile: &Dockerfile, run: &Instruction) -> Option<(u32, String)> {
    let span = run.site.span.filter(|span| span.line == span.end_line)?;
    let line = dockerfile.source.line(span.line);
    let shell = run.exec.is_none() && !line.contains(['&', '|', ';', '>', '#', '\\']);
    shell.then(|| {
        (
            span.line,
            format!("{} {DISTRO_REQUIREMENT}", line.trim_end()),
        )
    })
}

/// The text with other lines in place of some; their ends stay.
fn with_lines(text: &str, changes: &[(u32, String)]) -> Option<String> {
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    for (number, line) in changes {
        let slot = lines.get_mut((*number as usize).checked_sub(1)?)?;
        let end = if slot.ends_with('\r') { "\r" } else { "" };
        *slot = format!("{line}{end}");
    }
    Some(lines.join("\n"))
}
