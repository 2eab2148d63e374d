//! The headline, without the site's name.

use std::collections::{HashMap, HashSet};

use super::class_names::name_words;
use super::head::Head;
use super::json_ld::Described;
use super::model::BlockKind;
use super::run::Run;
use super::site::Site;
use super::tree::Tree;

/// What stands between a headline and the site's name in `<title>`.
const SEPARATORS: &[&str] = &[
    " | ", " - ", " – ", " — ", " :: ", " · ", " • ", " » ", " « ", " ‹ ", " › ", " / ", " ~ ", " < ", " > ",
    ": ",
];

/// The page's title, and the run that shows it.
pub struct Title {
    /// Headline.
    pub text: Option<String>,
    /// Index among the runs.
    pub run: Option<usize>,
}

/// Finds the title of a page.
pub fn find(tree: &Tree, runs: &[Run], head: &Head, described: &Described, site: &Site) -> Title {
    let host = site.host();
    let names = SiteNames::new(head, described, host);
    let declared: Vec<String> = [
        head.first(&["og:title"]),
        described.headline.as_deref(),
        head.first(&[
            "twitter:title",
            "citation_title",
            "dc.title",
            "parsely-title",
            "sailthru.title",
        ]),
    ]
    .into_iter()
    .flatten()
    .map(|title| names.strip(title))
    .collect();
    let shown = shown(tree, runs, head, &declared, site);
    let text = shown
        .map(|run| runs[run].text.clone())
        .or_else(|| declared.first().cloned())
        .or_else(|| {
            let title = head.title.as_deref()?;
            Some(names.strip(title))
        });
    let text = text.or_else(|| first_heading(tree, runs).map(|run| runs[run].text.clone()));
    let run = shown.or_else(|| {
        text.as_ref()
            .and_then(|text| runs.iter().position(|run| same(&run.text, text)))
    });
    Title { text, run }
}

/// The run that shows what `<title>` or a declaration says, headings of a high level first.
fn shown(tree: &Tree, runs: &[Run], head: &Head, declared: &[String], site: &Site) -> Option<usize> {
    let mut wanted: HashMap<String, bool> = head.title.iter().flat_map(|title| parts(title)).collect();
    wanted.extend(declared.iter().map(|title| (letters(title), false)));
    wanted.remove("");
    let is_wanted = |run: &Run| {
        let is_small = wanted.get(&letters(&run.text));
        run.words <= 60 && is_small.is_some_and(|is_small| !is_small || is_headline(tree, run))
    };
    let fits: Vec<usize> = (0..runs.len()).filter(|&at| is_wanted(&runs[at])).collect();
    // A part of `<title>` counts where nothing shows all of a title.
    let whole: HashSet<String> = declared
        .iter()
        .chain(&head.title)
        .map(|title| letters(title))
        .collect();
    let exact: Vec<usize> = fits
        .iter()
        .copied()
        .filter(|&at| whole.contains(&letters(&runs[at].text)))
        .collect();
    let is_exact = !exact.is_empty();
    let fits = if is_exact { exact } else { fits };
    // The site's name is a part of `<title>` too, and so may be its section: but those are links to elsewhere.
    let (elsewhere, own): (Vec<usize>, Vec<usize>) = fits
        .into_iter()
        .partition(|&at| runs[at].link_share(|node| !site.is_self(tree, node)) >= 0.9);
    let elsewhere = if is_exact { elsewhere } else { Vec::new() };
    [own, elsewhere].iter().find_map(|fits| {
        let best = |accepts: &dyn Fn(&Run) -> bool| {
            let found = fits.iter().copied().filter(|&at| accepts(&runs[at]));
            found.max_by_key(|&at| (runs[at].text.len(), usize::MAX - at))
        };
        let first = is_exact
            .then(|| fits.iter().copied().find(|&at| runs[at].words >= 2))
            .flatten();
        best(&|run| is_headline(tree, run))
            .or(first)
            .or_else(|| best(&|run| run.kind == BlockKind::Heading))
            .or_else(|| best(&|run| run.words >= 2))
    })
}

