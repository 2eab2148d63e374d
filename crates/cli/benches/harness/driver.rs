//! A load on the daemon, and what came of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::process::{self, Usage};
use crate::product::Product;

/// How much is asked.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// Runs at once.
    pub at_once: usize,
    /// Runs in all.
    pub runs: usize,
}

/// What a load took.
#[derive(Debug, Clone, Default)]
pub struct Sample {
    /// Runs in a second.
    pub runs_per_second: f64,
    /// CPU of one run.
    pub cpu: Duration,
    /// Median time of one run.
    pub p50: Duration,
    /// 99th percentile of it.
    pub p99: Duration,
    /// Proportional memory at the end, in bytes.
    pub memory: u64,
    /// Commits of one run.
    pub commits: f64,
    /// Bytes of one run handed to the disk.
    pub written: u64,
}

impl Sample {
    /// From the times of all runs and what the process used for them.
    pub fn of(mut times: Vec<Duration>, lasted: Duration, used: Usage, memory: u64, commits: u64) -> Self {
        times.sort_unstable();
        let runs = times.len().max(1);
        let percentile = |share: f64| {
            let place = ((runs - 1) as f64 * share).round();
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a place in a list"
            )]
            times.get(place as usize).copied().unwrap_or_default()
        };
        Self {
            runs_per_second: runs as f64 / lasted.as_secs_f64(),
            cpu: used.cpu / u32::try_from(runs).unwrap_or(u32::MAX),
            p50: percentile(0.5),
            p99: percentile(0.99),
            memory,
            commits: commits as f64 / runs as f64,
            written: used.written / runs as u64,
        }
    }

    /// The sample in the middle by its rate.
    pub fn median(mut samples: Vec<Self>) -> Self {
        samples.sort_by(|a, b| a.runs_per_second.total_cmp(&b.runs_per_second));
        let middle = samples.len() / 2;
        samples.swap_remove(middle)
    }
}

/// Puts a load on the daemon.
pub async fn sample(product: &Product, load: Load) -> anyhow::Result<Sample> {
    let left = Arc::new(AtomicUsize::new(load.runs));
    let (commits, used) = (product.commits().await?, Usage::of(product.id())?);
    let started = Instant::now();
    let workers = (0..load.at_once).map(|_| work(product, Arc::clone(&left)));
    let times = futures::future::try_join_all(workers).await?;
    let lasted = started.elapsed();
    let used = Usage::of(product.id())?.since(used);
    let commits = product.commits().await? - commits;
    let memory = process::memory(product.id())?;
    Ok(Sample::of(times.concat(), lasted, used, memory, commits))
}

async fn work(product: &Product, left: Arc<AtomicUsize>) -> anyhow::Result<Vec<Duration>> {
    let mut times = Vec::new();
    let take = || left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
    while take().is_ok() {
        let started = Instant::now();
        product.one_run().await?;
        times.push(started.elapsed());
    }
    Ok(times)
}
