//! What a daemon tells of by itself: looks ahead, silent feeds, runs that ended too fast, the morning receipt.

use std::sync::atomic::Ordering;

use copydesk_config::FeedConfig;
use copydesk_domain::artifact::{Artifact, ArtifactKind, FORMAT, FeedReading, ResearchBrief, Source, Window};
use copydesk_domain::{
    ContentHash, Instant, IssueState, Round, RunState, SlotState, StageState, StepState, Untrusted,
    WaitingFor,
};
use copydesk_journal::FeedHeard;
use copydesk_store::{
    Applied, Command, Lease, PreflightArea, PreflightProblem, RunParams, Slot, StepParams, Store,
};

use crate::house::{House, daily, release};

const FEED: &str = "https://a.example/feed";

fn at(text: &str) -> Instant {
    text.parse().expect("a time")
}

fn told(house: &House) -> Vec<String> {
    house.notices.told.lock().unwrap().clone()
}

pub async fn until_told(house: &House, key: &str) {
    house
        .until(|| async { told(house).iter().any(|told| told == key).then_some(()) })
        .await;
}

pub fn times(house: &House, start: &str) -> usize {
    told(house).iter().filter(|key| key.starts_with(start)).count()
}

#[tokio::test]
async fn a_look_ahead_comes_once_half_an_hour_before_a_slot() {
    let house = House::new("2026-11-22T03:20:00Z", daily(""));
    house.ahead.problems.lock().unwrap().push(PreflightProblem {
        area: PreflightArea::Tools,
        about: "files".to_owned(),
        problem: "it does not start".to_owned(),
        next: "look at [mcpServers.files]".to_owned(),
    });
    let process = house.start();
    process.idle().await;
    assert_eq!(
        house.ahead.looks.load(Ordering::SeqCst),
        0,
        "40 minutes before it is too soon"
    );
    process.at(&house, "2026-11-22T03:30:00Z");
    until_told(&house, "preflight/daily/2026-11-22T04:00:00Z").await;
    process.at(&house, "2026-11-22T03:45:00Z");
    process.idle().await;
    process.stop().await;
    let second = house.start();
    second.idle().await;
    second.at(&house, "2026-11-22T04:00:01Z");
    house.until_run(|run| run.state == RunState::Waiting).await;
    second.idle().await;
    assert_eq!(
        house.ahead.looks.load(Ordering::SeqCst),
        1,
        "once, also for a second process"
    );
    assert_eq!(times(&house, "preflight/"), 1);
    second.at(&house, "2026-11-23T03:31:00Z");
    until_told(&house, "preflight/daily/2026-11-23T04:00:00Z").await;
    second.stop().await;
}

#[tokio::test]
async fn a_look_ahead_that_hangs_delays_no_run() {
    let house = House::new("2026-11-22T03:40:00Z", daily(""));
    house.ahead.hangs.store(true, Ordering::SeqCst);
    let process = house.start();
    house
        .until(|| async { (house.ahead.looks.load(Ordering::SeqCst) == 1).then_some(()) })
        .await;
    process.at(&house, "2026-11-22T04:00:01Z");
    house.until_run(|run| run.state == RunState::Waiting).await;
    assert_eq!(house.script.diary.count("research/3"), 1);
    process.stop().await;
}

#[tokio::test]
async fn a_day_that_a_person_left_out_has_no_look_ahead_and_no_receipt() {
    let house = House::new("2026-11-22T03:20:00Z", daily(""));
    let date = jiff::civil::date(2026, 11, 22);
    let skip = Command::SkipDate {
        pipeline: "daily".into(),
        date,
    };
    house.store.apply(skip).await.unwrap();
    let process = house.start();
    process.at(&house, "2026-11-22T03:45:00Z");
    process.idle().await;
    process.at(&house, "2026-11-22T04:00:01Z");
    house.until_slot(SlotState::Skipped).await;
    process.idle().await;
    assert_eq!(house.ahead.looks.load(Ordering::SeqCst), 0);
    assert_eq!(house.store.open_notices(9).await.unwrap(), []);
    process.stop().await;
}

