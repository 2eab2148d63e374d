//! What the guard left out, and what review proposes.

use copydesk_domain::artifact::{
    ClaimVerdict, Measure, Rating, Sentence, Suggestion, SuggestionKind, WishFate,
};
use copydesk_domain::untrusted::Html;
use copydesk_domain::{SentenceId, Untrusted, Verdict};
use maud::{Markup, PreEscaped, html};

use super::load::Writing;

/// The model inside this program, as reviews name it.
const EMBEDDED: &str = "embedded";

/// Text from outside, inert.
pub(in crate::page) fn inert(text: &Untrusted<String>) -> PreEscaped<String> {
    PreEscaped(text.escape::<Html>().to_string())
}

fn sentence<'a>(writing: &'a Writing, id: &SentenceId) -> Option<&'a Sentence> {
    writing.draft.sentences.iter().find(|sentence| sentence.id == *id)
}

/// Sentences that readers do not get, each with its reasons.
pub(super) fn left_out(writing: &Writing) -> Markup {
    let blocked = writing.verdicts(Verdict::Blocked);
    html! {
        section.aside #left-out {
            h2 { "Left out by the guard" }
            @if blocked.is_empty() { p.soft { "Nothing: every claim of the draft stands in its sources or waits for your eye." } }
            @else {
                p.soft { "Their sources do not bear these sentences. Readers do not get them." }
                ul.plain { @for verdict in blocked { (blocked_line(writing, verdict)) } }
            }
        }
    }
}

fn blocked_line(writing: &Writing, verdict: &ClaimVerdict) -> Markup {
    html! {
        li {
            @if let Some(sentence) = sentence(writing, &verdict.sentence) { p { bdi { (inert(&sentence.text)) } } }
            ul.why { @for reason in &verdict.reasons { li { (reason) } } }
        }
    }
}

/// What became of the author's note, where the draft before was sent back.
pub(super) fn wishes(writing: &Writing) -> Markup {
    html! {
        @if !writing.draft.wishes.is_empty() {
            section.aside #wishes {
                h2 { "What became of your note" }
                ul.plain {
                    @for wish in &writing.draft.wishes {
                        li { strong { (fate(wish.fate)) } ": “" (wish.text) "” " span.soft { bdi { (inert(&wish.reason)) } } }
                    }
                }
            }
        }
    }
}

fn fate(fate: WishFate) -> &'static str {
    match fate {
        WishFate::Followed => "Followed",
        WishFate::NotFollowed => "Not followed",
        WishFate::NotUnderstood => "Not understood",
    }
}

/// The kinds of proposals in the order in which an author looks at them, with their headings.
const KINDS: &[(SuggestionKind, &str)] = &[
    (SuggestionKind::Unsupported, "Not borne by its source"),
    (SuggestionKind::Title, "The title"),
    (SuggestionKind::Link, "Cited pages"),
    (SuggestionKind::Repeated, "Said before"),
    (SuggestionKind::Stale, "Old"),
    (SuggestionKind::TooLong, "Too long"),
    (SuggestionKind::HardToRead, "Hard to read"),
    (SuggestionKind::Jargon, "Words of the trade"),
    (SuggestionKind::Cliche, "Worn or machine-made"),
    (SuggestionKind::Style, "Style"),
];

/// Changes that review proposes, by what they are about; none is made silently.
pub(super) fn suggestions(writing: &Writing) -> Markup {
    let of = |kind: SuggestionKind| -> Vec<&Suggestion> {
        let all = writing.review.suggestions.iter();
        all.filter(|suggestion| suggestion.kind == kind).collect()
    };
    html! {
        @if !writing.review.suggestions.is_empty() {
            section.aside #suggestions {
                h2 { "Review suggests" }
                @for (kind, heading) in KINDS {
                    @let group = of(*kind);
                    @if !group.is_empty() {
                        h3 { (heading) }
                        ul.plain { @for suggestion in group { (suggestion_line(writing, suggestion)) } }
                    }
                }
            }
        }
    }
}

/// How the issue reads, beside the author's past issues.
pub(super) fn voice(writing: &Writing) -> Markup {
    html! {
        @if !writing.review.voice.is_empty() {
            section.aside #voice {
                h2 { "How it reads" }
                ul.plain { @for measure in &writing.review.voice { li { (measure_line(measure)) } } }
            }
        }
    }
}

fn measure_line(measure: &Measure) -> Markup {
    let name = match measure.name.as_str() {
        "grade" => "School grade",
        "sentence_words" => "Words of a sentence, on average",
        "longest_sentence" => "Words of the longest sentence",
        "words" => "Words",
        "quoted_share" => "Percent quoted",
        "dashes" => "Dashes in a thousand words",
        other => other,
    };
    html! {
        (name) ": " @if measure.is_outside { strong { (measure.value) } } @else { (measure.value) }
        @if let Some(past) = &measure.past {
            span.soft { " (your last " (super::super::words::count(past.issues as usize, "issue", "issues")) ": " (past.low) " to " (past.high) ", mostly " (past.median) ")" }
        }
    }
}

/// What models make of the whole draft, and what was counted where no model was asked.
pub(super) fn ratings(writing: &Writing) -> Markup {
    let (measured, rated): (Vec<&Rating>, Vec<&Rating>) = writing
        .review
        .ratings
        .iter()
        .partition(|rating| rating.model == EMBEDDED);
    html! {
        @if !rated.is_empty() {
            section.aside {
                h2 { "Rated" }
                @for rating in rated {
                    p { strong { (rating.score) " of 10" } " for " (rating.purpose) ", by " (rating.model) }
                    (why(rating))
                }
            }
        }
        // The built-in model counts; a score would claim a judgement that nobody made.
        @if !measured.is_empty() {
            section.aside {
                h2 { "Measured" }
                @for rating in measured { (why(rating)) }
            }
        }
    }
}

fn why(rating: &Rating) -> Markup {
    html! { ul.why { @for reason in &rating.reasons { li { bdi { (inert(reason)) } } } } }
}

fn suggestion_line(writing: &Writing, suggestion: &Suggestion) -> Markup {
    let about = suggestion.sentence.as_ref().and_then(|id| sentence(writing, id));
    html! {
        li {
            p { bdi { (inert(&suggestion.reason)) } }
            @if let Some(sentence) = about {
                p.soft { a href={ "#" (sentence.id) } { (sentence.id) } " " bdi { (inert(&sentence.text)) } }
            }
            @if let Some(text) = &suggestion.replacement { p { "Instead: " bdi { (inert(text)) } } }
        }
    }
}
