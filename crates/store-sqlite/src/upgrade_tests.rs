//! A database of an earlier version becomes one of this version, and nothing in it is lost.

use std::path::Path;

use crate::{Condition, Options, SqliteStore};
use copydesk_domain::{ContentHash, Instant};
use copydesk_store::{Applied, Command, Store};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

/// The first schema, as it was released.
const FIRST: &str = include_str!("../migrations/0001_initial.sql");

/// A run with a step, and a draft that names one of two sources.
fn rows(cited: &ContentHash, loose: &ContentHash) -> String {
    let draft = format!("{{\"sources\":[\"{cited}\"]}}");
    let (draft_hash, outcome_hash) = (ContentHash::of(draft.as_bytes()), ContentHash::of(b"\"reply\""));
    let source = |hash: &ContentHash, text: &str| {
        format!(
            "INSERT INTO source_text (hash, text) VALUES ('{hash}', '{text}');
             INSERT INTO snapshot (hash, owner) VALUES ('{hash}', 'paper.example');
             INSERT INTO fetch (snapshot_hash, url, fetched_at, authors, publisher)
             VALUES ('{hash}', 'https://paper.example/', 5000000, '[]', 'The Paper');
             INSERT INTO archive (hash, kind, title, url) VALUES ('{hash}', 'snapshot', 'T', 'https://paper.example/');
             INSERT INTO archive_index (rowid, title, text) VALUES (last_insert_rowid(), 'T', '{text}');"
        )
    };
    format!(
        "{}{}
         INSERT INTO body (hash, bytes) VALUES ('{draft_hash}', CAST('{draft}' AS BLOB)),
                                               ('{outcome_hash}', CAST('\"reply\"' AS BLOB));
         INSERT INTO run (id, pipeline, release_hash, state, waiting_for, issue, seed, is_scheduled, created_at,
                          updated_at, cancel_requested, budget_extra, embedded_only, fence)
         VALUES ('r1', 'daily', '{draft_hash}', 'completed', '[]', 'published', 7, 0, 1000000, 9000000, 0, 0, 0, 1);
         INSERT INTO stage (run_id, stage, round, state, attempts, now, started_at, finished_at)
         VALUES ('r1', 'draft', 1, 'completed', 1, 2, 3, 4);
         INSERT INTO artifact (run_id, stage, round, position, kind, hash)
         VALUES ('r1', 'draft', 1, 0, 'draft', '{draft_hash}');
         INSERT INTO attempt (run_id, stage, round, key, input_hash, state, body_hash, ms, tries, outcome, finished_at)
         VALUES ('r1', 'draft', 1, 'write', '{draft_hash}', 'completed', '{outcome_hash}', 1, 1, 'ok', 8);
         INSERT INTO step (run_id, stage, round, key, attempt_id)
         VALUES ('r1', 'draft', 1, 'write', last_insert_rowid());
         PRAGMA user_version = 1;",
        source(cited, "cited"),
        source(loose, "loose"),
    )
}

async fn make(path: &Path, sql: String) {
    let connect = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut db = connect.connect().await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut db).await.unwrap();
    db.close().await.unwrap();
}

#[tokio::test]
async fn the_first_schema_is_upgraded_beside_a_copy_of_itself() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let (cited, loose) = (ContentHash::of(b"cited"), ContentHash::of(b"loose"));
    make(&path, format!("{FIRST}\n{}", rows(&cited, &loose))).await;
    let old = Condition::of(&path).await.unwrap();
    assert_eq!(old.schema, 1);
    assert!(
        SqliteStore::look(&path).await.is_err(),
        "a look changes nothing, so it cannot read it"
    );

    let store = SqliteStore::open(&path, Options::SHIPPED).await.unwrap();
    let new = Condition::of(&path).await.unwrap();
    assert_eq!((new.schema, store.damage().await), (new.known, Ok(Vec::new())));
    let run = store.run(&"r1".into()).await.unwrap().unwrap();
    assert_eq!((run.saved_calls, run.pruned_at), (0, None));
    assert_eq!(store.stages(&"r1".into()).await.unwrap()[0].artifacts.len(), 1);
    assert_eq!(store.search("loose", 9).await.unwrap().len(), 1);

    // The copy is the database as it was, whole.
    let copy = folder.path().join("store.db.schema-1");
    assert_eq!(Condition::of(&copy).await.unwrap().schema, 1);
    assert_eq!(Condition::damage(&copy).await, Ok(Vec::new()));

    // What artifacts of the time before named is known: the cited source outlives a prune.
    let prune = || Command::Prune {
        before: Instant::from_micros(i64::MAX),
        snapshots_max: 10,
        at: Instant::from_micros(i64::MAX),
    };
    while !matches!(store.apply(prune()).await.unwrap(), Applied::Pruned(pruned) if pruned.is_empty()) {}
    assert!(store.snapshot(&cited).await.unwrap().is_some());
    assert!(store.snapshot(&loose).await.unwrap().is_none());
    assert_eq!(store.damage().await, Ok(Vec::new()));
    store.close().await;

    SqliteStore::open(&path, Options::SHIPPED)
        .await
        .unwrap()
        .close()
        .await;
    let copies = std::fs::read_dir(folder.path()).unwrap().filter(|entry| {
        let name = entry.as_ref().unwrap().file_name();
        name.to_string_lossy().contains("schema-")
    });
    assert_eq!(
        copies.count(),
        1,
        "a database of this version is not copied again"
    );
}

