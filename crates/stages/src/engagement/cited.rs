//! What of a written answer holds: each sentence is judged by what it cites. Pure.

use std::collections::HashMap;

use copydesk_domain::artifact::{ClaimVerdict, Evidence, Sentence, SentenceKind, SpanRef, UnsettledSentence};
use copydesk_domain::task::{AnswerSentence, DraftAnswerOutput};
use copydesk_domain::untrusted::verify_span;
use copydesk_domain::{ContentHash, SentenceId, Untrusted, Verdict};
use copydesk_guard::{IssueDay, Ledger, judge};
use copydesk_text::{numbers, quotes};

use super::Told;
use super::answers::Passage;
use crate::review::{is_idiom, unsaid};

/// What readers get where nothing of an answer holds.
const NOT_TOLD: &str =
    "The sources of this issue do not tell. I have put your question on the list for the next one.";

/// An answer of which everything holds.
pub(super) struct Cited {
    pub(super) text: Untrusted<String>,
    pub(super) evidence: Vec<SpanRef>,
    pub(super) sentences: Vec<SentenceId>,
    pub(super) is_answered: bool,
    /// Sentences of it that code cannot settle.
    pub(super) unsettled: Vec<UnsettledSentence>,
    /// Sentences that are not in it, each with the reason.
    pub(super) dropped: Vec<String>,
}

/// What an answer may stand on.
pub(super) struct Ground<'a> {
    told: &'a Told,
    passages: &'a [Passage],
    /// Texts of the sources, and each sentence of the issue as a text of its own.
    texts: HashMap<ContentHash, Untrusted<String>>,
    /// What the reader asked and what the issue says: whom that names, a sentence without ground may name.
    known: String,
    day: IssueDay,
}

impl<'a> Ground<'a> {
    /// `texts`: those that the passages are from; `day`: the one that the answer speaks from.
    pub(super) fn of(
        told: &'a Told,
        question: &str,
        passages: &'a [Passage],
        mut texts: HashMap<ContentHash, Untrusted<String>>,
        day: IssueDay,
    ) -> Self {
        let mut known = format!("{question}\n{}", told.title.inspect());
        for sentence in &told.draft.sentences {
            let text = sentence.text.inspect();
            texts.insert(ContentHash::of(text.as_bytes()), sentence.text.clone());
            known.push('\n');
            known.push_str(text);
        }
        Self {
            told,
            passages,
            texts,
            known,
            day,
        }
    }

    /// Keeps the sentences that hold. An answer of which nothing holds says that the sources do not tell.
    pub(super) fn cite(&self, output: &DraftAnswerOutput) -> Cited {
        let mut cited = Cited {
            text: Untrusted::default(),
            evidence: Vec::new(),
            sentences: Vec::new(),
            is_answered: false,
            unsettled: Vec::new(),
            dropped: Vec::new(),
        };
        let mut lines: Vec<String> = Vec::new();
        for written in &output.sentences {
            let line = written.text.split_whitespace().collect::<Vec<_>>().join(" ");
            let kept = if output.is_answered {
                self.answering(written, &line)
            } else {
                self.not_telling(&line)
            };
            match kept {
                Ok(kept) => {
                    cited.evidence.extend(kept.spans);
                    cited.sentences.extend(kept.of_issue);
                    cited.unsettled.extend(kept.unsettled);
                    lines.push(line);
                }
                Err(reason) => {
                    let begin: String = line.chars().take(80).collect();
                    cited.dropped.push(format!("“{begin}” ({reason})"));
                }
            }
        }
        cited.is_answered = output.is_answered && !lines.is_empty();
        if lines.is_empty() {
            lines.push(NOT_TOLD.to_owned());
        }
        cited.text = Untrusted::new(lines.join(" "));
        cited
    }

