//! The element that holds the main text: the subtree whose prose outweighs its links.

use std::collections::HashMap;

use super::class_names::name_words;
use super::model::BlockKind;
use super::run::Run;
use super::site::Site;
use super::tree::Tree;

/// Sums over the runs below each node.
pub struct Weights {
    /// Words.
    pub words: Vec<usize>,
    /// Words of running text.
    pub prose: Vec<usize>,
    /// Words of running text at most three levels down: what flows in one place.
    pub flow: Vec<usize>,
    /// Worth as main text: prose adds, links inside the site take away.
    pub worth: Vec<f64>,
}

impl Weights {
    /// Sums `runs` up the tree.
    pub fn new(tree: &Tree, runs: &[Run], site: &Site) -> Self {
        let count = tree.nodes.len();
        let mut weights = Self {
            words: vec![0; count],
            prose: vec![0; count],
            flow: vec![0; count],
            worth: vec![0.0; count],
        };
        for run in runs {
            weights.words[run.owner] += run.words;
            if run.is_prose() {
                weights.prose[run.owner] += run.words;
                let near = std::iter::once(run.owner).chain(tree.ancestors(run.owner).take(3));
                near.for_each(|node| weights.flow[node] += run.words);
            }
            weights.worth[run.owner] += worth(run, site);
        }
        for node in (1..count).rev() {
            let parent = tree.parent(node);
            weights.words[parent] += weights.words[node];
            weights.prose[parent] += weights.prose[node];
            weights.worth[parent] += weights.worth[node];
        }
        weights
    }
}

/// What one run adds to the element that holds it.
fn worth(run: &Run, site: &Site) -> f64 {
    let words = run.words as f64;
    let inner = run.link_share(|node| site.is_inner(node));
    match run.kind {
        BlockKind::Code => words.min(20.0) * 0.5,
        BlockKind::Heading | BlockKind::Caption => 0.0,
        _ if inner >= 0.5 => -2.0 - words * 0.5,
        _ if run.is_prose() => words * (1.0 - inner),
        _ => -0.5,
    }
}

/// Where the main text stands.
pub struct Region {
    /// The element that holds all of it.
    pub outer: usize,
    /// The element in `outer` that holds most of it.
    pub core: usize,
}

/// The elements that hold the main text. `title`: first node of the run that shows the title.
pub fn choose(tree: &Tree, runs: &[Run], weights: &Weights, title: Option<usize>) -> Region {
    let titled = title.and_then(|title| titled(tree, runs, weights, title));
    let heaviest = || {
        (0..tree.nodes.len())
            .rev()
            .max_by(|&a, &b| weights.worth[a].total_cmp(&weights.worth[b]))
            .unwrap_or(0)
    };
    let best = titled.unwrap_or_else(heaviest);
    let outer = descend(tree, weights, hinted(tree, weights, best).unwrap_or(best), 97);
    Region {
        outer,
        core: descend(tree, weights, outer, 75),
    }
}

/// The smallest element around the title that holds prose, unless much more flows in one place outside of it.
fn titled(tree: &Tree, runs: &[Run], weights: &Weights, title: usize) -> Option<usize> {
    // The most that flows in one place behind each node: an article never stands before its title.
    let mut behind = vec![0; tree.nodes.len() + 1];
    for node in (0..tree.nodes.len()).rev() {
        behind[node] = behind[node + 1].max(weights.flow[node]);
    }
    tree.ancestors(title)
        .filter(|&node| weights.prose[node] > 0)
        .find(|&node| {
            // A header may hold a summary, and then the text stands behind it.
            let share = if is_header(tree, node) { 100 } else { 40 };
            weights.words[node] * 100 >= behind[tree.end(node)] * share && !goes_on(tree, runs, weights, node)
        })
}

