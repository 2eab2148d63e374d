//! `approve`, `send-back`, `reject`, `recall`: the author's decisions.

use copydesk_domain::{AnswerId, ContentHash, Decision, IssueState, PipelineName, RunId, RunState};
use copydesk_engine::{Advanced, EngineError, next};
use copydesk_store::{StoreError, Subject};
use serde_json::json;

use crate::app::Folder;
use crate::args::ApproveArgs;
use crate::asker::Asker;
use crate::commands::run;
use crate::exit::{FAILED, FINE, Failure, WAITS};
use crate::outcome::Outcome;
use crate::pace::Pace;
use crate::words;

/// Approves the issue or an answer.
pub async fn approve(folder: &Folder, args: ApproveArgs, asker: &Asker) -> Result<Outcome, Failure> {
    let id = RunId::new(args.run);
    let hash = match &args.hash {
        Some(digits) => Some(named_hash(folder, &id, digits).await?),
        None => None,
    };
    if let Some(answer) = args.answer {
        let approved = approve_answer(folder, &id, &AnswerId::new(answer), hash, args.reason).await?;
        if !args.wait {
            return Ok(approved);
        }
        let advanced = Pace::new(folder, &id, asker).advance().await?;
        return run::finish(folder, &folder.engine.view(&id).await?, &advanced).await;
    }
    let hash = match hash {
        Some(hash) => Some(hash),
        None => issue_of(folder, &id, args.draft.as_deref()).await?,
    };
    if args.wait && is_approved(folder, &id, hash).await? {
        return wait_for_receipts(folder, &id, asker).await;
    }
    let decided = match folder.engine.approve(&id, hash, args.reason, None).await {
        Ok(decided) => decided,
        Err(error) => return Err(refused(folder, &id, Decision::Approved, error).await),
    };
    let data = json!({ "run": id, "hash": decided.hash, "decision": "approved", "effective_at": decided.effective_at });
    if let Subject::Stage(stage) = &decided.subject {
        if args.wait {
            let advanced = Pace::new(folder, &id, asker).advance().await?;
            return run::finish(folder, &folder.engine.view(&id).await?, &advanced).await;
        }
        let text = format!("approved {} of {stage}\n", decided.hash.short(12));
        return Ok(Outcome::new(data, text).with_talk(goes_on(folder, &id).await?));
    }
    let newer = folder.engine.newer_labels(&id).await?.len();
    let unused = (newer > 0).then(|| left_out(newer));
    if args.wait {
        let mut outcome = wait_for_receipts(folder, &id, asker).await?;
        outcome.talk.extend(unused);
        return Ok(outcome);
    }
    let now = folder.engine.clock().now();
    let at = decided
        .effective_at
        .map(|at| words::coming(at, now))
        .unwrap_or_default();
    let text = format!("approved {}; it goes out after {at}\n", decided.hash.short(12));
    let recall = format!("copydesk recall {id} takes it back until then");
    let mut outcome = Outcome::new(data, text);
    if !folder.is_daemon {
        outcome = outcome.with_talk(format!(
            "no daemon runs here, so nothing goes out by itself: `copydesk daemon` publishes it, or `copydesk approve {id} --wait`"
        ));
    }
    Ok(match unused {
        Some(unused) => outcome.with_talk(unused).with_talk(format!(
            "{recall}; `copydesk send-back {id} --note \"…\"` then drafts it again with all that you said"
        )),
        None => outcome.with_talk(recall),
    })
}

/// Digits of a hash as `show` and `approve` print it: what begins with them is one thing among the few that wait.
const DIGITS_MIN: usize = 12;

