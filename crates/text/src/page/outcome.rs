//! Whether a page has an article, and if not, why.

use super::head::Head;
use super::json_ld::Described;
use super::model::{NoTextWhy, PageKind};
use super::run::Run;
use super::site::Site;
use super::tree::Tree;

/// Words of prose from which a text is an article whatever else stands on the page.
const ARTICLE_WORDS: usize = 60;
/// Inner links with the length of a headline that make an index.
const HEADLINES_MIN: usize = 5;

/// Judges a page by its text and by what else it has. `all`: every run of the page; `text`: those kept.
pub fn judge(
    tree: &Tree,
    head: &Head,
    described: &Described,
    site: &Site,
    all: &[Run],
    text: &[Run],
) -> PageKind {
    let words: usize = text.iter().map(|run| run.words).sum();
    let prose: usize = text
        .iter()
        .filter(|run| run.is_prose())
        .map(|run| run.words)
        .sum();
    let page_words: usize = all.iter().map(|run| run.words).sum();
    let asks_password = tree.elements(0, "input").any(|node| {
        tree.attr(node, "type")
            .is_some_and(|kind| kind.eq_ignore_ascii_case("password"))
    });
    let why = if asks_password && prose < ARTICLE_WORDS {
        NoTextWhy::LoginWall
    } else if asks_consent(all) && prose < ARTICLE_WORDS / 2 && page_words < 300 {
        NoTextWhy::CookieWall
    } else if !says_article(head, described) && is_index(tree, site, all, prose) {
        NoTextWhy::IndexPage
    } else if words >= 8 || prose > 0 {
        return PageKind::Article;
    } else if needs_scripts(tree) {
        NoTextWhy::ScriptOnly
    } else if words == 0 {
        NoTextWhy::Empty
    } else {
        return PageKind::Article;
    };
    PageKind::NoText { why }
}

fn asks_consent(all: &[Run]) -> bool {
    all.iter().any(|run| {
        let lower = run.text.to_lowercase();
        lower.contains("cookie")
            && ["accept", "consent", "agree", "allow"]
                .iter()
                .any(|word| lower.contains(word))
            || ["accept all", "accept cookies", "i agree", "accept all cookies"].contains(&lower.as_str())
    })
}

/// Headlines that lead elsewhere on the site, and nearly no prose of its own.
fn is_index(tree: &Tree, site: &Site, all: &[Run], prose: usize) -> bool {
    let is_headline = |run: &&Run| {
        let leads = |node| site.leads_on(tree, node);
        run.words >= 3 && run.link_share(leads) >= 0.9
    };
    let mut headlines: Vec<&Run> = all.iter().filter(is_headline).collect();
    // A teaser that is one link counts once, whatever lines it has.
    headlines.dedup_by_key(|run| run.links.first().map(|link| link.1));
    let headline_words: usize = headlines.iter().map(|run| run.words).sum();
    let is_list = headlines.len() >= HEADLINES_MIN && prose < 7;
    let is_long_list =
        headlines.len() >= 2 * HEADLINES_MIN && prose < ARTICLE_WORDS && prose * 2 < headline_words;
    is_list || is_long_list
}

fn says_article(head: &Head, described: &Described) -> bool {
    head.first(&["og:type"]) == Some("article")
        || head.first(&["article:published_time"]).is_some()
        || described.published.is_some()
}

fn needs_scripts(tree: &Tree) -> bool {
    let asks = tree.elements(0, "noscript").any(|node| {
        tree.text_below(node, "", 2_000)
            .to_lowercase()
            .contains("javascript")
    });
    asks || tree
        .elements(0, "script")
        .any(|node| tree.attr(node, "src").is_some())
}
