//! Whose choice the session id of a call of a runtime is, and whether the code binds it to a user.

mod held;
mod signed;

use crate::analysis::call_sites::{parameter, receivers};
use crate::analysis::clients::Call;
use crate::analysis::clients::places::Places;
use crate::analysis::provenance::{self, Alternative, Part, Provenance, Root, UNVERIFIED};
use crate::analysis::values::{At, bound};
use crate::model::source::walk::{expressions, sub_expressions};
use crate::model::source::{EntrypointKind, Expr, ExprKind, FnId, Source};

/// Steps on the way to a value that whoever sends the request writes.
const CHOSEN: [&str; 18] = [
    "body",
    "json",
    "query",
    "query_params",
    "queryparams",
    "params",
    "path_params",
    "args",
    "form",
    "values",
    "headers",
    "querystringparameters",
    "rawquerystring",
    "multivaluequerystringparameters",
    "searchparams",
    "query_string",
    "pathparameters",
    "cookies",
];
/// The same, of what a framework gives as the request of the moment (`flask.request`, `app.current_event`): elsewhere these say less.
const CHOSEN_OF_REQUEST: [&str; 7] = [
    "get_json",
    "get_data",
    "data",
    "stream",
    "json_body",
    "decoded_body",
    "raw_body",
];
/// Steps that only somebody who was authenticated gets.
const KNOWN: [&str; 16] = [
    "claim",
    "authorizer",
    "jwt",
    "token",
    "principal",
    "identity",
    "auth",
    "verified",
    "current_user",
    "currentuser",
    "locals",
    "oidc",
    "credentials",
    "depends",
    "user",
    "session",
];
/// Last steps of what a messaging service writes and signs: the thread of a message, whose members share it.
const MESSAGING: [&str; 4] = ["thread_ts", "event_ts", "message_ts", "threadts"];

/// Ids that Amazon Connect makes, in lower case, below the data of a contact.
const CONTACT: [&str; 4] = [
    "contactid",
    "initialcontactid",
    "previouscontactid",
    "relatedcontactid",
];
/// The fields of an event of EventBridge, whose `id` EventBridge makes.
const ENVELOPE: [&str; 9] = [
    "version",
    "id",
    "detail-type",
    "source",
    "account",
    "time",
    "region",
    "resources",
    "detail",
];

/// The fields of an event of API Gateway and of a function's URL, in lower case.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>
const REQUEST: [&str; 17] = [
    "resource",
    "path",
    "httpmethod",
    "headers",
    "multivalueheaders",
    "querystringparameters",
    "multivaluequerystringparameters",
    "pathparameters",
    "stagevariables",
    "requestcontext",
    "body",
    "isbase64encoded",
    "version",
    "routekey",
    "rawpath",
    "rawquerystring",
    "cookies",
];

/// Steps of events that no user writes.
const INTERNAL: [&str; 8] = [
    "records",
    "detail",
    "connectionid",
    "requestcontext",
    "messageid",
    "source",
    "executionid",
    "requestid",
];

/// How the session id of a call lets one user into the session of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// It is padded with a character that the value may hold: two values become one id.
    Padded,
    /// Whoever sends the request writes it, and nothing binds it to the user.
    Chosen,
    /// As [`Flaw::Chosen`], in a field of the event that a Lambda function is invoked with: another function may have made it.
    Given,
    /// It holds a claim of a token that the sender gives, whose signature nothing in the service is seen to check.
    Unverified,
    /// A service gives every user the same.
    Shared,
    /// Whoever sends the request writes the id of the user for whom the runtime is called.
    User,
}

/// What is wrong with the session id of a call, each with the expression where it is seen.
pub(crate) fn flaws<'a>(
    source: &'a Source,
    places: &Places<'a>,
    call: &Call<'a>,
) -> Vec<(Flaw, At<'a>)> {
    let mut found = Vec::new();
    if let Some(session) = call.session {
        let made = provenance::of(source, places, session);
        let pads = padded(source, places, &made).into_iter();
        found.extend(pads.map(|at| (Flaw::Padded, at)));
        found.extend(all_chosen(source, places, call, &made));
        if is_shared(source, &made) && serves_users(source, places, call) {
            found.push((Flaw::Shared, session));
        }
    }
    if let Some(user) = call.user {
        let made = provenance::of(source, places, user);
        let chosen = all_chosen(source, places, call, &made);
        found.extend(chosen.into_iter().map(|(flaw, at)| match flaw {
            Flaw::Chosen => (Flaw::User, at),
            other => (other, at),
        }));
    }
    found
}

