//! Exchanges with models: kept in order, counted, pruned with their run; and what was learnt of endpoints.

use copydesk_domain::{ContentHash, Round, RunState};

use super::scene::{Scene, at, update};
use crate::{
    Applied, Command, EndpointRecord, ExchangeBodies, ExchangeCount, ExchangeOutcome, ExchangeParams,
    ExchangeRecord, Lease, Shared,
};

super::cases![
    an_exchange_is_kept_with_its_bodies,
    requests_are_made_again_of_those_before_them,
    exchanges_are_counted_by_model_and_outcome,
    exchanges_go_with_their_run,
    what_was_learnt_last_of_an_endpoint_counts,
];

fn exchange(reply: &str) -> ExchangeParams {
    ExchangeParams {
        model: "near".to_owned(),
        base_url: "http://127.0.0.1:1/v1".to_owned(),
        asked: "tiny".to_owned(),
        answered_by: Some("tiny-2".to_owned()),
        request_id: Some("req-1".to_owned()),
        status: Some(200),
        outcome: ExchangeOutcome::Answered,
        reason: None,
        finish_reason: Some("stop".to_owned()),
        is_streamed: true,
        tokens_in: Some(100),
        tokens_out: Some(20),
        tokens_cached: Some(60),
        ms: 12,
        request: b"{\"messages\":[]}".to_vec(),
        reply: Some(reply.as_bytes().to_vec()),
    }
}

/// One exchange of the step `a` that ended well.
pub(super) fn put(lease: &Lease, reply: &str, seconds: i64) -> Command {
    put_of(lease, exchange(reply), seconds)
}

fn put_of(lease: &Lease, exchange: ExchangeParams, seconds: i64) -> Command {
    put_after(lease, exchange, Shared::default(), seconds)
}

fn put_after(lease: &Lease, exchange: ExchangeParams, shared: Shared, seconds: i64) -> Command {
    Command::PutExchange {
        lease: lease.clone(),
        stage: "draft".into(),
        round: Round::FIRST,
        key: "a".into(),
        exchange,
        shared,
        at: at(seconds),
    }
}

async fn an_exchange_is_kept_with_its_bodies(scene: Scene) {
    let (lease, other) = (scene.leased("r1").await, scene.leased("r2").await);
    let bare = ExchangeParams {
        answered_by: None,
        request_id: None,
        status: None,
        outcome: ExchangeOutcome::Failed,
        reason: Some("no connection".to_owned()),
        finish_reason: None,
        is_streamed: false,
        tokens_in: None,
        tokens_out: None,
        tokens_cached: None,
        reply: None,
        ..exchange("")
    };
    scene.apply(put(&lease, "{\"x\":1}", 1)).await;
    scene.apply(put_of(&lease, bare.clone(), 2)).await;
    scene.apply(put(&other, "{}", 3)).await;
    let without_bodies = |exchange: ExchangeParams| ExchangeParams {
        request: Vec::new(),
        reply: None,
        ..exchange
    };
    let record = |exchange: ExchangeParams, seconds| ExchangeRecord {
        stage: "draft".into(),
        round: Round::FIRST,
        key: "a".into(),
        request_hash: Some(ContentHash::of(&exchange.request)),
        reply_hash: exchange.reply.as_deref().map(ContentHash::of),
        exchange: without_bodies(exchange),
        at: at(seconds),
    };
    let expected = vec![record(exchange("{\"x\":1}"), 1), record(bare, 2)];
    assert_eq!(scene.b.exchanges(&lease.run).await, Ok(expected));
    let bodies = |reply: Option<&str>| ExchangeBodies {
        request: exchange("").request,
        reply: reply.map(|reply| reply.as_bytes().to_vec()),
    };
    let expected = vec![bodies(Some("{\"x\":1}")), bodies(None)];
    assert_eq!(
        scene
            .b
            .exchange_bodies(&lease.run, &"draft".into(), Round::FIRST)
            .await,
        Ok(expected)
    );
}

