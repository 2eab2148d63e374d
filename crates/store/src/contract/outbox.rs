//! Payloads on their way out: nothing without an approval in force, nothing twice.

use copydesk_domain::{ChannelName, ContentHash, Decision, IssueState, RunState, StageName, WaitingFor};

use super::scene::{Scene, at, decide, finish, intend, issue, payload, update};
use crate::record::{OutboxState, Sighting, Subject};
use crate::{Applied, Command, Lease, StoreError};

super::cases![
    an_approved_payload_goes_out,
    nothing_goes_out_without_an_approval,
    an_approval_counts_once_its_hold_is_over,
    a_payload_that_the_issue_does_not_name_is_refused,
    an_approval_of_older_bytes_is_refused,
    a_known_key_changes_nothing,
    an_intent_is_settled,
    what_was_delivered_stays_delivered,
    payloads_stand_in_order_of_their_intents,
    a_refused_payload_is_intended_anew_on_the_same_conditions,
    the_author_says_that_an_unknown_payload_is_out,
    the_author_says_that_an_unknown_payload_is_not_out,
    the_authors_word_counts_only_where_no_channel_said_anything,
    the_authors_word_queues_a_run_that_waits_for_it,
];

fn settle(lease: &Lease, key: &str, state: OutboxState, at_seconds: i64) -> Command {
    Command::SettleIntent {
        lease: lease.clone(),
        key: key.to_owned(),
        state,
        location: Some(format!("https://me.example/{key}")),
        error: (state != OutboxState::Delivered).then(|| "cut off".to_owned()),
        at: at(at_seconds),
    }
}

async fn approved(scene: &Scene, id: &str) -> Lease {
    let (lease, hash) = scene.reviewed(id, "one").await;
    scene.apply(decide(&lease.run, hash, Decision::Approved)).await;
    lease
}