/// The values of an id that whoever sends the request chooses, bound to no user.
fn all_chosen<'a>(
    source: &'a Source,
    places: &Places<'a>,
    call: &Call<'a>,
    made: &Provenance<'a>,
) -> Vec<(Flaw, At<'a>)> {
    let found = made.alternatives.iter().filter_map(|alternative| {
        let part = chosen(places, alternative)?;
        let handler = match part.root {
            Root::Parameter { function, .. } => Some(function),
            _ => None,
        };
        if handler.is_some_and(|function| is_event_id(source, places, function, part)) {
            return None;
        }
        let mut near = [handler, call.function].into_iter().flatten();
        if near.any(|function| held::is_checked(source, function, part, call)) {
            return None;
        }
        let runs_in = handler.or(call.function);
        if runs_in.is_some_and(|function| signed::is_signed(source, places, function, part)) {
            return None;
        }
        Some((flaw(source, places, handler, part), part.at))
    });
    found.collect()
}

/// Whether an id is the same at every call: literals, settings of the process, and what a module drew when it was loaded.
fn is_shared(source: &Source, made: &Provenance<'_>) -> bool {
    let at_import = |part: &Part<'_>| {
        let module = source.module(part.at.module);
        let start = part.at.expr.range.start;
        module.is_some_and(|module| {
            module.function_at(start).is_none() && module.class_at(start).is_none()
        })
    };
    let same = |part: &Part<'_>| match part.root {
        Root::Literal | Root::Setting => part.path.is_empty(),
        Root::Fresh => at_import(part),
        Root::Parameter { .. } | Root::Unknown => false,
    };
    let mut all = made.alternatives.iter().flatten().peekable();
    !made.truncated && all.peek().is_some() && all.all(same)
}

/// Words of routes that call a runtime for no user: to see that it runs, to start it, or because a machine asks.
const FOR_NOBODY: [&str; 9] = [
    "health", "warm", "ping", "ready", "live", "smoke", "hook", "cron", "schedule",
];

/// Whether a call is made for the users of a service: a route of a web framework leads to it, other than one that asks how the service is.
fn serves_users(source: &Source, places: &Places<'_>, call: &Call<'_>) -> bool {
    let is_for_nobody = |function: FnId| {
        let name = source.function(function).map_or("", |found| &*found.name);
        let name = name.to_ascii_lowercase();
        FOR_NOBODY.iter().any(|word| name.contains(word))
    };
    let Some(function) = call.function else {
        return false;
    };
    let roots = places.roots(function);
    let mut routes = roots.iter().filter_map(|(_, root)| *root).filter(|root| {
        places.handler(*root) == Some(EntrypointKind::Route) && !is_for_nobody(*root)
    });
    !is_for_nobody(function) && routes.next().is_some()
}

/// The paddings with which two values may become one id.
fn padded<'a>(source: &'a Source, places: &Places<'a>, made: &Provenance<'a>) -> Vec<At<'a>> {
    let mut parts = made.alternatives.iter().flatten();
    let varies = parts.any(|part| matches!(part.root, Root::Parameter { .. } | Root::Unknown));
    let pads = made.pads.iter().copied();
    pads.filter(|pad| varies && !is_fixed(source, places, *pad))
        .collect()
}

/// Whether what is padded has one length: a digest, itself, by a name, or as each caller gives it for a parameter.
fn is_fixed<'a>(source: &'a Source, places: &Places<'a>, pad: At<'a>) -> bool {
    let held = |at: At<'a>| -> Vec<At<'a>> {
        let name = at.expr.as_name();
        let values = name.map(|name| bound(source, at.module, name, at.expr.range.start));
        let values = values.unwrap_or_default().into_iter();
        values.map(|value| at.to(value)).collect()
    };
    let is_digest =
        |at: At<'a>| says_digest(source, at) || held(at).iter().any(|at| says_digest(source, *at));
    let names = sub_expressions(pad.expr)
        .into_iter()
        .map(|name| pad.to(name));
    let mut names = names.filter(|name| name.expr.as_name().is_some());
    let given = |name: At<'a>| {
        let all = given(source, places, name);
        !all.is_empty() && all.into_iter().all(is_digest)
    };
    says_digest(source, pad) || names.any(|name| is_digest(name) || given(name))
}