#[tokio::test]
async fn a_budget_that_is_nearly_used_up_is_told_once_for_its_scope_and_period() {
    let now = at("2026-11-21T23:30:00Z");
    let house = House::new("2026-11-21T23:30:00Z", daily(""));
    let lease = past_lease(&house, 21, now).await;
    // Half an hour past midnight in Berlin: $4.20 of the new day's $5.00 and of the month's $50.00.
    let reserve = Command::ReserveSpend {
        lease,
        stage: "research".into(),
        round: Round::FIRST,
        key: "take_notes/1".into(),
        task: "take_notes".to_owned(),
        model: "large".to_owned(),
        amount: copydesk_domain::MicroUsd(4_200_000),
        limits: Vec::new(),
        at: now,
    };
    house.store.apply(reserve).await.unwrap();
    let process = house.start();
    until_told(&house, "budget_near/day/2026-11-22").await;
    process.at(&house, "2026-11-21T23:31:00Z");
    process.idle().await;
    process.stop().await;
    let second = house.start();
    second.idle().await;
    assert_eq!(times(&house, "budget_near/day/"), 1, "{:?}", told(&house));
    assert_eq!(times(&house, "budget_near/month/"), 0);
    second.stop().await;
}

#[tokio::test]
async fn a_silent_feed_is_told_once_and_again_after_it_spoke() {
    let mut pipeline = daily("");
    pipeline.feeds = vec![FeedConfig {
        url: FEED.to_owned(),
        title: None,
        beats: Vec::new(),
        owner: None,
    }];
    let house = House::new("2026-11-22T12:00:00Z", pipeline);
    let heard = |days: &[&str]| FeedHeard {
        published: days.iter().map(|day| at(&format!("{day}T09:00:00Z"))).collect(),
        answered_at: at("2026-11-15T04:00:00Z"),
    };
    let set = |days: &[&str]| {
        house
            .ahead
            .heard
            .lock()
            .unwrap()
            .insert(FEED.to_owned(), heard(days))
    };
    set(&["2026-11-07", "2026-11-08", "2026-11-09", "2026-11-10"]);
    let process = house.start();
    until_told(&house, &format!("feed_silent/{FEED}/2026-11-10T09:00:00Z")).await;
    process.at(&house, "2026-11-22T14:00:00Z");
    process.idle().await;
    assert_eq!(times(&house, "feed_silent/"), 1);
    set(&["2026-11-08", "2026-11-09", "2026-11-10", "2026-11-22"]);
    process.at(&house, "2026-11-22T16:00:00Z");
    process.idle().await;
    // A leap of more than a week is not believed at once.
    process.at(&house, "2026-11-28T16:00:00Z");
    process.idle().await;
    process.at(&house, "2026-12-02T16:00:00Z");
    until_told(&house, &format!("feed_silent/{FEED}/2026-11-22T09:00:00Z")).await;
    assert_eq!(times(&house, "feed_silent/"), 2);
    process.stop().await;
}

#[tokio::test]
async fn the_morning_has_one_receipt_that_names_the_page() {
    let house = House::new("2026-11-22T03:59:00Z", daily(""));
    let process = house.start();
    process.idle().await;
    process.at(&house, "2026-11-22T04:00:01Z");
    house.until_run(|run| run.state == RunState::Waiting).await;
    process.idle().await;
    assert!(
        house.notices.receipts.lock().unwrap().is_empty(),
        "the day is not decided"
    );
    process.at(&house, "2026-11-22T08:00:00Z");
    let run = house
        .until_run(|run| run.waiting_for == [WaitingFor::Approval])
        .await;
    let receipt = house
        .until(|| async { house.notices.receipts.lock().unwrap().first().cloned() })
        .await;
    assert_eq!(receipt.key, "receipt/daily/2026-11-22");
    assert_eq!(receipt.message, "daily, 2026-11-22: an issue waits for you");
    let body = receipt.body.unwrap();
    let page = format!("http://127.0.0.1:7420/runs/{run}");
    assert!(
        body.contains(&page) && body.contains("research completed"),
        "{body}"
    );
    let details: serde_json::Value = serde_json::from_str(&receipt.details.unwrap()).unwrap();
    assert_eq!(details["run"]["page"], page);
    process.stop().await;
    let second = house.start();
    second.idle().await;
    second.idle().await;
    assert_eq!(
        house.notices.receipts.lock().unwrap().len(),
        1,
        "one, also from a second process"
    );
    second.stop().await;
}