    /// A sentence that answers: what it cites is there, and bears it.
    fn answering(&self, written: &AnswerSentence, line: &str) -> Result<Kept, String> {
        let spans: Option<Vec<SpanRef>> = written
            .passages
            .iter()
            .map(|place| self.find_span(&place.id, &place.quote))
            .collect();
        let spans = spans.ok_or("it cites words that stand in no passage")?;
        let issue = &self.told.draft.sentences;
        let of_issue: Vec<&Sentence> = written
            .issue_sentences
            .iter()
            .filter_map(|id| issue.iter().find(|sentence| sentence.id.as_str() == id))
            .collect();
        if spans.is_empty() && of_issue.is_empty() {
            return Err("it cites nothing".to_owned());
        }
        let verdict = self.judge(line, &spans, &of_issue);
        let unsettled = match verdict.verdict {
            Verdict::Blocked => return Err(verdict.reasons.join("; ")),
            Verdict::Unsettled => Some(UnsettledSentence {
                text: Untrusted::new(line.to_owned()),
                reasons: verdict.reasons,
            }),
            Verdict::Supported => None,
        };
        Ok(Kept {
            spans,
            of_issue: of_issue.into_iter().map(|sentence| sentence.id.clone()).collect(),
            unsettled,
        })
    }

    /// The guard's word on a sentence over its spans and the sentences of the issue that it cites.
    fn judge(&self, line: &str, spans: &[SpanRef], of_issue: &[&Sentence]) -> ClaimVerdict {
        let whole = |sentence: &&Sentence| {
            let text = sentence.text.inspect();
            SpanRef {
                snapshot: ContentHash::of(text.as_bytes()),
                start: 0,
                end: text.len(),
            }
        };
        let all = spans.iter().copied().chain(of_issue.iter().map(whole));
        let sentence = Sentence {
            id: SentenceId::new("answer"),
            text: Untrusted::new(line.to_owned()),
            kind: SentenceKind::Claim,
            evidence: all.map(Evidence::Span).collect(),
        };
        let brief = &self.told.brief;
        let ledger = Ledger {
            texts: &self.texts,
            sources: &brief.sources,
            beats: &brief.beats,
            feeds: &brief.feeds,
            stories: &brief.stories,
            day: Some(&self.day),
        };
        judge(&sentence, &ledger)
    }

    /// A sentence that says that the sources do not tell states no figure, quotes nobody, and names only whom the reader
    /// or the issue names.
    fn not_telling(&self, line: &str) -> Result<Kept, String> {
        if states_fact(line) {
            return Err("it says that the sources do not tell, and states a fact".to_owned());
        }
        match unsaid(line, &self.known).first() {
            Some(reason) => Err(reason.clone()),
            None => Ok(Kept::default()),
        }
    }

    fn find_span(&self, id: &str, quote: &str) -> Option<SpanRef> {
        let index: usize = id.strip_prefix('q')?.parse().ok()?;
        let passage = self.passages.get(index.checked_sub(1)?)?;
        let found = verify_span(self.texts.get(&passage.snapshot)?, quote, passage.start)?;
        let is_inside = found.end <= passage.start + passage.text.len();
        is_inside.then_some(SpanRef {
            snapshot: passage.snapshot,
            start: found.start,
            end: found.end,
        })
    }
}

/// A sentence that holds, with what it cites.
#[derive(Default)]
struct Kept {
    spans: Vec<SpanRef>,
    of_issue: Vec<SentenceId>,
    unsettled: Option<UnsettledSentence>,
}

/// A figure, a date, a quotation or a link.
fn states_fact(text: &str) -> bool {
    let has_link = ["://", "www.", "mailto:"].iter().any(|mark| text.contains(mark));
    let has_figure = text.chars().any(|c| c.is_ascii_digit())
        || numbers::find(text).iter().any(|number| !is_idiom(number));
    has_link || has_figure || !numbers::dates(text).is_empty() || !quotes::find(text).is_empty()
}

#[cfg(test)]
mod tests {
    use copydesk_domain::task::CitedPassage;
    use jiff::tz::TimeZone;

    use super::super::fixture;
    use super::*;
    use crate::{research, review};

    const TEXT: &str = "Quill paid its attackers 5 million dollars. Norn says that it was in March.";

    /// An issue with one sentence, `p1`, of one source.
    fn issue() -> Told {
        let source = research::fixture::source("norn.example", "Quill pays a ransom", TEXT);
        let sentence = review::fixture::claim("p1", "The ransom hit 40 of its clusters.", &source, 10);
        Told {
            draft: review::fixture::draft(vec![sentence]),
            brief: research::fixture::brief(vec![source]),
            ..fixture::told("2026-11-22-one")
        }
    }

