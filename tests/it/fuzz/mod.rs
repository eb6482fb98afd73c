//! The targets of the fuzzers on the stable toolchain: a deterministic mutator over seeds from the fixtures, for a second each.
//! `FUZZ=python AGENTCORE_HARDEN_FUZZ_SECONDS=600 cargo test --test it fuzz::` stays with one target. An input that breaks a promise is
//! written to `target/tmp/fuzz-TARGET`, where `FUZZ_INPUT` runs it again.

mod targets;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use targets::{TARGETS, Target};

/// The longest that one input may take in a build without optimization, on a machine that does other things.
const LONGEST: Duration = Duration::from_secs(60);
/// The largest seed; most that is wrong is wrong in little. In bytes.
const LARGEST: u64 = 16 * 1024;
/// How many seeds a target has at most.
const MOST_SEEDS: usize = 300;

/// The same numbers in every run (xorshift).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound.max(1)).unwrap();
        usize::try_from(self.next() % bound).unwrap()
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// What is worth writing anywhere: ends and starts of every syntax, numbers at the edges, names that lead out.
const WORDS: [&str; 56] = [
    "\"",
    "'",
    "`",
    "\"\"\"",
    "\\",
    "\\u0000",
    "\\ud800",
    "\0",
    "\r\n",
    "\t",
    "\u{feff}",
    "\u{202e}",
    "\u{1b}[31m",
    "\u{9b}2J",
    "é",
    "😀",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "((((((((",
    "[[[[[[[[",
    "{\"a\":",
    "<",
    ">",
    "<!--",
    "]]>",
    "#",
    "//",
    "/*",
    "*/",
    "${",
    "}}",
    "$(id)",
    "*",
    "**",
    "../../",
    "/etc/passwd",
    "~",
    "-rf",
    "null",
    "true",
    "0",
    "-1",
    "1e999",
    "99999999999999999999",
    "0x",
    "\\N{BULLET}",
    "f\"{",
    "async ",
    "lambda: ",
    "import ",
    "arn:aws:iam::123456789012:role/x",
    "=",
];

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => files(&path, found),
            Ok(kind) if kind.is_file() => found.push(path),
            Ok(_) | Err(_) => {}
        }
    }
}

/// The seeds of a target, spread over the fixtures.
fn seeds(target: &Target, all: &[PathBuf]) -> Vec<Vec<u8>> {
    let wanted = |path: &&PathBuf| {
        let path = path.to_string_lossy();
        target.seeds.iter().any(|end| path.ends_with(end))
    };
    let mut seeds: Vec<Vec<u8>> = all
        .iter()
        .filter(wanted)
        .filter(|path| fs::metadata(path).is_ok_and(|file| file.len() <= LARGEST))
        .map(|path| fs::read(path).unwrap())
        .collect();
    seeds.sort();
    seeds.dedup();
    let step = seeds.len().div_ceil(MOST_SEEDS).max(1);
    let seeds = seeds.into_iter().step_by(step);
    let words = target.words.iter().map(|text| text.as_bytes().to_vec());
    words.chain(seeds).collect()
}

fn mutated(numbers: &mut Numbers, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = numbers.of(seeds).clone();
    for _ in 0..=numbers.below(4) {
        let at = numbers.below(bytes.len() + 1);
        let end = (at + numbers.below(40)).min(bytes.len());
        match numbers.below(9) {
            0 if !bytes.is_empty() => {
                let at = at.min(bytes.len() - 1);
                bytes[at] ^= 1 << numbers.below(8);
            }
            1 => drop(bytes.drain(at..end)),
            2 => {
                let again = bytes[at..end].repeat(1 + numbers.below(30));
                bytes.splice(at..at, again);
            }
            3 => bytes.truncate(at),
            4 => {
                // A part of another seed, from line to line.
                let other = numbers.of(seeds);
                let lines: Vec<&[u8]> = other.split_inclusive(|byte| *byte == b'\n').collect();
                let from = numbers.below(lines.len());
                let to = (from + 1 + numbers.below(12)).min(lines.len());
                let part = lines.get(from..to).unwrap_or_default().concat();
                bytes.splice(at..at, part);
            }
            5 => {
                let word = numbers.of(&WORDS);
                bytes.splice(at..end.min(at + 1), word.bytes());
            }
            6 => {
                let word = numbers.of(&WORDS).repeat(1 + numbers.below(200));
                bytes.splice(at..at, word.into_bytes());
            }
            // Lines change places: what is used stands before what it is made of.
            7 => {
                let mut lines: Vec<Vec<u8>> = bytes
                    .split_inclusive(|byte| *byte == b'\n')
                    .map(<[u8]>::to_vec)
                    .collect();
                if lines.len() > 1 {
                    let (one, two) = (numbers.below(lines.len()), numbers.below(lines.len()));
                    lines.swap(one, two);
                }
                bytes = lines.concat();
            }
            _ => {
                // One name becomes another of the same text.
                let words: Vec<Vec<u8>> = bytes
                    .split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_')
                    .filter(|word| !word.is_empty())
                    .map(<[u8]>::to_vec)
                    .collect();
                if let (Some(_), [_, ..]) = (words.first(), words.as_slice()) {
                    let (one, two) = (numbers.of(&words).clone(), numbers.of(&words).clone());
                    let place = bytes.windows(one.len()).position(|part| part == one);
                    if let Some(place) = place {
                        bytes.splice(place..place + one.len(), two);
                    }
                }
            }
        }
    }
    bytes
}

