//! What stories are compared by.

use std::fmt;

use super::kind::Kind;
use crate::words;

/// Words of a title that count; longer titles are lists.
const WORDS_MAX: usize = 16;

/// What is known of a story when it is compared with past ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Features {
    /// Who publishes it.
    pub(super) publishers: Vec<String>,
    /// Its beats.
    pub(super) beats: Vec<String>,
    /// Its kind.
    pub(super) kind: Kind,
    /// Telling words of its title, each with its stem.
    pub(super) words: Vec<(String, String)>,
}

impl Features {
    /// Reads a story. Names count in any case; numbers in a title do not, since they are never the same again.
    pub fn of<P: AsRef<str>, B: AsRef<str>>(title: &str, publishers: &[P], beats: &[B], kind: Kind) -> Self {
        let mut words: Vec<(String, String)> = Vec::new();
        for (_, word) in words::words(title) {
            let is_number = word.bytes().all(|byte| byte.is_ascii_digit());
            let stem = words::content_stems(word).pop().filter(|_| !is_number);
            let Some(stem) = stem else { continue };
            if words.len() < WORDS_MAX && words.iter().all(|(_, known)| *known != stem) {
                words.push((word.to_lowercase(), stem));
            }
        }
        Self {
            publishers: each_once(publishers),
            beats: each_once(beats),
            kind,
            words,
        }
    }

    /// Every trait, as it is counted.
    pub(super) fn traits(&self) -> impl Iterator<Item = Trait> {
        let publishers = self
            .publishers
            .iter()
            .map(|name| Trait::Publisher(name.to_lowercase()));
        let beats = self.beats.iter().map(|name| Trait::Beat(name.to_lowercase()));
        let words = self.words.iter().map(|(_, stem)| Trait::Word(stem.clone()));
        publishers
            .chain(beats)
            .chain(std::iter::once(Trait::Kind(self.kind)))
            .chain(words)
    }
}

fn each_once<S: AsRef<str>>(names: &[S]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for name in names.iter().map(S::as_ref) {
        if !name.is_empty() && found.iter().all(|known| !known.eq_ignore_ascii_case(name)) {
            found.push(name.to_owned());
        }
    }
    found
}

/// One trait of a story.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Trait {
    Publisher(String),
    Beat(String),
    Kind(Kind),
    Word(String),
}

/// Why a story is liked or not: `you told 4 of 5 by Rust Blog`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Because {
    /// What the stories share, as a line has it: `by Rust Blog`, `on cloud`, `incidents`, `with “borrow”`.
    pub(super) what: What,
    /// Of so many past stories that share it …
    pub of: u32,
    /// … so many were told.
    pub told: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    Publisher(String),
    Beat(String),
    Kind(Kind),
    Word(String),
}

impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "you told {} of {} ", self.told, self.of)?;
        match &self.what {
            What::Publisher(name) => write!(f, "by {name}"),
            What::Beat(name) => write!(f, "on {name}"),
            What::Kind(kind) => f.write_str(kind.plural()),
            What::Word(word) => write!(f, "with “{word}” in the title"),
        }
    }
}
