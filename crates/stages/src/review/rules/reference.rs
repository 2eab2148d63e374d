//! Words that mean something which the reader cannot see: `this crate`, `the flaw`, where none was named.

use std::sync::LazyLock;

use copydesk_domain::artifact::{Evidence, Suggestion, SuggestionKind};
use copydesk_text::{quotes, sentence};
use regex::Regex;

use super::{Line, about};

/// Each quotation beside the one before it from the same source and beside its paragraph, and the first own words of
/// each section.
pub(super) fn check(lines: &[Line<'_>]) -> Vec<Suggestion> {
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let previous = at.checked_sub(1).map(|at| &lines[at]);
        let previous = previous.filter(|other| other.section.heading == line.section.heading);
        let words = pointing(line, previous).or_else(|| presuming(line, &lines[..at]));
        found.extend(words.map(|words| {
            let reason = format!("nothing before it names what “{words}” means");
            about(line, SuggestionKind::HardToRead, reason)
        }));
    }
    found
}

/// The first words of a line that point at what the reader has not read. Where a clause stands before them, a reader may
/// follow, and no word is lost about it.
fn pointing(line: &Line<'_>, previous: Option<&Line<'_>>) -> Option<String> {
    let mut before = previous
        .filter(|other| share_a_source(line, other))
        .map_or_else(String::new, |other| quoted(other.text()));
    for quotation in quotes::find(line.text()).into_iter().map(|quote| quote.text) {
        if let Some(words) = open(&quotation, &before) {
            return Some(words);
        }
        before = quotation;
    }
    let is_own = quotes::find(line.text()).is_empty() && previous.is_none();
    is_own.then(|| open(line.text(), "")).flatten()
}

/// The first words of a line that take for known what nothing before them in their paragraph names.
fn presuming(line: &Line<'_>, before: &[Line<'_>]) -> Option<String> {
    let mut told = before
        .iter()
        .filter(|other| share_a_paragraph(line, other))
        .map(|other| told_by(other, line))
        .collect::<Vec<_>>()
        .join("\n");
    let found = quotes::find(line.text());
    if found.is_empty() {
        return presumed(line.text(), &told);
    }
    let own = own_words(line.text());
    for quotation in found.into_iter().map(|quote| quote.text) {
        // A piece of a sentence stands within words that say what it is about.
        let words = sentence::is_prose(&quotation).then(|| presumed(&quotation, &format!("{told}\n{own}")));
        if let Some(words) = words.flatten() {
            return Some(words);
        }
        told = format!("{told}\n{quotation}");
    }
    None
}

fn presumed(text: &str, told: &str) -> Option<String> {
    let mut open = sentence::presumes(text)
        .into_iter()
        .filter(|pointer| !pointer.is_met_by(told.trim()));
    open.next()
        .and_then(|pointer| text.get(pointer.range))
        .map(str::to_owned)
}

/// What a line tells for one behind it: its own words but for those that say who is quoted, and what it quotes of the same
/// source.
fn told_by(line: &Line<'_>, later: &Line<'_>) -> String {
    let text = line.text();
    let quoted = quoted(text);
    if quoted.is_empty() {
        return text.to_owned();
    }
    let quoted = Some(quoted).filter(|_| share_a_source(line, later));
    format!("{}\n{}", own_words(text), quoted.unwrap_or_default())
}

/// The words in front of a line's first quotation but for those that say who is quoted: `On Norn 4.2` of
/// `On Norn 4.2, Lattice writes:`.
fn own_words(text: &str) -> &str {
    static WHO: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?:^|,)[^,]*:\s*[“„«\x22]?\s*$")
            .expect("the pattern is a constant that the tests compile")
    });
    let end = quotes::find(text)
        .first()
        .map_or(text.len(), |quote| quote.range.start);
    let head = text.get(..end).unwrap_or(text);
    let bare = WHO.find(head).map_or(head, |who| &head[..who.start()]);
    let bare = bare.split(" since our issue of ").next().unwrap_or(bare).trim();
    bare.trim_start_matches("New on ").trim_start_matches("On ")
}

fn share_a_paragraph(a: &Line<'_>, b: &Line<'_>) -> bool {
    let holds = |ids: &&Vec<copydesk_domain::SentenceId>| ids.contains(&a.sentence.id);
    let paragraph = a.section.paragraphs.iter().find(holds);
    paragraph.is_some_and(|ids| ids.contains(&b.sentence.id))
}

fn open(text: &str, before: &str) -> Option<String> {
    let pointers = sentence::pointers(text);
    let mut open = pointers
        .into_iter()
        .filter(|pointer| pointer.is_open && !pointer.is_met_by(before));
    open.next()
        .and_then(|pointer| text.get(pointer.range))
        .map(str::to_owned)
}

fn quoted(text: &str) -> String {
    let all: Vec<String> = quotes::find(text).into_iter().map(|quote| quote.text).collect();
    all.join(" ")
}

