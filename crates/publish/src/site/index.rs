//! The list of all issues.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::MARK;
use super::page::head_start;
use super::payload::SitePayload;
use super::shelf::Site;
use crate::body::inert;
use crate::when;

/// `index.html`; `issues`: newest first.
pub(super) fn index(site: &Site, issues: &[SitePayload]) -> String {
    let is_mixed = issues.iter().any(|issue| issue.newsletter != site.newsletter);
    let markup = html! {
        (DOCTYPE)
        (PreEscaped(format!("<!-- {MARK} -->")))
        html lang="en" {
            head {
                (head_start())
                title { (site.newsletter) }
                @if let Some(deck) = &site.deck { meta name="description" content=(deck); }
                @if let Some(base) = &site.base_url { link rel="canonical" href={ (base) "/" }; }
                link rel="stylesheet" href="style.css";
                link rel="alternate" type="application/atom+xml" title=(site.newsletter) href="feed.xml";
            }
            body {
                main {
                    header.masthead {
                        h1 { (site.newsletter) }
                        @if let Some(deck) = &site.deck { p.deck { (deck) } }
                    }
                    ol.issues { @for issue in issues { (entry(issue, is_mixed)) } }
                }
                footer { p { a href="feed.xml" { "Feed" } } }
            }
        }
    };
    markup.into_string() + "\n"
}

fn entry(issue: &SitePayload, names_newsletter: bool) -> Markup {
    html! {
        li {
            p.date {
                time datetime=(issue.date) { (when::day(issue.date)) }
                @if names_newsletter { " · " (issue.newsletter) }
            }
            h2 { a href={ (issue.slug) "/index.html" } { (inert(&issue.title)) } }
            p.description { (inert(&issue.description)) }
        }
    }
}
