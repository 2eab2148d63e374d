//! Fits the weights of the score: `cargo run --release -p copydesk-guard --example fit_score -- ../shared/grounding`.
//!
//! Prints the weights on stdout (they belong into `src/score/weights.txt`, after review) and on stderr what they are
//! worth: balanced accuracy on each domain of SummEdits with that domain left out of the fit and of the threshold.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use copydesk_guard::{SIGNS, Shelf, signs};
use serde_json::Value;

const PARAMETERS: usize = SIGNS + 1;
/// Penalty on the squared weights; the fit hardly depends on it.
const PENALTY: f64 = 10.0;
/// How much all of WiCE weighs, with one domain of SummEdits as 1.
const WICE_WEIGHT: f64 = 0.5;

/// One text with its label.
struct Case {
    domain: String,
    signs: [f64; PARAMETERS],
    is_supported: bool,
}

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let folder = std::env::args()
        .nth(1)
        .ok_or("give the folder of the grounding data")?;
    let cases = read(Path::new(&folder))?;
    let domains: Vec<String> = cases.iter().map(|case| case.domain.clone()).collect();
    let domains: std::collections::BTreeSet<String> = domains.into_iter().collect();
    let mut sum = 0.0;
    for domain in &domains {
        let (left_out, rest): (Vec<&Case>, Vec<&Case>) =
            cases.iter().partition(|case| case.domain == *domain);
        let weights = fit(&rest);
        let judges: Vec<&Case> = match domain.as_str() {
            "wice" => left_out.clone(),
            _ => rest.into_iter().filter(|case| case.domain != "wice").collect(),
        };
        let accuracy = balanced(&left_out, &weights, threshold(&judges, &weights));
        eprintln!("{domain} left out: {accuracy:.3}");
        sum += if domain == "wice" { 0.0 } else { accuracy };
    }
    eprintln!("mean of SummEdits: {:.3}", sum / (domains.len() as f64 - 1.0));
    let all: Vec<&Case> = cases.iter().collect();
    for weight in fit(&all) {
        println!("{weight:.3}");
    }
    Ok(())
}

fn rows(path: &Path) -> Result<Vec<Value>, Failure> {
    let text = std::fs::read_to_string(path)?;
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    Ok(lines.map(serde_json::from_str).collect::<Result<_, _>>()?)
}

fn read(folder: &Path) -> Result<Vec<Case>, Failure> {
    let text = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let documents: HashMap<String, String> = rows(&folder.join("summedits.docs.jsonl"))?
        .iter()
        .map(|row| (text(row, "doc"), text(row, "source")))
        .collect();
    let mut shelf = Shelf::default();
    let mut case = |domain: String, document: &str, row: &Value| {
        let mut values = [1.0; PARAMETERS];
        values[..SIGNS].copy_from_slice(&signs(&shelf.evidence(document), &text(row, "claim")));
        Case {
            domain,
            signs: values,
            is_supported: row["label"] == "supported",
        }
    };
    let mut cases = Vec::new();
    for row in rows(&folder.join("summedits.jsonl"))? {
        let document = documents.get(&text(&row, "doc")).ok_or("a document is missing")?;
        cases.push(case(text(&row, "domain"), document, &row));
    }
    for row in rows(&folder.join("wice.jsonl"))? {
        let sentences = row["source_sentences"].as_array().cloned().unwrap_or_default();
        let sentences: Vec<&str> = sentences.iter().filter_map(Value::as_str).collect();
        cases.push(case("wice".to_owned(), &sentences.join("\n"), &row));
    }
    Ok(cases)
}

/// Each class of each domain weighs the same.
fn shares(cases: &[&Case]) -> Vec<f64> {
    let mut counts: BTreeMap<(&str, bool), f64> = BTreeMap::new();
    for case in cases {
        *counts.entry((&case.domain, case.is_supported)).or_default() += 1.0;
    }
    let scale = cases.len() as f64 / counts.len() as f64;
    let share = |case: &&Case| {
        let weight = if case.domain == "wice" { WICE_WEIGHT } else { 1.0 };
        scale * weight / counts[&(case.domain.as_str(), case.is_supported)]
    };
    cases.iter().map(share).collect()
}

/// Newton's method for the logistic regression with a ridge penalty.
fn fit(cases: &[&Case]) -> [f64; PARAMETERS] {
    let shares = shares(cases);
    let mut weights = [0.0; PARAMETERS];
    for _ in 0..40 {
        let mut slope = [0.0; PARAMETERS];
        let mut curve = [[0.0; PARAMETERS]; PARAMETERS];
        for (case, share) in cases.iter().zip(&shares) {
            let odds = 1.0 / (1.0 + (-sum(case, &weights)).exp());
            let off = odds - f64::from(u8::from(case.is_supported));
            let bend = share * odds * (1.0 - odds);
            for (i, sign) in case.signs.iter().enumerate() {
                slope[i] += share * off * sign;
                for (value, other) in curve[i].iter_mut().zip(case.signs) {
                    *value += bend * sign * other;
                }
            }
        }
        for i in 0..SIGNS {
            slope[i] += PENALTY * weights[i];
            curve[i][i] += PENALTY;
        }
        for (weight, step) in weights.iter_mut().zip(solve(curve, slope)) {
            *weight -= step;
        }
    }
    weights
}

/// Gauss's elimination; the matrix is positive definite.
fn solve(mut matrix: [[f64; PARAMETERS]; PARAMETERS], mut right: [f64; PARAMETERS]) -> [f64; PARAMETERS] {
    for pivot in 0..PARAMETERS {
        let row = matrix[pivot];
        for below in pivot + 1..PARAMETERS {
            let factor = matrix[below][pivot] / row[pivot];
            for (value, above) in matrix[below].iter_mut().zip(row) {
                *value -= factor * above;
            }
            right[below] -= factor * right[pivot];
        }
    }
    for pivot in (0..PARAMETERS).rev() {
        let known: f64 = (pivot + 1..PARAMETERS)
            .map(|at| matrix[pivot][at] * right[at])
            .sum();
        right[pivot] = (right[pivot] - known) / matrix[pivot][pivot];
    }
    right
}

fn sum(case: &Case, weights: &[f64; PARAMETERS]) -> f64 {
    case.signs
        .iter()
        .zip(weights)
        .map(|(sign, weight)| sign * weight)
        .sum()
}

fn balanced(cases: &[&Case], weights: &[f64; PARAMETERS], threshold: f64) -> f64 {
    let recall = |class: bool| {
        let of_class: Vec<bool> = cases
            .iter()
            .filter(|case| case.is_supported == class)
            .map(|case| (sum(case, weights) >= threshold) == class)
            .collect();
        of_class.iter().filter(|hit| **hit).count() as f64 / of_class.len().max(1) as f64
    };
    f64::midpoint(recall(true), recall(false))
}

fn threshold(cases: &[&Case], weights: &[f64; PARAMETERS]) -> f64 {
    let mut sums: Vec<f64> = cases.iter().map(|case| sum(case, weights)).collect();
    sums.sort_by(f64::total_cmp);
    sums.into_iter()
        .step_by((cases.len() / 200).max(1))
        .map(|at| (balanced(cases, weights, at), at))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map_or(0.0, |(_, at)| at)
}
