//! Kinds that are recognised by code and belong to no vendor.

use super::super::{Area, Rule};
use super::Kind;

const fn built_in(id: &'static str, title: &'static str, reference: &'static str) -> Kind {
    Kind {
        id,
        title,
        area: Area::Generic,
        reference,
        rule: Rule::BuiltIn,
    }
}

/// All of them, in the order of the constants below.
pub(in super::super) static KINDS: &[Kind] = &[
    built_in(
        "private-key",
        "Private key (PEM)",
        "https://www.rfc-editor.org/rfc/rfc7468",
    ),
    built_in(
        "pgp-private-key",
        "OpenPGP private key",
        "https://www.rfc-editor.org/rfc/rfc9580",
    ),
    built_in(
        "putty-private-key",
        "PuTTY private key",
        "https://tartarus.org/~simon/putty-snapshots/htmldoc/AppendixC.html",
    ),
    built_in(
        "private-key-base64",
        "Private key (PEM in base64)",
        "https://www.rfc-editor.org/rfc/rfc7468",
    ),
    built_in(
        "json-web-token",
        "JSON Web Token",
        "https://www.rfc-editor.org/rfc/rfc7519",
    ),
    built_in(
        "database-url-password",
        "Database URL with a password",
        "https://www.rfc-editor.org/rfc/rfc3986#section-3.2.1",
    ),
    built_in(
        "url-password",
        "Address with a password",
        "https://www.rfc-editor.org/rfc/rfc3986#section-3.2.1",
    ),
    built_in(
        "http-authorization",
        "Authorization header",
        "https://www.rfc-editor.org/rfc/rfc9110#name-authorization",
    ),
    built_in(
        "hardcoded-password",
        "Password",
        "https://cwe.mitre.org/data/definitions/798.html",
    ),
    built_in(
        "hardcoded-secret",
        "Secret value",
        "https://cwe.mitre.org/data/definitions/798.html",
    ),
    built_in(
        "command-password",
        "Password on a command line",
        "https://cwe.mitre.org/data/definitions/214.html",
    ),
];

/// Index of the PEM kind.
pub(in super::super) const PRIVATE_KEY: usize = 0;
/// Index of the OpenPGP kind.
pub(in super::super) const PGP_KEY: usize = 1;
/// Index of the PuTTY kind.
pub(in super::super) const PUTTY_KEY: usize = 2;
/// Index of the PEM in base64 kind.
pub(in super::super) const PEM_BASE64: usize = 3;
/// Index of the JSON Web Token kind.
pub(in super::super) const JWT: usize = 4;
/// Index of the database address kind.
pub(in super::super) const DATABASE_URL: usize = 5;
/// Index of the address kind.
pub(in super::super) const URL: usize = 6;
/// Index of the Authorization header kind.
pub(in super::super) const AUTHORIZATION: usize = 7;
/// Index of the password kind.
pub(in super::super) const PASSWORD: usize = 8;
/// Index of the generic secret kind.
pub(in super::super) const SECRET: usize = 9;
/// Index of the kind of passwords among the arguments of a command.
pub(in super::super) const COMMAND_PASSWORD: usize = 10;
