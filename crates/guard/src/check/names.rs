//! Each name stands in the evidence, or names the source itself.

use std::ops::Range;

use copydesk_text::{names, quotes, words};

use super::{CHECKED_MAX, is_within, unchecked};
use crate::evidence::Evidence;
use crate::finding::Finding;
use crate::lexicon::{self, peoples};

/// Titles that a sentence may put before a name, or leave out.
const TITLES: &[&str] = &[
    "mr",
    "mrs",
    "ms",
    "miss",
    "dr",
    "doctor",
    "prof",
    "professor",
    "sir",
    "lady",
    "lord",
    "president",
    "vice",
    "minister",
    "prime",
    "chancellor",
    "senator",
    "governor",
    "mayor",
    "judge",
    "justice",
    "ceo",
    "cfo",
    "cto",
    "chief",
    "executive",
    "officer",
    "chairman",
    "chairwoman",
    "chair",
    "director",
    "founder",
    "co",
    "leader",
    "king",
    "queen",
    "prince",
    "princess",
    "pope",
    "general",
    "captain",
    "sergeant",
    "coach",
    "former",
    "team",
    "company",
    "project",
    "group",
    "university",
    "the",
    "inc",
    "ltd",
    "corp",
    "llc",
    "plc",
    "gmbh",
    "phd",
];

/// How well a name stands in the evidence.
enum Standing {
    /// One word after another.
    Whole,
    /// Its words stand apart from each other.
    Parts,
    /// These words do not stand there at all.
    Lacks(Vec<String>),
}

/// Checks every name outside quotation marks.
pub(crate) fn check(text: &str, evidence: &Evidence) -> Vec<Finding> {
    let quoted: Vec<Range<usize>> = quotes::find(text).into_iter().map(|quote| quote.range).collect();
    let found: Vec<names::Name> = names::find(text)
        .into_iter()
        .filter(|name| !is_within(&name.range, &quoted))
        .filter(|name| name.text.chars().count() > 1 && !is_unit(text, name))
        .collect();
    let checked = found.iter().take(CHECKED_MAX);
    let mut findings: Vec<Finding> = checked.map(|name| check_one(text, name, evidence)).collect();
    findings.extend(unchecked("names", found.len(), CHECKED_MAX));
    findings
}

fn check_one(text: &str, name: &names::Name, evidence: &Evidence) -> Finding {
    let shown = &name.text;
    match standing(shown, evidence) {
        Standing::Whole => Finding::supported(format!("{shown} stands in the source")),
        Standing::Parts => Finding::unsettled(format!(
            "the words of the name {shown} stand in the evidence, but not together"
        )),
        Standing::Lacks(_) if is_adverbial(text, name) || is_everyday(text, name) => Finding::unsettled(
            format!("{shown} does not stand in the evidence; it may be no name"),
        ),
        Standing::Lacks(missing) if missing.len() < word_count(shown) => Finding::blocked(format!(
            "the name {shown} does not stand in the evidence: {} is missing",
            missing.join(", ")
        )),
        Standing::Lacks(_) => Finding::blocked(format!("the name {shown} does not stand in the evidence")),
    }
}

/// `1,500 MB`: a unit is part of its figure.
fn is_unit(text: &str, name: &names::Name) -> bool {
    const UNITS: &[&str] = &[
        "KB", "MB", "GB", "TB", "PB", "KiB", "MiB", "GiB", "TiB", "MW", "GW", "TW", "MWh", "GWh", "TWh",
        "Hz", "MHz", "GHz", "Mb", "Gb", "Tb", "Mbit", "Gbit", "USD", "EUR", "GBP", "AM", "PM",
    ];
    let before = text.get(..name.range.start).unwrap_or_default().trim_end();
    UNITS.contains(&name.text.as_str()) && before.ends_with(|c: char| c.is_ascii_digit())
}

fn word_count(name: &str) -> usize {
    words_of(name).len()
}

fn words_of(text: &str) -> Vec<String> {
    let is_ending = |at: usize| text.get(..at).is_some_and(|head| head.ends_with(['\'', '’']));
    words::words(text)
        .filter(|(range, word)| !(*word == "s" && is_ending(range.start)))
        .map(|(_, word)| word.to_lowercase())
        .collect()
}

