//! Addresses that clients of the SDKs are made for. One of AWS's own changes nothing: the role is asked as ever.

use super::Subject;
use super::code::Code;
use super::values::texts;
use crate::analysis::names::Meaning;
use crate::model::source::ModuleId;
use crate::model::source::ir::{Expr, ExprKind, FormatPart};

/// Ends of the hosts of AWS's services.
/// <https://docs.aws.amazon.com/general/latest/gr/rande.html>
const ENDS: [&str; 4] = [
    ".amazonaws.com",
    ".amazonaws.com.cn",
    ".api.aws",
    ".api.amazonwebservices.com.cn",
];
/// Parts of hosts below them behind which customers' own programs answer.
const CUSTOMERS: [&str; 6] = ["elb", "compute", "compute-1", "rds", "cache", "lambda-url"];
/// The service whose client is made for a customer's API.
const API_CLIENT: &str = "apigatewaymanagementapi";
/// Stands for what is not known.
const UNKNOWN: &str = "*";

/// Whether an address that a client of a service is made for is surely one of AWS's, whatever Region is filled in.
pub(super) fn is_of_aws<'a>(
    subject: &Subject<'a>,
    code: &Code<'_, 'a>,
    (module, address): (ModuleId, &'a Expr),
    service: Option<&str>,
) -> bool {
    let found = texts(subject, code, module, address);
    if found.complete && !found.all.is_empty() {
        return found.all.iter().all(|one| of_aws(one, service));
    }
    let (at, written) = match code.source().meaning(module, address) {
        Meaning::Value(at, value) => (at, value),
        _ => (module, address),
    };
    template(subject, code, at, written).is_some_and(|text| of_aws(&text, service))
}

/// A text with what is filled in, where that is known.
fn template<'a>(
    subject: &Subject<'a>,
    code: &Code<'_, 'a>,
    module: ModuleId,
    expr: &'a Expr,
) -> Option<String> {
    match &expr.kind {
        ExprKind::Format(parts) => Some(
            parts
                .iter()
                .map(|part| match part {
                    FormatPart::Text(text) => text.to_string(),
                    FormatPart::Expr(inner) => {
                        let found = texts(subject, code, module, inner);
                        match (found.complete, found.all.as_slice()) {
                            (true, [one]) => one.clone(),
                            _ => UNKNOWN.to_owned(),
                        }
                    }
                })
                .collect(),
        ),
        ExprKind::Call(call) => match &call.callee.kind {
            ExprKind::Attribute { base, attr } if &**attr == "format" => {
                base.as_str().map(str::to_owned)
            }
            _ => None,
        },
        _ => None,
    }
}

fn of_aws(address: &str, service: Option<&str>) -> bool {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default();
    let host = host.to_ascii_lowercase();
    let own = |label: &str| match label {
        "execute-api" => service != Some(API_CLIENT),
        other => CUSTOMERS.contains(&other),
    };
    ENDS.iter().any(|end| host.ends_with(end)) && !host.split('.').any(own)
}

#[cfg(test)]
mod tests {
    use super::of_aws;

    #[test]
    fn hosts_of_aws_are_told_from_those_of_customers() {
        for address in [
            "https://s3.us-west-2.amazonaws.com",
            "https://s3.*.amazonaws.com/",
            "https://dynamodb.cn-north-1.amazonaws.com.cn:443",
            "https://vpce-1.s3.us-east-1.vpce.amazonaws.com",
            "https://s3.dualstack.us-east-1.amazonaws.com",
            "https://lambda.us-east-1.api.aws",
            "sqs.us-east-1.amazonaws.com",
        ] {
            assert!(of_aws(address, Some("s3")), "{address}");
        }
        for address in [
            "http://localhost:4566",
            "https://minio.acme.io/amazonaws.com",
            "https://amazonaws.com.acme.io",
            "https://proxy-1.us-east-1.elb.amazonaws.com",
            "http://ec2-1-2-3-4.compute-1.amazonaws.com:9000",
            "https://a1.execute-api.us-east-1.amazonaws.com/prod",
            "*",
        ] {
            assert!(!of_aws(address, Some("s3")), "{address}");
        }
        let api = "https://a1.execute-api.us-east-1.amazonaws.com/prod";
        assert!(of_aws(api, Some("apigatewaymanagementapi")));
    }
}
