//! What was measured, and whether it is good enough.

use std::fmt;
use std::time::Duration;

use crate::driver::{Load, Sample};
use crate::stub::{CALLS, STAGES};

/// All sides under one load.
#[derive(Debug)]
pub struct Pair {
    /// The load.
    pub load: Load,
    /// The product.
    pub ours: Sample,
    /// The bare loop.
    pub bare: Sample,
    /// The loop by the product's crates.
    pub crates: Sample,
}

/// One run at a time beside many finished ones.
#[derive(Debug)]
pub struct Full {
    /// Without finished runs.
    pub empty: Sample,
    /// With many, in the process that has just made them.
    pub worn: Sample,
    /// With the same, in a process that was started anew.
    pub anew: Sample,
}

/// Everything that was measured.
#[derive(Debug, Default)]
pub struct Report {
    /// Under each load.
    pub pairs: Vec<Pair>,
    /// One run at a time, without and with many finished runs.
    pub full: Option<Full>,
    /// Memory of an idle daemon.
    pub idle_bytes: Option<u64>,
    /// Process start to first run done, data in memory.
    pub first_in_memory: Vec<Duration>,
    /// The same on the disk.
    pub first_on_disk: Vec<Duration>,
    /// The same of the bare loop on the disk.
    pub first_bare: Vec<Duration>,
}

/// What was asked for, with what was found.
pub struct Bars(Vec<(String, f64, f64, bool)>);

impl Bars {
    /// Whether all of them are.
    pub fn are_met(&self) -> bool {
        self.0.iter().all(|(.., is_met)| *is_met)
    }

    fn at_most(&mut self, name: impl Into<String>, found: f64, bar: f64) {
        self.0.push((name.into(), found, bar, found <= bar));
    }

    fn at_least(&mut self, name: impl Into<String>, found: f64, bar: f64) {
        self.0.push((name.into(), found, bar, found >= bar));
    }
}

impl Report {
    /// The bars, as far as they were measured.
    pub fn bars(&self) -> Bars {
        let mut bars = Bars(Vec::new());
        for pair in &self.pairs {
            let at_once = pair.load.at_once;
            let rate = pair.ours.runs_per_second / pair.bare.runs_per_second;
            if at_once > 1 {
                bars.at_least(
                    format!("runs/s beside the bare loop, {at_once} at once"),
                    rate,
                    0.5,
                );
            }
            if at_once == 8 {
                let cpu = pair.ours.cpu.as_secs_f64() / pair.bare.cpu.as_secs_f64();
                bars.at_most("CPU beside the bare loop, 8 at once", cpu, 2.5);
            }
            if at_once == 1 {
                bars.at_most("commits of a run, 1 at once", pair.ours.commits, 30.0);
            }
        }
        if let Some(full) = &self.full {
            for (name, many) in [
                ("the process that made them", &full.worn),
                ("a new one", &full.anew),
            ] {
                let ratio = many.p50.as_secs_f64() / full.empty.p50.as_secs_f64();
                bars.at_most(
                    format!("p50 with 10,000 finished runs beside none, {name}"),
                    ratio,
                    1.1,
                );
            }
        }
        if let Some(bytes) = self.idle_bytes {
            bars.at_most("MB of an idle daemon", bytes as f64 / 1e6, 25.0);
        }
        if !self.first_in_memory.is_empty() {
            let [memory, disk, loops] =
                [&self.first_in_memory, &self.first_on_disk, &self.first_bare].map(|times| median(times));
            bars.at_most("s from process start to first run done, in memory", memory, 0.3);
            bars.at_most(
                format!("the same on the disk, {disk:.3} s beside {loops:.3} s of the bare loop"),
                disk / loops,
                2.0,
            );
        }
        bars
    }
}

fn median(times: &[Duration]) -> f64 {
    let mut times = times.to_vec();
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64()
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\n{:>8} {:<9}{:>9}{:>11}{:>10}{:>10}{:>9}{:>9}{:>11}",
            "at once", "", "runs/s", "CPU ms/run", "p50 ms", "p99 ms", "PSS MB", "commits", "KB/run"
        )?;
        for pair in &self.pairs {
            row(f, pair.load.at_once, "copydesk", &pair.ours)?;
            row(f, pair.load.at_once, "bare loop", &pair.bare)?;
            row(f, pair.load.at_once, "crates", &pair.crates)?;
        }
        if let Some(full) = &self.full {
            row(f, 1, "empty", &full.empty)?;
            row(f, 1, "10,000", &full.worn)?;
            row(f, 1, "anew", &full.anew)?;
        }
        writeln!(f)?;
        for pair in &self.pairs {
            let own = pair.ours.cpu.saturating_sub(pair.crates.cpu).as_secs_f64() * 1000.0;
            let (at_once, calls) = (pair.load.at_once, STAGES * CALLS);
            writeln!(
                f,
                "own CPU, {at_once} at once: {:.2} ms a call, {:.2} times the crates alone",
                own / calls as f64,
                pair.ours.cpu.as_secs_f64() / pair.crates.cpu.as_secs_f64()
            )?;
        }
        for (name, found, bar, is_met) in &self.bars().0 {
            let word = if *is_met { "ok    " } else { "MISSED" };
            writeln!(f, "{word}  {name}: {found:.2} (bar {bar})")?;
        }
        Ok(())
    }
}

fn row(f: &mut fmt::Formatter<'_>, at_once: usize, side: &str, sample: &Sample) -> fmt::Result {
    let ms = |time: Duration| 1000.0 * time.as_secs_f64();
    writeln!(
        f,
        "{at_once:>8} {side:<9}{:>9.1}{:>11.2}{:>10.1}{:>10.1}{:>9.1}{:>9.1}{:>11.1}",
        sample.runs_per_second,
        ms(sample.cpu),
        ms(sample.p50),
        ms(sample.p99),
        sample.memory as f64 / 1e6,
        sample.commits,
        sample.written as f64 / 1e3
    )
}
