//! True sentences made false in one marked way, and sentences that stay true though they are written otherwise.
//!
//! Nothing here uses the product's own eyes for numbers and names: a change that the guard cannot even see must be made
//! all the same.

mod hedge;
mod name;
mod near;
mod negation;
mod number;
mod quotation;
mod swap;

pub use name::names_in;

use crate::statistics::Draw;

/// A sentence to change, and what may be put in.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// The sentence.
    pub sentence: &'a str,
    /// The sentence with its neighbours: what it will be judged against.
    pub around: &'a str,
    /// Names of all documents.
    pub names: &'a [String],
    /// A sentence of another document.
    pub other: Option<&'a str>,
}

/// One way to change a sentence.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// Its name in reports.
    pub name: &'static str,
    /// The changed sentence; `None` where there is nothing to change.
    pub change: fn(&Setting<'_>, &mut Draw) -> Option<String>,
}

/// Ways that make a sentence false.
pub const KINDS: &[Kind] = &[
    Kind {
        name: "number",
        change: number::change,
    },
    Kind {
        name: "name",
        change: name::change,
    },
    Kind {
        name: "negation",
        change: negation::change,
    },
    Kind {
        name: "swap",
        change: swap::change,
    },
    Kind {
        name: "dropped hedge",
        change: hedge::change,
    },
    Kind {
        name: "invented quotation",
        change: quotation::change,
    },
];

/// Ways that leave it true.
pub const NEAR: &[Kind] = &[
    Kind {
        name: "word for word",
        change: near::same,
    },
    Kind {
        name: "other marks",
        change: near::other_marks,
    },
    Kind {
        name: "attributed",
        change: near::attributed,
    },
    Kind {
        name: "quoted",
        change: near::quoted,
    },
    Kind {
        name: "first clause",
        change: near::first_clause,
    },
    Kind {
        name: "without a parenthesis",
        change: near::without_parenthesis,
    },
];

/// The changed sentence with its change marked: `It fixes [40 → 91] bugs.`
///
/// Words that both begin and end with stand once; what is between them is the change.
pub fn marked(original: &str, changed: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (original.split(' ').collect(), changed.split(' ').collect());
    let same = |a: &mut dyn Iterator<Item = (&&str, &&str)>| a.take_while(|(old, new)| old == new).count();
    let start = same(&mut old.iter().zip(&new));
    let rest = old.len().min(new.len()) - start;
    let end = same(&mut old.iter().rev().zip(new.iter().rev()).take(rest));
    let between = |words: &[&str]| words[start..words.len() - end].join(" ");
    let mark = format!("[{} → {}]", between(&old), between(&new));
    let parts = [&new[..start], &[mark.as_str()], &new[new.len() - end..]];
    parts.concat().join(" ")
}

/// Replaces a byte range.
fn put(text: &str, range: &std::ops::Range<usize>, by: &str) -> String {
    format!("{}{by}{}", &text[..range.start], &text[range.end..])
}

/// A setting with nothing around, for tests.
#[cfg(test)]
fn alone(sentence: &str) -> Setting<'_> {
    Setting {
        sentence,
        around: sentence,
        names: &[],
        other: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_marked_where_it_is() {
        for (old, new, wanted) in [
            (
                "It fixes 40 bugs.",
                "It fixes 91 bugs.",
                "It fixes [40 → 91] bugs.",
            ),
            ("It is out.", "It is not out.", "It is [ → not] out."),
            ("It is usually so.", "It is so.", "It is [usually → ] so."),
            ("a a", "a a a", "a a [ → a]"),
            ("one", "two", "[one → two]"),
        ] {
            assert_eq!(marked(old, new), wanted);
        }
    }
}