/// The hash that a person gave: whole, or its beginning where just one of what can be approved begins so.
async fn named_hash(folder: &Folder, id: &RunId, digits: &str) -> Result<ContentHash, Failure> {
    let whole = digits.parse::<ContentHash>();
    let is_beginning = digits.len() >= DIGITS_MIN && digits.chars().all(|digit| digit.is_ascii_hexdigit());
    let error = match whole {
        Ok(hash) => return Ok(hash),
        Err(error) if !is_beginning || digits.len() > 64 => error.to_string(),
        Err(_) => {
            let view = folder.engine.view(id).await?;
            let mut known: Vec<ContentHash> = view.approval.hash.into_iter().collect();
            known.extend(
                folder
                    .engine
                    .waiting(id)
                    .await?
                    .iter()
                    .map(|waiting| waiting.hash),
            );
            let answers = folder.engine.pending_answers(id).await?;
            known.extend(answers.iter().map(|pending| pending.answer.hash));
            if let Some(hash) = begins_so(&known, digits) {
                return Ok(hash);
            }
            format!("the hash of nothing that waits in {id} begins with `{digits}`, or that of several does")
        }
    };
    Err(Failure::usage(
        error,
        "`copydesk show RUN --json` prints it whole, as `approval.hash`; its first 12 digits do",
    ))
}

/// The one hash that begins with these digits. Pure.
fn begins_so(known: &[ContentHash], digits: &str) -> Option<ContentHash> {
    let digits = digits.to_ascii_lowercase();
    let mut alike = known.iter().filter(|hash| hash.to_string().starts_with(&digits));
    let first = alike.next()?;
    alike.all(|hash| hash == first).then_some(*first)
}

/// Whether the author has said yes to what `--wait` is asked for, and it is not out yet: to the issue with this hash, or
/// to whatever there is.
async fn is_approved(folder: &Folder, id: &RunId, hash: Option<ContentHash>) -> Result<bool, Failure> {
    let view = folder.engine.view(id).await?;
    if view.issue != IssueState::Approved || view.state.is_final() {
        return Ok(false);
    }
    Ok(match hash {
        Some(_) => folder.engine.waiting_issue(id).await? == hash,
        None => folder.engine.waiting(id).await?.is_empty(),
    })
}

/// What the author said of stories after the issue was drafted, and that it is not in it.
fn left_out(count: usize) -> String {
    let (labels, are) = if count == 1 {
        ("label", "is")
    } else {
        ("labels", "are")
    };
    format!(
        "{count} {labels} since this issue was made {are} not in it; the days to come go by what you said"
    )
}

/// Advances until the channels have taken the issue, somebody has to act, or the wait is ended: then nothing has gone out
/// that was not on its way, and the approval stands.
async fn wait_for_receipts(folder: &Folder, id: &RunId, asker: &Asker) -> Result<Outcome, Failure> {
    tell_when(folder, id, asker).await?;
    let mut pace = Pace::new(folder, id, asker);
    loop {
        let advanced = pace.advance().await?;
        let view = folder.engine.view(id).await?;
        if view.issue != IssueState::Approved
            || is_refused(folder, id).await?
            || view.state.is_final()
            || advanced == Advanced::Interrupted
        {
            let exit = match view.issue {
                IssueState::Published => FINE,
                IssueState::Unknown => WAITS,
                _ => FAILED,
            };
            // Success is that the channels took it, whatever else of the run waits.
            let outcome = run::finish(folder, &view, &advanced).await?.with_exit(exit);
            return Ok(if is_refused(folder, id).await? {
                outcome.with_talk(format!(
                    "a channel refused the issue: mend what it says, then copydesk retry {id} hands it over again"
                ))
            } else {
                outcome
            });
        }
        if !pace.rest(&advanced).await? {
            let outcome = run::finish(folder, &view, &Advanced::Done).await?;
            return Ok(outcome.with_exit(FAILED).with_talk(format!(
                "stopped before the issue went out; your approval stands: copydesk recall {id} takes it back, copydesk \
                 approve {id} --wait goes on, and so does the daemon"
            )));
        }
    }
}

