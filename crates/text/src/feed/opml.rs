//! OPML, the exchange form of feed lists.

use serde::{Deserialize, Serialize};

use super::markup::{Tag, Token, Tokenizer};
use super::{address, entities, fields, html};
use crate::charset;

/// Folders inside folders beyond this number are refused.
const DEPTH_MAX: usize = 64;

/// One feed of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpmlFeed {
    /// Name of the feed; its address where the list gives no name.
    pub title: String,
    /// Address of the feed, absolute (`xmlUrl`); what is no web address stands as it was written.
    pub url: String,
    /// Address of the site (`htmlUrl`).
    pub html_url: Option<String>,
    /// The folders that it stands in, outermost first, then its `category`, each once.
    pub category: Vec<String>,
}

/// Why a list of feeds cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct OpmlError {
    /// Line of the fault, from 1.
    pub line: usize,
    /// What is wrong there.
    pub reason: String,
}

/// An element that is open, and the folder name that it gives to what stands in it.
struct Open<'a> {
    name: &'a str,
    at: usize,
    folder: Option<String>,
}

/// Reads a list of feeds; outlines that are no feeds count as folders if they hold any.
///
/// Sloppy attributes (bare ampersands) are fine. An element that is not closed is an error: half a list must not pass
/// for a whole one.
///
/// # Errors
/// [`OpmlError`] with the line, for what is not OPML or is cut off.
pub fn parse(bytes: &[u8]) -> Result<Vec<OpmlFeed>, OpmlError> {
    let text = charset::decode(bytes, None);
    let fail = |at: usize, reason: String| {
        Err(OpmlError {
            line: line_of(&text, at),
            reason,
        })
    };
    let (mut feeds, mut open): (Vec<OpmlFeed>, Vec<Open<'_>>) = (Vec::new(), Vec::new());
    let (mut tokens, mut has_root) = (Tokenizer::new(&text), false);
    while let Some(token) = tokens.next() {
        let at = tokens.span().start;
        match token {
            Token::Start(tag) if !has_root && !tag.name.eq_ignore_ascii_case("opml") => {
                return fail(at, format!("this is no OPML: its root is `{}`", tag.name));
            }
            Token::Start(tag) => {
                has_root = true;
                feeds.extend(feed(&tag, &open));
                if open.len() >= DEPTH_MAX {
                    return fail(at, format!("folders are nested deeper than {DEPTH_MAX}"));
                }
                if !tag.is_empty {
                    open.push(Open {
                        name: tag.name,
                        at,
                        folder: folder(&tag),
                    });
                }
            }
            Token::End(name) => match open.pop() {
                Some(last) if last.name == name => {}
                Some(last) => {
                    return fail(
                        at,
                        format!(
                            "`</{name}>` closes `<{}>` of line {}",
                            last.name,
                            line_of(&text, last.at)
                        ),
                    );
                }
                None => return fail(at, format!("`</{name}>` closes nothing")),
            },
            Token::Text(_) | Token::Cdata(_) => {}
        }
    }
    match open.last() {
        Some(last) => fail(
            last.at,
            format!("`<{}>` is never closed; the file may be cut off", last.name),
        ),
        None if !has_root => fail(0, "this is no OPML: it has no root element".to_owned()),
        None => Ok(feeds),
    }
}

fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

fn attribute(tag: &Tag<'_>, name: &str) -> Option<String> {
    let found = tag
        .attributes
        .iter()
        .find(|a| a.name.eq_ignore_ascii_case(name))?;
    Some(html::tidy(&entities::decode(found.value))).filter(|value| !value.is_empty())
}

/// The name that a folder gives to its feeds.
fn folder(tag: &Tag<'_>) -> Option<String> {
    let is_folder = tag.name.eq_ignore_ascii_case("outline") && attribute(tag, "xmlUrl").is_none();
    if is_folder {
        attribute(tag, "text").or_else(|| attribute(tag, "title"))
    } else {
        None
    }
}

/// The feed that a tag names, `None` if it names none.
fn feed(tag: &Tag<'_>, open: &[Open<'_>]) -> Option<OpmlFeed> {
    let given = attribute(tag, "xmlUrl").filter(|_| tag.name.eq_ignore_ascii_case("outline"))?;
    let web = match given.split_once("://") {
        Some(("feed", rest)) => format!("https://{rest}"),
        _ => given.trim_start_matches("feed:").to_owned(),
    };
    let url = address::absolute(&web).map_or(given, String::from);
    let folders = open.iter().filter_map(|open| open.folder.clone());
    let own = attribute(tag, "category").unwrap_or_default();
    let own = own
        .split(',')
        .map(|category| category.trim().trim_matches('/').to_owned());
    Some(OpmlFeed {
        title: attribute(tag, "title")
            .or_else(|| attribute(tag, "text"))
            .unwrap_or_else(|| url.clone()),
        url,
        html_url: attribute(tag, "htmlUrl")
            .and_then(|url| address::absolute(&url))
            .map(String::from),
        category: fields::unique(folders.chain(own)),
    })
}

