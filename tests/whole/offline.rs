//! The real binary at a due time at which no source can be read: first for a while, then all morning.

use serde_json::Value;

use crate::clock::Faked;
use crate::rig::{list, word};
use crate::service::{Service, token};

/// A day of Berlin that is due while the feed is down, once research waits; gives its slot.
fn put_off(faked: &Faked, service: &Service) -> Value {
    faked.feeds.is_down(true);
    faked.jump(service, "2026-11-24T05:00:30");
    let slot = faked.slot(service, "2026-11-24", &["pending"]);
    faked.stage(service, &slot["run"], "research", "waiting");
    assert_eq!(faked.feeds.asked(), 2, "asked, and once more after a short pause");
    slot
}

#[test]
fn a_day_whose_source_is_out_of_reach_at_five_is_read_when_it_is_back() {
    let test = "a_day_whose_source_is_out_of_reach_at_five_is_read_when_it_is_back";
    let Some(faked) = Faked::new(test, "2026-11-24T04:50:00") else {
        return;
    };
    let service = faked.start();
    let slot = put_off(&faked, &service);
    let run = word(&slot, "run");
    let shown = faked.desk.json(0, &["show", run]);
    assert_eq!(
        (word(&shown, "state"), &shown["waiting_for"]),
        ("waiting", &Value::Array(Vec::new()))
    );
    let research = &list(&shown, "stages")[0];
    let reason = word(research, "reason");
    assert!(
        reason.contains("HTTP 503") && reason.contains("until 2026-11-24T10:00:00Z"),
        "{reason}"
    );
    service.stop();
    let service = faked.start();
    faked.stage(&service, &slot["run"], "research", "waiting");
    assert_eq!(faked.feeds.asked(), 2, "a restart asks nobody before the time");
    faked.feeds.is_down(false);
    faked.jump(&service, "2026-11-24T09:30:00");
    faked.stage(&service, &slot["run"], "review", "completed");
    assert_eq!(faked.feeds.asked(), 3);
    let slot = faked.slot(&service, "2026-11-24", &["ran"]);
    assert_eq!(slot["reason"], Value::Null, "{slot}");
    service.stop();
    let replayed = faked.desk.json(0, &["replay", run]);
    assert_eq!(replayed["same"], true, "{replayed}");
    assert_eq!(faked.feeds.asked(), 3, "a replay asks nobody");
}

#[test]
fn a_day_on_which_nothing_could_be_read_is_told_as_a_failure() {
    let test = "a_day_on_which_nothing_could_be_read_is_told_as_a_failure";
    let Some(faked) = Faked::new(test, "2026-11-24T04:50:00") else {
        return;
    };
    faked.feeds.is_pinged_by(&faked.desk);
    faked.feeds.hears_of(&faked.desk);
    let service = faked.start();
    let slot = put_off(&faked, &service);
    faked.jump(&service, "2026-11-24T11:00:00");
    faked.stage(&service, &slot["run"], "review", "completed");
    let slot = faked.slot(&service, "2026-11-24", &["ran"]);
    assert_eq!(slot["reason"], "no source could be read", "{slot}");
    let pings = service.wait_for("the failure is told", || {
        // A commit has the daemon look before its minute is over.
        token(&faked.desk, &[]);
        let pings = faked.feeds.pings();
        pings.iter().any(|ping| ping == "daily/fail").then_some(pings)
    });
    assert!(pings.iter().all(|ping| ping != "daily"), "{pings:?}");
    service.wait_for("the alarm is told", || {
        let mut alarms = faked.feeds.alarms().into_iter();
        alarms.find(|alarm| alarm["kind"] == "failed")
    });
    // Once the network is back, one word has it read again.
    let before = faked.feeds.asked();
    faked.feeds.is_down(false);
    faked.desk.json(0, &["retry", word(&slot, "run")]);
    let research = service.wait_for("research has read it in a second round", || {
        let shown = faked.desk.json(0, &["show", word(&slot, "run")]);
        let research = list(&shown, "stages")[0].clone();
        (research["round"] == 2 && research["state"] == "completed").then_some(research)
    });
    println!("{research}");
    assert!(faked.feeds.asked() > before, "the feed was asked again");
    service.stop();
}
