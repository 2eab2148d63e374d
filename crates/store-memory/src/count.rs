//! Counts for machines.

use std::collections::{BTreeMap, BTreeSet};

use copydesk_domain::MicroUsd;
use copydesk_store::{BillSum, CountParams, Counts, OutboxState, PayloadCount, RunCount};

use crate::state::State;

impl State {
    pub(crate) fn counts(&self, params: CountParams) -> Counts {
        Counts {
            runs: self.run_counts(params.runs_max),
            payloads: self.payload_counts(),
            bills: self.bill_sums(params),
        }
    }

    fn run_counts(&self, runs_max: u32) -> Vec<RunCount> {
        let mut runs = self.newest_runs(None, u32::MAX);
        runs.retain(|run| run.parent.is_none());
        runs.truncate(usize::try_from(runs_max).unwrap_or(usize::MAX));
        let mut counts: BTreeMap<_, RunCount> = BTreeMap::new();
        for run in runs {
            let key = (run.pipeline.clone(), run.state.as_str(), run.issue.as_str());
            let counted = counts.entry(key).or_insert_with(|| RunCount {
                pipeline: run.pipeline,
                state: run.state,
                issue: run.issue,
                count: 0,
            });
            counted.count += 1;
        }
        counts.into_values().collect()
    }

    fn payload_counts(&self) -> Vec<PayloadCount> {
        let open = self.runs.iter().filter(|run| !run.record.state.is_final());
        let unknown = self.outbox.iter();
        let unknown = unknown.filter(|(_, payload)| payload.state == OutboxState::Unknown);
        let of: BTreeSet<_> = open
            .map(|run| &run.record.id)
            .chain(unknown.map(|(run, _)| run))
            .collect();
        let counted = self.outbox.iter().filter(|(run, _)| of.contains(run));
        let mut counts: BTreeMap<_, PayloadCount> = BTreeMap::new();
        for (_, payload) in counted {
            let state = payload.state;
            let none = PayloadCount { state, count: 0 };
            counts.entry(state.as_str()).or_insert(none).count += 1;
        }
        counts.into_values().collect()
    }

    fn bill_sums(&self, params: CountParams) -> Vec<BillSum> {
        let mut sums: BTreeMap<&str, MicroUsd> = BTreeMap::new();
        for spend in self.spends.iter().map(|spend| &spend.record) {
            if spend.is_settled && spend.at >= params.billed_since {
                let sum = sums.entry(&spend.model).or_insert(MicroUsd::ZERO);
                *sum = MicroUsd(sum.0 + spend.amount.0);
            }
        }
        let sum = |(model, amount): (&str, MicroUsd)| BillSum {
            model: model.to_owned(),
            amount,
        };
        sums.into_iter().map(sum).collect()
    }
}
