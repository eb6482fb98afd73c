//! `--profile`, `--region`, `--endpoint-url`: what was given and cannot be used is an error. A run that silently read another
//! account, another Region or nothing would answer a question that nobody asked.

use std::path::{Path, PathBuf};

use crate::cli::AwsArgs;
use crate::exit::Failure;
use crate::model::regions::REGIONS;
use crate::text::suggest::suggestion;

/// How AWS is reached, as given.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Given<'a> {
    /// `--profile`.
    pub profile: Option<&'a str>,
    /// `--region`.
    pub region: Option<&'a str>,
    /// `--endpoint-url`.
    pub endpoint_url: Option<&'a str>,
    /// `--offline`, or `--snapshot`: the flag after which AWS is not read.
    pub without_aws: Option<&'static str>,
}

/// Checks the options of a command that audits.
///
/// # Errors
/// The first that cannot be used, and what could.
pub(super) fn usable_for_audit(aws: &AwsArgs) -> Result<(), Failure> {
    let offline = aws.offline.then_some("--offline");
    let snapshot = aws.snapshot.as_ref().map(|_| "--snapshot");
    usable(Given {
        profile: aws.profile.as_deref(),
        region: aws.region.as_deref(),
        endpoint_url: aws.endpoint_url.as_deref(),
        without_aws: offline.or(snapshot),
    })
}

/// Checks what was given.
///
/// # Errors
/// The first that cannot be used, and what could.
pub(super) fn usable(given: Given<'_>) -> Result<(), Failure> {
    let named = [
        ("--profile", given.profile),
        ("--region", given.region),
        ("--endpoint-url", given.endpoint_url),
    ];
    if let (Some(without), Some((flag, _))) = (
        given.without_aws,
        named.iter().find(|(_, value)| value.is_some()),
    ) {
        return Err(
            Failure::new(format!("{flag} cannot be used with {without}")).help(format!(
                "AWS is not read with {without}: leave one of the two out"
            )),
        );
    }
    if let Some(url) = given.endpoint_url {
        endpoint(url)?;
    }
    if let (Some(wanted), None) = (given.region, given.endpoint_url) {
        region(wanted)?;
    }
    match given.profile {
        Some(wanted) => profile(wanted),
        None => Ok(()),
    }
}

fn endpoint(text: &str) -> Result<(), Failure> {
    let sound = url::Url::parse(text)
        .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.host_str().is_some());
    if sound {
        return Ok(());
    }
    Err(Failure::new(format!(
        "--endpoint-url: {text:?} is not an http or https URL"
    ))
    .help("write it as https://host or http://localhost:5000"))
}

fn region(wanted: &str) -> Result<(), Failure> {
    if REGIONS.contains(&wanted) {
        return Ok(());
    }
    Err(
        Failure::new(format!("--region: there is no AWS Region {wanted:?}")).help(
            match suggestion(wanted, REGIONS) {
                Some(close) => format!("did you mean {close}?"),
                None => "write it as us-east-1".to_owned(),
            },
        ),
    )
}

/// A profile is a section of the configuration or credentials file.
fn profile(wanted: &str) -> Result<(), Failure> {
    let files: Vec<PathBuf> = [
        ("AWS_CONFIG_FILE", "config"),
        ("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
    ]
    .into_iter()
    .filter_map(|(variable, name)| place(variable, name))
    .collect();
    let mut names: Vec<String> = files.iter().flat_map(|file| profiles(file)).collect();
    names.sort();
    names.dedup();
    if names.iter().any(|name| name == wanted) {
        return Ok(());
    }
    let failure = Failure::new(format!("--profile: there is no AWS profile {wanted:?}"));
    let close = suggestion(wanted, names.iter().map(String::as_str));
    Err(failure.help(match close {
        Some(close) => format!("did you mean {close:?}?"),
        None if names.is_empty() => {
            "no profile is configured; `aws configure` makes one".to_owned()
        }
        None => format!("there are: {}", names.join(", ")),
    }))
}

fn place(variable: &str, name: &str) -> Option<PathBuf> {
    if let Some(path) = std::env::var_os(variable).filter(|path| !path.is_empty()) {
        return Some(PathBuf::from(path));
    }
    let home = std::env::var_os("HOME").or_else(|| std::env::var_os("USERPROFILE"))?;
    Some(Path::new(&home).join(".aws").join(name))
}

/// `[profile NAME]` of the configuration file, `[NAME]` of the credentials file and of `default`.
fn profiles(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let sections = text.lines().filter_map(|line| {
        let (name, _) = line.trim().strip_prefix('[')?.split_once(']')?;
        Some(name.trim().to_owned())
    });
    sections
        .filter_map(|name| match name.split_once(char::is_whitespace) {
            None => Some(name),
            Some(("profile", name)) => Some(name.trim().trim_matches(['"', '\'']).to_owned()),
            // `[sso-session x]`, `[services x]`
            Some(_) => None,
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn refused(given: Given<'_>) -> String {
        let failure = usable(given).unwrap_err();
        assert!(failure.help.is_some());
        failure.message
    }

    #[test]
    fn what_cannot_be_used_is_refused() {
        let url = |text| Given {
            endpoint_url: Some(text),
            ..Given::default()
        };
        for bad in ["localhost:5000", "ftp://x", "not a url", "http://"] {
            assert!(
                refused(url(bad)).contains("is not an http or https URL"),
                "{bad}"
            );
        }
        assert!(usable(url("http://127.0.0.1:5000")).is_ok());
        let region = |name| Given {
            region: Some(name),
            ..Given::default()
        };
        assert!(refused(region("us-esat-1")).contains("no AWS Region"));
        assert!(refused(region("mars-north-1")).contains("no AWS Region"));
        assert!(usable(region("us-west-2")).is_ok());
        let offline = Given {
            without_aws: Some("--offline"),
            ..region("us-west-2")
        };
        assert_eq!(refused(offline), "--region cannot be used with --offline");
    }

    #[test]
    fn profiles_are_sections_of_both_files() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config");
        let text = "[default]\nregion = x\n[profile dev]\n[sso-session corp]\n[profile \"a b\"]\n";
        std::fs::write(&file, text).unwrap();
        assert_eq!(profiles(&file), ["default", "dev", "a b"]);
    }
}
