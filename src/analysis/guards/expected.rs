//! Handlers that expect what goes wrong by its class.

use crate::analysis::exceptions;
use crate::analysis::names::leaf;
use crate::model::source::walk::{TryPart, enclosing_tries};
use crate::model::source::{ByteRange, Expr, ExprKind, ModuleId, Source};

/// Exceptions that a call of another service does not raise when that service or the network fails.
const ELSEWHERE: [&str; 20] = [
    "KeyError",
    "ValueError",
    "TypeError",
    "IndexError",
    "LookupError",
    "AttributeError",
    "ImportError",
    "ModuleNotFoundError",
    "JSONDecodeError",
    "UnicodeDecodeError",
    "ZeroDivisionError",
    "AssertionError",
    "NameError",
    "StopIteration",
    "KeyboardInterrupt",
    "SystemExit",
    "ValidationError",
    "HTTPStatusError",
    "FileNotFoundError",
    "NotImplementedError",
];

/// Whether a place stands in a `try` that expects the failure of another service by its class, and answers it.
pub(crate) fn expects(source: &Source, (id, range): (ModuleId, ByteRange)) -> bool {
    let Some(module) = source.module(id) else {
        return false;
    };
    let function = module.function_at(range.start).map(|function| function.id);
    enclosing_tries(source.body(id, function), range)
        .into_iter()
        .filter(|(_, part)| *part == TryPart::Body)
        .flat_map(|(tried, _)| &tried.handlers)
        .any(|handler| {
            handler
                .types
                .iter()
                .any(|caught| remote(source, id, caught))
                && exceptions::conduct(source, module, &handler.body).answers
        })
}

/// Whether an exception is one of a client of another service.
fn remote(source: &Source, module: ModuleId, caught: &Expr) -> bool {
    if let ExprKind::Tuple(items) = &caught.kind {
        return items.iter().any(|item| remote(source, module, item));
    }
    source
        .canonical(module, caught)
        .is_some_and(|name| name.contains('.') && !ELSEWHERE.contains(&leaf(&name)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::expects;
    use crate::analysis::sample::source_of_files;

    fn is_expected(handler: &str) -> bool {
        let text = format!(
            "import boto3, logging\nfrom botocore.exceptions import ClientError\ndef order():\n    try:\n        return boto3.client('s3').list_buckets()\n    {handler}\n"
        );
        let source = source_of_files(&[("main.py", &text)], "main.py");
        let module = &source.modules[0];
        let call = module
            .calls()
            .find(|(_, call)| module.text(call.range).ends_with("list_buckets()"))
            .unwrap()
            .1;
        expects(&source, (module.id, call.range))
    }

    #[test]
    fn a_handler_of_the_clients_class_is_handling() {
        assert!(is_expected("except ClientError:\n        return 'none'"));
        assert!(is_expected(
            "except (KeyError, ClientError):\n        return 'none'"
        ));
        assert!(!is_expected("except ClientError:\n        raise"));
        assert!(!is_expected("except KeyError:\n        return 'none'"));
    }
}
