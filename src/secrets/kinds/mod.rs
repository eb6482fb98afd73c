//! Tables of kinds, one file an area. Formats are facts published by the vendors; the reference of each row says where.

use super::Kind;

/// Rows of self-describing values: id, title, keywords, pattern, reference. `@ n` lets a match start n bytes before its keyword.
macro_rules! formats {
    ($table:ident $area:ident; $( $id:literal $title:literal $(@ $lead:literal)? [$($keyword:literal),+] $pattern:literal $reference:literal; )*) => {
        /// Values with a form of their own.
        pub(super) static $table: &[super::Kind] = &[$(super::Kind {
            id: $id,
            title: $title,
            area: super::super::Area::$area,
            reference: $reference,
            rule: super::super::Rule::Format { keywords: &[$($keyword),+], pattern: $pattern, lead: 0 $(+ $lead)? },
        }),*];
    };
}

/// Rows of values behind a vendor's name: id, title, names, shapes (alphabet, least, most), reference.
macro_rules! named {
    ($table:ident $area:ident; $( $id:literal $title:literal [$($word:literal),+] $($alphabet:ident $least:literal $most:literal)|+ ; $reference:literal; )*) => {
        /// Values behind the vendor's name.
        pub(super) static $table: &[super::Kind] = &[$(super::Kind {
            id: $id,
            title: $title,
            area: super::super::Area::$area,
            reference: $reference,
            rule: super::super::Rule::Named {
                words: &[$($word),+],
                shapes: &[$(super::super::Shape {
                    alphabet: super::super::Alphabet::$alphabet,
                    least: $least,
                    most: $most,
                }),+],
            },
        }),*];
    };
}

pub(super) mod built_in;
mod business;
mod chat;
mod cloud;
mod data;
mod identity;
mod mail;
mod models;
mod observability;
mod payment;
mod prefixed;
mod public;
mod registry;
mod source;

/// All tables.
pub(super) static TABLES: &[&[Kind]] = &[
    models::FORMATS,
    models::NAMED,
    cloud::FORMATS,
    cloud::NAMED,
    source::FORMATS,
    source::NAMED,
    chat::FORMATS,
    chat::NAMED,
    payment::FORMATS,
    payment::NAMED,
    mail::FORMATS,
    mail::NAMED,
    data::FORMATS,
    data::NAMED,
    observability::FORMATS,
    observability::NAMED,
    registry::FORMATS,
    registry::NAMED,
    identity::FORMATS,
    identity::NAMED,
    business::FORMATS,
    business::NAMED,
    public::FORMATS,
    public::NAMED,
    prefixed::MODELS,
    prefixed::CLOUD,
    prefixed::SOURCE,
    prefixed::CHAT,
    prefixed::PAYMENT,
    prefixed::MAIL,
    prefixed::DATA,
    prefixed::BUSINESS,
    built_in::KINDS,
];
