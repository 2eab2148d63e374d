//! What stands below a picture, told by where it stands: alone beside the picture in a small box.

use std::collections::HashSet;

use super::model::BlockKind;
use super::run::Run;
use super::tree::Tree;

/// Words below one picture at most.
const CAPTION_WORDS_MAX: usize = 70;
/// Words of a line that counts as doubled; shorter ones may well come twice.
const DOUBLED_WORDS_MIN: usize = 4;
/// The same of an item of a list: lists of changes repeat themselves.
const DOUBLED_ITEM_WORDS_MIN: usize = 10;
/// Boxes around a line in which the picture is looked for.
const BOXES_MAX: usize = 4;
/// Nodes of such a box at most: a picture, its sources and a line need no more.
const BOX_NODES_MAX: usize = 40;

/// The runs, those below pictures marked as captions. `title`: first node of the run that shows the title.
///
/// A paragraph may explain a picture of the text itself; it is a caption above the text alone.
pub fn mark_captions(tree: &Tree, mut runs: Vec<Run>, title: Option<usize>) -> Vec<Run> {
    let mut is_above = true;
    for at in 0..runs.len() {
        let owner = runs[at].owner;
        let innermost = if is_above { around(tree, owner) } else { owner };
        if is_caption(tree, &runs, at, innermost) {
            runs[at].kind = BlockKind::Caption;
        } else if title.is_none_or(|title| runs[at].node > title) {
            is_above &= !runs[at].is_prose();
        }
    }
    runs
}

/// Runs without lines that stand twice in a row in elements of their own, and without their copies elsewhere: a show of
/// pictures writes each line for wide and for narrow screens.
pub fn drop_doubled(runs: Vec<Run>) -> Vec<Run> {
    let is_text = |run: &Run| match run.kind {
        BlockKind::Paragraph | BlockKind::Caption => run.words >= DOUBLED_WORDS_MIN,
        BlockKind::ListItem => run.words >= DOUBLED_ITEM_WORDS_MIN,
        _ => false,
    };
    let doubled: HashSet<String> = runs
        .windows(2)
        .filter(|pair| {
            let [left, right] = pair else { return false };
            is_text(left) && left.owner != right.owner && left.text == right.text
        })
        .map(|pair| pair[0].text.clone())
        .collect();
    let is_doubled = |run: &Run| is_text(run) && doubled.contains(&run.text);
    let words = |runs: &[Run], counts: &dyn Fn(&Run) -> bool| -> usize {
        runs.iter().filter(|run| counts(run)).map(|run| run.words).sum()
    };
    // Where most of the page is doubled, it is the text.
    if words(&runs, &is_doubled) * 2 > words(&runs, &|_| true) {
        return runs;
    }
    runs.into_iter().filter(|run| !is_doubled(run)).collect()
}

/// The element around a paragraph or heading; of any other element, itself.
fn around(tree: &Tree, node: usize) -> usize {
    if matches!(tree.tag(node), "p" | "h2" | "h3" | "h4" | "h5" | "h6") {
        tree.parent(node)
    } else {
        node
    }
}

/// Whether the smallest box around a run that holds a picture has no other text but perhaps a credit, and the picture
/// stands first. `innermost`: the first box to look at.
fn is_caption(tree: &Tree, runs: &[Run], at: usize, innermost: usize) -> bool {
    let run = &runs[at];
    if is_list_of_links(tree, run) {
        return true;
    }
    let may_be = match run.kind {
        BlockKind::Paragraph => true,
        // The title of a film that another page shows.
        BlockKind::Heading => run.link_share(|_| true) >= 0.9,
        _ => false,
    };
    if !may_be || run.words > CAPTION_WORDS_MAX {
        return false;
    }
    let boxes = std::iter::once(innermost).chain(tree.ancestors(innermost));
    let pictured = boxes
        .take(BOXES_MAX)
        .take_while(|&node| tree.end(node) - node <= BOX_NODES_MAX && tree.tag(node) == "div")
        .find(|&node| (node..tree.end(node)).any(|inner| is_picture(tree, inner)));
    let Some(pictured) = pictured else { return false };
    let first = runs.partition_point(|run| run.node < pictured);
    let own = runs[first..]
        .iter()
        .take_while(|run| tree.contains(pictured, run.node))
        .take(4);
    let (lines, words) = own.fold((0, 0), |(lines, words), run| (lines + 1, words + run.words));
    lines <= 3
        && words <= CAPTION_WORDS_MAX
        && (pictured..runs[first].node).any(|inner| is_picture(tree, inner))
}

/// Whether a run is a link in a figure: the figure shows other pages, not a picture.
fn is_list_of_links(tree: &Tree, run: &Run) -> bool {
    let is_linked = || run.link_share(|_| true) >= 0.9;
    matches!(run.kind, BlockKind::ListItem | BlockKind::Heading)
        && tree
            .ancestors(run.owner)
            .take(BOXES_MAX)
            .any(|node| tree.tag(node) == "figure")
        && is_linked()
}

fn is_picture(tree: &Tree, node: usize) -> bool {
    matches!(tree.tag(node), "img" | "picture")
}
