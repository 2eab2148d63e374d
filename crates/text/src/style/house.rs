//! The author's own rules in `voice.md`, as far as anything can be measured of them.

use std::ops::Range;
use std::sync::LazyLock;

use copydesk_domain::task::HouseStyle;
use regex::Regex;

use super::{own_words, regex};
use crate::voice::EXAMPLE;
use crate::{quotes, words};

/// Phrases that are taken from one file; a longer list is a dictionary.
const BANNED_MAX: usize = 100;

/// Reads the rules that can be measured: phrases in quotation marks behind a `no`, `not`, `never`, `avoid` or `without`
/// of the same line; `under 25 words` for sentences; no exclamation marks, no emoji.
///
/// `voice`: the file without its comments. Words in quotation marks are what a line speaks of, and forbid nothing; a line
/// that begins `As in:` is an example. What is not understood is left to models and people.
pub fn house_style(voice: &str) -> HouseStyle {
    static NEVER: LazyLock<Regex> = LazyLock::new(|| {
        regex(r"(?i)\b(?:no|not|never|avoid|without|don['’]t|do\s+not|instead\s+of|rather\s+than)\b")
    });
    static WORDS: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?i)\b(?:under|below|fewer\s+than|less\s+than|at\s+most|no\s+(?:more|longer)\s+than|up\s+to|max(?:imum)?(?:\s+of)?)\s+(\d{1,3})\s+words\b",
        )
    });
    let mut style = HouseStyle::default();
    for line in voice.lines().filter(|line| !is_example(line)) {
        // `Words of the author’s own: “never”`: the places stay, and what stands there is gone.
        let own = own_words(line);
        let Some(no) = NEVER.find(&own) else {
            read_length(line, &WORDS, &mut style);
            continue;
        };
        let lower = own[no.start()..].to_lowercase();
        style.no_exclamations |= lower.contains("exclamation");
        style.no_emoji |= lower.contains("emoji");
        // `"the maintainers fixed", not "a fix was made"`: what stands before the `not` is the example to follow.
        let behind = |quote: &quotes::Quote| quote.range.start > no.start();
        for quote in quotes::find(line).into_iter().filter(behind) {
            let phrase = quote.text.trim().to_lowercase();
            let is_new = !phrase.is_empty() && !style.banned.contains(&phrase);
            if is_new && style.banned.len() < BANNED_MAX {
                style.banned.push(phrase);
            }
        }
        read_length(line, &WORDS, &mut style);
    }
    style
}

/// A sentence of the author's, as a proposed file sets it below its rule.
fn is_example(line: &str) -> bool {
    line.trim_start_matches([' ', '\t', '-', '*', '+'])
        .starts_with(EXAMPLE)
}

fn read_length(line: &str, pattern: &Regex, style: &mut HouseStyle) {
    let is_about_sentences = line.to_lowercase().contains("sentence");
    let found = pattern.captures(line).filter(|_| is_about_sentences);
    if let Some(count) = found.and_then(|found| found[1].parse().ok()) {
        style.sentence_words_max.get_or_insert(count);
    }
}

/// What of the author's rules a sentence breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Breach {
    /// A phrase that `voice.md` names, as it stands in the sentence.
    Phrase(String),
    /// An exclamation mark.
    Exclamation,
    /// An emoji.
    Emoji,
    /// More words of its own than the file allows: how many.
    Length(usize),
}

/// Breaches of `style` in the words of a sentence that are its writer's own.
pub fn breaches(style: &HouseStyle, sentence: &str) -> Vec<Breach> {
    let own = own_words(sentence);
    let plain = Plain::of(&own);
    let mut found = Vec::new();
    for phrase in &style.banned {
        if let Some(range) = plain.place_of(phrase) {
            let text = sentence.get(range).unwrap_or(phrase);
            found.push(Breach::Phrase(text.to_owned()));
        }
    }
    if style.no_exclamations && own.contains('!') {
        found.push(Breach::Exclamation);
    }
    if style.no_emoji && own.chars().any(is_emoji) {
        found.push(Breach::Emoji);
    }
    let count = words::count(&own.replace('\u{1}', ""));
    if style.sentence_words_max.is_some_and(|most| count > most as usize) {
        found.push(Breach::Length(count));
    }
    found
}

