//! Lines that only lead elsewhere: a label with its link, and links by which readers pass a page on.

use super::model::BlockKind;
use super::run::Run;
use super::site::Site;
use super::tree::Tree;

/// Words of a label before its link at most.
const LABEL_WORDS_MAX: usize = 4;
/// Words of a line with a link to pass the page on, at most.
const SHARE_WORDS_MAX: usize = 8;

/// An item such as "Next message: On packets": a short label with a colon and nothing but links to other pages of the site behind it.
pub fn is_pointer(tree: &Tree, site: &Site, run: &Run) -> bool {
    let Some((first, _)) = run.links.first() else {
        return false;
    };
    let label = run.text[..first.start].trim_end();
    let linked: usize = run
        .links
        .iter()
        .map(|(range, _)| run.text[range.clone()].split_whitespace().count())
        .sum();
    let unlinked = run.words.saturating_sub(linked);
    run.kind == BlockKind::ListItem
        && label.ends_with(':')
        && label.split_whitespace().count() <= LABEL_WORDS_MAX
        && unlinked <= LABEL_WORDS_MAX
        && run.links.iter().all(|&(_, node)| site.leads_on(tree, node))
}

/// A short line that is a link to another site with this page's address in it.
pub fn is_share(tree: &Tree, site: &Site, run: &Run) -> bool {
    run.words <= SHARE_WORDS_MAX && run.link_share(|node| site.passes_on(tree, node)) >= 0.5
}
