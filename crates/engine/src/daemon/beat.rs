//! The five-second beat: the one job that tokio-cron-scheduler is given.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio_cron_scheduler::{Job, JobScheduler};

/// Between two beats.
const BEAT: Duration = Duration::from_secs(5);
/// The scheduler's own end is not worth waiting for.
const STOP_MAX: Duration = Duration::from_secs(1);

/// A running beat.
pub(crate) struct Beat {
    scheduler: Option<JobScheduler>,
}

impl Beat {
    /// Starts it. Without a beat the timer wakes the planner, so a failure is only logged.
    pub(crate) async fn start(wake: Arc<Notify>) -> Self {
        match beat(wake).await {
            Ok(scheduler) => Self {
                scheduler: Some(scheduler),
            },
            Err(error) => {
                tracing::warn!(%error, "no five-second beat; the timer alone wakes the planner");
                Self { scheduler: None }
            }
        }
    }

    /// Ends it.
    pub(crate) async fn stop(mut self) {
        if let Some(mut scheduler) = self.scheduler.take() {
            let _ = tokio::time::timeout(STOP_MAX, scheduler.shutdown()).await;
        }
    }
}

/// The scheduler's tasks end by its own word only; a beat that is dropped unstopped would leave them behind.
impl Drop for Beat {
    fn drop(&mut self) {
        if let Some(mut scheduler) = self.scheduler.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(async move { scheduler.shutdown().await });
        }
    }
}

async fn beat(wake: Arc<Notify>) -> Result<JobScheduler, tokio_cron_scheduler::JobSchedulerError> {
    let scheduler = JobScheduler::new().await?;
    scheduler
        .add(Job::new_repeated(BEAT, move |_, _| wake.notify_one())?)
        .await?;
    scheduler.start().await?;
    Ok(scheduler)
}
