//! The decisions behind the commands. Pure: no clock, no store.

use copydesk_domain::artifact::ArtifactKind;
use copydesk_domain::{
    AnswerId, ChannelName, ContentHash, Decision, Instant, IssueState, Round, RunId, RunState, StageState,
    WaitingFor,
};
use serde::Deserialize;

use crate::error::StoreError;
use crate::record::{OutboxRecord, OutboxState, Sighting, StageRecord};

pub use super::done::require_done;

/// Words of a search query that are looked at; the rest of a longer query is ignored.
pub const SEARCH_WORDS_MAX: usize = 24;

/// What is known of a run when its issue is decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueFacts {
    /// State of the run.
    pub run: RunState,
    /// How far its issue is.
    pub issue: IssueState,
    /// The newest `issue` artifact of the newest review round.
    pub current: Option<ContentHash>,
    /// What the newest decision approved, if that is what it did.
    pub approved: Option<ContentHash>,
    /// Whether a payload was handed to the outbox.
    pub is_intended: bool,
}

/// How far the issue is after `decision` on `given`.
///
/// # Errors
/// [`StoreError::HashChanged`] if other bytes wait, [`StoreError::DecisionRefused`] if the state does not allow it.
pub fn decide_issue(
    facts: &IssueFacts,
    given: &ContentHash,
    decision: Decision,
) -> Result<IssueState, StoreError> {
    let bound = if decision == Decision::Voided {
        facts.approved
    } else {
        facts.current
    };
    if bound != Some(*given) {
        return Err(StoreError::HashChanged {
            given: *given,
            current: bound,
        });
    }
    let refused = |state: String| {
        Err(StoreError::DecisionRefused {
            decision: decision.participle(),
            state,
        })
    };
    if matches!(facts.run, RunState::Cancelled | RunState::Superseded) {
        return refused(format!("the run is {}", facts.run));
    }
    match (decision, facts.issue) {
        (Decision::Approved, IssueState::Reviewed) => Ok(IssueState::Approved),
        (Decision::Rejected, IssueState::Reviewed) => Ok(IssueState::Rejected),
        (Decision::SentBack, IssueState::Reviewed) => Ok(IssueState::Drafted),
        (Decision::Expired, IssueState::Reviewed) => Ok(IssueState::Expired),
        (Decision::Recalled | Decision::Voided, IssueState::Approved) if facts.is_intended => {
            refused("it is already on its way out".to_owned())
        }
        (Decision::Recalled | Decision::Voided, IssueState::Approved) => Ok(IssueState::Reviewed),
        (_, IssueState::None) => refused("there is no issue".to_owned()),
        (Decision::Recalled | Decision::Voided, state) => refused(format!("it is {state}, not approved")),
        (_, state) => refused(format!("already {state}")),
    }
}

/// Reason of the decision by which a cancel takes an approval back.
pub const TAKEN_BACK: &str = "the run was cancelled before the issue went out";

/// The approved hash that a cancel takes back, so that a retry waits for the author again; none where nothing is
/// approved, or where a payload was handed to the outbox.
pub fn taken_back_by_cancel(facts: &IssueFacts) -> Option<ContentHash> {
    let is_kept_here = facts.issue == IssueState::Approved && !facts.is_intended;
    facts.approved.filter(|_| is_kept_here)
}

/// That a run is no replay: nobody decides on one, and it goes nowhere.
///
/// # Errors
/// [`StoreError::DecisionRefused`] that names the run to decide on.
pub fn require_own(parent: Option<&RunId>, decision: &'static str) -> Result<(), StoreError> {
    let Some(parent) = parent else { return Ok(()) };
    Err(StoreError::DecisionRefused {
        decision,
        state: format!("the run is a replay of {parent} and goes nowhere"),
    })
}

/// Whether `decision` on the answer with the hash `given` can be stored. `current`: the hash of that answer in the
/// newest report; `last`: the newest decision on that answer and the hash it bound.
///
/// # Errors
/// [`StoreError::HashChanged`] if other bytes wait, [`StoreError::DecisionRefused`] if it was decided before.
pub fn decide_answer(
    current: Option<ContentHash>,
    last: Option<(ContentHash, Decision)>,
    given: &ContentHash,
    decision: Decision,
) -> Result<(), StoreError> {
    if current != Some(*given) {
        return Err(StoreError::HashChanged {
            given: *given,
            current,
        });
    }
    let last = last
        .filter(|(hash, _)| hash == given)
        .map(|(_, decision)| decision);
    let refused = |state: String| {
        Err(StoreError::DecisionRefused {
            decision: decision.participle(),
            state,
        })
    };
    match (decision, last) {
        (Decision::SentBack | Decision::Voided, _) => refused("it is an answer".to_owned()),
        (Decision::Recalled, Some(Decision::Approved)) => Ok(()),
        (Decision::Recalled, _) => refused("it is not approved".to_owned()),
        (_, None | Some(Decision::Recalled)) => Ok(()),
        (_, Some(last)) => refused(format!("already {}", last.participle())),
    }
}

