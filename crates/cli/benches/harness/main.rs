//! What the harness costs: runs of four `custom` stages through the daemon, beside a bare loop that makes the same calls
//! and commits, alternating in one go.
//!
//! A run makes twelve calls to a model and twelve to a tool over HTTP, and four artifacts of 8 KB; it is started,
//! awaited and approved over the JSON API. Model and tool server are one stub in a process of its own, and no answer of it
//! is like another. The bare loop posts the very bodies that the product posted, and stores what the product stores of
//! them, outcomes, recordings of models and artifacts, as rows of the same size on one SQLite thread with prepared
//! statements and group commit. A third side is the same loop by async-openai, rmcp and sqlx: no harness on these crates
//! is cheaper.
//!
//! `cargo bench --bench harness` takes some minutes; `-- --long` adds ten thousand finished runs, `-- --first` measures
//! starts only, `-- --product 8 800` puts a load on the product alone, for a profiler, and `--product 64 10000 1 400` a second one
//! after it, in the same process or, with `0 0` between them, in a new one. `-- --check` ends with exit code 1
//! where a bar is missed. Times are of the machine at that moment: quote ratios.

#![expect(
    clippy::disallowed_methods,
    reason = "the bench is the world around the program, and its own bare loop"
)]

mod bare;
mod crates;
mod driver;
mod folder;
mod loops;
mod process;
mod product;
mod report;
mod stub;

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::driver::{Load, Sample};
use crate::product::Product;
use crate::report::{Full, Pair, Report};
use crate::stub::StubProcess;

/// Runs at once, and runs in each sample.
const LOADS: [Load; 3] = [
    Load { at_once: 1, runs: 40 },
    Load {
        at_once: 8,
        runs: 160,
    },
    Load {
        at_once: 64,
        runs: 320,
    },
];
/// Samples of each side; they alternate, and the median counts.
const ROUNDS: usize = 3;
/// First runs of each side: a start is short, so that one slow sync moves it.
const FIRST_ROUNDS: usize = 15;
/// Finished runs that a full database holds.
const FINISHED: usize = 10_000;
/// An idle daemon is measured after so long.
const IDLE: Duration = Duration::from_mins(1);

fn main() -> anyhow::Result<()> {
    copydesk_net::install_crypto();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    match arguments.first().map(String::as_str) {
        Some("stub") => runtime.block_on(stub::serve()),
        Some("bare") => runtime.block_on(loops::main(&arguments[1..], bare::open)),
        Some("crates") => runtime.block_on(loops::main(&arguments[1..], crates::open)),
        Some("--product") => runtime.block_on(alone(&arguments[1..])),
        _ if has("--help") => {
            println!(
                "cargo bench --bench harness -- [--long] [--quick] [--first] [--check] | --product AT_ONCE RUNS [AT_ONCE RUNS]…"
            );
            Ok(())
        }
        // `cargo test --benches` builds this and asks it to run as a test.
        _ if has("--test") => Ok(()),
        _ => {
            let rounds = if has("--quick") { 1 } else { ROUNDS };
            let report = if has("--first") {
                runtime.block_on(measure_first(FIRST_ROUNDS))?
            } else {
                runtime.block_on(measure(has("--long"), rounds))?
            };
            print!("{report}");
            std::process::exit(i32::from(has("--check") && !report.bars().are_met()));
        }
    }
}

/// Loads on one product and on nothing else, one after the other: for a profiler.
async fn alone(arguments: &[String]) -> anyhow::Result<()> {
    let (loads, []) = arguments.as_chunks() else {
        anyhow::bail!("--product AT_ONCE RUNS [AT_ONCE RUNS]… (0 0: the process is started anew)");
    };
    let stub = StubProcess::start()?;
    let on_disk = scratch(&target_folder())?;
    let mut product = Product::start(&stub, on_disk.path()).await?;
    for [at_once, runs] in loads {
        if at_once == "0" {
            product.start_anew().await?;
            continue;
        }
        let load = Load {
            at_once: at_once.parse()?,
            runs: runs.parse()?,
        };
        println!("process {}: {load:?}", product.id());
        println!("{:#?}", driver::sample(&product, load).await?);
    }
    product.stop()
}