    fn cite(is_answered: bool, sentences: &[AnswerSentence]) -> Cited {
        let told = issue();
        let snapshot = ContentHash::of(TEXT.as_bytes());
        let passages = [Passage {
            snapshot,
            publisher: Untrusted::new("Norn".to_owned()),
            start: 0,
            text: TEXT.to_owned(),
        }];
        let texts = HashMap::from([(snapshot, Untrusted::new(TEXT.to_owned()))]);
        let day = IssueDay {
            date: jiff::civil::date(2026, 11, 23),
            zone: TimeZone::UTC,
        };
        let ground = Ground::of(&told, "What did Quill pay to Lattice?", &passages, texts, day);
        ground.cite(&DraftAnswerOutput {
            is_answered,
            sentences: sentences.to_vec(),
        })
    }

    fn written(text: &str, quote: Option<&str>, of_issue: &[&str]) -> AnswerSentence {
        let passage = |quote: &str| CitedPassage {
            id: "q1".to_owned(),
            quote: quote.to_owned(),
        };
        AnswerSentence {
            text: text.to_owned(),
            passages: quote.map(passage).into_iter().collect(),
            issue_sentences: of_issue.iter().map(|id| (*id).to_owned()).collect(),
        }
    }

    #[test]
    fn a_figure_that_its_passage_does_not_have_leaves_the_answer() {
        let good = written("Quill paid its attackers 5 million dollars.", Some(TEXT), &[]);
        let bad = written("Quill paid its attackers 77 million dollars.", Some(TEXT), &[]);
        let cited = cite(true, &[good, bad.clone()]);
        assert_eq!(
            cited.text.inspect(),
            "Quill paid its attackers 5 million dollars."
        );
        assert_eq!((cited.evidence.len(), cited.dropped.len()), (1, 1));
        assert!(cited.dropped[0].contains("77 million"), "{:?}", cited.dropped);
        assert!(cited.unsettled.is_empty(), "{:?}", cited.unsettled);
        let nothing = cite(true, &[bad]);
        assert!(!nothing.is_answered);
        assert_eq!(nothing.text.inspect(), NOT_TOLD);
    }

    #[test]
    fn a_sentence_of_the_issue_bears_what_it_says_and_no_more() {
        let good = written("The ransom hit 40 of its clusters.", None, &["p1"]);
        let bad = written("The ransom hit 60 of its clusters.", None, &["p1"]);
        let gone = written("The ransom hit 40 of its clusters.", None, &["p9"]);
        let cited = cite(true, &[bad, good, gone]);
        assert_eq!(cited.text.inspect(), "The ransom hit 40 of its clusters.");
        assert_eq!(cited.sentences, [SentenceId::new("p1")]);
        assert_eq!(cited.dropped.len(), 2, "{:?}", cited.dropped);
    }

    #[test]
    fn what_code_cannot_settle_stays_and_is_marked_for_the_author() {
        let text = "Quill gave in to the people who had broken into its systems.";
        let cited = cite(true, &[written(text, Some(TEXT), &[])]);
        assert!(cited.is_answered, "{:?}", cited.dropped);
        assert_eq!(cited.unsettled.len(), 1);
        assert_eq!(cited.unsettled[0].text.inspect(), text);
        assert!(!cited.unsettled[0].reasons.is_empty());
    }

    #[test]
    fn an_answer_that_the_sources_do_not_tell_states_nothing() {
        let kept = "The sources do not tell what Quill paid to Lattice; we will look for one that does.";
        for (text, is_kept) in [
            (kept, true),
            ("The sources do not tell, but Tarnhelm does.", false),
            ("The sources do not tell whether it was seven million.", false),
            ("The sources do not tell; see www.evil.example.", false),
        ] {
            let cited = cite(false, &[written(text, None, &[])]);
            let expected = if is_kept { text } else { NOT_TOLD };
            assert_eq!(cited.text.inspect(), expected, "{:?}", cited.dropped);
            assert!(!cited.is_answered);
        }
    }
}
