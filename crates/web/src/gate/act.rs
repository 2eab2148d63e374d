//! A form of the page, sent by a person who is logged in.

use axum::RequestExt;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::{HeaderMap, StatusCode};
use copydesk_domain::{ChannelName, ContentHash, MicroUsd, ModelName, StoryId};
use copydesk_engine::{GoOn, Said};
use copydesk_store::Sighting;
use serde::Deserialize;

use super::origin::{is_same_origin, wanted};
use super::parts::Form;
use crate::fault::{Fault, PageFault};
use crate::login::Session;
use crate::options::Desk;
use crate::serve::page_of;

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
    seen: String,
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
    #[serde(default)]
    choice: String,
    #[serde(default)]
    amount: String,
    #[serde(default)]
    route: String,
}

/// A form that passed: the request comes from our page, the session holds, and the form was made for it.
#[derive(Debug)]
pub(crate) struct Act {
    pub(crate) session: Session,
    /// Where the form stood.
    page: String,
    hash: String,
    /// What the author typed, if anything.
    pub(crate) reason: Option<String>,
    /// The same, letter by letter.
    pub(crate) typed: String,
    seen: String,
    saw: String,
    channel: String,
    label: String,
    story: String,
    other: String,
    choice: String,
    amount: String,
    route: String,
}

/// How a waiting run is to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Going {
    /// So, if it waits with what the author saw.
    On(ContentHash, GoOn),
    /// Not at all.
    Stop,
}

impl Act {
    /// How a waiting run is to go on.
    pub(crate) fn going(&self) -> Result<Going, Fault> {
        going(&self.choice, &self.seen, &self.amount, &self.route)
    }

    /// The hash that the author looked at.
    pub(crate) fn hash(&self) -> Result<ContentHash, Fault> {
        self.hash.parse().map_err(|_| {
            let fault = Fault::bad("the form names no hash", "open the page again and decide there");
            fault.back(self.page.clone())
        })
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

/// The choice of a form. Pure.
fn going(choice: &str, seen: &str, amount: &str, route: &str) -> Result<Going, Fault> {
    let on = match choice {
        "grant" => GoOn {
            extra: granted(amount)?,
            ..GoOn::default()
        },
        "route" if !route.is_empty() => GoOn {
            route: Some(vec![ModelName::new(route)]),
            ..GoOn::default()
        },
        "embedded" => GoOn {
            embedded: true,
            ..GoOn::default()
        },
        "again" => GoOn::default(),
        "stop" => return Ok(Going::Stop),
        _ => {
            let hint = "open the page again and press one of its buttons";
            return Err(Fault::bad("the form does not say how the run is to go on", hint));
        }
    };
    let seen = seen.parse().map_err(|_| {
        Fault::bad(
            "the form does not say what you saw",
            "open the page again and choose there",
        )
    })?;
    Ok(Going::On(seen, on))
}

/// An amount as people type it: `$0.50`, `+$0.50` or `0.50`.
fn granted(text: &str) -> Result<MicroUsd, Fault> {
    let bare = text.trim().trim_start_matches('+').trim_start_matches('$').trim();
    let amount = format!("${bare}").parse::<MicroUsd>().ok();
    amount
        .filter(|amount| *amount > MicroUsd::ZERO)
        .ok_or_else(|| Fault::bad(format!("`{text}` is no amount of money"), "write it as $0.50"))
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
        let page = page_of(request.uri());
        let Form(form) = Form::<ActDto>::from_request(request, desk).await?;
        if !session.knows(&form.csrf) {
            let fault = Fault::forbidden("the form was not made for this session");
            return Err(fault.back(page).into());
        }
        let reason = form.reason.trim();
        let reason = (!reason.is_empty()).then(|| reason.to_owned());
        Ok(Self {
            session,
            page,
            hash: form.hash,
            reason,
            typed: form.reason,
            seen: form.seen,
            saw: form.saw,
            channel: form.channel,
            label: form.label,
            story: form.story,
            other: form.other,
            choice: form.choice,
            amount: form.amount,
            route: form.route,
        })
    }
}

impl FromRequestParts<Desk> for Session {
    type Rejection = PageFault;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        desk: &Desk,
    ) -> Result<Self, PageFault> {
        let found = Self::of(desk, &parts.headers).await;
        Ok(found.map_err(|fault| match fault.status {
            StatusCode::UNAUTHORIZED => fault.login(wanted(&parts.method, &parts.uri, &parts.headers)),
            _ => fault,
        })?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_read_as_people_type_it() {
        for text in ["$0.50", "+$0.50", "0.50", " 0.5 "] {
            assert_eq!(granted(text).unwrap(), MicroUsd(500_000), "{text}");
        }
        for text in ["", "$0", "-1", "much", "1e9"] {
            assert!(granted(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_form_names_one_way_to_go_on() {
        let seen = ContentHash::of(b"what it waits with");
        let small = GoOn {
            route: Some(vec![ModelName::new("small")]),
            ..GoOn::default()
        };
        let text = seen.to_string();
        assert_eq!(
            going("route", &text, "", "small").unwrap(),
            Going::On(seen, small)
        );
        assert_eq!(going("stop", "", "$5", "small").unwrap(), Going::Stop);
        assert!(going("", &text, "", "").is_err() && going("route", &text, "", "").is_err());
        assert!(going("again", "", "", "").is_err(), "it names what was seen");
    }
}
