//! Endpoints that fail, are full, or tell when they will be: who is asked instead, who waits, and who pays.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use copydesk_config::ModelConfig;
use copydesk_domain::{ContentHash, MicroUsd, ModelName, Round};
use copydesk_journal::{Bill, Ledger, ModelError, Models, Reservation};
use copydesk_llm::{BreakerPolicy, Router, RouterOptions};
use copydesk_store::{Applied, BudgetLimit, BudgetScope, Command, Lease, RunParams, Store, StoreError};
use copydesk_store_memory::MemoryStore;
use futures::future::join_all;

use super::calls::{Book, call, config, options, spec};
use super::stub::{Answer, Stub, says, status};

const COOL_DOWN: Duration = Duration::from_millis(400);

fn router() -> Router {
    let breaker = BreakerPolicy {
        cool_down: COOL_DOWN,
        ..BreakerPolicy::standard()
    };
    Router::new(RouterOptions { breaker, ..options() })
}

fn told(answer: Answer, headers: &[(&str, &str)]) -> Answer {
    let headers = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Answer {
        headers: headers.collect(),
        ..answer
    }
}

fn patient(base_url: &str) -> ModelConfig {
    ModelConfig {
        timeout: jiff::SignedDuration::from_secs(5),
        ..config(base_url)
    }
}

#[tokio::test]
async fn a_dead_primary_is_left_alone_by_all_calls_until_a_trial_finds_it_back() {
    let mut script = vec![status(503, ""); 5];
    script.push(says("{\"a\": 3}"));
    let primary = Stub::with(script).await;
    let second = Stub::with(vec![says("{\"a\": 3}")]).await;
    let router = router();
    let ask = || async {
        let route = vec![
            spec("first", config(&primary.base_url)),
            spec("second", config(&second.base_url)),
        ];
        // Another run of the process has its own clone.
        let reply = router.clone().ask(call(route), &Book::default()).await.unwrap();
        (reply.model.to_string(), reply.tries)
    };
    for _ in 0..5 {
        assert_eq!(ask().await, ("second".to_owned(), 2));
    }
    let state = |router: &Router| {
        let states = router.endpoint_states();
        states
            .into_iter()
            .find(|one| one.base_url == primary.base_url)
            .unwrap()
    };
    assert_eq!(
        (
            state(&router).breaker,
            state(&router).opened,
            state(&router).failed
        ),
        ("open", 1, 5)
    );
    for _ in 0..5 {
        assert_eq!(ask().await, ("second".to_owned(), 1), "no try is lost on it");
    }
    assert_eq!(primary.count(), 5, "it was left alone");
    tokio::time::sleep(COOL_DOWN).await;
    assert_eq!(ask().await, ("first".to_owned(), 1));
    assert_eq!(state(&router).breaker, "closed");
}

