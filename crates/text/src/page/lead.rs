//! The stretch of a page around its title, where the byline and the date stand.

use std::ops::Range;

use super::run::Run;
use super::tree::Tree;

/// Runs before the title that still belong to its surroundings.
const BEFORE: usize = 4;
/// Runs behind the title in which prose is looked for.
const BEHIND: usize = 14;

/// Runs around the title up to the first long piece of prose.
pub struct Lead {
    /// Indices into the runs.
    pub runs: Range<usize>,
    /// Nodes from the first of these runs to the first run behind them.
    pub nodes: Range<usize>,
}

impl Lead {
    /// The surroundings of the run `title`, or the top of the page when no run shows the title.
    pub fn new(tree: &Tree, runs: &[Run], title: Option<usize>) -> Self {
        let from = title.map_or(0, |at| at.saturating_sub(BEFORE));
        let behind = title.map_or(0, |at| at + 1);
        let limit = (behind + BEHIND).min(runs.len());
        let to = (behind..limit)
            .find(|&at| runs[at].is_prose() && runs[at].words >= 25)
            .unwrap_or(limit);
        let first = runs.get(from).map_or(0, |run| run.node);
        let last = runs.get(to).map_or(tree.nodes.len(), |run| run.node);
        Self {
            runs: from..to,
            nodes: first..last.max(first),
        }
    }

    /// Short lines of the stretch, the pieces of each parted by blanks, with their run.
    pub fn lines<'a>(
        &'a self,
        tree: &'a Tree,
        runs: &'a [Run],
    ) -> impl Iterator<Item = (usize, String)> + 'a {
        let short = self.runs.clone().filter(|&at| runs[at].words <= 40);
        short.map(move |at| (at, pieces(tree, runs, at)))
    }
}

/// The text of one run with blanks between its elements: `<span>20 Aug 2026</span><span>by Ann</span>` runs together otherwise.
fn pieces(tree: &Tree, runs: &[Run], at: usize) -> String {
    let run = &runs[at];
    let end = runs
        .get(at + 1)
        .map_or(tree.end(run.owner), |next| next.node.min(tree.end(run.owner)));
    let mut text = String::new();
    for piece in (run.node..end.max(run.node + 1)).filter_map(|node| tree.text(node)) {
        text.push_str(piece.trim());
        text.push(' ');
        if text.len() > 600 {
            break;
        }
    }
    super::tree::collapse(&text)
}
