//! The issue: every channel's payload, and the manifest that the author approves.

use std::sync::Arc;

use copydesk_domain::ContentHash;
use copydesk_domain::artifact::{FORMAT, Issue, Payload, Review};
use copydesk_journal::{RenderSource, Renderer, Rendering, StageContext, StageError, StageInputs};

use super::Bench;
use crate::slug::slug;

/// Renders the draft for every channel of the pipeline. Gives the manifest and the payloads' bytes.
pub(crate) fn render(
    ctx: &StageContext,
    inputs: &StageInputs,
    bench: &Bench,
    review: &Review,
    renderers: &[Arc<dyn Renderer>],
) -> Result<(Issue, Vec<Vec<u8>>), StageError> {
    let pipeline = ctx.pipeline();
    let zone = jiff::tz::TimeZone::get(&pipeline.pipeline.time_zone).unwrap_or(jiff::tz::TimeZone::UTC);
    let date = ctx.now().timestamp().to_zoned(zone).date();
    let stands_beside = pipeline.channels.values().any(|channel| channel.is_shared);
    let letter = stands_beside.then(|| pipeline.pipeline.name.as_str());
    let slug = free_slug(slug(date, letter, bench.draft.title.inspect()), ctx, inputs);
    let sources = sources(bench);
    let rendering = Rendering {
        draft: &bench.draft,
        sources: &sources,
        review,
        pipeline,
        slug: &slug,
        date,
        at: ctx.now(),
    };
    let mut payloads = Vec::new();
    let mut bodies = Vec::new();
    for channel in pipeline.channels.keys() {
        let found = renderers
            .iter()
            .find(|renderer| renderer.serves(channel, pipeline));
        let renderer = found.ok_or_else(|| StageError::Invalid {
            reason: format!("nothing renders for the channel `{channel}`"),
        })?;
        let payload = renderer
            .render(channel, &rendering)
            .map_err(|error| StageError::Invalid {
                reason: error.to_string(),
            })?;
        payloads.push(Payload {
            channel: channel.clone(),
            audience: payload.audience,
            not_before: None,
            hash: ContentHash::of(&payload.bytes),
            media_type: payload.media_type,
        });
        bodies.push(payload.bytes);
    }
    let title = bench.draft.title.clone();
    let issue = Issue {
        format: FORMAT.to_owned(),
        title,
        slug,
        date,
        draft: bench.draft_hash,
        payloads,
    };
    Ok((issue, bodies))
}

/// Two issues of one day with one title get two paths.
fn free_slug(slug: String, ctx: &StageContext, inputs: &StageInputs) -> String {
    let is_taken = |candidate: &str| {
        inputs
            .issues
            .iter()
            .any(|issue| issue.slug == candidate && issue.run != *ctx.run())
    };
    if !is_taken(&slug) {
        return slug;
    }
    let free = (2..100)
        .map(|number| format!("{slug}-{number}"))
        .find(|candidate| !is_taken(candidate));
    free.unwrap_or(slug)
}

/// The draft's sources with their numbers, then what is only listed by title.
fn sources(bench: &Bench) -> Vec<RenderSource> {
    let find = |snapshot: &ContentHash| {
        bench
            .brief
            .sources
            .iter()
            .find(|source| source.snapshot == *snapshot)
    };
    let mut sources: Vec<RenderSource> = Vec::new();
    for (index, snapshot) in bench.draft.sources.iter().enumerate() {
        let number = u32::try_from(index + 1).ok();
        sources.extend(find(snapshot).map(|source| RenderSource {
            number,
            source: source.clone(),
        }));
    }
    for snapshot in bench.draft.sections.iter().flat_map(|section| &section.listed) {
        let is_known = sources.iter().any(|known| known.source.snapshot == *snapshot);
        let source = find(snapshot).filter(|_| !is_known);
        sources.extend(source.map(|source| RenderSource {
            number: None,
            source: source.clone(),
        }));
    }
    sources
}
