//! Reads what can be read out of a pasted error: exception class, operation, HTTP status. Any SDK, any casing.

use std::sync::LazyLock;

use regex::Regex;

/// Longest text that is looked at, in bytes; a traceback is kilobytes.
pub const LARGEST: usize = 1_000_000;

/// Most different classes that are kept.
const MOST_CLASSES: usize = 500;

/// What an error says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErrorText {
    /// The text in lower case.
    pub lower: String,
    /// Exception classes in order of appearance, in lower case.
    pub classes: Vec<String>,
    /// Operations named, in lower case without separators: `invokeagentruntime`.
    pub operations: Vec<&'static str>,
    /// HTTP status codes named as such.
    pub statuses: Vec<u16>,
}

/// Every operation that the rules know, lower case.
pub const OPERATIONS: &[&str] = &[
    "invokeagentruntimewithwebsocketstream",
    "invokeagentruntimecommandshell",
    "invokeagentruntimecommand",
    "invokeagentruntime",
    "stopruntimesession",
    "getagentcard",
    "getruntimeprotectedresourcemetadata",
    "createagentruntimeendpoint",
    "updateagentruntimeendpoint",
    "deleteagentruntimeendpoint",
    "getagentruntimeendpoint",
    "listagentruntimeendpoints",
    "listagentruntimeversions",
    "createagentruntime",
    "updateagentruntime",
    "deleteagentruntime",
    "getagentruntime",
    "listagentruntimes",
    "creategatewaytarget",
    "updategatewaytarget",
    "listgatewaytargets",
    "creategateway",
    "updategateway",
    "listgateways",
    "getgateway",
    "invokegateway",
    "creatememory",
    "updatememory",
    "getmemory",
    "listmemories",
    "createevent",
    "listevents",
    "deleteevent",
    "getevent",
    "retrievememoryrecords",
    "listmemoryrecords",
    "getmemoryrecord",
    "deletememoryrecord",
    "batchcreatememoryrecords",
    "batchupdatememoryrecords",
    "batchdeletememoryrecords",
    "listactors",
    "listsessions",
    "ingestdata",
    "getworkloadaccesstokenforuserid",
    "getworkloadaccesstokenforjwt",
    "getworkloadaccesstoken",
    "getresourceoauth2token",
    "getresourceapikey",
    "createworkloadidentity",
    "createoauth2credentialprovider",
    "createapikeycredentialprovider",
    "startcodeinterpretersession",
    "invokecodeinterpreter",
    "stopcodeinterpretersession",
    "startbrowsersession",
    "invokebrowser",
    "stopbrowsersession",
    "createpolicyengine",
    "createpolicy",
    "conversestream",
    "converse",
    "invokemodelwithresponsestream",
    "invokemodelwithbidirectionalstream",
    "invokemodel",
    "counttokens",
];

static CLASS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b([a-z]+(?:exception|error|exceeded|denied|fault|throttled))\b|\(([A-Za-z.]{4,60})\) when calling").ok()
});
static STATUS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?i)(?:\bhttp(?:/[\d.]+)?[\s:=]{1,3}|status(?:[ _-]?code)?["']?\s*[:=]?\s*|\bcode["']?\s*[:=]\s*|\bresponse\s*\[?|\berror:?\s+)([2-5]\d\d)\b|\b(402|429)\b"#).ok()
});

