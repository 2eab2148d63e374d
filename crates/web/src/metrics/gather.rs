//! What the store says of runs, slots, feeds, claims, payloads and money, as it is now.

use std::collections::BTreeMap;

use copydesk_domain::artifact::{ArtifactKind, ResearchBrief, Review};
use copydesk_domain::{ContentHash, IssueState, PipelineName, RunState, SlotState, StageState};
use copydesk_store::{OutboxState, RunRecord, StageRecord, Store, StoreError};
use serde::de::DeserializeOwned;

use super::exposition::{Exposition, Kind};
use crate::options::Desk;

/// Newest runs that are counted: three years of two runs a day.
const RUNS_MAX: u32 = 2_000;
/// How far back slots are counted.
const SLOTS_BACK: jiff::SignedDuration = jiff::SignedDuration::from_hours(30 * 24);
/// Newest runs of a pipeline among which one with a brief and a review is looked for.
const LOOKED_AT: usize = 5;
/// Notices that are counted.
const NOTICES_MAX: u32 = 1_000;

/// Writes all families that the store knows.
pub(super) async fn store(desk: &Desk, text: &mut Exposition) -> Result<(), StoreError> {
    let store = desk.engine().store().as_ref();
    let mut runs = store.runs(None, RUNS_MAX).await?;
    // A replay is no run of the day.
    runs.retain(|run| run.parent.is_none());
    of_runs(&runs, text);
    let newest = newest_of_pipelines(&runs);
    slots(store, desk, &newest, text).await?;
    payloads(store, &runs, text).await?;
    newest_issues(store, &newest, text).await?;
    spend(store, desk, text).await?;
    let notices = store.open_notices(NOTICES_MAX).await?.len();
    let name = "copydesk_notices_open";
    text.family(name, Kind::Gauge, "Notices that nobody has taken yet.");
    text.sample(name, &[], notices);
    Ok(())
}

/// Runs of each pipeline, newest first.
type Newest<'a> = BTreeMap<&'a PipelineName, Vec<&'a RunRecord>>;

fn newest_of_pipelines(runs: &[RunRecord]) -> Newest<'_> {
    let mut newest = Newest::new();
    for run in runs {
        newest.entry(&run.pipeline).or_default().push(run);
    }
    newest
}

fn of_runs(runs: &[RunRecord], text: &mut Exposition) {
    let name = "copydesk_runs";
    text.family(name, Kind::Gauge, "Runs by state.");
    for state in RunState::ALL {
        let count = runs.iter().filter(|run| run.state == *state).count();
        text.sample(name, &[("state", state.to_string())], count);
    }
    let name = "copydesk_issues";
    text.family(name, Kind::Gauge, "Issues of runs by state.");
    for state in IssueState::ALL {
        let count = runs.iter().filter(|run| run.issue == *state).count();
        text.sample(name, &[("issue", state.to_string())], count);
    }
    let mut waiting: BTreeMap<&str, usize> = BTreeMap::new();
    let open = runs.iter().filter(|run| !run.state.is_final());
    for reason in open.flat_map(|run| &run.waiting_for) {
        *waiting.entry(reason.as_str()).or_default() += 1;
    }
    let name = "copydesk_waiting";
    text.family(name, Kind::Gauge, "Open runs by what they wait for.");
    for (reason, count) in waiting {
        text.sample(name, &[("for", reason.to_owned())], count);
    }
}

/// Verdicts of the due times of the last thirty days.
async fn slots(
    store: &dyn Store,
    desk: &Desk,
    newest: &Newest<'_>,
    text: &mut Exposition,
) -> Result<(), StoreError> {
    let from = desk.engine().clock().now().minus(SLOTS_BACK);
    let mut pipelines: Vec<PipelineName> = newest.keys().map(|name| (*name).clone()).collect();
    pipelines.extend(
        store
            .controls()
            .await?
            .into_iter()
            .map(|control| control.pipeline),
    );
    pipelines.sort();
    pipelines.dedup();
    let name = "copydesk_slots";
    text.family(name, Kind::Gauge, "Due times of the last 30 days by verdict.");
    for pipeline in pipelines {
        let slots = store.slots(&pipeline, from).await?;
        for state in SlotState::ALL {
            let count = slots.iter().filter(|slot| slot.state == *state).count();
            let labels = [("pipeline", pipeline.to_string()), ("verdict", state.to_string())];
            text.sample(name, &labels, count);
        }
    }
    Ok(())
}

