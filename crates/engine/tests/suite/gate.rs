//! A manual run at the author's gate, with no daemon.

use copydesk_domain::{IssueState, RunId, RunState, StageName, WaitingFor};
use copydesk_engine::{Advanced, Engine, EngineError, Scope, StartParams};
use copydesk_store::{Command, Slot, Store};
use jiff::SignedDuration;
use tokio::sync::watch;

use crate::house::{House, daily, release};

/// A manual run at the author's gate.
pub struct Gate {
    pub house: House,
    pub engine: Engine,
    pub run: RunId,
    pub shutdown: watch::Sender<bool>,
}

impl Gate {
    pub async fn reach() -> Self {
        let gate = Self::start().await;
        let advanced = gate.advance().await;
        assert!(
            matches!(&advanced, Advanced::WaitFor(who, Some(_)) if *who == [WaitingFor::Approval]),
            "{advanced:?}"
        );
        gate
    }

    /// The same before its first stage.
    pub async fn start() -> Self {
        Self::start_for(None).await
    }

    pub async fn start_for(slot: Option<Slot>) -> Self {
        let house = House::new("2026-11-22T06:00:00Z", daily(""));
        let (shutdown, receiver) = watch::channel(false);
        let engine = house.engine(receiver);
        let params = StartParams {
            release: release(daily("")),
            slot,
            fixed_now: None,
            notes: Vec::new(),
        };
        let run = engine.start(params).await.unwrap();
        Self {
            house,
            engine,
            run,
            shutdown,
        }
    }

    pub async fn advance(&self) -> Advanced {
        self.engine.advance(&self.run, &Scope::default()).await.unwrap()
    }

    pub async fn alone(&self, stage: &str) -> Result<Advanced, EngineError> {
        let only = Some(StageName::new(stage));
        let scope = Scope { until: None, only };
        self.engine.advance(&self.run, &scope).await
    }

    pub async fn approve(&self) {
        let hold = Some(SignedDuration::ZERO);
        self.engine.approve(&self.run, None, None, hold).await.unwrap();
    }

    pub async fn retry(&self) {
        let retry = Command::Retry {
            run: self.run.clone(),
            budget_extra: copydesk_domain::MicroUsd::ZERO,
            embedded_only: false,
            at: self.engine.clock().now(),
        };
        self.house.store.apply(retry).await.unwrap();
    }

    pub async fn state(&self) -> (RunState, IssueState, Vec<WaitingFor>) {
        let view = self.engine.view(&self.run).await.unwrap();
        (view.state, view.issue, view.waiting_for)
    }

    pub async fn reason(&self, stage: &str) -> String {
        let view = self.engine.view(&self.run).await.unwrap();
        let mut stages = view.stages.into_iter();
        let found = stages.find(|found| found.stage.as_str() == stage);
        found.and_then(|stage| stage.reason).unwrap_or_default()
    }

    pub fn published(&self) -> usize {
        self.house.script.diary.count("publish/an-issue")
    }
}
