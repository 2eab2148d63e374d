//! The real binary under a clock that is set while it runs (libfaketime): the wall clock moves, the monotonic one does
//! not, as where a machine sleeps or a person sets the time.

use std::path::PathBuf;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

use crate::feed_house::FeedHouse;
use crate::programs::{can_fake_time, is_long};
use crate::rig::{Desk, list, word};
use crate::service::{Service, token};

/// A daemon whose wall clock is a file.
pub struct Faked {
    pub feeds: FeedHouse,
    pub desk: Desk,
    offset: PathBuf,
    _outside: tempfile::TempDir,
}

impl Faked {
    /// A folder whose `daily` runs in Berlin, and nobody waits for an author.
    pub fn new(test: &str, local: &str) -> Option<Self> {
        if !can_fake_time(test) {
            return None;
        }
        let feeds = FeedHouse::serve(berlin(local));
        let desk = feeds.desk();
        let outside = tempfile::tempdir().unwrap();
        let faked = Self {
            feeds,
            desk,
            offset: outside.path().join("offset"),
            _outside: outside,
        };
        faked.set(local);
        Some(faked)
    }

    /// Sets the wall clock to a local time of Berlin.
    pub fn set(&self, local: &str) {
        let at = berlin(local);
        self.feeds.move_to(at);
        let offset = at.as_second() - Timestamp::now().as_second();
        // The daemon must never see half a file.
        let beside = self.offset.with_extension("new");
        std::fs::write(&beside, format!("{offset:+}\n")).unwrap();
        std::fs::rename(beside, &self.offset).unwrap();
    }

    /// Starts the daemon under that clock and waits until it knows the schedule.
    pub fn start(&self) -> Service {
        let service = self.start_with(&[]);
        self.is_planned(&service);
        service
    }

    /// Waits until the schedule is stored. A schedule counts from its first sight, and a daemon that listens may not have
    /// looked yet: a clock that is set before it does skips the slot for good.
    pub fn is_planned(&self, service: &Service) {
        let file = self.desk.dir().join("data/copydesk.db");
        service.wait_for("the schedule is stored", || {
            let database = Connection::open_with_flags(&file, OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
            let stored = "SELECT schedule FROM pipeline_control WHERE schedule IS NOT NULL";
            let schedule = database.query_row(stored, [], |row| row.get::<_, String>(0));
            schedule.ok().map(|_| ())
        });
    }

    /// The same, with more in its environment.
    pub fn start_with(&self, more: &[(&str, &str)]) -> Service {
        let offset = self.offset.to_str().unwrap();
        let mut variables = vec![
            ("FAKETIME_TIMESTAMP_FILE", offset),
            ("FAKETIME_NO_CACHE", "1"),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            ("LD_PRELOAD", library()),
        ];
        variables.extend(more);
        Service::start(&self.desk, &[], &[], &variables)
    }

    /// Sets the wall clock and waits until the daemon notices it by itself: within five seconds by its beat, or within a
    /// minute by its timer, where the clock was set back.
    fn sleep_until(&self, service: &Service, local: &str) {
        let before = jumps(service);
        self.set(local);
        Self::is_noticed(service, before);
    }

    /// Sets the wall clock and has the daemon look at once, as whenever something is committed. The long form waits.
    pub fn jump(&self, service: &Service, local: &str) {
        let before = jumps(service);
        self.set(local);
        if !is_long() {
            token(&self.desk, &[]);
        }
        Self::is_noticed(service, before);
    }

    fn is_noticed(service: &Service, before: usize) {
        service.wait_for("the jump is noticed", || (jumps(service) > before).then_some(()));
    }

    /// The slots of `daily` with a verdict or a row, oldest first.
    pub fn slots(&self) -> Vec<Value> {
        let all = self.desk.json(0, &["schedule"]);
        let of_daily = all
            .as_array()
            .unwrap()
            .iter()
            .filter(|slot| slot["pipeline"] == "daily");
        of_daily
            .filter(|slot| !slot["state"].is_null())
            .cloned()
            .collect()
    }

    /// Waits until the slot of a local date has one of these outcomes; gives it.
    pub fn slot(&self, service: &Service, date: &str, states: &[&str]) -> Value {
        service.wait_for(&format!("the slot of {date} is one of {states:?}"), || {
            let slots = self.slots();
            let slot = slots.iter().find(|slot| word(slot, "local").starts_with(date))?;
            // Its row comes first, then its run.
            let is_started = slot["state"] == "skipped" || !slot["run"].is_null();
            (is_started && states.contains(&slot["state"].as_str()?)).then(|| slot.clone())
        })
    }

    /// Waits until a stage of a run has a state; gives the stage.
    pub fn stage(&self, service: &Service, run: &Value, name: &str, wanted: &str) -> Value {
        let run = run.as_str().expect("the slot has a run");
        service.wait_for(&format!("{name} of {run} is {wanted}"), || {
            let shown = self.desk.json(0, &["show", run]);
            let mut stages = list(&shown, "stages").iter();
            let stage = stages.find(|stage| stage["stage"] == name)?;
            (stage["state"] == wanted).then(|| stage.clone())
        })
    }

    /// Slots and runs are one to one, and each due time has one row.
    pub fn nothing_is_doubled(&self, runs: usize) {
        let slots = self.slots();
        let mut nominals: Vec<&str> = slots.iter().map(|slot| word(slot, "nominal")).collect();
        nominals.sort_unstable();
        nominals.dedup();
        assert_eq!(nominals.len(), slots.len(), "{slots:?}");
        let all = self.desk.json(0, &["runs"]);
        assert_eq!(all.as_array().unwrap().len(), runs, "{all}");
    }
}

/// How often a daemon said that the clock was set.
fn jumps(service: &Service) -> usize {
    service.said().matches("the clock was set").count()
}

/// A local time of Berlin in words that instants begin with.
fn utc(local: &str) -> String {
    berlin(local).strftime("%FT%H:%M").to_string()
}

fn berlin(local: &str) -> Timestamp {
    let wall: jiff::civil::DateTime = local.parse().unwrap();
    wall.to_zoned(TimeZone::get("Europe/Berlin").unwrap())
        .unwrap()
        .timestamp()
}

/// The library that `faketime` has its programs load.
fn library() -> &'static str {
    static FOUND: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    FOUND.get_or_init(|| {
        let output = std::process::Command::new("faketime")
            .args(["2000-01-01 00:00:00", "sh", "-c", "echo $LD_PRELOAD"])
            .output()
            .unwrap();
        crate::rig::text(&output.stdout).trim().to_owned()
    })
}

