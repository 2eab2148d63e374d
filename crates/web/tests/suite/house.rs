//! A desk over a store in memory, with a clock set by hand.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use copydesk_config::Release;
use copydesk_domain::artifact::Artifact;
use copydesk_domain::{
    Clock, ContentHash, Instant, IssueState, Round, RunId, RunState, StageState, WaitingFor,
};
use copydesk_engine::{Channels, Engine, Services, StartParams};
use copydesk_journal::{
    AnswerOutbox, AnswerOutboxError, Channel, Ledger, ModelCall, ModelError, ModelReply, Models, Silent,
    ToolError, ToolName, ToolReply, ToolSpec, Tools,
};
use copydesk_store::{Applied, Command, Lease, RunParams, Store, StoreError, TokenKind, TokenRecord};
use copydesk_store_memory::MemoryStore;
use copydesk_web::{Around, DeskOptions, login_link, serve};
use jiff::SignedDuration;
use serde_json::Value;
use tokio::sync::watch;

use crate::material;

/// The run of the day.
pub const RUN: &str = "daily-20260820-0500-test";
/// What readers get for its first issue.
pub const TEXT: &str = "prices";

struct HandClock(AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> Instant {
        Instant::from_micros(self.0.load(Ordering::SeqCst))
    }
}

struct Nothing;

#[async_trait]
impl Tools for Nothing {
    async fn list(&self, _: &[String]) -> Result<Vec<ToolSpec>, ToolError> {
        Ok(Vec::new())
    }

    async fn call(&self, tool: &ToolName, _: Value, _: &[String]) -> Result<ToolReply, ToolError> {
        Err(ToolError::ServerUnknown {
            server: tool.server.clone(),
        })
    }
}

#[async_trait]
impl Models for Nothing {
    async fn ask(&self, _: ModelCall, _: &dyn Ledger) -> Result<ModelReply, ModelError> {
        unreachable!("no stage runs here")
    }
}

impl Channels for Nothing {
    fn open(&self, _: &Release) -> Vec<Arc<dyn Channel>> {
        Vec::new()
    }
}

/// Mails in memory: those that are prepared, and those that were put out, in order.
#[derive(Default)]
pub struct Mails {
    prepared: Mutex<BTreeMap<String, Vec<u8>>>,
    pub out: Mutex<Vec<(String, Vec<u8>)>>,
}

impl AnswerOutbox for Mails {
    fn prepare(&self, name: &str, mail: &[u8]) -> Result<(), AnswerOutboxError> {
        self.prepared
            .lock()
            .unwrap()
            .insert(name.to_owned(), mail.to_vec());
        Ok(())
    }

    fn release(&self, name: &str) -> Result<Option<String>, AnswerOutboxError> {
        let Some(mail) = self.prepared.lock().unwrap().remove(name) else {
            return Ok(None);
        };
        self.out.lock().unwrap().push((name.to_owned(), mail));
        Ok(Some(name.to_owned()))
    }

    fn discard(&self, name: &str) -> Result<(), AnswerOutboxError> {
        self.prepared.lock().unwrap().remove(name);
        Ok(())
    }

    fn prepared(&self) -> Result<Vec<String>, AnswerOutboxError> {
        Ok(self.prepared.lock().unwrap().keys().cloned().collect())
    }
}

pub struct House {
    pub store: Arc<dyn Store>,
    pub engine: Engine,
    /// `http://127.0.0.1:PORT`
    pub base: String,
    /// Mails that were put into the outbox: name and bytes.
    pub outbox: Arc<Mails>,
    clock: Arc<HandClock>,
    _shutdown: watch::Sender<bool>,
}

impl House {
    /// A desk with one reviewed issue.
    pub async fn open() -> Self {
        let house = Self::empty().await;
        house.write_day().await;
        house
    }

    pub async fn empty() -> Self {
        Self::with(|options| options).await
    }