/// Writes a list of feeds as OPML 2.0, one line each; the categories go into `category`.
pub fn write(title: &str, feeds: &[OpmlFeed]) -> String {
    let clean = |text: &str| entities::escape(&html::tidy(text)).into_owned();
    let mut lines = vec![
        r#"<?xml version="1.0" encoding="UTF-8"?>"#.to_owned(),
        format!(
            r#"<opml version="2.0"><head><title>{}</title></head><body>"#,
            clean(title)
        ),
    ];
    for feed in feeds {
        let name = clean(&feed.title);
        let site = feed
            .html_url
            .as_deref()
            .map(|url| format!(r#" htmlUrl="{}""#, clean(url)))
            .unwrap_or_default();
        let category: Vec<_> = feed
            .category
            .iter()
            .map(|category| clean(&category.replace(',', " ")))
            .collect();
        let category = if category.is_empty() {
            String::new()
        } else {
            format!(r#" category="{}""#, category.join(","))
        };
        let url = clean(&feed.url);
        lines.push(format!(
            r#"<outline type="rss" text="{name}" title="{name}" xmlUrl="{url}"{site}{category}/>"#
        ));
    }
    lines.push("</body></opml>\n".to_owned());
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_and_categories_are_categories() {
        let text = "<opml version='1.1'><body><outline text='Tech'><outline text='Rust &amp; Co' xmlUrl='https://a.example/f?a=1&b=2' \
                    htmlUrl='https://a.example/' category='/systems,Tech'/></outline><outline text='no feed'/></body></opml>";
        let feeds = parse(text.as_bytes()).unwrap();
        assert_eq!(feeds.len(), 1);
        assert_eq!(feeds[0].title, "Rust & Co");
        assert_eq!(feeds[0].url, "https://a.example/f?a=1&b=2");
        assert_eq!(feeds[0].category, ["Tech", "systems"]);
    }

    #[test]
    fn what_is_written_is_read_back() {
        let feeds = vec![
            OpmlFeed {
                title: "A \"B\" <C> & 'D'".to_owned(),
                url: "https://a.example/f?a=1&b=2".to_owned(),
                html_url: Some("https://a.example/".to_owned()),
                category: vec!["one".to_owned(), "two".to_owned()],
            },
            OpmlFeed {
                title: "é".to_owned(),
                url: "http://b.example/".to_owned(),
                html_url: None,
                category: Vec::new(),
            },
        ];
        assert_eq!(parse(write("All & more", &feeds).as_bytes()).unwrap(), feeds);
    }

    #[test]
    fn faults_name_their_line() {
        let fault = |text: &str| parse(text.as_bytes()).unwrap_err().to_string();
        assert!(fault("<rss/>").starts_with("line 1: this is no OPML"));
        assert!(fault("").starts_with("line 1: this is no OPML"));
        assert!(
            fault("<opml>\n<body>\n<outline text='x'>\n").starts_with("line 3: `<outline>` is never closed")
        );
        assert!(fault("<opml>\n</body></opml>").starts_with("line 2: `</body>` closes `<opml>` of line 1"));
    }

    #[test]
    fn what_is_no_web_address_is_left_to_who_asked() {
        let text = "<opml><body><outline xmlUrl='ftp://a.example/f'/><outline xmlUrl='http://b.example'/></body></opml>";
        let urls: Vec<String> = parse(text.as_bytes())
            .unwrap()
            .into_iter()
            .map(|feed| feed.url)
            .collect();
        assert_eq!(urls, ["ftp://a.example/f", "http://b.example/"]);
    }
}
