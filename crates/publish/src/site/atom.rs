//! The Atom feed (RFC 4287).

use std::fmt::Write as _;

use copydesk_domain::untrusted::{Context, Xml};

use super::letters::{Front, Letter};
use super::payload::SitePayload;
use super::shelf::Site;

/// Issues in the feed, newest first: a month of days.
const ENTRIES_MAX: usize = 31;

/// What a feed is called, and which it is.
struct Head<'a> {
    title: &'a str,
    subtitle: Option<&'a str>,
    id: String,
    /// Its own file.
    file: &'a str,
}

/// `feed.xml`, of all letters; `issues`: newest first, at least one.
pub(super) fn feed(site: &Site, front: &Front, issues: &[SitePayload]) -> String {
    let head = Head {
        title: &front.name,
        subtitle: front.deck.as_deref(),
        id: feed_id(site, front),
        file: "feed.xml",
    };
    let issues: Vec<&SitePayload> = issues.iter().collect();
    write(site, &head, &issues, front.is_mixed())
}

/// The feed of one of several letters; `issues`: those of all, newest first.
pub(super) fn letter_feed(site: &Site, letter: &Letter, issues: &[SitePayload]) -> String {
    let stem = letter.feed.trim_end_matches(".xml");
    let head = Head {
        title: &letter.name,
        subtitle: letter.deck.as_deref(),
        id: site.base_url.as_ref().map_or_else(
            || format!("tag:copydesk.invalid,2026:{stem}"),
            |base| format!("{base}/{}", letter.feed),
        ),
        file: &letter.feed,
    };
    let own: Vec<&SitePayload> = issues.iter().filter(|issue| letter.has(issue)).collect();
    write(site, &head, &own, false)
}

fn write(site: &Site, head: &Head<'_>, issues: &[&SitePayload], is_mixed: bool) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
    let _ = writeln!(out, "<!-- {} -->", super::MARK);
    out.push_str("<feed xmlns=\"http://www.w3.org/2005/Atom\">\n");
    element(&mut out, 1, "title", head.title);
    if let Some(subtitle) = head.subtitle {
        element(&mut out, 1, "subtitle", subtitle);
    }
    element(&mut out, 1, "id", &head.id);
    if let Some(newest) = issues.iter().map(|issue| issue.feed_entry.updated).max() {
        element(&mut out, 1, "updated", &newest.to_string());
    }
    let _ = writeln!(out, "  <author><name>{}</name></author>", Xml::escape(head.title));
    let _ = writeln!(out, "  <generator>Copydesk</generator>");
    let address = |path: &str| {
        site.base_url
            .as_ref()
            .map_or_else(|| path.to_owned(), |base| format!("{base}/{path}"))
    };
    let _ = writeln!(
        out,
        "  <link rel=\"self\" type=\"application/atom+xml\" href=\"{}\"/>",
        Xml::escape(&address(head.file))
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
        // Without a public address the folder may be opened from a disk, where a bare folder shows its files.
        let page = if site.base_url.is_some() { "" } else { "index.html" };
        entry(
            &mut out,
            issue,
            &address(&format!("{}/{page}", issue.slug)),
            is_mixed,
        );
    }
    out.push_str("</feed>\n");
    out
}

fn entry(out: &mut String, issue: &SitePayload, address: &str, is_mixed: bool) {
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
    if is_mixed {
        let _ = writeln!(out, "    <category term=\"{}\"/>", Xml::escape(&issue.newsletter));
    }
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

/// The site's address, else a tag URI (RFC 4151) made of its first name.
fn feed_id(site: &Site, front: &Front) -> String {
    site.base_url.as_ref().map_or_else(
        || {
            let lower = front.first_name.to_lowercase();
            let words: Vec<&str> = lower
                .split(|c: char| !c.is_ascii_alphanumeric())
                .filter(|word| !word.is_empty())
                .collect();
            format!("tag:copydesk.invalid,2026:{}", words.join("-"))
        },
        |base| format!("{base}/"),
    )
}
