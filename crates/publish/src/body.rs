//! The text of an issue as HTML: shared by its page, the feed and the desk.

use copydesk_config::Citations;
use copydesk_domain::Untrusted;
use copydesk_domain::artifact::Source;
use copydesk_domain::untrusted::Html;
use maud::{Markup, PreEscaped, html};

use crate::article::{Article, ArticleSection, Line};
use crate::when;

/// How the number behind a sentence is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cites {
    /// As a link to the list of sources on the same page.
    Linked,
    /// As text, where no page surrounds it.
    Plain,
}

/// What the text of an issue is on the page that has it: its headings follow from that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The whole of it: the title is the page's heading.
    Whole,
    /// A part of it, below a heading of the page.
    Part,
}

/// The heading of a section.
pub(crate) fn heading(place: Place, text: &str) -> Markup {
    html! {
        @match place {
            Place::Whole => h2 { (text) },
            Place::Part => h3 { (text) },
        }
    }
}

/// Text from outside, inert.
pub(crate) fn inert(text: &Untrusted<String>) -> PreEscaped<String> {
    PreEscaped(text.escape::<Html>().to_string())
}

/// Sections, closing words and sources.
pub(crate) fn body(article: &Article<'_>, cites: Cites) -> Markup {
    let draft = article.rendering.draft;
    html! {
        @if let Some(reason) = &draft.nothing_today { p.nothing { (reason) } }
        @for section in &article.sections { (section_html(article, section, cites)) }
        @if let Some(words) = &draft.sign_off { p.sign-off { (words) } }
        (sources(article, cites, Place::Whole))
    }
}

fn section_html(article: &Article<'_>, section: &ArticleSection<'_>, cites: Cites) -> Markup {
    html! {
        section data-kind=(section.section.kind) {
            (heading(Place::Whole, &section.section.heading))
            @if let Some(note) = &section.section.note { p.width { (note) } }
            @for paragraph in &section.paragraphs {
                p { (paragraph_html(article, paragraph, cites)) }
            }
            @if !section.listed.is_empty() { (also_read(article, &section.listed)) }
        }
    }
}

fn paragraph_html(article: &Article<'_>, paragraph: &[Line<'_>], cites: Cites) -> Markup {
    html! {
        @for (index, line) in paragraph.iter().enumerate() {
            @if index > 0 { " " }
            span.sentence { (inert(&line.sentence.text)) }
            (numbers(article, line, cites))
        }
    }
}

fn numbers(article: &Article<'_>, line: &Line<'_>, cites: Cites) -> Markup {
    let is_inline = article.rendering.pipeline.issue.citations == Citations::Inline;
    html! {
        @if is_inline && !line.numbers.is_empty() {
            // A number never starts a line.
            "\u{a0}"
            @for number in &line.numbers {
                @match cites {
                    Cites::Linked => a.cite href={ "#source-" (number) } { "[" (number) "]" },
                    Cites::Plain => { "[" (number) "]" },
                }
            }
        }
    }
}

/// Titles with their publishers.
pub(crate) fn also_read(article: &Article<'_>, listed: &[&Source]) -> Markup {
    html! {
        ul.also-read {
            @for source in listed {
                li { (title(article, source)) " " span.publisher { bdi { (inert(&source.publisher)) } } }
            }
        }
    }
}

/// The numbered list at the end.
pub(crate) fn sources(article: &Article<'_>, cites: Cites, place: Place) -> Markup {
    html! {
        @if !article.sources.is_empty() {
            section.sources {
                (heading(place, "Sources"))
                ol {
                    @for (index, source) in article.sources.iter().enumerate() {
                        li id=[(cites == Cites::Linked).then(|| format!("source-{}", index + 1))] {
                            (origin(article, source))
                        }
                    }
                }
            }
        }
    }
}

/// Publisher, title and times of one source.
pub(crate) fn origin(article: &Article<'_>, source: &Source) -> Markup {
    html! {
        bdi.publisher { (inert(&source.publisher)) }
        ": "
        (title(article, source))
        " "
        span.times { (when::published(source.published_at)) ", read " (when::minute(source.fetched_at)) }
    }
}

/// The title, linked where the source has an address on the web.
fn title(article: &Article<'_>, source: &Source) -> Markup {
    html! {
        @match article.link(source) {
            Some(url) => a href=(url.as_str()) rel="noopener nofollow" { bdi { (inert(&source.title)) } },
            None => bdi { (inert(&source.title)) },
        }
        @if source.is_sponsored { " (sponsored)" }
        @if source.is_about_itself { " (about itself)" }
    }
}