#[tokio::test]
async fn a_route_whose_only_model_is_left_alone_waits_for_it_within_its_time() {
    let mut script = vec![status(503, ""); 5];
    script.push(says("{\"a\": 3}"));
    let stub = Stub::with(script).await;
    let router = router();
    let ask = |config: ModelConfig| router.ask(call(vec![spec("m", config)]), &NOBODY);
    assert!(ask(patient(&stub.base_url)).await.is_err());
    let begun = Instant::now();
    let reply = ask(patient(&stub.base_url)).await.unwrap();
    assert_eq!((reply.tries, stub.count()), (2, 6));
    assert!(begun.elapsed() >= COOL_DOWN, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_person_who_has_a_run_go_on_need_not_wait_for_a_cool_down() {
    let mut script = vec![status(503, ""); 5];
    script.push(says("{\"a\": 3}"));
    let stub = Stub::with(script).await;
    let router = Router::new(options());
    let hasty = ModelConfig {
        timeout: jiff::SignedDuration::from_millis(900),
        ..config(&stub.base_url)
    };
    let ask = || router.ask(call(vec![spec("m", hasty.clone())]), &NOBODY);
    assert!(ask().await.is_err());
    let error = ask().await.unwrap_err();
    assert!(
        error.to_string().contains("503"),
        "one more try opened it: {error}"
    );
    let error = ask().await.unwrap_err();
    assert!(
        matches!(&error, ModelError::Exhausted { tries: 0, reason } if reason.contains("is left alone")),
        "{error}"
    );
    assert_eq!(stub.count(), 5);
    router.reconsider();
    assert_eq!(ask().await.unwrap().tries, 1);
}

#[tokio::test]
async fn a_limit_that_an_endpoint_told_is_waited_for_rather_than_run_into() {
    let full = [
        ("x-ratelimit-remaining-requests", "0"),
        ("x-ratelimit-reset-requests", "600ms"),
    ];
    let stub = Stub::with(vec![told(says("{\"a\": 3}"), &full), says("{\"a\": 3}")]).await;
    let router = router();
    let ask = || router.ask(call(vec![spec("m", patient(&stub.base_url))]), &NOBODY);
    ask().await.unwrap();
    let begun = Instant::now();
    assert_eq!(ask().await.unwrap().tries, 1, "a wait is no try");
    assert!(
        begun.elapsed() >= Duration::from_millis(550),
        "{:?}",
        begun.elapsed()
    );
    let state = &router.endpoint_states()[0];
    assert_eq!((state.waits, state.failed), (1, 0));
}

#[tokio::test]
async fn a_limit_that_has_no_room_in_time_leaves_the_call_to_the_next_model() {
    let stub = Stub::with(vec![says("{\"a\": 3}")]).await;
    let second = Stub::with(vec![says("{\"a\": 3}")]).await;
    let one = ModelConfig {
        requests_per_minute: Some(1),
        ..config(&stub.base_url)
    };
    let router = router();
    let ask = |route| router.ask(call(route), &NOBODY);
    ask(vec![spec("m", one.clone())]).await.unwrap();
    let reply = ask(vec![spec("m", one.clone()), spec("n", config(&second.base_url))])
        .await
        .unwrap();
    assert_eq!((reply.model.as_str(), reply.tries, stub.count()), ("n", 1, 1));
    let error = ask(vec![spec("m", one)]).await.unwrap_err();
    assert!(
        matches!(&error, ModelError::Exhausted { tries: 0, reason } if reason.contains("its limit of requests")),
        "{error}"
    );
}

/// An endpoint that counts how many calls it has at the same time.
async fn busy() -> (String, Arc<AtomicUsize>) {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let seen = Arc::clone(&most);
    let answer = move || {
        let (now, most) = (Arc::clone(&now), Arc::clone(&most));
        async move {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(30)).await;
            now.fetch_sub(1, Ordering::SeqCst);
            says("{\"a\": 3}").body
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let app = axum::Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    (url, seen)
}

#[tokio::test]
async fn no_more_calls_are_under_way_than_an_endpoint_may_have() {
    let (url, most) = busy().await;
    let two = ModelConfig {
        concurrency_max: Some(2),
        ..patient(&url)
    };
    let router = router();
    let asks = (0..10).map(|_| router.ask(call(vec![spec("m", two.clone())]), &NOBODY));
    for reply in join_all(asks).await {
        assert_eq!(reply.unwrap().tries, 1);
    }
    assert_eq!(most.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn the_model_that_really_answered_is_named() {
    let stub = Stub::with(vec![says("{\"a\": 3}")]).await;
    let reply = router()
        .ask(call(vec![spec("m", config(&stub.base_url))]), &NOBODY)
        .await
        .unwrap();
    assert_eq!(
        (reply.model.as_str(), reply.answered_by.as_deref()),
        ("m", Some("test-model"))
    );
}

/// Money in a real store, as the steps of one run book it.
struct StoreLedger {
    store: MemoryStore,
    lease: Lease,
    limit: MicroUsd,
}

impl StoreLedger {
    async fn new(limit: i64) -> Self {
        let store = MemoryStore::new();
        let at = copydesk_domain::Instant::from_micros(0);
        let run = RunParams {
            id: "r".into(),
            pipeline: "daily".into(),
            slot: None,
            parent: None,
            release: ContentHash::of(b"release"),
            fixed_now: None,
            seed: 1,
            is_scheduled: false,
            at,
        };
        store.apply(Command::CreateRun(run)).await.unwrap();
        let lease = Command::LeaseRun {
            run: "r".into(),
            owner: "test".to_owned(),
            now: at,
            until: copydesk_domain::Instant::from_micros(i64::MAX),
        };
        let Applied::Leased(lease) = store.apply(lease).await.unwrap() else {
            panic!("a run that nobody holds is leased");
        };
        let limit = MicroUsd(limit);
        Self { store, lease, limit }
    }
}

#[async_trait]
impl Ledger for StoreLedger {
    async fn reserve(&self, model: &ModelName, amount: MicroUsd) -> Result<Reservation, StoreError> {
        let limit = BudgetLimit {
            scope: BudgetScope::Run,
            since: None,
            limit: self.limit,
        };
        let command = Command::ReserveSpend {
            lease: self.lease.clone(),
            stage: "research".into(),
            round: Round::FIRST,
            key: "count".into(),
            task: "count".to_owned(),
            model: model.to_string(),
            amount,
            limits: vec![limit],
            at: copydesk_domain::Instant::from_micros(1),
        };
        match self.store.apply(command).await? {
            Applied::Reserved(reserved) => Ok(Reservation(reserved.id)),
            other => panic!("no reserve but {other:?}"),
        }
    }

    async fn settle(&self, reservation: Reservation, bill: Bill) -> Result<(), StoreError> {
        let command = Command::SettleSpend {
            lease: self.lease.clone(),
            reservation: reservation.0,
            amount: bill.amount,
            is_assumed: bill.is_assumed,
            counted: None,
            at: copydesk_domain::Instant::from_micros(2),
        };
        self.store.apply(command).await.map(|_| ())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_sixty_four_calls_at_once_exactly_those_that_fit_the_limit_are_sent() {
    // Nobody counts, so that each call is booked at its whole reserve.
    let uncounted = status(200, r#"{"choices":[{"message":{"content":"{\"a\": 3}"}}]}"#);
    let stub = Stub::with(vec![uncounted]).await;
    let router = router();
    let route = || vec![spec("m", config(&stub.base_url))];
    let book = Book::default();
    router.ask(call(route()), &book).await.unwrap();
    let reserve = book.entries()[0].reserved;
    let ledger = StoreLedger::new(10 * reserve + reserve - 1).await;
    let results = join_all((0..64).map(|_| router.ask(call(route()), &ledger))).await;
    let answered = results.iter().filter(|result| result.is_ok()).count();
    assert_eq!((answered, stub.count() - 1), (10, 10));
    let refused = results.into_iter().filter_map(Result::err);
    for error in refused {
        let ModelError::OverBudget(breach) = error else {
            panic!("{error}")
        };
        assert_eq!((breach.needed, breach.short), (MicroUsd(reserve), MicroUsd(1)));
    }
    let spends = ledger.store.run_spends(&"r".into()).await.unwrap();
    assert_eq!(
        (
            spends.len(),
            spends.iter().map(|spend| spend.amount).sum::<MicroUsd>()
        ),
        (10, MicroUsd(10 * reserve))
    );
}

/// A ledger without a limit that keeps nothing.
struct Nobody;

const NOBODY: Nobody = Nobody;

#[async_trait]
impl Ledger for Nobody {
    async fn reserve(&self, _: &ModelName, _: MicroUsd) -> Result<Reservation, StoreError> {
        Ok(Reservation(0))
    }

    async fn settle(&self, _: Reservation, _: Bill) -> Result<(), StoreError> {
        Ok(())
    }
}