#[tokio::test]
async fn bodies_of_earlier_exchanges_move_into_their_rows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let (request, reply) = (ContentHash::of(b"asked"), ContentHash::of(b"\"reply\""));
    let exchanged = format!(
        "INSERT INTO body (hash, bytes) VALUES ('{request}', CAST('asked' AS BLOB));
         INSERT INTO exchange (run_id, stage, round, key, model, base_url, asked, outcome, is_streamed, ms,
                               request_hash, reply_hash, at)
         VALUES ('r1', 'draft', 1, 'write', 'm', 'http://h/v1', 'm', 'answered', 0, 1, '{request}', '{reply}', 8);
         PRAGMA user_version = 12;"
    );
    let rows = rows(&ContentHash::of(b"cited"), &ContentHash::of(b"loose"));
    let before = crate::migrate::MIGRATIONS[1..12].concat();
    make(&path, format!("{FIRST}\n{rows}\n{before}\n{exchanged}")).await;

    let store = SqliteStore::open(&path, Options::SHIPPED).await.unwrap();
    let kept = copydesk_store::ExchangeBodies {
        request: b"asked".to_vec(),
        reply: Some(b"\"reply\"".to_vec()),
    };
    let bodies = store
        .exchange_bodies(&"r1".into(), &"draft".into(), copydesk_domain::Round::FIRST)
        .await
        .unwrap();
    assert_eq!(bodies, [kept]);
    assert_eq!(store.body(&request).await.unwrap(), None, "nothing is kept twice");
    let outcomes = store
        .outcomes(&"r1".into(), &"draft".into(), copydesk_domain::Round::FIRST)
        .await
        .unwrap();
    assert_eq!(outcomes[0].body, b"\"reply\"", "it is a step's too");
    assert_eq!(store.damage().await, Ok(Vec::new()));
}

#[tokio::test]
async fn steps_of_an_earlier_version_keep_their_last_outcomes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let long = format!("\"{}\"", "long ".repeat(400));
    let (short_hash, long_hash) = (ContentHash::of(b"\"short\""), ContentHash::of(long.as_bytes()));
    let attempt = |key: &str, state: &str, body: &ContentHash| {
        format!(
            "INSERT INTO attempt (run_id, stage, round, key, input_hash, state, body_hash, ms, tries, outcome, finished_at)
             VALUES ('r1', 'draft', 1, '{key}', '{body}', '{state}', '{body}', 1, 1, 'ok', 8);
             INSERT INTO step (run_id, stage, round, key, attempt_id)
             VALUES ('r1', 'draft', 1, '{key}', last_insert_rowid())
             ON CONFLICT (run_id, stage, round, key) DO UPDATE SET attempt_id = excluded.attempt_id;"
        )
    };
    let steps = format!(
        "INSERT INTO body (hash, bytes) VALUES ('{short_hash}', CAST('\"short\"' AS BLOB)), ('{long_hash}', CAST('{long}' AS BLOB));
         {}{}{}
         PRAGMA user_version = 15;",
        attempt("tried/twice", "retryable", &short_hash),
        attempt("once", "completed", &short_hash),
        attempt("tried/twice", "completed", &long_hash),
    );
    let rows = rows(&ContentHash::of(b"cited"), &ContentHash::of(b"loose"));
    let before = crate::migrate::MIGRATIONS[1..15].concat();
    make(&path, format!("{FIRST}\n{rows}\n{before}\n{steps}")).await;

    let store = SqliteStore::open(&path, Options::SHIPPED).await.unwrap();
    let (run, stage) = ("r1".into(), "draft".into());
    let outcomes = store
        .outcomes(&run, &stage, copydesk_domain::Round::FIRST)
        .await
        .unwrap();
    let bodies: Vec<_> = outcomes
        .iter()
        .map(|outcome| (outcome.key.as_str(), outcome.body.as_slice()))
        .collect();
    let expected = [
        ("write", "\"reply\""),
        ("once", "\"short\""),
        ("tried/twice", long.as_str()),
    ];
    assert_eq!(bodies, expected.map(|(key, body)| (key, body.as_bytes())));
    let sequences: Vec<_> = store
        .steps(&run, 0)
        .await
        .unwrap()
        .iter()
        .map(|step| step.sequence)
        .collect();
    assert_eq!(sequences, [1, 3, 4], "a step is known by its last attempt");
    assert_eq!(
        store.body(&short_hash).await.unwrap(),
        None,
        "nothing is kept twice"
    );
    assert_eq!(store.body(&long_hash).await.unwrap().unwrap(), long.as_bytes());
    assert_eq!(store.damage().await, Ok(Vec::new()));
}