/// Payloads of open runs, and of those whose channel could not tell.
async fn payloads(store: &dyn Store, runs: &[RunRecord], text: &mut Exposition) -> Result<(), StoreError> {
    let states = [
        (OutboxState::Intended, "intended"),
        (OutboxState::Delivered, "delivered"),
        (OutboxState::Unknown, "unknown"),
        (OutboxState::Refused, "refused"),
        (OutboxState::Absent, "absent"),
    ];
    let mut counts = [0_usize; 5];
    let is_open = |run: &&RunRecord| !run.state.is_final() || run.issue == IssueState::Unknown;
    for run in runs.iter().filter(is_open) {
        for payload in store.outbox(&run.id).await? {
            if let Some(index) = states.iter().position(|(state, _)| *state == payload.state) {
                counts[index] += 1;
            }
        }
    }
    let name = "copydesk_outbox_payloads";
    text.family(name, Kind::Gauge, "Payloads of open runs by how far they are.");
    for ((_, state), count) in states.into_iter().zip(counts) {
        text.sample(name, &[("state", state.to_owned())], count);
    }
    Ok(())
}

/// Feeds and claims of each pipeline's newest brief and review, and when its last issue came about.
async fn newest_issues(
    store: &dyn Store,
    newest: &Newest<'_>,
    text: &mut Exposition,
) -> Result<(), StoreError> {
    let (mut feeds, mut claims, mut ages) = (Vec::new(), Vec::new(), Vec::new());
    for (pipeline, runs) in newest {
        let pipeline = ("pipeline", pipeline.to_string());
        let mut stages: Vec<StageRecord> = Vec::new();
        for run in runs.iter().take(LOOKED_AT) {
            stages.extend(store.stages(&run.id).await?);
        }
        if let Some(brief) =
            newest_artifact::<ResearchBrief>(store, &stages, ArtifactKind::ResearchBrief).await?
        {
            for (state, is_answer) in [("answered", true), ("failing", false)] {
                let count = brief
                    .feeds
                    .iter()
                    .filter(|feed| feed.answered == is_answer)
                    .count();
                feeds.push(([pipeline.clone(), ("state", state.to_owned())], count));
            }
        }
        if let Some(review) = newest_artifact::<Review>(store, &stages, ArtifactKind::Review).await? {
            let mut by_verdict: BTreeMap<String, usize> = BTreeMap::new();
            for judged in &review.verdicts {
                *by_verdict.entry(judged.verdict.to_string()).or_default() += 1;
            }
            for verdict in ["supported", "unsettled", "blocked"] {
                let count = by_verdict.get(verdict).copied().unwrap_or_default();
                claims.push(([pipeline.clone(), ("verdict", verdict.to_owned())], count));
            }
        }
        let finished = stages.iter().filter(|stage| stage.state == StageState::Completed);
        if let Some(at) = finished.filter_map(|stage| stage.finished_at).max() {
            ages.push(([pipeline], at.as_micros() as f64 / 1e6));
        }
    }
    let name = "copydesk_feeds";
    text.family(
        name,
        Kind::Gauge,
        "Feeds of the newest brief by whether they answered.",
    );
    for (labels, count) in feeds {
        text.sample(name, &labels, count);
    }
    let name = "copydesk_claims";
    text.family(name, Kind::Gauge, "Claims of the newest review by verdict.");
    for (labels, count) in claims {
        text.sample(name, &labels, count);
    }
    let name = "copydesk_stage_completed_timestamp_seconds";
    text.family(
        name,
        Kind::Gauge,
        "When a stage last left its artifacts, since the Unix epoch.",
    );
    for (labels, at) in ages {
        text.sample(name, &labels, at);
    }
    Ok(())
}

/// The artifact of a kind that was finished last, where it can be read.
async fn newest_artifact<T: DeserializeOwned>(
    store: &dyn Store,
    stages: &[StageRecord],
    kind: ArtifactKind,
) -> Result<Option<T>, StoreError> {
    let with_it = stages.iter().filter_map(|stage| {
        let found = stage.artifacts.iter().rfind(|artifact| artifact.kind == kind)?;
        Some((stage.finished_at, found.hash))
    });
    let newest: Option<(_, ContentHash)> = with_it.max_by_key(|(at, _)| *at);
    let Some((_, hash)) = newest else { return Ok(None) };
    let artifact = store.artifact(&hash).await?;
    // One that cannot be read is told where it is asked for, and must not hide all other counts.
    Ok(artifact.and_then(|artifact| serde_json::from_slice(&artifact.bytes).ok()))
}

/// Money since the start of the process, by model: settled bills only, so that it never falls.
async fn spend(store: &dyn Store, desk: &Desk, text: &mut Exposition) -> Result<(), StoreError> {
    let mut by_model: BTreeMap<String, i64> = BTreeMap::new();
    for spend in store.spends(desk.started_at).await? {
        if spend.is_settled {
            *by_model.entry(spend.model).or_default() += spend.amount.0;
        }
    }
    let name = "copydesk_model_spend_usd_total";
    text.family(name, Kind::Counter, "Settled bills of models in US dollars.");
    for (model, micros) in by_model {
        text.sample(name, &[("model", model)], micros as f64 / 1e6);
    }
    Ok(())
}
