//! When a page was published: every place that says so, the most trustworthy first.

use copydesk_domain::PublishedAt;
use url::Url;

use super::class_names::name_words;
use super::date_text::{Found, SlashOrder, in_path, stamp, written};
use super::head::Head;
use super::json_ld::Described;
use super::lead::Lead;
use super::run::Run;
use super::tree::Tree;

/// Names of `<meta>` that give the time of publication and nothing else.
const PUBLISHED: &[&str] = &[
    "article:published_time",
    "og:article:published_time",
    "og:published_time",
    "datepublished",
    "sailthru.date",
    "parsely-pub-date",
    "citation_publication_date",
    "citation_date",
    "citation_online_date",
    "dc.date.issued",
    "dcterms.issued",
    "dc.date.created",
    "dcterms.created",
    "pubdate",
    "publishdate",
    "publish-date",
    "publish_date",
    "published-date",
    "publication_date",
    "publication-date",
    "article.published",
    "date_published",
    "article:published",
    "cxenseparse:recs:publishtime",
    "rnews:datepublished",
    "shareaholic:article_published_time",
    "ptime",
    "displaydate",
];
/// Names of `<meta>` that mostly do.
const DATES: &[&str] = &[
    "date",
    "dc.date",
    "dcterms.date",
    "dc:date",
    "article.date",
    "originalpublicationdate",
    "created",
];
/// Names of `<meta>` that give a change.
const MODIFIED: &[&str] = &[
    "article:modified_time",
    "og:updated_time",
    "dc.date.modified",
    "dcterms.modified",
    "lastmod",
    "last-modified",
    "revised",
];

/// What the page is read from for its date.
pub struct Sources<'a> {
    /// The page.
    pub tree: &'a Tree,
    /// All its runs.
    pub runs: &'a [Run],
    /// Stretch around the title.
    pub lead: &'a Lead,
    /// Declarations.
    pub head: &'a Head,
    /// JSON-LD.
    pub described: &'a Described,
    /// Address of the page.
    pub url: &'a Url,
}

/// The date of publication, as exact as the page gives it.
pub fn find(sources: &Sources<'_>) -> Option<PublishedAt> {
    let order = SlashOrder::of_language(sources.head.language.as_deref());
    let metas = |names: &[&str]| -> Vec<Found> {
        names
            .iter()
            .flat_map(|name| {
                sources
                    .head
                    .all(name)
                    .take(3)
                    .filter_map(|value| stamp(value, order))
                    .collect::<Vec<_>>()
            })
            .collect()
    };
    let mut found: Vec<Found> = Vec::new();
    found.extend(
        sources
            .described
            .published
            .as_deref()
            .and_then(|value| stamp(value, order)),
    );
    found.extend(metas(PUBLISHED));
    found.extend(marked(sources, order));
    found.extend(in_lead(sources, order));
    found.extend(metas(DATES));
    found.extend(in_path(sources.url.path()).map(Found::on));
    found.extend(visible(sources, order));
    let first = found.first().copied().or_else(|| elsewhere(sources, order))?;
    // Another place may give the hour of the same day.
    let exact = found
        .iter()
        .find(|other| other.day == first.day && matches!(other.at, PublishedAt::At(_)));
    Some(exact.unwrap_or(&first).at)
}

/// Elements that carry a machine-readable time of publication.
fn marked(sources: &Sources<'_>, order: SlashOrder) -> Vec<Found> {
    let tree = sources.tree;
    let is_marked = |node: usize| {
        let prop = tree.attr(node, "itemprop").unwrap_or_default();
        prop.eq_ignore_ascii_case("datePublished")
            || (tree.tag(node) == "time"
                && (tree.attr(node, "pubdate").is_some()
                    || names(tree, node, &["published", "publish", "pubdate"])))
            || names(tree, node, &["dtpublished"])
    };
    (0..tree.nodes.len())
        .filter(|&node| is_marked(node))
        .take(5)
        .filter_map(|node| value(tree, node, order))
        .take(1)
        .collect()
}

/// `<time>` in the stretch around the title, then in words.
fn in_lead(sources: &Sources<'_>, order: SlashOrder) -> Vec<Found> {
    let tree = sources.tree;
    let times = sources
        .lead
        .nodes
        .clone()
        .filter(|&node| tree.tag(node) == "time");
    times
        .take(20)
        .filter(|&node| !tells_change(tree, node))
        .filter_map(|node| value(tree, node, order))
        .take(2)
        .collect()
}