async fn requests_are_made_again_of_those_before_them(scene: Scene) {
    let lease = scene.leased("r1").await;
    let of_round = |request: &str, before: &str, round, seconds| {
        let exchange = ExchangeParams {
            request: request.as_bytes().to_vec(),
            ..exchange("{}")
        };
        let shared = Shared::of(before.as_bytes(), request.as_bytes());
        let mut command = put_after(&lease, exchange, shared, seconds);
        if let Command::PutExchange { round: of, .. } = &mut command {
            *of = Round(round);
        }
        command
    };
    let requests = ["[1]{tools}", "[9]{other}", "[1,2]{tools}", "[9,8]{other}", "[]"];
    scene.apply(of_round(requests[0], "", 1, 1)).await;
    scene.apply(of_round(requests[1], "", 2, 2)).await;
    scene.apply(of_round(requests[2], requests[0], 1, 3)).await;
    scene.apply(of_round(requests[3], requests[1], 2, 4)).await;
    // A process that began anew knows of none before it.
    scene.apply(of_round(requests[4], "", 1, 5)).await;
    let mut found = Vec::new();
    for round in [1, 2] {
        let bodies = scene
            .b
            .exchange_bodies(&lease.run, &"draft".into(), Round(round))
            .await;
        let bodies = bodies.expect("they are readable").into_iter();
        found.push(bodies.map(|bodies| bodies.request).collect::<Vec<_>>());
    }
    let of = |numbers: &[usize]| -> Vec<Vec<u8>> {
        let requests = numbers.iter().map(|number| requests[*number].as_bytes().to_vec());
        requests.collect()
    };
    assert_eq!(found, [of(&[0, 2, 4]), of(&[1, 3])]);
    let hashes: Vec<_> = scene.b.exchanges(&lease.run).await.expect("they are readable");
    let hashes: Vec<_> = hashes.into_iter().map(|record| record.request_hash).collect();
    let expected = requests.map(|request| Some(ContentHash::of(request.as_bytes())));
    assert_eq!(hashes, expected);
}

async fn exchanges_are_counted_by_model_and_outcome(scene: Scene) {
    let lease = scene.leased("r1").await;
    let ended = |outcome| ExchangeParams {
        outcome,
        ..exchange("{}")
    };
    for (seconds, outcome) in [
        (0, ExchangeOutcome::Refused),
        (1, ExchangeOutcome::Failed),
        (2, ExchangeOutcome::Refused),
        (3, ExchangeOutcome::Answered),
        (4, ExchangeOutcome::Refused),
    ] {
        scene.apply(put_of(&lease, ended(outcome), seconds)).await;
    }
    let count = |outcome, exchanges| ExchangeCount {
        model: "near".to_owned(),
        outcome,
        exchanges,
    };
    let expected = vec![
        count(ExchangeOutcome::Answered, 1),
        count(ExchangeOutcome::Refused, 2),
        count(ExchangeOutcome::Failed, 1),
    ];
    assert_eq!(scene.b.exchange_counts(at(1)).await, Ok(expected));
    assert_eq!(scene.b.exchange_counts(at(5)).await, Ok(Vec::new()));
}

async fn exchanges_go_with_their_run(scene: Scene) {
    let (old, young) = (scene.leased("r1").await, scene.leased("r2").await);
    scene.apply(put(&old, "old", 1)).await;
    scene.apply(put(&young, "young", 2)).await;
    scene.apply(update(&old, RunState::Completed, None)).await;
    let release = Command::ReleaseLease { lease: old.clone() };
    scene.apply(release).await;
    let prune = Command::Prune {
        before: at(1_000_000),
        snapshots_max: 10,
        at: at(2_000_000),
    };
    let pruned = scene.apply(prune).await;
    assert!(
        matches!(pruned, Applied::Pruned(pruned) if (pruned.bodies, pruned.bytes) == (2, 18)),
        "{pruned:?}"
    );
    assert_eq!(scene.b.exchanges(&old.run).await, Ok(Vec::new()));
    assert_eq!(
        scene
            .b
            .exchange_bodies(&old.run, &"draft".into(), Round::FIRST)
            .await,
        Ok(Vec::new())
    );
    let kept = ExchangeBodies {
        request: b"{\"messages\":[]}".to_vec(),
        reply: Some(b"young".to_vec()),
    };
    assert_eq!(
        scene
            .b
            .exchange_bodies(&young.run, &"draft".into(), Round::FIRST)
            .await,
        Ok(vec![kept])
    );
}

async fn what_was_learnt_last_of_an_endpoint_counts(scene: Scene) {
    let learnt = |model: &str, knowledge: &str, seconds| EndpointRecord {
        base_url: "http://127.0.0.1:1/v1".to_owned(),
        model: model.to_owned(),
        identity: ContentHash::of(model.as_bytes()),
        knowledge: knowledge.to_owned(),
        at: at(seconds),
    };
    for record in [
        learnt("b", "{}", 1),
        learnt("a", "{\"way\":1}", 2),
        learnt("b", "{\"way\":2}", 3),
    ] {
        scene.apply(Command::PutEndpoint(record)).await;
    }
    let expected = vec![learnt("a", "{\"way\":1}", 2), learnt("b", "{\"way\":2}", 3)];
    assert_eq!(scene.b.endpoints().await, Ok(expected));
}
