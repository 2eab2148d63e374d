//! Verbs that English shows by their form, or that are common.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::words;

/// Whether some word of a sentence is a verb in a form that English shows, or a common one.
pub(super) fn has_verb(sentence: &str) -> bool {
    let found: Vec<&str> = words::words(sentence).map(|(_, word)| word).collect();
    let foreign = sentence
        .chars()
        .filter(|c| c.is_alphabetic() && !c.is_ascii())
        .count()
        * 4
        > sentence.len();
    foreign
        || found
            .iter()
            .enumerate()
            .any(|(at, word)| is_verb(word, at, &found))
}

/// Whether a word, in any case, is a common verb in its base form.
pub(crate) fn is_common_verb(word: &str) -> bool {
    VERBS.contains(word.to_lowercase().as_str())
}

fn is_verb(word: &str, at: usize, all: &[&str]) -> bool {
    let lower = word.to_lowercase();
    if AUXILIARIES.contains(lower.as_str()) {
        return true;
    }
    // `Release notes for version 2.`: a short line that begins with a noun that is a verb too.
    if at == 0 && all.len() < 6 {
        return false;
    }
    let stem = words::stem(&lower);
    if VERBS.contains(lower.as_str())
        || VERBS.contains(stem.as_str())
        || VERBS.contains(format!("{stem}e").as_str())
    {
        return true;
    }
    let small = word.starts_with(char::is_lowercase);
    let before = at.checked_sub(1).map_or("", |before| all[before]).to_lowercase();
    let after_article = matches!(
        before.as_str(),
        "the" | "a" | "an" | "this" | "these" | "its" | "their"
    );
    let shaped = ["ed", "ises", "izes", "ifies", "ates"]
        .iter()
        .any(|ending| lower.ends_with(ending));
    small && at > 0 && !after_article && lower.len() > 4 && shaped
}

static AUXILIARIES: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| AUXILIARY_WORDS.split_whitespace().collect());
static VERBS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| VERB_WORDS.split_whitespace().collect());

/// Forms of to be, to have, to do and the modals, and what contractions leave.
const AUXILIARY_WORDS: &str = "\
    am are aren be been being can cannot could couldn did didn do does doesn don had has hasn have haven \
    is isn may might must shall should was wasn were weren will won would wouldn";

/// Common verbs of news and technical prose, base forms and irregular past forms.
const VERB_WORDS: &str = "\
    accept achieve add affect aim allow announce appear apply approve arrive ask avoid ban became become \
    began begin believe block bought break bring broke brought build built buy call came cause change \
    check choose chose claim close come compare compile confirm consist contain continue cover crash \
    create cut decide declare decline delay deliver demonstrate depend deprecate describe detect develop \
    die differ disable discover download draw drew drop earn emit enable end ensure escape evaluate \
    execute exist expand expect explain expose face fail fall fell felt file find fix follow force \
    forget found gain gave get give go got grew grow happen held help hit hold identify ignore implement \
    improve include increase inform install introduce invest join keep kept killed know lack land launch \
    lead learn leave led left let lose lost made maintain make mean meet merge met migrate mitigate move \
    need obtain occur offer open operate order outperform own patch pay perform plan post prefer prevent \
    produce propose prove provide publish push put raise ran reach read receive recommend reduce refuse \
    reject release rely remain remove rename replace report require resolve return reveal rise rose run \
    said save saw say see seem sell send sent serve set shift ship show shut sign simplify sold solve \
    speed spend spent stand start stay stood stop struck suffer suggest support surpass take target tell \
    tend test thank think thought threw told took train transform trigger try turn unveil update upgrade \
    use verify vote want warn went win won work write wrote yank yield \
    attack cost count double fill halve hang listen lower measure mirror pin print quote rent renew retire \
    rotate scan scale score shrank shrink skip store strip triple wait weigh";