#[test]
fn a_machine_that_sleeps_until_half_past_nine_runs_its_day_late() {
    let test = "a_machine_that_sleeps_until_half_past_nine_runs_its_day_late";
    let Some(faked) = Faked::new(test, "2026-11-24T04:50:00") else {
        return;
    };
    let service = faked.start();
    assert_eq!(faked.slots(), [0; 0], "at ten to five nothing is due");
    faked.sleep_until(&service, "2026-11-24T09:30:00");
    let slot = faked.slot(&service, "2026-11-24", &["ran", "ran_late"]);
    assert_eq!(slot["state"], "ran_late", "{slot}");
    let research = faked.stage(&service, &slot["run"], "research", "completed");
    assert!(
        word(&research, "started_at").starts_with(&utc("2026-11-24T09:30:00")),
        "{research}"
    );
    faked.stage(&service, &slot["run"], "draft", "completed");
    faked.stage(&service, &slot["run"], "review", "completed");
    assert!(faked.feeds.asked() > 0, "the feed was read");
    faked.nothing_is_doubled(1);
    service.stop();
}

#[test]
fn a_machine_that_sleeps_until_noon_skips_its_day_and_says_why() {
    let test = "a_machine_that_sleeps_until_noon_skips_its_day_and_says_why";
    let Some(faked) = Faked::new(test, "2026-11-24T04:50:00") else {
        return;
    };
    let service = faked.start();
    assert_eq!(faked.slots(), [0; 0]);
    faked.sleep_until(&service, "2026-11-24T12:00:00");
    let slot = faked.slot(&service, "2026-11-24", &["skipped"]);
    assert!(
        word(&slot, "reason").starts_with("past worth_until 11:00"),
        "{slot}"
    );
    assert_eq!(faked.feeds.asked(), 0, "nothing is read");
    // The next day is as any other.
    faked.jump(&service, "2026-11-25T05:00:30");
    let next = faked.slot(&service, "2026-11-25", &["pending", "ran"]);
    faked.stage(&service, &next["run"], "research", "completed");
    faked.nothing_is_doubled(1);
    service.stop();
}

