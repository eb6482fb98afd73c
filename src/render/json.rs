//! The JSON report.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};

use crate::exit::Failure;
use crate::report::Report;
use crate::report::document::{Failed, Run};
use crate::shell::is_unprintable;

/// Writes the report of a run over one project indented, those of a run over several one compact report a line.
///
/// # Errors
/// When writing fails.
pub fn render(reports: &[Report], several: bool, out: &mut dyn Write) -> io::Result<()> {
    match reports {
        [report] if !several => pretty(report, out),
        reports => reports.iter().try_for_each(|report| compact(report, out)),
    }
}

/// Writes the object that stands for a report that could not be made, on one line.
///
/// # Errors
/// When writing fails.
pub fn failure(failure: &Failure, out: &mut dyn Write) -> io::Result<()> {
    compact(&Failed::from(failure), out)
}

/// Writes the reports of a run, and why others are missing, as one document.
///
/// # Errors
/// When writing fails.
pub fn combined(reports: &[Report], failures: &[Failure], out: &mut dyn Write) -> io::Result<()> {
    pretty(&Run::new(reports, failures), out)
}

/// Writes a value on one line.
///
/// # Errors
/// When writing fails.
pub fn compact(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(
        &mut *out,
        Safe(CompactFormatter),
    ))?;
    writeln!(out)
}

/// Writes a value indented.
///
/// # Errors
/// When writing fails.
pub fn pretty(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let formatter = Safe(PrettyFormatter::new());
    value.serialize(&mut Serializer::with_formatter(&mut *out, formatter))?;
    writeln!(out)
}

/// A value indented, without a line break behind it.
pub fn text(value: &impl Serialize) -> String {
    let mut bytes = Vec::new();
    // Only what writes to a full disk fails, and this is memory.
    let _ = pretty(value, &mut bytes);
    let text = String::from_utf8(bytes).unwrap_or_default();
    text.trim_end().to_owned()
}

/// JSON that is safe on a terminal: DEL, C1 controls, bidi overrides and invisible characters are written as `\uXXXX`, which
/// JSON reads back as the same text (serde_json itself escapes only C0).
struct Safe<F>(F);

macro_rules! delegate {
    ($($name:ident($($argument:ident: $kind:ty),*);)*) => {$(
        fn $name<W: ?Sized + Write>(&mut self, writer: &mut W, $($argument: $kind),*) -> io::Result<()> {
            self.0.$name(writer, $($argument),*)
        }
    )*};
}

impl<F: Formatter> Formatter for Safe<F> {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        // Nearly every text. `serde_json` gives no other control character.
        if fragment.is_ascii() && !fragment.as_bytes().contains(&b'\x7f') {
            return writer.write_all(fragment.as_bytes());
        }
        let mut start = 0;
        for (at, character) in fragment.char_indices().filter(|(_, c)| is_unprintable(*c)) {
            writer.write_all(&fragment.as_bytes()[start..at])?;
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            start = at + character.len_utf8();
        }
        writer.write_all(&fragment.as_bytes()[start..])
    }

    delegate! {
        begin_array();
        end_array();
        begin_array_value(first: bool);
        end_array_value();
        begin_object();
        end_object();
        begin_object_key(first: bool);
        end_object_key();
        begin_object_value();
        end_object_value();
    }
}
