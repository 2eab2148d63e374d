//! Calls, models and ledgers for the tests.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use copydesk_config::ModelConfig;
use copydesk_domain::{MicroUsd, ModelName};
use copydesk_journal::{Bill, Ledger, ModelCall, ModelSpec, Reservation};
use copydesk_llm::{HttpFactory, Patience, Router, RouterOptions};
use copydesk_net::SystemClock;
use copydesk_store::{ExchangeParams, StoreError};
use serde_json::json;

/// Words of the prompt that must not turn up anywhere.
pub const PRIVATE: &str = "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich";

/// An endpoint on loopback that costs $1 a million tokens both ways.
pub fn config(base_url: &str) -> ModelConfig {
    ModelConfig {
        base_url: base_url.to_owned(),
        model: "test-model".to_owned(),
        api_key_env: None,
        api_key_file: None,
        price_in: Some(MicroUsd(1_000_000)),
        price_out: Some(MicroUsd(1_000_000)),
        price_cached: None,
        price_as_of: None,
        concurrency_max: None,
        requests_per_minute: None,
        tokens_per_minute: None,
        free: false,
        local_only: false,
        context_tokens: None,
        tokens_out_max: 100,
        timeout: jiff::SignedDuration::from_millis(1_500),
        stall_timeout: jiff::SignedDuration::from_millis(700),
        organization: None,
        project: None,
        api_key_header: None,
        headers: std::collections::BTreeMap::new(),
        query: std::collections::BTreeMap::new(),
    }
}

pub fn spec(name: &str, config: ModelConfig) -> ModelSpec {
    ModelSpec {
        name: name.into(),
        endpoint: Some(config),
        is_pinned: false,
    }
}

pub fn embedded() -> ModelSpec {
    ModelSpec {
        name: "embedded".into(),
        endpoint: None,
        is_pinned: false,
    }
}

/// A call whose output is `{"a": integer}`.
pub fn call(route: Vec<ModelSpec>) -> ModelCall {
    ModelCall {
        task: "count".to_owned(),
        version: 1,
        system: format!("You count. {PRIVATE}."),
        input: json!({"text": PRIVATE}),
        schema: json!({"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}),
        tools: Vec::new(),
        history: Vec::new(),
        route,
        seed: -7,
    }
}

pub const PATIENCE: Patience = Patience {
    backoff: Duration::from_millis(5),
    pause_max: Duration::from_millis(40),
};

pub fn options() -> RouterOptions {
    copydesk_net::install_crypto();
    // Nobody listens on port 1; tests of the embedded model set their own.
    let nowhere = "127.0.0.1:1".parse().unwrap();
    let keys = Arc::new(|_: &ModelConfig| Ok(Some("sk-test-0123456789".to_owned())));
    RouterOptions {
        patience: PATIENCE,
        ..RouterOptions::new(nowhere, keys, Arc::new(SystemClock))
    }
}

pub fn router() -> Router {
    Router::new(options())
}

pub fn router_with(http: HttpFactory) -> Router {
    Router::new(RouterOptions { http, ..options() })
}

/// A ledger that remembers, with a limit.
#[derive(Default)]
pub struct Book {
    pub limit: Option<i64>,
    pub entries: Mutex<Vec<Entry>>,
    /// Somebody watches the step.
    pub is_watched: bool,
    /// Tokens that were told while a model wrote.
    pub written: Mutex<Vec<u64>>,
    /// Exchanges that were kept.
    pub kept: Mutex<Vec<ExchangeParams>>,
}

/// A reserve and what was settled of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    pub reserved: i64,
    pub settled: Option<i64>,
    pub is_assumed: bool,
}

impl Book {
    pub fn entries(&self) -> Vec<Entry> {
        self.entries.lock().unwrap().clone()
    }

    pub fn watched() -> Self {
        Self {
            is_watched: true,
            ..Self::default()
        }
    }

    pub fn kept(&self) -> Vec<ExchangeParams> {
        self.kept.lock().unwrap().clone()
    }

    pub fn settled(&self) -> i64 {
        self.entries()
            .iter()
            .map(|entry| entry.settled.expect("each reserve is settled"))
            .sum()
    }
}

#[async_trait]
impl Ledger for Book {
    async fn reserve(&self, _: &ModelName, amount: MicroUsd) -> Result<Reservation, StoreError> {
        if let Some(limit) = self.limit.filter(|limit| amount.0 > *limit) {
            let (limit, needed) = (MicroUsd(limit), amount);
            let scope = copydesk_store::BudgetScope::Run;
            return Err(StoreError::BudgetSpent {
                scope,
                limit,
                left: limit,
                needed,
                short: needed - limit,
            });
        }
        let mut entries = self.entries.lock().unwrap();
        entries.push(Entry {
            reserved: amount.0,
            settled: None,
            is_assumed: false,
        });
        Ok(Reservation(i64::try_from(entries.len()).unwrap() - 1))
    }

    async fn settle(&self, reservation: Reservation, bill: Bill) -> Result<(), StoreError> {
        let mut entries = self.entries.lock().unwrap();
        let entry = &mut entries[usize::try_from(reservation.0).unwrap()];
        assert_eq!(entry.settled, None, "a reserve is settled once");
        *entry = Entry {
            settled: Some(bill.amount.0),
            is_assumed: bill.is_assumed,
            ..*entry
        };
        Ok(())
    }

    fn is_watched(&self) -> bool {
        self.is_watched
    }

    fn writing(&self, _: &ModelName, tokens: u64) {
        self.written.lock().unwrap().push(tokens);
    }

    fn keep(&self, exchange: ExchangeParams) {
        self.kept.lock().unwrap().push(exchange);
    }
}