/// A date in words near the title: not in a line that tells of a change only.
fn visible(sources: &Sources<'_>, order: SlashOrder) -> Option<Found> {
    let lines: Vec<String> = sources
        .lead
        .lines(sources.tree, sources.runs)
        .map(|(_, line)| line)
        .collect();
    let plain = lines
        .iter()
        .filter(|line| !is_change(line))
        .find_map(|line| written(line, order));
    plain
        .or_else(|| lines.iter().find_map(|line| written(line, order)))
        .map(Found::on)
}

/// Weaker places: times anywhere, words anywhere in short lines, a change.
fn elsewhere(sources: &Sources<'_>, order: SlashOrder) -> Option<Found> {
    let tree = sources.tree;
    let mut times = tree
        .elements(0, "time")
        .take(20)
        .filter(|&node| !tells_change(tree, node));
    let time = times.find_map(|node| value(tree, node, order));
    let short = || {
        let lines = sources
            .runs
            .iter()
            .filter(|run| run.words <= 14 && !is_change(&run.text));
        lines
            .take(400)
            .find_map(|run| written(&run.text, order))
            .map(Found::on)
    };
    let change = || {
        let declared = sources
            .described
            .modified
            .as_deref()
            .and_then(|value| stamp(value, order));
        declared.or_else(|| sources.head.first(MODIFIED).and_then(|value| stamp(value, order)))
    };
    time.or_else(short).or_else(change)
}

fn value(tree: &Tree, node: usize, order: SlashOrder) -> Option<Found> {
    let attribute = ["datetime", "content", "data-datetime", "title"]
        .iter()
        .find_map(|name| stamp(tree.attr(node, name)?, order));
    attribute.or_else(|| written(&tree.text_below(node, " ", 200), order).map(Found::on))
}

/// Whether a class or id of `node` has one of `words`.
fn names(tree: &Tree, node: usize, words: &[&str]) -> bool {
    let class = tree.attr(node, "class").unwrap_or_default();
    class
        .split_whitespace()
        .take(12)
        .flat_map(name_words)
        .any(|word| words.contains(&word.as_str()))
}

fn tells_change(tree: &Tree, node: usize) -> bool {
    let change = ["modified", "updated", "update", "lastmod"];
    names(tree, node, &change)
        || names(tree, tree.parent(node), &change)
        || tree
            .attr(node, "itemprop")
            .is_some_and(|prop| prop.eq_ignore_ascii_case("dateModified"))
        || is_change(&tree.text_below(tree.parent(node), " ", 80))
}

fn is_change(line: &str) -> bool {
    let line = line.to_lowercase();
    [
        "updated",
        "last modified",
        "modified",
        "last change",
        "aktualisiert",
        "mis à jour",
        "actualizado",
    ]
    .iter()
    .any(|word| line.starts_with(word))
}

#[cfg(test)]
mod tests {
    use super::super::extract::extract;
    use url::Url;

    fn date(head: &str, body: &str) -> Option<String> {
        let html = format!("<title>A title</title>{head}<body>{body}");
        let url = Url::parse("https://example.com/a").unwrap();
        extract(html.as_bytes(), None, &url)
            .published_at
            .map(|at| at.to_string())
    }

    const TEXT: &str =
        "<p>The first sentence of the page has some words to be read as its text by all who come here.</p>";

    #[test]
    fn an_hour_elsewhere_makes_a_day_exact_only_on_that_day() {
        let head = "<meta name=dc.date content=2026-08-20>";
        let with = |stamp: &str| {
            date(
                head,
                &format!("<h1>A title</h1><time datetime={stamp}>x</time>{TEXT}"),
            )
            .unwrap()
        };
        assert_eq!(with("2026-08-20T07:40:00Z"), "2026-08-20T07:40:00Z");
        let declared = "<meta property=article:published_time content=2026-08-20>";
        let other = date(
            declared,
            &format!("<h1>A title</h1><time datetime=2026-09-01T07:40:00Z>x</time>{TEXT}"),
        );
        assert_eq!(other.unwrap(), "2026-08-20");
    }

    #[test]
    fn a_change_is_not_the_publication() {
        let head = "<meta property=article:modified_time content=2026-09-01T10:00:00Z>";
        let body =
            format!("<h1>A title</h1><p>Updated 1 September 2026</p><p>By Ann Lee, 20 August 2026</p>{TEXT}");
        assert_eq!(date(head, &body).unwrap(), "2026-08-20");
        assert_eq!(
            date(head, &format!("<h1>A title</h1>{TEXT}")).unwrap(),
            "2026-09-01T10:00:00Z"
        );
    }

    #[test]
    fn a_page_without_a_date_has_none() {
        assert_eq!(date("", &format!("<h1>A title</h1>{TEXT}")), None);
    }
}
