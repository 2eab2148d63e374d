//! What is worth telling somebody outside. Pure: no clock, no store.
//!
//! Each notice has a key, so that it is raised once however often it is noticed.

mod blank;
mod budget;
mod pace;
mod preflight;
mod run;
mod silence;

use std::time::Duration;

use copydesk_domain::{Instant, NoticeKind, SlotState};
use copydesk_store::{NoticeRecord, PreflightRecord, RunRecord, SlotRecord, StageRecord};

use crate::author_time::AuthorTime;

pub(crate) use budget::near;
pub(crate) use pace::{COMPARED_MAX, Pace, too_fast};
pub(crate) use run::may_be_told;
pub(crate) use silence::{FeedFacts, UNANSWERED_MAX, silence};

/// A slot that has no run after so long did not start.
const START_MAX: jiff::SignedDuration = jiff::SignedDuration::from_mins(15);
/// What happened before is history: a daemon that is installed anew tells nothing of last month. What happens now to an
/// older run is none.
pub(crate) const HISTORY: jiff::SignedDuration = jiff::SignedDuration::from_hours(48);

/// What is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// Recent slots, each with its pipeline.
    pub slots: &'a [SlotRecord],
    /// Scheduled runs that are open or ended lately, however old.
    pub runs: &'a [SeenRun],
    /// What was found before recent and coming slots.
    pub preflights: &'a [PreflightRecord],
    /// Address of the author's page, such as `http://127.0.0.1:7420`.
    pub page: &'a str,
    /// The machine's clock.
    pub now: Instant,
}

/// A run, and the time that its author has.
#[derive(Debug, Clone)]
pub struct SeenRun {
    /// The run.
    pub run: RunRecord,
    /// The time that its author has, where its issue waits for a decision.
    pub time: Option<AuthorTime>,
    /// When it last finished a step, where it is at work.
    pub worked_at: Option<Instant>,
    /// Its work and that of its like, where it ended far sooner and read nothing.
    pub too_fast: Option<TooFast>,
    /// Nothing at all could be read: what it made says that and no more.
    pub is_blank: bool,
    /// Its stage rounds, where it may still go on.
    pub stages: Vec<StageRecord>,
}

/// A run that ended suspiciously fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooFast {
    /// Time that its calls took.
    pub work: Duration,
    /// What they take as a rule: the median of the last runs of its pipeline.
    pub usual: Duration,
}

/// Everything that is worth telling, whether it was told before or not; the way is left to whoever tells it.
pub fn find(seen: &Seen<'_>) -> Vec<NoticeRecord> {
    let mut found = Vec::new();
    for slot in seen
        .slots
        .iter()
        .filter(|slot| is_recent(slot.slot.nominal, seen.now))
    {
        found.extend(of_slot(slot, seen.now));
    }
    for run in seen.runs {
        found.extend(run::of_run(run, seen.page, seen.now));
    }
    let looks = seen.preflights.iter();
    found.extend(
        looks
            .filter(|look| is_recent(look.nominal, seen.now))
            .filter_map(|look| preflight::of_preflight(look, seen.now)),
    );
    found
}

/// Whether a notice tells of something that lasts. One that is over before anybody could be told is not told any more;
/// what happened is told however late.
pub(crate) const fn is_lasting(kind: NoticeKind) -> bool {
    match kind {
        NoticeKind::DidNotStart
        | NoticeKind::DidNotFinish
        | NoticeKind::FeedSilent
        | NoticeKind::BudgetNear
        | NoticeKind::Waits
        | NoticeKind::NotApproved => true,
        NoticeKind::Started
        | NoticeKind::Succeeded
        | NoticeKind::Failed
        | NoticeKind::SuspiciouslyFast
        | NoticeKind::Expired
        | NoticeKind::Superseded
        | NoticeKind::Preflight
        | NoticeKind::Receipt
        | NoticeKind::Test => false,
    }
}

fn is_recent(at: Instant, now: Instant) -> bool {
    now.since(at) <= HISTORY
}

fn of_slot(slot: &SlotRecord, now: Instant) -> Option<NoticeRecord> {
    let is_late = now.since(slot.slot.nominal) > START_MAX;
    (slot.state == SlotState::Pending && slot.run.is_none() && is_late).then(|| NoticeRecord {
        key: format!("did_not_start/{}/{}", slot.pipeline, slot.slot.nominal),
        kind: NoticeKind::DidNotStart,
        pipeline: slot.pipeline.clone(),
        run: None,
        message: format!(
            "{} was due at {} and has not started: look at `copydesk schedule`",
            slot.pipeline, slot.slot.nominal
        ),
        body: None,
        details: None,
        raised_at: now,
        way: String::new(),
    })
}

#[cfg(test)]
mod tests {
    use copydesk_store::Slot;

    use super::*;

    fn at(minutes: i64) -> Instant {
        Instant::from_micros(minutes * 60_000_000)
    }

    #[test]
    fn a_slot_without_a_run_is_told_after_a_while() {
        let slot = SlotRecord {
            pipeline: "daily".into(),
            slot: Slot {
                nominal: at(0),
                zone: "UTC".to_owned(),
            },
            state: SlotState::Pending,
            reason: None,
            run: None,
        };
        let told = |minutes| {
            let slots = std::slice::from_ref(&slot);
            find(&Seen {
                slots,
                runs: &[],
                preflights: &[],
                page: "http://127.0.0.1:7420",
                now: at(minutes),
            })
        };
        assert!(told(15).is_empty());
        assert_eq!(told(16)[0].kind, NoticeKind::DidNotStart);
    }
}