    /// A desk that was started with other options.
    pub async fn with(change: impl FnOnce(DeskOptions) -> DeskOptions) -> Self {
        let start: Instant = "2026-08-20T07:00:00Z".parse().unwrap();
        let clock = Arc::new(HandClock(AtomicI64::new(start.as_micros())));
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let (shutdown, stopping) = watch::channel(false);
        let outbox: Arc<Mails> = Arc::default();
        let engine = Engine::new(Services {
            store: Arc::clone(&store),
            clock: clock.clone(),
            tools: Arc::new(Nothing),
            models: Arc::new(Nothing),
            progress: Arc::new(Silent),
            stages: HashMap::new(),
            channels: Arc::new(Nothing),
            answers: outbox.clone(),
            owner: "test".to_owned(),
            shutdown: stopping.clone(),
        });
        let listener = copydesk_net::listen_loopback().await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(serve(listener, change(options(&engine)), stopping));
        Self {
            store,
            engine,
            base,
            outbox,
            clock,
            _shutdown: shutdown,
        }
    }

    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Moves the clock.
    pub fn pass(&self, span: SignedDuration) {
        let later = self.now().plus(span);
        self.clock.0.store(later.as_micros(), Ordering::SeqCst);
    }

    pub async fn apply(&self, command: Command) -> Applied {
        self.store.apply(command).await.unwrap()
    }

    /// A desk whose run of custom stages waits for the author.
    pub async fn custom() -> Self {
        let house = Self::empty().await;
        house.create(&material::custom_release()).await;
        let lease = house.lease().await;
        house
            .stage(&lease, "digest", 1, vec![material::custom("first")])
            .await;
        let waits = vec![WaitingFor::Approval];
        house.report(&lease, RunState::Waiting, None, waits).await;
        house
    }

    pub async fn create(&self, release: &Release) {
        let at = self.now();
        let body = serde_json::to_vec(release).unwrap();
        let release = ContentHash::of(&body);
        self.apply(Command::PutRelease { body, at }).await;
        let run = RunParams {
            id: RUN.into(),
            pipeline: "daily".into(),
            slot: None,
            parent: None,
            release,
            fixed_now: None,
            seed: 7,
            is_scheduled: false,
            at,
        };
        self.apply(Command::CreateRun(run)).await;
    }

    pub async fn write_day(&self) {
        self.write_day_of(material::review).await;
    }

    /// The day with another review of its draft.
    pub async fn write_day_of(&self, review: fn(ContentHash) -> Artifact) {
        self.create(&material::release()).await;
        let at = self.now();
        let lease = self.lease().await;
        for text in material::POSTS {
            let snapshot = material::snapshot(at, text);
            let lease = Some(lease.clone());
            self.apply(Command::PutSnapshot { lease, snapshot }).await;
        }
        let draft = material::draft(at, material::HOSTILE);
        let hash = draft.hash;
        self.stage(&lease, "research", 1, vec![material::brief(at)]).await;
        self.stage(&lease, "draft", 1, vec![draft]).await;
        let issue = material::issue(at, hash, TEXT, "public", None);
        self.review(&lease, 1, vec![review(hash), issue]).await;
    }

    pub async fn lease(&self) -> Lease {
        let now = self.now();
        let until = now.plus(SignedDuration::from_hours(1));
        let run = RunId::from(RUN);
        match self
            .apply(Command::LeaseRun {
                run,
                owner: "test".to_owned(),
                now,
                until,
            })
            .await
        {
            Applied::Leased(lease) => lease,
            other => panic!("{other:?}"),
        }
    }

    /// Ends a round of review and reports that the issue waits.
    pub async fn review(&self, lease: &Lease, round: u32, artifacts: Vec<Artifact>) {
        self.stage(lease, "review", round, artifacts).await;
        self.report(
            lease,
            RunState::Waiting,
            Some(IssueState::Reviewed),
            vec![WaitingFor::Approval],
        )
        .await;
    }

