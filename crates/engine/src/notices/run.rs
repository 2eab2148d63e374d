//! What is told of a run. Pure.

use copydesk_domain::{
    Instant, IssueState, NoticeKind, PipelineName, Round, RunId, RunState, StageName, StageState, WaitingFor,
};
use copydesk_store::{NoticeRecord, RunRecord, StageRecord};

use super::{SeenRun, TooFast, blank, is_recent};
use crate::next::failed;

/// A run that is at work and has changed nothing for so long does not come to its end.
const WORK_MAX: jiff::SignedDuration = jiff::SignedDuration::from_hours(1);

/// Whether there may be something to tell of an open run. One that has changed nothing for days and neither works nor
/// waits for the author has nothing new.
pub(crate) fn may_be_told(run: &RunRecord, now: Instant) -> bool {
    let is_at_work = matches!(run.state, RunState::Queued | RunState::Running);
    is_at_work || run.waiting_for.contains(&WaitingFor::Approval) || is_recent(run.updated_at, now)
}

/// Everything about a run that did not happen too long ago, each with the address of its page: whoever reads it elsewhere
/// has no list of runs before them. Opening the page decides nothing.
pub(super) fn of_run(seen: &SeenRun, page: &str, now: Instant) -> Vec<NoticeRecord> {
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
    let mut found = Vec::new();
    if is_recent(run.created_at, now) {
        found.push(notice(NoticeKind::Started, "", format!("{id} has started")));
    }
    let is_news = is_recent(run.updated_at, now);
    let is_reviewed = !matches!(run.issue, IssueState::None | IssueState::Drafted);
    let is_made = is_news && (is_reviewed || run.state == RunState::Completed);
    if is_made && seen.is_blank {
        found.push(notice(NoticeKind::Failed, "/blank", blank::message(run)));
    } else if is_made {
        let message = format!("{id} has its artifacts; its issue is {}", run.issue);
        found.push(notice(NoticeKind::Succeeded, "", message));
    }
    let failures = failures(seen, now).into_iter();
    found.extend(failures.map(|(about, message)| notice(NoticeKind::Failed, &about, message)));
    found.extend(hang(seen, now).map(|(about, message)| notice(NoticeKind::DidNotFinish, &about, message)));
    let haste = haste(seen).filter(|_| is_news);
    found.extend(haste.map(|message| notice(NoticeKind::SuspiciouslyFast, "", message)));
    found.extend(run.waiting_for.iter().filter(|_| is_news).filter_map(|what| {
        let next = next_step(*what, id)?;
        let message = format!("{id} waits for {}: {next}", what.as_str());
        let again = again(*what, &seen.stages).unwrap_or_default();
        let about = format!("/{}/{}{again}", what.as_str(), run.budget_extra.0);
        Some(notice(NoticeKind::Waits, &about, message))
    }));
    let time = seen.time.as_ref();
    found.extend(time.and_then(|time| time.reminder(now)).map(|(about, end)| {
        let message = format!(
            "the issue of {id} waits for you, and {end}: decide on its page, or look with `copydesk show {id}`"
        );
        notice(NoticeKind::NotApproved, &about, message)
    }));
    let undecided = undecided(run).filter(|_| is_news);
    found.extend(undecided.map(|(kind, message)| notice(kind, "", message)));
    found
}