fn judge(target: &Target, bytes: &[u8]) {
    // Written before the run: what overflows a stack leaves nothing else behind.
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{}", target.name));
    fs::write(&kept, bytes).unwrap();
    let started = Instant::now();
    if let Err(cause) = catch_unwind(AssertUnwindSafe(|| (target.run)(bytes))) {
        eprintln!("{}: see {}", target.name, kept.display());
        resume_unwind(cause);
    }
    let spent = started.elapsed();
    assert!(
        spent < LONGEST,
        "{}: {spent:?}: {}",
        target.name,
        kept.display()
    );
}

fn all_files() -> Vec<PathBuf> {
    let mut all = Vec::new();
    files(Path::new("fixtures"), &mut all);
    all.sort();
    all
}

#[test]
fn no_input_breaks_a_promise() {
    let only = std::env::var("FUZZ").ok();
    if let (Some(name), Some(path)) = (&only, std::env::var_os("FUZZ_INPUT")) {
        judge(targets::target(name), &fs::read(path).unwrap());
        return;
    }
    let seconds = std::env::var("AGENTCORE_HARDEN_FUZZ_SECONDS");
    let seconds = seconds.map_or(1, |text| text.parse().unwrap());
    let all = all_files();
    for (number, target) in TARGETS.iter().enumerate() {
        if only.as_ref().is_some_and(|name| name != target.name) {
            continue;
        }
        let seeds = seeds(target, &all);
        assert!(!seeds.is_empty(), "{} has no seeds", target.name);
        let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15 ^ u64::try_from(number).unwrap());
        let started = Instant::now();
        let mut runs = 0;
        while started.elapsed() < Duration::from_secs(seconds) || runs < 5 {
            judge(target, &mutated(&mut numbers, &seeds));
            runs += 1;
        }
        if seconds > 1 {
            println!("{}: {runs} inputs of {} seeds", target.name, seeds.len());
        }
    }
}

/// `fuzz/seed` asks for the seeds of the fuzzers by name of the folder.
#[test]
fn seeds_stand_in_the_corpus() {
    let Some(corpus) = std::env::var_os("AGENTCORE_HARDEN_SEEDS") else {
        return;
    };
    let all = all_files();
    for target in &TARGETS {
        let folder = Path::new(&corpus).join(target.name);
        fs::create_dir_all(&folder).unwrap();
        for (number, seed) in seeds(target, &all).iter().enumerate() {
            fs::write(folder.join(format!("seed-{number}")), seed).unwrap();
        }
    }
}

/// The packages of a lock file by name, each with its versions.
fn locked(path: &str) -> (BTreeMap<String, BTreeSet<String>>, BTreeSet<String>) {
    let text = fs::read_to_string(path).unwrap();
    let lock: toml::Table = text.parse().unwrap();
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut own = BTreeSet::new();
    for package in lock["package"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        let version = package["version"].as_str().unwrap();
        all.entry(name.to_owned())
            .or_default()
            .insert(version.to_owned());
        if name == "agentcore-harden" {
            let needs = package["dependencies"].as_array().unwrap();
            own.extend(needs.iter().map(|need| need.as_str().unwrap().to_owned()));
        }
    }
    (all, own)
}

/// `fuzz/run` builds with `--locked`: a dependency that is added above is missing below until its lock is made anew.
#[test]
fn the_fuzzers_are_locked_to_what_the_program_is() {
    let (above, needs) = locked("Cargo.lock");
    let (below, fuzzed) = locked("fuzz/Cargo.lock");
    let word = |need: &String| need.split(' ').next().unwrap().to_owned();
    // What only tests use is no dependency of the fuzzers' build.
    let manifest: toml::Table = fs::read_to_string("Cargo.toml").unwrap().parse().unwrap();
    let tests = manifest["dev-dependencies"].as_table().unwrap();
    let runs = manifest["dependencies"].as_table().unwrap();
    let fuzzed: BTreeSet<String> = fuzzed.iter().map(word).collect();
    for need in needs.iter().map(word) {
        if tests.contains_key(&need) && !runs.contains_key(&need) {
            continue;
        }
        assert!(
            fuzzed.contains(&need),
            "fuzz/Cargo.lock lacks {need}: cargo update --manifest-path fuzz/Cargo.toml -p agentcore-harden"
        );
    }
    for (name, versions) in below {
        // The parsers are pinned: another version below would be another program that is fuzzed.
        if name.starts_with("ruff_") || name.starts_with("oxc_") || name == "cedar-policy" {
            assert_eq!(above.get(&name), Some(&versions), "{name}");
        }
    }
}
