//! The automaton of Aho and Corasick over every keyword of every rule. The compiler makes it, so that a run builds nothing: most projects
//! are searched in less time than it takes to make the automaton.

use std::ops::Range;

use super::engine::{ENTRIES, Entry};

/// Bits of a cell's index that hold the class of a byte.
const CLASS_BITS: usize = 6;
/// Classes of bytes that there can be: of those that stand in no keyword all are one.
const CLASSES: usize = 1 << CLASS_BITS;
/// Says of a state that a keyword ends there.
const ENDS: u16 = 1 << 15;
/// States of the automaton.
const STATES: usize = Tree::<MOST_STATES>::new().states;
/// Cells of the table: a power of two, so that an index that is masked needs no check.
const CELLS: usize = (STATES * CLASSES).next_power_of_two();
/// No automaton over the keywords has more states.
const MOST_STATES: usize = characters() + 1;

/// Characters of the longest keyword: what stands further back changes no state.
const LONGEST: usize = longest();
/// Parts of a long text that are walked side by side. Each step waits for the cell that the step before it looked up, and a processor
/// waits for several cells at once.
const LANES: usize = 4;

/// The walk of one part of a text.
struct Lane<'t> {
    /// Where the part starts.
    start: usize,
    part: &'t [u8],
    /// The state behind what was read, with [`ENDS`].
    state: u16,
    /// The states in which keywords end, and where.
    ends: Vec<(u16, usize)>,
}

/// The states by number. The first is the start.
pub(super) struct Automaton {
    /// The class of each byte.
    classes: [u8; 256],
    /// The state that follows a state, at its number and the class of the next byte, with [`ENDS`].
    next: [u16; CELLS],
    /// The first entry of the keyword that ends in a state, counted from one.
    first: [u16; STATES],
    /// The state of the longest other keyword that ends there, too; zero where there is none.
    shorter: [u16; STATES],
    /// The next entry of the same keyword, counted from one.
    same: [u16; ENTRIES.len()],
}

/// The one of the program.
pub(super) static AUTOMATON: Automaton = Automaton::new();

/// Characters of all keywords.
const fn characters() -> usize {
    let (mut all, mut at) = (0, 0);
    while at < ENTRIES.len() {
        all += ENTRIES[at].word.len();
        at += 1;
    }
    all
}

/// Characters of the longest keyword.
const fn longest() -> usize {
    let (mut most, mut at) = (0, 0);
    while at < ENTRIES.len() {
        if ENTRIES[at].word.len() > most {
            most = ENTRIES[at].word.len();
        }
        at += 1;
    }
    most
}

/// The class of each byte: letters of both cases are one.
const fn classes() -> [u8; 256] {
    let mut classes = [0; 256];
    let (mut last, mut entry) = (0, 0);
    while entry < ENTRIES.len() {
        let word = ENTRIES[entry].word.as_bytes();
        let mut at = 0;
        while at < word.len() {
            let byte = word[at].to_ascii_lowercase();
            if classes[byte as usize] == 0 {
                last += 1;
                classes[byte as usize] = last;
                classes[byte.to_ascii_uppercase() as usize] = last;
            }
            at += 1;
        }
        entry += 1;
    }
    assert!((last as usize) < CLASSES, "each byte has a class");
    classes
}

/// The keywords as a tree; only some of `MOST` rows are filled.
struct Tree<const MOST: usize> {
    states: usize,
    next: [[u16; CLASSES]; MOST],
    first: [u16; MOST],
    same: [u16; ENTRIES.len()],
}

impl<const MOST: usize> Tree<MOST> {
    const fn new() -> Self {
        let classes = classes();
        let mut tree = Self {
            states: 1,
            next: [[0; CLASSES]; MOST],
            first: [0; MOST],
            same: [0; ENTRIES.len()],
        };
        let mut entry = 0;
        while entry < ENTRIES.len() {
            let word = ENTRIES[entry].word.as_bytes();
            let (mut state, mut at) = (0, 0);
            while at < word.len() {
                let class = classes[word[at] as usize] as usize;
                if tree.next[state][class] == 0 {
                    tree.next[state][class] = tree.states as u16;
                    tree.states += 1;
                }
                state = tree.next[state][class] as usize;
                at += 1;
            }
            entry += 1;
            tree.add(state, entry as u16);
        }
        assert!(tree.states < ENDS as usize, "a state leaves a bit free");
        tree
    }

    /// Puts an entry behind the others of its keyword.
    const fn add(&mut self, state: usize, entry: u16) {
        if self.first[state] == 0 {
            self.first[state] = entry;
            return;
        }
        let mut last = self.first[state] as usize - 1;
        while self.same[last] != 0 {
            last = self.same[last] as usize - 1;
        }
        self.same[last] = entry;
    }
}

