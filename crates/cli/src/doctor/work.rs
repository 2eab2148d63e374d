//! What the ledger says of the work: runs, slots, what is on its way out, what nobody was told.

use std::collections::BTreeMap;
use std::time::Duration;

use copydesk_domain::{Clock, Instant, PipelineName, RunState, SlotState, WaitingFor};
use copydesk_net::SystemClock;
use copydesk_store::{OutboxState, RunRecord, SlotRecord, Store, StoreError};
use copydesk_store_sqlite::SqliteStore;
use jiff::SignedDuration;

use super::Patient;
use super::finding::Finding;
use crate::words::{bytes, line, minute};

/// Runs that are looked at: some months of them.
const RUNS_MAX: u32 = 300;
/// How far back slots are looked for.
const SLOTS_BACK: SignedDuration = SignedDuration::from_hours(14 * 24);
/// Notices that are counted.
const NOTICES_MAX: u32 = 1_000;
/// A notice is told within minutes; an old one says that its way is broken.
const NOTICE_OLD: SignedDuration = SignedDuration::from_mins(15);
/// Clocks of one machine differ by seconds.
const CLOCK_BACK: SignedDuration = SignedDuration::from_mins(5);
/// All reads together.
const READ_MAX: Duration = Duration::from_secs(30);

pub async fn work(patient: &Patient<'_>) -> Vec<Finding> {
    let path = super::database::path(patient);
    if !path.exists() {
        return Vec::new();
    }
    match tokio::time::timeout(READ_MAX, read(patient, &path)).await {
        Ok(findings) => findings,
        Err(_) => vec![not_read(format!("it takes longer than {READ_MAX:?}"))],
    }
}

fn not_read(reason: impl std::fmt::Display) -> Finding {
    let found = format!("runs and slots cannot be read: {}", line(&reason.to_string()));
    Finding::warn("work", found, "see what stands at `database` above")
}

async fn read(patient: &Patient<'_>, path: &std::path::Path) -> Vec<Finding> {
    let store = match SqliteStore::look(path).await {
        Ok(store) => store,
        Err(error) => return vec![not_read(error)],
    };
    let now = SystemClock.now();
    let newest = store.runs(None, RUNS_MAX).await;
    let mut findings = Vec::new();
    match &newest {
        Ok(newest) => {
            findings.extend([runs(newest), ledger_clock(newest, now)]);
            findings.push(or_not_read(outbox(&store, newest).await));
        }
        Err(error) => findings.push(not_read(error)),
    }
    findings.push(or_not_read(slots(patient, &store, now).await));
    findings.push(or_not_read(notices(&store, now).await));
    findings.push(or_not_read(trust(&store).await));
    findings.push(or_not_read(retention(patient, &store).await));
    store.close().await;
    findings
}

fn or_not_read(found: Result<Finding, StoreError>) -> Finding {
    found.unwrap_or_else(not_read)
}

fn runs(newest: &[RunRecord]) -> Finding {
    const CHECK: &str = "runs";
    let mut last: BTreeMap<&PipelineName, &RunRecord> = BTreeMap::new();
    for run in newest.iter().filter(|run| run.parent.is_none()) {
        last.entry(&run.pipeline).or_insert(run);
    }
    let shown: Vec<String> = last
        .values()
        .map(|run| format!("{} {} (issue {})", run.id, run.state, run.issue))
        .collect();
    let found = if shown.is_empty() {
        "none yet".to_owned()
    } else {
        format!("newest: {}", shown.join(", "))
    };
    let is_stuck = |run: &&&RunRecord| {
        let waits = |what: &WaitingFor| !matches!(what, WaitingFor::Approval | WaitingFor::Answers);
        run.state == RunState::Failed || (run.state == RunState::Waiting && run.waiting_for.iter().any(waits))
    };
    match last.values().find(is_stuck) {
        Some(run) => Finding::warn(CHECK, found, format!("copydesk show {}", run.id)),
        None => Finding::ok(CHECK, found),
    }
}

fn ledger_clock(newest: &[RunRecord], now: Instant) -> Finding {
    const CHECK: &str = "ledger";
    let Some(last) = newest.iter().map(|run| run.updated_at).max() else {
        return Finding::ok(CHECK, "empty");
    };
    if last.since(now) > CLOCK_BACK {
        let found = format!("something happened at {}, which is to come", minute(last));
        return Finding::warn(
            CHECK,
            found,
            "set the machine's clock, and have it kept right (NTP)",
        );
    }
    Finding::ok(CHECK, format!("last change at {}", minute(last)))
}

