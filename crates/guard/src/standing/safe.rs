//! Words that may come or go without a change of what a sentence says, and words that may not.

use std::sync::LazyLock;

use crate::lexicon::{Words, listed};

static HARMLESS: Words = LazyLock::new(|| listed(HARMLESS_WORDS));
static FRAME: Words = LazyLock::new(|| listed(FRAME_STEMS));
static RESERVES: Words = LazyLock::new(|| listed(RESERVE_WORDS));
static MEASURES: Words = LazyLock::new(|| listed(MEASURE_WORDS));
static CONDITIONS: Words = LazyLock::new(|| listed(CONDITION_WORDS));

/// Small words that bind a sentence together.
const HARMLESS_WORDS: &str = "\
    a an the of in on at to for with and that this these those it its is are was were be been being has have \
    had do does did as which who whom whose we our us they their them he she his her him i my me you your \
    there here so then also too however s re ve m now am such themselves itself thus therefore hence \
    meanwhile moreover further furthermore together thereby";

/// Words of reviewed templates and of attribution, by stem: they frame a fact and add none.
const FRAME_STEMS: &str = "\
    accord account add announc both call chang confirm count detail differ disagre explain figur give \
    instead issu list meanwhil name new note number post publish put quot read report say said see sinc \
    sourc state stori tell told two updat use warn word write wrote own bring come follow side \
    line piec author advic recommend advis describ document articl paper";

/// Words that make a statement less than certain, or turn it round.
const RESERVE_WORDS: &str = "\
    may might could would should can probably possibly perhaps maybe likely unlikely reportedly allegedly \
    apparently supposedly seemingly presumably potentially hopefully claims claim claimed believes believe \
    believed thinks think thought expects expect expected hopes hope hoped plans plan planned suggests \
    suggest suggested rumoured rumored proposed doubt doubts denies denied deny nobody not no never none \
    neither nor cannot hardly rarely seldom without false wrong untrue myth t sometimes often usually \
    typically generally mostly partly largely unclear uncertain unknown unproven unverified \
    rumour rumours rumor rumors speculation unconfirmed allegation allegations alleged supposed gossip hoax \
    theory hypothesis hypothetical purportedly suppose supposing assume imagine";

/// Words that measure: they take something back only before what they measure.
const MEASURE_WORDS: &str = "some about around roughly approximately nearly almost";

/// Words behind which a statement holds only in part.
const CONDITION_WORDS: &str = "\
    if unless except excluding only until provided assuming reportedly allegedly supposedly apparently \
    probably possibly perhaps maybe claims claimed alleges alleged believed believes suggests suggested \
    rumoured rumored whether";

/// Whether a word in small letters binds and says nothing where it is left out.
pub(super) fn is_harmless(word: &str) -> bool {
    HARMLESS.contains(word)
}

/// Whether a word in small letters says nothing where it is put in: `now` says that it was otherwise.
pub(super) fn is_addable(word: &str) -> bool {
    word != "now" && is_harmless(word)
}

/// Whether a stem belongs to attribution.
pub(super) fn is_frame(stem: &str) -> bool {
    FRAME.contains(stem)
}

/// Whether a word, in any case, takes back some of what it introduces.
pub(super) fn is_reserve(word: &str) -> bool {
    let word = word.to_lowercase();
    MEASURES.contains(word.as_str()) || is_doubt(&word)
}

/// Whether a word in small letters takes something back wherever it stands beside it.
pub(super) fn is_doubt(word: &str) -> bool {
    RESERVES.contains(word) || CONDITIONS.contains(word)
}

/// Whether a word, in any case, sets a condition.
pub(super) fn is_condition(word: &str) -> bool {
    CONDITIONS.contains(word.to_lowercase().as_str())
}
