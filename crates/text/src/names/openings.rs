//! Everyday words that open sentences and headings with a capital.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Whether a word, in any case, is an everyday word that often opens a sentence or heading.
pub(super) fn is_opening(word: &str) -> bool {
    OPENINGS.contains(word.to_lowercase().as_str())
}

/// Whether a word in small letters ends as everyday words do.
pub(super) fn has_common_ending(lower: &str) -> bool {
    let endings = [
        "ing", "ly", "ed", "tion", "tions", "sion", "ment", "ments", "ness", "ity", "ers", "ors", "ies",
        "als", "able", "ful", "ous", "ive", "ance", "ence",
    ];
    lower.chars().count() > 4 && endings.iter().any(|ending| lower.ends_with(ending))
}

/// Days and months: dates, not names.
pub(super) fn is_calendar(word: &str) -> bool {
    CALENDAR.contains(word)
}

static OPENINGS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| WORDS.split_whitespace().collect());
static CALENDAR: LazyLock<HashSet<&'static str>> = LazyLock::new(|| DATES.split_whitespace().collect());

const DATES: &str = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April June July \
    August September October November December Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec";

const WORDS: &str = "\
    according acknowledgements acknowledgments add added additional additionally advisories affected \
    analysts announcing another api apply ask attackers authorities background best better big breaking \
    bug bugs build building change changelog changes check city close code community companies \
    compatibility conclusion consider contact contents contributors court create credit critics \
    currently data day default deprecated despite details developers docs early engineers eventually \
    example experts families feature features figure files finally fired firefighters first five fix \
    fixed fixes four full getting good great help here high highlights home huge hundreds image \
    important improved in initially inside install installation instead introducing investigators issue \
    issues join key last late lawyers learn learning links list local long look low main maintainers \
    major making meanwhile medium members migration minor mode months more named nearly new news next \
    notable note notes officers officials old once one open operator overall overview page part parts \
    patched patches people performance please police post posted previous problem project prosecutors \
    published questions rather read recent recently recommendations release released releases remember \
    remove removed report reporters requirements researchers residents results run running scientists \
    second security see set seven several severity share shares short show similarly simply six small \
    software specifically standalone start step steps such suddenly summary support table team teams ten \
    test testing thank thanks third thousands three time tip tips today tomorrow tonight trial two type \
    types understanding unlike update updates upgrade usage user users using various version versions \
    victims video view warning week weeks welcome what whether witnesses work write written years yes \
    yesterday";
