//! Everything that can be written, as typed commands with their preconditions inside.
//!
//! A command is carried out whole or not at all, and acknowledged after its commit.

use copydesk_domain::artifact::Artifact;
use copydesk_domain::{
    ChannelName, ContentHash, Decision, Instant, IssueState, MicroUsd, ModelName, PipelineName, Round, RunId,
    RunState, SlotState, StageName, StageState, StepKey, WaitingFor,
};

use crate::exchange::{EndpointRecord, ExchangeParams, Shared};
use crate::held::Lease;
use crate::money::{Breach, BudgetLimit, Counted};
use crate::notice::{NoticeRecord, PreflightRecord};
use crate::params::{RunParams, StepParams};
use crate::record::{
    ArchiveRecord, ArtifactRef, AuthorNote, FeedState, LabelRecord, Slot, Subject, TrustRecord,
};
use crate::snapshot::SnapshotParams;
use crate::token::TokenRecord;

/// A write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Stores a release by the hash of its bytes; a known one changes nothing.
    PutRelease {
        /// Canonical JSON.
        body: Vec<u8>,
        /// Now.
        at: Instant,
    },
    /// Makes a run; answers [`crate::Applied::Run`] with the existing run's id where the slot has one.
    CreateRun(RunParams),
    /// Takes the run for `owner` if it is free, expired, or already `owner`'s; raises its fence.
    LeaseRun {
        /// The run.
        run: RunId,
        /// Who takes it.
        owner: String,
        /// Now.
        now: Instant,
        /// Until when.
        until: Instant,
    },
    /// Holds on to the run.
    RenewLease {
        /// The lease.
        lease: Lease,
        /// Until when.
        until: Instant,
    },
    /// Lets the run go.
    ReleaseLease {
        /// The lease.
        lease: Lease,
    },
    /// Sets what a worker decides about a run.
    UpdateRun {
        /// The lease.
        lease: Lease,
        /// State.
        state: RunState,
        /// What it waits for.
        waiting_for: Vec<WaitingFor>,
        /// How far its issue is; none leaves what is stored. What the author decided is never overwritten, and only
        /// a decision approves, rejects or expires: see [`crate::contract::rules::report_issue`].
        issue: Option<IssueState>,
        /// When to look again.
        wake_at: Option<Instant>,
        /// Why.
        reason: Option<String>,
        /// Now.
        at: Instant,
    },
    /// Ends a run, and its open rounds, because a newer slot takes its place, unless it has ended or its issue was decided
    /// on: [`crate::contract::rules::gives_way`]. Answers [`crate::Applied::Taken`] with whether it did.
    Supersede {
        /// The lease.
        lease: Lease,
        /// Why.
        reason: String,
        /// Now.
        at: Instant,
    },
    /// Opens a stage round, or counts one more attempt of an open one, and on the run what that attempt finds done.
    /// Answers [`crate::Applied::StageNow`]: the first attempt's `now` holds for the whole round.
    StartStage {
        /// The lease.
        lease: Lease,
        /// The stage.
        stage: StageName,
        /// The round.
        round: Round,
        /// `ctx.now()` if the round is opened by this.
        now: Instant,
        /// Now, on the machine's clock.
        at: Instant,
    },
    /// Ends a stage round, with its artifacts, the bodies that they name, and how far the issue is by them, in one
    /// commit: a draft makes it drafted, an issue reviewed. One that is said to be done without an artifact, or with
    /// one that is none, is [`crate::StoreError::NotDone`].
    FinishStage {
        /// The lease.
        lease: Lease,
        /// The stage.
        stage: StageName,
        /// The round.
        round: Round,
        /// A final state, or `Waiting`.
        state: StageState,
        /// Why, or what it did, in one line.
        reason: Option<String>,
        /// Its artifacts.
        artifacts: Vec<Artifact>,
        /// Rendered payloads and drafted mails.
        bodies: Vec<Vec<u8>>,
        /// Now.
        at: Instant,
    },
    /// Stores a step's outcome. A stored final outcome with the same input is left as it is; another input is
    /// [`crate::StoreError::InputChanged`].
    FinishStep {
        /// The lease.
        lease: Lease,
        /// The step.
        step: StepParams,
    },
    /// Reserves money if it fits every limit; answers [`crate::Applied::Reserved`]. A reserve of nothing always fits.
    ReserveSpend {
        /// The lease.
        lease: Lease,
        /// The stage.
        stage: StageName,
        /// The round.
        round: Round,
        /// The step.
        key: StepKey,
        /// The task.
        task: String,
        /// The model.
        model: String,
        /// The reserve.
        amount: MicroUsd,
        /// Limits that it must fit.
        limits: Vec<BudgetLimit>,
        /// Now.
        at: Instant,
    },
    /// Books the bill of a reserve.
    SettleSpend {
        /// The lease.
        lease: Lease,
        /// The reserve.
        reservation: i64,
        /// The bill.
        amount: MicroUsd,
        /// Booked in full because the bill never came.
        is_assumed: bool,
        /// What the endpoint counted, where it did.
        counted: Option<Counted>,
        /// Now.
        at: Instant,
    },
    /// Stores a snapshot and its fetch, and puts it into the archive.
    PutSnapshot {
        /// The lease; none for the author's own notes.
        lease: Option<Lease>,
        /// The snapshot.
        snapshot: SnapshotParams,
    },
    /// Stores a text that a replay read, so that its artifacts name what is there. A known text changes nothing; it is
    /// not archived, and no run takes it for what was seen before.
    KeepSnapshot {
        /// The lease.
        lease: Lease,
        /// The snapshot.
        snapshot: SnapshotParams,
    },
    /// Writes a line for the operator.
    WriteLog {
        /// The lease.
        lease: Lease,
        /// The stage.
        stage: StageName,
        /// The round.
        round: Round,
        /// `info` or `warn`.
        level: String,
        /// The line.
        message: String,
        /// Now.
        at: Instant,
    },
    /// Stores the author's decision, if `hash` is what waits now: for an issue, the newest `issue` artifact of a
    /// run that replays no other and whose issue state allows the decision (`reviewed` for approve, reject, send back and expire; `approved`
    /// with no payload intended yet for recall, and for voiding, which names the hash that was approved); for an
    /// answer, one of the newest engagement report's; for a stage, the newest custom artifact of its newest round, which
    /// is decided on once. The rules: [`crate::contract::rules`].
    Decide {
        /// The run.
        run: RunId,
        /// What it is about.
        subject: Subject,
        /// The hash.
        hash: ContentHash,
        /// The decision.
        decision: Decision,
        /// From when on an approval is acted upon.
        effective_at: Option<Instant>,
        /// The note or reason.
        reason: Option<String>,
        /// Now.
        at: Instant,
    },
    /// Puts a draft of the newest round of review, with what belongs to it, in the first place, if its issue waits for
    /// the author: the round lists `artifacts` once more behind all others, so that they are the newest. They are of
    /// that round's list and end in an issue; what stands first already changes nothing. The rule:
    /// [`crate::contract::choice_rules::choose_draft`].
    ChooseDraft {
        /// The run.
        run: RunId,
        /// The draft, what review says of it, and its issue.
        artifacts: Vec<ArtifactRef>,
        /// Now.
        at: Instant,
    },
    /// Stores the intent to hand a payload over, if the run's issue is approved, the approval is in force and the
    /// issue names this payload for this channel. A known key changes nothing, but one whose payload is certainly not
    /// there (`Refused`, `Absent`) is intended anew on the same conditions. Answers [`crate::Applied::Intent`] with the state
    /// that was found, `Intended` for a new one.
    PutIntent {
        /// The lease.
        lease: Lease,
        /// The channel.
        channel: ChannelName,
        /// The payload.
        hash: ContentHash,
        /// The idempotency key.
        key: String,
        /// Now.
        at: Instant,
    },
    /// Stores what came of an intent.
    SettleIntent {
        /// The lease.
        lease: Lease,
        /// The idempotency key.
        key: String,
        /// `Delivered`, `Unknown` or `Refused`.
        state: crate::record::OutboxState,
        /// Where it can be seen.
        location: Option<String>,
        /// The error.
        error: Option<String>,
        /// Now.
        at: Instant,
    },
    /// Stores what the author saw at a channel whose payload is `Unknown`: it is delivered or absent by the author's
    /// word, a line of the log keeps the reason, and the run is queued unless a worker holds it.
    SettleUnknown {
        /// The run.
        run: RunId,
        /// The channel.
        channel: ChannelName,
        /// What the author saw.
        sighting: crate::record::Sighting,
        /// How the author knows.
        reason: String,
        /// Now.
        at: Instant,
    },
    /// Asks for a run to be stopped. An approval of its issue of which nothing was handed to the outbox is recalled in the
    /// same commit: whoever has the run go on later is asked again.
    RequestCancel {
        /// The run.
        run: RunId,
        /// Now.
        at: Instant,
    },
    /// Lets a waiting, failed or cancelled run go on: its failed and cancelled stages are open again, and in them the
    /// step that they failed by; a payload whose outcome is unknown is looked for again. A run that a worker holds, or
    /// that waits for the author, keeps its state and gets what is granted.
    Retry {
        /// The run.
        run: RunId,
        /// Granted on top of its budget.
        budget_extra: MicroUsd,
        /// Finish with the embedded model.
        embedded_only: bool,
        /// Now.
        at: Instant,
    },
    /// The same by a choice that a person made on what a page showed: once, and only while the run waits with that.
    /// One that goes on meanwhile, was stopped, or waits with other figures is left as it is. The rule:
    /// [`crate::contract::impasse_rules::require_impasse`].
    GoOn {
        /// The run.
        run: RunId,
        /// What the person saw: [`crate::RunRecord::impasse`].
        seen: ContentHash,
        /// Models for the rest of the run, in the order in which they are asked; none = as they are.
        route: Option<Vec<ModelName>>,
        /// Granted on top of its budget.
        budget_extra: MicroUsd,
        /// Finish with the embedded model.
        embedded_only: bool,
        /// Now.
        at: Instant,
    },
    /// Has other models answer the rest of a run, by a person's choice; none = those of its release.
    ChooseRoute {
        /// The run.
        run: RunId,
        /// Their names, in the order in which they are asked.
        route: Vec<ModelName>,
        /// Now.
        at: Instant,
    },
    /// Stores which call did not fit which budget, for whoever chooses how the run goes on. A retry forgets it.
    NoteBreach {
        /// The lease.
        lease: Lease,
        /// The call.
        breach: Breach,
    },
    /// Pauses or resumes a pipeline.
    SetPaused {
        /// The pipeline.
        pipeline: PipelineName,
        /// Since when; none = resumed.
        paused_at: Option<Instant>,
    },
    /// Skips a local date.
    SkipDate {
        /// The pipeline.
        pipeline: PipelineName,
        /// The date.
        date: jiff::civil::Date,
    },
    /// Skips a local date no more; one that is not skipped changes nothing. Slots that were settled stay so.
    KeepDate {
        /// The pipeline.
        pipeline: PipelineName,
        /// The date.
        date: jiff::civil::Date,
    },
    /// Remembers the schedule that a pipeline is seen with, and from when it counts.
    SetSchedule {
        /// The pipeline.
        pipeline: PipelineName,
        /// `cron zone`.
        schedule: String,
        /// Slots after this instant count.
        since: Instant,
    },
    /// Makes or settles the row of a slot; one row for each (pipeline, nominal time). A settled row is never reopened.
    PutSlot {
        /// The pipeline.
        pipeline: PipelineName,
        /// The slot.
        slot: Slot,
        /// Its outcome.
        state: SlotState,
        /// Why.
        reason: Option<String>,
        /// Its run.
        run: Option<RunId>,
    },
    /// Removes the rows of skipped slots after an instant that led to no run: a clock that was ahead made them, and the
    /// same due times come again. A folded slot stays, since another run took it over.
    ForgetSlots {
        /// The pipeline.
        pipeline: PipelineName,
        /// The instant; a slot at it stays.
        after: Instant,
    },
    /// Stores a note of the author; a known text changes nothing.
    AddNote(AuthorNote),
    /// Forgets the author's notes whose texts are not among these: what the author corrected or deleted counts no more.
    ForgetNotes {
        /// Hashes of the texts that stay.
        kept: Vec<ContentHash>,
    },
    /// Puts a label on stories: its run is one of its pipeline, and its snapshots are stored. Answers
    /// [`crate::Applied::Taken`] with whether that changed anything: one that is there counts from now where it is said again
    /// later, also where it was taken back.
    PutLabel(LabelRecord),
    /// Takes a label back; answers [`crate::Applied::Taken`] with whether it was there. One that never was is
    /// [`crate::StoreError::LabelRefused`].
    UndoLabel {
        /// Its id.
        id: ContentHash,
        /// Now.
        at: Instant,
    },
    /// Stores a token.
    PutToken(TokenRecord),
    /// Takes a one-time token; answers [`crate::Applied::Taken`] with whether it was there and unexpired.
    TakeToken {
        /// Its hash.
        hash: ContentHash,
        /// Now.
        now: Instant,
    },
    /// Trades a login link for a session, both or neither: the link is gone and the session there, if the link opens a
    /// login at `now` ([`TokenRecord::opens`]). Answers [`crate::Applied::Taken`] with whether it did.
    OpenSession {
        /// Hash of the link's token.
        link: ContentHash,
        /// The session.
        session: TokenRecord,
        /// Now.
        now: Instant,
    },
    /// Moves the end of a token; one that is gone stays gone.
    ProlongToken {
        /// Its hash.
        hash: ContentHash,
        /// The new end.
        until: Instant,
    },
    /// Forgets login links and sessions that have ended. A token of the API stays until a person takes it back.
    ForgetTokens {
        /// Now.
        now: Instant,
    },
    /// Raises a notice unless its key is known for its way; answers [`crate::Applied::Taken`] with whether it is new.
    RaiseNotice(NoticeRecord),
    /// Stores that a notice was told by its way, or given up.
    SettleNotice {
        /// Its key.
        key: String,
        /// Its way.
        way: String,
        /// Now.
        at: Instant,
    },
    /// Stores what was found before a slot; the first look counts. Answers [`crate::Applied::Taken`] with whether it is that.
    PutPreflight(PreflightRecord),
    /// Trusts a tool as it is.
    TrustTool(TrustRecord),
    /// Keeps one exchange with a model, and its bodies.
    PutExchange {
        /// The lease.
        lease: Lease,
        /// The stage.
        stage: StageName,
        /// The round.
        round: Round,
        /// The step.
        key: StepKey,
        /// The exchange.
        exchange: ExchangeParams,
        /// What its request shares with that of the exchange before it in the round.
        shared: Shared,
        /// Now.
        at: Instant,
    },
    /// Keeps what was learnt of a model at an endpoint; the newest counts.
    PutEndpoint(EndpointRecord),
    /// Keeps a feed's validators and bytes.
    PutFeedState(FeedState),
    /// Notes that a feed answered that nothing changed; its validators and bytes stay as they are, and it may be asked
    /// again at any time. Of a feed that is not kept (any more) nothing is noted.
    NoteFeedAnswer {
        /// Its address as the pipeline names it.
        url: String,
        /// Where it has moved for good.
        moved_to: Option<String>,
        /// Now.
        at: Instant,
    },
    /// Puts a past issue into the archive.
    PutArchive(ArchiveRecord),
    /// Puts a past issue that the author wrote elsewhere into the archive, as a snapshot of [`crate::retention::AUTHOR`],
    /// unless it is there. Answers [`crate::Applied::Imported`]; what decides is [`crate::imported`].
    ImportIssue(SnapshotParams),
    /// Prunes one small part of what only a replay would read: the step outcomes of one final run, else some texts of
    /// sources that nothing holds, else kept answers of feeds. Answers [`crate::Applied::Pruned`]; an empty one says that
    /// nothing is left. The rules: [`crate::retention`].
    Prune {
        /// What was touched since stays.
        before: Instant,
        /// Texts of sources in one part.
        snapshots_max: u32,
        /// When the go began that this is a part of; what it freed is added up under it.
        at: Instant,
    },
}
