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
