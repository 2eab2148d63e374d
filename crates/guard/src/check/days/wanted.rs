//! The days that a sentence means, and how those of a source stand to them.

use copydesk_text::words;

use crate::days::{self, DayRange, Likeness, When};
use crate::evidence::SourceDay;

/// The days that a sentence means.
pub(super) struct Wanted {
    pub(super) days: Vec<DayRange>,
    /// What its words may mean with some good will.
    pub(super) loosely: Option<DayRange>,
}

impl Wanted {
    /// How some days of a source stand to these, at the best of what both may mean.
    pub(super) fn likeness(&self, known: &[DayRange], slack: i32) -> Likeness {
        let pairs = self
            .days
            .iter()
            .flat_map(|days| known.iter().map(move |known| days.likeness(*known, slack)));
        let best = pairs.max().unwrap_or(Likeness::Other);
        let is_one = self.days.len() == 1 && known.len() == 1;
        // Two readings of one name of a day, of which one fits: nobody can tell.
        if best == Likeness::Same && !is_one && self.days != known {
            return Likeness::Open;
        }
        let is_loose = |days: &DayRange| {
            self.loosely
                .is_some_and(|loosely| days.is_day() && loosely.overlaps(*days))
        };
        if best == Likeness::Other && known.iter().any(is_loose) {
            return Likeness::Open;
        }
        best
    }

    pub(super) fn shown(&self) -> String {
        days::listed(&self.days)
    }
}

/// How what a source names stands to what is wanted.
pub(super) fn likeness(wanted: &Wanted, source: &SourceDay) -> Likeness {
    let Some(anchor) = source.anchor else {
        return Likeness::Open;
    };
    let slack = match source.mention.when {
        When::Date(_) => 0,
        _ => anchor.slack,
    };
    wanted.likeness(&source.days(anchor), slack)
}

/// `Today most browsers know it`: of these times, not of a day.
pub(super) fn is_nowadays(sentence: &str) -> bool {
    const OF_THESE_TIMES: &[&str] = &[
        "most",
        "many",
        "often",
        "usually",
        "typically",
        "widely",
        "commonly",
        "still",
        "nowadays",
        "millions",
        "billions",
        "everyone",
        "rely",
        "relies",
        "use",
        "uses",
        "exist",
        "exists",
    ];
    words::words(sentence).any(|(_, word)| OF_THESE_TIMES.contains(&word.to_lowercase().as_str()))
}
