//! Draft to payload.

use copydesk_config::{ChannelFormat, Pipeline};
use copydesk_domain::ChannelName;
use copydesk_domain::artifact::FORMAT;
use copydesk_journal::{RenderError, Rendered, Renderer, Rendering};

use super::payload::{HttpPayload, MEDIA_TYPE};
use crate::article::Article;
use crate::body::{Cites, body};
use crate::markdown::markdown;

/// Renders issues for channels that have a `url`.
#[derive(Debug, Clone, Copy, Default)]
pub struct HttpRenderer;

impl Renderer for HttpRenderer {
    fn serves(&self, channel: &ChannelName, pipeline: &Pipeline) -> bool {
        pipeline
            .channels
            .get(channel)
            .is_some_and(|config| config.url.is_some())
    }

    fn render(&self, channel: &ChannelName, rendering: &Rendering<'_>) -> Result<Rendered, RenderError> {
        let error = |reason: String| RenderError {
            channel: channel.to_string(),
            reason,
        };
        let article = Article::for_readers(rendering).map_err(|reason| error(reason.to_string()))?;
        let config = rendering.pipeline.channels.get(channel);
        let (media_type, text) = match config.and_then(|config| config.format).unwrap_or_default() {
            ChannelFormat::Html => ("text/html", body(&article, Cites::Plain).into_string()),
            ChannelFormat::Markdown => ("text/markdown", markdown(&article)),
        };
        let payload = HttpPayload {
            format: FORMAT.to_owned(),
            slug: rendering.slug.to_owned(),
            newsletter: rendering.pipeline.issue.name.clone(),
            title: rendering.draft.title.clone(),
            date: rendering.date,
            description: article.description(),
            media_type: media_type.to_owned(),
            payload: text,
        };
        Ok(Rendered {
            audience: "public".to_owned(),
            media_type: MEDIA_TYPE.to_owned(),
            bytes: serde_json::to_vec(&payload).map_err(|reason| error(reason.to_string()))?,
        })
    }
}