async fn outbox(store: &SqliteStore, newest: &[RunRecord]) -> Result<Finding, StoreError> {
    const CHECK: &str = "outbox";
    let (mut open, mut doubtful) = (0, Vec::new());
    for run in newest
        .iter()
        .filter(|run| !run.state.is_final() || run.state == RunState::Failed)
    {
        for row in store.outbox(&run.id).await? {
            match row.state {
                OutboxState::Delivered => {}
                OutboxState::Intended | OutboxState::Absent => open += 1,
                OutboxState::Unknown | OutboxState::Refused => doubtful.push(run.id.clone()),
            }
        }
    }
    match doubtful.first() {
        None => Ok(Finding::ok(CHECK, format!("{open} on the way, none in doubt"))),
        Some(run) => {
            let found = format!("{open} on the way, {} refused or in doubt", doubtful.len());
            Ok(Finding::warn(
                CHECK,
                found,
                format!(
                    "copydesk show {run}; look at the channel, then copydesk retry {run} --delivered CHANNEL, or --not-delivered CHANNEL, with --reason"
                ),
            ))
        }
    }
}

async fn slots(patient: &Patient<'_>, store: &SqliteStore, now: Instant) -> Result<Finding, StoreError> {
    const CHECK: &str = "slots";
    let (mut shown, mut missed) = (Vec::new(), 0);
    for name in patient.workspace.pipelines.keys() {
        let rows = store.slots(name, now.minus(SLOTS_BACK)).await?;
        let is_missed = |row: &&SlotRecord| row.state == SlotState::Skipped && row.run.is_none();
        missed += rows.iter().filter(is_missed).count();
        let past = rows.iter().rev().find(|row| row.slot.nominal <= now);
        if let Some(row) = past {
            shown.push(format!("{name} {} {}", minute(row.slot.nominal), row.state));
        }
    }
    let found = if shown.is_empty() {
        "none in the last 14 days".to_owned()
    } else {
        format!("last: {}; {missed} skipped in 14 days", shown.join(", "))
    };
    if missed > 0 {
        return Ok(Finding::warn(
            CHECK,
            found,
            "`copydesk schedule` says why each was skipped",
        ));
    }
    Ok(Finding::ok(CHECK, found))
}

async fn notices(store: &SqliteStore, now: Instant) -> Result<Finding, StoreError> {
    const CHECK: &str = "notices";
    let open = store.open_notices(NOTICES_MAX).await?;
    let old = open
        .iter()
        .filter(|notice| now.since(notice.raised_at) > NOTICE_OLD)
        .count();
    let found = format!("{} not told yet", open.len());
    if old > 0 {
        let next = "only a running daemon tells them; its log says which way of [alarms] fails";
        return Ok(Finding::warn(CHECK, format!("{found}, {old} for long"), next));
    }
    Ok(Finding::ok(CHECK, found))
}

async fn trust(store: &SqliteStore) -> Result<Finding, StoreError> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for tool in store.trusted_tools().await? {
        let server = tool.tool.split('/').next().unwrap_or_default().to_owned();
        *counts.entry(server).or_default() += 1;
    }
    let shown: Vec<String> = counts
        .iter()
        .map(|(server, count)| format!("{server} {count}"))
        .collect();
    let found = if shown.is_empty() {
        "no tools beside the bundled ones".to_owned()
    } else {
        shown.join(", ")
    };
    Ok(Finding::ok("trusted tools", found))
}

async fn retention(patient: &Patient<'_>, store: &SqliteStore) -> Result<Finding, StoreError> {
    const CHECK: &str = "retention";
    let days = patient.workspace.config.store.retention.as_hours() / 24;
    let kept = match days {
        0 => "everything is kept".to_owned(),
        days => format!("{days} days"),
    };
    let last = store.last_pruning().await?.map(|last| {
        let pruned = last.pruned;
        format!(
            "; last freed {} at {}: {} runs, {} texts of sources",
            bytes(pruned.bytes),
            minute(last.at),
            pruned.runs,
            pruned.snapshots
        )
    });
    Ok(Finding::ok(CHECK, format!("{kept}{}", last.unwrap_or_default())))
}
