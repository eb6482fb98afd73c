//! Files of a package that the runtime's processor or file system would refuse: native code for another processor, scripts with an
//! interpreter of the machine that built them.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::model::package::{Unfit, UnfitKind};

/// `e_machine` of ELF for arm64. (<https://gabi.xinuos.com/elf/a-emachine.html>)
const ARM64: u16 = 183;
const X86_64: u16 = 62;
const X86: u16 = 3;

/// Why a file does not work in the runtime, where its head tells. Only files that may be native code or scripts are opened.
pub(super) fn unfit(path: &Path, relative: &str) -> Option<Unfit> {
    // The image installs these anew.
    let installed = |part: &str| matches!(part, "node_modules" | ".venv" | "site-packages");
    if relative.split('/').any(installed) {
        return None;
    }
    let name = relative.rsplit('/').next().unwrap_or(relative);
    let native = name.ends_with(".so")
        || name.contains(".so.")
        || [".node", ".pyd", ".dylib", ".dll"]
            .iter()
            .any(|end| name.ends_with(end));
    let program = relative.split('/').rev().nth(1) == Some("bin") || !name.contains('.');
    if !native && !program {
        return None;
    }
    if [".pyd", ".dll"].iter().any(|end| name.ends_with(end)) {
        return Some(Unfit {
            path: relative.to_owned(),
            kind: UnfitKind::Machine("Windows".to_owned()),
        });
    }
    let mut head = [0_u8; 256];
    let mut file = File::open(path).ok()?;
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let read = file.read(&mut head).ok()?;
    let head = head.get(..read)?;
    let kind = machine(head)
        .map(UnfitKind::Machine)
        .or_else(|| interpreter(head).map(UnfitKind::Interpreter))?;
    Some(Unfit {
        path: relative.to_owned(),
        kind,
    })
}

/// The processor or system that native code is for, where it is not the runtime's.
fn machine(head: &[u8]) -> Option<String> {
    if head.starts_with(b"\x7fELF") {
        let little = head.get(5) == Some(&1);
        let bytes = [*head.get(18)?, *head.get(19)?];
        let machine = if little {
            u16::from_le_bytes(bytes)
        } else {
            u16::from_be_bytes(bytes)
        };
        return match machine {
            ARM64 => None,
            X86_64 => Some("x86-64".to_owned()),
            X86 => Some("x86".to_owned()),
            other => Some(format!("ELF machine {other}")),
        };
    }
    let mach = [
        [0xcf, 0xfa, 0xed, 0xfe],
        [0xce, 0xfa, 0xed, 0xfe],
        [0xca, 0xfe, 0xba, 0xbe],
    ];
    if mach.iter().any(|magic| head.starts_with(magic)) {
        return Some("macOS".to_owned());
    }
    None
}

/// The interpreter of a script's first line, where only the machine that made it has it.
fn interpreter(head: &[u8]) -> Option<String> {
    let line = head.strip_prefix(b"#!")?;
    let line = line.split(|byte| *byte == b'\n').next()?;
    let text = String::from_utf8_lossy(line);
    let program = text.split_whitespace().next()?.to_owned();
    let local = [
        "/Users/",
        "/home/",
        "/private/",
        "/tmp/",
        "/root/",
        "/opt/homebrew/",
    ]
    .iter()
    .any(|start| program.starts_with(start))
        || program.contains("/.venv/")
        || program.contains("/venv/")
        || program.contains(":\\");
    local.then_some(program)
}

/// Whether others than its owner cannot read a file; the runtime's user is another.
#[cfg(unix)]
pub(super) fn unreadable(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).is_ok_and(|about| about.is_file() && about.mode() & 0o004 == 0)
}

/// A file system without modes says nothing.
#[cfg(not(unix))]
pub(super) fn unreadable(_: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::{interpreter, machine};

    #[test]
    fn machines_are_told_by_the_head() {
        let elf = |machine: u8| {
            let mut head = vec![0x7f, b'E', b'L', b'F', 2, 1, 1];
            head.resize(18, 0);
            head.extend([machine, 0]);
            head
        };
        assert_eq!(machine(&elf(183)), None);
        assert_eq!(machine(&elf(62)).as_deref(), Some("x86-64"));
        assert_eq!(machine(&[0xcf, 0xfa, 0xed, 0xfe]).as_deref(), Some("macOS"));
        assert_eq!(machine(b"text"), None);
        assert_eq!(machine(b"\x7fELF"), None);
    }

    #[test]
    fn interpreters_of_one_machine_are_told() {
        assert!(interpreter(b"#!/Users/ada/agent/.venv/bin/python\nimport sys").is_some());
        assert!(interpreter(b"#!/usr/bin/env python3\n").is_none());
        assert!(interpreter(b"#!/bin/sh\n").is_none());
        assert!(interpreter(b"print(1)").is_none());
    }
}
