//! What is pruned, and what never is.

use copydesk_domain::artifact::{Artifact, ArtifactKind, FORMAT, ResearchBrief, Window};
use copydesk_domain::{ContentHash, Decision, Round, RunId, RunState, StageState};

use crate::contract::scene::{
    Scene, at, decide, draft, finish, intend, payload, report, snapshot, step, update,
};
use crate::record::FeedState;
use crate::retention::{LONG_OUTCOME, PRUNED_OUTCOME, Pruned};
use crate::{Applied, Command, Lease, StoreError};

super::cases![
    an_old_final_run_loses_what_its_steps_gave_and_keeps_the_rest,
    what_an_artifact_names_stays,
    what_only_a_brief_names_stays_until_its_run_is_pruned,
    an_open_run_loses_nothing,
    what_another_run_needs_stays,
    a_pruned_run_is_not_retried,
    the_authors_own_stays,
    a_published_issue_stays_whole,
    snapshots_go_in_parts_and_out_of_the_search,
    old_answers_of_feeds_go,
];

/// Long after everything that a case does.
const LATER: i64 = 1_000_000;

/// A text that is stored once, whatever steps give it.
fn long(text: &str) -> String {
    text.repeat(LONG_OUTCOME.div_ceil(text.len()))
}

/// The same as what a step gives.
fn long_reply(text: &str) -> Vec<u8> {
    format!("\"{}\"", long(text)).into_bytes()
}

fn prune() -> Command {
    Command::Prune {
        before: at(LATER),
        snapshots_max: 10,
        at: at(LATER),
    }
}

async fn pruned(scene: &Scene) -> Pruned {
    match scene.apply(prune()).await {
        Applied::Pruned(pruned) => pruned,
        other => panic!("nothing pruned but {other:?}"),
    }
}

/// Prunes until nothing is left to prune.
async fn prune_all(scene: &Scene) -> Pruned {
    let mut all = Pruned::default();
    for _ in 0..20 {
        let some = pruned(scene).await;
        if some.is_empty() {
            return all;
        }
        all = all.and(some);
    }
    panic!("there is no end to it: {all:?}")
}

/// A draft that names a snapshot, and is as long as an outcome that is stored once.
fn draft_naming(hash: ContentHash) -> Artifact {
    draft(&long(&format!("{hash} ")))
}

/// A brief that names a snapshot.
fn brief_naming(hash: ContentHash) -> Artifact {
    let brief = ResearchBrief {
        format: FORMAT.to_owned(),
        at: at(0),
        window: Window {
            from: at(0),
            to: at(0),
        },
        beats: Vec::new(),
        feeds: Vec::new(),
        stories: Vec::new(),
        notes: Vec::new(),
        sources: Vec::new(),
        missing: Vec::new(),
        topics: Vec::new(),
        outside: Vec::new(),
        unread: copydesk_domain::artifact::Unread::default(),
        changes: Vec::new(),
        labels: Vec::new(),
        notes_dropped: 0,
        fields_dropped: 0,
        models: vec![hash.to_string()],
    };
    Artifact::of(ArtifactKind::ResearchBrief, &brief).expect("a brief has a JSON form")
}

async fn put_snapshot(scene: &Scene, lease: &Lease, text: &str) -> ContentHash {
    scene
        .apply(Command::PutSnapshot {
            lease: Some(lease.clone()),
            snapshot: snapshot(text, &format!("https://paper.example/{text}"), text, 3),
        })
        .await;
    ContentHash::of(text.as_bytes())
}

async fn finish_step(scene: &Scene, lease: &Lease, key: &str, body: &[u8]) {
    let step = step(key, key, body);
    let lease = lease.clone();
    scene.apply(Command::FinishStep { lease, step }).await;
}

async fn end(scene: &Scene, lease: &Lease, state: RunState) {
    scene.apply(update(lease, state, None)).await;
    let lease = lease.clone();
    scene.apply(Command::ReleaseLease { lease }).await;
}

