//! The payload of the `http` channel, and the request that carries it.

use copydesk_domain::untrusted::persist;
use copydesk_domain::{ContentHash, Untrusted};
use copydesk_journal::{ChannelError, PayloadBytes};
use serde::{Deserialize, Serialize};

/// Media type of the payload's own bytes.
pub(super) const MEDIA_TYPE: &str = "application/json";

/// One issue for one receiver, rendered. Stored as canonical JSON: the author's approval covers these bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct HttpPayload {
    /// [`copydesk_domain::artifact::FORMAT`]
    pub(super) format: String,
    /// Path of the issue.
    pub(super) slug: String,
    /// Name of the newsletter.
    pub(super) newsletter: String,
    #[serde(serialize_with = "persist")]
    pub(super) title: Untrusted<String>,
    pub(super) date: jiff::civil::Date,
    /// A line for lists.
    #[serde(serialize_with = "persist")]
    pub(super) description: Untrusted<String>,
    /// Media type of `payload`.
    pub(super) media_type: String,
    /// The issue as HTML or Markdown.
    pub(super) payload: String,
}

/// The body of the request: the payload's fields, its hash and its key.
#[derive(Serialize)]
struct RequestDto<'a> {
    #[serde(flatten)]
    payload: &'a HttpPayload,
    hash: ContentHash,
    key: &'a str,
}

/// The body of the request that hands a payload over.
///
/// # Errors
/// [`ChannelError::Refused`] where the payload is not what its manifest says.
pub(super) fn request(payload: &PayloadBytes, key: &str) -> Result<Vec<u8>, ChannelError> {
    let refused = |reason: String| ChannelError::Refused { reason };
    if payload.payload.media_type != MEDIA_TYPE || ContentHash::of(&payload.bytes) != payload.payload.hash {
        return Err(refused("the payload is not what the manifest says".to_owned()));
    }
    let read: HttpPayload = serde_json::from_slice(&payload.bytes)
        .map_err(|error| refused(format!("the payload cannot be read: {error}")))?;
    let request = RequestDto {
        payload: &read,
        hash: payload.payload.hash,
        key,
    };
    serde_json::to_vec(&request).map_err(|error| refused(error.to_string()))
}
