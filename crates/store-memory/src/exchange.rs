//! Exchanges with models, and what was learnt of their endpoints.

use std::collections::BTreeMap;

use copydesk_domain::{ContentHash, Instant, RunId};
use copydesk_store::{Command, ExchangeCount, ExchangeParams, ExchangeRecord};

use crate::state::State;

impl State {
    /// Keeps an exchange, its bodies by their hashes.
    pub(crate) fn put_exchange(&mut self, command: Command) {
        let Command::PutExchange {
            lease,
            stage,
            round,
            key,
            exchange,
            at,
        } = command
        else {
            unreachable!("called for PutExchange alone");
        };
        self.put_body(&exchange.request);
        if let Some(reply) = &exchange.reply {
            self.put_body(reply);
        }
        let record = ExchangeRecord {
            stage,
            round,
            key,
            request_hash: Some(ContentHash::of(&exchange.request)),
            reply_hash: exchange.reply.as_deref().map(ContentHash::of),
            exchange: ExchangeParams {
                request: Vec::new(),
                reply: None,
                ..exchange
            },
            at,
        };
        self.exchanges.push((lease.run, record));
    }

    /// How exchanges ended since an instant.
    pub(crate) fn exchange_counts(&self, since: Instant) -> Vec<ExchangeCount> {
        let mut counts = BTreeMap::new();
        for (_, record) in self.exchanges.iter().filter(|(_, record)| record.at >= since) {
            let alike = (record.exchange.model.clone(), record.exchange.outcome);
            *counts.entry(alike).or_insert(0) += 1;
        }
        let count = |((model, outcome), exchanges)| ExchangeCount {
            model,
            outcome,
            exchanges,
        };
        counts.into_iter().map(count).collect()
    }

    /// Removes a run's exchanges; the hashes of their bodies are answered.
    pub(crate) fn prune_exchanges(&mut self, run: &RunId) -> Vec<ContentHash> {
        let gone = self.exchanges.extract_if(.., |(of, _)| of == run);
        gone.flat_map(|(_, record)| [record.request_hash, record.reply_hash])
            .flatten()
            .collect()
    }
}