async fn outcomes(scene: &Scene, run: &RunId) -> Vec<Vec<u8>> {
    let stored = scene.b.outcomes(run, &"research".into(), Round::FIRST).await;
    let stored = stored.expect("outcomes are readable");
    stored.into_iter().map(|outcome| outcome.body).collect()
}

async fn has_snapshot(scene: &Scene, hash: &ContentHash) -> bool {
    let found = scene.b.snapshot(hash).await;
    found.expect("snapshots are readable").is_some()
}

async fn an_old_final_run_loses_what_its_steps_gave_and_keeps_the_rest(scene: Scene) {
    let lease = scene.leased("r1").await;
    scene.start(&lease, "research", 1).await;
    let reply = long_reply("a long reply ");
    finish_step(&scene, &lease, "take_notes/1", &reply).await;
    finish_step(&scene, &lease, "take_notes/2", b"\"a short one\"").await;
    scene
        .apply(Command::WriteLog {
            lease: lease.clone(),
            stage: "research".into(),
            round: Round::FIRST,
            level: "info".to_owned(),
            message: "read it".to_owned(),
            at: at(6),
        })
        .await;
    end(&scene, &lease, RunState::Completed).await;
    let young = Command::Prune {
        before: at(0),
        snapshots_max: 10,
        at: at(20),
    };
    assert_eq!(scene.apply(young).await, Applied::Pruned(Pruned::default()));
    assert_eq!(scene.run(&lease.run).await.pruned_at, None);
    let all = prune_all(&scene).await;
    assert_eq!((all.runs, all.bodies, all.log_lines, all.snapshots), (1, 2, 1, 0));
    assert_eq!(all.bytes, reply.len() as u64 + 13 + 7);
    assert_eq!(outcomes(&scene, &lease.run).await, [PRUNED_OUTCOME; 2]);
    let gone = scene.b.body(&ContentHash::of(&reply)).await;
    assert_eq!(gone, Ok(None));
    assert_eq!(scene.b.logs(&lease.run).await, Ok(Vec::new()));
    let run = scene.run(&lease.run).await;
    assert_eq!((run.pruned_at, run.state), (Some(at(LATER)), RunState::Completed));
    // What it called and cost is still told.
    let steps = scene.b.steps(&lease.run, 0).await.expect("steps are readable");
    assert_eq!((steps.len(), steps[0].tokens_in), (2, Some(900)));
    assert!(pruned(&scene).await.is_empty(), "a second go finds nothing");
    let last = scene.b.last_pruning().await.expect("prunings are readable");
    assert_eq!(last.map(|last| (last.at, last.pruned)), Some((at(LATER), all)));
}

async fn what_an_artifact_names_stays(scene: Scene) {
    let lease = scene.leased("r1").await;
    let cited = put_snapshot(&scene, &lease, "cited").await;
    let loose = put_snapshot(&scene, &lease, "loose").await;
    scene.start(&lease, "draft", 1).await;
    let draft = draft_naming(cited);
    scene.apply(finish(&lease, "draft", 1, vec![draft.clone()])).await;
    // A step gave the very bytes of the artifact.
    finish_step(&scene, &lease, "write", &draft.bytes).await;
    end(&scene, &lease, RunState::Failed).await;
    let all = prune_all(&scene).await;
    assert_eq!((all.runs, all.bodies, all.snapshots), (1, 0, 1));
    assert!(has_snapshot(&scene, &cited).await);
    assert!(!has_snapshot(&scene, &loose).await);
    let kept = scene
        .b
        .artifact(&draft.hash)
        .await
        .expect("artifacts are readable");
    assert_eq!(kept, Some(draft));
}

