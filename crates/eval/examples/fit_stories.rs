//! Fits the settings of the clustering: `cargo run --release -p copydesk-eval --example fit_stories`.
//!
//! Reads `newsstories/ecbplus.jsonl` in the folder of `COPYDESK_SHARED`, else in `../shared`. Prints what the fit is worth on
//! topics that were held out of it, the same without holding out, and the numbers for
//! `crates/text/src/cluster/settings.rs`.

use std::path::Path;

use copydesk_config::Environment;
use copydesk_config::evals::{EvalData, EvalPart};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let data = EvalData::of(Path::new("."), &Environment::system());
    let part = EvalPart {
        name: "fit".to_owned(),
        shared: Some("newsstories/ecbplus.jsonl".to_owned()),
        ..EvalPart::default()
    };
    let refit = copydesk_eval::refit_stories(&part, &data)?;
    for (word, measured) in [("held out", refit.held_out), ("in sample", refit.in_sample)] {
        if let Some(measured) = measured {
            eprintln!("B-cubed F, {word}: {measured}");
        }
    }
    println!("{:#?}", refit.fitted);
    Ok(())
}
