//! The folder that is served. Whoever started the server chose it, and the credentials; a client chooses only within.

use std::path::{Path, PathBuf};

use crate::cli::{AwsArgs, McpArgs};
use crate::collect::project;
use crate::exit::Failure;

/// The folder, and how its projects are read.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    root: PathBuf,
    /// How AWS is read.
    pub aws: AwsArgs,
    /// `--config`.
    pub config: Option<PathBuf>,
}

impl Folder {
    /// Makes the folder the current one, so that every path counts from it.
    ///
    /// # Errors
    /// When it is none, or a file that was named is not there.
    pub fn enter(arguments: &McpArgs) -> Result<Self, Failure> {
        let root = found(&arguments.path)?;
        if !root.is_dir() {
            return Err(
                Failure::new(format!("{} is no folder", arguments.path.display()))
                    .help("give the folder of a project, or of a repository with several"),
            );
        }
        let mut aws = arguments.aws.clone();
        aws.offline |= !aws.live && aws.profile.is_none() && aws.snapshot.is_none();
        // They were given from where the program was started.
        aws.snapshot = aws.snapshot.as_deref().map(found).transpose()?;
        let config = arguments.config.as_deref().map(found).transpose()?;
        std::env::set_current_dir(&root)
            .map_err(|error| Failure::new(format!("{}: {error}", root.display())))?;
        Ok(Self { root, aws, config })
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A path that a client gave, relative to the folder; without one the folder.
    ///
    /// # Errors
    /// When it is not there, leads out of the folder, or to no project.
    pub fn path(&self, given: Option<&str>) -> Result<PathBuf, Failure> {
        let given = given.map(str::trim).filter(|path| !path.is_empty());
        let path = match given {
            Some(path) => found(&self.root.join(path))?,
            None => self.root.clone(),
        };
        let outside = |path: &Path| {
            Failure::new(format!(
                "{} is outside of {}, the folder that this server is for",
                path.display(),
                self.root.display()
            ))
            .help("give a path within it, or have a server started for the other folder: `agentcore-harden mcp PATH`")
        };
        if !path.starts_with(&self.root) {
            return Err(outside(&path));
        }
        let leads = |path: &Path| {
            project::discover(path).map_err(|error| {
                Failure::new(error.to_string())
                    .help("give the path of a project made by `agentcore create`")
            })
        };
        let away = leads(&path)?
            .into_iter()
            .find(|project| !project.starts_with(&self.root));
        // The folder may lie inside a project: then the project is what it is about.
        if let Some(project) = away
            && !leads(&self.root)?.contains(&project)
        {
            return Err(outside(&project));
        }
        match path.strip_prefix(&self.root) {
            Ok(below) if !below.as_os_str().is_empty() => Ok(below.to_path_buf()),
            _ => Ok(PathBuf::from(".")),
        }
    }

    /// The one project that is meant: the path that was given, else the only one of the folder, else none.
    ///
    /// # Errors
    /// As [`Self::path`], and where several could be meant.
    pub fn project(&self, given: Option<&str>) -> Result<Option<PathBuf>, Failure> {
        if given.is_some_and(|path| !path.trim().is_empty()) {
            return self.path(given).map(Some);
        }
        let Ok(roots) = project::discover(&self.root) else {
            return Ok(None);
        };
        match roots.as_slice() {
            [_] => self.path(None).map(Some),
            several => {
                let names = several
                    .iter()
                    .filter_map(|root| root.strip_prefix(&self.root).ok());
                let names: Vec<String> = names.map(|name| name.display().to_string()).collect();
                Err(Failure::new(format!("{} projects are here", several.len()))
                    .help(format!("give `path`: {}", names.join(", "))))
            }
        }
    }
}

fn found(path: &Path) -> Result<PathBuf, Failure> {
    std::fs::canonicalize(path).map_err(|error| {
        Failure::new(format!("{}: {error}", path.display()))
            .help("paths count from the folder that is served")
    })
}