/// Tells the asker when the issue goes out and how it is kept here, before the wait for that.
async fn tell_when(folder: &Folder, id: &RunId, asker: &Asker) -> Result<(), Failure> {
    let decisions = folder.engine.store().decisions(id).await?;
    let now = folder.engine.clock().now();
    let approval = next::newest_decision(&decisions).filter(|record| record.decision == Decision::Approved);
    if let Some(record) = approval
        && let Some(at) = record.effective_at.filter(|at| *at > now)
    {
        asker.tell(&format!(
            "approved {}; it goes out after {}\ncopydesk recall {id}, in another terminal, takes it back until then",
            record.hash.short(12),
            words::coming(at, now)
        ));
    }
    Ok(())
}

/// Whether a channel refused the approved issue: its day goes on, and the issue waits for a retry.
async fn is_refused(folder: &Folder, id: &RunId) -> Result<bool, Failure> {
    let store = folder.engine.store();
    Ok(next::is_refused(
        &store.stages(id).await?,
        &store.decisions(id).await?,
    ))
}

async fn approve_answer(
    folder: &Folder,
    id: &RunId,
    answer: &AnswerId,
    hash: Option<ContentHash>,
    reason: Option<String>,
) -> Result<Outcome, Failure> {
    let sent = folder.engine.approve_answer(id, answer, hash, reason).await?;
    let data =
        json!({ "run": id, "answer": answer, "hash": sent.hash, "decision": "approved", "file": sent.place });
    Ok(Outcome::new(
        data,
        format!("approved {answer}; it lies in {}\n", sent.place),
    ))
}

/// Opens a new round of drafting.
pub async fn send_back(
    folder: &Folder,
    run: &str,
    note: String,
    draft: Option<String>,
) -> Result<Outcome, Failure> {
    if note.trim().is_empty() {
        return Err(Failure::usage(
            "the note is empty",
            "say what to change: --note \"…\"",
        ));
    }
    let id = RunId::new(run);
    let hash = issue_of(folder, &id, draft.as_deref()).await?;
    let decided = folder
        .engine
        .decide_issue(&id, Decision::SentBack, hash, Some(note))
        .await;
    let decided = match decided {
        Ok(decided) => decided,
        Err(error) => return Err(refused(folder, &id, Decision::SentBack, error).await),
    };
    let pipeline = pipeline_of(folder, &id).await?;
    let text = match &decided.subject {
        Subject::Stage(stage) => {
            format!("{stage} sent back: `copydesk run {pipeline}` runs it again, or the daemon does\n")
        }
        Subject::Issue | Subject::Answer(_) => {
            format!("sent back: `copydesk run {pipeline}` drafts again, or the daemon does\n")
        }
    };
    let data = json!({ "run": id, "hash": decided.hash, "decision": Decision::SentBack });
    Ok(Outcome::new(data, text))
}

/// The issue of the draft with this letter; none where none is named.
async fn issue_of(folder: &Folder, run: &RunId, draft: Option<&str>) -> Result<Option<ContentHash>, Failure> {
    match draft {
        Some(letter) => Ok(Some(folder.engine.issue_of_draft(run, letter).await?)),
        None => Ok(None),
    }
}

async fn pipeline_of(folder: &Folder, run: &RunId) -> Result<String, Failure> {
    let known = folder.engine.store().run(run).await?;
    Ok(known.map_or_else(|| "PIPELINE".to_owned(), |run| run.pipeline.to_string()))
}

/// Who moves a run on after a decision.
async fn goes_on(folder: &Folder, run: &RunId) -> Result<String, Failure> {
    let pipeline = pipeline_of(folder, run).await?;
    Ok(format!("`copydesk run {pipeline}` goes on, or the daemon does"))
}

/// Says no to the issue or to an answer.
pub async fn reject(
    folder: &Folder,
    run: &str,
    answer: Option<String>,
    reason: Option<String>,
) -> Result<Outcome, Failure> {
    let Some(answer) = answer else {
        return decide(folder, run, Decision::Rejected, reason, "rejected").await;
    };
    let (id, answer) = (RunId::new(run), AnswerId::new(answer));
    let hash = folder.engine.reject_answer(&id, &answer, None, reason).await?;
    let data = json!({ "run": id, "answer": answer, "hash": hash, "decision": "rejected" });
    Ok(Outcome::new(data, format!("rejected {answer}\n")))
}