/// A run that is at work and comes to no end. One that goes on and hangs again is told again.
fn hang(seen: &SeenRun, now: Instant) -> Option<(String, String)> {
    let run = &seen.run;
    let changed_at = seen.worked_at.map_or(run.updated_at, |at| at.max(run.updated_at));
    let is_at_work = matches!(run.state, RunState::Queued | RunState::Running);
    let hangs = is_at_work && now.since(changed_at) > WORK_MAX && is_recent(changed_at, now);
    hangs.then(|| {
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
fn failures(seen: &SeenRun, now: Instant) -> Vec<(String, String)> {
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
    let failed: Vec<&StageRecord> = failed(&seen.stages).collect();
    if state == RunState::Failed && failed.is_empty() && is_recent(run.updated_at, now) {
        let message = format!(
            "{id} failed: {}; `copydesk retry {id}` lets it go on",
            reason(&run.reason)
        );
        return vec![(format!("/{}", run.updated_at), message)];
    }
    let is_news = |stage: &&StageRecord| stage.finished_at.is_none_or(|at| is_recent(at, now));
    failed.into_iter().filter(is_news).map(of_stage).collect()
}

/// An issue on which nobody decided while there was time.
fn undecided(run: &RunRecord) -> Option<(NoticeKind, String)> {
    let (id, pipeline) = (&run.id, &run.pipeline);
    if run.issue == IssueState::Expired {
        let message = format!(
            "the issue of {id} expired: nobody decided, and nothing was published; `copydesk run {pipeline} --new` makes another"
        );
        return Some((NoticeKind::Expired, message));
    }
    if run.state == RunState::Superseded && run.issue == IssueState::Reviewed {
        let reason = run.reason.as_deref().unwrap_or("a newer slot took its place");
        let message = format!(
            "the issue of {id} was superseded: nobody decided before {reason}, and it was not published; \
             `copydesk show {id} --issue` prints it"
        );
        return Some((NoticeKind::Superseded, message));
    }
    None
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

/// What tells a wait from earlier ones of its run, so that one that was retried and waits again is told again: the
/// stage that waits, its round and its attempts. None for the first wait of a run, whose key is the one that it always
/// had: an upgrade tells nothing twice.
fn again(what: WaitingFor, stages: &[StageRecord]) -> Option<String> {
    let is_publish = |record: &&StageRecord| record.stage.as_str() == StageName::PUBLISH;
    // Publishing goes on while a stage waits for an operator.
    let of_publish = what == WaitingFor::PublishUnknown;
    let alike = || stages.iter().filter(|record| is_publish(record) == of_publish);
    if alike().all(|record| record.attempts <= 1 && record.round == Round::FIRST) {
        return None;
    }
    let waiting = alike().rfind(|record| record.state == StageState::Waiting)?;
    Some(format!(
        "/{}/{}/{}",
        waiting.stage, waiting.round.0, waiting.attempts
    ))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::any_run::any_run;
    use crate::author_time::AuthorTime;
    use crate::notices::{Seen, find};

    fn at(minutes: i64) -> Instant {
        Instant::from_micros(minutes * 60_000_000)
    }

    fn run(state: RunState, issue: IssueState) -> SeenRun {
        let run = any_run(state, issue);
        SeenRun {
            run,
            time: None,
            worked_at: None,
            too_fast: None,
            is_blank: false,
            stages: Vec::new(),
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
        let fails = |state, stages: &[StageRecord]| SeenRun {
            stages: stages.to_vec(),
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
    fn a_run_that_waits_again_is_told_again() {
        let waits = |what, stages: &[StageRecord]| {
            let mut waits = run(RunState::Waiting, IssueState::None);
            waits.run.waiting_for = vec![what];
            waits.stages = stages.to_vec();
            keys(&[waits], 5).pop().unwrap()
        };
        let of = |name, round, attempts, state| StageRecord {
            attempts,
            ..stage(name, round, state)
        };
        let (done, waiting) = (StageState::Completed, StageState::Waiting);
        let of_model = |stages: &[StageRecord]| waits(WaitingFor::Model, stages);
        assert_eq!(
            of_model(&[of("research", 1, 1, waiting)]),
            "waits/r/model/0",
            "the first, as earlier versions told it"
        );
        let tried_again = of_model(&[of("research", 1, 2, waiting)]);
        assert_eq!(tried_again, "waits/r/model/0/research/1/2");
        let later_stage = [of("research", 1, 2, done), of("draft", 1, 1, waiting)];
        assert_eq!(of_model(&later_stage), "waits/r/model/0/draft/1/1");
        let sent_back = [of("draft", 1, 1, done), of("draft", 2, 1, waiting)];
        assert_eq!(of_model(&sent_back), "waits/r/model/0/draft/2/1");
        // What goes out beside it is no other wait.
        let beside = [of("other", 1, 1, waiting), of("publish", 1, 2, done)];
        assert_eq!(of_model(&beside), "waits/r/model/0");
        let in_doubt = [of("draft", 1, 3, done), of("publish", 1, 2, waiting)];
        assert_eq!(
            waits(WaitingFor::PublishUnknown, &in_doubt),
            "waits/r/publish_unknown/0/publish/1/2"
        );
    }

    #[test]
    fn what_happens_now_to_an_old_run_is_told() {
        let hours = |hours: i64| at(hours * 60);
        let keys = |seen: &SeenRun, now: i64| keys(std::slice::from_ref(seen), now * 60);
        let mut old = run(RunState::Waiting, IssueState::Reviewed);
        old.run.waiting_for = vec![WaitingFor::Approval];
        old.time = Some(AuthorTime {
            from: hours(0),
            until: hours(72),
            is_superseded: false,
            decisions: 0,
        });
        assert_eq!(keys(&old, 49), ["not_approved/r/half"]);
        assert_eq!(keys(&old, 71), ["not_approved/r/last"]);
        assert!(may_be_told(&old.run, hours(71)));
        let mut expired = run(RunState::Completed, IssueState::Expired);
        expired.run.updated_at = hours(72);
        assert_eq!(keys(&expired, 73), ["succeeded/r", "expired/r"]);
        assert_eq!(keys(&expired, 121), [""; 0], "two days later it is history");

        let mut waits = run(RunState::Waiting, IssueState::None);
        waits.run.waiting_for = vec![WaitingFor::Budget];
        waits.run.updated_at = hours(60);
        assert_eq!(keys(&waits, 61), ["waits/r/budget/0"]);
        assert!(may_be_told(&waits.run, hours(61)) && !may_be_told(&waits.run, hours(109)));
        let mut fails = run(RunState::Waiting, IssueState::None);
        let failed = stage("draft", 1, StageState::Failed);
        fails.stages = vec![StageRecord {
            finished_at: Some(hours(60)),
            ..failed
        }];
        assert_eq!(keys(&fails, 61), ["failed/r/draft/1/1"]);
        let mut hangs = run(RunState::Running, IssueState::None);
        hangs.worked_at = Some(hours(60));
        assert_eq!(keys(&hangs, 62).len(), 1);
    }

    #[test]
    fn what_nobody_decided_on_is_told() {
        let expired = keys(&[run(RunState::Completed, IssueState::Expired)], 5);
        assert_eq!(expired.last().unwrap(), "expired/r");
        let superseded = |issue| keys(&[run(RunState::Superseded, issue)], 5);
        assert_eq!(superseded(IssueState::Reviewed).last().unwrap(), "superseded/r");
        assert_eq!(
            superseded(IssueState::Drafted),
            ["started/r"],
            "there was nothing to decide on yet"
        );
    }

    #[test]
    fn what_is_told_of_a_run_names_its_page() {
        let mut waits = run(RunState::Waiting, IssueState::Reviewed);
        waits.time = Some(AuthorTime {
            from: at(0),
            until: at(24 * 60),
            is_superseded: false,
            decisions: 0,
        });
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
}
