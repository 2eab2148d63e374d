//! `eval`: the text side measured on suites of cases.

use std::io::{IsTerminal, Write};
use std::path::Path;

use copydesk_config::evals::{self, EvalData, EvalSuite};
use copydesk_config::{Environment, nearest};
use copydesk_domain::Clock;
use copydesk_eval::{Baseline, EvalError, Report};
use copydesk_net::SystemClock;

use crate::args::EvalArgs;
use crate::built_in::BuiltIn;
use crate::exit::{ENVIRONMENT, FAILED, FINE, Failure};
use crate::outcome::Outcome;

/// Runs suites. Exit 1 where a metric is below its floor, 3 where no suite has its data.
pub fn execute(
    dir: &Path,
    environment: &Environment,
    args: &EvalArgs,
    is_json: bool,
) -> Result<Outcome, Failure> {
    let suites = chosen(evals::suites(dir)?, &args.suites)?;
    let file = dir.join("evals/baseline.json");
    let mut baseline = read_baseline(&file)?;
    let data = EvalData::of(dir, environment);
    let is_shown = !is_json && std::io::stderr().is_terminal();
    let mut progress = |part: &str| {
        if is_shown {
            // A terminal that is gone must not end the measurement.
            let _ = writeln!(std::io::stderr(), "measuring {part} …");
        }
    };
    let report = copydesk_eval::run(&suites, &data, &BuiltIn, &baseline, &mut progress)
        .map_err(|error| failure(&error))?;
    let mut outcome = Outcome::new(report.to_json(), copydesk_eval::table(&report));
    outcome.exit = exit(&report);
    outcome.talk.extend(talk(&report));
    if args.bless && report.is_measured() {
        baseline.bless(&report, SystemClock.now());
        write(&file, &baseline.to_text())?;
        outcome.talk.push(format!("blessed: {}", file.display()));
    }
    if let Some(page) = &args.html {
        write(page, &copydesk_eval::html(&report))?;
        outcome.talk.push(format!("wrote {}", page.display()));
    }
    Ok(outcome)
}

/// The suites of these names, or all.
fn chosen(suites: Vec<EvalSuite>, names: &[String]) -> Result<Vec<EvalSuite>, Failure> {
    if suites.is_empty() {
        return Err(Failure::usage(
            "there is no suite in `evals/`",
            "`copydesk init DIR` writes the shipped ones and changes nothing else",
        ));
    }
    for name in names {
        let known: Vec<&str> = suites.iter().map(|suite| suite.name.as_str()).collect();
        if !known.contains(&name.as_str()) {
            let hint = nearest(name, known.iter().copied()).map_or_else(
                || format!("there are: {}", known.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            return Err(Failure::usage(format!("there is no suite `{name}`"), hint));
        }
    }
    let is_wanted = |suite: &EvalSuite| names.is_empty() || names.contains(&suite.name);
    Ok(suites.into_iter().filter(is_wanted).collect())
}

fn read_baseline(file: &Path) -> Result<Baseline, Failure> {
    let place = file.display().to_string();
    match std::fs::read_to_string(file) {
        Ok(text) => Baseline::parse(&text).map_err(|error| {
            Failure::usage(
                format!("{place}: {error}"),
                "move it away, then `copydesk eval --bless` writes a new one",
            )
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Baseline::default()),
        Err(error) => Err(Failure::io(&place, &error)),
    }
}

/// Writes a file whole or not at all.
fn write(file: &Path, text: &str) -> Result<(), Failure> {
    let place = file.display().to_string();
    let io = |error: std::io::Error| Failure::io(&place, &error);
    let mut unfinished = file.as_os_str().to_owned();
    unfinished.push(".part");
    std::fs::write(&unfinished, text).map_err(io)?;
    std::fs::rename(&unfinished, file).map_err(io)
}

fn exit(report: &Report) -> u8 {
    if !report.failures().is_empty() {
        FAILED
    } else if report.is_measured() {
        FINE
    } else {
        ENVIRONMENT
    }
}

/// What a person must not overlook in a long table.
fn talk(report: &Report) -> Vec<String> {
    let mut lines: Vec<String> = report
        .failures()
        .iter()
        .map(|(part, row)| format!("below its floor: {}/{} {}", part.suite, part.part, row.metric))
        .collect();
    let skipped = report.skipped().len();
    if skipped > 0 {
        let parts = report.parts.len();
        lines.push(format!(
            "{skipped} of {parts} parts were skipped: their data is not there"
        ));
    }
    lines
}

fn failure(error: &EvalError) -> Failure {
    match error {
        EvalError::Case { .. } | EvalError::File { .. } => Failure::new(
            "CD001",
            crate::exit::USAGE,
            error.to_string(),
            "mend the file of cases; docs/evals.md says what a case is",
        ),
        EvalError::OwnMissing { .. } => Failure::new(
            "CD001",
            crate::exit::USAGE,
            error.to_string(),
            "`data` lies below `evals/`; `copydesk init DIR` writes the shipped cases",
        ),
        EvalError::Data(_) => Failure::new(
            "CD010",
            ENVIRONMENT,
            error.to_string(),
            "check the path and its permissions",
        ),
    }
}