fn says_digest(source: &Source, at: At<'_>) -> bool {
    let module = source.module(at.module);
    let text = module.map_or("", |module| module.text(at.expr.range));
    let text = text.to_ascii_lowercase();
    ["sha", "md5", "hash", "digest", "uuid", "hex"]
        .iter()
        .any(|word| text.contains(word))
}

/// What the callers of a function give for a parameter of it that a name is; none where one of them is not seen.
fn given<'a>(source: &'a Source, places: &Places<'a>, name: At<'a>) -> Vec<At<'a>> {
    let Some((function, index)) = parameter(source, name.module, name.expr) else {
        return Vec::new();
    };
    let Some(about) = source.function(function) else {
        return Vec::new();
    };
    let label = about.params.get(index).map_or("", |param| &*param.name);
    let place = index.checked_sub(receivers(source, about));
    let values = places.uses(function).iter().map(|used| {
        let call = used.expr.as_call().filter(|_| used.direct)?;
        let value = place.and_then(|place| call.argument(place, label))?;
        Some(At::new(used.module, value))
    });
    values.collect::<Option<Vec<_>>>().unwrap_or_default()
}

/// What a part is that the sender chooses. A field of the event itself is what was given to `lambda:Invoke`; a user writes the
/// body of a request.
fn flaw(source: &Source, places: &Places<'_>, handler: Option<FnId>, part: &Part<'_>) -> Flaw {
    if is_unverified(part) {
        return Flaw::Unverified;
    }
    let given = handler.is_some_and(|function| {
        places.handler(function) == Some(EntrypointKind::Lambda)
            && (is_top_level(part) || is_beside_a_request(source, function, part))
    });
    if given { Flaw::Given } else { Flaw::Chosen }
}

/// Whether a part is of a field that no event of API Gateway or of a function's URL has, in a handler that answers such events: only who
/// may invoke the function itself can set it.
fn is_beside_a_request(source: &Source, function: FnId, part: &Part<'_>) -> bool {
    let mut steps = part.path.iter().skip(1).filter(|step| *step != "get");
    let own = steps
        .next()
        .is_some_and(|first| !REQUEST.contains(&first.as_str()));
    own && event_keys(source, function, part)
        .is_some_and(|(keys, _)| keys.iter().any(|key| is_of_a_request(key)))
}

fn is_of_a_request(key: &str) -> bool {
    REQUEST.contains(&&*key.to_ascii_lowercase())
}

/// The part of an id that the sender of a request chooses, where nothing in the id is the user's own.
fn chosen<'a, 'p>(places: &Places<'a>, parts: &'p Alternative<'a>) -> Option<&'p Part<'a>> {
    let is_chosen = |part: &&Part<'a>| {
        let Root::Parameter { function, .. } = part.root else {
            // Flask's request of the moment.
            return is_of_the_moment(part) && is_written(part) && !is_known(part);
        };
        let handler = matches!(
            places.handler(function),
            Some(EntrypointKind::Route | EntrypointKind::Lambda)
        );
        handler
            && !is_known(part)
            && !has(&part.path, &INTERNAL)
            && !is_messaging(part, parts)
            && !is_contact(part)
    };
    let bound = parts
        .iter()
        .any(|part| is_known(part) || part.root == Root::Fresh);
    parts.iter().find(is_chosen).filter(|_| !bound)
}

/// Whether a part is a field of the event itself: the parameter's name and one step.
fn is_top_level(part: &Part<'_>) -> bool {
    part.path
        .iter()
        .skip(1)
        .filter(|step| *step != "get")
        .count()
        == 1
}

/// Whether a part is the thread that a messaging service names. A message without a thread is named by its own time: Slack's `ts`.
fn is_messaging(part: &Part<'_>, parts: &Alternative<'_>) -> bool {
    let of = |part: &Part<'_>| {
        let last = part.path.last();
        last.is_some_and(|last| MESSAGING.contains(&last.as_str()) || last == "ts")
    };
    of(part) || parts.iter().any(of)
}

