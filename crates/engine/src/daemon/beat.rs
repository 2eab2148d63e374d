//! The five-second beat: the one job that tokio-cron-scheduler is given.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::{Notify, oneshot};
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

/// Between two beats.
const BEAT: Duration = Duration::from_secs(5);

/// A running beat, until dropped.
///
/// The scheduler's tasks hold one another and end with their runtime only, also after a shutdown. So they have a runtime
/// of their own, on a thread that does nothing else.
pub(crate) struct Beat {
    /// The thread ends when this is gone.
    _alive: oneshot::Sender<()>,
}

impl Beat {
    /// Starts it. Without a beat the timer wakes the planner, so a failure is only logged.
    pub(crate) fn start(wake: Arc<Notify>) -> Self {
        let (alive, gone) = oneshot::channel();
        let thread = std::thread::Builder::new().name("beat".to_owned());
        if let Err(error) = thread.spawn(move || run(wake, gone)) {
            no_beat(&error);
        }
        Self { _alive: alive }
    }
}

/// Beats until the other end is gone.
fn run(wake: Arc<Notify>, gone: oneshot::Receiver<()>) {
    let runtime = match Builder::new_current_thread().enable_time().build() {
        Ok(runtime) => runtime,
        Err(error) => return no_beat(&error),
    };
    let beaten = runtime.block_on(async {
        let _scheduler = schedule(wake).await?;
        // Nothing is ever sent: this ends when the beat is dropped.
        let _ = gone.await;
        Ok::<_, JobSchedulerError>(())
    });
    if let Err(error) = beaten {
        no_beat(&io::Error::other(error));
    }
}

fn no_beat(error: &io::Error) {
    tracing::warn!(%error, "no five-second beat; the timer alone wakes the planner");
}

async fn schedule(wake: Arc<Notify>) -> Result<JobScheduler, JobSchedulerError> {
    let scheduler = JobScheduler::new().await?;
    scheduler
        .add(Job::new_repeated(BEAT, move |_, _| wake.notify_one())?)
        .await?;
    scheduler.start().await?;
    Ok(scheduler)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beat_that_is_dropped_leaves_nothing_behind() {
        let wake = Arc::new(Notify::new());
        let beat = Beat::start(Arc::clone(&wake));
        drop(beat);
        let waited = std::time::Instant::now();
        while Arc::strong_count(&wake) > 1 {
            assert!(waited.elapsed() < Duration::from_secs(20), "its tasks live on");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}
