//! What a page is about, as its title names it, and whether a quotation needs to be told.
//!
//! `The flaw was corrected` leaves a reader with a question that the page's title answers: `anyhow: …`. A frame puts that
//! word in front; where a title has no such word, another sentence is quoted.

use copydesk_text::{sentence, words};

use super::material::Passage;

/// Letters of a label.
const LETTERS: std::ops::RangeInclusive<usize> = 2..=30;
/// Labels that name a kind of page and no thing.
const KINDS: [&str; 26] = [
    "feat", "fix", "chore", "docs", "refactor", "perf", "test", "tests", "ci", "build", "style", "release",
    "update", "news", "breaking", "re", "fwd", "aw", "wg", "psa", "til", "ama", "rfc", "rip", "ot", "faq",
];

/// The name in front of a title's colon, where it is written as names of things are and not as words: `anyhow`, `k8s`,
/// `Node.js`, `enum-map`.
pub fn label(title: &str) -> Option<&str> {
    let (label, rest) = title.trim_start().split_once(": ")?;
    let bare = label.trim_end();
    let begins_small = bare.starts_with(char::is_lowercase);
    let is_made = bare
        .chars()
        .skip(1)
        .any(|c| c.is_uppercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.' | '/'));
    let is_one = LETTERS.contains(&bare.chars().count())
        && bare.starts_with(char::is_alphabetic)
        && bare.ends_with(char::is_alphanumeric)
        && bare
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'));
    let lower = bare.to_lowercase();
    let is_word = KINDS.contains(&lower.as_str()) || words::is_stop(bare) || is_version(&lower);
    // A shout, or the number of a record: `CVE-2026-1`.
    let is_capital = !bare.contains(char::is_lowercase);
    let fits = is_one && (begins_small || is_made) && !is_word && !is_capital;
    (fits && !rest.trim().is_empty()).then_some(bare)
}

/// `v1.4.0`
fn is_version(lower: &str) -> bool {
    let bare = lower.trim_start_matches('v');
    bare.starts_with(|c: char| c.is_ascii_digit())
        && bare.chars().all(|c| c.is_ascii_digit() || c == '.' || c == '-')
}

/// Whether a text has a name as words of its own; `enum-map` is `enum_map` too, and no part of `enum-maps`.
pub fn names(text: &str, name: &str) -> bool {
    let plain = |text: &str| {
        let parts: Vec<String> = words::words(text)
            .flat_map(|(_, word)| word.split('_').map(str::to_lowercase).collect::<Vec<_>>())
            .collect();
        parts
    };
    let (all, own) = (plain(text), plain(name));
    !own.is_empty() && all.windows(own.len()).any(|run| run == own.as_slice())
}

/// What a section tells of its stories: its quotations, and the names that frames put in front of them.
#[derive(Debug, Default)]
pub struct Told(Vec<Piece>);

#[derive(Debug)]
struct Piece {
    story: String,
    /// Number of its page; none for what the issue says above the section.
    source: Option<u32>,
    text: String,
}

impl Told {
    /// Adds a passage with the name in front of it. Advice is read last, whenever it is written, and names nothing.
    pub fn add(&mut self, passage: &Passage<'_>, name: Option<&str>) {
        let quoted = (!passage.is_action).then_some(passage.text.as_ref());
        self.0
            .extend([name, quoted].into_iter().flatten().map(|text| Piece {
                story: passage.story.to_owned(),
                source: Some(passage.source()),
                text: text.to_owned(),
            }));
    }

    /// Adds what stands above all that will be told of a story.
    pub fn add_above(&mut self, story: &str, said: &[String]) {
        self.0.extend(said.iter().map(|text| Piece {
            story: story.to_owned(),
            source: None,
            text: text.clone(),
        }));
    }

    /// The name that a frame has to put in front of a passage: that of its page, where nothing told of the story has it.
    pub fn wanted_name<'t>(&self, passage: &Passage<'t>) -> Option<&'t str> {
        let is_plain = !passage.is_action && passage.who.is_none();
        let is_named = |label: &str| {
            let mut pieces = self.0.iter().filter(|piece| piece.story == passage.story);
            names(&passage.text, label)
                || names(passage.publisher(), label)
                || pieces.any(|piece| names(&piece.text, label))
        };
        passage.label().filter(|label| is_plain && !is_named(label))
    }

    /// Whether a passage takes for known what nothing quoted from its page names, nor the label of the page. Advice stands
    /// at the end of its story, and a speaker's words behind a name.
    pub fn leaves_open(&self, passage: &Passage<'_>) -> bool {
        if passage.is_action || passage.who.is_some() {
            return false;
        }
        let is_near = |piece: &&Piece| {
            piece.story == passage.story && piece.source.is_none_or(|source| source == passage.source())
        };
        let near = self.0.iter().filter(is_near).map(|piece| piece.text.as_str());
        let before: Vec<&str> = near.chain(passage.label()).collect();
        let before = before.join("\n");
        let presumed = sentence::presumes(&passage.text);
        presumed.iter().any(|pointer| !pointer.is_met_by(&before))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_a_name_that_is_made_like_one() {
        for (title, name) in [
            ("anyhow: Unsoundness in downcast", "anyhow"),
            ("enum-map: Enum trait allows confusion", "enum-map"),
            ("Node.js: Security releases", "Node.js"),
            ("gRPC: a new transport", "gRPC"),
        ] {
            assert_eq!(label(title), Some(name), "{title}");
        }
        for title in [
            "Update: the mirrors are back",
            "fix: a crash in the planner",
            "Norn planner: what is new",
            "v1.4.0: queues",
            "BREAKING: mirrors fell",
            "OAL-41878: the chart opens a port",
            "what: nobody knows",
            "Announcing Norn 4.2",
            "anyhow:",
        ] {
            assert_eq!(label(title), None, "{title}");
        }
    }

    #[test]
    fn a_name_is_found_as_words() {
        assert!(names("The `enum_map` crate has a hole.", "enum-map"));
        assert!(names("Node.js has two holes.", "Node.js"));
        assert!(!names("Many enum-maps are made.", "enum-map"));
        assert!(!names("The notes are long.", "Node.js"));
    }
}
