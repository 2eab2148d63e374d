//! The draft for the desk: as a reader sees it, with what bears each claim beside it.

use std::collections::HashMap;

use copydesk_domain::artifact::{Angle, CalcKind, ClaimVerdict, Coverage, Evidence, SentenceKind, SpanRef};
use copydesk_domain::{ContentHash, Untrusted, Verdict};
use copydesk_journal::{RenderError, Rendering};
use maud::{Markup, html};

use crate::article::{Article, ArticleError, ArticleSection, Line};
use crate::body::{Cites, Place, also_read, body, heading, inert, origin, sources};
use crate::when;

/// Styles for what [`preview_html`] makes; every rule is below `.preview`.
pub const PREVIEW_CSS: &str = include_str!("preview.css");

/// The words at spans of sources.
pub type SpanWords = HashMap<SpanRef, Untrusted<String>>;

/// What readers get, as a fragment: title, deck, notice, sections and sources.
pub fn article_html(rendering: &Rendering<'_>) -> Result<String, RenderError> {
    let article = Article::for_readers(rendering).map_err(failed)?;
    let markup = html! { article { (head(&article, Place::Whole)) (body(&article, Cites::Linked)) } };
    Ok(markup.into_string())
}

/// The same as the author sees it, as a fragment.
///
/// Each sentence bears its id as `data-sentence="p7"`, each claim has a box `data-claim="p7"` beside it: a line with the
/// guard's verdict and the source, behind it the source's words and the reasons. What readers do not get is there too, marked:
/// sentences that are blocked, and sections that wait for the author, with their angles. Its headings begin with the
/// second level, since the page around it has the first. `quotes`: the words at each span, as far as the caller has them.
pub fn preview_html(rendering: &Rendering<'_>, quotes: &SpanWords) -> Result<String, RenderError> {
    let article = Article::for_author(rendering).map_err(failed)?;
    let draft = rendering.draft;
    let markup = html! {
        article.preview {
            (head(&article, Place::Part))
            @if let Some(reason) = &draft.nothing_today { p.nothing { (reason) } }
            @for section in &article.sections { (section_html(&article, section, quotes).map_err(failed)?) }
            @if let Some(words) = &draft.sign_off { p.sign-off { (words) } }
            (sources(&article, Cites::Linked, Place::Part))
        }
    };
    Ok(markup.into_string())
}

#[expect(clippy::needless_pass_by_value, reason = "handed to `map_err`")]
fn failed(error: ArticleError) -> RenderError {
    RenderError {
        channel: "preview".to_owned(),
        reason: error.to_string(),
    }
}

fn head(article: &Article<'_>, place: Place) -> Markup {
    let draft = article.rendering.draft;
    html! {
        header.issue {
            p.date { (when::day(article.rendering.date)) }
            @match place {
                Place::Whole => h1 { (inert(&draft.title)) },
                Place::Part => h2.title { (inert(&draft.title)) },
            }
            @if let Some(deck) = &draft.deck { p.deck { (inert(deck)) } }
            p.notice { (draft.notice) }
        }
    }
}

fn section_html(
    article: &Article<'_>,
    section: &ArticleSection<'_>,
    quotes: &SpanWords,
) -> Result<Markup, ArticleError> {
    let is_wanted = section.section.wanted.is_some();
    Ok(html! {
        section data-kind=(section.section.kind) .wanted[is_wanted] {
            (heading(Place::Part, &section.section.heading))
            @if let Some(note) = &section.section.note { p.width { (note) } }
            @if is_wanted { (yours(&section.section.angles)) }
            @for paragraph in &section.paragraphs {
                div.row {
                    p { @for line in paragraph { (sentence(line)) " " } }
                    div.proofs {
                        @for line in paragraph { (proof(article, line, quotes)?) }
                    }
                }
            }
            @if !section.listed.is_empty() { (also_read(article, &section.listed)) }
            @for angle in &section.section.angles { (angle_html(article, angle)?) }
        }
    })
}

/// What an author can do about a section that waits for him: it cannot be written here.
fn yours(angles: &[Angle]) -> Markup {
    html! {
        p.hint {
            "Yours to write"
            @if !angles.is_empty() { ", for instance on one of these angles" }
            ". This page cannot take your text yet, and the issue goes out without this section. What you can do today: save \
             the issue with " code { "copydesk export RUN --to DIR" } ", write your text into its " code { "issue.md" }
            ", and post that yourself. Keep what you think for later days with " code { "copydesk note \"…\"" }
            ": research reads your notes."
        }
    }
}

/// Class of a verdict in the style sheet.
fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Supported => "supported",
        Verdict::Unsettled => "unsettled",
        Verdict::Blocked => "blocked",
    }
}

/// The verdict in the author's words.
fn label(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Supported => "in source",
        Verdict::Unsettled => "wants you",
        Verdict::Blocked => "blocked: readers do not get it",
    }
}