#[tokio::test]
async fn a_step_without_its_outcome_fails_the_upgrade_and_stays_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let rows = rows(&ContentHash::of(b"cited"), &ContentHash::of(b"loose"));
    let lost = ContentHash::of(b"\"reply\"");
    let before = crate::migrate::MIGRATIONS[1..15].concat();
    let damage = format!(
        "PRAGMA foreign_keys = OFF; DELETE FROM body WHERE hash = '{lost}'; PRAGMA user_version = 15;"
    );
    make(&path, format!("{FIRST}\n{rows}\n{before}\n{damage}")).await;

    let refused = SqliteStore::open(&path, Options::SHIPPED).await.unwrap_err();
    assert!(refused.to_string().contains("which is as it was"), "{refused}");
    assert_eq!(Condition::of(&path).await.unwrap().schema, 15);
}

#[tokio::test]
async fn tokens_of_an_earlier_version_open_what_they_opened_and_have_no_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let hash = ContentHash::of(b"token");
    let before = crate::migrate::MIGRATIONS[1..16].concat();
    let token = format!(
        "INSERT INTO token (hash, kind, created_at, expires_at) VALUES ('{hash}', 'api', 5, NULL);
         PRAGMA user_version = 16;"
    );
    make(&path, format!("{FIRST}\n{before}\n{token}")).await;

    let store = SqliteStore::open(&path, Options::SHIPPED).await.unwrap();
    let kept = copydesk_store::TokenRecord {
        hash,
        kind: copydesk_store::TokenKind::Api,
        created_at: Instant::from_micros(5),
        expires_at: None,
        name: None,
    };
    let listed = store.tokens(copydesk_store::TokenKind::Api).await;
    assert_eq!(listed, Ok(vec![kept]));
    assert_eq!(store.damage().await, Ok(Vec::new()));
}

#[tokio::test]
async fn what_is_pruned_goes_back_to_the_file_system() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store = SqliteStore::open(&path, Options::SHIPPED).await.unwrap();
    let state = |url: String| copydesk_store::FeedState {
        url,
        moved_to: None,
        etag: None,
        last_modified: None,
        content_type: None,
        body: vec![7; 100_000],
        retry_at: None,
        fetched_at: Instant::from_micros(1),
        answered_at: Instant::from_micros(1),
    };
    for number in 0..40 {
        let feed = Command::PutFeedState(state(format!("https://{number}.example/")));
        store.apply(feed).await.unwrap();
    }
    let full = Condition::of(&path).await.unwrap();
    assert!(full.bytes > 4_000_000, "{full:?}");
    let prune = Command::Prune {
        before: Instant::from_micros(2),
        snapshots_max: 10,
        at: Instant::from_micros(2),
    };
    assert!(matches!(store.apply(prune).await.unwrap(), Applied::Pruned(pruned) if pruned.feeds == 40));
    let after = Condition::of(&path).await.unwrap();
    assert!(after.bytes < 1_000_000, "{after:?}");
    assert_eq!(store.damage().await, Ok(Vec::new()));
}

#[tokio::test]
async fn a_look_reads_beside_a_writer_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store = SqliteStore::open(&path, Options::SHIPPED).await.unwrap();
    let release = || Command::PutRelease {
        body: b"release".to_vec(),
        at: Instant::from_micros(0),
    };
    store.apply(release()).await.unwrap();
    let look = SqliteStore::look(&path).await.unwrap();
    assert!(look.body(&ContentHash::of(b"release")).await.unwrap().is_some());
    assert_eq!(
        look.apply(release()).await,
        Err(copydesk_store::StoreError::Closed)
    );
    assert!(SqliteStore::look(&folder.path().join("none.db")).await.is_err());
    assert!(!folder.path().join("none.db").exists());
    std::fs::write(folder.path().join("noise.db"), [7; 8192]).unwrap();
    assert!(Condition::of(&folder.path().join("noise.db")).await.is_err());
}
