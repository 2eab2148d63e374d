//! What the author does on the page. Each takes a form that passed the gate and calls the engine.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Redirect;
use copydesk_domain::{AnswerId, ContentHash, Decision, RunId};

use crate::fault::{Fault, PageFault};
use crate::gate::Act;
use crate::options::Desk;
use crate::serve::run_path;

type Done = Result<Redirect, PageFault>;

/// Approves the issue that the author looked at.
pub(crate) async fn approve(State(desk): State<Desk>, Path(run): Path<String>, act: Act) -> Done {
    let run = RunId::new(run);
    let hash = act.hash()?;
    let decided = desk.engine().approve(&run, Some(hash), act.reason, None).await;
    decided.map_err(|error| Fault::from(error).back(run_path(&run)))?;
    Ok(Redirect::to(&run_path(&run)))
}

/// Sends the issue back with a note.
pub(crate) async fn send_back(State(desk): State<Desk>, Path(run): Path<String>, act: Act) -> Done {
    decide(&desk, &RunId::new(run), Decision::SentBack, act).await
}

/// Says no to the issue.
pub(crate) async fn reject(State(desk): State<Desk>, Path(run): Path<String>, act: Act) -> Done {
    decide(&desk, &RunId::new(run), Decision::Rejected, act).await
}

/// Takes an approval back.
pub(crate) async fn recall(State(desk): State<Desk>, Path(run): Path<String>, act: Act) -> Done {
    decide(&desk, &RunId::new(run), Decision::Recalled, act).await
}

async fn decide(desk: &Desk, run: &RunId, decision: Decision, act: Act) -> Done {
    let hash = act.hash()?;
    let decided = desk
        .engine()
        .decide_issue(run, decision, Some(hash), act.reason)
        .await;
    decided.map_err(|error| Fault::from(error).back(run_path(run)))?;
    Ok(Redirect::to(&run_path(run)))
}

/// Approves a drafted answer and puts it into the outbox.
pub(crate) async fn approve_answer(
    State(desk): State<Desk>,
    Path((run, answer)): Path<(String, String)>,
    act: Act,
) -> Done {
    let (run, answer) = (RunId::new(run), AnswerId::new(answer));
    let hash = decide_answer(&desk, &run, &answer, Decision::Approved, act).await?;
    let back = run_path(&run);
    let mail = desk
        .engine()
        .store()
        .body(&hash)
        .await
        .map_err(|error| Fault::from(error).back(&*back))?;
    let written = match mail {
        Some(bytes) => (desk.options.outbox)(&format!("{run}-{answer}.eml"), &bytes),
        None => Err("the mail is not stored".to_owned()),
    };
    if let Err(reason) = written {
        let error = format!("the answer is approved, and could not be put into the outbox: {reason}");
        let hint = "nothing is lost: check the folder `outbox`; the page of the run keeps the text";
        return Err(
            Fault::new(StatusCode::INTERNAL_SERVER_ERROR, "CD010", error, hint)
                .back(back)
                .into(),
        );
    }
    Ok(Redirect::to(&format!("{back}#replies")))
}

/// Says no to a drafted answer.
pub(crate) async fn reject_answer(
    State(desk): State<Desk>,
    Path((run, answer)): Path<(String, String)>,
    act: Act,
) -> Done {
    let (run, answer) = (RunId::new(run), AnswerId::new(answer));
    decide_answer(&desk, &run, &answer, Decision::Rejected, act).await?;
    Ok(Redirect::to(&format!("{}#replies", run_path(&run))))
}

/// Decides on the answer whose hash the author looked at; another one of that name is refused.
async fn decide_answer(
    desk: &Desk,
    run: &RunId,
    answer: &AnswerId,
    decision: Decision,
    act: Act,
) -> Result<ContentHash, Fault> {
    let seen = act.hash()?;
    let back = |fault: Fault| fault.back(run_path(run));
    let pending = desk
        .engine()
        .pending_answers(run)
        .await
        .map_err(|error| back(error.into()))?;
    let current = pending
        .iter()
        .find(|pending| pending.answer.id == *answer)
        .map(|pending| pending.answer.hash);
    if let Some(current) = current.filter(|current| *current != seen) {
        let changed = copydesk_store::StoreError::HashChanged {
            given: seen,
            current: Some(current),
        };
        return Err(back(changed.into()));
    }
    let decided = desk
        .engine()
        .decide_answer(run, answer, decision, act.reason)
        .await;
    decided
        .map(|pending| pending.answer.hash)
        .map_err(|error| back(error.into()))
}
