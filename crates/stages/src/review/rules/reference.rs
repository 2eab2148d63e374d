//! Words that mean something which the reader cannot see: `this crate`, where none was named.

use copydesk_domain::artifact::{Evidence, Suggestion, SuggestionKind};
use copydesk_text::{quotes, sentence};

use super::{Line, about};

/// Each quotation beside the one before it from the same source, and the first own words of each section.
pub(super) fn check(lines: &[Line<'_>]) -> Vec<Suggestion> {
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let previous = at.checked_sub(1).map(|at| &lines[at]);
        let previous = previous.filter(|other| other.section.heading == line.section.heading);
        let words = pointing(line, previous);
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

    fn section() -> DraftSection {
        DraftSection {
            heading: "In brief".to_owned(),
            kind: "roundup".to_owned(),
            note: None,
            stories: Vec::new(),
            paragraphs: Vec::new(),
            listed: Vec::new(),
            angles: Vec::new(),
            wanted: None,
        }
    }

    /// What is said of some sentences, each with the page it stands on.
    fn warned(told: &[(&str, &str)]) -> Vec<String> {
        let section = section();
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
}
