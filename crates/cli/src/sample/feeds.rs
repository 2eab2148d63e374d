//! The wire's feeds, in four formats.

use copydesk_domain::Untrusted;
use copydesk_domain::untrusted::Xml;
use serde_json::json;
use std::fmt::Write as _;

use super::wire::{Post, Source, Wire};

/// A feed's media type and bytes.
pub fn render(wire: &Wire, source: &Source, base: &str) -> (&'static str, String) {
    let posts: Vec<&Post> = wire.posts_of(source).collect();
    match source.feed.kind.as_str() {
        "atom" => ("application/atom+xml; charset=utf-8", atom(source, &posts, base)),
        "json" => ("application/feed+json", json_feed(source, &posts, base)),
        "rdf" => ("application/rdf+xml; charset=utf-8", rdf(source, &posts, base)),
        _ => ("application/rss+xml; charset=utf-8", rss(source, &posts, base)),
    }
}

fn xml(text: &str) -> String {
    Untrusted::new(text).escape::<Xml>().to_string()
}

fn link(base: &str, post: &Post) -> String {
    format!("{base}/{}", post.id)
}

fn rss(source: &Source, posts: &[&Post], base: &str) -> String {
    let mut items = String::new();
    for post in posts {
        let content = if source.feed.full_text {
            format!("<content:encoded>{}</content:encoded>", xml(&post.html))
        } else {
            String::new()
        };
        let date = post
            .published_at
            .timestamp()
            .strftime("%a, %d %b %Y %H:%M:%S +0000");
        let _ = writeln!(
            items,
            "<item><title>{}</title><link>{link}</link><guid>{link}</guid><pubDate>{date}</pubDate>{}<description>{}</description>{content}</item>",
            xml(&post.title),
            creators(post),
            xml(&post.summary),
            link = xml(&link(base, post)),
        );
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rss version=\"2.0\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"><channel><title>{}</title><link>{base}/{}/</link><description>Sample</description>\n{items}</channel></rss>\n",
        xml(&source.title),
        source.id
    )
}

fn creators(post: &Post) -> String {
    post.authors
        .iter()
        .map(|author| format!("<dc:creator>{}</dc:creator>", xml(author)))
        .collect::<Vec<_>>()
        .concat()
}

fn rdf(source: &Source, posts: &[&Post], base: &str) -> String {
    let mut items = String::new();
    for post in posts {
        let _ = writeln!(
            items,
            "<item rdf:about=\"{link}\"><title>{}</title><link>{link}</link><dc:date>{}</dc:date>{}<description>{}</description><content:encoded>{}</content:encoded></item>",
            xml(&post.title),
            post.published_at,
            creators(post),
            xml(&post.summary),
            xml(&post.html),
            link = xml(&link(base, post)),
        );
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rdf:RDF xmlns=\"http://purl.org/rss/1.0/\" xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"><channel rdf:about=\"{base}/{}/\"><title>{}</title><link>{base}/{}/</link><description>Sample</description></channel>\n{items}</rdf:RDF>\n",
        source.id,
        xml(&source.title),
        source.id
    )
}

fn atom(source: &Source, posts: &[&Post], base: &str) -> String {
    let mut entries = String::new();
    for post in posts {
        let authors = post
            .authors
            .iter()
            .map(|author| format!("<author><name>{}</name></author>", xml(author)))
            .collect::<Vec<_>>()
            .concat();
        let _ = writeln!(
            entries,
            "<entry><id>{link}</id><title>{}</title><link href=\"{link}\"/><published>{at}</published><updated>{at}</updated>{authors}<summary>{}</summary><content type=\"html\">{}</content></entry>",
            xml(&post.title),
            xml(&post.summary),
            xml(&post.html),
            link = xml(&link(base, post)),
            at = post.published_at,
        );
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\"><id>{base}/{}/</id><title>{}</title>\n{entries}</feed>\n",
        source.id,
        xml(&source.title)
    )
}

fn json_feed(source: &Source, posts: &[&Post], base: &str) -> String {
    let items: Vec<_> = posts
        .iter()
        .map(|post| {
            json!({
                "id": link(base, post), "url": link(base, post), "title": post.title, "summary": post.summary,
                "date_published": post.published_at, "content_html": post.html,
                "authors": post.authors.iter().map(|name| json!({ "name": name })).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({
        "version": "https://jsonfeed.org/version/1.1", "title": source.title,
        "home_page_url": format!("{base}/{}/", source.id), "items": items,
    })
    .to_string()
}