/// Takes an approval back within its hold.
pub async fn recall(folder: &Folder, run: &str) -> Result<Outcome, Failure> {
    decide(
        folder,
        run,
        Decision::Recalled,
        None,
        "recalled; the issue waits for you again",
    )
    .await
}

async fn decide(
    folder: &Folder,
    run: &str,
    decision: Decision,
    reason: Option<String>,
    text: &str,
) -> Result<Outcome, Failure> {
    let id = RunId::new(run);
    let decided = match folder.engine.decide_issue(&id, decision, None, reason).await {
        Ok(decided) => decided,
        Err(error) => return Err(refused(folder, &id, decision, error).await),
    };
    let data = json!({ "run": id, "hash": decided.hash, "decision": decision });
    Ok(Outcome::new(data, format!("{text}\n")))
}

/// Why a decision was not stored, with what is left to do.
async fn refused(folder: &Folder, id: &RunId, decision: Decision, error: EngineError) -> Failure {
    let is_of_state = matches!(error, EngineError::Store(StoreError::DecisionRefused { .. }));
    let failure = Failure::from(error);
    if !is_of_state {
        return failure;
    }
    // Where even that cannot be read, the reason stands with the hint that all refusals have.
    let Ok(Some(run)) = folder.engine.store().run(id).await else {
        return failure;
    };
    let is_over = run.parent.is_some() || matches!(run.state, RunState::Cancelled | RunState::Superseded);
    match next_step(&run.pipeline, run.is_scheduled, run.issue, decision).filter(|_| !is_over) {
        Some(hint) => Failure { hint, ..failure },
        None => failure,
    }
}

/// What is left to do where `decision` does not fit how far the issue is; none where a look at it tells. A run of a
/// schedule is the daemon's to go on with.
fn next_step(
    pipeline: &PipelineName,
    is_scheduled: bool,
    issue: IssueState,
    decision: Decision,
) -> Option<String> {
    match (issue, decision) {
        (IssueState::Drafted, _) => {
            let who = if is_scheduled {
                "`copydesk daemon` makes the next round".to_owned()
            } else {
                format!("`copydesk run {pipeline}` makes the next round, or the daemon does")
            };
            Some(format!("nothing waits for you until it is drafted again: {who}"))
        }
        (IssueState::Published | IssueState::Approved | IssueState::Unknown, Decision::Recalled) => {
            let left = "what is left is a correction in an issue to come";
            Some(format!("what is out, or on its way, cannot be recalled; {left}"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_decision_names_what_is_left_to_do() {
        let daily = PipelineName::from("daily");
        let hint = next_step(&daily, false, IssueState::Drafted, Decision::Approved).unwrap();
        assert!(
            hint.contains("`copydesk run daily` makes the next round"),
            "{hint}"
        );
        let hint = next_step(&daily, true, IssueState::Drafted, Decision::Approved).unwrap();
        assert!(hint.contains("`copydesk daemon` makes the next round"), "{hint}");
        let hint = next_step(&daily, false, IssueState::Published, Decision::Recalled).unwrap();
        assert!(hint.contains("what is left is a correction"), "{hint}");
        let approved = next_step(&daily, false, IssueState::Published, Decision::Approved);
        assert_eq!(approved, None);
    }

    #[test]
    fn the_beginning_of_a_hash_names_it_where_just_one_begins_so() {
        let (one, other) = (ContentHash::of(b"one"), ContentHash::of(b"other"));
        assert_eq!(begins_so(&[one, other, one], &one.short(12)), Some(one));
        assert_eq!(begins_so(&[other], &other.short(20).to_uppercase()), Some(other));
        assert_eq!(begins_so(&[other], &one.short(12)), None);
        assert_eq!(begins_so(&[one, other], ""), None, "both begin so");
    }
}
