//! Everyday words that open sentences and headings with a capital.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::sentence::verbs::is_common_verb;

/// Whether a word, in any case, is an everyday word that often opens a sentence or heading.
pub(super) fn is_opening(word: &str) -> bool {
    OPENINGS.contains(word.to_lowercase().as_str()) || is_common_verb(word)
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
    about according acknowledgements acknowledgments add added additional additionally advisories \
    advisory affected afterwards analysts announcement announcing another api apply around article \
    articles ask attacker attackers authorities background banks beats best better between big blog \
    breaking bug bugs build building change changelog changes check children city clearly close cloud \
    coach code community companies compatibility compiler conclusion consider contact contents \
    contributors court crash crates create credit critics currently customers data day default \
    deprecated despite details developers docs doctors drivers early earthquake engineers eventually \
    everyone everything everywhere example experts families fans feature features feeds figure figures \
    files finally fire fired firefighters first five fix fixed fixes flaw flaws flights floods four full \
    getting good government governments great hackers half help here high highlights home hospitals huge \
    hundreds image important improved in initially inside install installation instead introducing \
    investigators investors issue issues join judges juries jurors key language languages last late \
    lawmakers lawyers learn learning libraries links list local long look low main maintainers major \
    making malware market markets meanwhile medium members men migration minister minor mode months more \
    most named nearly new news next nobody notable note notes nothing now numbers nurses officers \
    officials old once one open operator over overall overview package packages page parents part parts \
    passengers patched patches people performance players please police post posted posts president \
    previous price prices problem project prosecutors protesters published publisher publishers quake \
    questions quiet rain rather read readers rebels recent recently recommendations registry release \
    released releases remember remove removed report reporters reports requirements rescuers researchers \
    residents results roughly run running runtime schools scientists second security see senators server \
    servers service services set seven several severity share shares short show similarly simply six \
    small snow software soldiers sources specifically standalone start step steps stocks storm students \
    such suddenly summary support table teachers team teams ten test testing thank thanks then third \
    thousands three time tip tips today together tomorrow tonight traffic trains trial troops two type \
    types under understanding unlike update updates upgrade usage user users using various vendor \
    vendors version versions victims video view voters vulnerabilities vulnerability warning week weeks \
    accordingly afterward alternatively anyway apparently basically besides consequently conversely \
    earlier elsewhere furthermore generally hence henceforth hopefully ideally incidentally later \
    lastly likewise luckily moreover namely nevertheless nonetheless notwithstanding occasionally \
    otherwise overnight presumably previously probably regardless sadly seldom sometimes somewhere soon \
    subsequently thankfully thereafter thereby thus ultimately undoubtedly unfortunately usually \
    whereas friends colleagues strangers speakers hosts participants agents clients salesperson \
    welcome what whether witnesses women work workers write written years yes yesterday";
