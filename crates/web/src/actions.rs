//! What the author does on the page. Each takes a form that passed the gate and calls the engine.

use axum::extract::State;
use axum::response::Redirect;
use copydesk_domain::{AnswerId, Decision, RunId};

use crate::asked::Path;
use crate::fault::{Fault, PageFault};
use crate::gate::{Act, Going};
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
    Ok(Redirect::to(&run_path(&run)))
}

/// Lets a run that waits for money or a model go on as the author chose, or stops it.
pub(crate) async fn go_on(State(desk): State<Desk>, Path(run): Path<String>, act: Act) -> Done {
    let run = RunId::new(run);
    let back = |fault: Fault| fault.back(run_path(&run));
    let engine = desk.engine();
    let done = match act.going().map_err(back)? {
        Going::On(chosen) => engine.go_on(&run, chosen).await,
        Going::Stop => engine.stop(&run).await,
    };
    done.map_err(|error| back(error.into()))?;
    Ok(Redirect::to(&run_path(&run)))
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
    Ok(Redirect::to(&format!("{}#stories", run_path(&run))))
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
    sent.map_err(|error| Fault::from(error).back(run_path(&run)))?;
    Ok(Redirect::to(&format!("{}#replies", run_path(&run))))
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
    rejected.map_err(|error| Fault::from(error).back(run_path(&run)))?;
    Ok(Redirect::to(&format!("{}#replies", run_path(&run))))
}
