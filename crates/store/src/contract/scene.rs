//! A fresh store with two handles, and the short ways to a situation that a case starts from.

use std::sync::Arc;

use copydesk_domain::artifact::{
    Answer, Artifact, ArtifactKind, Draft, EngagementReport, FORMAT, Fetch, Issue, Payload, Reply, ReplyKind,
    ReplyState,
};
use copydesk_domain::{
    AnswerId, ChannelName, ContentHash, Decision, Instant, IssueState, MicroUsd, PublishedAt, Round, RunId,
    RunState, StageName, StageState, StepKey, StepState, Untrusted,
};

use crate::record::{RunRecord, Slot, StageRecord, Subject};
use crate::{
    Applied, Breach, BudgetLimit, BudgetScope, Command, Lease, RunParams, SnapshotParams, StepParams, Store,
    StoreError,
};

/// Two handles on one new store.
pub(super) struct Scene {
    pub(super) a: Arc<dyn Store>,
    pub(super) b: Arc<dyn Store>,
}

/// An instant, in seconds after some morning.
pub(super) fn at(seconds: i64) -> Instant {
    Instant::from_micros((1_787_194_800 + seconds) * 1_000_000)
}

/// Parameters of a manual run made at [`at`]`(0)`.
pub(super) fn manual(id: &str) -> RunParams {
    RunParams {
        id: id.into(),
        pipeline: "daily".into(),
        slot: None,
        parent: None,
        release: ContentHash::of(b"release"),
        fixed_now: None,
        seed: 7,
        is_scheduled: false,
        at: at(0),
    }
}

/// The slot at [`at`]`(seconds)`.
pub(super) fn slot(seconds: i64) -> Slot {
    Slot {
        nominal: at(seconds),
        zone: "Europe/Berlin".to_owned(),
    }
}

/// The payload of [`issue`] for the channel `site`.
pub(super) fn payload(text: &str) -> Vec<u8> {
    format!("<p>{text}</p>").into_bytes()
}

/// An issue of one payload for the channel `site`.
pub(super) fn issue(text: &str) -> Artifact {
    let payload = Payload {
        channel: "site".into(),
        audience: "public".to_owned(),
        not_before: None,
        hash: ContentHash::of(&payload(text)),
        media_type: "text/html".to_owned(),
    };
    let issue = Issue {
        format: FORMAT.to_owned(),
        title: Untrusted::new(text.to_owned()),
        slug: "2026-08-20-a-day".to_owned(),
        date: at(0).date(),
        draft: ContentHash::of(b"draft"),
        payloads: vec![payload],
    };
    Artifact::of(ArtifactKind::Issue, &issue).expect("an issue has a JSON form")
}

/// What a custom stage made.
pub(super) fn custom(text: &str) -> Artifact {
    Artifact::of(ArtifactKind::Custom, &text).expect("text has a JSON form")
}

/// A draft of a day with nothing to say.
pub(super) fn draft(title: &str) -> Artifact {
    let draft = Draft {
        format: FORMAT.to_owned(),
        at: at(0),
        title: Untrusted::new(title.to_owned()),
        deck: None,
        notice: "1 of 1 sources read.".to_owned(),
        sections: Vec::new(),
        sentences: Vec::new(),
        sources: Vec::new(),
        nothing_today: Some("Nothing happened.".to_owned()),
        sign_off: None,
        models: Vec::new(),
        drafter: None,
        labels: Vec::new(),
        wishes: Vec::new(),
    };
    Artifact::of(ArtifactKind::Draft, &draft).expect("a draft has a JSON form")
}

