//! An issue that somebody published before, as a file of Markdown or HTML.

use copydesk_domain::{PublishedAt, Untrusted};
use url::Url;

use crate::charset;
use crate::feed::date;
use crate::page::{BlockKind, Page, PageKind, extract};

/// Lines of front matter that are looked at.
const MATTER_LINES_MAX: usize = 200;
/// Keys that name the day, the likeliest first.
const DATE_KEYS: &[&str] = &[
    "date",
    "published_at",
    "published",
    "publishdate",
    "pubdate",
    "post_date",
    "created_at",
    "created",
];
/// Keys that name the address.
const URL_KEYS: &[&str] = &[
    "canonical_url",
    "canonical",
    "url",
    "permalink",
    "link",
    "external_url",
];

/// An issue as its file tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastIssue {
    /// Its text, title, authors, date, links and blocks.
    pub page: Page,
    /// Its address, where the file names one.
    pub url: Option<String>,
    /// The file says that it was not published.
    pub is_draft: bool,
}

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// Markdown, with front matter in YAML or TOML, or none.
    Markdown,
    /// HTML.
    Html,
}

/// Reads an issue. `path`: its path with `/`, for a day in it; `base`: what relative links are relative to.
pub fn read(bytes: &[u8], written: Written, path: &str, base: &Url) -> PastIssue {
    let mut issue = match written {
        Written::Markdown => markdown(bytes, base),
        Written::Html => html(bytes, base),
    };
    let page = &mut issue.page;
    page.published_at = page
        .published_at
        .or_else(|| day_in_path(path).map(PublishedAt::On));
    if page.title.is_none() {
        page.title = first_heading(page);
    }
    issue
}

/// An issue of which only title and text are kept: a line a block, and what each line is, is not known.
pub fn kept(title: Option<&Untrusted<String>>, text: &Untrusted<String>) -> Page {
    Page {
        title: title.map(|title| title.inspect().clone()),
        authors: Vec::new(),
        published_at: None,
        canonical: None,
        site_name: None,
        language: None,
        text: text.inspect().clone(),
        is_sponsored: false,
        outcome: PageKind::Article,
        feeds: Vec::new(),
        links: Vec::new(),
        blocks: Vec::new(),
    }
}

fn html(bytes: &[u8], base: &Url) -> PastIssue {
    let page = extract(bytes, Some("text/html"), base);
    let url = page.canonical.clone().filter(|url| is_web(url));
    PastIssue {
        page,
        url,
        is_draft: false,
    }
}

fn markdown(bytes: &[u8], base: &Url) -> PastIssue {
    let text = charset::decode(bytes, Some("text/markdown; charset=utf-8"))
        .trim_start_matches('\u{feff}')
        .replace("\r\n", "\n");
    let (matter, body) = Matter::split(&text);
    let url = URL_KEYS
        .iter()
        .filter_map(|key| matter.value(key))
        .find(|url| is_web(url));
    let own = url.as_deref().and_then(|url| Url::parse(url).ok());
    let mut page = extract(
        body.as_bytes(),
        Some("text/markdown; charset=utf-8"),
        own.as_ref().unwrap_or(base),
    );
    page.title = matter.value("title").or(page.title);
    let author = matter.value("author").or_else(|| matter.value("authors"));
    page.authors = author.into_iter().collect();
    page.published_at = DATE_KEYS
        .iter()
        .filter_map(|key| matter.value(key))
        .find_map(|text| date::parse(&text));
    let is_draft = matter
        .value("draft")
        .is_some_and(|word| word.eq_ignore_ascii_case("true"))
        || matter
            .value("status")
            .is_some_and(|word| word.eq_ignore_ascii_case("draft"))
        || matter
            .value("published")
            .is_some_and(|word| word.eq_ignore_ascii_case("false"));
    PastIssue { page, url, is_draft }
}

fn first_heading(page: &Page) -> Option<String> {
    let first = page
        .blocks
        .first()
        .filter(|block| block.kind == BlockKind::Heading)?;
    page.text.get(first.start..first.end).map(str::to_owned)
}

fn is_web(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// A day that stands in a path, in the names of its folders or its own: `2026/08/20/x.md`, `2026-08-20-x.md`.
fn day_in_path(path: &str) -> Option<jiff::civil::Date> {
    let digits: Vec<&str> = path
        .split(|c: char| !c.is_ascii_digit())
        .filter(|run| !run.is_empty())
        .collect();
    let compact = digits.iter().filter(|run| run.len() == 8);
    let parts = digits
        .windows(3)
        .filter(|three| three[0].len() == 4 && three[1].len() <= 2 && three[2].len() <= 2)
        .map(|three| (three[0], three[1], three[2]));
    let mut all = parts.chain(compact.map(|run| (&run[..4], &run[4..6], &run[6..])));
    all.find_map(|(year, month, day)| {
        let date = jiff::civil::Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?;
        (1990..2100).contains(&date.year()).then_some(date)
    })
}

/// The lines of key and value above a text. Read leniently: what is asked of them are five plain values.
struct Matter<'a> {
    lines: Vec<&'a str>,
    mark: char,
}

