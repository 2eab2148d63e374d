//! Exchanges with models, and what was learnt of their endpoints.

use copydesk_domain::{ContentHash, Instant, Round, RunId, StageName, StepKey};
use copydesk_store::{
    Command, EndpointRecord, ExchangeBodies, ExchangeCount, ExchangeOutcome, ExchangeParams, ExchangeRecord,
    Shared,
};
use serde::Serialize;
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use crate::fault::{Result, fault};
use crate::row::{Columns, records, stored_size};
use crate::tables::bundle::{Bundle, require_lease, trigger};

statements! {
    INSERT_EXCHANGE = "
        INSERT INTO exchange (run_id, stage, round, key, model, base_url, asked, answered_by, request_id, status,
                              outcome, reason, finish_reason, is_streamed, tokens_in, tokens_out, tokens_cached, ms,
                              request_hash, reply_hash, at, request_head, request_tail, request_own, reply)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22,
                ?23, ?24, ?25)";
    SELECT_OF_RUN = "
        SELECT id, stage, round, key, model, base_url, asked, answered_by, request_id, status, outcome, reason,
               finish_reason, is_streamed, tokens_in, tokens_out, tokens_cached, ms, request_hash, reply_hash, at
        FROM exchange
        WHERE run_id = ?1
        ORDER BY id";
    SELECT_BODIES = "
        SELECT id, request_hash, request_head, request_tail, request_own, reply
        FROM exchange
        WHERE run_id = ?1 AND stage = ?2 AND round = ?3
        ORDER BY id";
    SELECT_COUNTS = "
        SELECT model, outcome, COUNT(id) AS exchanges
        FROM exchange
        WHERE at >= ?1
        GROUP BY model, outcome
        ORDER BY model, CASE outcome WHEN 'answered' THEN 0 WHEN 'refused' THEN 1 WHEN 'invalid' THEN 2 ELSE 3 END";
    UPSERT_ENDPOINT = "
        INSERT INTO endpoint (base_url, model, identity, knowledge, at)
        VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (base_url, model) DO UPDATE
        SET identity = excluded.identity, knowledge = excluded.knowledge, at = excluded.at";
    SELECT_ENDPOINTS = "
        SELECT base_url, model, identity, knowledge, at
        FROM endpoint
        ORDER BY base_url, model";
}

pub(crate) const TRIGGERS: &[&str] = &[trigger!(
    "bundle",
    "put_exchange",
    concat!(
        require_lease!(),
        "
            INSERT INTO exchange (run_id, stage, round, key, model, base_url, asked, answered_by, request_id, status,
                                  outcome, reason, finish_reason, is_streamed, tokens_in, tokens_out, tokens_cached,
                                  ms, request_hash, reply_hash, at, request_head, request_tail, request_own, reply)
            VALUES (NEW.row ->> 'run', NEW.row ->> 'stage', NEW.row ->> 'round', NEW.row ->> 'key',
                    NEW.row ->> 'model', NEW.row ->> 'base_url', NEW.row ->> 'asked', NEW.row ->> 'answered_by',
                    NEW.row ->> 'request_id', NEW.row ->> 'status', NEW.row ->> 'outcome', NEW.row ->> 'reason',
                    NEW.row ->> 'finish_reason', NEW.row ->> 'is_streamed', NEW.row ->> 'tokens_in',
                    NEW.row ->> 'tokens_out', NEW.row ->> 'tokens_cached', NEW.row ->> 'ms', NEW.row ->> 'request',
                    NEW.row ->> 'reply', NEW.row ->> 'at', NEW.row ->> 'head', NEW.row ->> 'tail',
                    COALESCE(substr(NEW.bytes, 1, NEW.row ->> 'own'), zeroblob(0)),
                    CASE WHEN NEW.row ->> 'reply' IS NOT NULL
                         THEN COALESCE(substr(NEW.bytes, 1 + (NEW.row ->> 'own')), zeroblob(0)) END);"
    )
)];

#[derive(Serialize)]
struct ExchangeDto<'a> {
    run: &'a str,
    fence: i64,
    stage: &'a str,
    round: u32,
    key: &'a str,
    model: &'a str,
    base_url: &'a str,
    asked: &'a str,
    answered_by: Option<&'a str>,
    request_id: Option<&'a str>,
    status: Option<u16>,
    outcome: &'static str,
    reason: Option<&'a str>,
    finish_reason: Option<&'a str>,
    is_streamed: bool,
    tokens_in: Option<i64>,
    tokens_out: Option<i64>,
    tokens_cached: Option<i64>,
    ms: i64,
    request: String,
    reply: Option<String>,
    at: i64,
    head: usize,
    tail: usize,
    /// Bytes of the request that are its own; those of the reply follow them.
    own: usize,
}

