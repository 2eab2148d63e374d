//! How soon a run stops that somebody wants stopped, whatever it waits for just then.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use copydesk_domain::{RunState, StageState};
use copydesk_store::Store;

use crate::house::{House, Process, daily};

/// So long `copydesk cancel` waits for a stage to stop.
const CANCEL_MAX: Duration = Duration::from_secs(2);
/// The daemon gives what is under way nine seconds.
const STOP_MAX: Duration = Duration::from_secs(10);
/// A step under way is given six.
const GRACE: Duration = Duration::from_secs(6);

/// What the research of a house hangs on.
#[derive(Debug, Clone, Copy)]
enum Hang {
    Step,
    Tools,
    Model,
}

impl Hang {
    const ALL: [Self; 3] = [Self::Step, Self::Tools, Self::Model];

    fn set(self, house: &House, hangs: bool) {
        let script = &house.script;
        match self {
            Self::Step => {
                script.holds_research.send_replace(hangs);
            }
            Self::Tools => script.holds_tools.store(hangs, Ordering::SeqCst),
            Self::Model => script.asks_model.store(hangs, Ordering::SeqCst),
        }
    }

    const fn sign(self) -> &'static str {
        match self {
            Self::Step => "research/2 begun",
            Self::Tools => "tools asked",
            Self::Model => "open_questions asked",
        }
    }

    /// A day whose research hangs.
    async fn reach(self) -> (House, Process) {
        let house = House::new("2026-11-22T03:59:00Z", daily(""));
        let process = house.start();
        process.idle().await;
        self.set(&house, true);
        process.at(&house, "2026-11-22T04:00:01Z");
        let hangs = || async { (house.script.diary.count(self.sign()) > 0).then_some(()) };
        house.until(hangs).await;
        // What is held is stored by itself.
        let is_begun = || async {
            let run = house.runs().await.pop()?;
            let stages = house.store.stages(&run.id).await.expect("stages");
            stages.first().map(|_| ())
        };
        house.until(is_begun).await;
        (house, process)
    }
}

#[tokio::test]
async fn a_cancel_ends_a_run_within_two_seconds_whatever_its_stage_waits_for() {
    for hang in Hang::ALL {
        let (house, process) = hang.reach().await;
        let run = house.runs().await.remove(0);
        let asked = Instant::now();
        process.engine.stop(&run.id).await.unwrap();
        house.until_run(|run| run.state == RunState::Cancelled).await;
        assert!(asked.elapsed() < CANCEL_MAX, "{hang:?}: {:?}", asked.elapsed());
        let stage = house.store.stages(&run.id).await.unwrap().remove(0);
        assert_eq!(stage.state, StageState::Cancelled, "{hang:?}");
        process.stop().await;
    }
}

#[tokio::test]
async fn a_shutdown_is_quick_and_no_failed_attempt_whatever_a_stage_waits_for() {
    for hang in Hang::ALL {
        let (house, process) = hang.reach().await;
        let took = process.stop().await;
        assert!(took < STOP_MAX, "{hang:?}: {took:?}");
        let run = house.runs().await.remove(0);
        assert_eq!((run.state, run.reason), (RunState::Queued, None), "{hang:?}");
        let stage = house.store.stages(&run.id).await.unwrap().remove(0);
        assert_eq!(
            (stage.state, stage.reason),
            (StageState::Running, None),
            "{hang:?}"
        );
        let steps = house.store.steps(&run.id, 0).await.unwrap();
        assert!(
            steps.iter().all(|step| step.outcome == "ok"),
            "{hang:?}: {steps:?}"
        );

        hang.set(&house, false);
        let next = house.start();
        house.until_run(|run| run.state == RunState::Waiting).await;
        let steps = house.store.steps(&run.id, 0).await.unwrap();
        assert!(
            steps.iter().all(|step| step.outcome == "ok"),
            "{hang:?}: {steps:?}"
        );
        next.stop().await;
    }
}

/// Tells a process to end while the research of `house` hangs in a step, lets the step end, and waits for the process.
async fn ends_in_a_step(house: &House, process: Process) {
    let begun = Instant::now();
    let stopping = tokio::spawn(process.stop());
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!stopping.is_finished(), "it waits for the step");
    Hang::Step.set(house, false);
    stopping.await.unwrap();
    assert!(
        begun.elapsed() < GRACE,
        "and for nothing else: {:?}",
        begun.elapsed()
    );
    let run = house.runs().await.remove(0);
    assert_eq!((run.state, run.reason), (RunState::Queued, None));
    let steps = house.store.steps(&run.id, 0).await.unwrap();
    assert!(steps.iter().all(|step| step.outcome == "ok"), "{steps:?}");
    assert_eq!(
        house.script.diary.count("research/3 begun"),
        0,
        "no step begins any more"
    );
}

#[tokio::test]
async fn a_step_that_is_under_way_at_a_shutdown_may_end_and_is_not_done_again() {
    let (house, process) = Hang::Step.reach().await;
    ends_in_a_step(&house, process).await;
    let next = house.start();
    house.until_run(|run| run.state == RunState::Waiting).await;
    let begun = ["research/2 begun", "research/3 begun"].map(|step| house.script.diary.count(step));
    assert_eq!(begun, [1, 1]);
    next.stop().await;
}

#[tokio::test]
async fn a_step_that_fails_at_a_shutdown_is_no_failed_attempt() {
    let (house, process) = Hang::Step.reach().await;
    house.script.fails_step.store(true, Ordering::SeqCst);
    ends_in_a_step(&house, process).await;
    house.script.fails_step.store(false, Ordering::SeqCst);
    let next = house.start();
    house.until_run(|run| run.state == RunState::Waiting).await;
    let run = house.runs().await.remove(0);
    let steps = house.store.steps(&run.id, 0).await.unwrap();
    assert!(steps.iter().all(|step| step.outcome == "ok"), "{steps:?}");
    assert_eq!(house.script.diary.count("research/2 begun"), 2);
    next.stop().await;
}

#[tokio::test]
async fn a_cancel_does_not_wait_for_a_step_that_a_shutdown_waits_for() {
    let (house, process) = Hang::Step.reach().await;
    let run = house.runs().await.remove(0);
    let engine = process.engine.clone();
    let stopping = tokio::spawn(process.stop());
    tokio::time::sleep(Duration::from_millis(300)).await;
    let asked = Instant::now();
    engine.stop(&run.id).await.unwrap();
    stopping.await.unwrap();
    assert!(asked.elapsed() < CANCEL_MAX, "{:?}", asked.elapsed());
}
