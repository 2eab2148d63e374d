//! The day, stage by stage.

use copydesk_engine::view::StageView;
use maud::{Markup, html};

use super::load::RunPage;
use crate::page::words;

pub(super) fn stages(page: &RunPage) -> Markup {
    let view = &page.view;
    html! {
        section.aside {
            h2 { "The day" }
            ol.stages { @for stage in &view.stages { (stage_line(page, stage)) } }
            p.soft {
                (words::count(usize::try_from(view.model_calls).unwrap_or(usize::MAX), "model call", "model calls")) ", "
                (words::count(usize::try_from(view.tool_calls).unwrap_or(usize::MAX), "tool call", "tool calls")) ", "
                (view.spend_microusd) ". Every step: " code { "copydesk logs " (view.run) }
            }
            @if view.saved_by_resume.calls > 0 {
                p.soft {
                    "Saved by resume: "
                    (words::count(usize::try_from(view.saved_by_resume.calls).unwrap_or(usize::MAX), "call", "calls"))
                    ", " (view.saved_by_resume.spend_microusd) "."
                }
            }
        }
    }
}

fn stage_line(page: &RunPage, stage: &StageView) -> Markup {
    let took = stage
        .started_at
        .zip(stage.finished_at)
        .map(|(start, end)| end.since(start));
    html! {
        li {
            span.name { (stage.stage) }
            span.mark.(words::stage_tone(stage.state)) { (stage.state) }
            @if stage.round.0 > 1 { span.soft { "round " (stage.round.0) } }
            @if let Some(at) = stage.started_at {
                span.soft { (words::minute(at, &page.zone)) @if let Some(took) = took { ", " (words::span(took)) } }
            }
            @if let Some(reason) = &stage.reason { span.wide { (reason) } }
        }
    }
}
