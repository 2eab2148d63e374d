//! A call that waits for the bills of others: what it keeps from them meanwhile, which is nothing.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use copydesk_config::ModelConfig;
use copydesk_domain::{MicroUsd, ModelName};
use copydesk_journal::{Bill, Ledger, ModelError, ModelReply, Models, Reservation};
use copydesk_llm::{BreakerPolicy, Router, RouterOptions};
use copydesk_store::{BudgetScope, StoreError};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::calls::{Book, call, config, options, spec};
use super::stub::{Stub, says, status};

const COOL_DOWN: Duration = Duration::from_millis(100);
/// Longer than any call here takes.
const PATIENCE: Duration = Duration::from_secs(10);

/// A ledger without room until a bill comes.
#[derive(Default)]
struct Full {
    /// More than a call needs where none is given.
    limit: Option<i64>,
    bills: watch::Sender<u64>,
    waiting: watch::Sender<u64>,
}

impl Full {
    /// Ends once a call waits for a bill.
    async fn is_waited_for(&self) {
        let mut waiting = self.waiting.subscribe();
        let waited = tokio::time::timeout(PATIENCE, waiting.wait_for(|count| *count > 0)).await;
        waited.expect("a call waits for a bill").unwrap();
    }
}

#[async_trait]
impl Ledger for Full {
    async fn reserve(&self, _: &ModelName, needed: MicroUsd) -> Result<Reservation, StoreError> {
        if *self.bills.borrow() > 0 {
            return Ok(Reservation(1));
        }
        Err(StoreError::BudgetSpent {
            scope: BudgetScope::Run,
            needed,
            limit: MicroUsd(self.limit.unwrap_or(needed.0 * 2)),
            left: MicroUsd(0),
            short: needed,
        })
    }

    fn bills(&self) -> u64 {
        *self.bills.borrow()
    }

    async fn next_bill(&self, seen: u64) -> bool {
        self.waiting.send_modify(|waiting| *waiting += 1);
        let mut bills = self.bills.subscribe();
        bills.wait_for(|bills| *bills != seen).await.is_ok()
    }

    async fn settle(&self, _: Reservation, _: Bill) -> Result<(), StoreError> {
        Ok(())
    }
}

fn router() -> Router {
    let breaker = BreakerPolicy {
        failures_max: 4,
        cool_down: COOL_DOWN,
        ..BreakerPolicy::standard()
    };
    Router::new(RouterOptions { breaker, ..options() })
}

fn ask(router: &Router, config: &ModelConfig, full: &Arc<Full>) -> JoinHandle<ModelReply> {
    let (router, full) = (router.clone(), Arc::clone(full));
    let call = call(vec![spec("m", config.clone())]);
    tokio::spawn(async move { router.ask(call, full.as_ref()).await.unwrap() })
}

#[tokio::test]
async fn a_call_that_waits_for_a_bill_leaves_its_place_and_its_limits_to_others() {
    let stub = Stub::with(vec![says("{\"a\": 3}")]).await;
    let narrow = ModelConfig {
        concurrency_max: Some(1),
        requests_per_minute: Some(3),
        ..config(&stub.base_url)
    };
    let (router, full) = (router(), Arc::new(Full::default()));
    let waits = ask(&router, &narrow, &full);
    full.is_waited_for().await;
    for _ in 0..2 {
        let other = router
            .ask(call(vec![spec("m", narrow.clone())]), &Book::default())
            .await;
        assert_eq!(other.unwrap().tries, 1, "the place is free");
    }
    let state = || router.endpoint_states()[0].clone();
    assert_eq!(
        (state().in_flight, state().tries, state().waits),
        (0, 2, 0),
        "what was not sent is no try and no use of a limit"
    );
    full.bills.send_replace(1);
    assert_eq!(waits.await.unwrap().tries, 1);
    assert_eq!((stub.count(), state().tries), (3, 3));
}

#[tokio::test]
async fn a_call_that_waits_for_a_bill_leaves_the_trial_of_an_endpoint_to_others() {
    let mut script = vec![status(503, ""); 4];
    script.push(says("{\"a\": 3}"));
    let stub = Stub::with(script).await;
    let model = config(&stub.base_url);
    let (router, full) = (router(), Arc::new(Full::default()));
    let once = || async {
        let book = Book::default();
        router.ask(call(vec![spec("m", model.clone())]), &book).await
    };
    assert!(once().await.is_err());
    assert_eq!(router.endpoint_states()[0].breaker, "open");
    tokio::time::sleep(COOL_DOWN).await;
    let waits = ask(&router, &model, &full);
    full.is_waited_for().await;
    assert_eq!(once().await.unwrap().tries, 1, "the trial is theirs");
    assert_eq!(router.endpoint_states()[0].breaker, "closed");
    full.bills.send_replace(1);
    assert_eq!(waits.await.unwrap().tries, 1);
}

#[tokio::test]
async fn a_call_that_costs_more_than_the_whole_limit_waits_for_no_bill() {
    let stub = Stub::with(vec![says("{\"a\": 3}")]).await;
    let full = Full {
        limit: Some(1),
        ..Full::default()
    };
    let call = call(vec![spec("m", config(&stub.base_url))]);
    let asked = tokio::time::timeout(PATIENCE, router().ask(call, &full)).await;
    let error = asked.expect("it does not wait").unwrap_err();
    assert!(matches!(error, ModelError::OverBudget(_)), "{error}");
    assert_eq!((*full.waiting.borrow(), stub.count()), (0, 0));
}
