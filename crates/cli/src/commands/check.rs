//! `init` and `check`.

use std::path::Path;

use copydesk_config::{Environment, Workspace};
use serde_json::json;

use crate::exit::{Failure, USAGE};
use crate::outcome::Outcome;

/// Writes the shipped files into a folder; what is there is kept.
pub fn init(dir: &Path) -> Result<Outcome, Failure> {
    let done = copydesk_config::init(dir).map_err(|error| {
        Failure::new(
            "CD010",
            crate::exit::ENVIRONMENT,
            error.to_string(),
            "choose a folder that you can write",
        )
    })?;
    let list = |paths: &[std::path::PathBuf]| -> Vec<String> {
        paths.iter().map(|path| path.display().to_string()).collect()
    };
    let (written, kept) = (list(&done.written), list(&done.kept));
    let mut text = written
        .iter()
        .map(|path| format!("wrote {path}\n"))
        .collect::<Vec<_>>()
        .concat();
    text.extend(kept.iter().map(|path| format!("kept  {path}\n")));
    let next = format!(
        "next: copydesk -C {} check, then copydesk -C {} run daily",
        dir.display(),
        dir.display()
    );
    Ok(Outcome::new(json!({ "written": written, "kept": kept }), text).with_talk(next))
}

/// Every problem of the folder's files at once.
pub fn check(dir: &Path, environment: &Environment) -> Outcome {
    let problems = Workspace::check(dir, environment);
    let has_error = problems.iter().any(copydesk_config::Problem::is_error);
    let text = problems
        .iter()
        .map(|problem| format!("{problem}\n"))
        .collect::<Vec<_>>()
        .concat();
    let text = if problems.is_empty() {
        format!("{}: all files are right\n", dir.display())
    } else {
        text
    };
    let outcome = Outcome::new(serde_json::to_value(&problems).unwrap_or_default(), text);
    if has_error {
        outcome.with_exit(USAGE)
    } else {
        outcome
    }
}
