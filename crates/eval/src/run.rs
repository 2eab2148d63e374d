//! From suites to a report.

use std::path::PathBuf;

use copydesk_config::evals::{EvalData, EvalPart, EvalSuite};

use crate::baseline::{Baseline, hashed};
use crate::cases::Source;
use crate::error::EvalError;
use crate::product::Product;
use crate::report::{Change, Group, Outcome, PartReport, Report, Row, Skipped};
use crate::score::{Scorer, find};
use crate::statistics::{difference, interval};
use crate::tally::Tally;

/// Runs every part of the suites in order. `progress` is told the name of each part before it runs.
///
/// # Errors
/// The first file of cases that is broken, or that is missing below `evals/`, which is looked at before anything is measured:
/// the author named it. A missing one of the shared data is no error: its part is skipped, by name.
pub fn run(
    suites: &[EvalSuite],
    data: &EvalData,
    product: &dyn Product,
    baseline: &Baseline,
    progress: &mut dyn FnMut(&str),
) -> Result<Report, EvalError> {
    let named = suites.iter().flat_map(|suite| &suite.parts);
    for part in named.filter(|part| part.shared.is_none()) {
        if !data.is_there(part) {
            return Err(own_missing(part, data.place(part)));
        }
    }
    let mut parts = Vec::new();
    for suite in suites {
        for part in &suite.parts {
            progress(&format!("{} / {}", suite.name, part.name));
            let source = Source { part, data };
            let outcome = outcome(&suite.name, &source, product, baseline)?;
            parts.push(PartReport {
                suite: suite.name.clone(),
                about: suite.about.clone(),
                part: part.name.clone(),
                scorer: part.scorer.clone(),
                compare: part.compare.clone(),
                outcome,
            });
        }
    }
    Ok(Report { parts })
}

fn outcome(
    suite: &str,
    source: &Source<'_>,
    product: &dyn Product,
    baseline: &Baseline,
) -> Result<Outcome, EvalError> {
    let scorer = find(&source.part.scorer).ok_or_else(|| EvalError::File {
        path: source.place(),
        message: format!("there is no scorer `{}`", source.part.scorer),
    })?;
    let tally = match (scorer.score)(source, product) {
        Ok(tally) => tally,
        Err(error) => match error.missing() {
            Some(path) if source.part.shared.is_some() => {
                return Ok(Outcome::Skipped(skipped(source.part, path.display().to_string())));
            }
            // A folder of the author's lacks a file.
            Some(path) => return Err(own_missing(source.part, path.clone())),
            None => return Err(error),
        },
    };
    Ok(Outcome::Measured {
        rows: rows(suite, source.part, scorer, &tally, baseline),
        groups: groups(scorer, &tally),
        tally,
    })
}

fn own_missing(part: &EvalPart, path: PathBuf) -> EvalError {
    EvalError::OwnMissing {
        at: part.named_at.clone(),
        path,
    }
}

fn skipped(part: &EvalPart, path: String) -> Skipped {
    let default = "set COPYDESK_SHARED to the folder that holds it";
    Skipped {
        path,
        get: part.get.clone().unwrap_or_else(|| default.to_owned()),
    }
}

fn rows(suite: &str, part: &EvalPart, scorer: &Scorer, tally: &Tally, baseline: &Baseline) -> Vec<Row> {
    let sums = tally.all();
    let named = hashed(tally);
    let before = baseline.tally(suite, &part.name);
    scorer
        .metrics
        .iter()
        .map(|(metric, formula)| {
            let value = formula(&sums);
            let floor = part.floors.get(*metric).copied();
            let interval = interval(tally, *formula);
            let paired = before
                .as_ref()
                .and_then(|before| difference(&named, before, *formula));
            Row {
                metric: (*metric).to_owned(),
                value,
                low: interval.map(|ends| ends.0),
                high: interval.map(|ends| ends.1),
                floor,
                baseline: baseline.value(suite, &part.name, metric),
                change: paired.map(|(by, low, high)| Change { by, low, high }),
                passed: floor.is_none_or(|floor| value.is_some_and(|value| value >= floor)),
            }
        })
        // A metric that this data cannot give (no dates, no groups) is left out, unless somebody asks for it or it was
        // given before: then it is told that there is none any more.
        .filter(|row| row.value.is_some() || row.floor.is_some() || row.baseline.is_some())
        .collect()
}

/// The main metric for each group alone.
fn groups(scorer: &Scorer, tally: &Tally) -> Vec<Group> {
    if tally.groups.len() < 2 {
        return Vec::new();
    }
    let Some((_, formula)) = scorer.metrics.first() else {
        return Vec::new();
    };
    let of = |(number, sum): (usize, &crate::tally::Counts)| {
        Some(Group {
            name: tally.groups.get(number)?.clone(),
            value: formula(std::slice::from_ref(sum))?,
            n: tally.units.iter().filter(|unit| unit.group == number).count(),
        })
    };
    tally
        .all()
        .iter()
        .enumerate()
        .filter_map(|(number, sum)| of((number, sum)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_that_was_blessed_and_is_undefined_now_keeps_its_row() {
        let text = r#"{"format":"1.0","blessed_at":null,"parts":[
            {"suite":"s","part":"p","values":{"precision":0.9},"groups":[""],"units":[]}]}"#;
        let baseline = Baseline::parse(text).unwrap();
        let part = EvalPart {
            name: "p".to_owned(),
            ..EvalPart::default()
        };
        let rows = rows(
            "s",
            &part,
            find("blocking").unwrap(),
            &Tally::new("documents"),
            &baseline,
        );
        assert_eq!(rows.len(), 1, "{rows:?}");
        assert_eq!(
            (rows[0].metric.as_str(), rows[0].value, rows[0].baseline),
            ("precision", None, Some(0.9))
        );
    }
}
