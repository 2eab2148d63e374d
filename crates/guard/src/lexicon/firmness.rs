//! Words that say how firm a doing is.

use std::sync::LazyLock;

use super::{Words, listed};

/// How firm a doing is, from loose to firm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Firmness {
    /// May, might, could.
    Possible,
    /// Considered, discussed, proposed, wanted, tried.
    Considered,
    /// Planned, intended, expected.
    Planned,
    /// Agreed, promised, decided, or said to come.
    Bound,
    /// Done.
    Done,
}

static POSSIBLE: Words = LazyLock::new(|| {
    listed(
        "\
    may might could would",
    )
});

static CONSIDERED: Words = LazyLock::new(|| {
    listed(
        "\
    consider considers considered considering weigh weighs weighed weighing mull mulls mulled mulling \
    explore explores explored exploring discuss discusses discussed discussing debate debates debated \
    debating contemplate contemplates contemplating propose proposes proposed proposing proposal want wants \
    wanted wish wishes hope hopes hoped hoping seek seeks sought seeking try tries tried trying attempt \
    attempts attempted attempting offer offers offered talks bid threaten threatens threatened study \
    studies studying urged asked",
    )
});

static PLANNED: Words = LazyLock::new(|| {
    listed(
        "\
    plan plans planned planning intend intends intended intending aim aims aimed aiming expect expects \
    expected expecting prepare prepares prepared preparing slated poised scheduled due set about going yet",
    )
});

static BOUND: Words = LazyLock::new(|| {
    listed(
        "\
    agree agrees agreed agreement commit commits committed commitment pledge pledges pledged promise \
    promises promised vow vows vowed will ll shall decide decides decided deal undertook vote votes voted",
    )
});

/// Words between what says how firm a doing is and the doing.
static BETWEEN: Words = LazyLock::new(|| {
    listed(
        "\
    to also soon later now be been being is are was were has have had it they he she we not only then again \
    finally jointly in the a an possible potential whether",
    )
});

/// Of past form without the ending of one. Those that are the same in the present tell nothing.
static PAST: Words = LazyLock::new(|| {
    listed(
        "\
    bought sold built spent led sent made took taken won lost began begun held found paid gave given went \
    gone left met came became rose risen fell fallen grew grown drew drawn wrote written chose chosen broke \
    broken struck lent withdrew withdrawn taught brought sought caught fought kept stole stolen",
    )
});

/// The same in the past and in the present: past where one does it, for whom the present would end in an s.
static SAME_IN_PAST: Words = LazyLock::new(|| {
    listed(
        "\
    cut hit put set shut let quit spread bet split cost beat",
    )
});

/// How firm a doing is, and how many words before it say so. `word`: the doing, in small letters; `before`: the words
/// before it, the nearest first. None where the words do not tell.
pub(crate) fn of<'a>(word: &str, before: impl Iterator<Item = &'a str>) -> Option<(Firmness, usize)> {
    if is_marker(word) && word != "set" {
        return None;
    }
    let mut before = before.peekable();
    let is_of_one = before
        .peek()
        .is_some_and(|near| !near.ends_with('s') && !takes_no_s(near));
    let mut is_done = is_past(word) || (SAME_IN_PAST.contains(word) && is_of_one);
    let mut reach = 0;
    let mut has_to = false;
    for (distance, near) in before.enumerate() {
        if POSSIBLE.contains(near) {
            return Some((Firmness::Possible, distance + 1));
        }
        let is_linked = has_to || word.ends_with("ing") || matches!(near, "will" | "ll" | "shall" | "plans");
        if is_linked && let Some(firmness) = marked(near) {
            return Some((firmness, distance + 1));
        }
        match near {
            "has" | "have" | "had" | "was" | "were" if !has_to => {
                is_done = true;
                reach = distance + 1;
            }
            // `is to launch`
            "is" | "are" if has_to && distance == 1 => return Some((Firmness::Bound, 2)),
            // `is interested`: a state, no doing.
            "is" | "are" | "be" | "being" | "m" | "re" if !has_to => is_done = false,
            _ => {}
        }
        has_to |= near == "to";
        if !BETWEEN.contains(near) && !near.ends_with("ly") {
            break;
        }
    }
    (is_done && !has_to).then_some((Firmness::Done, reach))
}

fn marked(word: &str) -> Option<Firmness> {
    [
        (&CONSIDERED, Firmness::Considered),
        (&PLANNED, Firmness::Planned),
        (&BOUND, Firmness::Bound),
    ]
    .into_iter()
    .find(|(words, _)| words.contains(word))
    .map(|(_, firmness)| firmness)
}

fn is_marker(word: &str) -> bool {
    POSSIBLE.contains(word) || marked(word).is_some()
}

/// Whether the present has no s behind a word.
fn takes_no_s(word: &str) -> bool {
    matches!(
        word,
        "i" | "you" | "we" | "they" | "to" | "the" | "a" | "an" | "and" | "or" | "who" | "that"
    )
}

fn is_past(word: &str) -> bool {
    (word.len() > 3 && word.ends_with("ed") && !word.ends_with("eed")) || PAST.contains(word)
}

impl Firmness {
    /// Whether a sentence of this firmness is wrong where the source is of the other. A reserve that is added says
    /// less, and a promise and a plan may be two words for one thing.
    pub(crate) fn excludes(self, source: Self) -> bool {
        match (self, source) {
            (Self::Done, _) => source < Self::Done,
            (Self::Bound, _) => source < Self::Planned,
            (Self::Planned, _) => source == Self::Considered || source == Self::Done,
            (Self::Considered, _) => source == Self::Done,
            (Self::Possible, _) => false,
        }
    }

    /// For a reason.
    pub(crate) fn shown(self) -> &'static str {
        match self {
            Self::Possible => "possible, or said to come",
            Self::Considered => "considered, wanted or tried",
            Self::Planned => "planned or expected",
            Self::Bound => "agreed, promised or to come",
            Self::Done => "done",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Firmness, of};

    /// The firmness of the last word.
    fn last(words: &str) -> Option<Firmness> {
        let mut words = words.split(' ').rev();
        let word = words.next()?;
        of(word, words).map(|(firmness, _)| firmness)
    }

    #[test]
    fn the_words_before_a_doing_say_how_firm_it_is() {
        for (words, firmness) in [
            ("norn plans to launch", Some(Firmness::Planned)),
            ("norn announced plans to launch", Some(Firmness::Planned)),
            ("norn agreed to acquire", Some(Firmness::Bound)),
            ("norn has committed to invest", Some(Firmness::Bound)),
            ("norn is in talks to buy", Some(Firmness::Considered)),
            ("norn is considering buying", Some(Firmness::Considered)),
            ("norn may have bought", Some(Firmness::Possible)),
            ("norn will soon launch", Some(Firmness::Bound)),
            ("norn is to launch", Some(Firmness::Bound)),
            ("norn has already launched", Some(Firmness::Done)),
            ("norn has launched", Some(Firmness::Done)),
            ("norn launched", Some(Firmness::Done)),
            ("norn launches", None),
            ("norn is interested", None),
            ("norn cut", Some(Firmness::Done)),
            ("the banks cut", None),
            ("norn said it would cut", Some(Firmness::Possible)),
            ("norn has yet to publish", Some(Firmness::Planned)),
            ("a tool to launch", None),
        ] {
            assert_eq!(last(words), firmness, "{words}");
        }
    }
}
