//! `spend`: money by day, pipeline, stage, task and model.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use copydesk_domain::MicroUsd;
use serde_json::{Value, json};

use crate::app::Folder;
use crate::exit::Failure;
use crate::outcome::Outcome;

/// Adds the spends up.
pub async fn execute(folder: &Folder, days: u32) -> Result<Outcome, Failure> {
    let since = folder
        .engine
        .clock()
        .now()
        .minus(jiff::SignedDuration::from_hours(24 * i64::from(days)));
    let spends = folder.engine.store().spends(since).await?;
    let mut rows: BTreeMap<[String; 5], (MicroUsd, u64)> = BTreeMap::new();
    for spend in &spends {
        let key = [
            spend.at.date().to_string(),
            spend.pipeline.to_string(),
            spend.stage.to_string(),
            spend.task.clone(),
            spend.model.clone(),
        ];
        let row = rows.entry(key).or_default();
        row.0 += spend.amount;
        row.1 += 1;
    }
    let total: MicroUsd = spends.iter().map(|spend| spend.amount).sum();
    let mut text = String::new();
    let mut list: Vec<Value> = Vec::new();
    for ([day, pipeline, stage, task, model], (amount, calls)) in rows {
        let _ = writeln!(
            text,
            "{day}  {pipeline}  {stage:<11}{task:<16}{model:<14}{calls:>5} calls  {amount}"
        );
        list.push(json!({
            "day": day, "pipeline": pipeline, "stage": stage, "task": task, "model": model, "calls": calls,
            "spend_microusd": amount,
        }));
    }
    let _ = writeln!(text, "{total} in {days} days");
    Ok(Outcome::new(Value::Array(list), text))
}
