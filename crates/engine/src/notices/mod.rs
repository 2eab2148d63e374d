//! What is worth telling somebody outside. Pure: no clock, no store.
//!
//! Each notice has a key, so that it is raised once however often it is noticed.

mod blank;
mod budget;
mod pace;
mod preflight;
mod silence;

use std::time::Duration;

use copydesk_domain::{
    Instant, IssueState, NoticeKind, PipelineName, RunId, RunState, SlotState, WaitingFor,
};
use copydesk_store::{NoticeRecord, PreflightRecord, RunRecord, SlotRecord, StageRecord};

pub(crate) use budget::near;
pub(crate) use pace::{COMPARED_MAX, Pace, too_fast};
pub(crate) use silence::{FeedFacts, UNANSWERED_MAX, silence};

/// A slot that has no run after so long did not start.
const START_MAX: jiff::SignedDuration = jiff::SignedDuration::from_mins(15);
/// A run that is at work and has changed nothing for so long does not come to its end.
const WORK_MAX: jiff::SignedDuration = jiff::SignedDuration::from_hours(1);
/// The last reminder comes so long before an issue expires.
const LAST_CALL: jiff::SignedDuration = jiff::SignedDuration::from_hours(1);
/// What is older is history: a daemon that is installed anew tells nothing of last month.
const HISTORY: jiff::SignedDuration = jiff::SignedDuration::from_hours(48);

