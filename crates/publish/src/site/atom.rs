//! The Atom feed (RFC 4287).

use std::fmt::Write as _;

use copydesk_domain::untrusted::{Context, Xml};

use super::payload::SitePayload;
use super::shelf::Site;

/// Issues in the feed, newest first: a month of days.
const ENTRIES_MAX: usize = 31;

/// `feed.xml`; `issues`: newest first, at least one.
pub(super) fn feed(site: &Site, issues: &[SitePayload]) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
    let _ = writeln!(out, "<!-- {} -->", super::MARK);
    out.push_str("<feed xmlns=\"http://www.w3.org/2005/Atom\">\n");
    element(&mut out, 1, "title", &site.newsletter);
    if let Some(deck) = &site.deck {
        element(&mut out, 1, "subtitle", deck);
    }
    element(&mut out, 1, "id", &feed_id(site));
    if let Some(newest) = issues.iter().map(|issue| issue.feed_entry.updated).max() {
        element(&mut out, 1, "updated", &newest.to_string());
    }
    let _ = writeln!(
        out,
        "  <author><name>{}</name></author>",
        Xml::escape(&site.newsletter)
    );
    let _ = writeln!(out, "  <generator>Copydesk</generator>");
    let address = |path: &str| {
        site.base_url
            .as_ref()
            .map_or_else(|| path.to_owned(), |base| format!("{base}/{path}"))
    };
    let _ = writeln!(
        out,
        "  <link rel=\"self\" href=\"{}\"/>",
        Xml::escape(&address("feed.xml"))
    );
    let home = site
        .base_url
        .as_ref()
        .map_or_else(|| "index.html".to_owned(), |base| format!("{base}/"));
    let _ = writeln!(
        out,
        "  <link rel=\"alternate\" type=\"text/html\" href=\"{}\"/>",
        Xml::escape(&home)
    );
    for issue in issues.iter().take(ENTRIES_MAX) {
        entry(&mut out, issue, &address(&format!("{}/", issue.slug)));
    }
    out.push_str("</feed>\n");
    out
}

fn entry(out: &mut String, issue: &SitePayload, address: &str) {
    out.push_str("  <entry>\n");
    let _ = writeln!(out, "    <title>{}</title>", issue.title.escape::<Xml>());
    element(out, 2, "id", &issue.feed_entry.id);
    element(out, 2, "updated", &issue.feed_entry.updated.to_string());
    element(out, 2, "published", &issue.feed_entry.updated.to_string());
    let _ = writeln!(
        out,
        "    <author><name>{}</name></author>",
        Xml::escape(&issue.newsletter)
    );
    let _ = writeln!(
        out,
        "    <link rel=\"alternate\" type=\"text/html\" href=\"{}\"/>",
        Xml::escape(address)
    );
    let _ = writeln!(
        out,
        "    <summary>{}</summary>",
        issue.description.escape::<Xml>()
    );
    let _ = writeln!(
        out,
        "    <content type=\"html\">{}</content>",
        Xml::escape(&issue.feed_entry.content)
    );
    out.push_str("  </entry>\n");
}

fn element(out: &mut String, depth: usize, name: &str, text: &str) {
    let _ = writeln!(
        out,
        "{}<{name}>{}</{name}>",
        "  ".repeat(depth),
        Xml::escape(text)
    );
}

/// The site's address, else a tag URI (RFC 4151) made of its name.
fn feed_id(site: &Site) -> String {
    site.base_url.as_ref().map_or_else(
        || {
            let lower = site.newsletter.to_lowercase();
            let words: Vec<&str> = lower
                .split(|c: char| !c.is_ascii_alphanumeric())
                .filter(|word| !word.is_empty())
                .collect();
            format!("tag:copydesk.invalid,2026:{}", words.join("-"))
        },
        |base| format!("{base}/"),
    )
}
