//! What a page says about itself in `<meta>`, `<link>` and `<title>`.

use url::Url;

use super::site::Site;
use super::tree::{Tree, collapse};

/// `<meta>` elements read from one page.
const METAS_MAX: usize = 500;
/// Feeds kept from one page.
const FEEDS_MAX: usize = 20;

/// The page's declarations.
pub struct Head {
    metas: Vec<(String, String)>,
    /// Text of the first `<title>` outside drawings.
    pub title: Option<String>,
    /// `rel=canonical`, else `og:url`, made absolute.
    pub canonical: Option<String>,
    /// `rel=alternate` with a feed's type, made absolute.
    pub feeds: Vec<String>,
    /// Language tag in lower case.
    pub language: Option<String>,
}

impl Head {
    /// Reads the declarations of a page.
    pub fn new(tree: &Tree, site: &Site) -> Self {
        let metas = (0..tree.nodes.len())
            .filter(|&node| tree.tag(node) == "meta")
            .take(METAS_MAX)
            .filter_map(|node| meta(tree, node))
            .collect();
        let mut head = Self {
            metas,
            title: title(tree),
            canonical: None,
            feeds: feeds(tree, site),
            language: None,
        };
        let canonical = links(tree, "canonical").find_map(|node| absolute(tree, node, site));
        head.canonical = canonical.or_else(|| {
            head.first(&["og:url"])
                .and_then(|url| site.resolve(url))
                .map(Url::into)
        });
        head.language = language(tree, &head);
        head
    }

    /// The first non-empty value among `names`, tried in their order.
    pub fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| {
            self.metas
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.as_str())
        })
    }

    /// All non-empty values of `name`, in page order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        self.metas
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Name of the site as declared.
    pub fn site_name(&self) -> Option<&str> {
        self.first(&[
            "og:site_name",
            "application-name",
            "apple-mobile-web-app-title",
            "al:android:app_name",
        ])
    }
}

fn meta(tree: &Tree, node: usize) -> Option<(String, String)> {
    let key = ["property", "name", "itemprop", "http-equiv"]
        .iter()
        .find_map(|key| tree.attr(node, key))?;
    let value = collapse(tree.attr(node, "content")?);
    (!value.is_empty()).then(|| (key.trim().to_ascii_lowercase(), value))
}

fn title(tree: &Tree) -> Option<String> {
    let outside_drawing = |node: &usize| tree.ancestors(*node).all(|above| tree.tag(above) != "svg");
    let node = tree.elements(0, "title").find(outside_drawing)?;
    Some(tree.text_below(node, "", 2_000)).filter(|title| !title.is_empty())
}

fn links<'a>(tree: &'a Tree, rel: &'a str) -> impl Iterator<Item = usize> + 'a {
    tree.elements(0, "link").filter(move |&node| {
        let rels = tree.attr(node, "rel").unwrap_or_default();
        rels.split_whitespace().any(|word| word.eq_ignore_ascii_case(rel))
    })
}

fn absolute(tree: &Tree, node: usize, site: &Site) -> Option<String> {
    let href = tree.attr(node, "href").filter(|href| !href.trim().is_empty())?;
    site.resolve(href).map(Url::into)
}

fn feeds(tree: &Tree, site: &Site) -> Vec<String> {
    let mut feeds: Vec<String> = Vec::new();
    for node in links(tree, "alternate") {
        let kind = tree.attr(node, "type").unwrap_or_default().to_ascii_lowercase();
        let is_feed = [
            "application/rss+xml",
            "application/atom+xml",
            "application/feed+json",
            "application/rdf+xml",
            "application/json",
        ]
        .iter()
        .any(|feed| kind.starts_with(feed));
        if let Some(url) = absolute(tree, node, site).filter(|_| is_feed && feeds.len() < FEEDS_MAX)
            && !feeds.contains(&url)
        {
            feeds.push(url);
        }
    }
    feeds
}

fn language(tree: &Tree, head: &Head) -> Option<String> {
    let html = tree.elements(0, "html").next();
    let declared = html.and_then(|node| tree.attr(node, "lang").or_else(|| tree.attr(node, "xml:lang")));
    let declared = declared.filter(|tag| !tag.trim().is_empty());
    let tag = declared.or_else(|| head.first(&["content-language", "og:locale", "dc.language"]))?;
    let tag = tag
        .split([',', ';', ' '])
        .next()?
        .replace('_', "-")
        .to_ascii_lowercase();
    let plausible =
        tag.len() >= 2 && tag.len() <= 20 && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    plausible.then_some(tag)
}