fn share_a_source(a: &Line<'_>, b: &Line<'_>) -> bool {
    let spans = |line: &Line<'_>| {
        line.sentence
            .evidence
            .iter()
            .flat_map(Evidence::spans)
            .map(|span| span.snapshot)
            .collect::<Vec<_>>()
    };
    let theirs = spans(b);
    spans(a).iter().any(|snapshot| theirs.contains(snapshot))
}

#[cfg(test)]
mod tests {
    use copydesk_domain::artifact::{DraftSection, Sentence, SentenceKind, SpanRef};
    use copydesk_domain::{ContentHash, Untrusted};

    use super::*;

    /// A section of one paragraph.
    fn section(sentences: usize) -> DraftSection {
        DraftSection {
            heading: "In brief".to_owned(),
            kind: "roundup".to_owned(),
            note: None,
            stories: Vec::new(),
            paragraphs: vec![
                (0..sentences)
                    .map(|at| format!("p{at}").as_str().into())
                    .collect(),
            ],
            listed: Vec::new(),
            angles: Vec::new(),
            wanted: None,
        }
    }

    /// What is said of some sentences, each with the page it stands on.
    fn warned(told: &[(&str, &str)]) -> Vec<String> {
        let section = section(told.len());
        let sentences: Vec<Sentence> = told
            .iter()
            .enumerate()
            .map(|(at, (text, page))| Sentence {
                id: format!("p{at}").as_str().into(),
                text: Untrusted::new((*text).to_owned()),
                kind: SentenceKind::Claim,
                evidence: vec![Evidence::Span(SpanRef {
                    snapshot: ContentHash::of(page.as_bytes()),
                    start: 0,
                    end: 1,
                })],
            })
            .collect();
        let lines: Vec<Line<'_>> = sentences
            .iter()
            .map(|sentence| Line {
                sentence,
                section: &section,
            })
            .collect();
        check(&lines)
            .into_iter()
            .map(|found| found.reason.inspect().clone())
            .collect()
    }

    #[test]
    fn words_inside_a_quotation_that_nothing_names_are_warned_of() {
        let found = warned(&[
            ("Moss writes: “The mirror fell at noon.”", "a"),
            (
                "Norn reports: “We found that Corrie had been made to depend on this crate.”",
                "b",
            ),
        ]);
        assert_eq!(found, ["nothing before it names what “this crate” means"]);
        assert_eq!(
            warned(&[("Norn reports: “The steps are described below.”", "a")]).len(),
            1
        );
    }

    #[test]
    fn the_quotation_before_from_the_same_page_names_it() {
        let told = |page: &'static str| {
            warned(&[
                ("Norn reports: “The crate arone ran a script.”", "a"),
                ("Norn adds: “Two others depend on this crate.”", page),
            ])
        };
        assert!(told("a").is_empty());
        assert_eq!(told("b").len(), 1, "another page means another crate");
    }

    #[test]
    fn time_sums_and_the_authors_own_flow_are_left_alone() {
        for text in [
            "Norn reports: “Downloads doubled this week.”",
            "Norn reports: “It is clear that mirrors help.”",
            "Norn reports: “We moved rows to pages, and this halves the load.”",
        ] {
            assert!(warned(&[(text, "a")]).is_empty(), "{text}");
        }
        let own = [("The mirror fell.", "a"), ("This worries operators.", "a")];
        assert!(warned(&own).is_empty());
        assert_eq!(
            warned(&own[1..]).len(),
            1,
            "at the head of a section nothing stands before it"
        );
    }

    #[test]
    fn what_a_sentence_takes_for_known_is_named_in_its_paragraph() {
        let flaw = ("Norn reports: “The flaw was corrected in commit 6e8c000.”", "a");
        assert_eq!(warned(&[flaw]), ["nothing before it names what “The flaw” means"]);
        assert_eq!(
            warned(&[("The flaw was corrected within a day.", "a")]).len(),
            1,
            "a model's own sentence"
        );
        for before in [
            ("Norn writes: “Two flaws were found in rows.”", "a"),
            ("Norn writes: “The crate proc_macro1 reads keys.”", "a"),
            ("The planner of Corrie loses rows.", "b"),
        ] {
            assert!(warned(&[before, flaw]).is_empty(), "{before:?}");
        }
        let other = ("Moss writes: “The crate proc_macro1 reads keys.”", "b");
        assert_eq!(warned(&[other, flaw]).len(), 1, "another page means another flaw");
        let framed = ("On anyhow, Norn writes: “Rows were lost on restart.”", "b");
        assert!(
            warned(&[framed, flaw]).is_empty(),
            "a frame names it for its paragraph"
        );
        for framed in [
            "On anyhow, Norn reports: “The flaw was corrected in commit 6e8c000.”",
            "New on anyhow since our issue of 3 June 2026, from Norn: “The flaw was corrected in commit 6e8c000.”",
            "Corrie has a flaw, and its maker writes: “The flaw was corrected in commit 6e8c000.”",
            "Norn calls it “the flaw” of the week.",
        ] {
            assert!(warned(&[(framed, "a")]).is_empty(), "{framed}");
        }
    }
}