/// Words in capitals only, but for the ending of a plural: `CNNs`.
fn acronyms_of(text: &str) -> Vec<String> {
    words::words(text)
        .map(|(_, word)| word.strip_suffix('s').unwrap_or(word))
        .filter(|word| word.chars().count() > 1 && word.chars().all(char::is_uppercase))
        .map(str::to_lowercase)
        .collect()
}

fn standing(name: &str, evidence: &Evidence) -> Standing {
    let parts = words_of(name);
    if parts.is_empty() || evidence.names().has_words(&parts) {
        return Standing::Whole;
    }
    let acronyms = acronyms_of(name);
    let missing: Vec<String> = parts
        .iter()
        .filter(|part| !is_known(part, evidence) && !is_spelled_out(part, &acronyms, evidence))
        .cloned()
        .collect();
    let is_title = |word: &String| TITLES.contains(&word.as_str()) || word.chars().count() == 1;
    let is_all_titles = parts.iter().all(is_title);
    if is_all_titles {
        return Standing::Whole;
    }
    if missing.iter().all(is_title) {
        let core: Vec<String> = parts.into_iter().filter(|part| !is_title(part)).collect();
        return if core.len() == 1 || evidence.names().has_words(&core) {
            Standing::Whole
        } else {
            Standing::Parts
        };
    }
    if is_shortened(&parts, evidence) {
        return Standing::Whole;
    }
    Standing::Lacks(missing)
}

/// Whether the evidence uses a word of a name: as it is, in another number, as the people of a country or the country
/// of a people, or spelled out.
fn is_known(word: &str, evidence: &Evidence) -> bool {
    let singular = word.strip_suffix('s').filter(|rest| rest.len() > 1);
    evidence.has_word(word)
        || evidence.has_word(&format!("{word}s"))
        || singular.is_some_and(|singular| evidence.has_word(singular))
        || peoples::kin(word).iter().any(|other| evidence.has_word(other))
        || is_quarter(word, evidence)
        || (word.len() >= 3 && word.len() <= 5 && evidence.short_forms().has_beginning(word))
}

/// Whether a word in capitals stands in the evidence as the words whose first letters it is.
fn is_spelled_out(word: &str, acronyms: &[String], evidence: &Evidence) -> bool {
    let bare = word
        .strip_suffix('s')
        .filter(|bare| acronyms.iter().any(|acronym| acronym == bare));
    let is_acronym = acronyms.iter().any(|acronym| acronym == word);
    (is_acronym && evidence.short_forms().has_initials(word))
        || bare.is_some_and(|bare| evidence.short_forms().has_initials(bare))
}

/// `Q3` for the third quarter, `FY23` for a fiscal year.
fn is_quarter(word: &str, evidence: &Evidence) -> bool {
    let ordinal = match word {
        "q1" => "first",
        "q2" => "second",
        "q3" => "third",
        "q4" => "fourth",
        _ => return word.starts_with("fy") && evidence.has_word("fiscal"),
    };
    evidence
        .names()
        .has_words(&[ordinal.to_owned(), "quarter".to_owned()])
}

/// Whether the evidence has only the first letters of the name's words: the United Kingdom, the UK.
fn is_shortened(parts: &[String], evidence: &Evidence) -> bool {
    let initials: String = parts.iter().filter_map(|part| part.chars().next()).collect();
    parts.len() > 1 && evidence.has_word(&initials)
}

/// `Critics say`: a word at the head of a sentence that has its capital from there, in the plural or known as no name.
fn is_everyday(text: &str, name: &names::Name) -> bool {
    let lower = name.text.to_lowercase();
    let is_one = !lower.contains(' ') && lower.chars().skip(1).eq(name.text.chars().skip(1));
    is_one && opens_sentence(text, name) && (lower.ends_with('s') || lexicon::is_everyday(&lower))
}

/// `Later, Mike asks`: a capitalised word before a comma at the head of a sentence.
fn is_adverbial(text: &str, name: &names::Name) -> bool {
    let rest = text.get(name.range.end..).unwrap_or_default();
    opens_sentence(text, name) && rest.starts_with(',') && !name.text.contains(' ')
}

fn opens_sentence(text: &str, name: &names::Name) -> bool {
    let before = text.get(..name.range.start).unwrap_or_default().trim_end();
    before.is_empty() || before.ends_with(['.', '!', '?', ':', '\n'])
}
