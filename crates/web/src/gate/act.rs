//! A form of the page, sent by a person who is logged in.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::HeaderMap;
use axum::{Form, RequestExt};
use copydesk_domain::{ChannelName, ContentHash, StoryId};
use copydesk_engine::Said;
use copydesk_store::Sighting;
use serde::Deserialize;

use super::origin::is_same_origin;
use crate::fault::{Fault, PageFault};
use crate::login::Session;
use crate::options::Desk;

/// The fields of every form of the page; each form uses some.
#[derive(Debug, Deserialize)]
struct ActDto {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    hash: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    saw: String,
    #[serde(default)]
    channel: String,
    #[serde(default)]
    label: String,
    #[serde(default)]
    story: String,
    #[serde(default)]
    other: String,
}

/// A form that passed: the request comes from our page, the session holds, and the form was made for it.
#[derive(Debug)]
pub(crate) struct Act {
    pub(crate) session: Session,
    hash: String,
    /// What the author typed, if anything.
    pub(crate) reason: Option<String>,
    saw: String,
    channel: String,
    label: String,
    story: String,
    other: String,
}

impl Act {
    /// The hash that the author looked at.
    pub(crate) fn hash(&self) -> Result<ContentHash, Fault> {
        self.hash
            .parse()
            .map_err(|_| Fault::bad("the form names no hash", "open the page again and decide there"))
    }

    /// The channel that the author looked at.
    pub(crate) fn channel(&self) -> ChannelName {
        ChannelName::new(self.channel.clone())
    }

    /// What the author says of a story; `None` takes back the label that [`Act::other`] names.
    pub(crate) fn said(&self) -> Result<Option<Said>, Fault> {
        let story = StoryId::new(self.story.clone());
        match self.label.as_str() {
            "merge" => Ok(Some(Said::Merge(story, StoryId::new(self.other.clone())))),
            "split" => Ok(Some(Said::Split(story, self.other.clone()))),
            "not_interested" => Ok(Some(Said::NotInterested(story))),
            "undo" => Ok(None),
            _ => {
                let hint = "open the page again and press one of its buttons";
                Err(Fault::bad("the form does not say what you mean", hint))
            }
        }
    }

    /// The other story, post or label of the form.
    pub(crate) fn other(&self) -> &str {
        &self.other
    }

    /// What the author saw at a channel that cannot tell, and how they know.
    pub(crate) fn sighting(&self) -> Result<(Sighting, String), Fault> {
        let sighting = match self.saw.as_str() {
            "there" => Sighting::There,
            "absent" => Sighting::Absent,
            _ => {
                let hint = "open the page again and press one of its two buttons";
                return Err(Fault::bad("the form does not say what you saw", hint));
            }
        };
        let reason = self.reason.clone();
        let reason = reason.ok_or_else(|| Fault::bad("no reason is given", "say how you know"))?;
        Ok((sighting, reason))
    }
}

/// Refuses what another page makes a browser send.
pub(crate) fn require_same_origin(headers: &HeaderMap) -> Result<(), Fault> {
    if is_same_origin(headers) {
        Ok(())
    } else {
        Err(Fault::forbidden("the request did not come from this page"))
    }
}

impl FromRequest<Desk> for Act {
    type Rejection = PageFault;

    async fn from_request(mut request: Request, desk: &Desk) -> Result<Self, PageFault> {
        require_same_origin(request.headers())?;
        let session = request.extract_parts_with_state::<Session, _>(desk).await?;
        let form = Form::<ActDto>::from_request(request, desk).await;
        let Form(form) =
            form.map_err(|error| Fault::bad(error.body_text(), "open the page again and decide there"))?;
        if !session.knows(&form.csrf) {
            return Err(Fault::forbidden("the form was not made for this session").into());
        }
        let reason = form.reason.trim();
        let reason = (!reason.is_empty()).then(|| reason.to_owned());
        Ok(Self {
            session,
            hash: form.hash,
            reason,
            saw: form.saw,
            channel: form.channel,
            label: form.label,
            story: form.story,
            other: form.other,
        })
    }
}

impl FromRequestParts<Desk> for Session {
    type Rejection = PageFault;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        desk: &Desk,
    ) -> Result<Self, PageFault> {
        Ok(Self::of(desk, &parts.headers).await?)
    }
}