async fn what_only_a_brief_names_stays_until_its_run_is_pruned(scene: Scene) {
    let reader = scene.leased("reader").await;
    let read = put_snapshot(&scene, &reader, "read").await;
    scene.start(&reader, "research", 1).await;
    let brief = brief_naming(read);
    scene.apply(finish(&reader, "research", 1, vec![brief])).await;
    assert!(prune_all(&scene).await.is_empty());
    assert!(has_snapshot(&scene, &read).await, "its run is not pruned");
    end(&scene, &reader, RunState::Completed).await;
    let all = prune_all(&scene).await;
    assert_eq!((all.runs, all.snapshots), (1, 1));
    assert!(!has_snapshot(&scene, &read).await);
}

async fn an_open_run_loses_nothing(scene: Scene) {
    let lease = scene.leased("r1").await;
    let read = put_snapshot(&scene, &lease, "read").await;
    finish_step(
        &scene,
        &lease,
        "open/1",
        format!("{{\"snapshot\":\"{read}\"}}").as_bytes(),
    )
    .await;
    let before = outcomes(&scene, &lease.run).await;
    for state in [RunState::Running, RunState::Waiting, RunState::Queued] {
        scene.apply(update(&lease, state, None)).await;
        assert!(prune_all(&scene).await.is_empty(), "{state}");
    }
    assert_eq!(outcomes(&scene, &lease.run).await, before);
    assert!(has_snapshot(&scene, &read).await);
}

async fn what_another_run_needs_stays(scene: Scene) {
    let reply = long_reply("the same reply ");
    let old = scene.leased("old").await;
    let read = put_snapshot(&scene, &old, "read").await;
    finish_step(&scene, &old, "take_notes/1", &reply).await;
    end(&scene, &old, RunState::Completed).await;
    let open = scene.leased("open").await;
    finish_step(&scene, &open, "take_notes/1", &reply).await;
    finish_step(&scene, &open, "open/1", format!("[\"{read}\"]").as_bytes()).await;
    let all = prune_all(&scene).await;
    assert_eq!((all.runs, all.bodies, all.snapshots), (1, 0, 0));
    assert_eq!(outcomes(&scene, &old.run).await, [PRUNED_OUTCOME]);
    assert_eq!(outcomes(&scene, &open.run).await[0], reply);
    assert!(has_snapshot(&scene, &read).await);
    // Bytes that went come back when somebody stores them anew.
    end(&scene, &open, RunState::Completed).await;
    assert_eq!(prune_all(&scene).await.snapshots, 1);
    let again = scene.leased("again").await;
    put_snapshot(&scene, &again, "read").await;
    finish_step(&scene, &again, "take_notes/1", &reply).await;
    assert!(has_snapshot(&scene, &read).await);
    assert_eq!(outcomes(&scene, &again.run).await, [reply]);
}

async fn a_pruned_run_is_not_retried(scene: Scene) {
    let lease = scene.leased("r1").await;
    finish_step(&scene, &lease, "take_notes/1", b"1").await;
    end(&scene, &lease, RunState::Failed).await;
    prune_all(&scene).await;
    let retry = Command::Retry {
        run: lease.run.clone(),
        budget_extra: copydesk_domain::MicroUsd::ZERO,
        embedded_only: false,
        at: at(LATER + 1),
    };
    let refused = scene.refuse(retry).await;
    assert!(
        matches!(&refused, StoreError::DecisionRefused { state, .. } if state.contains("pruned")),
        "{refused}"
    );
    assert_eq!(scene.run(&lease.run).await.state, RunState::Failed);
}

async fn the_authors_own_stays(scene: Scene) {
    let mut own = snapshot("what I saw", "notes/a.md", "what I saw", 3);
    "author".clone_into(&mut own.owner);
    let hash = ContentHash::of(b"what I saw");
    scene
        .apply(Command::PutSnapshot {
            lease: None,
            snapshot: own,
        })
        .await;
    assert!(prune_all(&scene).await.is_empty());
    assert!(has_snapshot(&scene, &hash).await);
}

