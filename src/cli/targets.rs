//! `--format … --output …`, as often as there are reports to write: each `--output` belongs to the `--format` before it.

use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches, value_parser};

use super::Format;

/// One report to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its format.
    pub format: Format,
    /// Its file; `None` for standard output.
    pub output: Option<PathBuf>,
}

/// Every report to write, in the order of the command line; at least one, and at most one to standard output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Targets {
    all: Vec<Target>,
    /// Something was asked for.
    given: bool,
}

impl Default for Targets {
    fn default() -> Self {
        Self::one(Format::Text)
    }
}

impl Targets {
    /// A report on standard output that nobody asked for by its format.
    pub fn one(format: Format) -> Self {
        let output = None;
        Self {
            all: vec![Target { format, output }],
            given: false,
        }
    }

    /// True where a format or a file was named.
    pub fn given(&self) -> bool {
        self.given
    }

    /// The reports.
    pub fn iter(&self) -> impl Iterator<Item = &Target> {
        self.all.iter()
    }

    /// The format of standard output; `None` where every report goes to a file.
    pub fn standard_output(&self) -> Option<Format> {
        let mut targets = self.iter();
        targets
            .find(|target| target.output.is_none())
            .map(|target| target.format)
    }

    /// True where one of the reports has that format.
    pub fn has(&self, format: Format) -> bool {
        self.iter().any(|target| target.format == format)
    }

    fn read(matches: &ArgMatches) -> Result<Self, String> {
        enum Word {
            Format(Format),
            Output(PathBuf),
        }
        let mut words: Vec<(usize, Word)> = Vec::new();
        if matches.get_flag("json") {
            let at = matches.index_of("json").unwrap_or_default();
            words.push((at, Word::Format(Format::Json)));
        }
        let formats = matches.get_many::<Format>("format").into_iter().flatten();
        let at = matches.indices_of("format").into_iter().flatten();
        words.extend(at.zip(formats.map(|format| Word::Format(*format))));
        let outputs = matches.get_many::<PathBuf>("output").into_iter().flatten();
        let at = matches.indices_of("output").into_iter().flatten();
        words.extend(at.zip(outputs.map(|file| Word::Output(file.clone()))));
        words.sort_by_key(|(at, _)| *at);

        let mut targets: Vec<Target> = Vec::new();
        // A file before any format waits for the first one.
        let mut early: Option<PathBuf> = None;
        for (_, word) in words {
            match word {
                // `--json --format json` says the same twice.
                Word::Format(Format::Json)
                    if matches.get_flag("json")
                        && targets.iter().any(|target| {
                            target.format == Format::Json && target.output.is_none()
                        }) => {}
                Word::Format(format) => targets.push(Target {
                    format,
                    output: early.take(),
                }),
                Word::Output(file) => match targets.last_mut() {
                    Some(target) if target.output.is_none() => target.output = Some(file),
                    None if early.is_none() => early = Some(file),
                    _ => {
                        return Err(format!(
                            "--output {} has no --format of its own",
                            file.display()
                        ));
                    }
                },
            }
        }
        let given = !targets.is_empty() || early.is_some();
        if targets.is_empty() {
            targets.push(Target {
                format: Format::Text,
                output: early,
            });
        }
        let targets = Self {
            all: targets,
            given,
        };
        targets.distinct(matches.get_flag("json"))?;
        Ok(targets)
    }

    /// One report cannot stand in the place of another.
    fn distinct(&self, json: bool) -> Result<(), String> {
        let to_output = self.iter().filter(|target| target.output.is_none()).count();
        if to_output > 1 {
            return Err(if json {
                "--json and another --format were given: give each but one an --output, or leave one out"
            } else {
                "several formats go to standard output: give each but one an --output"
            }
            .to_owned());
        }
        let files: Vec<&Path> = self
            .iter()
            .filter_map(|target| target.output.as_deref())
            .collect();
        let twice = files
            .iter()
            .enumerate()
            .find(|(index, file)| files[..*index].contains(file));
        match twice {
            Some((_, file)) if file.metadata().is_ok_and(|found| !found.is_file()) => Ok(()),
            Some((_, file)) => Err(format!("two reports go to {}", file.display())),
            None => Ok(()),
        }
    }
}

impl Args for Targets {
    fn augment_args(command: Command) -> Command {
        command
            .arg(
                Arg::new("json")
                    .long("json")
                    .action(ArgAction::SetTrue)
                    .help("Same as --format json"),
            )
            .arg(
                Arg::new("format")
                    .long("format")
                    .value_name("FORMAT")
                    .action(ArgAction::Append)
                    .value_parser(value_parser!(Format))
                    .help("Format of the report (repeatable, each with its --output) [default: text]"),
            )
            .arg(
                Arg::new("output")
                    .short('o')
                    .long("output")
                    .value_name("FILE")
                    .action(ArgAction::Append)
                    .value_parser(value_parser!(PathBuf))
                    .help("Write the report of the --format before it to FILE instead of standard output"),
            )
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Targets {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        Self::read(matches)
            .map_err(|message| Error::raw(ErrorKind::ArgumentConflict, format!("{message}\n")))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
