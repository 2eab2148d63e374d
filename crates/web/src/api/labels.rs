//! What the author says of stories, over the API.

use axum::Json;
use axum::extract::State;
use copydesk_domain::artifact::LabelKind;
use copydesk_domain::{RunId, StoryId};
use copydesk_engine::{LabelView, Said};
use serde::{Deserialize, Serialize};

use super::asked::Path;
use super::caller::Body;
use crate::fault::{ApiFault, Fault};
use crate::options::Desk;

/// `POST /api/runs/RUN/labels`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LabelDto {
    kind: LabelKind,
    story: StoryId,
    /// For `merge`: the other story.
    #[serde(default)]
    with: Option<StoryId>,
    /// For `split`: the post that is of another story.
    #[serde(default)]
    snapshot: Option<String>,
}

impl LabelDto {
    fn said(self) -> Result<Said, Fault> {
        match (self.kind, self.with, self.snapshot) {
            (LabelKind::Merge, Some(with), None) => Ok(Said::Merge(self.story, with)),
            (LabelKind::Split, None, Some(snapshot)) => Ok(Said::Split(self.story, snapshot)),
            (LabelKind::NotInterested, None, None) => Ok(Said::NotInterested(self.story)),
            _ => Err(Fault::bad(
                "the label names too little or too much",
                "merge takes `with`, split takes `snapshot`, not_interested takes neither",
            )),
        }
    }
}

/// Puts a label on stories of the run's brief.
pub(crate) async fn label(
    State(desk): State<Desk>,
    Path(run): Path<String>,
    Body(body): Body<LabelDto>,
) -> Result<Json<LabelView>, ApiFault> {
    let said = body.said()?;
    Ok(Json(desk.engine().put_label(&RunId::new(run), &said).await?))
}

#[derive(Serialize)]
pub(crate) struct UndoneDto {
    run: RunId,
    undone: bool,
}

/// Takes a label back; `undone` is false where it was taken back before.
pub(crate) async fn undo_label(
    State(desk): State<Desk>,
    Path((run, label)): Path<(String, String)>,
) -> Result<Json<UndoneDto>, ApiFault> {
    let run = RunId::new(run);
    let undone = desk.engine().undo_label(&run, &label).await?;
    Ok(Json(UndoneDto { run, undone }))
}
