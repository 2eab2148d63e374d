//! What goes out, at targets that break: once, or the author is asked.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use copydesk_domain::{ChannelName, Decision, IssueState, MicroUsd, RunId, RunState, WaitingFor};
use copydesk_engine::{Advanced, Engine, EngineError, Scope, StartParams};
use copydesk_journal::AfterDoubt;
use copydesk_store::{Command, OutboxState, RunRecord, Sighting, Store, StoreError};
use tokio::sync::watch;

use crate::house::{House, daily, release};
use crate::targets::{Fault, Target};

const KINDS: [AfterDoubt; 4] = [
    AfterDoubt::SameKey,
    AfterDoubt::LookUp,
    AfterDoubt::ListRecent,
    AfterDoubt::Ask,
];

/// A house whose issue is approved and goes to these targets.
struct Press {
    house: House,
    run: RunId,
    _shutdown: watch::Sender<bool>,
    shutdown: watch::Receiver<bool>,
}

impl Press {
    async fn approved(targets: &[Arc<Target>]) -> Self {
        let house = House::new("2026-11-22T12:00:00Z", daily(""));
        *house.script.targets.lock().unwrap() = targets.to_vec();
        let (sender, shutdown) = watch::channel(false);
        let engine = house.engine(shutdown.clone());
        let start = StartParams {
            release: release(daily("")),
            slot: None,
            fixed_now: None,
            notes: Vec::new(),
        };
        let run = engine.start(start).await.unwrap();
        engine.advance(&run, &Scope::default()).await.unwrap();
        engine
            .approve(&run, None, None, Some(jiff::SignedDuration::ZERO))
            .await
            .unwrap();
        Self {
            house,
            run,
            _shutdown: sender,
            shutdown,
        }
    }

    /// A process of its own.
    fn engine(&self) -> Engine {
        self.house.engine(self.shutdown.clone())
    }

    async fn advance(&self) -> Result<Advanced, EngineError> {
        self.engine().advance(&self.run, &Scope::default()).await
    }

    /// A process that goes on with the run; it may be made to die at a target, and then the next one goes on.
    async fn advance_through_deaths(&self, target: &Arc<Target>) {
        loop {
            let (engine, run) = (self.engine(), self.run.clone());
            let task = tokio::spawn(async move { engine.advance(&run, &Scope::default()).await });
            let handle = task.abort_handle();
            tokio::select! {
                ended = task => {
                    ended.unwrap().unwrap();
                    return;
                }
                () = target.dying.notified() => handle.abort(),
            }
        }
    }

    async fn record(&self) -> RunRecord {
        self.house.store.run(&self.run).await.unwrap().unwrap()
    }

    async fn states(&self) -> Vec<OutboxState> {
        let rows = self.house.store.outbox(&self.run).await.unwrap();
        rows.iter().map(|row| row.state).collect()
    }

    async fn says(&self, channel: &str, sighting: Sighting) {
        let channel = ChannelName::new(channel);
        let engine = self.engine();
        engine
            .settle_unknown(&self.run, &channel, sighting, "I looked".to_owned())
            .await
            .unwrap();
    }

    async fn retry(&self) {
        let retry = Command::Retry {
            run: self.run.clone(),
            budget_extra: MicroUsd::ZERO,
            embedded_only: false,
            at: self.house.store.run(&self.run).await.unwrap().unwrap().updated_at,
        };
        self.house.store.apply(retry).await.unwrap();
    }
}

/// Where one fault leads at one kind of channel: how far the issue is, and how often readers have it.
fn expected(kind: AfterDoubt, fault: Fault) -> (IssueState, usize) {
    use Fault::{CutAfter, CutAndLate, CutBefore, DeathAfter, DeathBefore, NoConnection, Refused};
    match (kind, fault) {
        (_, Refused) => (IssueState::Approved, 0),
        // Nobody looks, so what is late never comes to a target that is asked about.
        (AfterDoubt::Ask, CutBefore | DeathBefore | CutAndLate) => (IssueState::Unknown, 0),
        (AfterDoubt::Ask, CutAfter | DeathAfter) => (IssueState::Unknown, 1),
        (_, NoConnection | CutBefore | CutAfter | CutAndLate | DeathBefore | DeathAfter) => {
            (IssueState::Published, 1)
        }
    }
}

