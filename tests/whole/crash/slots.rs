//! A crash of the daemon beside every kind of commit that a due time makes: the slot runs once, and is told once.

use std::collections::BTreeSet;

use super::day::ABORTED;
use super::registry::{MORNING, assert_covered};
use crate::clock::Faked;
use crate::rig::word;

/// Before the slot of five o'clock, and after it.
const EVE: &str = "2026-08-21T04:59:30";
const DUE: &str = "2026-08-21T05:00:02";

fn house(test: &str) -> Option<Faked> {
    let faked = Faked::new(test, EVE)?;
    faked.feeds.is_pinged_by(&faked.desk);
    Some(faked)
}

/// The morning until research has its artifact, with what is committed on the way.
fn golden(test: &str) -> Option<BTreeSet<String>> {
    let faked = house(test)?;
    let log = faked.desk.dir().join("commits.log");
    let service = faked.start_with(&[("COPYDESK_CRASH_LOG", log.to_str().unwrap())]);
    faked.is_planned(&service);
    faked.set(DUE);
    crate::service::token(&faked.desk, &[]);
    let slot = faked.slot(&service, "2026-08-21", &["pending", "ran", "ran_late"]);
    faked.stage(&service, &slot["run"], "research", "completed");
    let committed = || -> BTreeSet<String> {
        let log = std::fs::read_to_string(&log).unwrap();
        log.lines().map(ToOwned::to_owned).collect()
    };
    let all = service.wait_for("a notice is told", || {
        Some(committed()).filter(|committed| committed.contains("settle_notice"))
    });
    service.stop();
    Some(all)
}

#[test]
fn a_crash_at_the_planners_commits_runs_the_slot_once() {
    let test = "a_crash_at_the_planners_commits_runs_the_slot_once";
    let Some(committed) = golden(test) else {
        return;
    };
    let wanted: Vec<&str> = MORNING.iter().map(|(command, _)| *command).collect();
    assert_covered("a morning", &committed, &wanted);
    let points: Vec<String> = MORNING
        .iter()
        .flat_map(|(command, most)| (1..=*most).map(move |count| (command, count)))
        .flat_map(|(command, count)| ["before", "after"].map(|moment| format!("{command}/{moment}/{count}")))
        .collect();
    std::thread::scope(|scope| {
        for half in points.chunks(points.len().div_ceil(2)) {
            scope.spawn(move || half.iter().for_each(|point| crash_at(test, point)));
        }
    });
}

fn crash_at(test: &str, point: &str) {
    let faked = house(test).expect("time can be faked here");
    if !point.starts_with("set_schedule") {
        faked.start().stop();
        faked.set(DUE);
    }
    let service = faked.start_with(&[("COPYDESK_CRASH", point)]);
    assert_eq!(service.ended_by(), Some(ABORTED), "{point}: it never crashed");
    let service = faked.start();
    if point.starts_with("set_schedule") {
        faked.set(DUE);
        crate::service::token(&faked.desk, &[]);
    }
    let slot = faked.slot(&service, "2026-08-21", &["pending", "ran", "ran_late"]);
    let research = faked.stage(&service, &slot["run"], "research", "completed");
    println!("{point}: {} {}", slot["state"], word(&research, "reason"));
    faked.nothing_is_doubled(1);
    let starts = || {
        let pings = faked.feeds.pings();
        pings.iter().filter(|ping| *ping == "daily/start").count()
    };
    service.wait_for("the start is told", || (starts() > 0).then_some(()));
    service.stop();
    // Who took a notice before the crash hears it again: nobody stored that it was told.
    let most = if point.starts_with("settle_notice") { 2 } else { 1 };
    assert!(starts() <= most, "{point}: told {} times", starts());
}