fn is_header(tree: &Tree, node: usize) -> bool {
    let class = tree.attr(node, "class").unwrap_or_default();
    let mut words = class.split_whitespace().take(12).flat_map(name_words);
    tree.tag(node) == "header"
        || words.any(|word| {
            matches!(
                word.as_str(),
                "header" | "head" | "hero" | "title" | "heading" | "intro" | "lead"
            )
        })
}

/// Whether the text goes on in siblings of the same shape, as in one `<section>` per heading.
fn goes_on(tree: &Tree, runs: &[Run], weights: &Weights, node: usize) -> bool {
    // An id without a class names a part of its own.
    let shape = |node| {
        (
            tree.attr(node, "class"),
            tree.attr(node, "class").is_none() && tree.attr(node, "id").is_some(),
        )
    };
    let alike = |&other: &usize| {
        other > node && tree.tag(other) == tree.tag(node) && shape(other) == shape(node) && !shape(node).1
    };
    // A sibling that opens with a link is a teaser of another page.
    let opens_with_link = |other: usize| {
        let first = runs.get(runs.partition_point(|run| run.node < other));
        first.is_some_and(|run| run.link_share(|link| !Site::is_jump(tree, link)) >= 0.9)
    };
    tree.children(tree.parent(node))
        .filter(alike)
        .any(|other| weights.prose[other] >= 12 && !opens_with_link(other))
}

/// Down to the smallest element that still holds `percent` of the prose.
fn descend(tree: &Tree, weights: &Weights, from: usize, percent: usize) -> usize {
    let mut at = from;
    let enough = weights.prose[from] * percent;
    while let Some(child) = tree
        .children(at)
        .find(|&child| weights.prose[child] * 100 >= enough.max(1))
    {
        if !matches!(
            tree.tag(child),
            "div"
                | "section"
                | "article"
                | "main"
                | "body"
                | "html"
                | "td"
                | "tr"
                | "tbody"
                | "table"
                | "center"
                | "form"
                | "span"
                | "font"
                | "details"
                | "header"
        ) {
            break;
        }
        at = child;
    }
    at
}

/// The smallest element that the page itself names as its article, if it holds much of what `best` holds.
fn hinted(tree: &Tree, weights: &Weights, best: usize) -> Option<usize> {
    let enough = weights.worth[best] * 0.6;
    let named: Vec<usize> = (best..tree.end(best))
        .filter(|&node| {
            weights.worth[node] >= enough && weights.prose[node] > 0 && is_named_article(tree, node)
        })
        .collect();
    let pieces = Pieces::new(tree, weights, best, &named);
    named
        .into_iter()
        .filter(|&node| !pieces.is_one_of_several(tree, weights, node))
        .min_by_key(|&node| weights.words[node])
}

/// Name and class of an element that has a class.
type Shape<'a> = (&'a str, &'a str);

fn shape(tree: &Tree, node: usize) -> Option<Shape<'_>> {
    tree.attr(node, "class").map(|class| (tree.tag(node), class))
}

/// Elements that share name and class with one that may be the article. Gathered once: a page may name thousands.
struct Pieces<'a>(HashMap<Shape<'a>, Alike>);

/// The elements of one shape.
#[derive(Default)]
struct Alike {
    /// In document order: where it starts, and the most prose that it or one behind it holds.
    starts: Vec<(usize, usize)>,
    /// By their ends: where it ends, and the most prose that it or one that ends before it holds.
    ends: Vec<(usize, usize)>,
}

impl<'a> Pieces<'a> {
    /// The elements below `best` that are like one of `named`.
    fn new(tree: &'a Tree, weights: &Weights, best: usize, named: &[usize]) -> Self {
        let mut all: HashMap<Shape<'_>, Alike> = named
            .iter()
            .filter_map(|&node| Some((shape(tree, node)?, Alike::default())))
            .collect();
        if all.is_empty() {
            return Self(all);
        }
        for node in best..tree.end(best) {
            if let Some(alike) = shape(tree, node).and_then(|shape| all.get_mut(&shape)) {
                alike.starts.push((node, weights.prose[node]));
                alike.ends.push((tree.end(node), weights.prose[node]));
            }
        }
        for alike in all.values_mut() {
            alike.ends.sort_unstable();
            raise(alike.ends.iter_mut());
            raise(alike.starts.iter_mut().rev());
        }
        Self(all)
    }

