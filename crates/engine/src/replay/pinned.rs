//! Pins of the run that is replayed. Pure.

use std::collections::BTreeSet;

use copydesk_config::Release;
use copydesk_journal::is_pinned;

use super::change::{DEFAULT, tasks};

/// The tasks that a release pins to this machine: who is named for one of them in a replay keeps the promise.
pub(super) fn pinned_tasks(release: &Release) -> BTreeSet<String> {
    let routes = &release.config.routes;
    let is_pinned_task = |task: &String| {
        let route = routes.get(task).or_else(|| routes.get(DEFAULT));
        route.is_some_and(|route| is_pinned(&release.config, route))
    };
    tasks(release).into_iter().filter(is_pinned_task).collect()
}