fn is_headline(tree: &Tree, run: &Run) -> bool {
    let holders = std::iter::once(run.owner).chain(tree.ancestors(run.owner).take(1));
    holders.into_iter().any(|node| {
        tree.tag(node) == "h1"
            || tree.attr(node, "itemprop").is_some_and(|prop| prop == "headline")
            || tree.attr(node, "class").is_some_and(|class| {
                class.split_whitespace().any(|name| {
                    let words = name_words(name);
                    let words: Vec<&str> = words.iter().map(String::as_str).collect();
                    matches!(
                        words.as_slice(),
                        ["entry" | "post" | "article" | "story", "title" | "headline"] | ["headline"]
                    )
                })
            })
    })
}

fn first_heading(tree: &Tree, runs: &[Run]) -> Option<usize> {
    runs.iter().position(|run| tree.tag(run.owner) == "h1")
}

/// Letters and digits only, in lower case.
pub fn letters(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Whether two texts have the same letters and digits, at least one.
pub fn same(left: &str, right: &str) -> bool {
    let left = letters(left);
    !left.is_empty() && left == letters(right)
}

/// The letters of a title and of what stands before and behind each separator in it, with whether that is much
/// shorter than the rest.
fn parts(title: &str) -> HashMap<String, bool> {
    let mut parts = HashMap::from([(letters(title), false)]);
    for separator in SEPARATORS {
        for (at, sign) in title.match_indices(separator).take(8) {
            let (before, behind) = (letters(&title[..at]), letters(&title[at + sign.len()..]));
            // A much shorter part is the name of a section or of the site, unless a headline shows it.
            let (is_small, other_is_small) =
                (before.len() * 3 < behind.len(), behind.len() * 3 < before.len());
            parts.insert(before, is_small);
            parts.insert(behind, other_is_small);
        }
    }
    parts
}

/// Names under which the site may stand in a title.
struct SiteNames(Vec<String>);

impl SiteNames {
    fn new(head: &Head, described: &Described, host: &str) -> Self {
        let declared = [head.site_name(), described.site_name.as_deref()];
        let mut names: Vec<String> = declared.into_iter().flatten().map(letters).collect();
        names.push(letters(host.trim_start_matches("www.")));
        names.extend(host.rsplit('.').nth(1).map(letters));
        names.retain(|name| name.len() >= 3);
        Self(names)
    }

    /// `title` without the site's name at either end.
    fn strip(&self, title: &str) -> String {
        for separator in SEPARATORS {
            if let Some((before, after)) = title.rsplit_once(separator)
                && !before.trim().is_empty()
                && (self.is_site(after)
                    || (*separator == " | " || *separator == " :: ") && words(after) <= words(before))
            {
                return strip_section(before);
            }
            if let Some((before, after)) = title.split_once(separator)
                && !after.trim().is_empty()
                && self.is_site(before)
            {
                return after.trim().to_owned();
            }
        }
        title.trim().to_owned()
    }

    fn is_site(&self, part: &str) -> bool {
        let part = letters(part);
        !part.is_empty()
            && self
                .0
                .iter()
                .any(|name| *name == part || (part.len() >= 4 && name.contains(&part)))
    }
}

/// "Headline | Section", what is left of "Headline | Section | Site".
fn strip_section(title: &str) -> String {
    match title.rsplit_once(" | ") {
        Some((before, after)) if words(before) > words(after) => before.trim().to_owned(),
        _ => title.trim().to_owned(),
    }
}

fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_site_is_taken_off_either_end() {
        let names = SiteNames(vec!["thegoblog".to_owned(), "example".to_owned()]);
        assert_eq!(
            names.strip("Go 1.27 is released | The Go Blog"),
            "Go 1.27 is released"
        );
        assert_eq!(
            names.strip("The Go Blog - Go 1.27 - and more"),
            "Go 1.27 - and more"
        );
        assert_eq!(names.strip("A - B"), "A - B");
    }

    #[test]
    fn a_heading_is_a_part_of_the_title() {
        assert!(parts("What is new: all of it – Blog").contains_key("whatisnewallofit"));
        assert!(parts("Site: What is new").contains_key("whatisnew"));
        assert!(!parts("What is new in it").contains_key("whatisnew"));
    }
}