#[tokio::test]
async fn a_day_without_an_issue_has_a_receipt_too() {
    let house = House::new("2026-11-22T03:59:00Z", daily(""));
    house.script.fails_research.send_replace(true);
    let process = house.start();
    process.idle().await;
    process.at(&house, "2026-11-22T04:00:01Z");
    house.until_slot(SlotState::Skipped).await;
    let receipt = house
        .until(|| async { house.notices.receipts.lock().unwrap().first().cloned() })
        .await;
    assert_eq!(receipt.message, "daily, 2026-11-22: there is no issue");
    assert!(receipt.body.unwrap().contains("no feed answered"));
    process.stop().await;
}

#[tokio::test]
async fn the_receipt_after_an_evening_without_its_replies_says_so() {
    let house = House::new("2026-11-22T03:59:00Z", daily(""));
    house.script.unlisted.store(true, Ordering::SeqCst);
    let process = house.start();
    process.idle().await;
    process.at(&house, "2026-11-22T04:00:01Z");
    house.until_run(|run| run.state == RunState::Waiting).await;
    process.at(&house, "2026-11-22T08:00:00Z");
    let receipt = async |number: usize| {
        let receipts = &house.notices.receipts;
        house
            .until(|| async { receipts.lock().unwrap().get(number).cloned() })
            .await
    };
    assert!(
        !receipt(0).await.body.unwrap().contains("Replies"),
        "nobody had looked yet"
    );
    process.at(&house, "2026-11-22T18:00:00Z");
    house
        .until(|| async { (house.script.diary.count("engagement/3") == 1).then_some(()) })
        .await;
    process.idle().await;
    house.script.fails_research.send_replace(true);
    process.at(&house, "2026-11-23T04:00:01Z");
    let second = receipt(1).await;
    let body = second.body.unwrap();
    assert!(
        body.contains("Replies: they could not be read") && body.contains("it is no Maildir"),
        "{body}"
    );
    let details: serde_json::Value = serde_json::from_str(&second.details.unwrap()).unwrap();
    assert_eq!(details["replies_unread"]["reason"], "replies: it is no Maildir");
    process.stop().await;
}

/// A brief that read so many sources; of its one feed, so many posts.
fn brief(sources: usize, posts: u32) -> Artifact {
    let now = at("2026-11-21T04:00:00Z");
    let text = || Untrusted::new("A title".to_owned());
    let source = Source {
        snapshot: ContentHash::of(b"page"),
        url: format!("{FEED}/1"),
        title: text(),
        publisher: text(),
        authors: Vec::new(),
        owner: "a.example".to_owned(),
        published_at: None,
        fetched_at: now,
        beats: Vec::new(),
        is_sponsored: false,
        gives_orders: false,
        copy_of: None,
        canonical_url: None,
        is_about_itself: false,
        read_from: None,
        first_published_at: None,
        changed_from: None,
    };
    let feed = FeedReading {
        feed: FEED.to_owned(),
        title: text(),
        beats: Vec::new(),
        owner: "a.example".to_owned(),
        answered: true,
        posts,
    };
    let brief = ResearchBrief {
        format: FORMAT.to_owned(),
        at: now,
        window: Window { from: now, to: now },
        beats: Vec::new(),
        feeds: vec![feed],
        stories: Vec::new(),
        notes: Vec::new(),
        sources: vec![source; sources],
        missing: Vec::new(),
        topics: Vec::new(),
        outside: Vec::new(),
        unread: copydesk_domain::artifact::Unread::default(),
        changes: Vec::new(),
        labels: Vec::new(),
        notes_dropped: 0,
        fields_dropped: 0,
        models: Vec::new(),
    };
    Artifact::of(ArtifactKind::ResearchBrief, &brief).expect("JSON")
}

/// A scheduled run of a past day whose research made calls of a minute in all and read five sources.
async fn past_run(house: &House, day: i8) {
    let now = at(&format!("2026-11-{day:02}T04:00:00Z"));
    let lease = past_lease(house, day, now).await;
    let stage = || "research".into();
    let round = Round::FIRST;
    let start = Command::StartStage {
        lease: lease.clone(),
        stage: stage(),
        round,
        now,
        at: now,
    };
    let step = Command::FinishStep {
        lease: lease.clone(),
        step: paid_step(now),
    };
    let finish = Command::FinishStage {
        lease: lease.clone(),
        stage: stage(),
        round,
        state: StageState::Completed,
        reason: None,
        artifacts: vec![brief(5, 5)],
        bodies: Vec::new(),
        at: now,
    };
    let update = Command::UpdateRun {
        lease,
        state: RunState::Completed,
        waiting_for: Vec::new(),
        issue: None,
        wake_at: None,
        reason: None,
        at: now,
    };
    for command in [start, step, finish, update] {
        house.store.apply(command).await.unwrap();
    }
}

