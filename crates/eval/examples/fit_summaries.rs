//! Fits the weights of the summaries: `cargo run --release -p copydesk-eval --example fit_summaries`.
//!
//! Reads `summaries/scitldr.jsonl` in the folder of `COPYDESK_SHARED`, else in `../shared`. Prints what the fit is worth on
//! papers that were held out of it, the same without holding out, and the numbers for
//! `crates/text/src/summarise/weights.rs`.

use std::path::Path;

use copydesk_config::Environment;
use copydesk_config::evals::{EvalData, EvalPart};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let data = EvalData::of(Path::new("."), &Environment::system());
    let part = EvalPart {
        name: "fit".to_owned(),
        shared: Some("summaries/scitldr.jsonl".to_owned()),
        ..EvalPart::default()
    };
    let refit = copydesk_eval::refit_summaries(&part, &data)?;
    for (word, measured) in [("held out", refit.held_out), ("in sample", refit.in_sample)] {
        if let Some(measured) = measured {
            eprintln!("ROUGE-1, {word}: {measured}");
        }
    }
    for weight in refit.fitted {
        println!("    {weight:.4},");
    }
    Ok(())
}