/// The clocks of Berlin go from two to three on 28 March 2027; what is due at half past two is due at three.
#[test]
fn a_time_in_the_spring_gap_comes_once_at_its_end() {
    let test = "a_time_in_the_spring_gap_comes_once_at_its_end";
    let Some(faked) = Faked::new(test, "2027-03-28T01:59:00") else {
        return;
    };
    let pipeline = "pipelines/daily.toml";
    faked.desk.replace(pipeline, "\"0 5 * * *\"", "\"30 2 * * *\"");
    faked.desk.replace(pipeline, "at = \"05:00\"", "at = \"02:30\"");
    let service = faked.start();
    assert_eq!(faked.slots(), [0; 0]);
    faked.jump(&service, "2027-03-28T03:00:10");
    let slot = faked.slot(&service, "2027-03-28", &["pending"]);
    assert_eq!(
        (word(&slot, "nominal"), word(&slot, "local")),
        ("2027-03-28T01:00:00Z", "2027-03-28T03:00:00+02:00")
    );
    let research = faked.stage(&service, &slot["run"], "research", "completed");
    assert!(
        word(&research, "started_at").starts_with("2027-03-28T01:00"),
        "{research}"
    );
    faked.jump(&service, "2027-03-28T09:00:30");
    assert_eq!(
        faked.slot(&service, "2027-03-28", &["ran", "ran_late"])["state"],
        "ran"
    );
    faked.jump(&service, "2027-03-29T02:30:10");
    let next = faked.slot(&service, "2027-03-29", &["pending"]);
    assert_eq!(word(&next, "local"), "2027-03-29T02:30:00+02:00");
    faked.stage(&service, &next["run"], "research", "completed");
    faked.nothing_is_doubled(2);
    service.stop();
}

#[test]
fn a_clock_that_is_set_back_runs_nothing_twice() {
    let test = "a_clock_that_is_set_back_runs_nothing_twice";
    let Some(faked) = Faked::new(test, "2026-11-24T04:59:30") else {
        return;
    };
    let service = faked.start();
    faked.jump(&service, "2026-11-24T05:00:05");
    let slot = faked.slot(&service, "2026-11-24", &["pending"]);
    let research = faked.stage(&service, &slot["run"], "research", "completed");
    let asked = faked.feeds.asked();
    faked.jump(&service, "2026-11-24T04:00:10");
    faked.jump(&service, "2026-11-24T05:00:20");
    assert_eq!(
        faked.stage(&service, &slot["run"], "research", "completed"),
        research
    );
    faked.jump(&service, "2026-11-24T07:00:05");
    let draft = faked.stage(&service, &slot["run"], "draft", "completed");
    faked.jump(&service, "2026-11-24T06:30:00");
    assert_eq!(faked.stage(&service, &slot["run"], "draft", "completed"), draft);
    faked.jump(&service, "2026-11-24T09:00:05");
    faked.stage(&service, &slot["run"], "review", "completed");
    assert_eq!(
        faked.slot(&service, "2026-11-24", &["ran", "ran_late"])["run"],
        slot["run"]
    );
    assert_eq!(faked.feeds.asked(), asked, "the feed is read once");
    faked.nothing_is_doubled(1);
    service.stop();
}

#[test]
fn a_clock_that_jumps_to_2038_or_1970_and_back_costs_no_day() {
    let test = "a_clock_that_jumps_to_2038_or_1970_and_back_costs_no_day";
    let Some(faked) = Faked::new(test, "2026-11-24T04:40:00") else {
        return;
    };
    let service = faked.start();
    faked.jump(&service, "2038-01-19T04:14:08");
    faked.jump(&service, "2026-11-24T04:50:00");
    faked.jump(&service, "1970-01-02T00:00:00");
    faked.jump(&service, "2026-11-24T05:00:05");
    let slot = faked.slot(&service, "2026-11-24", &["pending"]);
    faked.stage(&service, &slot["run"], "research", "completed");
    faked.jump(&service, "2026-11-24T07:00:05");
    faked.stage(&service, &slot["run"], "draft", "completed");
    faked.jump(&service, "2026-11-24T09:00:05");
    faked.stage(&service, &slot["run"], "review", "completed");
    faked.jump(&service, "2026-11-25T05:00:05");
    let next = faked.slot(&service, "2026-11-25", &["pending"]);
    faked.stage(&service, &next["run"], "research", "completed");
    let made = faked.desk.json(0, &["runs"]);
    let of_day = |run: &&Value| word(run, "run").contains("-2026112");
    assert_eq!(
        made.as_array().unwrap().iter().filter(of_day).count(),
        2,
        "{made}"
    );
    service.stop();
}
