//! What the store says of runs, slots, feeds, claims, payloads and money, as it is now.

use std::collections::{BTreeMap, BTreeSet};

use copydesk_domain::artifact::{ArtifactKind, ResearchBrief, Review};
use copydesk_domain::{ContentHash, IssueState, PipelineName, RunState, SlotState, StageState};
use copydesk_store::{
    BillSum, CountParams, OutboxState, PayloadCount, RunCount, StageRecord, Store, StoreError,
};
use serde::de::DeserializeOwned;

use super::exposition::{Exposition, Kind};
use crate::options::Desk;

/// Newest runs that are counted: three years of two runs a day.
const RUNS_MAX: u32 = 2_000;
/// How far back slots are counted.
const SLOTS_BACK: jiff::SignedDuration = jiff::SignedDuration::from_hours(30 * 24);
/// Newest runs of a pipeline among which one with a brief and a review is looked for.
const LOOKED_AT: u32 = 5;
/// Notices that are counted.
const NOTICES_MAX: u32 = 1_000;

/// Writes all families that the store knows.
pub(super) async fn store(desk: &Desk, text: &mut Exposition) -> Result<(), StoreError> {
    let store = desk.engine().store().as_ref();
    let params = CountParams {
        runs_max: RUNS_MAX,
        billed_since: desk.started_at,
    };
    let counts = store.counts(params).await?;
    of_runs(&counts.runs, text);
    waiting(store, text).await?;
    let pipelines: BTreeSet<&PipelineName> = counts.runs.iter().map(|runs| &runs.pipeline).collect();
    slots(store, desk, &pipelines, text).await?;
    payloads(&counts.payloads, text);
    newest_issues(store, &pipelines, text).await?;
    spend(&counts.bills, text);
    let notices = store.open_notices(NOTICES_MAX).await?.len();
    let name = "copydesk_notices_open";
    text.family(name, Kind::Gauge, "Notices that nobody has taken yet.");
    text.sample(name, &[], notices);
    Ok(())
}

fn of_runs(runs: &[RunCount], text: &mut Exposition) {
    let sum = |is_it: &dyn Fn(&RunCount) -> bool| -> u64 {
        let of_kind = runs.iter().filter(|runs| is_it(runs));
        of_kind.map(|runs| runs.count).sum()
    };
    let name = "copydesk_runs";
    text.family(name, Kind::Gauge, "Runs by state.");
    for state in RunState::ALL {
        let count = sum(&|runs| runs.state == *state);
        text.sample(name, &[("state", state.to_string())], count);
    }
    let name = "copydesk_issues";
    text.family(name, Kind::Gauge, "Issues of runs by state.");
    for state in IssueState::ALL {
        let count = sum(&|runs| runs.issue == *state);
        text.sample(name, &[("issue", state.to_string())], count);
    }
}

/// What open runs wait for. A replay is no run of the day.
async fn waiting(store: &dyn Store, text: &mut Exposition) -> Result<(), StoreError> {
    let mut waiting: BTreeMap<&str, usize> = BTreeMap::new();
    let open = store.open_runs().await?;
    let own = open.iter().filter(|run| run.parent.is_none());
    for reason in own.flat_map(|run| &run.waiting_for) {
        *waiting.entry(reason.as_str()).or_default() += 1;
    }
    let name = "copydesk_waiting";
    text.family(name, Kind::Gauge, "Open runs by what they wait for.");
    for (reason, count) in waiting {
        text.sample(name, &[("for", reason.to_owned())], count);
    }
    Ok(())
}

/// Verdicts of the due times of the last thirty days.
async fn slots(
    store: &dyn Store,
    desk: &Desk,
    of_runs: &BTreeSet<&PipelineName>,
    text: &mut Exposition,
) -> Result<(), StoreError> {
    let from = desk.engine().clock().now().minus(SLOTS_BACK);
    let mut pipelines: BTreeSet<PipelineName> = of_runs.iter().map(|name| (*name).clone()).collect();
    let controls = store.controls().await?;
    pipelines.extend(controls.into_iter().map(|control| control.pipeline));
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
fn payloads(counts: &[PayloadCount], text: &mut Exposition) {
    let name = "copydesk_outbox_payloads";
    text.family(name, Kind::Gauge, "Payloads of open runs by how far they are.");
    for state in OutboxState::ALL {
        let found = counts.iter().find(|payloads| payloads.state == *state);
        let count = found.map_or(0, |payloads| payloads.count);
        text.sample(name, &[("state", state.as_str().to_owned())], count);
    }
}

/// Feeds and claims of each pipeline's newest brief and review, and when its last issue came about.
async fn newest_issues(
    store: &dyn Store,
    pipelines: &BTreeSet<&PipelineName>,
    text: &mut Exposition,
) -> Result<(), StoreError> {
    let (mut feeds, mut claims, mut ages) = (Vec::new(), Vec::new(), Vec::new());
    for name in pipelines {
        let pipeline = ("pipeline", name.to_string());
        let mut stages: Vec<StageRecord> = Vec::new();
        for run in store.own_runs(name, LOOKED_AT).await? {
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
fn spend(bills: &[BillSum], text: &mut Exposition) {
    let name = "copydesk_model_spend_usd_total";
    text.family(name, Kind::Counter, "Settled bills of models in US dollars.");
    for bill in bills {
        let dollars = bill.amount.0 as f64 / 1e6;
        text.sample(name, &[("model", bill.model.clone())], dollars);
    }
}