async fn refuse_publication(scene: &Scene, lease: &Lease, seconds: i64) {
    let error = scene.refuse(intend(lease, "one", "key", seconds)).await;
    assert!(
        matches!(
            error,
            StoreError::DecisionRefused {
                decision: "published",
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(scene.b.outbox(&lease.run).await, Ok(Vec::new()));
}

async fn an_approved_payload_goes_out(scene: Scene) {
    let lease = approved(&scene, "r1").await;
    let applied = scene.apply(intend(&lease, "one", "key", 30)).await;
    assert_eq!(applied, Applied::Intent(OutboxState::Intended));
    let row = scene.b.outbox(&lease.run).await.expect("outbox").remove(0);
    assert_eq!(
        (row.channel.as_str(), row.hash),
        ("site", ContentHash::of(&payload("one")))
    );
    assert_eq!(
        (row.key.as_str(), row.state, row.intended_at),
        ("key", OutboxState::Intended, at(30))
    );
    assert_eq!((row.delivered_at, row.location, row.error), (None, None, None));
}

async fn nothing_goes_out_without_an_approval(scene: Scene) {
    let (lease, hash) = scene.reviewed("r1", "one").await;
    refuse_publication(&scene, &lease, 30).await;
    // A worker's word is no approval.
    scene
        .apply(update(&lease, RunState::Running, Some(IssueState::Approved)))
        .await;
    refuse_publication(&scene, &lease, 30).await;
    scene.apply(decide(&lease.run, hash, Decision::Approved)).await;
    scene.apply(decide(&lease.run, hash, Decision::Recalled)).await;
    refuse_publication(&scene, &lease, 30).await;
    scene.apply(decide(&lease.run, hash, Decision::Rejected)).await;
    refuse_publication(&scene, &lease, 30).await;
}

async fn an_approval_counts_once_its_hold_is_over(scene: Scene) {
    let (lease, hash) = scene.reviewed("r1", "one").await;
    let command = Command::Decide {
        run: lease.run.clone(),
        subject: Subject::Issue,
        hash,
        decision: Decision::Approved,
        effective_at: Some(at(600)),
        reason: None,
        at: at(20),
    };
    scene.apply(command).await;
    refuse_publication(&scene, &lease, 599).await;
    scene.apply(intend(&lease, "one", "key", 600)).await;
}

async fn a_payload_that_the_issue_does_not_name_is_refused(scene: Scene) {
    let lease = approved(&scene, "r1").await;
    let error = scene.refuse(intend(&lease, "two", "key", 30)).await;
    assert!(matches!(error, StoreError::DecisionRefused { .. }), "{error}");
    // Approved for the site is not approved for the mailing list.
    let elsewhere = Command::PutIntent {
        lease: lease.clone(),
        channel: ChannelName::from("mail"),
        hash: ContentHash::of(&payload("one")),
        key: "key".to_owned(),
        at: at(30),
    };
    let error = scene.refuse(elsewhere).await;
    assert!(matches!(error, StoreError::DecisionRefused { .. }), "{error}");
    assert_eq!(scene.b.outbox(&lease.run).await, Ok(Vec::new()));
}

async fn an_approval_of_older_bytes_is_refused(scene: Scene) {
    let lease = approved(&scene, "r1").await;
    scene
        .apply(finish(&lease, StageName::REVIEW, 1, vec![issue("edited")]))
        .await;
    for text in ["one", "edited"] {
        let error = scene.refuse(intend(&lease, text, "key", 30)).await;
        assert!(matches!(error, StoreError::HashChanged { .. }), "{error}");
    }
}

async fn a_known_key_changes_nothing(scene: Scene) {
    let lease = approved(&scene, "r1").await;
    scene.apply(intend(&lease, "one", "key", 30)).await;
    let before = scene.b.outbox(&lease.run).await;
    let again = scene.apply(intend(&lease, "one", "key", 40)).await;
    assert_eq!(again, Applied::Intent(OutboxState::Intended));
    assert_eq!(scene.b.outbox(&lease.run).await, before);
    scene
        .apply(settle(&lease, "key", OutboxState::Delivered, 41))
        .await;
    scene
        .apply(update(&lease, RunState::Running, Some(IssueState::Published)))
        .await;
    // Also when the run has long gone on: who asks again learns that it was delivered.
    let again = scene.apply(intend(&lease, "one", "key", 50)).await;
    assert_eq!(again, Applied::Intent(OutboxState::Delivered));
    let error = scene.refuse(intend(&lease, "two", "key", 50)).await;
    assert_eq!(
        error,
        StoreError::InputChanged {
            key: "key".to_owned()
        }
    );
}

async fn an_intent_is_settled(scene: Scene) {
    let lease = approved(&scene, "r1").await;
    scene.apply(intend(&lease, "one", "key", 30)).await;
    scene.apply(settle(&lease, "key", OutboxState::Unknown, 31)).await;
    let row = scene.b.outbox(&lease.run).await.expect("outbox").remove(0);
    assert_eq!(
        (row.state, row.delivered_at, row.error.as_deref()),
        (OutboxState::Unknown, None, Some("cut off"))
    );
    scene
        .apply(settle(&lease, "key", OutboxState::Delivered, 32))
        .await;
    let row = scene.b.outbox(&lease.run).await.expect("outbox").remove(0);
    assert_eq!(
        (row.state, row.delivered_at, row.error),
        (OutboxState::Delivered, Some(at(32)), None)
    );
    assert_eq!(
        (row.location.as_deref(), row.intended_at),
        (Some("https://me.example/key"), at(30))
    );
    let error = scene
        .refuse(settle(&lease, "unheard", OutboxState::Delivered, 33))
        .await;
    assert!(
        matches!(error, StoreError::Inconsistent { table: "outbox", .. }),
        "{error}"
    );
}

async fn what_was_delivered_stays_delivered(scene: Scene) {
    let lease = approved(&scene, "r1").await;
    scene.apply(intend(&lease, "one", "key", 30)).await;
    scene
        .apply(settle(&lease, "key", OutboxState::Delivered, 31))
        .await;
    let before = scene.b.outbox(&lease.run).await;
    for state in [
        OutboxState::Refused,
        OutboxState::Unknown,
        OutboxState::Intended,
        OutboxState::Delivered,
    ] {
        scene.apply(settle(&lease, "key", state, 40)).await;
    }
    assert_eq!(scene.b.outbox(&lease.run).await, before);
}

async fn payloads_stand_in_order_of_their_intents(scene: Scene) {
    let (first, second) = (approved(&scene, "r1").await, approved(&scene, "r2").await);
    for (lease, key, seconds) in [(&first, "z", 40), (&second, "a", 30), (&first, "b", 30)] {
        scene.apply(intend(lease, "one", key, seconds)).await;
    }
    let keys = |rows: Vec<crate::OutboxRecord>| rows.into_iter().map(|row| row.key).collect::<Vec<_>>();
    assert_eq!(
        keys(scene.b.outbox(&first.run).await.expect("outbox")),
        ["z", "b"]
    );
    assert_eq!(keys(scene.b.outbox(&second.run).await.expect("outbox")), ["a"]);
}

async fn a_refused_payload_is_intended_anew_on_the_same_conditions(scene: Scene) {
    let lease = approved(&scene, "r1").await;
    scene.apply(intend(&lease, "one", "key", 30)).await;
    scene.apply(settle(&lease, "key", OutboxState::Refused, 31)).await;
    let found = scene.apply(intend(&lease, "one", "key", 40)).await;
    assert_eq!(found, Applied::Intent(OutboxState::Refused), "what was found");
    let row = scene.b.outbox(&lease.run).await.expect("outbox").remove(0);
    assert_eq!(
        (row.state, row.error, row.intended_at),
        (OutboxState::Intended, None, at(30))
    );
    // Refused again and recalled: without an approval it goes nowhere.
    scene.apply(settle(&lease, "key", OutboxState::Refused, 41)).await;
    let hash = ContentHash::of(&issue("one").bytes);
    scene.apply(decide(&lease.run, hash, Decision::Recalled)).await;
    let error = scene.refuse(intend(&lease, "one", "key", 50)).await;
    assert!(matches!(error, StoreError::DecisionRefused { .. }), "{error}");
    let row = scene.b.outbox(&lease.run).await.expect("outbox").remove(0);
    assert_eq!(row.state, OutboxState::Refused);
}

fn word(lease: &Lease, channel: &str, sighting: Sighting, seconds: i64) -> Command {
    Command::SettleUnknown {
        run: lease.run.clone(),
        channel: ChannelName::from(channel),
        sighting,
        reason: "I looked".to_owned(),
        at: at(seconds),
    }
}

/// A run whose payload is unknown, and that waits for the author.
async fn doubtful(scene: &Scene, id: &str) -> Lease {
    let lease = approved(scene, id).await;
    scene.apply(intend(&lease, "one", "key", 30)).await;
    scene.apply(settle(&lease, "key", OutboxState::Unknown, 31)).await;
    let waits = Command::UpdateRun {
        lease: lease.clone(),
        state: RunState::Waiting,
        waiting_for: vec![WaitingFor::PublishUnknown],
        issue: Some(IssueState::Unknown),
        wake_at: None,
        reason: None,
        at: at(32),
    };
    scene.apply(waits).await;
    lease
}

async fn the_author_says_that_an_unknown_payload_is_out(scene: Scene) {
    let lease = doubtful(&scene, "r1").await;
    scene.apply(word(&lease, "site", Sighting::There, 40)).await;
    let row = scene.b.outbox(&lease.run).await.expect("outbox").remove(0);
    assert_eq!(
        (
            row.state,
            row.delivered_at,
            row.error,
            row.author_reason.as_deref()
        ),
        (OutboxState::Delivered, Some(at(40)), None, Some("I looked"))
    );
    let log = scene.b.logs(&lease.run).await.expect("log");
    let line = log.last().expect("a line");
    assert_eq!(
        (line.message.as_str(), line.at),
        ("site: the author says that it is out: I looked", at(40))
    );
    // It is delivered like any other: a worker that comes later changes nothing.
    scene.apply(settle(&lease, "key", OutboxState::Refused, 41)).await;
    let again = scene.apply(intend(&lease, "one", "key", 42)).await;
    assert_eq!(again, Applied::Intent(OutboxState::Delivered));
}

async fn the_author_says_that_an_unknown_payload_is_not_out(scene: Scene) {
    let lease = doubtful(&scene, "r1").await;
    scene.apply(word(&lease, "site", Sighting::Absent, 40)).await;
    let row = scene.b.outbox(&lease.run).await.expect("outbox").remove(0);
    assert_eq!(
        (row.state, row.delivered_at, row.author_reason.as_deref()),
        (OutboxState::Absent, None, Some("I looked"))
    );
    let found = scene.apply(intend(&lease, "one", "key", 42)).await;
    assert_eq!(found, Applied::Intent(OutboxState::Absent));
    // From here on a call may be under way again, and the author's word is about the past.
    let found = scene.apply(intend(&lease, "one", "key", 43)).await;
    assert_eq!(found, Applied::Intent(OutboxState::Intended));
    scene
        .apply(settle(&lease, "key", OutboxState::Delivered, 44))
        .await;
    let row = scene.b.outbox(&lease.run).await.expect("outbox").remove(0);
    assert_eq!((row.state, row.author_reason), (OutboxState::Delivered, None));
}

async fn the_authors_word_counts_only_where_no_channel_said_anything(scene: Scene) {
    let lease = approved(&scene, "r1").await;
    let refuses = async |channel: &str, words: &str| {
        for sighting in [Sighting::There, Sighting::Absent] {
            let error = scene.refuse(word(&lease, channel, sighting, 40)).await;
            assert!(error.to_string().contains(words), "{error}");
        }
    };
    refuses("site", "nothing of this run went to a channel `site`").await;
    scene.apply(intend(&lease, "one", "key", 30)).await;
    refuses("site", "still asked").await;
    scene.apply(settle(&lease, "key", OutboxState::Refused, 31)).await;
    refuses("site", "refused it").await;
    scene.apply(settle(&lease, "key", OutboxState::Unknown, 32)).await;
    refuses("mail", "nothing of this run").await;
    scene
        .apply(settle(&lease, "key", OutboxState::Delivered, 33))
        .await;
    refuses("site", "took it").await;
    assert_eq!(scene.b.logs(&lease.run).await.expect("log"), Vec::new());
    let unheard = Command::SettleUnknown {
        run: "unheard".into(),
        channel: ChannelName::from("site"),
        sighting: Sighting::There,
        reason: "I looked".to_owned(),
        at: at(40),
    };
    let error = scene.refuse(unheard).await;
    assert!(matches!(error, StoreError::RunUnknown { .. }), "{error}");
}

async fn the_authors_word_queues_a_run_that_waits_for_it(scene: Scene) {
    let lease = doubtful(&scene, "r1").await;
    scene.apply(word(&lease, "site", Sighting::Absent, 40)).await;
    let run = scene.run(&lease.run).await;
    assert_eq!(
        run.state,
        RunState::Waiting,
        "a worker holds it and looks by itself"
    );
    let lease = doubtful(&scene, "r2").await;
    scene.apply(Command::ReleaseLease { lease: lease.clone() }).await;
    scene.apply(word(&lease, "site", Sighting::Absent, 40)).await;
    let run = scene.run(&lease.run).await;
    assert_eq!((run.state, run.waiting_for), (RunState::Queued, Vec::new()));
    // A run that was cancelled in between keeps the word and stays cancelled.
    let lease = doubtful(&scene, "r3").await;
    scene.apply(Command::ReleaseLease { lease: lease.clone() }).await;
    scene
        .apply(Command::RequestCancel {
            run: lease.run.clone(),
            at: at(35),
        })
        .await;
    scene.apply(word(&lease, "site", Sighting::There, 40)).await;
    assert_eq!(scene.run(&lease.run).await.state, RunState::Cancelled);
}
