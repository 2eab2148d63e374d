//! Runs among the commands that one statement carries out: a new one, and what a worker decides about its own.

use copydesk_domain::{Instant, RunId};
use copydesk_store::{Command, RunParams};
use serde::Serialize;

use crate::tables::bundle::{Bundle, require_lease, trigger};
use crate::tables::run::words;

pub(crate) const TRIGGERS: &[&str] = &[
    trigger!(
        "create_run",
        "
            SELECT RAISE(ABORT, 'alone')
            FROM run
            WHERE id = NEW.row ->> 'run'
                  OR (pipeline = NEW.row ->> 'pipeline' AND nominal = NEW.row ->> 'nominal');

            INSERT INTO run (id, pipeline, nominal, zone, parent, release_hash, state, waiting_for, issue, fixed_now,
                             seed, is_scheduled, created_at, updated_at, cancel_requested, budget_extra, embedded_only,
                             fence)
            VALUES (NEW.row ->> 'run', NEW.row ->> 'pipeline', NEW.row ->> 'nominal', NEW.row ->> 'zone',
                    NEW.row ->> 'parent', NEW.row ->> 'release', 'queued', '[]', 'none', NEW.row ->> 'fixed_now',
                    NEW.row ->> 'seed', NEW.row ->> 'is_scheduled', NEW.row ->> 'at', NEW.row ->> 'at', 0, 0, 0, 0);"
    ),
    trigger!(
        "update_run",
        concat!(
            require_lease!(),
            "
            UPDATE run
            SET state = NEW.row ->> 'state', waiting_for = NEW.row ->> 'waiting_for', wake_at = NEW.row ->> 'wake_at',
                reason = NEW.row ->> 'reason', updated_at = NEW.row ->> 'at'
            WHERE id = NEW.row ->> 'run';"
        )
    ),
];

#[derive(Serialize)]
struct NewDto<'a> {
    run: &'a str,
    pipeline: &'a str,
    nominal: Option<i64>,
    zone: Option<&'a str>,
    parent: Option<&'a str>,
    release: String,
    fixed_now: Option<i64>,
    seed: i64,
    is_scheduled: bool,
    at: i64,
}

/// The row of a run that nobody has made yet.
pub(crate) fn bundle_new(bundle: &mut Bundle, params: &RunParams) {
    let row = NewDto {
        run: params.id.as_str(),
        pipeline: params.pipeline.as_str(),
        nominal: params.slot.as_ref().map(|slot| slot.nominal.as_micros()),
        zone: params.slot.as_ref().map(|slot| slot.zone.as_str()),
        parent: params.parent.as_ref().map(RunId::as_str),
        release: params.release.to_string(),
        fixed_now: params.fixed_now.map(Instant::as_micros),
        seed: params.seed,
        is_scheduled: params.is_scheduled,
        at: params.at.as_micros(),
    };
    bundle.push("create_run", &row, &[]);
}

#[derive(Serialize)]
struct UpdateDto<'a> {
    run: &'a str,
    fence: i64,
    state: &'static str,
    waiting_for: String,
    wake_at: Option<i64>,
    reason: Option<&'a str>,
    at: i64,
}

/// The row of what a worker decided about its run, its issue apart.
pub(crate) fn bundle(bundle: &mut Bundle, command: &Command) {
    let Command::UpdateRun {
        lease,
        state,
        waiting_for,
        issue: None,
        wake_at,
        reason,
        at,
    } = command
    else {
        unreachable!("called for UpdateRun without an issue alone");
    };
    let row = UpdateDto {
        run: lease.run.as_str(),
        fence: lease.fence.0,
        state: state.as_str(),
        waiting_for: words(waiting_for),
        wake_at: wake_at.map(Instant::as_micros),
        reason: reason.as_deref(),
        at: at.as_micros(),
    };
    bundle.push("update_run", &row, &[]);
}