impl<'a> Matter<'a> {
    /// Parts a text from its front matter: YAML between `---`, TOML between `+++`.
    fn split(text: &'a str) -> (Self, &'a str) {
        let none = Self {
            lines: Vec::new(),
            mark: ':',
        };
        let (fence, mark) = match text {
            _ if text.starts_with("---\n") => ("---", ':'),
            _ if text.starts_with("+++\n") => ("+++", '='),
            _ => return (none, text),
        };
        let mut at = fence.len() + 1;
        let mut lines = Vec::new();
        for line in text[at..].split_inclusive('\n').take(MATTER_LINES_MAX) {
            at += line.len();
            if line.trim_end() == fence {
                return (Self { lines, mark }, &text[at..]);
            }
            lines.push(line.trim_end());
        }
        (none, text)
    }

    /// The value of a key at the top level: in quotes or bare, on its line or folded below it; the first of a list.
    fn value(&self, key: &str) -> Option<String> {
        let place = self.lines.iter().position(|line| {
            let name = line.split(self.mark).next().unwrap_or_default();
            !line.starts_with([' ', '\t', '[', '-']) && unquoted(name.trim()).eq_ignore_ascii_case(key)
        })?;
        let (_, value) = self.lines[place].split_once(self.mark)?;
        let value = value.trim();
        let is_folded = value.is_empty() || matches!(value, ">" | ">-" | "|" | "|-");
        let value = if is_folded {
            let below = self.lines[place + 1..]
                .iter()
                .take_while(|line| line.starts_with([' ', '\t', '-']));
            let below: Vec<&str> = below.map(|line| line.trim().trim_start_matches("- ")).collect();
            if value.is_empty() {
                below.first().copied().unwrap_or_default().to_owned()
            } else {
                below.join(" ")
            }
        } else {
            let list = value.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
            list.map_or(value, |list| list.split(',').next().unwrap_or_default().trim())
                .to_owned()
        };
        let value = unquoted(&value);
        (!value.trim().is_empty()).then(|| value.trim().to_owned())
    }
}

/// A value without its quotes, or without the comment behind it.
fn unquoted(value: &str) -> String {
    for quote in ['"', '\''] {
        if let Some(rest) = value.strip_prefix(quote)
            && let Some(end) = rest.rfind(quote)
        {
            let inner = &rest[..end];
            return if quote == '"' {
                inner.replace("\\\"", "\"")
            } else {
                inner.replace("''", "'")
            };
        }
    }
    value.split(" #").next().unwrap_or_default().trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn markdown_at(path: &str, text: &str) -> PastIssue {
        read(
            text.as_bytes(),
            Written::Markdown,
            path,
            &Url::parse("https://norn.example/").unwrap(),
        )
    }

    #[test]
    fn yaml_and_toml_give_title_day_address_and_author() {
        let yaml = markdown_at(
            "a.md",
            "---\r\ntitle: \"It’s: a \\\"day\\\"\"  # first\r\ndate: 2026-08-20 09:30:00 +02:00\r\ncanonical_url: https://norn.example/a\r\nauthors:\r\n  - Ada\r\ntags: [x, y]\r\n---\r\nText of *it*.\r\n",
        );
        assert_eq!(yaml.page.title.as_deref(), Some("It’s: a \"day\""));
        assert_eq!(
            yaml.page.published_at.unwrap().to_string(),
            "2026-08-20T07:30:00Z"
        );
        assert_eq!(yaml.url.as_deref(), Some("https://norn.example/a"));
        assert_eq!(
            (yaml.page.authors, yaml.page.text.as_str()),
            (vec!["Ada".to_owned()], "Text of it.")
        );
        let toml = markdown_at(
            "a.md",
            "+++\ntitle = 'A day'\ndate = 2026-08-20\ndraft = true\n[extra]\nx = 1\n+++\n\nText.\n",
        );
        assert_eq!(toml.page.title.as_deref(), Some("A day"));
        assert_eq!(toml.page.published_at.unwrap().to_string(), "2026-08-20");
        assert!(toml.is_draft && toml.url.is_none());
    }

    #[test]
    fn a_file_without_front_matter_has_its_heading_and_the_day_of_its_path() {
        let issue = markdown_at("archive/2026/08/20/issue.md", "# The day\n\nText.\n");
        assert_eq!(issue.page.title.as_deref(), Some("The day"));
        assert_eq!(issue.page.published_at.unwrap().to_string(), "2026-08-20");
        let named = markdown_at("20260820-issue.md", "Text.\n");
        assert_eq!(named.page.published_at.unwrap().to_string(), "2026-08-20");
        assert!(markdown_at("issue-12.md", "Text.").page.published_at.is_none());
    }

    #[test]
    fn an_open_fence_is_text() {
        let issue = markdown_at("a.md", "---\ntitle: no\n\nText.\n");
        assert!(issue.page.text.contains("Text."));
        assert_ne!(issue.page.title.as_deref(), Some("no"));
    }

    #[test]
    fn html_gives_what_its_page_says() {
        let page = "<html><head><title>A day</title><link rel=canonical href='https://norn.example/a'></head><body><article><h1>A day</h1><time datetime=2026-08-20>20 August</time><p>The day began with a fix, and then it went on for a long while.</p><p>It ended with a release that many had been waiting for since spring.</p></article></body></html>";
        let issue = read(
            page.as_bytes(),
            Written::Html,
            "a.html",
            &Url::parse("https://x.example/").unwrap(),
        );
        assert_eq!(issue.page.title.as_deref(), Some("A day"));
        assert_eq!(issue.url.as_deref(), Some("https://norn.example/a"));
        assert!(issue.page.text.contains("ended with a release"));
    }
}
