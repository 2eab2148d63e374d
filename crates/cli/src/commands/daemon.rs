//! `daemon` and `schedule`.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use copydesk_config::{Environment, Release, Workspace};
use copydesk_domain::PipelineName;
use copydesk_engine::daemon::{Daemon, DaemonOptions, Loaded};

use crate::app::{Folder, OpenOptions};
use crate::control::Control;
use crate::desk;
use crate::exit::Failure;
use crate::notifier::WebNotifier;
use crate::outcome::Outcome;

/// Slots shown before and after now.
const PAST_DAYS: i64 = 14;
const UPCOMING: usize = 7;

/// Runs the day by itself until it is asked to stop.
pub async fn execute(options: OpenOptions) -> Result<Outcome, Failure> {
    let folder = Arc::new(Folder::open(options).await?);
    crate::signals::watch(folder.shutdown.clone());
    let control = Control::serve(Arc::clone(&folder)).await?;
    let page = desk::serve_daemon(&folder).await?;
    for warning in &folder.workspace.warnings {
        eprintln!("{warning}");
    }
    eprintln!(
        "copydesk {} on {}; log in with {page}",
        env!("CARGO_PKG_VERSION"),
        folder.dir.display()
    );
    let (dir, environment) = (folder.dir.clone(), folder.environment.clone());
    let notifier = Arc::new(WebNotifier::new(&folder.workspace.config.alarms)?);
    let loader = Arc::new(move || loaded(&dir, &environment));
    let daemon = Daemon::new(
        folder.engine.clone(),
        DaemonOptions {
            loader,
            notifier,
            advances_max: 4,
        },
    );
    daemon.run(folder.shutdown.subscribe()).await;
    control.finish().await;
    folder.close().await;
    Ok(Outcome::new(serde_json::Value::Null, String::new())
        .with_talk("stopped; unfinished work goes on at the next start"))
}

/// The folder's pipelines as they are now; the problems in words where a file is broken.
fn loaded(dir: &Path, environment: &Environment) -> Result<Loaded, String> {
    let workspace = Workspace::load(dir, environment).map_err(|problems| problems.to_string())?;
    let releases: Result<Vec<Release>, String> = workspace
        .pipelines
        .keys()
        .map(|name| Release::of(&workspace, name.as_str()).map_err(|error| error.to_string()))
        .collect();
    Ok(Loaded {
        releases: releases?,
        notes: copydesk_config::notes::read(&workspace.notes_dir()).notes,
    })
}

/// Past slots with their outcome, and the next ones.
pub async fn schedule(folder: &Folder, pipeline: Option<&str>) -> Result<Outcome, Failure> {
    let loaded = loaded(&folder.dir, &folder.environment).map_err(|error| {
        Failure::new(
            "CD001",
            crate::exit::USAGE,
            error,
            "`copydesk check` names the files",
        )
    })?;
    let wanted = pipeline.map(PipelineName::new);
    let pipelines: Vec<copydesk_config::Pipeline> = loaded
        .releases
        .into_iter()
        .map(|release| release.pipeline)
        .filter(|found| {
            wanted
                .as_ref()
                .is_none_or(|wanted| found.pipeline.name == *wanted)
        })
        .collect();
    let pipelines: Vec<&copydesk_config::Pipeline> = pipelines.iter().collect();
    let since = folder
        .engine
        .clock()
        .now()
        .minus(jiff::SignedDuration::from_hours(24 * PAST_DAYS));
    let slots = folder.engine.schedule_view(&pipelines, since, UPCOMING).await?;
    let mut text = String::new();
    for slot in &slots {
        let state = slot.state.map_or("next", copydesk_domain::SlotState::as_str);
        let reason = slot.reason.as_deref().or(slot.dst.as_deref()).unwrap_or("");
        let run = slot.run.as_ref().map(ToString::to_string).unwrap_or_default();
        let _ = writeln!(
            text,
            "{}  {:<11}{:<28}{:<26}{reason}",
            slot.local,
            state,
            slot.pipeline.to_string(),
            run
        );
    }
    if text.is_empty() {
        text.push_str("no pipeline has a schedule\n");
    }
    Ok(Outcome::new(
        serde_json::to_value(&slots).unwrap_or_default(),
        text,
    ))
}