/// A text in the form in which phrases are looked for, with the way back to its own bytes: a curly apostrophe has three of
/// them and a straight one has one, and some letters have more of them when they are small.
struct Plain {
    text: String,
    /// Where the character of each byte of `text` begins in what was read; its length at the end.
    places: Vec<usize>,
}

impl Plain {
    fn of(read: &str) -> Self {
        let (mut text, mut places) = (String::with_capacity(read.len()), Vec::new());
        for (at, c) in read.char_indices() {
            match c {
                '-' => text.push(' '),
                '’' => text.push('\''),
                // The small form depends on what follows, which a phrase and a sentence need not share.
                'ς' => text.push('σ'),
                _ => text.extend(c.to_lowercase()),
            }
            places.resize(text.len(), at);
        }
        places.push(read.len());
        Self { text, places }
    }

    /// Where a phrase stands as whole words; `game changer` also finds `game-changer`.
    fn place_of(&self, phrase: &str) -> Option<Range<usize>> {
        let is_edge = |c: Option<char>| !c.is_some_and(words::is_word_char);
        let needle = Self::of(phrase).text;
        let stands_whole = |at: &usize| {
            is_edge(self.text[..*at].chars().next_back())
                && is_edge(self.text[at + needle.len()..].chars().next())
        };
        let mut found = self.text.match_indices(&needle).map(|(at, _)| at);
        let at = found.find(stands_whole)?;
        Some(self.places[at]..self.places[at + needle.len()])
    }
}

fn is_emoji(c: char) -> bool {
    matches!(u32::from(c), 0x1F300..=0x1FAFF | 0x2600..=0x27BF | 0x1F1E6..=0x1F1FF)
}

#[cfg(test)]
mod tests {
    use super::*;

    const VOICE: &str = "## How it sounds\n\
        - Short sentences, most of them under 25 words. Active verbs.\n\
        - Name the one who acts: \"the maintainers fixed\", not \"a fix was made\".\n\
        - No hype: not \"game changer\", \"exciting\".\n\
        - No exclamation marks, no emoji.\n\
        - Days as \"18 November 2026\".";

    #[test]
    fn what_can_be_measured_is_read() {
        let style = house_style(VOICE);
        assert_eq!(style.sentence_words_max, Some(25));
        assert_eq!(style.banned, ["a fix was made", "game changer", "exciting"]);
        assert!(style.no_exclamations && style.no_emoji);
        assert_eq!(house_style("Write as you speak."), HouseStyle::default());
    }

    #[test]
    fn a_no_inside_quotation_marks_forbids_nothing() {
        for line in [
            "- Words of the author’s own: “never”, “quite”.",
            "- Contract as in speech: “don’t”, “it’s”.",
            "- Write the long forms (“do not”, “it is”) for the most part.",
            "  - As in: I do not say “frankly” in a sentence of under 9 words!",
        ] {
            assert_eq!(house_style(line), HouseStyle::default(), "{line}");
        }
        let style = house_style("- Say “no”, never “nope”.");
        assert_eq!(style.banned, ["nope"]);
    }

    #[test]
    fn a_phrase_is_told_as_it_stands_behind_a_curly_apostrophe() {
        let style = house_style("Not “game changer”, not “it’s huge”.");
        assert_eq!(
            breaches(&style, "Norn’s İ fix isn’t a Game-Changer, and it's huge."),
            [
                Breach::Phrase("Game-Changer".to_owned()),
                Breach::Phrase("it's huge".to_owned())
            ]
        );
    }

    #[test]
    fn breaches_are_in_the_writers_own_words() {
        let style = house_style(VOICE);
        assert_eq!(
            breaches(&style, "The game-changer is here!"),
            [Breach::Phrase("game-changer".to_owned()), Breach::Exclamation]
        );
        assert!(breaches(&style, "Norn writes: “An exciting game changer!”").is_empty());
        let long = "word ".repeat(26);
        assert_eq!(breaches(&style, &long), [Breach::Length(26)]);
        assert!(breaches(&style, "An unexciting day.").is_empty());
    }
}
