//! `check --preflight` and `check --alarms`: trying by hand what the daemon relies on.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use copydesk_config::Environment;
use copydesk_domain::{Clock, NoticeKind};
use copydesk_journal::Notifier;
use copydesk_net::SystemClock;
use copydesk_store::NoticeRecord;
use copydesk_tools::FeedMemory;
use futures::future::join_all;
use serde_json::{Value, json};

use crate::alarms::Alarms;
use crate::app::{Folder, load, release};
use crate::exit::{FAILED, Failure};
use crate::outcome::Outcome;
use crate::preflight::Probes;

/// A way that has not answered by then would not have told anybody.
const TELL_MAX: Duration = Duration::from_secs(30);

/// What would stand in the way of a run of each pipeline now.
pub async fn preflight(folder: &Folder) -> Result<Outcome, Failure> {
    let workspace = load(&folder.dir, &folder.environment)?;
    let probes = Probes::of(folder);
    let feeds = FeedMemory::new(folder.engine.store().clone());
    let mut list: Vec<Value> = Vec::new();
    let mut text = String::new();
    for name in workspace.pipelines.keys() {
        let release = release(&workspace, name.as_str())?;
        let problems = folder.engine.preflight(&release, &probes, &feeds, None).await;
        if problems.is_empty() {
            let _ = writeln!(text, "{name}: ready");
        }
        for problem in problems {
            let _ = writeln!(
                text,
                "{name}: {}: {}\n  next: {}",
                problem.about, problem.problem, problem.next
            );
            list.push(json!({
                "pipeline": name, "area": problem.area, "about": problem.about, "problem": problem.problem,
                "next": problem.next,
            }));
        }
    }
    let is_ready = list.is_empty();
    let outcome = Outcome::new(Value::Array(list), text);
    Ok(if is_ready {
        outcome
    } else {
        outcome.with_exit(FAILED)
    })
}

/// Sends a trial by every way of `[alarms]`, and says what came of each.
pub async fn alarms(dir: &Path, environment: &Environment) -> Result<Outcome, Failure> {
    let workspace = load(dir, environment)?;
    let alarms = Alarms::new(&workspace.config.alarms, environment, dir)?;
    let ways = alarms.ways(NoticeKind::Test);
    if ways.is_empty() {
        let text = "no way is set up; the keys are in [alarms] of config.toml\n";
        return Ok(Outcome::new(json!([]), text));
    }
    let tried = ways.into_iter().map(|way| try_way(&alarms, way));
    let mut list: Vec<Value> = Vec::new();
    let mut text = String::new();
    for (way, error) in join_all(tried).await {
        let said = error.as_deref().unwrap_or("taken");
        let next = error.is_some().then(|| next_step(way));
        let _ = writeln!(text, "{way:<9}{said}");
        if let Some(next) = next {
            let _ = writeln!(text, "{:<9}next: {next}", "");
        }
        list.push(json!({ "way": way, "ok": error.is_none(), "error": error, "next": next }));
    }
    let all_taken = list.iter().all(|way| way["ok"] == true);
    let outcome = Outcome::new(Value::Array(list), text);
    Ok(if all_taken {
        outcome
    } else {
        outcome.with_exit(FAILED)
    })
}

async fn try_way(alarms: &Alarms, way: &'static str) -> (&'static str, Option<String>) {
    let now = SystemClock.now();
    let notice = NoticeRecord {
        key: format!("{}/{now}", NoticeKind::Test),
        way: way.to_owned(),
        kind: NoticeKind::Test,
        pipeline: "none".into(),
        run: None,
        message: "a trial: whoever reads this is told when something goes wrong".to_owned(),
        body: None,
        details: None,
        raised_at: now,
    };
    let error = match tokio::time::timeout(TELL_MAX, alarms.tell(&notice)).await {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(error.to_string()),
        Err(_) => Some(format!("it was not taken within {} s", TELL_MAX.as_secs())),
    };
    (way, error)
}

/// What to do about a way that told nobody.
fn next_step(way: &str) -> &'static str {
    match way {
        "mail" => {
            "compare [alarms.mail] in config.toml with what the mail server's people say: server, tls, user, password"
        }
        "command" => {
            "start the program of `command` in [alarms] by hand; what it says on stderr stands above"
        }
        _ => "see whether its address in [alarms] of config.toml is right and its receiver is up",
    }
}
