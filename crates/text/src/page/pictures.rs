//! What stands below a picture, told by where it stands: alone beside the picture in a small box.

use super::model::BlockKind;
use super::run::Run;
use super::tree::Tree;

/// Words below one picture at most.
const CAPTION_WORDS_MAX: usize = 70;
/// Boxes around a line in which the picture is looked for.
const BOXES_MAX: usize = 4;
/// Nodes of such a box at most: a picture, its sources and a line need no more.
const BOX_NODES_MAX: usize = 40;

/// The runs, those below pictures marked as captions.
pub fn mark_captions(tree: &Tree, mut runs: Vec<Run>) -> Vec<Run> {
    let marks: Vec<bool> = (0..runs.len()).map(|at| is_caption(tree, &runs, at)).collect();
    for (run, is_caption) in runs.iter_mut().zip(marks) {
        if is_caption {
            run.kind = BlockKind::Caption;
        }
    }
    runs
}

/// Whether the smallest box around a run that holds a picture has no other text but perhaps a credit, and the picture
/// stands first.
fn is_caption(tree: &Tree, runs: &[Run], at: usize) -> bool {
    let run = &runs[at];
    if run.kind != BlockKind::Paragraph || run.words > CAPTION_WORDS_MAX {
        return false;
    }
    let boxes = std::iter::once(run.owner).chain(tree.ancestors(run.owner));
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

fn is_picture(tree: &Tree, node: usize) -> bool {
    matches!(tree.tag(node), "img" | "picture")
}
