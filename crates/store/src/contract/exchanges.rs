//! Exchanges with models: kept in order, counted, pruned with their run; and what was learnt of endpoints.

use copydesk_domain::{ContentHash, Round, RunState};

use super::scene::{Scene, at, update};
use crate::{
    Applied, Command, EndpointRecord, ExchangeCount, ExchangeOutcome, ExchangeParams, ExchangeRecord, Lease,
};

super::cases![
    an_exchange_is_kept_with_its_bodies,
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
    Command::PutExchange {
        lease: lease.clone(),
        stage: "draft".into(),
        round: Round::FIRST,
        key: "a".into(),
        exchange,
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
    let reply = scene.b.body(&ContentHash::of(b"{\"x\":1}")).await;
    assert_eq!(reply, Ok(Some(b"{\"x\":1}".to_vec())));
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
        matches!(pruned, Applied::Pruned(pruned) if pruned.bodies == 1),
        "{pruned:?}"
    );
    let body = |text: &'static [u8]| ContentHash::of(text);
    assert_eq!(scene.b.body(&body(b"old")).await, Ok(None));
    // The request of both was the same, so one of them still holds it.
    for held in [&b"young"[..], b"{\"messages\":[]}"] {
        assert!(scene.b.body(&body(held)).await.is_ok_and(|bytes| bytes.is_some()));
    }
    assert_eq!(scene.b.exchanges(&old.run).await, Ok(Vec::new()));
    let kept = scene.b.exchanges(&young.run).await;
    assert_eq!(kept.expect("exchanges are readable").len(), 1);
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
