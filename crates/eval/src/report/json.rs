//! The report for scripts.

use copydesk_config::evals::SCORERS;
use serde_json::{Value, json};

use super::outcome::{Outcome, PartReport, Report, Row};
use crate::tally::Tally;

impl Report {
    /// One object for each metric of each part, one for each part that was skipped. Field names are fixed.
    pub fn to_json(&self) -> Value {
        let objects = self.parts.iter().flat_map(|part| match &part.outcome {
            Outcome::Measured { rows, tally, .. } => {
                rows.iter().map(|row| object(part, row, tally)).collect()
            }
            Outcome::Skipped(skipped) => vec![json!({
                "suite": part.suite, "part": part.part, "scorer": part.scorer,
                "metric": main_metric(&part.scorer), "value": null, "low": null, "high": null, "n": 0,
                "floor": null, "baseline": null, "passed": null,
                "skipped": skipped.path, "get": skipped.get,
            })],
        });
        Value::Array(objects.collect())
    }
}

/// The metric that would have been told first.
fn main_metric(scorer: &str) -> Option<&'static str> {
    let kind = SCORERS.iter().find(|kind| kind.name == scorer);
    kind.and_then(|kind| kind.metrics.first().copied())
}

fn object(part: &PartReport, row: &Row, tally: &Tally) -> Value {
    let is_main = matches!(&part.outcome, Outcome::Measured { rows, .. } if rows.first() == Some(row));
    let mut object = json!({
        "suite": part.suite, "part": part.part, "scorer": part.scorer,
        "metric": row.metric, "value": row.value, "low": row.low, "high": row.high,
        "n": tally.cases, "units": tally.units.len(), "unit": tally.unit_word,
        "floor": row.floor, "baseline": row.baseline,
        "change": row.change.map(|change| json!({ "by": change.by, "low": change.low, "high": change.high })),
        "passed": row.passed,
        "skipped": null,
    });
    if is_main {
        let details = tally.details.iter();
        object["details"] = details
            .map(|detail| json!({ "label": detail.label, "value": detail.value, "n": detail.n }))
            .collect();
        if let Outcome::Measured { groups, .. } = &part.outcome {
            let groups = groups.iter();
            object["groups"] = groups
                .map(|group| json!({ "name": group.name, "value": group.value, "n": group.n }))
                .collect();
        }
        let misses = tally.misses.iter();
        object["misses"] = misses
            .map(|miss| json!({ "id": miss.id, "what": miss.what }))
            .collect();
    }
    object
}