/// A report with one drafted answer `a1` of the hash of `mail`.
pub(super) fn report(mail: &str) -> Artifact {
    let answer = Answer {
        id: AnswerId::from("a1"),
        hash: ContentHash::of(mail.as_bytes()),
        text: Untrusted::new(mail.to_owned()),
        evidence: Vec::new(),
        sentences: Vec::new(),
        is_answered: true,
        unsettled: Vec::new(),
    };
    let text = || Untrusted::new("Why?".to_owned());
    let reply = Reply {
        id: text(),
        kind: ReplyKind::Question,
        issue: None,
        from: text(),
        subject: text(),
        text: text(),
        sent_at: None,
        answer: Some(answer),
        state: ReplyState::Drafted,
        gives_orders: false,
    };
    let report = EngagementReport {
        format: FORMAT.to_owned(),
        at: at(0),
        replies: vec![reply],
        questions: Vec::new(),
        missing: Vec::new(),
        unread: None,
        models: Vec::new(),
    };
    Artifact::of(ArtifactKind::EngagementReport, &report).expect("a report has a JSON form")
}

/// A snapshot of `url` fetched at [`at`]`(seconds)`.
pub(super) fn snapshot(text: &str, url: &str, title: &str, seconds: i64) -> SnapshotParams {
    let fetch = Fetch {
        url: url.to_owned(),
        fetched_at: at(seconds),
        title: Some(Untrusted::new(title.to_owned())),
        authors: vec![Untrusted::new("A. Writer".to_owned())],
        published_at: Some(PublishedAt::At(at(seconds - 60))),
        publisher: Untrusted::new("The Paper".to_owned()),
    };
    SnapshotParams {
        text: Untrusted::new(text.to_owned()),
        owner: "paper.example".to_owned(),
        fetch,
    }
}

/// A completed step of `research`, round 1.
pub(super) fn step(key: &str, input: &str, body: &[u8]) -> StepParams {
    StepParams {
        stage: "research".into(),
        round: Round::FIRST,
        key: key.into(),
        input_hash: ContentHash::of(input.as_bytes()),
        state: StepState::Completed,
        body: body.to_vec(),
        task: Some("take_notes".to_owned()),
        tool: None,
        model: Some("embedded".to_owned()),
        answered_by: Some("embedded-1".to_owned()),
        tokens_in: Some(900),
        tokens_out: Some(40),
        ms: 12,
        attempts: 1,
        outcome: "ok".to_owned(),
        at: at(5),
    }
}

/// A reserve of `amount` for the step `take_notes/1` of `research`.
pub(super) fn reserve(lease: &Lease, amount: i64, limits: Vec<BudgetLimit>) -> Command {
    Command::ReserveSpend {
        lease: lease.clone(),
        stage: "research".into(),
        round: Round::FIRST,
        key: StepKey::from("take_notes/1"),
        task: "take_notes".to_owned(),
        model: "big".to_owned(),
        amount: MicroUsd(amount),
        limits,
        at: at(4),
    }
}

/// A call that did not fit the budget of its run.
pub(super) fn breach() -> Breach {
    Breach {
        scope: BudgetScope::Run,
        limit: MicroUsd(100),
        left: MicroUsd(10),
        needed: MicroUsd(15),
        short: MicroUsd(5),
        task: "take_notes".to_owned(),
        model: "big".to_owned(),
        tokens_in: 12,
    }
}

/// A limit of `limit` on the whole run.
pub(super) fn run_limit(limit: i64) -> BudgetLimit {
    BudgetLimit {
        scope: BudgetScope::Run,
        since: None,
        limit: MicroUsd(limit),
    }
}

/// A decision on the issue `hash`, in force at once.
pub(super) fn decide(run: &RunId, hash: ContentHash, decision: Decision) -> Command {
    Command::Decide {
        run: run.clone(),
        subject: Subject::Issue,
        hash,
        decision,
        effective_at: (decision == Decision::Approved).then_some(at(20)),
        reason: None,
        at: at(20),
    }
}

/// A report that the run goes on, with its issue as given.
pub(super) fn update(lease: &Lease, state: RunState, issue: Option<IssueState>) -> Command {
    let (lease, waiting_for) = (lease.clone(), Vec::new());
    Command::UpdateRun {
        lease,
        state,
        waiting_for,
        issue,
        wake_at: None,
        reason: None,
        at: at(12),
    }
}

/// A newer slot takes the place of the run.
pub(super) fn supersede(lease: &Lease, seconds: i64) -> Command {
    Command::Supersede {
        lease: lease.clone(),
        reason: "a newer slot".to_owned(),
        at: at(seconds),
    }
}

