//! What a process has used, from the kernel's books.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;

/// What a process and its children have used so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Usage {
    /// Time on a core.
    pub cpu: Duration,
    /// Bytes handed to the disk.
    pub written: u64,
}

impl Usage {
    /// Of a running process.
    pub fn of(process: u32) -> anyhow::Result<Self> {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
        // The name in brackets may hold anything; the fields count from behind it.
        let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
        let ticks = |place: usize| fields.get(place).and_then(|text| text.parse::<u64>().ok());
        // utime, stime, and those of children that have ended.
        let ticks: u64 = [11, 12, 13, 14].into_iter().filter_map(ticks).sum();
        let io = std::fs::read_to_string(format!("/proc/{process}/io")).unwrap_or_default();
        let written = io.lines().find_map(|line| line.strip_prefix("write_bytes: "));
        Ok(Self {
            // A tick is 10 ms on every Linux that Rust knows.
            cpu: Duration::from_millis(10 * ticks),
            written: written.and_then(|text| text.parse().ok()).unwrap_or(0),
        })
    }

    /// What was used since an earlier look.
    pub fn since(self, earlier: Self) -> Self {
        Self {
            cpu: self.cpu.saturating_sub(earlier.cpu),
            written: self.written.saturating_sub(earlier.written),
        }
    }
}

/// Proportional memory of a process and its descendants, in bytes.
pub fn memory(process: u32) -> anyhow::Result<u64> {
    let mut total = proportional(process)?;
    for child in children(process) {
        total += memory(child).unwrap_or(0);
    }
    Ok(total)
}

fn proportional(process: u32) -> anyhow::Result<u64> {
    let rollup = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup"))?;
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
    let kilobytes: u64 = line
        .and_then(|line| line.trim().trim_end_matches(" kB").parse().ok())
        .context("smaps_rollup has no Pss")?;
    Ok(1024 * kilobytes)
}

fn children(process: u32) -> Vec<u32> {
    let tasks = std::fs::read_dir(format!("/proc/{process}/task"));
    let of_task = |task: PathBuf| std::fs::read_to_string(task.join("children")).unwrap_or_default();
    let lists = tasks
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| of_task(entry.path()));
    lists
        .flat_map(|list| {
            list.split_whitespace()
                .filter_map(|id| id.parse().ok())
                .collect::<Vec<u32>>()
        })
        .collect()
}