/// Starts only.
async fn measure_first(rounds: usize) -> anyhow::Result<Report> {
    let stub = StubProcess::start()?;
    let on_disk = scratch(&target_folder())?;
    let mut report = Report::default();
    first(&stub, on_disk.path(), rounds, &mut report).await?;
    Ok(report)
}

/// Starts, loads, and unless it is to be quick (one round) an idle minute.
async fn measure(is_long: bool, rounds: usize) -> anyhow::Result<Report> {
    let stub = StubProcess::start()?;
    let on_disk = scratch(&target_folder())?;
    let mut report = Report::default();
    let starts = if rounds > 1 { FIRST_ROUNDS } else { rounds };
    first(&stub, on_disk.path(), starts, &mut report).await?;
    for load in LOADS {
        println!("{} at once", load.at_once);
        report
            .pairs
            .push(pair(&stub, on_disk.path(), load, rounds).await?);
    }
    if is_long {
        println!("with {FINISHED} finished runs");
        report.full = Some(full(&stub, on_disk.path(), rounds).await?);
    }
    if rounds > 1 {
        println!("idle for {} s", IDLE.as_secs());
        report.idle_bytes = Some(product::idle(&stub, on_disk.path(), IDLE).await?);
    }
    Ok(report)
}

/// From the start of a process to the end of its first run, alternating.
async fn first(stub: &StubProcess, on_disk: &Path, rounds: usize, report: &mut Report) -> anyhow::Result<()> {
    let in_memory = scratch(Path::new("/dev/shm"))?;
    println!("process start to first run done");
    for _ in 0..rounds {
        let memory = product::first_run(stub, in_memory.path()).await?;
        report.first_in_memory.push(memory);
        report
            .first_on_disk
            .push(product::first_run(stub, on_disk).await?);
        report.first_bare.push(loops::first_run("bare", stub, on_disk)?);
    }
    Ok(())
}

/// All sides under one load, alternating.
async fn pair(stub: &StubProcess, at: &Path, load: Load, rounds: usize) -> anyhow::Result<Pair> {
    let (mut ours, mut bare, mut crates) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let product = Product::start(stub, at).await?;
        ours.push(driver::sample(&product, load).await?);
        product.stop()?;
        bare.push(loops::sample("bare", stub, at, load)?);
        crates.push(loops::sample("crates", stub, at, load)?);
    }
    Ok(Pair {
        load,
        ours: Sample::median(ours),
        bare: Sample::median(bare),
        crates: Sample::median(crates),
    })
}

/// One run at a time with an empty database and with many finished runs: these in the process that has just made them, and
/// in one that was started anew, which has of them what the database holds.
async fn full(stub: &StubProcess, at: &Path, rounds: usize) -> anyhow::Result<Full> {
    let load = LOADS[0];
    let empty = Product::start(stub, at).await?;
    let mut many = Product::start(stub, at).await?;
    let fill = Load {
        at_once: 64,
        runs: FINISHED,
    };
    driver::sample(&many, fill).await?;
    let (mut before, mut worn, mut anew) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        before.push(driver::sample(&empty, load).await?);
        worn.push(driver::sample(&many, load).await?);
    }
    many.start_anew().await?;
    for _ in 0..rounds {
        before.push(driver::sample(&empty, load).await?);
        anew.push(driver::sample(&many, load).await?);
    }
    empty.stop()?;
    many.stop()?;
    Ok(Full {
        empty: Sample::median(before),
        worn: Sample::median(worn),
        anew: Sample::median(anew),
    })
}

fn scratch(at: &Path) -> anyhow::Result<tempfile::TempDir> {
    Ok(tempfile::Builder::new().prefix("harness-").tempdir_in(at)?)
}

/// A folder on the disk that the program itself is built on.
fn target_folder() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
}