async fn a_published_issue_stays_whole(scene: Scene) {
    let (text, mail) = (&long("an issue "), &long("a mail "));
    let (lease, hash) = scene.reviewed("r1", text).await;
    let bodies = Command::FinishStage {
        lease: lease.clone(),
        stage: "publish".into(),
        round: Round::FIRST,
        state: StageState::Completed,
        reason: None,
        artifacts: vec![report(mail)],
        bodies: vec![payload(text), mail.clone().into_bytes()],
        at: at(14),
    };
    scene.apply(decide(&lease.run, hash, Decision::Approved)).await;
    scene.apply(bodies).await;
    scene.apply(intend(&lease, text, "key", 30)).await;
    // A step that rendered it gave the very bytes that went out.
    finish_step(&scene, &lease, "render/site", &payload(text)).await;
    finish_step(&scene, &lease, "answer/a1", mail.as_bytes()).await;
    end(&scene, &lease, RunState::Completed).await;
    let all = prune_all(&scene).await;
    assert_eq!((all.runs, all.bodies), (1, 0));
    for bytes in [payload(text), mail.clone().into_bytes()] {
        assert_eq!(scene.b.body(&ContentHash::of(&bytes)).await, Ok(Some(bytes)));
    }
    assert!(
        scene
            .b
            .artifact(&hash)
            .await
            .expect("artifacts are readable")
            .is_some()
    );
    assert_eq!(scene.b.decisions(&lease.run).await.map(|all| all.len()), Ok(1));
    assert_eq!(scene.b.outbox(&lease.run).await.map(|all| all.len()), Ok(1));
}

async fn snapshots_go_in_parts_and_out_of_the_search(scene: Scene) {
    let lease = scene.leased("r1").await;
    for number in 0..25 {
        put_snapshot(&scene, &lease, &format!("walrus{number}")).await;
    }
    let kept = put_snapshot(&scene, &lease, "walrus and seal").await;
    let draft = draft_naming(kept);
    scene.start(&lease, "draft", 1).await;
    scene.apply(finish(&lease, "draft", 1, vec![draft])).await;
    end(&scene, &lease, RunState::Completed).await;
    let mut parts = Vec::new();
    loop {
        let some = pruned(&scene).await;
        if some.is_empty() {
            break;
        }
        parts.push(some.snapshots);
    }
    assert_eq!(parts, [0, 10, 10, 5], "the run, then its snapshots");
    let hits = |word: &'static str| {
        let store = scene.b.clone();
        async move { store.search(word, 100).await.expect("the archive answers") }
    };
    assert_eq!(hits("walrus7").await, []);
    let left = hits("walrus").await;
    assert_eq!((left.len(), left[0].hash), (1, kept));
    assert_eq!(
        scene.b.snapshot_of_url("https://paper.example/walrus7").await,
        Ok(None)
    );
}

async fn old_answers_of_feeds_go(scene: Scene) {
    let state = |url: &str, seconds: i64, retry: Option<i64>| FeedState {
        url: url.to_owned(),
        moved_to: None,
        etag: None,
        last_modified: None,
        content_type: None,
        body: b"<rss/>".to_vec(),
        retry_at: retry.map(at),
        fetched_at: at(seconds),
        answered_at: at(seconds),
    };
    for feed in [
        state("https://old.example/", 1, None),
        state("https://waits.example/", 1, Some(LATER + 9)),
        state("https://new.example/", LATER + 5, None),
        FeedState {
            answered_at: at(LATER + 5),
            ..state("https://unchanged.example/", 1, None)
        },
    ] {
        scene.apply(Command::PutFeedState(feed)).await;
    }
    let all = prune_all(&scene).await;
    assert_eq!((all.feeds, all.bytes), (1, 6));
    let left = |url: &'static str| {
        let store = scene.b.clone();
        async move { store.feed_state(url).await.expect("feeds are readable").is_some() }
    };
    assert!(!left("https://old.example/").await);
    assert!(left("https://waits.example/").await, "its wait is not forgotten");
    assert!(left("https://new.example/").await);
    assert!(
        left("https://unchanged.example/").await,
        "it answers, and says the same"
    );
}
