//! Sentences that cannot both be true.
//!
//! Two sentences contradict each other where they speak of the same in nearly the same words and differ in one thing: a
//! figure, a date, a denial, a direction, or who holds a part that only one can hold. Precision comes first: other
//! versions, other names, values of other days and figures that a text reports as changed are no contradiction.

mod differ;
mod frame;
mod names;

use copydesk_domain::SentenceId;
use jiff::civil::Date;

use frame::Frame;

/// A sentence of this issue or of a past one.
#[derive(Debug, Clone)]
pub struct Statement<'a> {
    /// Its id in its draft.
    pub id: &'a SentenceId,
    /// Its text.
    pub text: &'a str,
    /// Slug of the past issue that it stands in; none for the issue under review.
    pub issue: Option<&'a str>,
    /// The date of its issue, from which it counts days.
    pub date: Date,
    /// Publishers of its sources.
    pub publishers: Vec<&'a str>,
}

/// Two sentences that contradict each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// Place of the sentence under review.
    pub own: usize,
    /// Place of the other one: of this issue, or of the past ones.
    pub other: Place,
    /// What the two say differently, such as `40 clusters / 60 clusters`.
    pub difference: String,
    /// How the text deals with it.
    pub standing: Standing,
}

/// Where the other sentence stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In this issue, by its place.
    Own(usize),
    /// In the past sentences, by its place.
    Past(usize),
}

/// How a text deals with a contradiction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It says nothing of it.
    Open,
    /// It says that its sources differ, and who says what.
    Stated,
    /// It reports that the value has changed.
    Updated,
}

/// Every contradiction of the sentences under review, in their order: those within the issue are given from both sides.
pub fn contradictions(own: &[Statement<'_>], past: &[Statement<'_>]) -> Vec<Contradiction> {
    let frames: Vec<Frame> = own.iter().map(Frame::of).collect();
    let told: Vec<Frame> = past.iter().map(Frame::of).collect();
    let mut found = Vec::new();
    for (at, frame) in frames.iter().enumerate() {
        let beside = frames.iter().enumerate().filter(|(other, _)| *other != at);
        let here = beside.map(|(other, frame)| (Place::Own(other), frame));
        let before = told
            .iter()
            .enumerate()
            .map(|(other, frame)| (Place::Past(other), frame));
        for (place, other) in here.chain(before) {
            let Some(difference) = differ::between(frame, other, matches!(place, Place::Past(_))) else {
                continue;
            };
            found.push(Contradiction {
                own: at,
                other: place,
                difference,
                standing: differ::standing(frame, other),
            });
        }
    }
    found
}

#[cfg(test)]
mod tests;
