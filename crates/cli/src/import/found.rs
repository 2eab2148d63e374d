//! What was found.

use std::collections::HashSet;

use copydesk_domain::{ContentHash, PublishedAt};
use copydesk_text::page::{NoTextWhy, Page, PageKind};
use copydesk_text::words;

/// A text of fewer words is no issue: a stub, a page of links, a line about the author.
const WORDS_MIN: usize = 30;

/// An issue that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its address, or `file:` and its path: the same in each import.
    pub url: String,
    /// Its title.
    pub title: String,
    /// When it was published.
    pub published_at: Option<PublishedAt>,
    /// Its authors.
    pub authors: Vec<String>,
    /// Its text with all that is measured.
    pub page: Page,
}

/// Something that is no issue.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Skipped {
    /// The file's path below the folder, or the item's address or title.
    pub what: String,
    /// Why.
    pub reason: String,
}

/// What a folder or feed holds.
#[derive(Debug, Clone, Default)]
pub struct Import {
    /// Issues, in a fixed order.
    pub found: Vec<Found>,
    /// All else.
    pub skipped: Vec<Skipped>,
    /// Pages that were read because the feed gave only a summary.
    pub pages_read: usize,
    /// Why a part of the feed is missing.
    pub incomplete: Option<String>,
    urls: HashSet<String>,
}

impl Import {
    /// Takes an issue, or notes why it is none. `what`: its name for people; `url`: its address, where it has one;
    /// `place`: what to call it else.
    pub fn take(&mut self, what: &str, url: Option<String>, place: String, page: Page) {
        if let Some(reason) = no_issue(&page) {
            return self.skip(what, reason);
        }
        // Pages of a site that call its front page their own are many, and each is one; so are items under one name.
        let name = url.filter(|url| !self.urls.contains(url)).unwrap_or(place);
        let by_text = format!("{name}~{}", ContentHash::of(page.text.as_bytes()).short(12));
        if !self.urls.insert(by_text.clone()) {
            return self.skip(what, "the same text as another one of this name");
        }
        let url = if self.urls.insert(name.clone()) {
            name
        } else {
            by_text
        };
        let title = page.title.clone().unwrap_or_else(|| stem(what));
        self.found.push(Found {
            url,
            title,
            published_at: page.published_at,
            authors: page.authors.clone(),
            page,
        });
    }

    /// Notes what is no issue.
    pub fn skip(&mut self, what: &str, reason: impl Into<String>) {
        self.skipped.push(Skipped {
            what: what.to_owned(),
            reason: reason.into(),
        });
    }
}

/// Why a page is no issue.
fn no_issue(page: &Page) -> Option<String> {
    if let PageKind::NoText { why } = page.outcome {
        let reason = match why {
            NoTextWhy::LoginWall => "it asks for a login",
            NoTextWhy::CookieWall => "it asks for consent before it shows anything",
            NoTextWhy::ScriptOnly => "its text is made by scripts",
            NoTextWhy::IndexPage => "it is a list of pages",
            NoTextWhy::Empty => "it has no text",
        };
        return Some(reason.to_owned());
    }
    let count = words::count(&page.text);
    (count < WORDS_MIN).then(|| format!("{count} words: an issue has {WORDS_MIN} and more"))
}

/// The last part of a path or address, without its ending.
fn stem(what: &str) -> String {
    let name = what.trim_end_matches('/').rsplit('/').next().unwrap_or(what);
    name.split('.')
        .next()
        .filter(|stem| !stem.is_empty())
        .unwrap_or(name)
        .to_owned()
}

#[cfg(test)]
mod tests {
    use copydesk_text::page::extract;
    use url::Url;

    use super::*;

    fn page(words: usize) -> Page {
        let url = Url::parse("https://mine.example/").unwrap();
        extract("word ".repeat(words).as_bytes(), Some("text/plain"), &url)
    }

    #[test]
    fn issues_under_one_name_are_told_apart_by_their_text() {
        let named = |texts: [&str; 2]| {
            let mut import = Import::default();
            for text in texts {
                let url = Url::parse("https://mine.example/").unwrap();
                let page = extract(text.repeat(40).as_bytes(), Some("text/plain"), &url);
                import.take("Notes", None, "feed#Notes".to_owned(), page);
            }
            import
        };
        let two = named(["one word ", "another word "]);
        assert_eq!(two.found.len(), 2);
        assert!(
            two.found[1].url.starts_with("feed#Notes~"),
            "{}",
            two.found[1].url
        );
        let same = named(["one word ", "one word "]);
        assert_eq!((same.found.len(), same.skipped.len()), (1, 1));
    }

    #[test]
    fn a_short_text_is_no_issue_and_one_address_is_one_issue() {
        let mut import = Import::default();
        let home = || Some("https://mine.example/".to_owned());
        import.take("a.md", home(), "file:a.md".to_owned(), page(40));
        import.take("b/c.md", home(), "file:b/c.md".to_owned(), page(40));
        import.take("d.md", None, "file:d.md".to_owned(), page(4));
        let urls: Vec<&str> = import.found.iter().map(|found| found.url.as_str()).collect();
        assert_eq!(urls, ["https://mine.example/", "file:b/c.md"]);
        assert_eq!(import.found[1].title, "c");
        assert_eq!(import.skipped[0].reason, "4 words: an issue has 30 and more");
    }
}
