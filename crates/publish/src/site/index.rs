//! The list of all issues.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::MARK;
use super::letters::Front;
use super::page::{Shared, head_start, shared};
use super::payload::SitePayload;
use super::shelf::Site;
use crate::body::inert;
use crate::when;

/// `index.html`; `issues`: newest first.
pub(super) fn index(site: &Site, front: &Front, issues: &[SitePayload]) -> String {
    let address = site.base_url.as_ref().map(|base| format!("{base}/"));
    let description = front
        .deck
        .as_deref()
        .map(|deck| PreEscaped(html! { (deck) }.into_string()));
    let markup = html! {
        (DOCTYPE)
        (PreEscaped(format!("<!-- {MARK} -->")))
        html lang="en" {
            head {
                (head_start())
                title { (front.name) }
                (shared(&Shared {
                    kind: "website",
                    title: PreEscaped(html! { (front.name) }.into_string()),
                    site: &front.name,
                    description,
                    address: address.as_deref(),
                }))
                link rel="stylesheet" href="style.css";
                link rel="alternate" type="application/atom+xml" title=(front.name) href="feed.xml";
                @if front.is_mixed() {
                    @for letter in &front.letters {
                        link rel="alternate" type="application/atom+xml" title=(letter.name) href=(letter.feed);
                    }
                }
            }
            body {
                header.masthead { (masthead(front)) }
                main { ol.issues { @for issue in issues { (entry(issue, front)) } } }
                footer { (feeds(front)) }
            }
        }
    };
    markup.into_string() + "\n"
}

fn masthead(front: &Front) -> Markup {
    html! {
        h1 { (front.name) }
        @if front.is_mixed() {
            ul.letters {
                @for letter in &front.letters {
                    li {
                        span.name { (letter.name) }
                        @if let Some(deck) = &letter.deck { " " span.deck { (deck) } }
                    }
                }
            }
        } @else if let Some(deck) = &front.deck {
            p.deck { (deck) }
        }
    }
}

fn feeds(front: &Front) -> Markup {
    html! {
        p {
            @if front.is_mixed() {
                "Feeds: " a href="feed.xml" { "all issues" }
                @for letter in &front.letters { " · " a href=(letter.feed) { (letter.name) } }
            } @else {
                a href="feed.xml" { "Feed" }
            }
        }
    }
}

fn entry(issue: &SitePayload, front: &Front) -> Markup {
    html! {
        li {
            p.date {
                time datetime=(issue.date) { (when::day(issue.date)) }
                @if let Some(letter) = front.letter_of(issue).filter(|_| front.is_mixed()) {
                    " · " span.letter { (letter.name) }
                }
            }
            h2 { a href={ (issue.slug) "/index.html" } { (inert(&issue.title)) } }
            p.description { (inert(&issue.description)) }
        }
    }
}
