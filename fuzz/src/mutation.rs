//! Mutates the parts of links.
//!
//! The fuzzer's own mutations change bytes, or insert words anywhere. Most bytes of a link are characters of its ID, so most of these
//! mutations damage the ID, and few of them combine valid parts in a new way: a section after the size of a picture, or an escape in
//! place of a slash. Here parts are inserted, removed and replaced only where others begin and end, and new links are made of the words
//! of the dictionary.

use std::sync::LazyLock;

use libfuzzer_sys::fuzzer_mutate;

/// The words of the dictionary. The other fields are its lists of these names.
struct Words {
    all: Vec<Vec<u8>>,
    beginnings: Vec<Vec<u8>>,
    paths: Vec<Vec<u8>>,
    destinations: Vec<Vec<u8>>,
    tails: Vec<Vec<u8>>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let dictionary = include_str!("../dictionary.txt");
    let list = |title: &str| {
        let (_, list) = dictionary.split_once(title).expect("the list is in the dictionary");
        words(list.split("\n\n").next().unwrap_or_default())
    };
    Words {
        all: words(dictionary),
        beginnings: list("# Beginnings\n"),
        paths: list("# Paths\n"),
        destinations: list("# Destinations\n"),
        tails: list("# Tails\n"),
    }
});

/// Returns the word of each line. Other lines are comments.
fn words(lines: &str) -> Vec<Vec<u8>> {
    lines.lines().filter_map(|line| Some(unescape(line.strip_prefix('"')?.strip_suffix('"')?))).collect()
}

/// Unescapes a word: `\\`, `\"`, `\xe9`.
fn unescape(word: &str) -> Vec<u8> {
    let mut unescaped = Vec::new();
    let mut rest = word.as_bytes();
    loop {
        let byte;
        (byte, rest) = match rest {
            [] => break,
            [b'\\', b'x', digits @ ..] => {
                let (digits, rest) = digits.split_at(2);
                let digits = str::from_utf8(digits).expect("digits are ASCII");
                (u8::from_str_radix(digits, 16).expect("two digits follow an x"), rest)
            }
            [b'\\', byte, rest @ ..] | [byte, rest @ ..] => (*byte, rest),
        };
        unescaped.push(byte);
    }
    unescaped
}

/// Mutates the text `data[..size]`, in half of the cases as the fuzzer does by default, and returns the new length.
pub fn mutate_parts(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let mut random = Random(seed);
    let text = &data[..size];
    let mutated = match random.below(8) {
        0..4 => None,
        4 => Some(new_link(&mut random)),
        5 => Some(replace_part(text, Some(&new_link(&mut random)), &mut random)),
        _ => Some(replace_part(text, None, &mut random)),
    };
    match mutated.filter(|mutated| mutated.len() <= max_size && mutated != text) {
        Some(mutated) => {
            data[..mutated.len()].copy_from_slice(&mutated);
            mutated.len()
        }
        None => fuzzer_mutate(data, size, max_size),
    }
}

/// Makes a link of words. Any of its parts may be missing.
fn new_link(random: &mut Random) -> Vec<u8> {
    let mut link = Vec::new();
    for words in [&WORDS.beginnings, &WORDS.paths, &WORDS.destinations] {
        if random.below(8) > 0 {
            link.extend_from_slice(random.choose(words));
        }
    }
    for _ in 0..random.below(5) {
        link.extend_from_slice(random.choose(&WORDS.tails));
    }
    link
}

/// Replaces a part of `text`, which may be empty, by `new`, by a word or by another part.
fn replace_part(text: &[u8], new: Option<&[u8]>, random: &mut Random) -> Vec<u8> {
    /// The maximum number of delimiters and words between them in a part that is replaced, and in one that is copied.
    const LONGEST: (usize, usize) = (2, 8);
    let borders = borders(text);
    let mut choose_part = |longest: usize| {
        let first = random.below(borders.len());
        let last = first + random.below((borders.len() - first).min(longest + 1));
        borders[first]..borders[last]
    };
    let (replaced, copied) = (choose_part(LONGEST.0), choose_part(LONGEST.1));
    let new = new.unwrap_or_else(|| match random.below(8) {
        0 => &[],
        1 | 2 => &text[copied],
        3..6 => random.choose(&WORDS.tails),
        _ => random.choose(&WORDS.all),
    });
    [&text[..replaced.start], new, &text[replaced.end..]].concat()
}

/// Returns the offsets at which a delimiter begins or ends: a byte that is not a base64url character.
fn borders(text: &[u8]) -> Vec<usize> {
    let is_delimiter = |byte: &u8| !byte.is_ascii_alphanumeric() && !b"-_".contains(byte);
    let inner = text.windows(2).enumerate().filter(|(_, pair)| pair.iter().any(is_delimiter));
    let mut borders = vec![0];
    borders.extend(inner.map(|(at, _)| at + 1));
    borders.push(text.len());
    borders
}

/// Random numbers, the same for each seed.
struct Random(u32);

impl Random {
    /// Returns a number less than `end`.
    fn below(&mut self, end: usize) -> usize {
        // The step of SplitMix32.
        self.0 = self.0.wrapping_add(0x9e37_79b9);
        let mut bits = self.0;
        bits = (bits ^ bits >> 16).wrapping_mul(0x21f0_aaad);
        bits = (bits ^ bits >> 15).wrapping_mul(0x735a_2d97);
        (bits ^ bits >> 15) as usize % end
    }

    fn choose<'w>(&mut self, words: &'w [Vec<u8>]) -> &'w [u8] {
        &words[self.below(words.len())]
    }
}
