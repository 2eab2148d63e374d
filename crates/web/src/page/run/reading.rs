//! What research read: per beat, and what it could not read.

use copydesk_domain::artifact::{BeatReading, Missing};
use maud::{Markup, html};

use super::load::Writing;
use crate::page::words;

pub(super) fn reading(writing: &Writing) -> Markup {
    let brief = &writing.brief;
    let orders = brief.sources.iter().filter(|source| source.gives_orders).count();
    let sponsored = brief.sources.iter().filter(|source| source.is_sponsored).count();
    html! {
        section.aside #unread {
            h2 { "What could not be read" }
            @if brief.missing.is_empty() { p.soft { "Every feed and page that was asked answered." } }
            ul.plain { @for missing in &brief.missing { (missing_line(missing)) } }
            @if orders > 0 {
                p.soft { (words::count(orders, "text gives", "texts give")) " orders to a language model: kept as data, obeyed by nobody." }
            }
            @if sponsored > 0 {
                p.soft { (words::count(sponsored, "text says", "texts say")) " that somebody paid for it." }
            }
            @if brief.notes_dropped > 0 {
                p.soft { (words::count(brief.notes_dropped as usize, "quote", "quotes")) " of a model stood in no source and went away." }
            }
        }
        section.aside {
            h2 { "What was read" }
            ul.beats { @for beat in &brief.beats { (beat_line(beat)) } }
        }
    }
}

fn missing_line(missing: &Missing) -> Markup {
    html! {
        li { code { (missing.url.as_ref().unwrap_or(&missing.feed)) } " " span.soft { (missing.reason) } }
    }
}

fn beat_line(beat: &BeatReading) -> Markup {
    html! {
        li {
            strong { (beat.beat) } " "
            span.soft {
                (beat.answered) " of " (words::count(beat.asked as usize, "feed", "feeds")) " answered, "
                (words::count(beat.posts as usize, "post", "posts"))
            }
        }
    }
}
