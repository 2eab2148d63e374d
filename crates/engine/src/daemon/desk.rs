//! The workspace as the daemon last read it, and its schedules.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use copydesk_config::Release;
use copydesk_domain::{Instant, PipelineName};
use copydesk_store::{Command, PipelineControl, StoreError};

use crate::daemon::options::{Loaded, Loader};
use crate::planner::ScheduleView;
use crate::services::Engine;
use crate::start::StartParams;

/// What the store remembers for a pipeline that has no schedule any more, so that a later one counts anew.
const NO_SCHEDULE: &str = "none";

/// The last good reading of the workspace.
pub(crate) struct Desk {
    loader: Loader,
    loaded: Loaded,
    /// The problem that was logged last; logged again only when it changes.
    problem: Option<String>,
}

impl Desk {
    pub(crate) fn new(loader: Loader) -> Self {
        Self {
            loader,
            loaded: Loaded::default(),
            problem: None,
        }
    }

    /// Reads the workspace again. A broken file keeps the last good reading: the day goes on with what was right.
    pub(crate) async fn reload(&mut self) {
        let loader = Arc::clone(&self.loader);
        let result = tokio::task::spawn_blocking(move || loader()).await;
        match result.unwrap_or_else(|error| Err(error.to_string())) {
            Ok(reading) => {
                if self.problem.take().is_some() {
                    tracing::info!("the workspace can be read again");
                }
                // A reading is made every minute; a file is told once, and again once it has changed.
                for file in reading.unread_since(&self.loaded) {
                    tracing::warn!("{file}");
                }
                self.loaded = reading;
            }
            Err(problem) => {
                if self.problem.as_ref() != Some(&problem) {
                    tracing::error!(%problem, "the workspace cannot be read; its last good reading holds");
                }
                self.problem = Some(problem);
            }
        }
    }

    /// The pipelines of that reading.
    pub(crate) fn releases(&self) -> &[Release] {
        &self.loaded.releases
    }

    /// Pipelines that may have slots: those of the workspace, and those that once had a schedule.
    pub(crate) fn pipelines(&self, controls: &[PipelineControl]) -> HashSet<PipelineName> {
        let known = controls.iter().map(|control| control.pipeline.clone());
        known
            .chain(
                self.loaded
                    .releases
                    .iter()
                    .map(|release| release.pipeline.pipeline.name.clone()),
            )
            .collect()
    }

    /// The schedules, each remembered in the store with the instant from which it counts.
    pub(crate) async fn schedules(
        &self,
        engine: &Engine,
        controls: &[PipelineControl],
        now: Instant,
    ) -> Result<Vec<ScheduleView>, StoreError> {
        let controls: HashMap<_, _> = controls
            .iter()
            .map(|control| (&control.pipeline, control))
            .collect();
        let mut schedules = Vec::new();
        for release in &self.loaded.releases {
            let name = &release.pipeline.pipeline.name;
            let control = controls.get(name).copied();
            let view = match ScheduleView::of(&release.pipeline, control, now) {
                Ok(view) => view,
                Err(error) => {
                    tracing::error!(pipeline = %name, %error, "its schedule cannot be read");
                    continue;
                }
            };
            let remembered = control.and_then(|control| control.schedule.as_deref());
            let schedule = view
                .as_ref()
                .map_or_else(|| NO_SCHEDULE.to_owned(), |view| view.rule.signature());
            let is_new = remembered.map_or(view.is_some(), |remembered| remembered != schedule);
            let since = view.as_ref().map_or(now, |view| view.since);
            // Only a clock that was ahead leaves an instant to come.
            let was_ahead = control
                .and_then(|control| control.since)
                .is_some_and(|known| known > since);
            if is_new || was_ahead {
                engine
                    .store()
                    .apply(Command::SetSchedule {
                        pipeline: name.clone(),
                        schedule,
                        since,
                    })
                    .await?;
            }
            schedules.extend(view);
        }
        Ok(schedules)
    }

    /// What a run of a pipeline starts with; none if the pipeline is gone.
    pub(crate) fn start(&self, pipeline: &PipelineName) -> Option<StartParams> {
        let is_it = |release: &&Release| release.pipeline.pipeline.name == *pipeline;
        let release = self.loaded.releases.iter().find(is_it)?.clone();
        Some(StartParams {
            release,
            slot: None,
            fixed_now: None,
            notes: self.loaded.notes.clone(),
        })
    }
}