#[tokio::test]
async fn one_fault_leads_to_one_effect_or_to_the_author() {
    let faults = [
        Fault::Refused,
        Fault::NoConnection,
        Fault::CutBefore,
        Fault::CutAfter,
        Fault::CutAndLate,
        Fault::DeathBefore,
        Fault::DeathAfter,
    ];
    for (kind, fault) in KINDS
        .into_iter()
        .flat_map(|kind| faults.map(|fault| (kind, fault)))
    {
        let target = Target::new("site", kind, &[fault]);
        let press = Press::approved(std::slice::from_ref(&target)).await;
        press.advance_through_deaths(&target).await;
        let case = format!("{kind:?} {fault:?}");
        assert_eq!(target.fired(), [fault], "{case}: the fault fires");
        let run = press.record().await;
        assert_eq!((run.issue, target.effects()), expected(kind, fault), "{case}");
        let waits = run.waiting_for.contains(&WaitingFor::PublishUnknown);
        assert_eq!(waits, run.issue == IssueState::Unknown, "{case}");
        // Another look by any process changes nothing.
        press.advance().await.unwrap();
        assert_eq!(target.effects(), expected(kind, fault).1, "{case}: again");
    }
}

#[tokio::test]
async fn two_faults_in_a_row_never_publish_twice() {
    let faults = [
        Fault::NoConnection,
        Fault::Refused,
        Fault::CutBefore,
        Fault::CutAfter,
        Fault::DeathBefore,
        Fault::DeathAfter,
    ];
    for kind in KINDS {
        for (first, second) in faults
            .into_iter()
            .flat_map(|first| faults.map(|second| (first, second)))
        {
            let target = Target::new("site", kind, &[first]);
            target.break_next(second);
            let press = Press::approved(std::slice::from_ref(&target)).await;
            press.advance_through_deaths(&target).await;
            // A person who sees that it failed, or is unsure, asks for another go.
            press.retry_if_stuck().await;
            press.advance_through_deaths(&target).await;
            let case = format!("{kind:?} {first:?} {second:?}: {:?}", press.states().await);
            assert!(!target.fired().is_empty(), "{case}");
            assert!(target.effects() <= 1 && target.doubled().is_empty(), "{case}");
            let run = press.record().await;
            match run.issue {
                IssueState::Published => assert_eq!(target.effects(), 1, "{case}"),
                IssueState::Approved => assert_eq!(target.effects(), 0, "{case}"),
                IssueState::Unknown => {}
                other => panic!("{case}: {other}"),
            }
        }
    }
}

impl Press {
    async fn retry_if_stuck(&self) {
        let run = self.record().await;
        if run.state == RunState::Failed || run.waiting_for.contains(&WaitingFor::PublishUnknown) {
            self.retry().await;
        }
    }
}

#[tokio::test]
async fn a_look_that_fails_asks_the_author_and_a_later_one_finds_it() {
    for kind in [AfterDoubt::LookUp, AfterDoubt::ListRecent] {
        for fault in [Fault::CutBefore, Fault::CutAfter] {
            let target = Target::new("site", kind, &[fault]);
            target.is_dark.store(true, Ordering::SeqCst);
            let press = Press::approved(std::slice::from_ref(&target)).await;
            press.advance().await.unwrap();
            assert_eq!((target.fired(), *target.looks.borrow()), (vec![fault], 1));
            assert_eq!(press.states().await, [OutboxState::Unknown]);
            let stage = press.house.store.stages(&press.run).await.unwrap();
            let reason = stage.last().unwrap().reason.clone().unwrap();
            assert!(
                reason.contains("site: the look at the channel failed"),
                "{reason}"
            );
            target.is_dark.store(false, Ordering::SeqCst);
            press.retry().await;
            press.advance().await.unwrap();
            assert_eq!(
                (press.record().await.issue, target.effects()),
                (IssueState::Published, 1)
            );
        }
    }
}