impl ErrorText {
    /// Reads a text; of one longer than [`LARGEST`] bytes the end, where the exception stands.
    pub fn read(text: &str) -> Self {
        let mut start = text.len().saturating_sub(LARGEST);
        while !text.is_char_boundary(start) {
            start += 1;
        }
        let text = text.get(start..).unwrap_or_default();
        let lower = text.to_lowercase();
        let squeezed: String = lower
            .chars()
            .filter(|character| !matches!(character, '_' | '-' | ' '))
            .collect();
        let mut classes: Vec<String> = Vec::new();
        for captures in CLASS.iter().flat_map(|regex| regex.captures_iter(text)) {
            if let Some(class) = captures.get(1).or(captures.get(2)) {
                let class = class.as_str().to_lowercase();
                if classes.len() < MOST_CLASSES && !classes.contains(&class) {
                    classes.push(class);
                }
            }
        }
        let mut statuses: Vec<u16> = Vec::new();
        for captures in STATUS.iter().flat_map(|regex| regex.captures_iter(&lower)) {
            let code = captures
                .get(1)
                .or(captures.get(2))
                .and_then(|code| code.as_str().parse().ok());
            statuses.extend(code.filter(|code| !statuses.contains(code)));
        }
        Self {
            operations: operations(&squeezed),
            lower,
            classes,
            statuses,
        }
    }

    /// True when the text holds any of the words, lower case.
    pub fn says(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.lower.contains(word))
    }

    /// True when one of the operations is named.
    pub fn calls(&self, operations: &[&str]) -> bool {
        self.operations
            .iter()
            .any(|operation| operations.contains(operation))
    }

    /// True when a class holds one of the words.
    pub fn class(&self, words: &[&str]) -> bool {
        self.classes
            .iter()
            .any(|class| words.iter().any(|word| class.contains(word)))
    }

    /// Rates: throttled by class, status or wording.
    pub fn throttled(&self) -> bool {
        self.class(&[
            "throttl",
            "toomanyrequests",
            "requestlimitexceeded",
            "slowdown",
        ]) || self.statuses.contains(&429)
            || self.says(&[
                "throttl",
                "rate exceeded",
                "rate limit",
                "too many requests",
                "too many tokens",
                "toomanyrequests",
                "resource_exhausted",
                "-32003",
            ])
    }

    /// Amounts: a quota is used up.
    pub fn exceeded(&self) -> bool {
        self.class(&[
            "servicequotaexceeded",
            "limitexceeded",
            "quotaexceeded",
            "resourcelimit",
        ]) || self.statuses.contains(&402)
            || self.says(&[
                "limit exceeded",
                "quota exceeded",
                "exceeded the quota",
                "exceeds the quota",
                "maximum number of",
                "maxvms",
                "limitexceeded",
                "quotaexceeded",
                "quota has been reached",
                "too many targets",
            ])
    }
}

/// The longest operations first, each cut out, so that `invokeagentruntimecommand` is not also `invokeagentruntime`.
fn operations(squeezed: &str) -> Vec<&'static str> {
    let mut left = squeezed.to_owned();
    let mut by_length: Vec<&'static str> = OPERATIONS.to_vec();
    by_length.sort_by_key(|name| std::cmp::Reverse(name.len()));
    let mut found = Vec::new();
    for name in by_length {
        if left.contains(name) {
            found.push(name);
            left = left.replace(name, " ");
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sdk_formats_are_read() {
        let boto = ErrorText::read(
            "botocore.errorfactory.ThrottlingException: An error occurred (ThrottlingException) when calling the InvokeAgentRuntime operation (reached max retries: 4): Rate exceeded",
        );
        assert_eq!(boto.operations, ["invokeagentruntime"]);
        assert!(boto.throttled() && !boto.exceeded());
        let json = ErrorText::read(
            "{\"__type\":\"com.amazon#ServiceQuotaExceededException\",\"message\":\"maxVms limit exceeded for account 123456789012\"}",
        );
        assert!(
            json.exceeded()
                && json
                    .classes
                    .contains(&"servicequotaexceededexception".to_owned())
        );
        let java =
            ErrorText::read("(Service: BedrockAgentCore, Status Code: 429, Request ID: abc-402x)");
        assert_eq!(java.statuses, [429]);
        let python = ErrorText::read(
            "client.invoke_agent_runtime_command(...) -> HTTP/1.1 402 Payment Required",
        );
        assert_eq!(
            (python.operations, python.statuses),
            (vec!["invokeagentruntimecommand"], vec![402])
        );
        assert!(ErrorText::read("upstream said: too many requests").throttled());
    }
}
