//! Who wrote a page.

use std::sync::LazyLock;

use regex::Regex;

use super::class_names::name_words;
use super::date_text::{SlashOrder, written};
use super::head::Head;
use super::json_ld::Described;
use super::lead::Lead;
use super::model::BlockKind;
use super::run::Run;
use super::tree::{Tree, collapse};

/// Authors kept for one page.
const AUTHORS_MAX: usize = 20;
/// Bytes of a name; longer text is no name.
const NAME_MAX: usize = 80;

/// Names of the authors in page order.
pub fn find(tree: &Tree, runs: &[Run], lead: &Lead, head: &Head, described: &Described) -> Vec<String> {
    let declared = || metas(head);
    let marked = || marked(tree, lead);
    let shown = || shown(tree, runs, lead);
    let mut names = clean_all(described.authors.iter().cloned());
    for source in [&declared as &dyn Fn() -> Vec<String>, &marked, &shown] {
        if names.is_empty() {
            names = clean_all(source());
        }
    }
    names
}

fn metas(head: &Head) -> Vec<String> {
    for name in [
        "author",
        "article:author",
        "dc.creator",
        "dcterms.creator",
        "citation_author",
        "parsely-author",
        "sailthru.author",
        "byl",
        "twitter:creator",
    ] {
        let values: Vec<String> = head
            .all(name)
            .filter(|value| !value.starts_with('@'))
            .map(str::to_owned)
            .collect();
        if values.iter().any(|value| clean(value).is_some()) {
            return values;
        }
    }
    Vec::new()
}

/// Elements that the page marks as naming an author, those near the title first.
fn marked(tree: &Tree, lead: &Lead) -> Vec<String> {
    let near: Vec<String> = marked_in(tree, lead.nodes.clone());
    if near.is_empty() {
        marked_in(tree, 0..tree.nodes.len()).into_iter().take(1).collect()
    } else {
        near
    }
}

fn marked_in(tree: &Tree, nodes: std::ops::Range<usize>) -> Vec<String> {
    let is_marked = |node: usize| {
        let has = |attribute: &str, word: &str| {
            tree.attr(node, attribute).is_some_and(|value| {
                value
                    .split_whitespace()
                    .any(|item| item.eq_ignore_ascii_case(word))
            })
        };
        has("rel", "author") || has("itemprop", "author") || has_author_class(tree, node)
    };
    let mut names = Vec::new();
    let mut behind = nodes.start;
    for node in nodes {
        if node >= behind && is_marked(node) {
            behind = tree.end(node);
            let inner = (node..tree.end(node)).find(|&at| tree.attr(at, "itemprop") == Some("name"));
            names.extend(split(&tree.text_below(inner.unwrap_or(node), " ", 300)));
        }
    }
    names
}

fn has_author_class(tree: &Tree, node: usize) -> bool {
    let class = tree.attr(node, "class").unwrap_or_default();
    class.split_whitespace().take(12).any(|name| {
        let words = name_words(name);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        matches!(
            words.as_slice(),
            ["author" | "authors" | "fn"]
                | ["author" | "byline", "name"]
                | ["byline" | "post" | "entry" | "article", "author"]
        )
    })
}

static BY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?ix) (?: ^ | [|·•—–,;:)\d] \s* | \b(?:written|posted|published|words|story|text|report|reported)\s+ )
          (?:by|von|par|por|di|door) [:\s]+ (.{2,160})",
    )
    .expect("the pattern is fixed and valid")
});

/// A line near the title such as "By Ann Lee | 20 August 2026" or "Ann Lee, 20 August 2026".
fn shown(tree: &Tree, runs: &[Run], lead: &Lead) -> Vec<String> {
    let lines: Vec<String> = lead
        .lines(tree, runs)
        .filter(|(at, _)| runs[*at].kind != BlockKind::Heading)
        .map(|(_, line)| line)
        .collect();
    let named = |names: &Vec<String>| !names.is_empty() && names.iter().all(|name| looks_like_name(name));
    let by = lines
        .iter()
        .filter_map(|line| BY.captures(line))
        .map(|parts| split(up_to_sign(&parts[1])));
    let dated = lines.iter().filter(|line| {
        line.split_whitespace().count() <= 20 && written(line, SlashOrder::DayFirst).is_some()
    });
    by.map(Vec::from_iter)
        .find(named)
        .or_else(|| dated.map(|line| split(up_to_sign(line))).find(named))
        .unwrap_or_default()
}

/// Up to five words, each but for particles with a capital; one word may be a login.
fn looks_like_name(name: &str) -> bool {
    let Some(name) = clean(name) else {
        return false;
    };
    let words: Vec<&str> = name.split_whitespace().collect();
    let is_particle = |word: &str| {
        matches!(
            word,
            "de" | "da"
                | "di"
                | "du"
                | "la"
                | "le"
                | "van"
                | "von"
                | "der"
                | "den"
                | "of"
                | "the"
                | "and"
                | "bin"
                | "al"
                | "el"
                | "team"
        )
    };
    let is_capital = |word: &str| {
        word.chars()
            .find(|c| c.is_alphabetic())
            .is_none_or(|c| !c.is_lowercase())
    };
    let first = words[0].to_lowercase();
    let announces = matches!(
        first.as_str(),
        "posted" | "published" | "updated" | "on" | "date" | "last" | "modified" | "in" | "blog" | "news"
    );
    !announces
        && words.len() <= 5
        && !name.ends_with(['.', '?', '!'])
        && (words.len() == 1 || words.iter().all(|word| is_capital(word) || is_particle(word)))
}