#[tokio::test]
async fn a_channel_that_can_do_nothing_is_never_called_again_by_itself() {
    let target = Target::new("site", AfterDoubt::Ask, &[Fault::CutAfter]);
    let press = Press::approved(std::slice::from_ref(&target)).await;
    press.advance().await.unwrap();
    for _ in 0..3 {
        press.retry().await;
        press.advance().await.unwrap();
        assert_eq!(press.states().await, [OutboxState::Unknown]);
    }
    assert_eq!((target.calls.load(Ordering::SeqCst), target.effects()), (1, 1));
    press.says("site", Sighting::There).await;
    press.advance().await.unwrap();
    let run = press.record().await;
    assert_eq!(
        (run.issue, run.state),
        (IssueState::Published, RunState::Completed)
    );
    assert_eq!(target.calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn what_the_author_did_not_find_is_handed_over_once_more() {
    for fault in [Fault::CutBefore, Fault::DeathBefore] {
        let target = Target::new("site", AfterDoubt::Ask, &[fault]);
        let press = Press::approved(std::slice::from_ref(&target)).await;
        press.advance_through_deaths(&target).await;
        assert_eq!(
            (press.states().await, target.effects()),
            (vec![OutboxState::Unknown], 0)
        );
        press.says("site", Sighting::Absent).await;
        press.advance().await.unwrap();
        assert_eq!(
            (press.record().await.issue, target.effects()),
            (IssueState::Published, 1)
        );
    }
}

#[tokio::test]
async fn a_death_after_the_authors_word_is_a_doubt_of_its_own() {
    let target = Target::new("site", AfterDoubt::Ask, &[Fault::CutBefore, Fault::DeathAfter]);
    let press = Press::approved(std::slice::from_ref(&target)).await;
    press.advance().await.unwrap();
    press.says("site", Sighting::Absent).await;
    press.advance_through_deaths(&target).await;
    assert_eq!(target.fired(), [Fault::CutBefore, Fault::DeathAfter]);
    assert_eq!(
        (press.states().await, target.effects()),
        (vec![OutboxState::Unknown], 1)
    );
}

#[tokio::test]
async fn a_death_during_the_retry_of_a_refused_payload_is_a_doubt() {
    let target = Target::new("site", AfterDoubt::Ask, &[Fault::Refused, Fault::DeathAfter]);
    let press = Press::approved(std::slice::from_ref(&target)).await;
    press.advance().await.unwrap();
    assert_eq!(press.record().await.state, RunState::Failed);
    press.retry().await;
    press.advance_through_deaths(&target).await;
    assert_eq!(target.fired(), [Fault::Refused, Fault::DeathAfter]);
    assert_eq!(
        (press.states().await, target.effects()),
        (vec![OutboxState::Unknown], 1)
    );
}

#[tokio::test]
async fn one_unknown_neither_holds_back_nor_repeats_the_others() {
    use OutboxState::{Delivered, Unknown};
    let targets = [
        Target::new("a", AfterDoubt::Ask, &[Fault::CutAfter]),
        Target::new("b", AfterDoubt::LookUp, &[]),
        Target::new("c", AfterDoubt::Ask, &[Fault::CutBefore]),
    ];
    let counts = || targets.each_ref().map(|target| target.effects());
    let press = Press::approved(&targets).await;
    press.advance().await.unwrap();
    assert_eq!(press.states().await, [Unknown, Delivered, Unknown]);
    assert_eq!(counts(), [1, 1, 0]);
    // The author knows of one: it goes out although the other is still open.
    press.says("c", Sighting::Absent).await;
    press.advance().await.unwrap();
    assert_eq!(press.states().await, [Unknown, Delivered, Delivered]);
    assert_eq!(
        press.record().await.waiting_for,
        [WaitingFor::PublishUnknown],
        "the other one waits on"
    );
    press.says("a", Sighting::There).await;
    press.advance().await.unwrap();
    assert_eq!(press.record().await.issue, IssueState::Published);
    assert_eq!(counts(), [1, 1, 1]);
    let calls = targets
        .each_ref()
        .map(|target| target.calls.load(Ordering::SeqCst));
    assert_eq!(calls, [1, 1, 2]);
}

#[tokio::test]
async fn a_channel_that_does_not_answer_holds_up_no_other() {
    let silent = Target::new("a", AfterDoubt::LookUp, &[Fault::DeathBefore]);
    let other = Target::new("b", AfterDoubt::LookUp, &[]);
    let press = Press::approved(&[Arc::clone(&silent), Arc::clone(&other)]).await;
    let (engine, run) = (press.engine(), press.run.clone());
    let task = tokio::spawn(async move { engine.advance(&run, &Scope::default()).await });
    silent.dying.notified().await;
    press
        .house
        .until(|| async {
            (press.states().await == [OutboxState::Intended, OutboxState::Delivered]).then_some(())
        })
        .await;
    task.abort();
    press.advance().await.unwrap();
    assert_eq!((silent.effects(), other.effects()), (1, 1));
    assert_eq!(press.record().await.issue, IssueState::Published);
}

#[tokio::test]
async fn an_ending_process_leaves_its_doubt_to_the_next_one() {
    let target = Target::new("site", AfterDoubt::LookUp, &[Fault::CutBefore]);
    target.patience_ms.store(60_000, Ordering::SeqCst);
    let press = Press::approved(std::slice::from_ref(&target)).await;
    let (sender, shutdown) = watch::channel(false);
    let (engine, run) = (press.house.engine(shutdown), press.run.clone());
    let task = tokio::spawn(async move { engine.advance(&run, &Scope::default()).await });
    target
        .looks
        .subscribe()
        .wait_for(|looks| *looks == 1)
        .await
        .unwrap();
    let asked = std::time::Instant::now();
    sender.send_replace(true);
    assert_eq!(task.await.unwrap().unwrap(), Advanced::Interrupted);
    assert!(
        asked.elapsed() < Duration::from_secs(9),
        "it does not wait for the target's patience"
    );
    assert_eq!(press.record().await.state, RunState::Queued);
    assert_eq!(press.states().await, [OutboxState::Intended]);
    target.patience_ms.store(1, Ordering::SeqCst);
    press.advance().await.unwrap();
    assert_eq!(
        (press.record().await.issue, target.effects()),
        (IssueState::Published, 1)
    );
}

#[tokio::test]
async fn a_worker_that_lost_its_lease_in_a_doubt_calls_no_more() {
    let target = Target::new("site", AfterDoubt::LookUp, &[Fault::CutBefore]);
    target.patience_ms.store(400, Ordering::SeqCst);
    let press = Press::approved(std::slice::from_ref(&target)).await;
    let (engine, run) = (press.engine(), press.run.clone());
    let stalled = tokio::spawn(async move { engine.advance(&run, &Scope::default()).await });
    target
        .looks
        .subscribe()
        .wait_for(|looks| *looks == 1)
        .await
        .unwrap();
    // Another worker takes the run while the first one waits.
    target.patience_ms.store(1, Ordering::SeqCst);
    press.advance().await.unwrap();
    assert_eq!((target.calls.load(Ordering::SeqCst), target.effects()), (2, 1));
    let lost = stalled.await.unwrap();
    assert!(
        matches!(lost, Err(EngineError::Store(StoreError::LeaseLost { .. }))),
        "{lost:?}"
    );
    assert_eq!((target.calls.load(Ordering::SeqCst), target.effects()), (2, 1));
}

#[tokio::test]
async fn what_was_refused_of_an_issue_that_was_recalled_is_told_no_more() {
    let target = Target::new("site", AfterDoubt::LookUp, &[Fault::Refused]);
    let press = Press::approved(std::slice::from_ref(&target)).await;
    press.advance().await.unwrap();
    let refused = press.engine().payloads_out(&press.run).await.unwrap();
    assert_eq!(refused[0].state, OutboxState::Refused);
    let note = Some("another lead".to_owned());
    for (decision, reason) in [(Decision::Recalled, None), (Decision::SentBack, note)] {
        let decided = press
            .engine()
            .decide_issue(&press.run, decision, None, reason)
            .await;
        decided.unwrap();
    }
    press.retry().await;
    press.advance().await.unwrap();
    let engine = press.engine();
    let approved = engine.approve(&press.run, None, None, Some(jiff::SignedDuration::ZERO));
    approved.await.unwrap();
    press.advance().await.unwrap();
    assert_eq!(press.record().await.issue, IssueState::Published);
    assert_eq!(
        press.states().await,
        [OutboxState::Refused, OutboxState::Delivered]
    );
    let out = press.engine().payloads_out(&press.run).await.unwrap();
    let out: Vec<OutboxState> = out.iter().map(|row| row.state).collect();
    assert_eq!(out, [OutboxState::Delivered]);
    let stages = press.house.store.stages(&press.run).await.unwrap();
    let publish = stages
        .iter()
        .find(|stage| stage.stage.as_str() == "publish")
        .unwrap();
    assert_eq!(
        publish.reason.as_deref(),
        Some("an-issue delivered to 1 of 1 channels")
    );
}
