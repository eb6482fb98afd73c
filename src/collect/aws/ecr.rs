//! ECR: size of a runtime's image.

use aws_sdk_ecr::types::ImageIdentifier;

use super::fault::known;
use super::session::Session;
use crate::model::aws::Image;
use crate::model::known::{Known, ReasonCode, Unread};

/// The image behind a URI such as `123456789012.dkr.ecr.us-east-1.amazonaws.com/name:tag`.
pub async fn image(session: &Session, uri: &str) -> Known<Image> {
    let Some((account, region, repository, image)) = parse(uri) else {
        return Known::Unread(Unread::new(
            ReasonCode::Unsupported,
            format!("{uri} is no image of a private ECR repository"),
        ));
    };
    let own = session
        .clients
        .ecr
        .config()
        .region()
        .map(ToString::to_string);
    if own.is_some_and(|own| own != region) {
        return Known::Unread(Unread::new(
            ReasonCode::Unsupported,
            format!("the image lies in {region}, another Region than the one that is read"),
        ));
    }
    let request = session
        .clients
        .ecr
        .describe_images()
        .registry_id(account)
        .repository_name(repository)
        .image_ids(image);
    let output = match session.call("ecr:DescribeImages", request.send()).await {
        Ok(output) => output,
        Err(fault) => return known(Err(fault)),
    };
    output
        .image_details()
        .first()
        .map_or(Known::Absent, |detail| {
            Known::Read(Image {
                repository: repository.to_owned(),
                digest: detail.image_digest().unwrap_or_default().to_owned(),
                size_bytes: detail.image_size_in_bytes().unwrap_or_default(),
            })
        })
}

fn parse(uri: &str) -> Option<(&str, &str, &str, ImageIdentifier)> {
    let (host, path) = uri.split_once('/')?;
    let mut labels = host.split('.');
    let account = labels.next()?;
    (labels.next()? == "dkr" && labels.next()? == "ecr").then_some(())?;
    let region = labels.next()?;
    let builder = ImageIdentifier::builder();
    let (repository, image) = match (path.split_once('@'), path.rsplit_once(':')) {
        (Some((repository, digest)), _) => (
            repository.split(':').next().unwrap_or(repository),
            builder.image_digest(digest),
        ),
        (None, Some((repository, tag))) => (repository, builder.image_tag(tag)),
        (None, None) => (path, builder.image_tag("latest")),
    };
    Some((account, region, repository, image.build()))
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
        assert_eq!(image.image_tag(), Some("v1"));
        let uri = format!("{host}/a:v1@sha256:00ff");
        let (_, _, repository, image) = parse(&uri).unwrap();
        assert_eq!(
            (repository, image.image_digest()),
            ("a", Some("sha256:00ff"))
        );
        assert!(parse("public.ecr.aws/x/y:z").is_none());
        assert!(parse("nginx").is_none());
    }
}
