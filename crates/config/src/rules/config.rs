use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;

use copydesk_domain::MicroUsd;

use super::{alarms, models, servers, telemetry};
use crate::address;
use crate::document::{Document, key_path};
use crate::environment::Environment;
use crate::problem::Problem;
use crate::settings::{Config, Synchronous};

/// Every problem of `config.toml`. `dir` is its folder, for key files; `custom_stages`: names that routes may have
/// beside those of tasks.
pub(crate) fn config(
    config: &Config,
    at: &Document<'_>,
    environment: &Environment,
    dir: &Path,
    custom_stages: &BTreeSet<String>,
) -> Vec<Problem> {
    let mut problems = store(config, at);
    problems.extend(net(config, at));
    problems.extend(web(config, at));
    problems.extend(approval(config, at));
    problems.extend(models::models(config, at, environment, dir));
    problems.extend(models::routes(config, at, custom_stages));
    problems.extend(servers::servers(config, at, environment));
    problems.extend(budget(config, at));
    problems.extend(alarms::alarms(config, at, environment, dir));
    problems.extend(telemetry::telemetry(config, at, environment));
    problems
}

/// Twice what the longest look back of a stage needs.
const RETENTION_MIN: jiff::SignedDuration = jiff::SignedDuration::from_hours(30 * 24);

fn store(config: &Config, at: &Document<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    if config.store.path.trim().is_empty() {
        problems.push(at.problem(&key_path!["store", "path"], "`store.path` is empty"));
    }
    let retention = config.store.retention;
    if !retention.is_zero() && retention < RETENTION_MIN {
        let message = format!(
            "`{}` is too short: replies to an issue are answered from its run for 14 days, and a weekly reads a week",
            crate::duration::write(retention)
        );
        let problem = at.problem(&key_path!["store", "retention"], message);
        problems.push(problem.with_hint("write \"30d\" or more; \"0d\" keeps everything"));
    }
    if config.store.synchronous == Synchronous::Normal {
        let message = "with `normal` a power cut may lose what was acknowledged";
        let problem = at
            .problem(&key_path!["store", "synchronous"], message)
            .as_warning();
        problems.push(problem.with_hint("it takes `--unsafe-durability` to start so"));
    }
    problems
}

fn net(config: &Config, at: &Document<'_>) -> Vec<Problem> {
    let entries = config.net.allow.iter().enumerate();
    entries
        .filter_map(|(index, entry)| {
            let message = address::host_and_port(entry).err()?;
            let problem = at.problem(&key_path!["net", "allow", index], message);
            Some(problem.with_hint("one host and one port each, without scheme, path or pattern"))
        })
        .collect()
}

fn web(config: &Config, at: &Document<'_>) -> Vec<Problem> {
    let key = key_path!["web", "listen"];
    let listen = &config.web.listen;
    match listen.parse::<SocketAddr>() {
        Err(_) => vec![at.problem(
            &key,
            format!("`{listen}` is not an address and a port such as \"127.0.0.1:7420\""),
        )],
        Ok(address) if !address.ip().is_loopback() => {
            let message = format!("`{listen}` lets other machines reach the desk, without encryption");
            let hint = "put a proxy with TLS in front, and keep \"127.0.0.1:7420\" here";
            vec![at.problem(&key, message).as_warning().with_hint(hint)]
        }
        Ok(_) => Vec::new(),
    }
}

fn approval(config: &Config, at: &Document<'_>) -> Vec<Problem> {
    let approval = &config.approval;
    if approval.expires.is_zero() {
        return vec![at.problem(
            &key_path!["approval", "expires"],
            "an issue would expire before anyone could decide",
        )];
    }
    if approval.hold >= approval.expires {
        let message = "`hold` is not shorter than `expires`";
        return vec![at.problem(&key_path!["approval", "hold"], message)];
    }
    Vec::new()
}

fn budget(config: &Config, at: &Document<'_>) -> Vec<Problem> {
    let budget = &config.budget;
    let steps: [(&str, MicroUsd, &str, MicroUsd); 3] = [
        ("call", budget.call.unwrap_or(MicroUsd::ZERO), "run", budget.run),
        ("run", budget.run, "day", budget.day),
        ("day", budget.day, "month", budget.month),
    ];
    let beyond = steps
        .into_iter()
        .filter(|(_, smaller, _, larger)| smaller > larger);
    beyond
        .map(|(scope, smaller, wider, larger)| {
            let message =
                format!("the budget of one {scope}, {smaller}, is more than that of one {wider}, {larger}");
            at.problem(&key_path!["budget", scope], message).as_warning()
        })
        .collect()
}
