//! A sentence of quotations: whether nothing but attribution stands around them, and whether the source stands by what is
//! quoted.

mod speakers;

use std::ops::Range;

use copydesk_text::{quotes, words};

use self::speakers::{DISOWNING, Speakers, is_speaking};
use super::cut::{self, first_part, last_part};
use super::gap::is_weekday;
use super::{dropped, likely, safe};
use crate::check::without_quotations;
use crate::evidence::Evidence;
use crate::negation;
use crate::tokens::Analysis;

/// What a sentence does with quotations.
pub(crate) enum Quoted {
    /// It says more than its quotations, or has none.
    Partly,
    /// All but the attribution is quoted.
    Wholly,
    /// All but the attribution is quoted, and the source does not say that of itself.
    Disowned(String),
}

/// Places of a quotation's first word that are looked at, and those of the whole of it.
const PLACES_MAX: usize = 200;
const RUNS_MAX: usize = 16;

/// Quotations of one sentence that are looked up; with more it is compared as a whole.
const QUOTATIONS_MAX: usize = 50;

/// Bytes before a word in which a setting may stand whose value it is.
const VALUE_BYTES: usize = 40;

/// Words to each side of a quotation that are looked at: a sentence may be as long as a page.
const REACH: usize = 300;

/// Looks at the words around the quotations of a sentence, and at those around them in the evidence.
pub(crate) fn of(text: &str, own: &Analysis, evidence: &Evidence) -> Quoted {
    let outside = without_quotations(text);
    if outside.len() >= text.len() {
        return Quoted::Partly;
    }
    let strange: Vec<&str> = words::words(&outside)
        .map(|(_, word)| word)
        .filter(|word| !is_attribution(word, evidence))
        .collect();
    if !strange.iter().all(|word| word.starts_with(char::is_uppercase)) {
        return Quoted::Partly;
    }
    let saying = Saying {
        text,
        outside: &outside,
        own,
        strange,
        evidence,
    };
    let quotations = quotations(text);
    if quotations.len() > QUOTATIONS_MAX {
        return Quoted::Partly;
    }
    for quotation in quotations {
        if let Some(fault) = saying.fault(&quotation) {
            return Quoted::Disowned(fault);
        }
    }
    Quoted::Wholly
}

/// The quotations of a text that stand in no other one.
fn quotations(text: &str) -> Vec<String> {
    let mut end = 0;
    let mut found = Vec::new();
    for quote in quotes::find(text) {
        if quote.range.start >= end {
            end = quote.range.end;
            found.push(quote.text);
        }
    }
    found
}

/// A sentence that quotes, with the words that are neither quoted nor attribution.
struct Saying<'a> {
    text: &'a str,
    outside: &'a str,
    own: &'a Analysis,
    strange: Vec<&'a str>,
    evidence: &'a Evidence,
}

