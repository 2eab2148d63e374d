//! Bytes to a feed: decides what they are and lets the right reader at them.

use std::rc::Rc;

use url::Url;

use super::about::Frame;
use super::event::{Event, Field};
use super::fields::{self, Draft};
use super::markup::{Token, Tokenizer};
use super::model::{Feed, FeedError, FeedKind};
use super::reader::Reader;
use super::{about, address, authors, entities, json, links, repeats};
use crate::charset;

/// Items beyond this number are left out. A feed of 100,000 items has been seen in tests, none in life.
pub const ITEMS_MAX: usize = 100_000;

/// Fields of the feed itself beyond this number are left out.
const FEED_FIELDS_MAX: usize = 512;

/// Media types by which a page points to its feed.
const FEED_TYPES: &[&str] = &[
    "application/rss+xml",
    "application/atom+xml",
    "application/rdf+xml",
    "application/feed+json",
    "application/json",
];

/// Reads a feed.
///
/// `content_type`: the HTTP header of that name, for its charset alone: feeds come under any media type. `base`: the
/// address that the feed was read from, after redirects.
///
/// # Errors
/// [`FeedError::Empty`] without content, [`FeedError::NotAFeed`] with a hint for anything that is no feed,
/// [`FeedError::Json`] for a JSON feed that is not JSON. Faults inside a feed are no errors.
pub fn parse(bytes: &[u8], content_type: Option<&str>, base: &Url) -> Result<Feed, FeedError> {
    let text = charset::decode(bytes, content_type);
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\0');
    if text.is_empty() {
        return Err(FeedError::Empty);
    }
    let mut feed = if text.starts_with('{') {
        json::read(text, base)?
    } else {
        let (reader, kind) = Reader::open(text, base).map_err(|root| not_a_feed(text, root, base))?;
        read(reader, kind, base)
    };
    feed.items = repeats::drop_repeats(feed.items);
    Ok(feed)
}

fn read<'a>(reader: Reader<'a>, kind: FeedKind, base: &Url) -> Feed {
    let mut about_feed: Vec<Field<'a>> = Vec::new();
    let mut items = Vec::new();
    let mut draft = None;
    let mut frame = Frame::default();
    let mut own_base = Rc::new(base.clone());
    for event in reader {
        match event {
            Event::Frame(attributes, base) => {
                frame.add(&attributes);
                own_base = base;
            }
            Event::FeedField(field) if about_feed.len() < FEED_FIELDS_MAX => about_feed.push(field),
            Event::FeedField(_) => {}
            Event::ItemStart(attributes, base) => draft = Some(Draft::new(attributes, base)),
            Event::ItemField(field) => {
                if let Some(draft) = &mut draft {
                    draft.add(field);
                }
            }
            Event::ItemEnd => items.extend(draft.take().map(Draft::finish)),
        }
        if items.len() >= ITEMS_MAX {
            break;
        }
    }
    if kind == FeedKind::Atom {
        // In Atom an entry without an author has the feed's.
        authors::inherit(&mut items, &fields::authors_of(&about_feed));
    }
    Feed {
        kind,
        title: fields::title_of(&about_feed),
        home: links::alternate(&about_feed).map(String::from),
        next: links::related(&about_feed, "next")
            .filter(|next| next != base)
            .map(String::from),
        about: about::of(&about_feed, frame, &own_base),
        items,
    }
}

/// Says what `text` is instead of a feed. `root`: the name of its first element.
fn not_a_feed(text: &str, root: Option<&str>, base: &Url) -> FeedError {
    let start: String = text.chars().take(64).collect::<String>().to_ascii_lowercase();
    let root = root.map(str::to_ascii_lowercase);
    let hint = match root.as_deref() {
        Some("opml") => "this is an OPML list of feeds; import it instead".to_owned(),
        Some("urlset" | "sitemapindex") => "this is a sitemap".to_owned(),
        _ if start.starts_with("<!doctype html") || root.as_deref().is_some_and(is_html) => {
            match announced(text, base) {
                Some(url) => format!("this is an HTML page; it names the feed {url}"),
                None => "this is an HTML page that names no feed".to_owned(),
            }
        }
        Some(root) => format!(
            "this is markup with the root `{}`",
            root.chars().take(40).collect::<String>()
        ),
        None => "this is plain text or binary data".to_owned(),
    };
    FeedError::NotAFeed { hint }
}

fn is_html(root: &str) -> bool {
    [
        "html", "head", "body", "title", "meta", "link", "script", "style", "h1", "div", "p", "br", "b", "i",
        "font",
    ]
    .contains(&root)
}

