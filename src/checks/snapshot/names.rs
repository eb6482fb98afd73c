//! What names say of the values that they hold.

use std::collections::BTreeSet;

use crate::analysis::exceptions::words;

/// Words of keys, nonces, tokens, and of ids that must differ between sessions.
const SECRET: [&str; 27] = [
    "key",
    "keys",
    "nonce",
    "token",
    "secret",
    "session",
    "lock",
    "owner",
    "lease",
    "leader",
    "idem",
    "idempotency",
    "idempotent",
    "salt",
    "iv",
    "csrf",
    "password",
    "passwd",
    "otp",
    "pin",
    "jti",
    "thread",
    "conversation",
    "signature",
    "jwt",
    "cipher",
    "fernet",
];

/// Words of ids, codes and names that must not repeat.
const IDENTITY: [&str; 38] = [
    "id",
    "ids",
    "uuid",
    "guid",
    "uid",
    "code",
    "codes",
    "token",
    "otp",
    "pin",
    "key",
    "nonce",
    "secret",
    "password",
    "passcode",
    "ticket",
    "session",
    "reference",
    "ref",
    "confirmation",
    "salt",
    "filename",
    "slug",
    "invite",
    "coupon",
    "voucher",
    "tracking",
    "serial",
    "path",
    "suffix",
    "identifier",
    "correlation",
    "request",
    "trace",
    "lock",
    "owner",
    "idempotency",
    "booking",
];

/// Names that hold such a word and mean something else.
const OTHERWISE: [&str; 14] = [
    "statuscode",
    "errorcode",
    "zipcode",
    "postcode",
    "postalcode",
    "countrycode",
    "languagecode",
    "currencycode",
    "exitcode",
    "httpcode",
    "weathercode",
    "airportcode",
    "colorcode",
    "returncode",
];

/// Words of waiting.
const WAITING: [&str; 10] = [
    "jitter", "delay", "backoff", "sleep", "wait", "retry", "interval", "timeout", "pause",
    "seconds",
];

/// Words of locks, and of who holds one.
const LOCKS: [&str; 17] = [
    "lock",
    "locks",
    "owner",
    "lease",
    "leader",
    "idempotency",
    "idempotent",
    "worker",
    "consumer",
    "holder",
    "mutex",
    "claimed",
    // Written as one word by client libraries.
    "consumername",
    "consumerid",
    "workerid",
    "workername",
    "ownerid",
];

/// Words of labels that tell one instance from another.
const LABELS: [&str; 18] = [
    "id",
    "instance",
    "node",
    "machine",
    "stream",
    "label",
    "dimension",
    "dimensions",
    "producer",
    "replica",
    "pod",
    "task",
    "client",
    "shard",
    "tag",
    "instanceid",
    "nodeid",
    "clientid",
];

fn any(names: &BTreeSet<String>, known: &[&str]) -> bool {
    names.iter().any(|name| {
        let plain: String = name.chars().filter(|char| char.is_alphanumeric()).collect();
        !OTHERWISE.contains(&plain.to_lowercase().as_str())
            && words(name)
                .iter()
                .any(|word| known.contains(&word.as_str()))
    })
}

/// Whether a value is a key, a nonce, a token, or an id that must differ between sessions.
pub(super) fn is_secret(names: &BTreeSet<String>) -> bool {
    any(names, &SECRET)
}

/// Whether a value is an id, a code or a name that must not repeat.
pub(super) fn is_identity(names: &BTreeSet<String>) -> bool {
    any(names, &IDENTITY)
}

/// Names of tokens that an authorization server gives.
const BEARERS: [&str; 8] = [
    "access_token",
    "accesstoken",
    "id_token",
    "idtoken",
    "bearer_token",
    "bearertoken",
    "auth_token",
    "authtoken",
];

/// Whether a value is a token that an authorization server gave.
pub(super) fn is_bearer(names: &BTreeSet<String>) -> bool {
    let mut all = names.iter().map(|name| name.to_lowercase());
    all.any(|name| BEARERS.contains(&name.as_str()))
}

/// Whether a value says how long to wait.
pub(super) fn is_waiting(names: &BTreeSet<String>) -> bool {
    any(names, &WAITING)
}

/// Whether a value says who holds a lock.
pub(super) fn is_lock(names: &BTreeSet<String>) -> bool {
    any(names, &LOCKS)
}

/// Whether a value tells one instance from another.
pub(super) fn is_label(names: &BTreeSet<String>) -> bool {
    any(names, &LABELS)
}
