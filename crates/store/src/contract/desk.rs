//! What belongs to no run: releases, slots, controls, notes, tools, feeds; and notification.

use copydesk_domain::{ContentHash, NoticeKind, PipelineName, RunId, SlotState};

use super::scene::{Scene, at, manual, slot};
use crate::notice::{NoticeRecord, PreflightArea, PreflightProblem, PreflightRecord};
use crate::record::{AuthorNote, FeedState, SlotRecord, TrustRecord};
use crate::{Applied, Command, StoreError};

super::cases![
    a_release_is_stored_by_its_hash,
    a_slot_has_one_row_that_is_settled_once,
    slots_stand_in_order,
    slots_of_interest_begin_at_the_oldest_pending_one,
    slots_of_a_clock_that_was_ahead_are_forgotten,
    controls_are_kept_by_pipeline,
    a_note_is_kept_once,
    a_note_that_is_forgotten_counts_from_when_it_comes_back,
    a_tool_is_trusted_as_it_is_now,
    a_notice_is_raised_once_and_open_until_it_is_told,
    every_kind_of_notice_can_be_raised,
    the_first_look_before_a_slot_counts,
    a_feed_keeps_its_last_state,
    a_feed_that_has_not_changed_has_answered,
    each_commit_is_notified_and_a_refusal_is_not,
];

async fn a_release_is_stored_by_its_hash(scene: Scene) {
    let body = br#"{"prompts":{}}"#.to_vec();
    for seconds in [1, 2] {
        scene
            .apply(Command::PutRelease {
                body: body.clone(),
                at: at(seconds),
            })
            .await;
    }
    assert_eq!(scene.b.body(&ContentHash::of(&body)).await, Ok(Some(body)));
}

fn put_slot(seconds: i64, state: SlotState, reason: &str, run: Option<&RunId>) -> Command {
    Command::PutSlot {
        pipeline: "daily".into(),
        slot: slot(seconds),
        state,
        reason: Some(reason.to_owned()),
        run: run.cloned(),
    }
}

async fn slots(scene: &Scene, from: i64) -> Vec<SlotRecord> {
    scene
        .b
        .slots(&"daily".into(), at(from))
        .await
        .expect("slots are readable")
}

async fn a_slot_has_one_row_that_is_settled_once(scene: Scene) {
    let run = scene.make("r1").await;
    scene
        .apply(put_slot(0, SlotState::Pending, "due", Some(&run)))
        .await;
    scene
        .apply(put_slot(0, SlotState::RanLate, "three hours", None))
        .await;
    scene
        .apply(put_slot(0, SlotState::Skipped, "never mind", None))
        .await;
    let expected = SlotRecord {
        pipeline: "daily".into(),
        slot: slot(0),
        state: SlotState::RanLate,
        reason: Some("three hours".to_owned()),
        run: Some(run),
    };
    assert_eq!(slots(&scene, 0).await, [expected]);
    let error = scene
        .refuse(put_slot(60, SlotState::Ran, "", Some(&"nowhere".into())))
        .await;
    assert_eq!(
        error,
        StoreError::RunUnknown {
            run: "nowhere".into()
        }
    );
}

async fn slots_of_interest_begin_at_the_oldest_pending_one(scene: Scene) {
    let interest = async |seconds| {
        let found = scene.b.slots_of_interest(&"daily".into(), at(seconds)).await;
        found.expect("slots are readable")
    };
    assert_eq!(interest(100).await, None, "there is none");
    for seconds in [60, 120, 180, 240] {
        scene
            .apply(put_slot(seconds, SlotState::Skipped, "late", None))
            .await;
    }
    assert_eq!(interest(200).await, Some(at(180)), "the newest that is due");
    assert_eq!(interest(180).await, Some(at(180)), "in the very moment");
    assert_eq!(interest(59).await, None, "all are ahead");
    scene
        .apply(put_slot(300, SlotState::Pending, "waits", None))
        .await;
    assert_eq!(interest(59).await, Some(at(300)), "a pending one, though ahead");
    assert_eq!(interest(200).await, Some(at(180)), "the older of the two");
    scene.apply(put_slot(30, SlotState::Pending, "waits", None)).await;
    assert_eq!(interest(400).await, Some(at(30)), "the oldest pending one");
    let weekly = scene.b.slots_of_interest(&"weekly".into(), at(400)).await;
    assert_eq!(weekly, Ok(None), "each pipeline has its own");
}

