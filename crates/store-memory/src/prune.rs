//! What goes once it is old. The rules: [`copydesk_store::retention`].

use std::collections::BTreeSet;

use copydesk_domain::{ContentHash, Instant, RunId};
use copydesk_store::Pruned;
use copydesk_store::retention::{
    AUTHOR, LONG_OUTCOME, PRUNED_OUTCOME, cited, holds_for_good, is_prunable, is_read_again,
};

use crate::state::State;

impl State {
    /// Prunes one part, and adds it up.
    pub(crate) fn prune(&mut self, before: Instant, snapshots_max: u32, at: Instant) -> Pruned {
        let pruned = self.prune_part(before, snapshots_max, at);
        if !pruned.is_empty() {
            let go = self.prunings.entry(at).or_default();
            *go = go.and(pruned);
        }
        pruned
    }

    /// A run, else snapshots, else feeds.
    fn prune_part(&mut self, before: Instant, snapshots_max: u32, at: Instant) -> Pruned {
        let old = self
            .runs
            .iter()
            .filter(|run| is_prunable(&run.record, before) && run.held_by(at).is_none());
        let oldest = old.min_by_key(|run| run.record.updated_at);
        if let Some(run) = oldest.map(|run| run.record.id.clone()) {
            return self.prune_run(&run, at);
        }
        let snapshots = self.prune_snapshots(before, snapshots_max);
        if snapshots.is_empty() {
            return self.prune_feeds(before, at);
        }
        snapshots
    }

    fn prune_run(&mut self, run: &RunId, at: Instant) -> Pruned {
        let last: BTreeSet<i64> = self.last_sequences(run).into_iter().collect();
        let (mut long, mut short) = (BTreeSet::new(), Vec::new());
        for (sequence, attempt) in (1..).zip(&mut self.attempts) {
            if last.contains(&sequence) {
                let body = std::mem::replace(&mut attempt.step.body, PRUNED_OUTCOME.to_vec());
                if body.len() >= LONG_OUTCOME {
                    long.insert(ContentHash::of(&body));
                } else if body != PRUNED_OUTCOME {
                    short.push(body.len() as u64);
                }
            }
        }
        let exchanged = self.prune_exchanges(run);
        let mut pruned = Pruned {
            runs: 1,
            bodies: exchanged.0 + short.len() as u64,
            bytes: exchanged.1 + short.iter().sum::<u64>(),
            ..Pruned::default()
        };
        for hash in long
            .into_iter()
            .filter(|hash| !self.is_body_needed(hash))
            .collect::<Vec<_>>()
        {
            if let Some(bytes) = self.bodies.remove(&hash) {
                pruned.bodies += 1;
                pruned.bytes += bytes.len() as u64;
            }
        }
        self.logs.retain(|(of, line)| {
            if of == run {
                pruned.log_lines += 1;
                pruned.bytes += line.message.len() as u64;
            }
            of != run
        });
        if let Ok(known) = self.run_mut(run) {
            known.record.pruned_at = Some(at);
        }
        pruned
    }

    /// Whether anything but the pruned steps points to a body.
    fn is_body_needed(&self, hash: &ContentHash) -> bool {
        let is_artifact = self
            .stages
            .iter()
            .flat_map(|(_, stage)| &stage.artifacts)
            .any(|artifact| artifact.hash == *hash);
        let is_release = self.runs.iter().any(|run| run.record.release == *hash);
        let is_outcome = self
            .attempts
            .iter()
            .any(|attempt| ContentHash::of(&attempt.step.body) == *hash);
        is_artifact || is_release || is_outcome || self.named_by_artifacts(|_, _| true).contains(hash)
    }

    /// What artifacts name, of those whose run and kind `is_wanted`.
    fn named_by_artifacts(
        &self,
        is_wanted: impl Fn(&RunId, copydesk_domain::artifact::ArtifactKind) -> bool,
    ) -> BTreeSet<ContentHash> {
        let listed = self.stages.iter().flat_map(|(run, stage)| {
            let is_wanted = &is_wanted;
            stage
                .artifacts
                .iter()
                .filter(move |artifact| is_wanted(run, artifact.kind))
        });
        listed
            .filter_map(|artifact| self.bodies.get(&artifact.hash))
            .flat_map(|bytes| cited(bytes))
            .collect()
    }

    fn prune_snapshots(&mut self, before: Instant, snapshots_max: u32) -> Pruned {
        let is_pruned = |run: &RunId| self.run(run).is_ok_and(|run| run.record.pruned_at.is_some());
        let mut held = self.named_by_artifacts(|run, kind| holds_for_good(kind) || !is_pruned(run));
        let open = self
            .attempts
            .iter()
            .filter(|attempt| self.run(&attempt.run).is_ok_and(|run| is_read_again(&run.record)));
        held.extend(open.flat_map(|attempt| cited(&attempt.step.body)));
        let is_imported = |hash: &ContentHash| {
            self.archived(hash)
                .is_some_and(|document| document.kind != "snapshot")
        };
        let mut going: Vec<(Instant, ContentHash)> = self
            .snapshots
            .iter()
            .filter(|snapshot| snapshot.owner != AUTHOR && !held.contains(&snapshot.hash))
            .filter(|snapshot| !is_imported(&snapshot.hash))
            .filter_map(|snapshot| Some((*self.seen.get(&snapshot.hash)?, snapshot.hash)))
            .filter(|(seen, _)| *seen < before)
            .collect();
        going.sort();
        going.truncate(usize::try_from(snapshots_max).unwrap_or(usize::MAX));
        let going: BTreeSet<ContentHash> = going.into_iter().map(|(_, hash)| hash).collect();
        let mut pruned = Pruned::default();
        self.snapshots.retain(|snapshot| {
            let is_going = going.contains(&snapshot.hash);
            if is_going {
                pruned.snapshots += 1;
                pruned.bytes += snapshot.text.inspect().len() as u64;
            }
            !is_going
        });
        self.archive.retain(|document| !going.contains(&document.hash));
        self.seen.retain(|hash, _| !going.contains(hash));
        pruned
    }

    fn prune_feeds(&mut self, before: Instant, at: Instant) -> Pruned {
        let mut pruned = Pruned::default();
        self.feeds.retain(|_, feed| {
            let is_kept = feed.answered_at >= before || feed.retry_at.is_some_and(|retry| retry > at);
            if !is_kept {
                pruned.feeds += 1;
                pruned.bytes += feed.body.len() as u64;
            }
            is_kept
        });
        pruned
    }
}