/// The bytes of a request that are its own, and the hash of the whole.
///
/// # Panics
/// If it is shorter than what it is said to share: whoever says so has looked at both.
fn own<'a>(exchange: &'a ExchangeParams, shared: &Shared) -> (&'a [u8], ContentHash) {
    let own = shared.own(&exchange.request);
    let own = own.expect("a request is as long as what it shares");
    (own, ContentHash::of(&exchange.request))
}

/// The row of an exchange.
pub(crate) fn bundle(bundle: &mut Bundle, command: &Command) {
    let Command::PutExchange {
        lease,
        stage,
        round,
        key,
        exchange,
        shared,
        at,
    } = command
    else {
        unreachable!("called for PutExchange alone");
    };
    let (own, hash) = own(exchange, shared);
    let row = ExchangeDto {
        run: lease.run.as_str(),
        fence: lease.fence.0,
        stage: stage.as_str(),
        round: round.0,
        key: key.as_str(),
        model: &exchange.model,
        base_url: &exchange.base_url,
        asked: &exchange.asked,
        answered_by: exchange.answered_by.as_deref(),
        request_id: exchange.request_id.as_deref(),
        status: exchange.status,
        outcome: exchange.outcome.as_str(),
        reason: exchange.reason.as_deref(),
        finish_reason: exchange.finish_reason.as_deref(),
        is_streamed: exchange.is_streamed,
        tokens_in: exchange.tokens_in.map(stored_size),
        tokens_out: exchange.tokens_out.map(stored_size),
        tokens_cached: exchange.tokens_cached.map(stored_size),
        ms: stored_size(exchange.ms),
        request: hash.to_string(),
        reply: exchange
            .reply
            .as_deref()
            .map(|reply| ContentHash::of(reply).to_string()),
        at: at.as_micros(),
        head: shared.head,
        tail: shared.tail,
        own: own.len(),
    };
    let reply = exchange.reply.as_deref().unwrap_or_default();
    bundle.push("put_exchange", &row, &[own, reply].concat());
}

/// Keeps an exchange. [`Command::PutExchange`].
pub(crate) async fn put(db: &mut SqliteConnection, command: &Command) -> Result<()> {
    let Command::PutExchange {
        lease,
        stage,
        round,
        key,
        exchange,
        shared,
        at,
    } = command
    else {
        unreachable!("called for PutExchange alone");
    };
    let (own, request_hash) = own(exchange, shared);
    let reply_hash = exchange.reply.as_deref().map(ContentHash::of);
    sqlx::query(INSERT_EXCHANGE)
        .bind(lease.run.as_str())
        .bind(stage.as_str())
        .bind(round.0)
        .bind(key.as_str())
        .bind(exchange.model.as_str())
        .bind(exchange.base_url.as_str())
        .bind(exchange.asked.as_str())
        .bind(exchange.answered_by.as_deref())
        .bind(exchange.request_id.as_deref())
        .bind(exchange.status)
        .bind(exchange.outcome.as_str())
        .bind(exchange.reason.as_deref())
        .bind(exchange.finish_reason.as_deref())
        .bind(exchange.is_streamed)
        .bind(exchange.tokens_in.map(stored_size))
        .bind(exchange.tokens_out.map(stored_size))
        .bind(exchange.tokens_cached.map(stored_size))
        .bind(stored_size(exchange.ms))
        .bind(request_hash.to_string())
        .bind(reply_hash.map(|hash| hash.to_string()))
        .bind(at.as_micros())
        .bind(stored_size(shared.head as u64))
        .bind(stored_size(shared.tail as u64))
        .bind(own)
        .bind(exchange.reply.as_deref())
        .execute(db)
        .await
        .map_err(fault)?;
    Ok(())
}

