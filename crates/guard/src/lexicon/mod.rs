//! Words that deny each other, exclude each other, or say nearly the same: reviewed lists, compared by stem.

pub(crate) mod firmness;
pub(crate) mod peoples;

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use copydesk_text::words::stem;

type Relation = HashMap<String, Vec<String>>;

/// A reviewed list of words.
pub(crate) type Words = LazyLock<HashSet<&'static str>>;

/// The words of a list, parted by spaces.
pub(crate) fn listed(words: &'static str) -> HashSet<&'static str> {
    words.split_whitespace().collect()
}

static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::read);

/// Another word of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sibling {
    /// The word in small letters.
    pub(crate) word: String,
    /// Its stem, by which it is looked up.
    pub(crate) stem: String,
}

struct Lexicon {
    opposites: Relation,
    siblings: HashMap<String, Vec<Sibling>>,
    alike: Relation,
    acts: Relation,
    heads: HashMap<String, String>,
}

/// Stems of the words that say the contrary of a word.
pub(crate) fn opposites(stem: &str) -> &'static [String] {
    LEXICON.opposites.get(stem).map_or(&[], Vec::as_slice)
}

/// Stems of the doings that are taken for a doing and are another.
pub(crate) fn other_acts(stem: &str) -> &'static [String] {
    LEXICON.acts.get(stem).map_or(&[], Vec::as_slice)
}

/// The other words of the kind of a word in small letters. Compared as written but for a plural: a producer is of a
/// kind with a director, to produce is not.
pub(crate) fn siblings(word: &str) -> &'static [Sibling] {
    let found = LEXICON
        .siblings
        .get(word)
        .or_else(|| LEXICON.siblings.get(singular(word)));
    found.map_or(&[], Vec::as_slice)
}

/// A noun without the ending of its plural, where it has one.
pub(crate) fn singular(word: &str) -> &str {
    if word.len() < 4 || word.ends_with("ss") || word.ends_with("us") {
        return word;
    }
    word.strip_suffix("shes")
        .map(|head| &word[..head.len() + 2])
        .or_else(|| word.strip_suffix('s'))
        .unwrap_or(word)
}

/// Stems of the words that say nearly the same as a word.
pub(crate) fn alike(stem: &str) -> &'static [String] {
    LEXICON.alike.get(stem).map_or(&[], Vec::as_slice)
}

/// Whether a word in small letters stands in one of the lists: an everyday word, no name.
pub(crate) fn is_everyday(word: &str) -> bool {
    let stem = stem(word);
    !(alike(&stem).is_empty() && opposites(&stem).is_empty() && siblings(word).is_empty())
}

/// One stem for all words of a group, so that two texts can be compared by it.
pub(crate) fn head(stem: &str) -> &str {
    LEXICON.heads.get(stem).map_or(stem, String::as_str)
}

impl Lexicon {
    fn read() -> Self {
        let mut lexicon = Self {
            opposites: Relation::new(),
            siblings: HashMap::new(),
            alike: Relation::new(),
            acts: Relation::new(),
            heads: HashMap::new(),
        };
        for group in lines(include_str!("alike.txt")) {
            let group = stems(group);
            lexicon.add_alike(&group);
            for word in &group {
                let head = group[0].clone();
                lexicon.heads.entry(word.clone()).or_insert(head);
            }
        }
        for line in lines(include_str!("opposites.txt")) {
            let (left, right) = line.split_once('|').unwrap_or((line, ""));
            let (left, right) = (stems(left), stems(right));
            cross(&mut lexicon.opposites, &left, &right);
            cross(&mut lexicon.opposites, &right, &left);
            lexicon.add_alike(&left);
            lexicon.add_alike(&right);
        }
        for line in lines(include_str!("acts.txt")) {
            let sides: Vec<Vec<String>> = line.split('|').map(stems).collect();
            for (at, side) in sides.iter().enumerate() {
                for other in sides.iter().enumerate().filter(|(other, _)| *other != at) {
                    cross(&mut lexicon.acts, side, other.1);
                }
            }
        }
        for line in lines(include_str!("siblings.txt")) {
            lexicon.add_kind(line);
        }
        lexicon
    }

    fn add_kind(&mut self, line: &str) {
        let members: Vec<Vec<&str>> = line
            .split_whitespace()
            .map(|member| member.split('=').collect())
            .collect();
        for (at, member) in members.iter().enumerate() {
            let same: Vec<String> = member.iter().copied().map(stem).collect();
            self.add_alike(&same);
            let others = members.iter().enumerate().filter(|(other, _)| *other != at);
            let others: Vec<Sibling> = others
                .flat_map(|(_, words)| words)
                .map(|word| Sibling {
                    word: (*word).to_owned(),
                    stem: stem(word),
                })
                .collect();
            for word in member {
                let known = self.siblings.entry((*word).to_owned()).or_default();
                known.extend(others.iter().cloned());
            }
        }
    }

    fn add_alike(&mut self, group: &[String]) {
        cross(&mut self.alike, group, group);
    }
}

fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn stems(words: &str) -> Vec<String> {
    words.split_whitespace().map(stem).collect()
}

/// Adds each word of `to` to what each word of `from` stands in relation with.
fn cross(relation: &mut Relation, from: &[String], to: &[String]) {
    for word in from {
        let known = relation.entry(word.clone()).or_default();
        for other in to.iter().filter(|other| *other != word) {
            if !known.contains(other) {
                known.push(other.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{alike, lines, opposites, siblings, stem, stems};

    #[test]
    fn no_word_is_its_own_contrary() {
        for line in lines(include_str!("opposites.txt")) {
            let (left, right) = line.split_once('|').expect("each line has two sides");
            let (left, right) = (stems(left), stems(right));
            assert!(!left.is_empty() && !right.is_empty(), "{line}");
            assert!(left.iter().all(|word| !right.contains(word)), "{line}");
        }
    }

    #[test]
    fn the_lists_are_read() {
        assert!(opposites(&stem("allowed")).contains(&stem("banned")));
        assert!(alike(&stem("purchase")).contains(&stem("bought")));
        assert!(siblings("weeks").iter().any(|other| other.word == "month"));
        assert!(
            siblings("produce").is_empty(),
            "a verb is not of a kind with a director"
        );
    }
}