impl Automaton {
    const fn new() -> Self {
        let mut tree = Tree::<STATES>::new();
        let mut shorter = [0; STATES];
        // Where the longest other suffix of what was read leads, which a breadth-first walk knows before it is asked for.
        let mut back = [0; STATES];
        let mut queue = [0; STATES];
        let (mut head, mut tail) = (0, 1);
        while head < tail {
            let state = queue[head];
            let behind = back[state] as usize;
            if state != 0 {
                shorter[state] = match tree.first[behind] {
                    0 => shorter[behind],
                    _ => behind as u16,
                };
            }
            let mut class = 0;
            while class < CLASSES {
                let child = tree.next[state][class];
                let other = if state == 0 {
                    0
                } else {
                    tree.next[behind][class]
                };
                if child == 0 {
                    tree.next[state][class] = other;
                } else {
                    back[child as usize] = other;
                    queue[tail] = child as usize;
                    tail += 1;
                }
                class += 1;
            }
            head += 1;
        }
        let mut next = [0; CELLS];
        let mut cell = 0;
        while cell < STATES * CLASSES {
            let to = tree.next[cell >> CLASS_BITS][cell & (CLASSES - 1)];
            let ends = tree.first[to as usize] != 0 || shorter[to as usize] != 0;
            next[cell] = if ends { to | ENDS } else { to };
            cell += 1;
        }
        Self {
            classes: classes(),
            next,
            first: tree.first,
            shorter,
            same: tree.same,
        }
    }

    /// Calls `found` with every place of every keyword, in either case of its letters: in the order of their ends, the longest first.
    pub(super) fn find(&self, text: &[u8], mut found: impl FnMut(Range<usize>, &'static Entry)) {
        let part = text.len() / LANES;
        let mut walked = 0;
        let mut state = 0;
        if part > LONGEST {
            let mut lanes: [Lane<'_>; LANES] =
                std::array::from_fn(|lane| self.lane(text, lane * part..(lane + 1) * part));
            for at in 0..part {
                for lane in &mut lanes {
                    lane.state = self.step(lane.state, lane.part[at]);
                    if lane.state & ENDS != 0 {
                        lane.ends.push((lane.state, lane.start + at + 1));
                    }
                }
            }
            for lane in lanes {
                for (state, end) in lane.ends {
                    self.at(state, end, &mut found);
                }
                state = lane.state;
            }
            walked = part * LANES;
        }
        for (at, byte) in text.iter().enumerate().skip(walked) {
            state = self.step(state, *byte);
            if state & ENDS != 0 {
                self.at(state, at + 1, &mut found);
            }
        }
    }

    /// The state behind a byte, with [`ENDS`].
    fn step(&self, state: u16, byte: u8) -> u16 {
        let class = usize::from(self.classes[usize::from(byte)]);
        self.next[((usize::from(state & !ENDS) << CLASS_BITS) | class) & (CELLS - 1)]
    }

    /// The walk of one part of a text, in the state that what stands before it leaves.
    fn lane<'t>(&self, text: &'t [u8], part: Range<usize>) -> Lane<'t> {
        let before = &text[part.start.saturating_sub(LONGEST)..part.start];
        Lane {
            start: part.start,
            state: before.iter().fold(0, |state, byte| self.step(state, *byte)),
            part: &text[part],
            ends: Vec::new(),
        }
    }

    /// The entries of the keywords that end in a state.
    fn at(&self, state: u16, end: usize, found: &mut impl FnMut(Range<usize>, &'static Entry)) {
        let mut state = usize::from(state & !ENDS);
        while state != 0 {
            let mut entry = usize::from(self.first[state]);
            while let Some(index) = entry.checked_sub(1) {
                let one = &ENTRIES[index];
                found(end - one.word.len()..end, one);
                entry = usize::from(self.same[index]);
            }
            state = usize::from(self.shorter[state]);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use aho_corasick::{AhoCorasick, MatchKind};

    use super::*;

    /// What the library finds, in its order.
    fn expected(finder: &AhoCorasick, text: &str) -> Vec<(Range<usize>, &'static str)> {
        let found = finder.find_overlapping_iter(text);
        let named = found.map(|one| (one.range(), ENTRIES[one.pattern().as_usize()].word));
        named.collect()
    }

    fn finds(text: &str) -> Vec<(Range<usize>, &'static str)> {
        let mut all = Vec::new();
        AUTOMATON.find(text.as_bytes(), |range, entry| {
            all.push((range, entry.word))
        });
        all
    }

    #[test]
    fn every_keyword_is_found_where_the_library_finds_it() {
        let words: Vec<&str> = ENTRIES.iter().map(|entry| entry.word).collect();
        let finder = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .build(&words)
            .unwrap();
        let mut texts: Vec<String> = ["", "p", "ſecret Kelvin: K", "\u{0}\u{7f}ÿ"]
            .map(str::to_owned)
            .to_vec();
        texts.push(words.concat());
        texts.push(words.concat().to_uppercase());
        texts.push(words.join(" "));
        // Each keyword without its last character, before each that begins like its end.
        for word in &words {
            for other in words.iter().step_by(7) {
                texts.push(format!("{}{other}", &word[..word.len() - 1]));
            }
        }
        texts.push(
            std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock")).unwrap(),
        );
        // Every keyword across the borders of the parts that are walked side by side.
        for (count, word) in words.iter().enumerate() {
            let quarter = LONGEST + 1 + count % 7;
            let back = count % word.len();
            let filler = "-".repeat(quarter - word.len());
            let parts: String = (0..LANES).map(|_| format!("{word}{filler}")).collect();
            texts.push(format!("{}{parts}{word}", "=".repeat(back)));
        }
        for text in &texts {
            assert_eq!(finds(text), expected(&finder, text), "{text:.80}");
        }
    }
}
