//! Days on end: the real daemon loop on a real database, with a clock set by hand and something wrong every other day.
//!
//! Nothing may grow but the database, and that by what a day stores; every due time has a verdict; no reader gets an
//! issue twice. 60 days, or 1,000 with `COPYDESK_LONG=1`. The days run in a process of their own, so that its memory
//! and its files are theirs alone.

mod failing;
mod growth;
mod heard;
mod machine;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command as Program;

use copydesk_domain::{Instant, IssueState, PipelineName, SlotState};
use copydesk_engine::planner::Rule;
use copydesk_store::{SlotRecord, Store};
use jiff::civil::{Date, date};

use growth::{check_growth, explain_disk, measure};
use machine::Machine;

/// The year before the clock last changed in spring, so that a thousand days hold six changes.
const FIRST_DAY: Date = date(2026, 2, 10);
/// Tells the process of its own how many days to live.
const DAYS: &str = "COPYDESK_SOAK_DAYS";

#[test]
fn days_on_end_leave_memory_and_files_as_they_were() {
    let is_long = std::env::var("COPYDESK_LONG").is_ok_and(|long| long == "1");
    let days = if is_long { "1000" } else { "60" };
    let output = Program::new(std::env::current_exe().unwrap())
        .args(["--exact", "soak::in_a_process_of_its_own", "--nocapture"])
        .env(DAYS, days)
        // The backtrace of a stage that panics would load ninety megabytes of symbols, which stay.
        .env("RUST_BACKTRACE", "0")
        // Its processes come and go within one, each with threads of its own, and the allocator gives each thread an
        // arena that stays. That is no memory of the program, nor is what was freed and not yet given back.
        .env("MALLOC_ARENA_MAX", "1")
        .env("MALLOC_TRIM_THRESHOLD_", "65536")
        .env("MALLOC_MMAP_THRESHOLD_", "65536")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    println!("{said}");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}{stderr}");
    assert!(said.contains("days lived"), "they were lived: {said}");
}

#[test]
fn in_a_process_of_its_own() {
    let Some(days) = std::env::var(DAYS).ok().and_then(|days| days.parse().ok()) else {
        println!(
            "skipped: in_a_process_of_its_own: days_on_end_leave_memory_and_files_as_they_were starts it"
        );
        return;
    };
    let seed = std::env::var("COPYDESK_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or(20_261_127);
    println!("seed {seed} (COPYDESK_SEED sets another)");
    heard::listen();
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(live(folder.path(), days, seed));
    drop(runtime);
    explain_disk(&folder.path().join("store.db"), days);
}

/// What a day has in store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Day {
    Approved,
    Unapproved,
    SentBack,
    Rejected,
    ResearchFails,
    ToolFails,
    KilledInResearch,
    StoppedInResearch,
    StagePanics,
    StoreFails,
    ClockBack,
    ClockADayAhead,
    ClockTo2038,
    AsleepForThreeDays,
    CutOnTheWayBack,
    CutOnTheWayThere,
    KilledAfterTheCall,
}

/// Each kind with its share of a hundred days.
const SHARES: &[(Day, u64)] = &[
    (Day::Approved, 38),
    (Day::Unapproved, 10),
    (Day::SentBack, 6),
    (Day::Rejected, 4),
    (Day::ResearchFails, 4),
    (Day::ToolFails, 4),
    (Day::KilledInResearch, 5),
    (Day::StoppedInResearch, 4),
    (Day::StagePanics, 1),
    (Day::StoreFails, 3),
    (Day::ClockBack, 4),
    (Day::ClockADayAhead, 2),
    (Day::ClockTo2038, 2),
    (Day::AsleepForThreeDays, 2),
    (Day::CutOnTheWayBack, 4),
    (Day::CutOnTheWayThere, 4),
    (Day::KilledAfterTheCall, 3),
];

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % limit
    }

    fn day(&mut self) -> Day {
        let mut drawn = self.below(SHARES.iter().map(|(_, share)| share).sum());
        for (day, share) in SHARES {
            if drawn < *share {
                return *day;
            }
            drawn -= share;
        }
        Day::Approved
    }
}

async fn live(folder: &Path, days: usize, seed: u64) {
    let path = folder.join("store.db");
    let mut machine = Machine::new(path.clone());
    let mut random = Random(seed);
    machine.start().await;
    // The schedule counts from its first sight.
    machine
        .until(async || machine.process().store.controls().await.ok()?.first().map(|_| ()))
        .await;
    let (mut counts, mut measures) = (BTreeMap::<Day, usize>::new(), Vec::new());
    for number in 1..=days {
        let day = random.day();
        *counts.entry(day).or_default() += 1;
        machine.live(day).await;
        assert_eq!(machine.target.doubled(), [""; 0], "{}: {day:?}", machine.date);
        machine.date = machine.date.tomorrow().unwrap();
        measures.push(measure(&path).await);
        if number % 20 == 0 {
            println!("day {number}: {:?}", measures.last().unwrap());
        }
    }
    // The last evening, so that nothing is left open but what nobody decided.
    machine.set(machine.instant(4, 0));
    check_slots(&machine).await;
    machine.stop().await;
    println!("{days} days lived: {counts:?}");
    if days >= 60 {
        assert!(
            SHARES.iter().filter(|(day, _)| counts.contains_key(day)).count() >= 12,
            "{counts:?}"
        );
    }
    check_growth(&measures);
}

/// Every due time has one row, every row a verdict, and every published issue its one reader.
async fn check_slots(machine: &Machine) {
    let rows = machine.until(async || settled_rows(machine).await).await;
    let rule = Rule::parse("0 5 * * *", "Europe/Berlin").unwrap();
    let since: Instant = "2026-02-10T00:00:00Z".parse().unwrap();
    let now = machine.instant(4, 0);
    let due: Vec<Instant> = rule
        .after(since)
        .map(|found| found.nominal)
        .take_while(|at| *at <= now)
        .collect();
    let nominals: Vec<Instant> = rows.iter().map(|row| row.slot.nominal).collect();
    assert_eq!(nominals, due, "one row for each due time");
    let mut published = 0;
    for run in rows.iter().filter_map(|row| row.run.as_ref()) {
        let record = machine.process().store.run(run).await.unwrap().unwrap();
        published += usize::from(record.issue == IssueState::Published);
    }
    assert_eq!(
        machine.target.effects(),
        published,
        "one effect for each published issue"
    );
    let mut verdicts = BTreeMap::<&str, usize>::new();
    for row in &rows {
        *verdicts.entry(row.state.as_str()).or_default() += 1;
        let needs_a_reason = !matches!(row.state, SlotState::Ran);
        assert!(!needs_a_reason || row.reason.is_some(), "{row:?}");
    }
    println!("{} slots: {verdicts:?}; {published} issues published", rows.len());
}

async fn settled_rows(machine: &Machine) -> Option<Vec<SlotRecord>> {
    let name = PipelineName::new("daily");
    let rows = machine
        .process()
        .store
        .slots(&name, Instant::from_micros(0))
        .await
        .ok()?;
    rows.iter()
        .all(|row| row.state != SlotState::Pending)
        .then_some(rows)
}