async fn past_lease(house: &House, day: i8, now: Instant) -> Lease {
    let body = serde_json::to_vec(&release(daily(""))).unwrap();
    let params = RunParams {
        id: format!("past-{day}").as_str().into(),
        pipeline: "daily".into(),
        slot: Some(Slot {
            nominal: now,
            zone: "Europe/Berlin".to_owned(),
        }),
        parent: None,
        release: ContentHash::of(&body),
        fixed_now: None,
        seed: 1,
        is_scheduled: true,
        at: now,
    };
    let lease = Command::LeaseRun {
        run: params.id.clone(),
        owner: "past".to_owned(),
        now,
        until: now.plus(jiff::SignedDuration::from_secs(60)),
    };
    let release = Command::PutRelease { body, at: now };
    for command in [release, Command::CreateRun(params)] {
        house.store.apply(command).await.unwrap();
    }
    match house.store.apply(lease).await.unwrap() {
        Applied::Leased(lease) => lease,
        other => panic!("no lease but {other:?}"),
    }
}

fn paid_step(now: Instant) -> StepParams {
    StepParams {
        stage: "research".into(),
        round: Round::FIRST,
        key: "take_notes/1".into(),
        input_hash: ContentHash::of(b"input"),
        state: StepState::Completed,
        body: b"{}".to_vec(),
        task: Some("take_notes".to_owned()),
        tool: None,
        model: Some("embedded".to_owned()),
        answered_by: None,
        tokens_in: None,
        tokens_out: None,
        ms: 60_000,
        attempts: 1,
        outcome: "ok".to_owned(),
        at: now,
    }
}

async fn a_day_like(made: Artifact) -> House {
    let house = House::new("2026-11-22T03:59:00Z", daily(""));
    for day in 17..20 {
        past_run(&house, day).await;
    }
    *house.script.makes.lock().unwrap() = Some(made);
    let process = house.start();
    process.idle().await;
    process.at(&house, "2026-11-22T08:30:00Z");
    let run = house
        .until_run(|run| run.waiting_for == [WaitingFor::Approval])
        .await;
    until_told(&house, &format!("succeeded/{run}")).await;
    house
        .until(|| async { (!house.notices.receipts.lock().unwrap().is_empty()).then_some(()) })
        .await;
    process.idle().await;
    process.stop().await;
    house
}

#[tokio::test]
async fn a_run_that_read_nothing_in_no_time_is_suspicious() {
    let house = a_day_like(brief(0, 9)).await;
    assert_eq!(times(&house, "suspiciously_fast/"), 1, "{:?}", told(&house));
}

#[tokio::test]
async fn a_thin_day_is_not_suspicious() {
    let house = a_day_like(brief(0, 0)).await;
    assert_eq!(times(&house, "suspiciously_fast/"), 0, "{:?}", told(&house));
    let run = house.runs().await.pop().unwrap();
    assert_eq!(run.issue, IssueState::Reviewed);
}

#[tokio::test]
async fn what_is_over_before_anybody_could_be_told_is_not_told() {
    let house = House::new("2026-11-22T03:59:00Z", daily(""));
    house.notices.is_down.store(true, Ordering::SeqCst);
    let process = house.start();
    process.idle().await;
    process.at(&house, "2026-11-22T08:00:00Z");
    let run = house
        .until_run(|run| run.waiting_for == [WaitingFor::Approval])
        .await;
    process.at(&house, "2026-11-22T20:30:00Z");
    let half = format!("not_approved/{run}/half");
    house
        .until(|| async {
            let open = house.store.open_notices(99).await.unwrap();
            open.iter().any(|notice| notice.key == half).then_some(())
        })
        .await;
    // The author decides, and only then the receiver is there again.
    process.engine.approve(&run, None, None, None).await.unwrap();
    house.notices.is_down.store(false, Ordering::SeqCst);
    process.stop().await;
    let second = house.start();
    house
        .until(|| async { (house.open_by("webhook").await == 0).then_some(()) })
        .await;
    assert!(!told(&house).contains(&half), "{:?}", told(&house));
    assert!(
        told(&house).contains(&format!("started/{run}")),
        "what happened is told however late"
    );
    second.stop().await;
}