    pub async fn report(
        &self,
        lease: &Lease,
        state: RunState,
        issue: Option<IssueState>,
        waiting_for: Vec<WaitingFor>,
    ) {
        let (lease, at) = (lease.clone(), self.now());
        self.apply(Command::UpdateRun {
            lease,
            state,
            waiting_for,
            issue,
            wake_at: None,
            reason: None,
            at,
        })
        .await;
    }

    pub async fn stage(&self, lease: &Lease, stage: &str, round: u32, artifacts: Vec<Artifact>) {
        let (now, at) = (self.now(), self.now());
        let (stage, round) = (stage.into(), Round(round));
        let start = Command::StartStage {
            lease: lease.clone(),
            stage,
            round,
            now,
            at,
        };
        let Command::StartStage { stage, .. } = &start else {
            unreachable!()
        };
        let finish = Command::FinishStage {
            lease: lease.clone(),
            stage: stage.clone(),
            round,
            state: StageState::Completed,
            reason: Some("done".to_owned()),
            artifacts,
            bodies: vec![material::payload(TEXT), b"Dear reader".to_vec()],
            at,
        };
        self.apply(start).await;
        self.apply(finish).await;
    }

    /// A new round of review whose issue differs in one thing.
    pub async fn review_again(&self, audience: &str, not_before: Option<Instant>, title: &str, text: &str) {
        let (at, lease) = (self.now(), self.lease().await);
        let draft = material::draft(at, title);
        let hash = draft.hash;
        self.stage(&lease, "draft", 2, vec![draft]).await;
        let issue = material::issue(at, hash, text, audience, not_before);
        self.stage(&lease, "review", 2, vec![material::review(hash), issue])
            .await;
    }

    /// What the publisher would be told if it handed the payload of `text` over now.
    pub async fn try_to_publish(&self, text: &str) -> Result<Applied, StoreError> {
        let lease = self.lease().await;
        let (hash, at) = (ContentHash::of(&material::payload(text)), self.now());
        let key = "key".to_owned();
        self.store
            .apply(Command::PutIntent {
                lease,
                channel: "site".into(),
                hash,
                key,
                at,
            })
            .await
    }

    pub async fn issue_state(&self) -> IssueState {
        self.store.run(&RUN.into()).await.unwrap().unwrap().issue
    }

    pub async fn issue_hash(&self) -> ContentHash {
        self.engine.waiting_issue(&RUN.into()).await.unwrap().unwrap()
    }

    /// The token of a fresh link to the run.
    pub async fn link_token(&self) -> String {
        let link = login_link(&self.engine, &self.base, &format!("/runs/{RUN}"))
            .await
            .unwrap();
        let (_, query) = link.url.split_once("?token=").unwrap();
        query.split_once('&').unwrap().0.to_owned()
    }

    pub async fn api_token(&self) -> String {
        self.put_token("an api token", TokenKind::Api, self.now()).await
    }

    pub async fn put_token(&self, token: &str, kind: TokenKind, created_at: Instant) -> String {
        let hash = ContentHash::of(token.as_bytes());
        let expires_at = Some(self.now().plus(SignedDuration::from_hours(1)));
        self.apply(Command::PutToken(TokenRecord {
            hash,
            kind,
            created_at,
            expires_at,
            name: None,
        }))
        .await;
        token.to_owned()
    }
}

fn options(engine: &Engine) -> DeskOptions {
    let starter = engine.clone();
    DeskOptions {
        engine: engine.clone(),
        start: Arc::new(move |pipeline| {
            let engine = starter.clone();
            Box::pin(async move {
                let release = material::release();
                if release.pipeline.pipeline.name != pipeline {
                    return Err(format!("no pipeline is called `{pipeline}`"));
                }
                let params = StartParams {
                    release,
                    slot: None,
                    fixed_now: None,
                    notes: Vec::new(),
                };
                engine.start(params).await.map_err(|error| error.to_string())
            })
        }),
        alive: Arc::new(|| Ok(())),
        ready: Arc::new(|| Ok(())),
        meter: None,
        around: Arc::new(Around::default),
    }
}