/// Whether a newer slot may take the place of a run: it has not ended, and nobody has decided on its issue.
pub const fn gives_way(run: RunState, issue: IssueState) -> bool {
    let is_undecided = match issue {
        IssueState::None | IssueState::Drafted | IssueState::Reviewed => true,
        IssueState::Approved
        | IssueState::Published
        | IssueState::Rejected
        | IssueState::Expired
        | IssueState::Unknown => false,
    };
    is_undecided && !run.is_final()
}

/// How far the issue of a run is after a worker's `given` report: only a decision approves, rejects or expires, and a
/// worker that read the run before a decision does not undo it. `is_new_issue`: an issue artifact exists that nobody
/// sent back.
pub fn report_issue(stored: IssueState, given: IssueState, is_new_issue: bool) -> IssueState {
    use IssueState::{Approved, Drafted, Expired, None, Published, Rejected, Reviewed, Unknown};
    match (stored, given) {
        // From unknown back to approved: a channel that could not tell has refused after all.
        (Approved | Published | Unknown, Published | Unknown)
        | (Unknown, Approved)
        | (None | Drafted | Reviewed, None | Drafted) => given,
        (None | Drafted | Reviewed, Reviewed) if is_new_issue => given,
        (None | Drafted | Reviewed | Approved | Published | Unknown | Rejected | Expired, _) => stored,
    }
}

/// What a finished stage round reports of the issue by its artifacts, in the commit that stores them.
pub fn issue_after(state: StageState, kinds: &[ArtifactKind]) -> Option<IssueState> {
    if state != StageState::Completed {
        None
    } else if kinds.contains(&ArtifactKind::Issue) {
        Some(IssueState::Reviewed)
    } else if kinds.contains(&ArtifactKind::Draft) {
        Some(IssueState::Drafted)
    } else {
        None
    }
}

/// What is known when a payload is to be handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntentFacts {
    /// How far the issue of the run is.
    pub issue: IssueState,
    /// The newest `issue` artifact of the newest review round.
    pub current: Option<ContentHash>,
    /// The newest decision on the issue: what, on which hash, in force from when.
    pub last: Option<(Decision, ContentHash, Option<Instant>)>,
}

/// The issue whose payloads may be handed over at `at`.
///
/// # Errors
/// [`StoreError::DecisionRefused`] without an approval in force, [`StoreError::HashChanged`] if the approved bytes
/// are not the newest ones.
pub fn approved_issue(facts: &IntentFacts, at: Instant) -> Result<ContentHash, StoreError> {
    let refused = |state: String| StoreError::DecisionRefused {
        decision: "published",
        state,
    };
    // An issue whose outcome is unknown was approved, and no recall reaches it: its other payloads still go out.
    if !matches!(facts.issue, IssueState::Approved | IssueState::Unknown) {
        return Err(refused(format!("the issue is {}, not approved", facts.issue)));
    }
    let Some((Decision::Approved, hash, effective_at)) = facts.last else {
        return Err(refused("the newest decision is no approval".to_owned()));
    };
    if let Some(from) = effective_at.filter(|from| *from > at) {
        return Err(refused(format!("the approval is in force from {from} on")));
    }
    if facts.current != Some(hash) {
        return Err(StoreError::HashChanged {
            given: hash,
            current: facts.current,
        });
    }
    Ok(hash)
}

/// Whether a payload in this state is certainly not at its channel, so that handing it over repeats nothing.
pub const fn is_intended_anew(state: OutboxState) -> bool {
    match state {
        OutboxState::Refused | OutboxState::Absent => true,
        OutboxState::Intended | OutboxState::Delivered | OutboxState::Unknown => false,
    }
}