/// A byline up to where the next piece of information begins.
fn up_to_sign(line: &str) -> &str {
    let signs = [
        " | ",
        " » ",
        " · ",
        " • ",
        " – ",
        " — ",
        " - ",
        " on ",
        "|",
        " Posted",
        " Published",
        " Updated",
        " @",
        " in ",
    ];
    let end = signs
        .iter()
        .filter_map(|sign| line.find(sign))
        .min()
        .unwrap_or(line.len());
    let line = &line[..end];
    let digit = line.find(|c: char| c.is_ascii_digit()).unwrap_or(line.len());
    let names = line[..digit].trim_end();
    // "Ann Lee, 20 August" against "Ann Lee, August 20": then the word before the digits is the month.
    if digit == line.len() || names.ends_with(',') {
        return names;
    }
    names.rsplit_once([' ', ',']).map_or("", |(names, _)| names)
}

/// "Ann Lee, Bo Chen and Cy Dee" to three names.
fn split(names: &str) -> Vec<String> {
    names
        .split(['\n', ';', '|', '•', '·'])
        .flat_map(|part| {
            part.split(" and ")
                .flat_map(|part| part.split(" & "))
                .flat_map(|part| part.split(", "))
                .collect::<Vec<_>>()
        })
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .collect()
}

/// "Ann Lee, Bo Chen" in one value: parted when every piece can be a name by itself.
fn part(value: &str) -> Vec<String> {
    let names = split(value);
    // "Lee, Ann" and "Lee, Ann Marie" are one person, as in feeds.
    let is_one_word = |name: &String| name.split_whitespace().count() == 1;
    let is_inverted =
        names.len() == 2 && is_one_word(&names[0]) && (value.contains(", ") || is_one_word(&names[1]));
    if names.iter().all(|name| looks_like_name(name)) && !is_inverted {
        names
    } else {
        vec![value.to_owned()]
    }
}

fn clean_all(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut cleaned: Vec<String> = Vec::new();
    for name in names
        .into_iter()
        .flat_map(|value| part(&value))
        .filter_map(|name| clean(&name))
    {
        let known = cleaned.iter().any(|other| other.eq_ignore_ascii_case(&name));
        if !known && cleaned.len() < AUTHORS_MAX {
            cleaned.push(name);
        }
    }
    cleaned
}

/// A name without "By" and signs around it; none for addresses and what is no name.
fn clean(name: &str) -> Option<String> {
    let name = collapse(name);
    let name = name.trim_matches(|c: char| {
        c.is_whitespace() || matches!(c, ',' | ';' | ':' | '|' | '·' | '•' | '-' | '–' | '—' | '(' | '/')
    });
    let lower = name.to_lowercase();
    let by = [
        "written by ",
        "posted by ",
        "published by ",
        "by: ",
        "by ",
        "von ",
        "par ",
        "author: ",
        "authors: ",
    ];
    let start = by
        .iter()
        .find(|prefix| lower.starts_with(*prefix))
        .map_or(0, |prefix| prefix.len());
    let name = name.get(start..).unwrap_or(name).trim();
    let is_name = !name.is_empty()
        && name.len() <= NAME_MAX
        && !name.contains("://")
        && !name.starts_with("www.")
        && name.chars().any(char::is_alphabetic)
        && !matches!(
            name.to_lowercase().as_str(),
            "by" | "admin"
                | "author"
                | "unknown"
                | "staff"
                | "null"
                | "undefined"
                | "none"
                | "anonymous"
                | "follow"
                | "view all posts"
        );
    is_name.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_name_in_front_is_no_author_of_its_own() {
        assert_eq!(part("Smith, John Andrew"), ["Smith, John Andrew"]);
        assert_eq!(part("Lee, Ann"), ["Lee, Ann"]);
        assert_eq!(part("Ann Lee, Bo Chen"), ["Ann Lee", "Bo Chen"]);
        assert_eq!(part("Ann Lee, Bo"), ["Ann Lee", "Bo"]);
        assert_eq!(part("Ann and Bo Lee"), ["Ann", "Bo Lee"]);
    }

    #[test]
    fn names_lose_what_is_around_them() {
        assert_eq!(clean(" By  Ann Lee, ").as_deref(), Some("Ann Lee"));
        assert_eq!(clean("https://example.com/ann"), None);
        assert_eq!(
            split("Ann Lee, Bo Chen and Cy Dee"),
            ["Ann Lee", "Bo Chen", "Cy Dee"]
        );
        assert_eq!(up_to_sign("Ann Lee, August 20, 2026"), "Ann Lee,");
        assert_eq!(up_to_sign("Ann Lee | 4 min"), "Ann Lee");
    }
}
