//! What the author's files say: problems by place, models, tool servers, feeds, alarms. Names and hosts only.

use std::fmt::Write as _;
use std::path::Path;

use copydesk_config::ModelConfig;

use super::Patient;
use super::finding::Finding;
use super::redact::host;
use crate::words::count;

/// Places that are named; `check` names them all.
const PLACES_MAX: usize = 5;

pub fn config(patient: &Patient<'_>) -> Vec<Finding> {
    vec![
        files(patient),
        models(patient),
        tool_servers(patient),
        feeds(patient),
        alarms(patient),
    ]
}

/// Messages of problems repeat what stands in the file, and that may be a key in the wrong place: only places are
/// told.
fn files(patient: &Patient<'_>) -> Finding {
    const CHECK: &str = "config";
    let (errors, warnings): (Vec<_>, Vec<_>) =
        patient.problems.iter().partition(|problem| problem.is_error());
    let places = |problems: &[&copydesk_config::Problem]| {
        let mut text = String::new();
        for problem in problems.iter().take(PLACES_MAX) {
            let line = problem.line.map_or_else(String::new, |line| format!(":{line}"));
            // Writing to a String cannot fail.
            let _ = write!(text, " {}{line}", problem.file);
        }
        text
    };
    let next = "`copydesk check` says what is wrong at each place";
    if !errors.is_empty() {
        let found = format!(
            "{}, {}:{}",
            count(errors.len(), "error", "errors"),
            count(warnings.len(), "warning", "warnings"),
            places(&errors)
        );
        return Finding::wrong(CHECK, found, next);
    }
    if !warnings.is_empty() {
        let found = format!(
            "no errors, {}:{}",
            count(warnings.len(), "warning", "warnings"),
            places(&warnings)
        );
        return Finding::warn(CHECK, found, next);
    }
    let pipelines = patient.workspace.pipelines.len();
    Finding::ok(
        CHECK,
        format!("right, with {}", count(pipelines, "pipeline", "pipelines")),
    )
}

fn models(patient: &Patient<'_>) -> Finding {
    const CHECK: &str = "models";
    let models = &patient.workspace.config.models;
    let mut parts = vec!["embedded".to_owned()];
    let mut without_key = Vec::new();
    for (name, model) in models {
        parts.push(format!("{name} at {}", host(&model.base_url)));
        if is_key_missing(patient, model) {
            without_key.push(name.to_string());
        }
    }
    let found = parts.join(", ");
    if without_key.is_empty() {
        return Finding::ok(CHECK, found);
    }
    let found = format!("{found}; the key of {} cannot be read", without_key.join(", "));
    Finding::wrong(
        CHECK,
        found,
        "set its variable or file, or take the model out of [models]",
    )
}

fn is_key_missing(patient: &Patient<'_>, model: &ModelConfig) -> bool {
    patient.environment.api_key(model, patient.dir).is_err()
}

fn tool_servers(patient: &Patient<'_>) -> Finding {
    const CHECK: &str = "tool servers";
    let (mut parts, mut incomplete) = (Vec::new(), Vec::new());
    for (name, server) in &patient.workspace.config.mcp_servers {
        let place = match (&server.url, &server.command) {
            (Some(url), _) => host(url),
            (None, Some(command)) => file_name(command),
            (None, None) => "nowhere".to_owned(),
        };
        parts.push(format!("{name} ({place})"));
        let is_complete =
            patient.environment.of_server(server).is_ok() && patient.environment.headers_of(server).is_ok();
        if !is_complete {
            incomplete.push(name.clone());
        }
    }
    if parts.is_empty() {
        return Finding::ok(CHECK, "the bundled ones");
    }
    let found = format!("the bundled ones, {}", parts.join(", "));
    if incomplete.is_empty() {
        return Finding::ok(CHECK, found);
    }
    let found = format!("{found}; a variable of {} is not set", incomplete.join(", "));
    Finding::wrong(
        CHECK,
        found,
        "set the variables that `env` and `headers` name, or take the server out",
    )
}

fn feeds(patient: &Patient<'_>) -> Finding {
    const CHECK: &str = "feeds";
    let pipelines = &patient.workspace.pipelines;
    let counts: Vec<String> = pipelines
        .iter()
        .map(|(name, pipeline)| format!("{name} {}", pipeline.feeds.len()))
        .collect();
    if pipelines.values().all(|pipeline| pipeline.feeds.is_empty()) {
        return Finding::warn(
            CHECK,
            "there are none",
            "copydesk feeds add URL, or feeds import OPML",
        );
    }
    Finding::ok(CHECK, counts.join(", "))
}

fn alarms(patient: &Patient<'_>) -> Finding {
    const CHECK: &str = "alarms";
    let alarms = &patient.workspace.config.alarms;
    let ways = [("webhook", &alarms.webhook), ("ping", &alarms.ping)];
    let mut told: Vec<String> = ways
        .into_iter()
        .filter_map(|(way, address)| Some(format!("{way} to {}", host(address.as_deref()?))))
        .collect();
    told.extend(
        alarms
            .mail
            .as_ref()
            .map(|mail| format!("mail to {}", mail_host(&mail.server))),
    );
    told.extend(
        alarms
            .command
            .first()
            .map(|program| format!("command {}", file_name(program))),
    );
    let found = if told.is_empty() {
        "the log alone".to_owned()
    } else {
        told.join(", ")
    };
    if alarms.ping.is_none() {
        // The other ways go by the daemon, which tells of nothing once it is dead.
        let next = "set `ping` of [alarms], so that a dead daemon is noticed elsewhere";
        return Finding::warn(CHECK, found, next);
    }
    Finding::ok(CHECK, found)
}

/// The host of `host:port`.
fn mail_host(server: &str) -> &str {
    server.rsplit_once(':').map_or(server, |(host, _)| host)
}

/// A command's folder and arguments are the operator's own.
fn file_name(program: &str) -> String {
    let name = Path::new(program).file_name();
    name.map_or_else(
        || "without a name".to_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
}