/// The key of the payload that the author speaks of: the newest of the channel whose outcome is unknown.
///
/// # Errors
/// [`StoreError::DecisionRefused`] where there is none: what a channel said itself stands.
pub fn unknown_at<'a>(rows: &'a [OutboxRecord], channel: &ChannelName) -> Result<&'a str, StoreError> {
    let of_channel = || rows.iter().rev().filter(|row| row.channel == *channel);
    if let Some(row) = of_channel().find(|row| row.state == OutboxState::Unknown) {
        return Ok(&row.key);
    }
    let state = match of_channel().next().map(|row| row.state) {
        Some(OutboxState::Delivered) => format!("the channel `{channel}` took it"),
        Some(OutboxState::Refused) => format!("the channel `{channel}` refused it"),
        Some(OutboxState::Absent) => format!("you said that the channel `{channel}` does not have it"),
        Some(OutboxState::Intended | OutboxState::Unknown) => {
            format!("the channel `{channel}` is still asked")
        }
        None => format!("nothing of this run went to a channel `{channel}`"),
    };
    Err(StoreError::DecisionRefused {
        decision: "settled by your word",
        state,
    })
}

/// The line of the log that keeps the author's word.
pub fn word_of_author(channel: &ChannelName, sighting: Sighting, reason: &str) -> String {
    match sighting {
        Sighting::There => format!("{channel}: the author says that it is out: {reason}"),
        Sighting::Absent => format!("{channel}: the author says that it is not out: {reason}"),
    }
}

/// That the issue names this payload for this channel.
///
/// # Errors
/// [`StoreError::DecisionRefused`] if it does not, [`StoreError::Inconsistent`] if `issue` is no issue.
pub fn require_payload(
    issue: &[u8],
    id: &ContentHash,
    channel: &ChannelName,
    hash: &ContentHash,
) -> Result<(), StoreError> {
    let manifest: IssueDto = read_artifact(issue, id)?;
    if manifest
        .payloads
        .iter()
        .any(|payload| payload.channel == *channel && payload.hash == *hash)
    {
        return Ok(());
    }
    let state = format!(
        "the approved issue has no payload {} for {channel}",
        hash.short(12)
    );
    Err(StoreError::DecisionRefused {
        decision: "published",
        state,
    })
}

/// The hash of a drafted answer in an engagement report.
///
/// # Errors
/// [`StoreError::Inconsistent`] if `report` is no engagement report.
pub fn answer_hash(
    report: &[u8],
    id: &ContentHash,
    answer: &AnswerId,
) -> Result<Option<ContentHash>, StoreError> {
    let report: ReportDto = read_artifact(report, id)?;
    let mut answers = report.replies.into_iter().filter_map(|reply| reply.answer);
    Ok(answers
        .find(|drafted| drafted.id == *answer)
        .map(|drafted| drafted.hash))
}

/// That a run can be tried again.
///
/// # Errors
/// [`StoreError::DecisionRefused`] where nothing is left to do.
pub fn require_retryable(state: RunState) -> Result<(), StoreError> {
    match state {
        RunState::Completed | RunState::Superseded => Err(StoreError::DecisionRefused {
            decision: "retried",
            state: format!("the run is {state}"),
        }),
        RunState::Queued | RunState::Running | RunState::Waiting | RunState::Failed | RunState::Cancelled => {
            Ok(())
        }
    }
}

/// Whether there is more to a run than to wait for the author's decision.
pub fn is_requeued(state: RunState, waiting_for: &[WaitingFor]) -> bool {
    let is_authors = |what: &WaitingFor| match what {
        WaitingFor::Approval | WaitingFor::Answers => true,
        WaitingFor::Budget | WaitingFor::Model | WaitingFor::ToolTrust | WaitingFor::PublishUnknown => false,
    };
    state != RunState::Waiting || waiting_for.is_empty() || !waiting_for.iter().all(is_authors)
}

/// Whether a retry puts the run back into the queue: also one that waits for the author alone, where a stage failed or was
/// put off beside that.
pub fn is_requeued_by_retry(state: RunState, waiting_for: &[WaitingFor], stages: &[StageRecord]) -> bool {
    let has_more = |stage: &StageRecord| is_reopened(stage.state) || stage.state == StageState::Waiting;
    is_requeued(state, waiting_for) || stages.iter().any(has_more)
}

/// Whether the author's word on an unknown payload puts the run back into the queue: one that has ended stays so.
pub fn is_requeued_by_word(state: RunState, waiting_for: &[WaitingFor]) -> bool {
    state == RunState::Waiting && is_requeued(state, waiting_for)
}

/// Outcome of the attempt by which a retry opens a step again.
pub const REOPENED: &str = "opened again by a retry";

/// Whether a retry opens a stage round in this state again.
pub const fn is_reopened(state: StageState) -> bool {
    matches!(state, StageState::Failed | StageState::Cancelled)
}

/// Whether a stage failed by a step: its error is the stage's. Of several such steps the last is meant, and a retry
/// tries it again. Errors that the stage went on in spite of are inputs of what came after, so they stay.
pub fn is_tried_again(stage_reason: Option<&str>, step_outcome: &str) -> bool {
    !step_outcome.is_empty() && stage_reason == Some(step_outcome)
}

