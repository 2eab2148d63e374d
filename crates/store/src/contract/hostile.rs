//! Values that somebody outside chose: they come back byte for byte.

use copydesk_domain::{ContentHash, Round, StageName, Untrusted};

use super::scene::{Scene, at, manual, slot, snapshot, step};
use crate::record::{AuthorNote, Slot};
use crate::retention::LONG_OUTCOME;
use crate::{Command, RunParams, SnapshotParams, StepParams};

super::cases![
    hostile_text_comes_back,
    big_bodies_come_back,
    extreme_numbers_come_back
];

/// Quotes, syntax, control characters, other scripts, marks that change direction, and the empty text.
fn hostile() -> Vec<String> {
    let mut texts: Vec<String> = [
        "'; DROP TABLE run; --",
        "\" OR \"\"=\"",
        "?1 :name @x $y %s {}",
        "a\0b",
        "\u{1}\u{7f}\u{85}\u{2028}",
        "line\r\nline\ttab",
        "\u{202e}gnp.exe\u{202c}",
        "é e\u{301} 日本語 🧑‍🚀 \u{fffd}\u{ffff}\u{10ffff}",
        "<script>alert(1)</script>&amp;",
        "../../etc/passwd",
        "",
    ]
    .map(str::to_owned)
    .to_vec();
    texts.push("x".repeat(300_000));
    texts
}

async fn hostile_text_comes_back(scene: Scene) {
    for (number, text) in hostile().into_iter().enumerate() {
        let id = format!("{number}{text}");
        let params = RunParams {
            pipeline: text.as_str().into(),
            slot: Some(Slot {
                zone: text.clone(),
                ..slot(i64::try_from(number).expect("small"))
            }),
            parent: Some(text.as_str().into()),
            ..manual(&id)
        };
        scene.apply(Command::CreateRun(params.clone())).await;
        let run = scene.run(&params.id).await;
        assert_eq!(
            (run.pipeline, run.slot, run.parent),
            (params.pipeline, params.slot, params.parent)
        );
        let lease = scene.lease(&params.id, &text, 1).await;
        let stage = StageName::new(text.clone());
        let given = StepParams {
            stage: stage.clone(),
            task: Some(text.clone()),
            tool: Some(text.clone()),
            model: Some(text.clone()),
            outcome: text.clone(),
            ..step(&text, &text, text.as_bytes())
        };
        scene
            .apply(Command::FinishStep {
                lease,
                step: given.clone(),
            })
            .await;
        let stored = scene.b.steps(&params.id, 0).await.expect("steps").remove(0);
        assert_eq!(
            (stored.key, stored.task, stored.tool),
            (given.key, given.task, given.tool)
        );
        assert_eq!(
            (stored.stage, stored.model, stored.outcome),
            (given.stage, given.model, given.outcome)
        );
        let outcome = scene
            .b
            .outcomes(&params.id, &stage, Round::FIRST)
            .await
            .expect("outcomes")
            .remove(0);
        assert_eq!(outcome.body, given.body);
        hostile_source_comes_back(&scene, &text).await;
    }
}

async fn hostile_source_comes_back(scene: &Scene, text: &str) {
    let mut source = snapshot(text, &format!("https://x.example/{text}"), text, 5);
    source.owner = text.to_owned();
    source.fetch.authors = vec![Untrusted::new(text.to_owned()); 2];
    source.fetch.publisher = Untrusted::new(text.to_owned());
    scene
        .apply(Command::PutSnapshot {
            lease: None,
            snapshot: source.clone(),
        })
        .await;
    let SnapshotParams {
        text: stored_text,
        owner,
        fetch,
    } = source;
    let stored = scene
        .b
        .snapshot_of_url(&fetch.url)
        .await
        .expect("snapshots")
        .expect("it is there");
    assert_eq!(
        (stored.text, stored.owner, stored.fetches),
        (stored_text, owner, vec![fetch])
    );
    let note = AuthorNote {
        hash: ContentHash::of(text.as_bytes()),
        text: text.to_owned(),
        from: text.to_owned(),
        at: at(1),
    };
    scene.apply(Command::AddNote(note.clone())).await;
    assert!(scene.b.notes(at(0)).await.expect("notes").contains(&note));
    scene
        .b
        .search(text, 3)
        .await
        .expect("any text can be searched for");
}

async fn big_bodies_come_back(scene: Scene) {
    let lease = scene.leased("r1").await;
    for size in [0, 1, 1023, 1024, 1025, 5_000_000] {
        let body: Vec<u8> = (0..=u8::MAX).cycle().take(size).collect();
        let given = step(&format!("size/{size}"), "input", &body);
        scene
            .apply(Command::FinishStep {
                lease: lease.clone(),
                step: given,
            })
            .await;
        let stored_once = (size >= LONG_OUTCOME).then(|| body.clone());
        assert_eq!(scene.b.body(&ContentHash::of(&body)).await, Ok(stored_once));
    }
    let outcomes = scene
        .b
        .outcomes(&lease.run, &"research".into(), Round::FIRST)
        .await
        .expect("outcomes");
    let sizes: Vec<_> = outcomes.iter().map(|outcome| outcome.body.len()).collect();
    assert_eq!(sizes, [0, 1, 1023, 1024, 1025, 5_000_000]);
}

async fn extreme_numbers_come_back(scene: Scene) {
    use copydesk_domain::Instant;
    let ends = [
        Instant::from_micros(i64::MIN),
        Instant::from_micros(-1),
        Instant::from_micros(i64::MAX),
    ];
    for (id, end) in ["min", "before", "max"].into_iter().zip(ends) {
        let params = RunParams {
            fixed_now: Some(end),
            at: end,
            seed: end.as_micros(),
            ..manual(id)
        };
        scene.apply(Command::CreateRun(params)).await;
        let run = scene.run(&id.into()).await;
        assert_eq!(
            (run.fixed_now, run.created_at, run.seed),
            (Some(end), end, end.as_micros())
        );
    }
    let lease = scene.leased("r1").await;
    let (tokens, ms) = (Some(u64::from(u32::MAX)), u64::from(u32::MAX) + 1);
    let given = StepParams {
        tokens_in: tokens,
        ms,
        attempts: u32::MAX,
        ..step("a", "input", b"{}")
    };
    scene
        .apply(Command::FinishStep {
            lease: lease.clone(),
            step: given,
        })
        .await;
    let stored = scene.b.steps(&lease.run, 0).await.expect("steps").remove(0);
    assert_eq!(
        (stored.tokens_in, stored.ms, stored.attempts),
        (tokens, ms, u32::MAX)
    );
}
