//! Draft to payload.

use copydesk_config::Pipeline;
use copydesk_domain::ChannelName;
use copydesk_domain::artifact::FORMAT;
use copydesk_journal::{RenderError, Rendered, Renderer, Rendering};

use super::page;
use super::payload::{FeedEntry, MEDIA_TYPE, SitePayload, is_slug};
use crate::article::Article;
use crate::body::{Cites, body};
use crate::markdown::markdown;

/// Renders issues for channels that write a static site.
#[derive(Debug, Clone, Copy, Default)]
pub struct SiteRenderer;

impl Renderer for SiteRenderer {
    fn serves(&self, channel: &ChannelName, pipeline: &Pipeline) -> bool {
        pipeline
            .channels
            .get(channel)
            .is_some_and(|config| config.dir.is_some())
    }

    fn render(&self, channel: &ChannelName, rendering: &Rendering<'_>) -> Result<Rendered, RenderError> {
        let error = |reason: String| RenderError {
            channel: channel.to_string(),
            reason,
        };
        if !is_slug(rendering.slug) {
            return Err(error(format!("`{}` is no folder name", rendering.slug)));
        }
        let article = Article::for_readers(rendering).map_err(|reason| error(reason.to_string()))?;
        let base_url = rendering
            .pipeline
            .channels
            .get(channel)
            .and_then(|config| config.base_url.as_deref());
        let payload = SitePayload {
            format: FORMAT.to_owned(),
            slug: rendering.slug.to_owned(),
            newsletter: rendering.pipeline.issue.name.clone(),
            title: rendering.draft.title.clone(),
            date: rendering.date,
            description: article.description(),
            html: page::page(&article, base_url),
            markdown: markdown(&article),
            feed_entry: FeedEntry {
                id: entry_id(rendering, base_url),
                updated: rendering.at,
                content: body(&article, Cites::Plain).into_string(),
            },
            pipeline: rendering.pipeline.pipeline.name.to_string(),
            deck: rendering.pipeline.issue.deck.clone(),
        };
        let bytes = serde_json::to_vec(&payload).map_err(|reason| error(reason.to_string()))?;
        Ok(Rendered {
            audience: "public".to_owned(),
            media_type: MEDIA_TYPE.to_owned(),
            bytes,
        })
    }
}

/// The address of the issue where the site has one, else a tag URI (RFC 4151).
fn entry_id(rendering: &Rendering<'_>, base_url: Option<&str>) -> String {
    if let Some(base) = base_url {
        return format!("{}/{}/", base.trim_end_matches('/'), rendering.slug);
    }
    let name = rendering.pipeline.pipeline.name.as_str();
    let name = name.replace(|c: char| !c.is_ascii_alphanumeric() && c != '-', "-");
    format!(
        "tag:copydesk.invalid,{}:{name}/{}",
        rendering.date, rendering.slug
    )
}