    /// Whether another element of the same shape, neither around nor inside, has prose: a text in several pieces.
    fn is_one_of_several(&self, tree: &Tree, weights: &Weights, node: usize) -> bool {
        let Some(alike) = shape(tree, node).and_then(|shape| self.0.get(&shape)) else {
            return false;
        };
        let before = alike.ends.partition_point(|&(end, _)| end <= node);
        let behind = alike.starts.partition_point(|&(start, _)| start < tree.end(node));
        let before = alike.ends[..before].last();
        let apart = before.into_iter().chain(alike.starts.get(behind));
        apart
            .into_iter()
            .any(|&(_, prose)| prose * 7 >= weights.prose[node])
    }
}

/// Makes each number the most of itself and all before it.
fn raise<'a>(pairs: impl Iterator<Item = &'a mut (usize, usize)>) {
    let mut most = 0;
    for (_, prose) in pairs {
        most = most.max(*prose);
        *prose = most;
    }
}

fn is_named_article(tree: &Tree, node: usize) -> bool {
    let tag = tree.tag(node);
    if tag == "article"
        || tree
            .attr(node, "itemprop")
            .is_some_and(|prop| prop == "articleBody")
    {
        return true;
    }
    if !matches!(tag, "div" | "section" | "td" | "main") {
        return false;
    }
    let id = tree.attr(node, "id").into_iter();
    let mut names = tree
        .attr(node, "class")
        .unwrap_or_default()
        .split_whitespace()
        .take(24)
        .chain(id);
    names.any(|name| {
        let name = name.to_ascii_lowercase();
        matches!(
            name.as_str(),
            "entry-content"
                | "post-content"
                | "article-content"
                | "article-body"
                | "articlebody"
                | "post-body"
                | "story-body"
                | "story-content"
                | "article__body"
                | "article__content"
                | "post__content"
                | "entry"
                | "body-content"
                | "content-body"
                | "article-text"
                | "story-text"
                | "td-post-content"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::clutter::never_text;
    use super::super::parse::parse;
    use super::super::segment::segment;
    use super::*;
    use url::Url;

    /// The class of the element that `html` itself names as its article, if it is taken at its word.
    fn hint(html: &str) -> Option<String> {
        let tree = parse(html);
        let site = Site::new(&tree, &Url::parse("https://example.com/a").unwrap());
        let runs = segment(&tree, &never_text(&tree));
        let weights = Weights::new(&tree, &runs, &site);
        let body = tree.elements(0, "body").next().unwrap();
        let node = hinted(&tree, &weights, body)?;
        Some(tree.attr(node, "class").unwrap_or_default().to_owned())
    }

    #[test]
    fn an_element_named_as_the_article_is_taken_unless_the_text_is_in_several_such() {
        let said = "<p>One says something of some length here, and goes on for a while.</p>";
        let long = said.repeat(7);
        let short = "<p>One says something of some length.</p>";
        let div = |inner: &str| format!("<div class=entry>{inner}</div>");
        assert_eq!(hint(&div(&long)).as_deref(), Some("entry"));
        assert_eq!(
            hint(&(div(&long) + &div(short))).as_deref(),
            Some("entry"),
            "a small one"
        );
        assert_eq!(hint(&(div(&long) + &div(said))), None, "one behind");
        assert_eq!(hint(&(div(said) + &div(&long))), None, "one before");
        assert_eq!(
            hint(&div(&(div(&long) + said))).as_deref(),
            Some("entry"),
            "one inside"
        );
        assert_eq!(
            hint(&format!("<article>{long}</article>{}", div(said))).as_deref(),
            Some("")
        );
    }
}
