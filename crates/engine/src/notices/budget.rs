//! Budgets that are nearly used up. Pure.

use copydesk_config::Release;
use copydesk_domain::{Instant, MicroUsd, NoticeKind, RunId};
use copydesk_journal::{budget, calendar};
use copydesk_store::{BudgetScope, BudgetUse, NoticeRecord, RunRecord, SpendRecord};

/// A notice for each budget of a pipeline of which at least four fifths are used up: once for each scope and period.
/// `spends`: all since the month began; `runs`: those of the pipeline that may still spend.
pub(crate) fn near(
    release: &Release,
    runs: &[&RunRecord],
    spends: &[SpendRecord],
    now: Instant,
) -> Vec<NoticeRecord> {
    let zone = calendar::zone(&release.pipeline.pipeline.time_zone);
    let nobody = RunId::new("");
    let amounts: Vec<(Instant, MicroUsd)> = spends.iter().map(|spend| (spend.at, spend.amount)).collect();
    let of_calendar = budget::uses(&release.config.budget, &amounts, now, &zone);
    let mut found: Vec<(BudgetUse, &RunId, String)> = of_calendar
        .into_iter()
        .map(|used| (used, &nobody, String::new()))
        .collect();
    for run in runs {
        found.extend(of_run(release, run, spends));
    }
    let near = found.into_iter().filter(|(used, ..)| used.is_near());
    near.filter_map(|(used, run, stage)| {
        Some(NoticeRecord {
            key: budget::warning_key(&used, run, &stage, &zone)?,
            kind: NoticeKind::BudgetNear,
            pipeline: release.pipeline.pipeline.name.clone(),
            run: Some(run.clone()).filter(|run| *run != nobody),
            message: format!("{}; `copydesk spend` shows where it went", budget::warning(&used)),
            body: None,
            details: None,
            raised_at: now,
            way: String::new(),
        })
    })
    .collect()
}

/// How far the budgets of a run and of its stages are used up.
fn of_run<'r>(
    release: &Release,
    run: &'r RunRecord,
    spends: &[SpendRecord],
) -> Vec<(BudgetUse, &'r RunId, String)> {
    let sum = |stage: Option<&str>| -> MicroUsd {
        let own = spends.iter().filter(|spend| spend.run == run.id);
        own.filter(|spend| stage.is_none_or(|stage| spend.stage.as_str() == stage))
            .map(|spend| spend.amount)
            .sum()
    };
    let used = |scope, limit: MicroUsd, spent| BudgetUse {
        scope,
        since: None,
        limit: limit + run.budget_extra,
        spent,
    };
    let mut found = vec![(
        used(BudgetScope::Run, release.config.budget.run, sum(None)),
        &run.id,
        String::new(),
    )];
    for stage in &release.pipeline.stages {
        let name = stage.stage_name().to_string();
        found.extend(stage.budget.map(|limit| {
            let used = used(BudgetScope::Stage, limit, sum(Some(&name)));
            (used, &run.id, name)
        }));
    }
    found
}
