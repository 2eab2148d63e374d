//! Looking ahead of a run: files, tool servers, keys, model endpoints, disk. All at the same time, each with a timeout,
//! none for money.

mod models;
mod place;
mod tools;

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use copydesk_config::{Environment, Release, Workspace};
use copydesk_journal::Preflight;
use copydesk_llm::Router;
use copydesk_store::{PreflightArea, PreflightProblem};
use copydesk_tools::Hub;

use crate::app::Folder;

/// Looks ahead with what a folder works with.
#[derive(Clone)]
pub struct Probes {
    hub: Arc<Hub>,
    router: Router,
    environment: Environment,
    dir: PathBuf,
}

impl Probes {
    /// Probes over what an open folder works with.
    pub fn of(folder: &Folder) -> Self {
        Self {
            hub: Arc::clone(&folder.hub),
            router: folder.router.clone(),
            environment: folder.environment.clone(),
            dir: folder.dir.clone(),
        }
    }

    /// Files that were broken since the last good reading.
    fn files(&self) -> Option<PreflightProblem> {
        let problems = Workspace::load(&self.dir, &self.environment).err()?;
        let first = problems.0.iter().find(|problem| problem.is_error())?;
        Some(problem(
            PreflightArea::Files,
            "the files of the folder",
            format!("they have mistakes, and the last good reading holds: {first}"),
            "`copydesk check` names each mistake",
        ))
    }

    /// Passwords that alarms need.
    fn alarms(&self, release: &Release) -> Option<PreflightProblem> {
        let mail = release.config.alarms.mail.as_ref()?;
        let error = self.environment.mail_password(mail, &self.dir).err()?;
        Some(problem(
            PreflightArea::Credentials,
            "[alarms.mail]",
            error.to_string(),
            "mend it, and try the way with `copydesk check --alarms`",
        ))
    }
}

#[async_trait]
impl Preflight for Probes {
    async fn look(&self, release: &Release) -> Vec<PreflightProblem> {
        let probes = self.clone();
        let files = tokio::task::spawn_blocking(move || (probes.files(), place::look(&probes.dir)));
        let (files, tools, models) = tokio::join!(
            files,
            tools::look(&self.hub, release, &self.environment),
            models::look(&self.router, release, &self.environment, &self.dir)
        );
        let mut problems = Vec::new();
        if let Ok((files, place)) = files {
            problems.extend(files);
            problems.extend(place);
        }
        problems.extend(self.alarms(release));
        problems.extend(tools);
        problems.extend(models);
        problems
    }
}

fn problem(
    area: PreflightArea,
    about: impl Into<String>,
    problem: impl Into<String>,
    next: impl Into<String>,
) -> PreflightProblem {
    PreflightProblem {
        area,
        about: about.into(),
        problem: crate::words::cut(&crate::words::line(&problem.into()), 300),
        next: next.into(),
    }
}
