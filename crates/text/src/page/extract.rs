//! From bytes to a [`Page`].

use url::Url;

use crate::charset;

use super::assemble::assemble;
use super::authors;
use super::cards::{drop_cards, drop_entries};
use super::clutter::{drop_clutter, never_text};
use super::declared::declared;
use super::head::Head;
use super::json_ld::{Described, describe};
use super::lead::Lead;
use super::model::{NoTextWhy, Page, PageKind};
use super::outcome::judge;
use super::parse::parse;
use super::pictures::{drop_doubled, mark_captions};
use super::plain::{extract_markdown, extract_plain};
use super::published::{self, Sources};
use super::region::{Weights, choose};
use super::run::Run;
use super::segment::segment;
use super::sift::{Known, sift, sift_fragment};
use super::site::Site;
use super::sponsored::is_sponsored;
use super::threads::drop_replies;
use super::title::{self, Title};
use super::tree::Tree;

/// Bytes read of one page; the rest is not looked at. The tree takes some fifteen times as much memory.
pub const PAGE_BYTES_MAX: usize = 20 * 1024 * 1024;

/// Reads a page as served. `content_type`: the header's value; `url`: the address after redirects.
pub fn extract(html: &[u8], content_type: Option<&str>, url: &Url) -> Page {
    let bytes = &html[..html.len().min(PAGE_BYTES_MAX)];
    let kind = content_type
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    if is_binary(bytes) {
        return Page::without_text(NoTextWhy::Empty);
    }
    let text = charset::decode(bytes, content_type);
    match kind.as_str() {
        "text/markdown" | "text/x-markdown" => extract_markdown(&text, url),
        "text/plain" if !looks_like_html(&text) => extract_plain(&text),
        _ => extract_html(&text, url),
    }
}

/// An image, an archive, a program: zero bytes in the first piece that are no sign of UTF-16, or one byte in twenty
/// and more that stands in no text.
///
/// # Source
/// The "binary data bytes" of the MIME Sniffing Standard, WHATWG; the share is ours, since pages carry strays.
fn is_binary(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(1_024)];
    let zeros = head.iter().map(|&byte| usize::from(byte == 0)).sum::<usize>();
    let is_wide =
        head.starts_with(&[0xFF, 0xFE]) || head.starts_with(&[0xFE, 0xFF]) || zeros * 5 > head.len() * 2;
    let is_odd = |byte: &&u8| matches!(**byte, 0..=0x08 | 0x0B | 0x0E..=0x1A | 0x1C..=0x1F);
    let odd = head.iter().filter(is_odd).count();
    !is_wide && (zeros > 0 || odd * 20 > head.len())
}

fn looks_like_html(text: &str) -> bool {
    let start: String = text
        .trim_start_matches('\u{feff}')
        .trim_start()
        .chars()
        .take(15)
        .collect();
    let start = start.to_ascii_lowercase();
    start.starts_with("<!doctype html") || start.starts_with("<html")
}

fn extract_html(html: &str, url: &Url) -> Page {
    let tree = parse(html);
    let site = Site::new(&tree, url);
    let head = Head::new(&tree, &site);
    let described = describe(&tree);
    let all = segment(&tree, &never_text(&tree));
    let title = title::find(&tree, &all, &head, &described, &site);
    let lead = Lead::new(&tree, &all, title.run);
    let authors = authors::find(&tree, &all, &lead, &head, &described);
    let sources = Sources {
        tree: &tree,
        runs: &all,
        lead: &lead,
        head: &head,
        described: &described,
        url,
    };
    let published_at = published::find(&sources);
    let runs = main_runs(&tree, &site, &all, &title, &authors);
    let outcome = judge(&tree, &head, &described, &site, &all, &runs);
    let is_sponsored = is_sponsored(&head, &described, &lead, &all, &runs, title.text.as_deref());
    let kept = if outcome == PageKind::Article {
        runs
    } else {
        Vec::new()
    };
    let shown = assemble(&tree, &kept, &site);
    let declared = declared(&described, outcome, url);
    let outcome = declared.as_ref().map_or(outcome, |page| page.outcome);
    let (text, blocks, links) = declared.map_or(shown, |page| (page.text, page.blocks, page.links));
    let is_article = outcome == PageKind::Article;
    let site_name = site_name(&head, &described);
    Page {
        title: title.text,
        // On a list of pages they would be those of its first entry.
        authors: if is_article { authors } else { Vec::new() },
        published_at: published_at.filter(|_| is_article),
        canonical: head.canonical,
        site_name,
        language: head.language,
        text,
        is_sponsored,
        outcome,
        feeds: head.feeds,
        links,
        blocks,
    }
}

fn main_runs(tree: &Tree, site: &Site, all: &[Run], title: &Title, authors: &[String]) -> Vec<Run> {
    let title_node = title.run.map(|run| all[run].node);
    let clear = drop_replies(tree, drop_clutter(tree, all.to_vec()), title_node);
    let clear = mark_captions(tree, drop_doubled(clear), title_node);
    let clear = drop_cards(tree, clear, site);
    let select = |runs: Vec<Run>| {
        let weights = Weights::new(tree, &runs, site);
        let region = choose(tree, &runs, &weights, title_node);
        let known = Known {
            tree,
            site,
            title: title.text.as_deref(),
            title_node,
            authors,
            core: region.core,
        };
        sift(&known, runs, &weights, &region)
    };
    let kept = select(drop_entries(tree, clear.clone(), title_node));
    if !kept.is_empty() {
        return kept;
    }
    // The entries of a list are the text where there is no other.
    let kept = select(clear.clone());
    if kept.is_empty() {
        running(clear, title)
    } else {
        kept
    }
}

/// The last resort: running text, wherever it stands.
fn running(runs: Vec<Run>, title: &Title) -> Vec<Run> {
    let is_title = |run: &Run| {
        title
            .text
            .as_deref()
            .is_some_and(|title| title::same(title, &run.text))
    };
    runs.into_iter()
        .filter(|run| run.is_prose() && !is_title(run))
        .collect()
}

fn site_name(head: &Head, described: &Described) -> Option<String> {
    head.site_name()
        .map(str::to_owned)
        .or_else(|| described.site_name.clone())
}

/// Reads a piece of HTML that is an article by itself, such as a feed item's content.
///
/// All of it counts as main text but what its own markup calls navigation, sharing and the like. The title is the
/// heading that it opens with, if any; authors, date and language are for the feed to tell.
pub fn extract_fragment(html: &str, base: &Url) -> Page {
    let end = html.floor_char_boundary(PAGE_BYTES_MAX);
    let tree = parse(&html[..end]);
    let site = Site::new(&tree, base);
    let all = segment(&tree, &never_text(&tree));
    let first = all
        .first()
        .filter(|run| tree.tag(run.owner) == "h1")
        .map(|run| run.text.clone());
    let known = Known {
        tree: &tree,
        site: &site,
        title: first.as_deref(),
        title_node: None,
        authors: &[],
        core: 0,
    };
    let runs = sift_fragment(&known, drop_clutter(&tree, all.clone()));
    let (text, blocks, links) = assemble(&tree, &runs, &site);
    let outcome = if text.is_empty() {
        PageKind::NoText {
            why: NoTextWhy::Empty,
        }
    } else {
        PageKind::Article
    };
    Page {
        title: first,
        text,
        blocks,
        links,
        outcome,
        ..Page::without_text(NoTextWhy::Empty)
    }
}