/// Whether a stage round in this state stays as it is whatever is reported of it: its artifacts are immutable.
pub const fn is_settled(state: StageState) -> bool {
    matches!(state, StageState::Completed)
}

/// The artifacts to add to a round's list: none where the list ends with them already, so that a report that is made
/// twice counts once, and one that goes back to earlier bytes makes them the newest again.
pub fn artifacts_to_add<'a, T: PartialEq>(listed: &[T], given: &'a [T]) -> &'a [T] {
    if listed.ends_with(given) { &[] } else { given }
}

/// The words of a search query: split at blanks, freed of control characters, those without a letter or digit
/// dropped, at most [`SEARCH_WORDS_MAX`].
pub fn search_words(query: &str) -> Vec<String> {
    query
        .split(|character: char| character.is_whitespace() || character.is_control())
        .filter(|word| word.chars().any(char::is_alphanumeric))
        .take(SEARCH_WORDS_MAX)
        .map(str::to_owned)
        .collect()
}

/// The round whose issue a worker may report as reviewed: one after the last that was sent back.
pub fn is_new_issue(issue: Option<Round>, sent_back: Option<Round>) -> bool {
    issue.is_some() && issue > sent_back
}

fn read_artifact<'a, T: Deserialize<'a>>(bytes: &'a [u8], id: &ContentHash) -> Result<T, StoreError> {
    serde_json::from_slice(bytes).map_err(|_| StoreError::Inconsistent {
        table: "artifact",
        column: "bytes",
        id: id.to_string(),
    })
}

/// What is read of an issue here; whatever else it holds is no matter of the store.
#[derive(Deserialize)]
struct IssueDto {
    payloads: Vec<PayloadDto>,
}

#[derive(Deserialize)]
struct PayloadDto {
    channel: ChannelName,
    hash: ContentHash,
}

/// What is read of an engagement report here.
#[derive(Deserialize)]
struct ReportDto {
    replies: Vec<ReplyDto>,
}

#[derive(Deserialize)]
struct ReplyDto {
    #[serde(default)]
    answer: Option<AnswerDto>,
}

#[derive(Deserialize)]
struct AnswerDto {
    id: AnswerId,
    hash: ContentHash,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_never_moves_an_issue_past_a_decision() {
        for stored in IssueState::ALL.iter().copied() {
            for given in IssueState::ALL.iter().copied() {
                let after = report_issue(stored, given, true);
                let is_decided = !matches!(
                    stored,
                    IssueState::None | IssueState::Drafted | IssueState::Reviewed
                );
                let decides = matches!(
                    after,
                    IssueState::Approved | IssueState::Rejected | IssueState::Expired
                );
                let is_undone = matches!(
                    after,
                    IssueState::None | IssueState::Drafted | IssueState::Reviewed
                );
                assert!(is_decided || !decides, "{stored} became {after}");
                assert!(!(is_decided && is_undone), "{stored} became {after}");
            }
        }
    }

    #[test]
    fn every_decision_in_every_state_is_decided() {
        let hash = ContentHash::of(b"issue");
        for issue in IssueState::ALL.iter().copied() {
            for decision in Decision::ALL.iter().copied() {
                let facts = IssueFacts {
                    run: RunState::Waiting,
                    issue,
                    current: Some(hash),
                    approved: Some(hash),
                    is_intended: false,
                };
                let is_open = match decision {
                    Decision::Recalled | Decision::Voided => issue == IssueState::Approved,
                    Decision::Approved | Decision::Rejected | Decision::SentBack | Decision::Expired => {
                        issue == IssueState::Reviewed
                    }
                };
                assert_eq!(
                    decide_issue(&facts, &hash, decision).is_ok(),
                    is_open,
                    "{decision} at {issue}"
                );
            }
        }
    }

    #[test]
    fn a_query_is_cut_into_words() {
        assert_eq!(
            search_words(" rust\0rocks -- \"C++\"\n"),
            ["rust", "rocks", "\"C++\""]
        );
        assert_eq!(search_words(&"a ".repeat(100)).len(), SEARCH_WORDS_MAX);
    }

    #[test]
    fn what_is_no_artifact_is_inconsistent() {
        let hash = ContentHash::of(b"issue");
        let error = require_payload(b"{}", &hash, &"site".into(), &hash);
        assert!(matches!(
            error,
            Err(StoreError::Inconsistent {
                table: "artifact",
                ..
            })
        ));
        assert!(answer_hash(b"nonsense", &hash, &"a1".into()).is_err());
    }
}