async fn slots_of_a_clock_that_was_ahead_are_forgotten(scene: Scene) {
    let run = scene.make("r1").await;
    for (seconds, run) in [(0, None), (60, None), (120, Some(&run)), (180, None)] {
        scene
            .apply(put_slot(seconds, SlotState::Skipped, "late", run))
            .await;
    }
    scene.apply(put_slot(240, SlotState::Folded, "later", None)).await;
    let forget = |pipeline: &str, seconds| Command::ForgetSlots {
        pipeline: pipeline.into(),
        after: at(seconds),
    };
    scene.apply(forget("weekly", 0)).await;
    assert_eq!(slots(&scene, 0).await.len(), 5);
    scene.apply(forget("daily", 60)).await;
    let left: Vec<_> = slots(&scene, 0)
        .await
        .into_iter()
        .map(|row| row.slot.nominal)
        .collect();
    assert_eq!(
        left,
        [at(0), at(60), at(120), at(240)],
        "what led to a run stays, and so does what was folded into one"
    );
    scene
        .apply(put_slot(180, SlotState::Pending, "again", None))
        .await;
    assert_eq!(slots(&scene, 180).await[0].state, SlotState::Pending);
}

async fn slots_stand_in_order(scene: Scene) {
    for seconds in [120, 0, 60] {
        scene
            .apply(put_slot(seconds, SlotState::Folded, "later", None))
            .await;
    }
    let other = Command::PutSlot {
        pipeline: "weekly".into(),
        slot: slot(60),
        state: SlotState::Pending,
        reason: None,
        run: None,
    };
    scene.apply(other).await;
    let nominal: Vec<_> = slots(&scene, 60)
        .await
        .iter()
        .map(|row| row.slot.nominal)
        .collect();
    assert_eq!(nominal, [at(60), at(120)]);
    assert_eq!(slots(&scene, 121).await, []);
}

async fn controls_are_kept_by_pipeline(scene: Scene) {
    let (daily, weekly) = (PipelineName::from("daily"), PipelineName::from("weekly"));
    let schedule = |cron: &str, seconds| Command::SetSchedule {
        pipeline: weekly.clone(),
        schedule: cron.to_owned(),
        since: at(seconds),
    };
    let pause = |paused_at| Command::SetPaused {
        pipeline: daily.clone(),
        paused_at,
    };
    for command in [
        schedule("0 5 * * 1 UTC", 1),
        schedule("0 6 * * 1 UTC", 2),
        pause(Some(at(3))),
    ] {
        scene.apply(command).await;
    }
    for date in ["2026-12-25", "2026-08-21", "2026-12-25"] {
        let date = date.parse().expect("a date");
        scene
            .apply(Command::SkipDate {
                pipeline: daily.clone(),
                date,
            })
            .await;
    }
    let controls = scene.b.controls().await.expect("controls");
    assert_eq!(
        (&controls[0].pipeline, controls[0].paused_at),
        (&daily, Some(at(3)))
    );
    let skipped: Vec<_> = controls[0].skipped.iter().map(ToString::to_string).collect();
    assert_eq!(skipped, ["2026-08-21", "2026-12-25"]);
    assert_eq!((&controls[0].schedule, controls[0].since), (&None, None));
    assert_eq!(
        (controls[1].schedule.as_deref(), controls[1].since),
        (Some("0 6 * * 1 UTC"), Some(at(2)))
    );
    scene.apply(pause(None)).await;
    let controls = scene.b.controls().await.expect("controls");
    assert_eq!(
        (controls[0].paused_at, controls[0].skipped.len(), controls.len()),
        (None, 2, 2)
    );
    for (pipeline, date) in [
        ("daily", "2026-08-21"),
        ("daily", "2026-08-22"),
        ("nowhere", "2026-12-25"),
    ] {
        let date = date.parse().expect("a date");
        let pipeline = PipelineName::from(pipeline);
        scene.apply(Command::KeepDate { pipeline, date }).await;
    }
    let controls = scene.b.controls().await.expect("controls");
    let skipped: Vec<_> = controls[0].skipped.iter().map(ToString::to_string).collect();
    assert_eq!((skipped, controls.len()), (vec!["2026-12-25".to_owned()], 2));
}

async fn a_note_is_kept_once(scene: Scene) {
    let note = |text: &str, from: &str, seconds| AuthorNote {
        hash: ContentHash::of(text.as_bytes()),
        text: text.to_owned(),
        from: from.to_owned(),
        at: at(seconds),
    };
    let notes = [
        note("second", "notes/a.md", 20),
        note("first", "note", 10),
        note("third", "note", 20),
    ];
    for added in notes.clone().into_iter().chain([note("first", "notes/b.md", 99)]) {
        scene.apply(Command::AddNote(added)).await;
    }
    let [second, first, third] = notes;
    assert_eq!(
        scene.b.notes(at(0)).await,
        Ok(vec![first, second.clone(), third.clone()])
    );
    assert_eq!(scene.b.notes(at(10)).await, Ok(vec![second, third]));
}

