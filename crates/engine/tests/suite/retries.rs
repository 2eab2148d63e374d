//! Retries that come while the run is at work.

use std::sync::atomic::Ordering;
use std::time::Duration;

use copydesk_domain::{IssueState, MicroUsd, ModelName, RunState, WaitingFor};
use copydesk_engine::{Advanced, GoOn, Scope};
use tokio::task::JoinHandle;

use crate::gate::Gate;

fn go_on() -> GoOn {
    GoOn {
        extra: MicroUsd::ZERO,
        embedded: false,
        route: None,
    }
}

impl Gate {
    fn advance_beside(&self) -> JoinHandle<Advanced> {
        let (engine, run) = (self.engine.clone(), self.run.clone());
        tokio::spawn(async move { engine.advance(&run, &Scope::default()).await.unwrap() })
    }

    async fn until_written(&self, line: &str) {
        let written = || async { (self.house.script.diary.count(line) > 0).then_some(()) };
        self.house.until(written).await;
    }
}

/// Ends with what the advance came to.
async fn end_of(advance: JoinHandle<Advanced>) -> Advanced {
    let ended = tokio::time::timeout(Duration::from_secs(20), advance).await;
    ended.expect("it ends").expect("it does not panic")
}

#[tokio::test]
async fn a_choice_of_models_that_comes_while_a_stage_asks_the_old_ones_is_not_lost() {
    for chosen in [
        GoOn {
            embedded: true,
            ..go_on()
        },
        GoOn {
            route: Some(vec![ModelName::new("near")]),
            ..go_on()
        },
    ] {
        let gate = Gate::reach().await;
        gate.approve().await;
        let script = &gate.house.script;
        script.starves_engagement.store(true, Ordering::SeqCst);
        script.holds_engagement.send_replace(true);
        let advance = gate.advance_beside();
        gate.until_written("engagement starves").await;
        gate.engine.go_on(&gate.run, chosen).await.unwrap();
        script.starves_engagement.store(false, Ordering::SeqCst);
        script.holds_engagement.send_replace(false);
        assert_eq!(end_of(advance).await, Advanced::Done);
        assert_eq!(gate.state().await.0, RunState::Completed);
    }
}

#[tokio::test]
async fn a_grant_that_comes_while_the_issue_goes_out_is_not_lost() {
    let gate = Gate::reach().await;
    let script = &gate.house.script;
    script.starves_engagement.store(true, Ordering::SeqCst);
    gate.alone("engagement").await.unwrap();
    let waits = vec![WaitingFor::Model, WaitingFor::Approval];
    assert_eq!(gate.state().await.2, waits);
    gate.approve().await;
    script.starves_engagement.store(false, Ordering::SeqCst);
    script.holds_payloads.send_replace(true);
    let advance = gate.advance_beside();
    gate.until_written("publish begun").await;
    let grant = GoOn {
        extra: MicroUsd(1_000_000),
        ..go_on()
    };
    gate.engine.go_on(&gate.run, grant).await.unwrap();
    script.holds_payloads.send_replace(false);
    assert_eq!(end_of(advance).await, Advanced::Done);
    assert_eq!((gate.state().await.0, gate.published()), (RunState::Completed, 1));
}

#[tokio::test]
async fn what_expires_beside_a_run_that_waits_for_a_model_starts_no_stage_again() {
    let gate = Gate::reach().await;
    let script = &gate.house.script;
    script.starves_engagement.store(true, Ordering::SeqCst);
    gate.alone("engagement").await.unwrap();
    gate.house.clock.set("2026-11-23T06:00:00Z");
    let waits = Advanced::WaitFor(vec![WaitingFor::Model], None);
    assert_eq!(gate.advance().await, waits);
    assert_eq!(gate.state().await.1, IssueState::Expired);
    assert_eq!(script.diary.count("engagement starves"), 1);
}