/// The end of round `round` of `stage` with artifacts.
pub(super) fn finish(lease: &Lease, stage: &str, round: u32, artifacts: Vec<Artifact>) -> Command {
    Command::FinishStage {
        lease: lease.clone(),
        stage: stage.into(),
        round: Round(round),
        state: StageState::Completed,
        reason: Some("done".to_owned()),
        artifacts,
        bodies: Vec::new(),
        at: at(11),
    }
}

/// The intent to hand the payload of [`issue`] to the channel `site`.
pub(super) fn intend(lease: &Lease, text: &str, key: &str, seconds: i64) -> Command {
    Command::PutIntent {
        lease: lease.clone(),
        channel: ChannelName::from("site"),
        hash: ContentHash::of(&payload(text)),
        key: key.to_owned(),
        at: at(seconds),
    }
}

impl Scene {
    pub(super) fn new([a, b]: [Arc<dyn Store>; 2]) -> Self {
        Self { a, b }
    }

    /// Carries out a command that must succeed.
    pub(super) async fn apply(&self, command: Command) -> Applied {
        let shown = format!("{command:?}");
        match self.a.apply(command).await {
            Ok(applied) => applied,
            Err(error) => panic!("refused: {error}\n{shown}"),
        }
    }

    /// Carries out a command that must fail.
    pub(super) async fn refuse(&self, command: Command) -> StoreError {
        let shown = format!("{command:?}");
        match self.a.apply(command).await {
            Ok(applied) => panic!("carried out as {applied:?}\n{shown}"),
            Err(error) => error,
        }
    }

    /// Makes a manual run.
    pub(super) async fn make(&self, id: &str) -> RunId {
        self.apply(Command::CreateRun(manual(id))).await;
        id.into()
    }

    /// Makes a manual run that `worker` holds until [`at`]`(100)`.
    pub(super) async fn leased(&self, id: &str) -> Lease {
        let run = self.make(id).await;
        self.lease(&run, "worker", 1).await
    }

    /// Takes a run at [`at`]`(seconds)`, for a hundred seconds.
    pub(super) async fn lease(&self, run: &RunId, owner: &str, seconds: i64) -> Lease {
        let command = Command::LeaseRun {
            run: run.clone(),
            owner: owner.to_owned(),
            now: at(seconds),
            until: at(seconds + 100),
        };
        match self.apply(command).await {
            Applied::Leased(lease) => lease,
            other => panic!("no lease but {other:?}"),
        }
    }

    /// Makes a run whose issue waits for the author.
    pub(super) async fn reviewed(&self, id: &str, text: &str) -> (Lease, ContentHash) {
        let lease = self.leased(id).await;
        let hash = self.review(&lease, 1, text).await;
        (lease, hash)
    }

    /// Ends a round of `review` with an issue, and reports it.
    pub(super) async fn review(&self, lease: &Lease, round: u32, text: &str) -> ContentHash {
        let issue = issue(text);
        let hash = issue.hash;
        self.start(lease, StageName::REVIEW, round).await;
        self.apply(finish(lease, StageName::REVIEW, round, vec![issue]))
            .await;
        self.apply(update(lease, RunState::Running, Some(IssueState::Reviewed)))
            .await;
        hash
    }

    /// Starts a round of a stage, with its own `now`.
    pub(super) async fn start(&self, lease: &Lease, stage: &str, round: u32) -> Applied {
        let (lease, stage) = (lease.clone(), StageName::from(stage));
        self.apply(Command::StartStage {
            lease,
            stage,
            round: Round(round),
            now: at(2),
            at: at(3),
        })
        .await
    }

    /// A run as the other handle sees it.
    pub(super) async fn run(&self, run: &RunId) -> RunRecord {
        self.b
            .run(run)
            .await
            .expect("the run is readable")
            .expect("the run is there")
    }

    /// Stage rounds as the other handle sees them.
    pub(super) async fn stages(&self, run: &RunId) -> Vec<StageRecord> {
        self.b.stages(run).await.expect("stages are readable")
    }
}
