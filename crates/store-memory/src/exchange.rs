//! Exchanges with models, and what was learnt of their endpoints.

use std::collections::BTreeMap;

use copydesk_domain::{ContentHash, Instant, RunId};
use copydesk_store::{Command, ExchangeBodies, ExchangeCount, ExchangeParams, ExchangeRecord};

use crate::state::State;

impl State {
    /// Keeps an exchange with whole bodies.
    pub(crate) fn put_exchange(&mut self, command: Command) {
        let Command::PutExchange {
            lease,
            stage,
            round,
            key,
            exchange,
            shared: _,
            at,
        } = command
        else {
            unreachable!("called for PutExchange alone");
        };
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
        let bodies = ExchangeBodies {
            request: exchange.request,
            reply: exchange.reply,
        };
        self.exchanges.push((lease.run, record, bodies));
    }

    /// How exchanges ended since an instant.
    pub(crate) fn exchange_counts(&self, since: Instant) -> Vec<ExchangeCount> {
        let mut counts = BTreeMap::new();
        for (_, record, _) in self.exchanges.iter().filter(|(_, record, _)| record.at >= since) {
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

    /// Removes a run's exchanges; how many bodies they had, and their bytes.
    pub(crate) fn prune_exchanges(&mut self, run: &RunId) -> (u64, u64) {
        let gone = self.exchanges.extract_if(.., |(of, ..)| of == run);
        let bodies = gone.flat_map(|(.., bodies)| [Some(bodies.request), bodies.reply]);
        bodies.flatten().fold((0, 0), |(count, bytes), body| {
            (count + 1, bytes + body.len() as u64)
        })
    }
}