async fn a_note_that_is_forgotten_counts_from_when_it_comes_back(scene: Scene) {
    let note = |text: &str, seconds| AuthorNote {
        hash: ContentHash::of(text.as_bytes()),
        text: text.to_owned(),
        from: "notes/a.md".to_owned(),
        at: at(seconds),
    };
    let (kept, gone, back) = (note("stays", 1), note("14 %", 2), note("14 %", 9));
    for added in [&kept, &gone] {
        scene.apply(Command::AddNote(added.clone())).await;
    }
    let unknown = ContentHash::of(b"never stored");
    let forget = Command::ForgetNotes {
        kept: vec![kept.hash, unknown],
    };
    scene.apply(forget).await;
    assert_eq!(scene.b.notes(at(0)).await, Ok(vec![kept.clone()]));
    scene.apply(Command::AddNote(back.clone())).await;
    assert_eq!(scene.b.notes(at(0)).await, Ok(vec![kept, back]));
    scene.apply(Command::ForgetNotes { kept: Vec::new() }).await;
    assert_eq!(scene.b.notes(at(0)).await, Ok(Vec::new()));
}

async fn a_tool_is_trusted_as_it_is_now(scene: Scene) {
    let trust = |tool: &str, fingerprint: &[u8], seconds| TrustRecord {
        tool: tool.to_owned(),
        fingerprint: ContentHash::of(fingerprint),
        at: at(seconds),
    };
    for record in [
        trust("web/read", b"1", 1),
        trust("feeds/poll", b"1", 2),
        trust("web/read", b"2", 3),
    ] {
        scene.apply(Command::TrustTool(record)).await;
    }
    let expected = vec![trust("feeds/poll", b"1", 2), trust("web/read", b"2", 3)];
    assert_eq!(scene.b.trusted_tools().await, Ok(expected));
}

