//! `doctor`: everything that an operator would look at, as one list with the next step of each.
//!
//! It opens nothing for writing, takes no lock and dies of nothing that it is there to diagnose: each check stands
//! alone and says what kept it from looking. What it prints is fit to be shown to others: names, hosts, counts and
//! places of ours; no key, header, query, prompt or reply. A last pass blanks every secret that is known.

mod config;
mod database;
mod finding;
mod machine;
mod owner;
mod redact;
mod work;

use std::path::Path;

use copydesk_config::{Environment, Workspace};
use serde_json::Value;

use crate::exit::FINE;
use crate::outcome::Outcome;
use finding::{Finding, State};

/// What the checks look at.
struct Patient<'a> {
    dir: &'a Path,
    environment: &'a Environment,
    /// What can be read of it.
    workspace: Workspace,
    problems: Vec<copydesk_config::Problem>,
    /// Who holds its lock.
    holder: Option<String>,
}

/// Examines a folder.
pub async fn examine(dir: &Path, environment: &Environment) -> Outcome {
    let (workspace, problems) = Workspace::inspect(dir, environment);
    let patient = Patient {
        dir,
        environment,
        workspace,
        problems,
        holder: crate::lock::holder(dir),
    };
    let mut findings = vec![database::version().await];
    findings.extend(machine::folder(&patient));
    findings.extend(owner::owner(&patient).await);
    findings.extend(config::config(&patient));
    findings.extend(database::database(&patient).await);
    findings.extend(machine::machine(&patient));
    findings.extend(work::work(&patient).await);
    redact::redact(&mut findings, &patient);
    report(&findings)
}

/// The list, and the exit code of its worst.
fn report(findings: &[Finding]) -> Outcome {
    let width = findings
        .iter()
        .map(|finding| finding.check.len())
        .max()
        .unwrap_or(0);
    let text: String = findings.iter().map(|finding| finding.line(width)).collect();
    let data: Vec<Value> = findings.iter().map(Finding::json).collect();
    let worst = findings.iter().filter(|finding| finding.state == State::Fail);
    let exit = worst.map(|finding| finding.exit).max().unwrap_or(FINE);
    let count = |state: State| findings.iter().filter(|finding| finding.state == state).count();
    let talk = format!(
        "{} checks: {} failed, {} to look at",
        findings.len(),
        count(State::Fail),
        count(State::Warn)
    );
    Outcome::new(Value::Array(data), text)
        .with_exit(exit)
        .with_talk(talk)
}
