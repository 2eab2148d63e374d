//! The page of one issue.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::article::Article;
use crate::body::{Cites, body, inert};
use crate::when;

/// What a page may load: its own style sheet, nothing else. No script runs, no form is sent, no base is moved.
pub(super) const POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'";

/// The whole file.
pub(super) fn page(article: &Article<'_>, base_url: Option<&str>) -> String {
    let rendering = article.rendering;
    let name = &rendering.pipeline.issue.name;
    let address = base_url.map(|base| format!("{}/{}/", base.trim_end_matches('/'), rendering.slug));
    let description = article.description();
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                (head_start())
                title { (inert(&rendering.draft.title)) " · " (name) }
                (shared(&Shared {
                    kind: "article",
                    title: inert(&rendering.draft.title),
                    site: name,
                    description: Some(inert(&description)),
                    address: address.as_deref(),
                }))
                meta property="article:published_time" content=(rendering.at);
                link rel="stylesheet" href="../style.css";
                link rel="alternate" type="application/atom+xml" title=(name) href="../feed.xml";
                link rel="alternate" type="text/markdown" href="index.md";
            }
            body {
                header.site { a.name href="../index.html" { (name) } }
                main {
                    article {
                        (article_head(article))
                        (body(article, Cites::Linked))
                    }
                }
                (footer(article))
            }
        }
    };
    markup.into_string() + "\n"
}

/// What the heads of all pages begin with.
pub(super) fn head_start() -> Markup {
    html! {
        meta charset="utf-8";
        meta http-equiv="Content-Security-Policy" content=(POLICY);
        meta name="viewport" content="width=device-width, initial-scale=1";
        meta name="color-scheme" content="light dark";
        meta name="referrer" content="no-referrer";
        meta name="generator" content="Copydesk";
    }
}

/// What search engines and those who share a page show of it.
pub(super) struct Shared<'a> {
    /// `website` or `article`
    pub(super) kind: &'a str,
    /// Escaped.
    pub(super) title: PreEscaped<String>,
    /// Name of the newsletter.
    pub(super) site: &'a str,
    /// Escaped.
    pub(super) description: Option<PreEscaped<String>>,
    /// Public address of the page.
    pub(super) address: Option<&'a str>,
}

/// Description, canonical address and the Open Graph properties.
pub(super) fn shared(page: &Shared<'_>) -> Markup {
    html! {
        @if let Some(description) = &page.description { meta name="description" content=(description); }
        @if let Some(address) = page.address { link rel="canonical" href=(address); }
        meta property="og:type" content=(page.kind);
        meta property="og:site_name" content=(page.site);
        meta property="og:title" content=(page.title);
        @if let Some(description) = &page.description { meta property="og:description" content=(description); }
        @if let Some(address) = page.address { meta property="og:url" content=(address); }
    }
}

/// Title, deck, date and how it was made.
fn article_head(article: &Article<'_>) -> Markup {
    let rendering = article.rendering;
    let draft = rendering.draft;
    html! {
        header.issue {
            p.date { time datetime=(rendering.date) { (when::day(rendering.date)) } }
            h1 { (inert(&draft.title)) }
            @if let Some(deck) = &draft.deck { p.deck { (inert(deck)) } }
            p.notice { (draft.notice) }
        }
    }
}

fn footer(article: &Article<'_>) -> Markup {
    html! {
        footer {
            @if !article.sources.is_empty() {
                p { "A number behind a sentence names the source that bears it." }
            }
            p { a href="../index.html" { "All issues" } " · " a href="index.md" { "Markdown" } " · " a href="../feed.xml" { "Feed" } }
        }
    }
}