async fn a_notice_is_raised_once_and_open_until_it_is_told(scene: Scene) {
    let notice = |key: &str, seconds| NoticeRecord {
        key: key.to_owned(),
        way: "webhook".to_owned(),
        kind: NoticeKind::Failed,
        pipeline: "daily".into(),
        run: (key != "b").then(|| RunId::new("r1")),
        message: format!("{key} failed"),
        body: (key == "a").then(|| "many\nlines".to_owned()),
        details: (key == "a").then(|| r#"{"problems":[]}"#.to_owned()),
        raised_at: at(seconds),
    };
    for (key, seconds, is_new) in [("a", 1, true), ("b", 2, true), ("a", 3, false)] {
        let raised = scene.apply(Command::RaiseNotice(notice(key, seconds))).await;
        assert_eq!(raised, Applied::Taken(is_new), "{key}");
    }
    assert_eq!(
        scene.b.open_notices(9).await,
        Ok(vec![notice("a", 1), notice("b", 2)])
    );
    assert_eq!(scene.b.open_notices(1).await, Ok(vec![notice("a", 1)]));
    let told = |key: &str| Command::SettleNotice {
        key: key.to_owned(),
        way: "webhook".to_owned(),
        at: at(9),
    };
    scene.apply(told("a")).await;
    scene.apply(told("a")).await;
    assert_eq!(scene.b.open_notices(9).await, Ok(vec![notice("b", 2)]));
    let raised = scene.apply(Command::RaiseNotice(notice("a", 10))).await;
    assert_eq!(raised, Applied::Taken(false), "what was told is not told again");
    let other = NoticeRecord {
        way: "ping".to_owned(),
        ..notice("a", 11)
    };
    let raised = scene.apply(Command::RaiseNotice(other)).await;
    assert_eq!(raised, Applied::Taken(true), "each way is told for itself");
    assert!(matches!(
        scene.refuse(told("c")).await,
        StoreError::Inconsistent { .. }
    ));
}

async fn every_kind_of_notice_can_be_raised(scene: Scene) {
    for kind in NoticeKind::ALL {
        let notice = NoticeRecord {
            key: format!("{kind}/r1"),
            way: "webhook".to_owned(),
            kind: *kind,
            pipeline: "daily".into(),
            run: None,
            message: String::new(),
            body: None,
            details: None,
            raised_at: at(1),
        };
        let raised = scene.apply(Command::RaiseNotice(notice)).await;
        assert_eq!(raised, Applied::Taken(true), "{kind}");
    }
}

async fn the_first_look_before_a_slot_counts(scene: Scene) {
    let look = |pipeline: &str, seconds, about: Option<&str>| PreflightRecord {
        pipeline: pipeline.into(),
        nominal: at(seconds),
        looked_at: at(seconds - 1_800),
        problems: about
            .into_iter()
            .map(|about| PreflightProblem {
                area: PreflightArea::Tools,
                about: about.to_owned(),
                problem: "it does not start".to_owned(),
                next: "copydesk tools".to_owned(),
            })
            .collect(),
    };
    let put = |look: &PreflightRecord| Command::PutPreflight(look.clone());
    let (first, second) = (look("daily", 0, Some("files")), look("daily", 86_400, None));
    for (given, is_new) in [
        (&second, true),
        (&first, true),
        (&look("daily", 0, None), false),
        (&look("weekly", 0, None), true),
    ] {
        assert_eq!(scene.apply(put(given)).await, Applied::Taken(is_new), "{given:?}");
    }
    assert_eq!(
        scene.b.preflights(&"daily".into(), at(0)).await,
        Ok(vec![first, second.clone()])
    );
    assert_eq!(scene.b.preflights(&"daily".into(), at(1)).await, Ok(vec![second]));
}

async fn a_feed_keeps_its_last_state(scene: Scene) {
    let url = "https://paper.example/feed.xml";
    let full = FeedState {
        url: url.to_owned(),
        moved_to: Some("https://paper.example/rss".to_owned()),
        etag: Some("\"x\"".to_owned()),
        last_modified: Some("Thu, 20 Aug 2026 03:00:00 GMT".to_owned()),
        content_type: Some("application/rss+xml".to_owned()),
        body: vec![0, 159, 146, 150],
        retry_at: Some(at(60)),
        fetched_at: at(1),
        answered_at: at(1),
    };
    let bare = FeedState {
        moved_to: None,
        etag: None,
        last_modified: None,
        content_type: None,
        body: Vec::new(),
        retry_at: None,
        fetched_at: at(2),
        answered_at: at(3),
        ..full.clone()
    };
    assert_eq!(scene.b.feed_state(url).await, Ok(None));
    for state in [full, bare] {
        scene.apply(Command::PutFeedState(state.clone())).await;
        assert_eq!(scene.b.feed_state(url).await, Ok(Some(state)));
    }
}

async fn a_feed_that_has_not_changed_has_answered(scene: Scene) {
    let url = "https://paper.example/feed.xml".to_owned();
    let noted = |moved_to: Option<&str>, seconds| Command::NoteFeedAnswer {
        url: url.clone(),
        moved_to: moved_to.map(str::to_owned),
        at: at(seconds),
    };
    scene.apply(noted(None, 1)).await;
    assert_eq!(scene.b.feed_state(&url).await, Ok(None), "nothing is kept of it");
    let full = FeedState {
        url: url.clone(),
        moved_to: None,
        etag: Some("\"x\"".to_owned()),
        last_modified: None,
        content_type: Some("application/rss+xml".to_owned()),
        body: b"<rss/>".to_vec(),
        retry_at: Some(at(60)),
        fetched_at: at(1),
        answered_at: at(1),
    };
    scene.apply(Command::PutFeedState(full.clone())).await;
    scene.apply(noted(Some("https://paper.example/rss"), 2)).await;
    let expected = FeedState {
        moved_to: Some("https://paper.example/rss".to_owned()),
        retry_at: None,
        answered_at: at(2),
        ..full
    };
    assert_eq!(scene.b.feed_state(&url).await, Ok(Some(expected)));
}

async fn each_commit_is_notified_and_a_refusal_is_not(scene: Scene) {
    let mut changes = scene.a.changes();
    let before = *changes.borrow_and_update();
    scene.make("r1").await;
    assert!(
        changes.has_changed().expect("the store is open"),
        "the commit came before its answer"
    );
    let after = *changes.borrow_and_update();
    assert!(after > before);
    scene
        .refuse(Command::RequestCancel {
            run: "nowhere".into(),
            at: at(0),
        })
        .await;
    assert!(!changes.has_changed().expect("the store is open"));
    // Whoever waits is woken by a write of somebody else.
    let (woken, _) = tokio::join!(changes.changed(), scene.apply(Command::CreateRun(manual("r2"))));
    assert!(woken.is_ok());
}