fn kind(line: &Line<'_>) -> &'static str {
    match line.sentence.kind {
        SentenceKind::Claim => "claim",
        SentenceKind::Voice => "voice",
        SentenceKind::Question => "question",
    }
}

fn sentence(line: &Line<'_>) -> Markup {
    let id = line.sentence.id.as_str();
    let class = format!(
        "sentence {} {}",
        kind(line),
        line.verdict.map_or("unjudged", |verdict| class(verdict.verdict))
    );
    html! {
        span id=(id) class=(class) data-sentence=(id) { (inert(&line.sentence.text)) }
        // What stands on no source that readers get has no number; its box says what it stands on.
        @if line.verdict.is_some() && !line.numbers.is_empty() {
            "\u{a0}"
            a.cite href={ "#proof-" (id) } {
                @for number in &line.numbers { "[" (number) "]" }
            }
        }
    }
}

/// A claim's box: one line, and behind it the words of the source and the guard's reasons.
///
/// It stands open where the author is asked, or where readers go without the sentence. The anchor lies inside, so that a
/// browser that follows it opens the box.
fn proof(article: &Article<'_>, line: &Line<'_>, quotes: &SpanWords) -> Result<Markup, ArticleError> {
    let Some(verdict) = line.verdict else {
        return Ok(Markup::default());
    };
    let id = line.sentence.id.as_str();
    Ok(html! {
        div.proof.(class(verdict.verdict)) data-claim=(id) {
            details open[verdict.verdict != Verdict::Supported] {
                summary {
                    span.verdict { (label(verdict.verdict)) }
                    @match verdict.witnesses {
                        0 => {}
                        1 => ", one witness",
                        many => { ", " (many) " witnesses" }
                    }
                    (stands_on(article, line)?)
                }
                div.evidence id={ "proof-" (id) } {
                    @for evidence in &line.sentence.evidence { (evidence_html(article, evidence, quotes)?) }
                    (reasons(verdict))
                }
            }
        }
    })
}

/// What a claim stands on, in a few words: its first source, or what was asked.
fn stands_on(article: &Article<'_>, line: &Line<'_>) -> Result<Markup, ArticleError> {
    let evidence = &line.sentence.evidence;
    let mut sources: Vec<ContentHash> = Vec::new();
    for span in evidence.iter().flat_map(Evidence::spans) {
        if !sources.contains(&span.snapshot) {
            sources.push(span.snapshot);
        }
    }
    let Some(first) = sources.first() else {
        let read = evidence.iter().find_map(|evidence| match evidence {
            Evidence::Coverage { coverage } => Some(coverage_words(coverage)),
            Evidence::Span(_) | Evidence::Calc { .. } => None,
        });
        return Ok(html! { @if let Some(words) = read { " · " (words) } });
    };
    let source = article.source(first)?;
    Ok(html! {
        " · "
        @if let Some(number) = article.number_of(first) { "[" (number) "] " }
        // The line is cut where it has no room: the name first.
        bdi { (inert(&source.publisher)) } ": " bdi { (inert(&source.title)) }
        @if sources.len() > 1 { " and " (sources.len() - 1) " more" }
    })
}

fn reasons(verdict: &ClaimVerdict) -> Markup {
    html! {
        @if !verdict.reasons.is_empty() {
            ul.reasons { @for reason in &verdict.reasons { li { (reason) } } }
        }
        @if let Some(opinion) = &verdict.opinion {
            p.opinion { (opinion.model) " thinks: " (opinion.verdict) ". " (inert(&opinion.reason)) }
        }
    }
}

fn evidence_html(
    article: &Article<'_>,
    evidence: &Evidence,
    quotes: &SpanWords,
) -> Result<Markup, ArticleError> {
    let lead = match evidence {
        Evidence::Span(_) => String::new(),
        Evidence::Calc { calc, .. } => format!("{} of:", operation(*calc)),
        Evidence::Coverage { coverage } => {
            format!("{}, {}.", coverage_words(coverage), when::minute(coverage.at))
        }
    };
    Ok(html! {
        @if !lead.is_empty() { p.method { (lead) } }
        @for span in evidence.spans() { (quoted(article, span, quotes.get(span))?) }
    })
}

/// What was asked for a beat, and how much of it answered.
fn coverage_words(coverage: &Coverage) -> String {
    let beat = if coverage.beat == "*" {
        "all beats"
    } else {
        &coverage.beat
    };
    format!(
        "Read for {beat}: {} of {} sources answered",
        coverage.answered, coverage.asked
    )
}

/// The operation in the author's words.
fn operation(calc: CalcKind) -> &'static str {
    match calc {
        CalcKind::Count => "Count",
        CalcKind::Sum => "Sum",
        CalcKind::Difference => "Difference",
        CalcKind::Ratio => "Ratio",
        CalcKind::Days => "Days",
    }
}

fn quoted(
    article: &Article<'_>,
    span: &SpanRef,
    words: Option<&Untrusted<String>>,
) -> Result<Markup, ArticleError> {
    let source = article.source(&span.snapshot)?;
    Ok(html! {
        figure {
            @if let Some(words) = words { blockquote { (inert(words)) } }
            figcaption {
                @if let Some(number) = article.number_of(&span.snapshot) { "[" (number) "] " }
                (origin(article, source))
            }
        }
    })
}

fn angle_html(article: &Article<'_>, angle: &Angle) -> Result<Markup, ArticleError> {
    Ok(html! {
        div.angle {
            p { (angle.prompt) }
            (quoted(article, &angle.evidence, Some(&angle.quote))?)
        }
    })
}