/// The feed that a page announces in a `<link rel="alternate">`.
fn announced(html: &str, base: &Url) -> Option<Url> {
    Tokenizer::new(html).find_map(|token| {
        let Token::Start(tag) = token else { return None };
        let attribute = |name: &str| {
            let found = tag
                .attributes
                .iter()
                .find(|a| a.name.eq_ignore_ascii_case(name))?;
            Some(entities::decode(found.value).trim().to_owned())
        };
        let is_feed = tag.name.eq_ignore_ascii_case("link")
            && attribute("rel")?
                .to_ascii_lowercase()
                .split_ascii_whitespace()
                .any(|rel| rel == "alternate")
            && FEED_TYPES.contains(&attribute("type")?.to_ascii_lowercase().as_str());
        if is_feed {
            address::resolve(&attribute("href")?, base)
        } else {
            None
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::TextKind;

    fn base() -> Url {
        Url::parse("https://a.example/feeds/all.xml").unwrap()
    }

    fn read(text: &str) -> Feed {
        parse(text.as_bytes(), None, &base()).unwrap()
    }

    fn rss(item: &str) -> crate::feed::FeedItem {
        read(&format!(
            "<rss version=\"2.0\"><channel><item>{item}</item></channel></rss>"
        ))
        .items
        .remove(0)
    }

    #[test]
    fn an_rss_item_is_read() {
        let item = rss(
            "<title>A &amp; B</title><link>/p?utm_source=x</link><guid isPermaLink=\"false\">7</guid>\
            <dc:creator>Ann Lee</dc:creator><dc:creator>Bo Ek</dc:creator><pubDate>Wed, 19 Aug 26 10:00:00 EST</pubDate>\
            <category>one</category><description>short</description><content:encoded><![CDATA[<p>long <a href=\"q\">q</a>]]></content:encoded>",
        );
        assert_eq!(item.title.as_deref(), Some("A & B"));
        assert_eq!(item.url.as_deref(), Some("https://a.example/p"));
        assert_eq!(item.id.as_deref(), Some("7"));
        assert_eq!(item.authors, ["Ann Lee", "Bo Ek"]);
        assert_eq!(item.published_at.unwrap().to_string(), "2026-08-19T15:00:00Z");
        assert_eq!(
            (item.summary.as_deref(), item.summary_kind),
            (Some("short"), TextKind::Plain)
        );
        assert_eq!(
            item.content.as_deref(),
            Some("<p>long <a href=\"https://a.example/feeds/q\">q</a>")
        );
        assert_eq!(item.tags, ["one"]);
    }

    #[test]
    fn a_year_before_the_web_is_no_date_and_hides_none() {
        let item = rss(
            "<pubDate>Mon, 01 Jan 0001 00:00:00 +0000</pubDate><atom:updated>2026-08-20T10:00:00Z</atom:updated>",
        );
        assert_eq!(item.published_at.unwrap().to_string(), "2026-08-20T10:00:00Z");
        for none in [
            "1970-01-01T00:00:01Z",
            "1601-01-01",
            "Mon, 01 Jan 1900 00:00:00 GMT",
        ] {
            assert_eq!(
                rss(&format!("<pubDate>{none}</pubDate>")).published_at,
                None,
                "{none}"
            );
        }
    }

    #[test]
    fn a_guid_is_an_address_only_where_it_says_so() {
        let url = |item: &str| rss(item).url;
        assert_eq!(
            url("<guid isPermaLink=\"true\">/p</guid>").as_deref(),
            Some("https://a.example/p")
        );
        assert_eq!(
            url("<guid>https://a.example/q</guid>").as_deref(),
            Some("https://a.example/q")
        );
        assert_eq!(
            url("<guid isPermaLink=\"false\">https://a.example/q</guid>"),
            None
        );
        assert_eq!(url("<guid>tag:a.example,2026:1</guid>"), None);
        assert_eq!(url("<guid>4711</guid>"), None);
        assert_eq!(url("<link>javascript:alert(1)</link>"), None);
    }

    #[test]
    fn faults_inside_a_feed_are_read_over() {
        let feed = read(
            "<rss><channel><title>Broken</title><item><title>One<b></title><link>/1?a=1&b=2</link></item>\
            <item><title>Caf&eacute; & &nope;</title><link>/2</link>",
        );
        let urls: Vec<_> = feed.items.iter().filter_map(|item| item.url.as_deref()).collect();
        assert_eq!(urls, ["https://a.example/1?a=1&b=2", "https://a.example/2"]);
        assert_eq!(feed.items[1].title.as_deref(), Some("Café & &nope;"));
    }

    #[test]
    fn atom_inherits_base_and_author() {
        let feed = read(
            "<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:base=\"https://b.example/x/\"><title type=\"html\">A&lt;i&gt;b&lt;/i&gt;</title>\
            <link rel=\"next\" href=\"?page=2\"/><author><name>Ann Lee, for the team</name></author>\
            <entry xml:base=\"y/\"><id>tag:1</id><link rel=\"edit\" href=\"e\"/><link href=\"z\"/><updated>2026-08-20T01:00:00+02:00</updated></entry></feed>",
        );
        assert_eq!(feed.title.as_deref(), Some("Ab"));
        assert_eq!(feed.next.as_deref(), Some("https://b.example/x/?page=2"));
        let item = &feed.items[0];
        assert_eq!(item.url.as_deref(), Some("https://b.example/x/y/z"));
        assert_eq!(item.authors, ["Ann Lee, for the team"]);
        assert_eq!(item.published_at.unwrap().to_string(), "2026-08-19T23:00:00Z");
    }

    #[test]
    fn nothing_that_a_document_declares_is_expanded() {
        let feed = read(
            "<!DOCTYPE r [<!ENTITY x SYSTEM \"file:///etc/hostname\"><!ENTITY a \"ha\">]><rss><channel>\
            <title>&x;&a;</title></channel></rss>",
        );
        assert_eq!(feed.title.as_deref(), Some("&x;&a;"));
    }

    #[test]
    fn a_page_that_fits_itself_is_no_next_page() {
        let text = "<feed><link rel=\"next\" href=\"all.xml\"/></feed>";
        assert_eq!(read(text).next, None);
    }

    #[test]
    fn what_is_no_feed_gets_a_hint() {
        let refused = |text: &str| parse(text.as_bytes(), None, &base()).unwrap_err().to_string();
        let page =
            "<!doctype html><html><head><link rel='alternate' type='application/rss+xml' href='/rss'></head>";
        assert!(refused(page).contains("https://a.example/rss"));
        assert!(refused("<html><p>Sign in").contains("names no feed"));
        assert!(refused("<?xml version='1.0'?><opml version='2.0'/>").contains("OPML"));
        assert!(refused("hello").contains("plain text"));
        assert_eq!(refused(" \u{feff}\n"), "the feed is empty");
        assert!(refused("{\"items\":[]}").contains("not a feed"));
        assert!(refused("{\"version\":\"https://jsonfeed.org/version/1\",").contains("cannot be read"));
    }

    #[test]
    fn a_feed_says_what_it_is() {
        let feed = read(
            "<rss xml:lang=\"de\"><channel><description>D &amp;lt;b&gt;x</description><language>en_GB</language>\
            <copyright>C</copyright><managingEditor>e@a.example (Ed)</managingEditor><link>/</link>\
            <lastBuildDate>Thu, 20 Aug 2026 01:00:00 GMT</lastBuildDate></channel></rss>",
        );
        let about = feed.about;
        assert_eq!(about.language.as_deref(), Some("en-GB"));
        assert_eq!(about.rights.unwrap().plain(), "C");
        assert!(about.subtitle.is_some() && about.updated_at.is_some());
        assert_eq!(about.authors, ["Ed"]);
        assert_eq!(about.links[0].url, "https://a.example/");
    }

    #[test]
    fn a_server_names_the_language_where_the_feed_does_not() {
        let mut feed = read("<feed xml:lang=\"fr\"/>");
        feed.served_in("en");
        assert_eq!(feed.about.language.as_deref(), Some("fr"));
        let mut feed = read("<feed/>");
        feed.served_in("en_US, de");
        assert_eq!(feed.about.language.as_deref(), Some("en-US"));
    }

    #[test]
    fn an_item_says_what_belongs_to_it() {
        let item = rss(
            "<link>/p</link><category domain=\"/s\">c</category><comments>/p#c</comments>\
            <enclosure url=\"/e.mp3\" length=\"7\" type=\"audio/mpeg\"/><enclosure url=\"javascript:x\"/>",
        );
        let category = &item.categories[0];
        assert_eq!(
            (category.term.as_str(), category.scheme.as_deref()),
            ("c", Some("/s"))
        );
        assert_eq!(item.comments.as_deref(), Some("https://a.example/p#c"));
        assert_eq!(item.enclosures.len(), 1);
        assert_eq!(item.enclosures[0].length, Some(7));
        assert_eq!(item.enclosures[0].url, "https://a.example/e.mp3");
        assert_eq!(item.links[0].relation, "alternate");
    }

    #[test]
    fn links_enclosures_and_categories_have_a_limit() {
        let many = |field: fn(usize) -> String| rss(&(0..250).map(field).collect::<String>());
        let item = many(|at| format!("<atom:link rel=\"related\" href=\"/{at}\"/>"));
        assert_eq!(item.links.len(), 100);
        let item = many(|at| format!("<enclosure url=\"/{at}\"/>"));
        assert_eq!(item.enclosures.len(), 100);
        let item = many(|at| format!("<category>{at}</category>"));
        assert_eq!((item.categories.len(), item.tags.len()), (200, 200));
    }
}
