//! What the author does on the page. Each takes a form that passed the gate and calls the engine.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use copydesk_domain::{AnswerId, ContentHash, Decision, RunId};
use copydesk_engine::EngineError;
use copydesk_store::StoreError;

use crate::fault::{Fault, PageFault};
use crate::gate::{Act, Going, Path};
use crate::options::Desk;
use crate::page::{self, Asked};
use crate::serve::run_path;

type Done = Result<Response, PageFault>;

/// A decision that the author pressed a button for.
struct Pressed<'a> {
    run: &'a RunId,
    /// The drafted answer that it is about; none for the issue or what a stage made.
    answer: Option<&'a AnswerId>,
    hash: ContentHash,
    decision: Decision,
}

/// Approves the issue that the author looked at.
pub(crate) async fn approve(State(desk): State<Desk>, Path(run): Path<String>, act: Act) -> Done {
    let run = RunId::new(run);
    let hash = act.hash()?;
    let decided = desk.engine().approve_as_read(&run, hash, act.reason).await;
    if let Err(EngineError::ReasonWanted { claims, .. }) = decided {
        let asked = Asked::why(claims, act.typed);
        return Ok(page::asked(&desk, &act.session, &run, hash, asked).await?);
    }
    let pressed = Pressed {
        run: &run,
        answer: None,
        hash,
        decision: Decision::Approved,
    };
    pressed.answered(&desk, decided).await
}

/// Sends the issue back with a note.
pub(crate) async fn send_back(State(desk): State<Desk>, Path(run): Path<String>, act: Act) -> Done {
    let run = RunId::new(run);
    if act.reason.is_none() {
        let hash = act.hash()?;
        return Ok(page::asked(&desk, &act.session, &run, hash, Asked::note(act.typed)).await?);
    }
    decide(&desk, &run, Decision::SentBack, act).await
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
    let pressed = Pressed {
        run,
        answer: None,
        hash,
        decision,
    };
    pressed.answered(desk, decided).await
}

impl Pressed<'_> {
    /// Back to the page. A second press of the same button finds its decision made, which is what was wanted.
    async fn answered<T>(&self, desk: &Desk, decided: Result<T, EngineError>) -> Done {
        if let Err(error) = decided {
            let back = |fault: Fault| fault.back(run_path(self.run));
            let stands = is_refusal(&error)
                && desk
                    .engine()
                    .is_decided_so(self.run, self.answer, self.hash, self.decision)
                    .await
                    .map_err(|error| back(error.into()))?;
            if !stands {
                return Err(back(error.into()).into());
            }
        }
        let place = if self.answer.is_some() { "#replies" } else { "" };
        Ok(Redirect::to(&format!("{}{place}", run_path(self.run))).into_response())
    }
}

/// Whether what was decided on does not wait any more; every other error says that nothing is known of it.
fn is_refusal(error: &EngineError) -> bool {
    matches!(
        error,
        EngineError::NothingWaits { .. }
            | EngineError::Store(StoreError::DecisionRefused { .. } | StoreError::HashChanged { .. })
    )
}

/// Stores what the author saw at a channel that cannot tell whether it took the issue.
pub(crate) async fn settle_unknown(State(desk): State<Desk>, Path(run): Path<String>, act: Act) -> Done {
    let run = RunId::new(run);
    let back = |fault: Fault| fault.back(run_path(&run));
    let (sighting, reason) = act.sighting().map_err(back)?;
    let settled = desk
        .engine()
        .settle_unknown(&run, &act.channel(), sighting, reason)
        .await;
    settled.map_err(|error| back(error.into()))?;
    Ok(Redirect::to(&run_path(&run)).into_response())
}

/// Lets a run that waits for money or a model go on as the author chose, or stops it.
pub(crate) async fn go_on(State(desk): State<Desk>, Path(run): Path<String>, act: Act) -> Done {
    let run = RunId::new(run);
    let back = |fault: Fault| fault.back(run_path(&run));
    let engine = desk.engine();
    let done = match act.going().map_err(back)? {
        Going::On(seen, chosen) => engine.go_on_as_seen(&run, seen, chosen).await,
        Going::Stop => engine.stop(&run).await,
    };
    done.map_err(|error| back(error.into()))?;
    Ok(Redirect::to(&run_path(&run)).into_response())
}

/// Puts what the author says of a story, or takes it back.
pub(crate) async fn label(State(desk): State<Desk>, Path(run): Path<String>, act: Act) -> Done {
    let run = RunId::new(run);
    let back = |fault: Fault| fault.back(run_path(&run));
    if let Some(said) = act.said().map_err(back)? {
        let put = desk.engine().put_label(&run, &said).await;
        put.map_err(|error| back(error.into()))?;
    } else {
        let undone = desk.engine().undo_label(&run, act.other()).await;
        undone.map_err(|error| back(error.into()))?;
    }
    Ok(Redirect::to(&format!("{}#stories", run_path(&run))).into_response())
}

/// Approves the drafted answer that the author looked at, and puts it into the outbox.
pub(crate) async fn approve_answer(
    State(desk): State<Desk>,
    Path((run, answer)): Path<(String, String)>,
    act: Act,
) -> Done {
    let (run, answer) = (RunId::new(run), AnswerId::new(answer));
    let hash = act.hash()?;
    let sent = desk
        .engine()
        .approve_answer(&run, &answer, Some(hash), act.reason)
        .await;
    let pressed = Pressed {
        run: &run,
        answer: Some(&answer),
        hash,
        decision: Decision::Approved,
    };
    pressed.answered(&desk, sent).await
}

/// Says no to the drafted answer that the author looked at.
pub(crate) async fn reject_answer(
    State(desk): State<Desk>,
    Path((run, answer)): Path<(String, String)>,
    act: Act,
) -> Done {
    let (run, answer) = (RunId::new(run), AnswerId::new(answer));
    let hash = act.hash()?;
    let rejected = desk
        .engine()
        .reject_answer(&run, &answer, Some(hash), act.reason)
        .await;
    let pressed = Pressed {
        run: &run,
        answer: Some(&answer),
        hash,
        decision: Decision::Rejected,
    };
    pressed.answered(&desk, rejected).await
}