/// Whether a part is the id of a contact of Amazon Connect. What stands beside it (`Attributes`, `CustomerEndpoint`) is the caller's.
fn is_contact(part: &Part<'_>) -> bool {
    let [.., data, last] = part.path.as_slice() else {
        return false;
    };
    data == "contactdata" && CONTACT.contains(&last.as_str()) && !has(&part.path, &CHOSEN)
}

/// Whether a part is the `id` of an event of EventBridge: the handler reads nothing else of the event but what such an event holds.
fn is_event_id(source: &Source, places: &Places<'_>, function: FnId, part: &Part<'_>) -> bool {
    let is_id = part.path.last().is_some_and(|last| last == "id") && is_top_level(part);
    if !is_id || places.handler(function) != Some(EntrypointKind::Lambda) {
        return false;
    }
    event_keys(source, function, part)
        .is_some_and(|(keys, whole)| whole && keys.iter().all(|key| ENVELOPE.contains(key)))
}

/// The fields of its event that a handler itself reads, and whether that is all that is done with the event: a helper may read
/// anything of it.
fn event_keys<'a>(
    source: &'a Source,
    function: FnId,
    part: &Part<'_>,
) -> Option<(Vec<&'a str>, bool)> {
    let Root::Parameter { index, .. } = part.root else {
        return None;
    };
    let param = source.function(function)?.params.get(index)?;
    let event = &*param.name;
    if event.is_empty() {
        return None;
    }
    let is_event = |expr: &Expr| expr.as_name() == Some(event);
    let (mut keys, mut whole) = (Vec::new(), true);
    for expr in expressions(source.body(function.module, Some(function))) {
        match &expr.kind {
            ExprKind::Subscript { base, index } if is_event(base) => match index.as_str() {
                Some(key) => keys.push(key),
                None => whole = false,
            },
            ExprKind::Attribute { base, attr } if is_event(base) && &**attr != "get" => {
                keys.push(attr);
            }
            ExprKind::Call(call) => match &call.callee.kind {
                ExprKind::Attribute { base, attr } if is_event(base) && &**attr == "get" => {
                    match call.args.first().and_then(Expr::as_str) {
                        Some(key) => keys.push(key),
                        None => whole = false,
                    }
                }
                _ => whole &= !call.args.iter().any(is_event),
            },
            _ => {}
        }
    }
    Some((keys, whole))
}

fn has(path: &[String], words: &[&str]) -> bool {
    path.iter().any(|step| words.contains(&step.as_str()))
}

/// Whether a part is of what a framework gives as the request of the moment.
fn is_of_the_moment(part: &Part<'_>) -> bool {
    part.root == Root::Unknown && part.path.first().is_some_and(|first| first == "request")
}

/// Whether a part was read off what whoever sends the request writes.
fn is_written(part: &Part<'_>) -> bool {
    has(&part.path, &CHOSEN) || is_of_the_moment(part) && has(&part.path, &CHOSEN_OF_REQUEST)
}

/// Whether a part was read out of a token whose signature nothing checks.
fn is_unverified(part: &Part<'_>) -> bool {
    part.path.iter().any(|step| step == UNVERIFIED)
}

/// Whether a part comes from who authenticated the caller.
fn is_known(part: &Part<'_>) -> bool {
    if is_unverified(part) {
        return false;
    }
    let verified = |step: &String| {
        [
            "decode",
            "verify",
            "claim",
            "authoriz",
            "jwt",
            "get_current",
            "sub",
        ]
        .iter()
        .any(|word| step == word || word.len() > 4 && step.contains(word))
    };
    if part.path.iter().any(verified) {
        return true;
    }
    !is_written(part) && {
        // What is last names the value, not who told it.
        let before = part.path.split_last().map_or(&[][..], |(_, before)| before);
        before
            .iter()
            .any(|step| KNOWN.iter().any(|word| step == word))
            || matches!(part.root, Root::Unknown)
                && part
                    .path
                    .iter()
                    .any(|step| KNOWN.iter().any(|word| step.contains(word)))
    }
}
