//! What research read: per beat, and what it could not read.

use copydesk_domain::artifact::{
    BeatReading, BlockChange, Missing, OutsidePost, OutsideWhy, PieceMark, SourceChange, UnreadPost,
};
use maud::{Markup, html};

use super::guard::inert;
use super::load::Writing;
use crate::page::words;

pub(super) fn reading(writing: &Writing) -> Markup {
    let brief = &writing.brief;
    let orders = brief.sources.iter().filter(|source| source.gives_orders).count();
    let sponsored = brief.sources.iter().filter(|source| source.is_sponsored).count();
    html! {
        (changed(&brief.changes))
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
            @if !brief.outside.is_empty() {
                p.soft { (words::count(brief.outside.len(), "post lies", "posts lie")) " outside the window by a date that is missing or still to come:" }
                ul.plain { @for post in &brief.outside { (outside_line(post)) } }
            }
            @if !brief.unread.is_empty() {
                p.soft { (words::count(brief.unread.count as usize, "post", "posts")) " of the window gave way to others, by what their feeds say of them:" }
                ul.plain { @for post in brief.unread.posts.iter().take(UNREAD_SHOWN) { (unread_line(post)) } }
                @if brief.unread.count as usize > UNREAD_SHOWN { p.soft { "and more." } }
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

/// Posts that are listed among those that gave way; the exported brief has more.
const UNREAD_SHOWN: usize = 30;

fn unread_line(post: &UnreadPost) -> Markup {
    html! {
        li {
            @match &post.title {
                Some(title) => bdi { (inert(title)) },
                None => code { (post.url) },
            }
            " " span.soft { (post.reason) }
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
                @if beat.unread > 0 { ", " (beat.unread) " more not read" }
            }
        }
    }
}

/// Sources that are no longer what they were; what an issue cites comes first.
fn changed(changes: &[SourceChange]) -> Markup {
    html! {
        @if !changes.is_empty() {
            section.aside #changed {
                h2 { "Changed since it was read" }
                p.soft { "The text at these addresses differs from the one that was stored. See whether something that you told needs a correction." }
                ul.plain { @for change in changes { (change_line(change)) } }
            }
        }
    }
}

fn change_line(change: &SourceChange) -> Markup {
    html! {
        li {
            p {
                bdi { (inert(&change.publisher)) } ": " bdi { (inert(&change.title)) } " "
                span.soft {
                    @if let Some(slug) = &change.told_in { "cited in " (slug) ", " }
                    code { (change.url) }
                }
            }
            ul.why { @for block in &change.blocks { (block_line(block)) } }
            @if change.blocks_cut > 0 {
                p.soft { "and " (words::count(change.blocks_cut as usize, "block", "blocks")) " more" }
            }
        }
    }
}

fn block_line(block: &BlockChange) -> Markup {
    html! {
        li {
            @for piece in &block.pieces {
                @match piece.mark {
                    PieceMark::Kept => { bdi { (inert(&piece.text)) } " " },
                    PieceMark::Removed => { del { bdi { (inert(&piece.text)) } } " " },
                    PieceMark::Added => { ins { bdi { (inert(&piece.text)) } } " " },
                }
            }
        }
    }
}

fn outside_line(post: &OutsidePost) -> Markup {
    html! {
        li {
            code { (post.url) } " "
            span.soft {
                @match (post.why, post.published_at) {
                    (OutsideWhy::Future, Some(at)) => { "dated " (at) },
                    _ => "without a date",
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use copydesk_domain::artifact::{BlockChangeKind, Piece};
    use copydesk_domain::{ContentHash, Untrusted};

    use super::*;

    #[test]
    fn a_change_shows_both_wordings_inert() {
        let piece = |mark, text: &str| Piece {
            mark,
            text: Untrusted::new(text.to_owned()),
        };
        let change = SourceChange {
            url: "https://a.example/1".to_owned(),
            title: Untrusted::new("<b>Sums</b>".to_owned()),
            publisher: Untrusted::new("A".to_owned()),
            before: ContentHash::of(b"old"),
            after: ContentHash::of(b"new"),
            told_in: Some("2026-08-20-a-day".to_owned()),
            blocks: vec![BlockChange {
                kind: BlockChangeKind::Changed,
                pieces: vec![
                    piece(PieceMark::Removed, "400"),
                    piece(PieceMark::Added, "40 <script>"),
                ],
            }],
            blocks_cut: 2,
        };
        let shown = changed(&[change]).into_string();
        assert!(shown.contains("<del><bdi>400</bdi></del>"), "{shown}");
        assert!(
            shown.contains("<ins><bdi>40 &lt;script&gt;</bdi></ins>"),
            "{shown}"
        );
        assert!(
            shown.contains("cited in 2026-08-20-a-day") && shown.contains("2 blocks"),
            "{shown}"
        );
        assert!(changed(&[]).into_string().is_empty());
    }
}
