//! What a suite must say beyond its shape.

use super::scorers::{SCORERS, ScorerKind};
use super::suite::{EvalPart, EvalSuite};
use crate::document::{Document, key_path};
use crate::nearest::suggestion;
use crate::problem::Problem;

/// Every problem of a suite.
pub(super) fn suite(suite: &EvalSuite, file: &str, at: &Document<'_>) -> Vec<Problem> {
    if suite.parts.is_empty() {
        return vec![Problem::error(file, "the suite has no [[part]]").with_hint("see docs/evals.md")];
    }
    let mut problems = Vec::new();
    for (index, part) in suite.parts.iter().enumerate() {
        let is_double = suite.parts[..index].iter().any(|other| other.name == part.name);
        if is_double && !part.name.is_empty() {
            let message = format!("two parts have the name `{}`", part.name);
            problems.push(at.problem(&key_path!["part", index, "name"], message));
        }
        problems.extend(place(part, index, at));
        if !part.scorer.is_empty() {
            problems.extend(scorer(part, index, at));
        }
    }
    problems
}

fn place(part: &EvalPart, index: usize, at: &Document<'_>) -> Option<Problem> {
    let message = match (&part.data, &part.shared) {
        (Some(_), Some(_)) => "a part has `data` or `shared`, not both",
        (None, None) => "the part names no data",
        _ => return None,
    };
    let problem = at.problem(&key_path!["part", index, "data"], message);
    Some(problem.with_hint("`data` lies below `evals/`, `shared` below the folder of COPYDESK_SHARED"))
}

fn scorer(part: &EvalPart, index: usize, at: &Document<'_>) -> Vec<Problem> {
    let Some(kind) = SCORERS.iter().find(|kind| kind.name == part.scorer) else {
        let names: Vec<&str> = SCORERS.iter().map(|kind| kind.name).collect();
        let message = format!("unknown scorer `{}`", part.scorer);
        let mut problem = at.problem(&key_path!["part", index, "scorer"], message);
        problem.hint = suggestion(&part.scorer, &names);
        return vec![problem];
    };
    let mut problems = floors(part, kind, index, at);
    let format = part.format();
    if !kind.formats.contains(&format) {
        let message = format!("the scorer `{}` does not read the format `{format}`", kind.name);
        let mut problem = at.problem(&key_path!["part", index, "format"], message);
        problem.hint = suggestion(format, kind.formats);
        problems.push(problem);
    }
    problems
}

fn floors(part: &EvalPart, kind: &ScorerKind, index: usize, at: &Document<'_>) -> Vec<Problem> {
    let unknown = part
        .floors
        .keys()
        .filter(|metric| !kind.metrics.contains(&metric.as_str()));
    unknown
        .map(|metric| {
            let message = format!("the scorer `{}` has no metric `{metric}`", kind.name);
            let mut problem = at.problem(&key_path!["part", index, "floors", metric.as_str()], message);
            problem.hint = suggestion(metric, kind.metrics);
            problem
        })
        .collect()
}
