//! A clock that is set by hand, stages that make tiny artifacts, a channel that remembers.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use copydesk_config::Release;
use copydesk_domain::artifact::Artifact;
use copydesk_domain::task::{OpenQuestions, OpenQuestionsInput};
use copydesk_domain::{ChannelName, Clock, Instant, NoticeKind, Untrusted};
use copydesk_engine::Channels;
use copydesk_journal::{
    AfterDoubt, Approved, Channel, ChannelError, Delivery, Found, Ledger, ModelCall, ModelError, ModelReply,
    Models, Notifier, NotifyError, PayloadBytes, Stage, StageContext, StageError, StageInputs, StageOutput,
    StepError, ToolError, ToolName, ToolReply, ToolSpec, Tools,
};
use copydesk_store::NoticeRecord;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::made::{MAIL, brief, draft, issue, made, reply, report};
use crate::targets::{Target, TargetChannel};

/// A clock that stands until it is set.
pub struct HandClock(AtomicI64);

impl HandClock {
    pub fn at(text: &str) -> Arc<Self> {
        let clock = Self(AtomicI64::new(0));
        clock.set(text);
        Arc::new(clock)
    }

    pub fn set(&self, text: &str) {
        let at: Instant = text.parse().expect("a time");
        self.0.store(at.as_micros(), Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Instant {
        Instant::from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// What stages and channels did, as `stage/step` and `publish/slug`, in order.
#[derive(Default)]
pub struct Diary(Mutex<Vec<String>>);

impl Diary {
    pub fn write(&self, line: impl Into<String>) {
        self.0.lock().expect("no holder panics").push(line.into());
    }

    /// Forgets what was written.
    pub fn clear(&self) {
        self.0.lock().expect("no holder panics").clear();
    }

    /// Steps that ended, in order.
    pub fn steps(&self) -> Vec<String> {
        let lines = self.0.lock().expect("no holder panics");
        let is_step = |line: &&String| line.contains('/') && !line.ends_with(" begun");
        lines.iter().filter(is_step).cloned().collect()
    }

    pub fn count(&self, line: &str) -> usize {
        let lines = self.0.lock().expect("no holder panics");
        lines.iter().filter(|written| *written == line).count()
    }
}

/// How the stages of a test behave.
#[derive(Default)]
pub struct Script {
    pub diary: Diary,
    /// While true, the step `research/2` does not end, nor `digest/2`.
    pub holds_research: watch::Sender<bool>,
    /// While true, the step `research/2` fails when it ends.
    pub fails_step: AtomicBool,
    /// While true, research asks a model first.
    pub asks_model: AtomicBool,
    /// While true, no list of tools is answered.
    pub holds_tools: AtomicBool,
    /// While true, research ends with an error.
    pub fails_research: watch::Sender<bool>,
    /// While true, research panics.
    pub panics_research: watch::Sender<bool>,
    /// While true, engagement finds no model to ask.
    pub starves_engagement: AtomicBool,
    /// While true, engagement that finds no model does not end.
    pub holds_engagement: watch::Sender<bool>,
    /// While true, engagement cannot list the mail folder.
    pub unlisted: AtomicBool,
    /// While true, the channel refuses what it is given.
    pub refuses_payloads: AtomicBool,
    /// While true, the channel does not answer.
    pub holds_payloads: watch::Sender<bool>,
    /// Research asks a source first, which is out of reach while this is true; none where it asks nobody.
    pub is_offline: Mutex<Option<bool>>,
    /// What research makes in place of its brief.
    pub makes: Mutex<Option<Artifact>>,
    /// The error of each call to the tool that research then calls.
    pub tool_error: Mutex<Option<ToolError>>,
    /// While true, engagement drafts one answer, `a1`.
    pub has_reader: AtomicBool,
    /// Ids of the replies that each engagement was told of as read.
    pub read_replies: Mutex<Vec<Vec<String>>>,
    /// Targets in place of the one channel `site` that takes everything; an issue has a payload for each.
    pub targets: Mutex<Vec<Arc<Target>>>,
}

impl Script {
    fn channel_names(&self) -> Vec<ChannelName> {
        let targets = self.targets.lock().expect("no holder panics");
        if targets.is_empty() {
            return vec![ChannelName::new("site")];
        }
        targets.iter().map(|target| target.name.clone()).collect()
    }
}

/// A stage of three steps and one artifact.
pub struct StubStage {
    pub agent: &'static str,
    pub script: Arc<Script>,
}

impl StubStage {
    /// Asks a source as long as it is out of reach and somebody waits for it; gives whether it answered.
    async fn ask_source(&self, ctx: &StageContext) -> Result<Option<bool>, StageError> {
        let asks = || *self.script.is_offline.lock().expect("no holder panics");
        let mut go = 1;
        while let Some(is_offline) = asks() {
            let line = format!("research/ask-{go}");
            let ask = || async {
                self.script.diary.write(line.clone());
                Ok(!is_offline)
            };
            let answered: bool = ctx.step(&line, &(), ask).await?;
            if answered || !ctx.put_off(go, Duration::ZERO, "no source could be read").await? {
                return Ok(Some(answered));
            }
            go += 1;
        }
        Ok(None)
    }

    async fn effect(&self, line: &str) -> Result<u32, StepError> {
        self.script.diary.write(format!("{line} begun"));
        if ["research/2", "digest/2"].contains(&line) {
            let mut holds = self.script.holds_research.subscribe();
            let _ = holds.wait_for(|holds| !*holds).await;
        }
        if line == "research/2" && self.script.fails_step.load(Ordering::SeqCst) {
            let server = "gone".to_owned();
            return Err(ToolError::ServerUnknown { server }.into());
        }
        self.script.diary.write(line);
        Ok(1)
    }

    fn output(&self, ctx: &StageContext, answered: Option<bool>) -> StageOutput {
        let given = self.script.makes.lock().expect("no holder panics").clone();
        let (artifact, bodies) = match self.agent {
            "research" => (given.unwrap_or_else(|| brief(ctx, answered)), Vec::new()),
            "draft" => (draft(ctx), Vec::new()),
            "custom" => (made(ctx), Vec::new()),
            "review" => issue(
                &format!("{} round {}", ctx.now(), ctx.round().0),
                self.script.channel_names(),
            ),
            _ if self.script.has_reader.load(Ordering::SeqCst) => {
                (report(ctx.now(), vec![reply()], None), vec![MAIL.to_vec()])
            }
            _ => {
                let is_unlisted = self.script.unlisted.load(Ordering::SeqCst);
                let unread = is_unlisted.then(|| "replies: it is no Maildir".to_owned());
                (report(ctx.now(), Vec::new(), unread), Vec::new())
            }
        };
        StageOutput {
            artifacts: vec![artifact],
            bodies,
            summary: "done".to_owned(),
        }
    }
}

#[async_trait]
impl Stage for StubStage {
    fn agent(&self) -> &'static str {
        self.agent
    }

    fn reads_replies(&self) -> bool {
        self.agent == "engagement"
    }

    async fn run(&self, ctx: &StageContext, inputs: &StageInputs) -> Result<StageOutput, StageError> {
        if self.reads_replies() {
            let ids = inputs.read_replies.iter().map(|reply| reply.id.inspect().clone());
            let mut read = self.script.read_replies.lock().expect("no holder panics");
            read.push(ids.collect());
        }
        if let Some(note) = &inputs.note {
            self.script
                .diary
                .write(format!("{} reads {note}", ctx.stage().stage_name()));
        }
        if self.agent == "research" && *self.script.fails_research.borrow() {
            return Err(StageError::Invalid {
                reason: "no feed answered".to_owned(),
            });
        }
        if self.agent == "engagement" && self.script.starves_engagement.load(Ordering::SeqCst) {
            self.script.diary.write("engagement starves");
            let mut holds = self.script.holds_engagement.subscribe();
            let _ = holds.wait_for(|holds| !*holds).await;
            let (model, reason) = ("far".to_owned(), "its key is wrong".to_owned());
            let error = ModelError::NeedsPerson { model, reason };
            return Err(StepError::Model(error).into());
        }
        if self.agent == "research" && *self.script.panics_research.borrow() {
            self.script.diary.write("research panics");
            panic!("a bug in a stage");
        }
        let answered = match self.agent {
            "research" => self.ask_source(ctx).await?,
            _ => None,
        };
        let calls_tool = self.script.tool_error.lock().expect("no holder panics").is_some();
        if self.agent == "research" && calls_tool {
            let tool = ToolName::new("other", "post");
            ctx.call_tool("post", &tool, json!({})).await?;
        }
        if self.agent == "research" && self.script.asks_model.load(Ordering::SeqCst) {
            let input = OpenQuestionsInput { replies: Vec::new() };
            ctx.ask::<OpenQuestions>("open_questions", &input).await?;
        }
        for step in 1..=3 {
            let line = format!("{}/{step}", ctx.stage().stage_name());
            ctx.step(&line, &step, || self.effect(&line)).await?;
        }
        Ok(self.output(ctx, answered))
    }
}

/// A channel that takes everything.
pub struct StubChannel {
    pub name: ChannelName,
    pub script: Arc<Script>,
}

#[async_trait]
impl Channel for StubChannel {
    fn name(&self) -> &ChannelName {
        &self.name
    }

    fn after_doubt(&self) -> AfterDoubt {
        AfterDoubt::LookUp
    }

    fn patience(&self) -> Duration {
        Duration::ZERO
    }

    async fn publish(&self, payload: &Approved<PayloadBytes>, _key: &str) -> Result<Delivery, ChannelError> {
        if self.script.refuses_payloads.load(Ordering::SeqCst) {
            self.script.diary.write("publish refused");
            return Err(ChannelError::Refused {
                reason: "the folder is a file".to_owned(),
            });
        }
        self.script.diary.write("publish begun");
        let mut holds = self.script.holds_payloads.subscribe();
        let _ = holds.wait_for(|holds| !*holds).await;
        self.script.diary.write(format!("publish/{}", payload.get().slug));
        Ok(Delivery { location: None })
    }

    async fn find(
        &self,
        _payload: &Approved<PayloadBytes>,
        _key: &str,
        _since: Instant,
    ) -> Result<Found, ChannelError> {
        Ok(Found::No)
    }
}

/// The targets of the script, or one channel, `site`.
pub struct StubChannels(pub Arc<Script>);

impl Channels for StubChannels {
    fn open(&self, _release: &Release) -> Vec<Arc<dyn Channel>> {
        let targets = self.0.targets.lock().expect("no holder panics").clone();
        if !targets.is_empty() {
            let opened = targets
                .into_iter()
                .map(|target| Arc::new(TargetChannel(target)) as Arc<dyn Channel>);
            return opened.collect();
        }
        vec![Arc::new(StubChannel {
            name: ChannelName::new("site"),
            script: Arc::clone(&self.0),
        })]
    }
}

/// Tools whose calls end as the script says.
pub struct StubTools(pub Arc<Script>);

#[async_trait]
impl Tools for StubTools {
    async fn list(&self, _patterns: &[String]) -> Result<Vec<ToolSpec>, ToolError> {
        if self.0.holds_tools.load(Ordering::SeqCst) {
            self.0.diary.write("tools asked");
            std::future::pending::<()>().await;
        }
        Ok(Vec::new())
    }

    async fn call(
        &self,
        tool: &ToolName,
        _arguments: Value,
        _patterns: &[String],
    ) -> Result<ToolReply, ToolError> {
        self.0.diary.write(format!("called {tool}"));
        let error = self.0.tool_error.lock().expect("no holder panics").clone();
        error.map_or_else(
            || {
                Ok(ToolReply {
                    content: Untrusted::new(Value::Null),
                    is_error: false,
                })
            },
            Err,
        )
    }
}

/// Remembers what it told.
#[derive(Default)]
pub struct Notices {
    pub told: Mutex<Vec<String>>,
    /// Receipts that were told.
    pub receipts: Mutex<Vec<NoticeRecord>>,
    /// While true, nobody can be told.
    pub is_down: AtomicBool,
}

#[async_trait]
impl Notifier for Notices {
    fn ways(&self, _kind: NoticeKind) -> Vec<&'static str> {
        vec!["webhook", "broken"]
    }

    async fn tell(&self, notice: &NoticeRecord) -> Result<(), NotifyError> {
        if self.is_down.load(Ordering::SeqCst) || notice.way == "broken" {
            return Err(NotifyError {
                reason: "no answer".to_owned(),
            });
        }
        if notice.kind == NoticeKind::Receipt {
            self.receipts
                .lock()
                .expect("no holder panics")
                .push(notice.clone());
        } else {
            self.told
                .lock()
                .expect("no holder panics")
                .push(notice.key.clone());
        }
        Ok(())
    }
}

/// No models: the stub stages ask none.
pub struct Nothing;

#[async_trait]
impl Models for Nothing {
    async fn ask(&self, _call: ModelCall, _ledger: &dyn Ledger) -> Result<ModelReply, ModelError> {
        unreachable!("the stub stages ask no model")
    }
}