/// Bodies of the exchanges of a round, in order.
pub(crate) async fn bodies(
    db: &mut SqliteConnection,
    run: &RunId,
    stage: &StageName,
    round: Round,
) -> Result<Vec<ExchangeBodies>> {
    let query = sqlx::query(SELECT_BODIES)
        .bind(run.as_str())
        .bind(stage.as_str())
        .bind(round.0);
    let rows = query.fetch_all(db).await.map_err(fault)?;
    let mut before = Vec::new();
    let mut found = Vec::new();
    for row in &rows {
        let columns = Columns::new(row, "exchange", "id");
        let own: Vec<u8> = columns.get("request_own")?;
        let size = |column| {
            let size = usize::try_from(columns.size(column)?);
            size.map_err(|_| columns.inconsistent(column))
        };
        let shared = Shared {
            head: size("request_head")?,
            tail: size("request_tail")?,
        };
        let request = shared.assemble(&before, &own);
        let request = request.ok_or_else(|| columns.inconsistent("request_own"))?;
        if ContentHash::of(&request) != columns.hash("request_hash")? {
            return Err(columns.inconsistent("request_own"));
        }
        before.clone_from(&request);
        let reply = columns.get("reply")?;
        found.push(ExchangeBodies { request, reply });
    }
    Ok(found)
}

/// Exchanges of a run, in order.
pub(crate) async fn of_run(db: &mut SqliteConnection, run: &RunId) -> Result<Vec<ExchangeRecord>> {
    let statement = sqlx::query(SELECT_OF_RUN).bind(run.as_str());
    records(db, statement, record).await
}

fn record(row: &SqliteRow) -> Result<ExchangeRecord> {
    let columns = Columns::new(row, "exchange", "id");
    let hash = |column| match columns.get::<Option<String>>(column)? {
        Some(text) => text.parse().map(Some).map_err(|_| columns.inconsistent(column)),
        None => Ok(None),
    };
    let status: Option<i64> = columns.get("status")?;
    let status = status.map(u16::try_from).transpose();
    let exchange = ExchangeParams {
        model: columns.get("model")?,
        base_url: columns.get("base_url")?,
        asked: columns.get("asked")?,
        answered_by: columns.get("answered_by")?,
        request_id: columns.get("request_id")?,
        status: status.map_err(|_| columns.inconsistent("status"))?,
        outcome: columns.parsed("outcome", ExchangeOutcome::of)?,
        reason: columns.get("reason")?,
        finish_reason: columns.get("finish_reason")?,
        is_streamed: columns.get("is_streamed")?,
        tokens_in: columns.size_option("tokens_in")?,
        tokens_out: columns.size_option("tokens_out")?,
        tokens_cached: columns.size_option("tokens_cached")?,
        ms: columns.size("ms")?,
        request: Vec::new(),
        reply: None,
    };
    Ok(ExchangeRecord {
        stage: StageName::new(columns.get::<String>("stage")?),
        round: columns.round("round")?,
        key: StepKey::new(columns.get::<String>("key")?),
        exchange,
        request_hash: hash("request_hash")?,
        reply_hash: hash("reply_hash")?,
        at: columns.instant("at")?,
    })
}

/// How exchanges ended since an instant.
pub(crate) async fn counts(db: &mut SqliteConnection, since: Instant) -> Result<Vec<ExchangeCount>> {
    let rows = sqlx::query(SELECT_COUNTS)
        .bind(since.as_micros())
        .fetch_all(db)
        .await
        .map_err(fault)?;
    let count = |row: &SqliteRow| {
        let columns = Columns::new(row, "exchange", "model");
        Ok(ExchangeCount {
            model: columns.get("model")?,
            outcome: columns.parsed("outcome", ExchangeOutcome::of)?,
            exchanges: columns.size("exchanges")?,
        })
    };
    rows.iter().map(count).collect()
}

/// Keeps what was learnt of an endpoint.
pub(crate) async fn put_endpoint(db: &mut SqliteConnection, endpoint: &EndpointRecord) -> Result<()> {
    sqlx::query(UPSERT_ENDPOINT)
        .bind(endpoint.base_url.as_str())
        .bind(endpoint.model.as_str())
        .bind(endpoint.identity.to_string())
        .bind(endpoint.knowledge.as_str())
        .bind(endpoint.at.as_micros())
        .execute(db)
        .await
        .map_err(fault)?;
    Ok(())
}

/// What was learnt of endpoints.
pub(crate) async fn endpoints(db: &mut SqliteConnection) -> Result<Vec<EndpointRecord>> {
    let rows = sqlx::query(SELECT_ENDPOINTS).fetch_all(db).await;
    let endpoint = |row: &SqliteRow| {
        let columns = Columns::new(row, "endpoint", "base_url");
        Ok(EndpointRecord {
            base_url: columns.get("base_url")?,
            model: columns.get("model")?,
            identity: columns.hash("identity")?,
            knowledge: columns.get("knowledge")?,
            at: columns.instant("at")?,
        })
    };
    rows.map_err(fault)?.iter().map(endpoint).collect()
}