impl Saying<'_> {
    /// Why the source does not stand by a quotation, where none of its places does.
    fn fault(&self, quotation: &str) -> Option<String> {
        let quotation = quotation.replace("...", "…");
        for piece in quotation.split('…') {
            let lowers: Vec<String> = words::words(piece).map(|(_, word)| word.to_lowercase()).collect();
            if lowers.is_empty() {
                continue;
            }
            let runs = self.runs(&lowers);
            if runs.is_empty() {
                let Some(quoted) = likely(self.own, self.evidence.index()).first().copied() else {
                    continue;
                };
                let sentence = self.evidence.index().sentences[quoted].clone();
                let sentence = sentence.start..sentence.end.min(sentence.start + REACH);
                if let Some(fault) = self.disowned(&sentence).or_else(|| self.of_another(&sentence)) {
                    return Some(fault);
                }
                continue;
            }
            let mut faults = runs.iter().map(|run| self.of_run(run));
            let first = faults.next().flatten();
            if first.is_some() && faults.all(|fault| fault.is_some()) {
                return first;
            }
        }
        None
    }

    /// Where words stand one after another in the evidence.
    fn runs(&self, lowers: &[String]) -> Vec<Range<usize>> {
        let Some(first) = lowers.first() else {
            return Vec::new();
        };
        let places = self.evidence.index().places(&words::stem(first));
        let is_there = |place: usize| {
            let mut all = lowers.iter().enumerate();
            all.all(|(at, lower)| self.evidence.lower(place + at) == *lower)
        };
        places
            .iter()
            .take(PLACES_MAX)
            .filter(|place| is_there(**place))
            .take(RUNS_MAX)
            .map(|place| *place..*place + lowers.len())
            .collect()
    }

    fn of_run(&self, run: &Range<usize>) -> Option<String> {
        let index = self.evidence.index();
        let (first, last) = (
            index.tokens[run.start].sentence,
            index.tokens[run.end - 1].sentence,
        );
        let window = index.sentences[first].start.max(run.start.saturating_sub(REACH))
            ..index.sentences[last].end.min(run.end + REACH);
        self.disowned(&window)
            .or_else(|| self.turned(&window, run))
            .or_else(|| self.of_another(&window))
    }

    /// A word by which the sentence of the evidence denies or doubts what it quotes, and which this one leaves out: who
    /// `denied saying “we paid”` did not say it.
    fn disowned(&self, window: &Range<usize>) -> Option<String> {
        let tokens = &self.evidence.index().tokens;
        window.clone().find_map(|place| {
            let word = self.evidence.lower(place);
            let is_disowning = DISOWNING.contains(&word.as_str()) || negation::is_denial(&word);
            let is_told = self.own.lowers.contains(&word);
            (is_disowning && !is_told && !self.is_value(&tokens[place].range)).then(|| here(&word))
        })
    }

    fn is_value(&self, range: &Range<usize>) -> bool {
        let line = self
            .evidence
            .text
            .get(..range.start)
            .and_then(|head| head.rfind('\n'));
        let from = line
            .map_or(0, |end| end + 1)
            .max(range.start.saturating_sub(VALUE_BYTES));
        let from = (from..=range.start)
            .find(|at| self.evidence.text.is_char_boundary(*at))
            .unwrap_or(range.start);
        let text = self.evidence.text.get(from..).unwrap_or_default();
        dropped::is_value(text, &(range.start - from..range.end - from))
    }

    /// What stands around the quoted words in their sentence: a condition, a doubt, a question, somebody else who says it.
    fn turned(&self, window: &Range<usize>, run: &Range<usize>) -> Option<String> {
        let tokens = &self.evidence.index().tokens;
        let text = |from: usize, to: usize| self.evidence.text.get(from..to).unwrap_or_default();
        let start = tokens[window.start].range.start;
        let end = tokens[window.end - 1].range.end;
        let from = tokens[run.end - 1].range.end;
        if let Some(fault) = self.evidence.lead(start).and_then(cut::led) {
            return Some(fault);
        }
        let head = last_part(text(start, tokens[run.start].range.start));
        let reserve = words::words(head).find(|(_, word)| safe::is_reserve(word) && !self.has(word));
        if let Some((_, word)) = reserve {
            return Some(here(&word.to_lowercase()));
        }
        let tail = first_part(text(from, end));
        let condition = words::words(tail).find(|(_, word)| safe::is_condition(word) && !self.has(word));
        if let Some((_, word)) = condition {
            return Some(here(&word.to_lowercase()));
        }
        let back = [head, tail].into_iter().filter_map(dropped::takes_back);
        if let Some(words) = back
            .into_iter()
            .find(|words| !words.split(' ').all(|word| self.has(word)))
        {
            return Some(here(&words));
        }
        if !self.text.contains('?') && cut::is_asked(&self.evidence.text, from, end) {
            return Some("the evidence asks it and does not say it".to_owned());
        }
        self.of_report(head).or_else(|| self.of_speaker(head, tail))
    }

    /// Whether the words are what somebody else says, fears or has heard (`Lee fears that …`), or are supposed (`Had …`).
    fn of_report(&self, head: &str) -> Option<String> {
        let lowers: Vec<String> = words::words(head).map(|(_, word)| word.to_lowercase()).collect();
        let (last, before) = lowers.split_last()?;
        let is_supposed = before.is_empty() && matches!(last.as_str(), "had" | "were");
        let is_report = match last.as_str() {
            "that" => before.iter().any(|word| !is_small(word)),
            "saying" | "claiming" | "alleging" | "arguing" | "reporting" | "insisting" => true,
            _ => false,
        };
        let outside: Vec<String> = words::words(self.outside)
            .map(|(_, word)| word.to_lowercase())
            .collect();
        let is_named = before.iter().any(|word| {
            dropped::is_own_name(word)
                || (!is_small(word)
                    && (outside.contains(word) || self.evidence.frame().contains(&words::stem(word))))
        });
        (is_supposed || (is_report && !is_named)).then(|| here(&lowers.join(" ")))
    }

    /// Whether the evidence has somebody say the words whom this sentence does not name.
    fn of_speaker(&self, head: &str, tail: &str) -> Option<String> {
        let outside: Vec<String> = words::words(self.outside)
            .map(|(_, word)| word.to_lowercase())
            .collect();
        for clause in [head, tail] {
            let Some(speaker) = dropped::speaker(clause) else {
                continue;
            };
            let mut named = speaker.iter().filter(|word| !is_small(word));
            let is_named = named.any(|word| outside.contains(word));
            let is_own = speaker.iter().any(|word| dropped::is_own_name(word));
            if !is_named && !is_own {
                return Some(format!(
                    "the evidence has somebody else say it: “{}”",
                    speaker.join(" ")
                ));
            }
        }
        None
    }

    /// Whether the evidence has another speaker than this sentence names, or does not name that one.
    fn of_another(&self, window: &Range<usize>) -> Option<String> {
        let of_source = Speakers::of(
            &self.evidence.text,
            window
                .clone()
                .map(|place| self.evidence.index().tokens[place].range.clone()),
        );
        let of_own = Speakers::of(self.outside, words::words(self.outside).map(|(range, _)| range));
        let strange: Vec<String> = self.strange.iter().map(|word| word.to_lowercase()).collect();
        let is_there = |word: &String| window.clone().any(|place| self.evidence.lower(place) == *word);
        if let Some(missing) = strange.iter().find(|word| !is_there(word)) {
            return Some(format!(
                "the evidence does not name “{missing}” beside these words"
            ));
        }
        if strange.is_empty() || !of_source.speaks {
            return None;
        }
        let speaking: Vec<&String> = strange
            .iter()
            .filter(|name| of_own.names.contains(name))
            .collect();
        let named = if speaking.is_empty() {
            strange.iter().collect()
        } else {
            speaking
        };
        let is_same = named.iter().any(|name| of_source.names.contains(name));
        (!is_same).then(|| "the evidence has somebody else say it".to_owned())
    }

    fn has(&self, word: &str) -> bool {
        self.own.lowers.contains(&word.to_lowercase())
    }
}

fn here(word: &str) -> String {
    format!("the evidence says “{word}” beside these words")
}

/// Whether a word of a part that ascribes says nothing of who speaks.
fn is_small(word: &str) -> bool {
    words::is_stop(word) || word == "according" || is_weekday(word) || is_speaking(word)
}

/// Whether a word of a sentence around quotations adds no fact. Small words do not, unless they take something back.
fn is_attribution(word: &str, evidence: &Evidence) -> bool {
    let lower = word.to_lowercase();
    let stem = words::stem(&lower);
    safe::is_frame(&stem)
        || evidence.frame().contains(&stem)
        || lower.bytes().all(|byte| byte.is_ascii_digit())
        || evidence.grounds.is_of_dates(word)
        || (words::is_stop(&lower) && !safe::is_reserve(&lower))
}
