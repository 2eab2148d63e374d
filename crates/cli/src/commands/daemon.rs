//! `daemon`.

use std::sync::Arc;

use copydesk_config::Release;
use copydesk_engine::daemon::{Daemon, DaemonOptions, Loaded};
use copydesk_guard::CHECKER_VERSION;
use copydesk_tools::FeedMemory;

use crate::alarms::Alarms;
use crate::app::{Folder, OpenOptions};
use crate::control::{Control, Finish};
use crate::desk;
use crate::exit::Failure;
use crate::files::Files;
use crate::outcome::Outcome;
use crate::preflight::Probes;

/// Runs moved at the same time. Most of their time they wait for models and tools, so that it is memory that sets the
/// limit: some 100 KB for each.
const ADVANCES_MAX: usize = 64;

/// Runs the day by itself until it is asked to stop.
pub async fn execute(options: OpenOptions) -> Result<Outcome, Failure> {
    let mut folder = Folder::open(options).await?;
    folder.count();
    folder.is_daemon = true;
    // Before anybody can decide anything.
    folder.engine.watch_clock().await?;
    let folder = Arc::new(folder);
    crate::signals::watch(folder.shutdown.clone());
    let control = Control::serve(Arc::clone(&folder)).await?;
    let bound = desk::bind_daemon(&folder).await?;
    let (dir, environment) = (folder.dir.clone(), folder.environment.clone());
    let notifier = Arc::new(Alarms::new(&folder.workspace.config.alarms, &environment, &dir)?);
    let files = Arc::clone(&folder.files);
    let loader = Arc::new(move || loaded(&files));
    let daemon = Daemon::new(
        folder.engine.clone(),
        DaemonOptions {
            loader,
            notifier,
            retention: folder.workspace.config.store.retention,
            preflight: Arc::new(Probes::of(&folder)),
            feeds: Arc::new(FeedMemory::new(Arc::clone(folder.engine.store()))),
            page: bound.base.clone(),
            advances_max: ADVANCES_MAX,
        },
    );
    let page = bound.serve_daemon(&folder, daemon.heartbeat()).await?;
    for warning in &folder.workspace.warnings {
        eprintln!("{warning}");
    }
    eprintln!(
        "copydesk {} on {}; log in with\n{page}",
        env!("CARGO_PKG_VERSION"),
        folder.dir.display()
    );
    crate::service_manager::watch(daemon.heartbeat(), folder.shutdown.subscribe());
    daemon.run(folder.shutdown.subscribe()).await;
    control.finish(Finish::AfterCommands).await;
    folder.close().await;
    Ok(Outcome::new(serde_json::Value::Null, String::new())
        .with_talk("stopped; unfinished work goes on at the next start"))
}

/// The folder's pipelines as they are now; the problems in words where a file is broken.
pub(super) fn loaded(files: &Files) -> Result<Loaded, String> {
    let workspace = files.look().map_err(|problems| problems.to_string())?;
    let releases: Result<Vec<Release>, String> = workspace
        .pipelines
        .keys()
        .map(|name| {
            Release::of(&workspace, name.as_str(), CHECKER_VERSION).map_err(|error| error.to_string())
        })
        .collect();
    let notes = copydesk_config::notes::read(&workspace.notes_dir());
    Ok(Loaded {
        releases: releases?,
        notes: notes.notes,
        unread: notes.skipped.iter().map(ToString::to_string).collect(),
    })
}
