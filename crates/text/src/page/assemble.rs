//! Runs to the page's text, its blocks and links.

use std::collections::HashSet;

use super::model::{Block, PageLink};
use super::run::Run;
use super::site::Site;
use super::tree::Tree;

/// Links kept from one page.
const LINKS_MAX: usize = 2_000;

/// Text, blocks and links of `runs`.
pub fn assemble(tree: &Tree, runs: &[Run], site: &Site) -> (String, Vec<Block>, Vec<PageLink>) {
    let mut text = String::new();
    let mut blocks = Vec::with_capacity(runs.len());
    let mut links = Vec::new();
    let mut seen = HashSet::new();
    for run in runs {
        if !text.is_empty() {
            text.push('\n');
        }
        let start = text.len();
        text.push_str(&run.text);
        blocks.push(Block {
            start,
            end: text.len(),
            kind: run.kind,
        });
        for (range, node) in &run.links {
            let href = tree.attr(*node, "href").unwrap_or_default();
            if let Some(url) = site.resolve(href).filter(|_| links.len() < LINKS_MAX)
                && seen.insert(url.to_string())
            {
                links.push(PageLink {
                    url: url.into(),
                    text: run.text[range.clone()].trim().to_owned(),
                });
            }
        }
    }
    (text, blocks, links)
}