/// What is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// Recent slots, each with its pipeline.
    pub slots: &'a [SlotRecord],
    /// Recent scheduled runs.
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
    /// From when to when its issue waits for the author, where it does.
    pub waits: Option<(Instant, Instant)>,
    /// When it last finished a step, where it is at work.
    pub worked_at: Option<Instant>,
    /// Its work and that of its like, where it ended far sooner and read nothing.
    pub too_fast: Option<TooFast>,
    /// Nothing at all could be read: what it made says that and no more.
    pub is_blank: bool,
    /// The stages that it fails by, now or at its end: a day goes on to its replies without them.
    pub failed: Vec<StageRecord>,
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
    for run in seen
        .runs
        .iter()
        .filter(|run| is_recent(run.run.created_at, seen.now))
    {
        found.extend(of_run(run, seen.page, seen.now));
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

/// Everything about a run, each with the address of its page: whoever reads it elsewhere has no list of runs before
/// them. Opening the page decides nothing.
fn of_run(seen: &SeenRun, page: &str, now: Instant) -> Vec<NoticeRecord> {
    let run = &seen.run;
    let notice = |kind: NoticeKind, about: &str, message: String| NoticeRecord {
        key: format!("{kind}/{}{about}", run.id),
        kind,
        pipeline: PipelineName::clone(&run.pipeline),
        run: Some(run.id.clone()),
        message: format!("{message}; its page: {page}/runs/{}", run.id),
        body: None,
        details: None,
        raised_at: now,
        way: String::new(),
    };
    let id = &run.id;
    let mut found = vec![notice(NoticeKind::Started, "", format!("{id} has started"))];
    let is_reviewed = !matches!(run.issue, IssueState::None | IssueState::Drafted);
    let is_made = is_reviewed || run.state == RunState::Completed;
    if is_made && seen.is_blank {
        found.push(notice(NoticeKind::Failed, "/blank", blank::message(run)));
    } else if is_made {
        found.push(notice(
            NoticeKind::Succeeded,
            "",
            format!("{id} has its artifacts; its issue is {}", run.issue),
        ));
    }
    let failures = failures(seen).into_iter();
    found.extend(failures.map(|(about, message)| notice(NoticeKind::Failed, &about, message)));
    found.extend(hang(seen, now).map(|(about, message)| notice(NoticeKind::DidNotFinish, &about, message)));
    found.extend(haste(seen).map(|message| notice(NoticeKind::SuspiciouslyFast, "", message)));
    found.extend(run.waiting_for.iter().filter_map(|what| {
        let next = next_step(*what, id)?;
        let message = format!("{id} waits for {}: {next}", what.as_str());
        // One that was granted more and waits again is told again.
        let about = format!("/{}/{}", what.as_str(), run.budget_extra.0);
        Some(notice(NoticeKind::Waits, &about, message))
    }));
    found.extend(reminder(seen, now).map(|(about, left)| {
        let message = format!(
            "the issue of {id} waits for you and expires in {left}: decide on its page, or look with `copydesk show {id}`"
        );
        notice(NoticeKind::NotApproved, about, message)
    }));
    if run.issue == IssueState::Expired {
        let pipeline = &run.pipeline;
        let message = format!(
            "the issue of {id} expired: nobody decided, and nothing was published; `copydesk run {pipeline} --new` makes another"
        );
        found.push(notice(NoticeKind::Expired, "", message));
    }
    found
}

/// A run that is at work and comes to no end. One that goes on and hangs again is told again.
fn hang(seen: &SeenRun, now: Instant) -> Option<(String, String)> {
    let run = &seen.run;
    let changed_at = seen.worked_at.map_or(run.updated_at, |at| at.max(run.updated_at));
    let is_at_work = matches!(run.state, RunState::Queued | RunState::Running);
    (is_at_work && now.since(changed_at) > WORK_MAX).then(|| {
        let id = &run.id;
        let message = format!(
            "{id} is {} and has finished nothing since {changed_at}: look at `copydesk logs {id}`; \
             `copydesk cancel {id}` stops it",
            run.state
        );
        (format!("/{changed_at}"), message)
    })
}

/// Failures, each told as soon as its stage has failed and not again when the run ends by it; one that is retried and
/// fails again is told again.
fn failures(seen: &SeenRun) -> Vec<(String, String)> {
    let run = &seen.run;
    let (id, state) = (&run.id, run.state);
    if state.is_final() && state != RunState::Failed {
        return Vec::new();
    }
    let reason = |reason: &Option<String>| reason.clone().unwrap_or_else(|| "look at its log".to_owned());
    let of_stage = |stage: &StageRecord| {
        let about = format!("/{}/{}/{}", stage.stage, stage.round.0, stage.attempts);
        let message = format!(
            "{id} failed at {}: {}; `copydesk retry {id}` lets it go on",
            stage.stage,
            reason(&stage.reason)
        );
        (about, message)
    };
    if state == RunState::Failed && seen.failed.is_empty() {
        let message = format!(
            "{id} failed: {}; `copydesk retry {id}` lets it go on",
            reason(&run.reason)
        );
        return vec![(format!("/{}", run.updated_at), message)];
    }
    seen.failed.iter().map(of_stage).collect()
}

/// A run that ended suspiciously fast.
fn haste(seen: &SeenRun) -> Option<String> {
    let TooFast { work, usual } = seen.too_fast?;
    let id = &seen.run.id;
    Some(format!(
        "{id} read nothing and was done after {} s of work, where {} s are usual: look at `copydesk show {id}` \
         and `copydesk feeds list` before you approve it",
        work.as_secs(),
        usual.as_secs()
    ))
}

/// What an operator does about a waiting run; none where only the author can act, who is reminded apart.
fn next_step(what: WaitingFor, run: &RunId) -> Option<String> {
    Some(match what {
        WaitingFor::Budget => {
            format!("`copydesk waiting` tells the choices, such as `copydesk retry {run} --budget '+$1'`")
        }
        WaitingFor::Model => format!("mend the model, then `copydesk retry {run}`"),
        WaitingFor::ToolTrust => format!("`copydesk tools trust`, then `copydesk retry {run}`"),
        WaitingFor::PublishUnknown => format!(
            "`copydesk show {run}` names the channel; look there, then say what you saw: \
             `copydesk retry {run} --delivered CHANNEL --reason \"…\"`, or the same with `--not-delivered CHANNEL`"
        ),
        WaitingFor::Approval | WaitingFor::Answers => return None,
    })
}

/// The reminder that is due: one at half of the time, one shortly before its end.
fn reminder(seen: &SeenRun, now: Instant) -> Option<(&'static str, String)> {
    let (from, until) = seen.waits?;
    let left = until.since(now);
    if left.is_negative() || left.is_zero() {
        return None;
    }
    let half = until.since(from).as_secs() / 2;
    let shown = format!("{} min", left.as_secs().div_euclid(60).max(1));
    if left <= LAST_CALL {
        Some(("/last", shown))
    } else if left.as_secs() <= half {
        Some(("/half", shown))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use copydesk_domain::StageState;
    use copydesk_store::Slot;

    use super::*;
    use crate::any_run::any_run;

    fn at(minutes: i64) -> Instant {
        Instant::from_micros(minutes * 60_000_000)
    }

    fn run(state: RunState, issue: IssueState) -> SeenRun {
        let run = any_run(state, issue);
        SeenRun {
            run,
            waits: None,
            worked_at: None,
            too_fast: None,
            is_blank: false,
            failed: Vec::new(),
        }
    }

    fn stage(name: &str, round: u32, state: StageState) -> StageRecord {
        StageRecord {
            stage: name.into(),
            round: copydesk_domain::Round(round),
            state,
            attempts: 1,
            now: at(0),
            started_at: at(0),
            finished_at: Some(at(1)),
            reason: Some("no feed answered".to_owned()),
            artifacts: Vec::new(),
        }
    }

    #[test]
    fn a_failure_is_told_when_its_stage_fails_and_once() {
        let fails = |state, failed: &[StageRecord]| SeenRun {
            failed: failed.to_vec(),
            ..run(state, IssueState::None)
        };
        let draft = stage("draft", 1, StageState::Failed);
        let told = "failed/r/draft/1/1";
        for state in [RunState::Waiting, RunState::Running, RunState::Failed] {
            assert_eq!(
                keys(&[fails(state, std::slice::from_ref(&draft))], 5)[1..],
                [told],
                "{state}"
            );
        }
        assert_eq!(
            keys(&[fails(RunState::Cancelled, std::slice::from_ref(&draft))], 5),
            ["started/r"]
        );
        let again = StageRecord {
            attempts: 2,
            ..draft.clone()
        };
        let both = [draft, stage("publish", 1, StageState::Failed)];
        assert_eq!(
            keys(&[fails(RunState::Waiting, &[again])], 5)[1..],
            ["failed/r/draft/1/2"]
        );
        let told = [told, "failed/r/publish/1/1"];
        assert_eq!(keys(&[fails(RunState::Failed, &both)], 5)[1..], told);
    }

    fn keys(runs: &[SeenRun], minutes: i64) -> Vec<String> {
        let seen = Seen {
            slots: &[],
            runs,
            preflights: &[],
            page: "http://127.0.0.1:7420",
            now: at(minutes),
        };
        find(&seen).into_iter().map(|notice| notice.key).collect()
    }

    #[test]
    fn a_run_is_told_at_its_start_and_with_its_artifact() {
        assert_eq!(
            keys(&[run(RunState::Running, IssueState::None)], 5),
            ["started/r"]
        );
        assert_eq!(
            keys(&[run(RunState::Waiting, IssueState::Reviewed)], 5),
            ["started/r", "succeeded/r"]
        );
        assert_eq!(
            keys(&[run(RunState::Completed, IssueState::Published)], 48 * 60 + 1),
            [""; 0]
        );
    }

    #[test]
    fn the_next_step_is_a_command_that_names_the_run() {
        let told = |what| next_step(what, &"r".into()).unwrap_or_default();
        for (what, command) in [
            (WaitingFor::Budget, "copydesk retry r --budget '+$1'"),
            (WaitingFor::Model, "`copydesk retry r`"),
            (WaitingFor::ToolTrust, "`copydesk retry r`"),
            (WaitingFor::PublishUnknown, "copydesk retry r --delivered CHANNEL"),
        ] {
            assert!(told(what).contains(command), "{}", told(what));
        }
        assert_eq!(told(WaitingFor::Approval), "");
    }

    #[test]
    fn a_run_that_fails_hangs_or_waits_is_told() {
        let failed = keys(&[run(RunState::Failed, IssueState::None)], 5);
        assert_eq!(failed[1], "failed/r/1970-01-01T00:00:00Z");
        assert_eq!(
            keys(&[run(RunState::Running, IssueState::None)], 61)[1],
            "did_not_finish/r/1970-01-01T00:00:00Z"
        );
        let mut slow = run(RunState::Running, IssueState::None);
        slow.worked_at = Some(at(50));
        assert_eq!(keys(&[slow], 61), ["started/r"], "it works, slowly");
        let mut fast = run(RunState::Waiting, IssueState::Reviewed);
        fast.too_fast = Some(TooFast {
            work: Duration::from_secs(1),
            usual: Duration::from_secs(100),
        });
        assert_eq!(keys(&[fast], 5)[2..], ["suspiciously_fast/r"]);
        let mut waits = run(RunState::Waiting, IssueState::None);
        waits.run.waiting_for = vec![WaitingFor::Budget, WaitingFor::Answers];
        assert_eq!(keys(&[waits], 5)[1..], ["waits/r/budget/0"]);
    }

    #[test]
    fn the_author_is_reminded_twice() {
        let mut waits = run(RunState::Waiting, IssueState::Reviewed);
        waits.waits = Some((at(0), at(24 * 60)));
        let last = |minutes| keys(std::slice::from_ref(&waits), minutes).pop().unwrap();
        assert_eq!(last(11 * 60), "succeeded/r");
        assert_eq!(last(12 * 60), "not_approved/r/half");
        assert_eq!(last(23 * 60), "not_approved/r/last");
        assert_eq!(last(24 * 60), "succeeded/r");
        let expired = keys(&[run(RunState::Completed, IssueState::Expired)], 5);
        assert_eq!(expired.last().unwrap(), "expired/r");
    }

    #[test]
    fn what_is_told_of_a_run_names_its_page() {
        let mut waits = run(RunState::Waiting, IssueState::Reviewed);
        waits.waits = Some((at(0), at(24 * 60)));
        waits.run.waiting_for = vec![WaitingFor::Budget];
        let seen = Seen {
            slots: &[],
            runs: &[waits],
            preflights: &[],
            page: "http://127.0.0.1:7420",
            now: at(13 * 60),
        };
        let found = find(&seen);
        let kinds: Vec<NoticeKind> = found.iter().map(|notice| notice.kind).collect();
        let told = [
            NoticeKind::Started,
            NoticeKind::Succeeded,
            NoticeKind::Waits,
            NoticeKind::NotApproved,
        ];
        assert_eq!(kinds, told);
        for notice in found {
            assert!(
                notice.message.ends_with("its page: http://127.0.0.1:7420/runs/r"),
                "{}",
                notice.message
            );
        }
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
