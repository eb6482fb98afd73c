//! ECR: size of a runtime's image.

use serde::Deserialize;
use serde_json::{Value, json};

use super::fault::known;
use super::operations::DESCRIBE_IMAGES;
use super::reads::list;
use super::session::Session;
use crate::model::aws::Image;
use crate::model::known::{Known, ReasonCode, Unread};

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Images {
    #[serde(deserialize_with = "list")]
    image_details: Vec<Detail>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Detail {
    image_digest: Option<String>,
    image_size_in_bytes: Option<i64>,
}

/// The image behind a URI such as `123456789012.dkr.ecr.us-east-1.amazonaws.com/name:tag`.
pub async fn image(session: &Session, uri: &str) -> Known<Image> {
    let Some((account, region, repository, image)) = parse(uri) else {
        return Known::Unread(Unread::new(
            ReasonCode::Unsupported,
            format!("{uri} is no image of a private ECR repository"),
        ));
    };
    let own = session.clients.reads.region();
    if own.is_some_and(|own| own != region) {
        return Known::Unread(Unread::new(
            ReasonCode::Unsupported,
            format!("the image lies in {region}, another Region than the one that is read"),
        ));
    }
    let input = json!({"registryId": account, "repositoryName": repository, "imageIds": [image]});
    let output: Images = match session.read(&DESCRIBE_IMAGES, &input).await {
        Ok(output) => output,
        Err(fault) => return known(Err(fault)),
    };
    let detail = output.image_details.into_iter().next();
    detail.map_or(Known::Absent, |detail| {
        Known::Read(Image {
            repository: repository.to_owned(),
            digest: detail.image_digest.unwrap_or_default(),
            size_bytes: detail.image_size_in_bytes.unwrap_or_default(),
        })
    })
}

/// Account, Region, repository, and the image in it as a request names it.
fn parse(uri: &str) -> Option<(&str, &str, &str, Value)> {
    let (host, path) = uri.split_once('/')?;
    let mut labels = host.split('.');
    let account = labels.next()?;
    (labels.next()? == "dkr" && labels.next()? == "ecr").then_some(())?;
    let region = labels.next()?;
    let (repository, image) = match (path.split_once('@'), path.rsplit_once(':')) {
        (Some((repository, digest)), _) => (
            repository.split(':').next().unwrap_or(repository),
            json!({"imageDigest": digest}),
        ),
        (None, Some((repository, tag))) => (repository, json!({"imageTag": tag})),
        (None, None) => (path, json!({"imageTag": "latest"})),
    };
    Some((account, region, repository, image))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn image_uris() {
        let host = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
        let uri = format!("{host}/support/main:v1");
        let (account, region, repository, image) = parse(&uri).unwrap();
        assert_eq!(
            (account, region, repository),
            ("123456789012", "eu-west-1", "support/main")
        );
        assert_eq!(image, json!({"imageTag": "v1"}));
        let uri = format!("{host}/a:v1@sha256:00ff");
        let (_, _, repository, image) = parse(&uri).unwrap();
        assert_eq!(
            (repository, image),
            ("a", json!({"imageDigest": "sha256:00ff"}))
        );
        assert!(parse("public.ecr.aws/x/y:z").is_none());
        assert!(parse("nginx").is_none());
    }
}
