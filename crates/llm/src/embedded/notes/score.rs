//! How much a sentence tells of what is new on its page.
//!
//! A transparent sum of signs; weights were set by hand on made-up pages and checked by reading.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use copydesk_text::{names, numbers, summarise, words};
use regex::Regex;

use super::super::fit::{self, regex};
use super::candidates::Candidate;

/// The opening of a page says what it is about; the weight halves with every eight fit sentences.
const EARLY: f64 = 2.0;
/// Words of the title.
const TITLE: f64 = 2.0;
/// Rank among the page's sentences by likeness.
const CENTRAL: f64 = 1.0;
/// A verb of news.
const EVENT: f64 = 0.8;
/// For each name, three count.
const NAME: f64 = 0.2;
/// For each number, two count.
const NUMBER: f64 = 0.25;
/// Marks, length and leaning subjects.
const EASE: f64 = 1.5;
/// Off for a sentence that speaks to the reader without telling what to do.
const ADDRESS: f64 = 0.8;
/// Off for a sentence that explains with `for example`, `typically`, `in general`.
const GENERAL: f64 = 0.5;
/// Off for saying what a thing is rather than what happened to it.
const DEFINITION: f64 = 0.7;
/// For saying that something is here, gone, or other than it was.
const ARRIVAL: f64 = 0.8;
/// Off for what was before the news: how things were, what everybody does, what nobody doubts.
const HISTORY: f64 = 2.2;
/// Off for a shout.
const SHOUT: f64 = 0.6;

/// Scores of the candidates, in their order.
pub fn scores(title: &str, found: &[Candidate<'_>]) -> Vec<f64> {
    let texts: Vec<String> = found
        .iter()
        .map(|candidate| candidate.form.clone().into_owned())
        .collect();
    let mut central = vec![0.0; found.len()];
    for (place, at) in summarise::sentences(title, &texts, texts.len())
        .into_iter()
        .enumerate()
    {
        central[at] = 1.0 - place as f64 / texts.len() as f64;
    }
    let title: BTreeSet<String> = words::content_stems(title).into_iter().collect();
    found
        .iter()
        .enumerate()
        .map(|(at, candidate)| {
            let early = 0.5_f64.powf(at as f64 / 8.0);
            EARLY * early + TITLE * shared(&title, &candidate.form) + CENTRAL * central[at] + signs(candidate)
        })
        .collect()
}

/// Whether a sentence has to do with its page at all: a word of the title, a name, a figure, an event or advice.
pub fn says_something(title: &str, candidate: &Candidate<'_>) -> bool {
    let text = candidate.text;
    let title: BTreeSet<String> = words::content_stems(title).into_iter().collect();
    candidate.is_action
        || shared(&title, text) > 0.0
        || tells_event(text)
        || !numbers::find(text).is_empty()
        || !names::find(text).is_empty()
}

/// Share of the title's stems in a sentence.
fn shared(title: &BTreeSet<String>, text: &str) -> f64 {
    let own: BTreeSet<String> = words::content_stems(text).into_iter().collect();
    title.intersection(&own).count() as f64 / title.len().max(1) as f64
}

fn signs(candidate: &Candidate<'_>) -> f64 {
    let text = candidate.form.as_ref();
    let yes = |is: bool, points: f64| if is { points } else { 0.0 };
    let names = names::find(text).len().min(3) as f64;
    let numbers = numbers::find(text).len().min(2) as f64;
    EASE * fit::ease(text) + NAME * names + NUMBER * numbers + yes(tells_event(text), EVENT)
        - yes(!candidate.is_action && speaks_to_reader(text), ADDRESS)
        + yes(ARRIVES.is_match(text), ARRIVAL)
        - yes(GENERALLY.is_match(text), GENERAL)
        - yes(tells_history(text), HISTORY)
        - yes(defines(text), DEFINITION)
        - yes(text.contains('!'), SHOUT)
}

/// Whether a sentence has a verb of news: something came, changed, broke, was found or sold.
pub fn tells_event(text: &str) -> bool {
    EVENTS.is_match(text)
}

static EVENTS: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?xi)\b(?:(?:is|are)\s+(?:now\s+)?(?:out|available|affected|fixed|vulnerable) | (?:has|have)\s+(?:been\s+)?\w+ed\b | (?:was|were)\s+\w+ed\b | now\s+\w+s?\b | today\b
        | releas(?:es|ed|ing) | announc(?:es|ed) | launch(?:es|ed) | introduc(?:es|ed) | publish(?:es|ed) | add(?:s|ed) | remov(?:es|ed) | fix(?:es|ed) | clos(?:es|ed) | drop(?:s|ped)
        | buys|bought|acquir(?:es|ed)|sells|sold|raises|raised|cuts|halves|halved|falls|fell|rises|rose|costs|loses|lost|wins|won
        | find|finds|found|discover(?:s|ed)|report(?:s|ed)|measur(?:es|ed)|count(?:s|ed)|show(?:s|ed)|confirm(?:s|ed)|warn(?:s|ed)|reveal(?:s|ed)|identified
        | upgraded|patched|rotated|migrated|stopped|started|joins|joined|leaves|left|opens|opened|ends|ended|deprecat(?:es|ed)|retires|retired|replac(?:es|ed)|will\s+(?:be|no\s+longer|end|stop|start|require|support))\b",
    )
});

/// Whether a sentence leads up to the news instead of telling it.
pub fn tells_history(text: &str) -> bool {
    HISTORY_CUES.is_match(text)
}

static ARRIVES: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?xi)\b(?:(?:has|have)\s+(?:now\s+|officially\s+|just\s+|been\s+)*(?:launched|released|removed|published|announced|entered|reached|joined|merged|ended|graduated|shipped|landed|deprecated|retired|replaced|established|introduced|moved|revoked|fixed|patched|added|acquired)
        | (?:is|are)\s+(?:now|no\s+longer|joining|leaving|retiring|moving|shutting)\b | now\s+(?:has|have|can|uses?|supports?|requires?|generates?|returns?|accepts?|runs?|parses?|ships?|reads?)\b
        | (?:introduces|adds|removes|drops|replaces|ships|brings|deprecates|ends|launches|fixes|resolves|closes|stabili[sz]es)\b | established\b | we\s+(?:removed|released|published|found|identified|launched|changed|replaced|revoked|fixed|recommend)\b
        | will\s+(?:be\s+(?:removed|retired|released|disabled|required|published)|no\s+longer|end|stop|require)\b)",
    )
});

static HISTORY_CUES: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?xi)^(?:everyone|everybody|nobody|people|users|teams|developers|organi[sz]ations|companies|most\s+\w+|many\s+\w+|some\s+\w+)\s
        | ^(?:when|before|prior\s+to|back\s+when|until|since|over\s+the\s+(?:years|past)|over\s+time|historically|traditionally|originally|initially|once)\b
        | ^in\s+[^,]{1,40}\s(?:and|or)\s+earlier\b | \bin\s+our\s+\p{L}+\s+(?:update|post)\b
        | \b\w+\s+users\s+today\b | \bthere\s+(?:was|were)\b | ^(?:every|each)\s | \b(?:until\s+recently|back\s+in\s+(?:\d{4}|the)|for\s+(?:decades|years|a\s+long\s+time)|in\s+the\s+past|used\s+to\s+(?:be|have|do)|over\s+time|at\s+the\s+time|ever\s+since|always\s+been|has\s+long|have\s+long)\b
        | \bone\s+of\s+the\s+(?:most|biggest|largest|best|core|key|main|first|few)\b | \b(?:is|are)\s+an?\s+(?:important|essential|key|crucial|critical|common|natural|great|good)\b
        | \b(?:often|usually|normally|commonly|increasingly|frequently)\b | \ba\s+lot\s+of\b | \b(?:it['’]s|it\s+is)\s+(?:possible|important|hard|easy|common|worth)\b
        | \bcan\s+(?:easily|quickly|often|also\s+be)\b | \bchalleng(?:e|es|ing)\b | \b(?:offers|provides)\s+(?:valuable|important)\b | \bblog\s+posts?\b | \bcase\s+stud(?:y|ies)\b",
    )
});

fn speaks_to_reader(text: &str) -> bool {
    static READER: LazyLock<Regex> =
        LazyLock::new(|| regex(r"(?i)\b(?:you|your|yours|yourself|let's|let’s)\b"));
    READER.is_match(text)
}

/// Whether a sentence says what a thing is and tells no event.
pub fn defines(text: &str) -> bool {
    DEFINES.is_match(text) && !tells_event(text) && !text.contains(" a new ")
}

static DEFINES: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"^(?:\S+\s+){1,5}(?:(?:is|are)|ha(?:s|ve)\s+(?:always\s+|long\s+)?been)\s+(?:an?|the)\s")
});

static GENERALLY: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)\b(?:every\s+(?:week|month|year)|for\s+(?:example|instance)|typically|in\s+general|generally|usually|imagine|suppose|consider|basically|of\s+course|obviously|honestly|really|pretty\s+much|a\s+lot\s+of|kind\s+of|sort\s+of|I|I['’](?:m|ve|d|ll)|me|my)\b",
    )
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_led_up_to_the_news_is_not_the_news() {
        for text in [
            "Everyone is racing to run large models at home.",
            "Until recently, most clusters of Norn had one planner.",
            "In Norn 4.1 or earlier, the planner would read each row twice.",
            "In our January update, we announced a new planner.",
            "Hash tables are one of the most important parts of Norn.",
            "Profiling in production is a technique that has been used for decades.",
        ] {
            assert!(tells_history(text), "{text}");
        }
        for text in [
            "Norn has removed the old planner.",
            "The team has published fixes for six flaws.",
            "We removed the malicious version.",
        ] {
            assert!(!tells_history(text) && ARRIVES.is_match(text), "{text}");
        }
    }

    #[test]
    fn news_outranks_talk() {
        let text = [
            "Norn 4.2 is out and adds a planner for joins.",
            "For example, you could really try it on a small table.",
        ];
        let found: Vec<Candidate<'_>> = text
            .iter()
            .map(|text| Candidate {
                text,
                form: (*text).into(),
                is_action: false,
            })
            .collect();
        let scores = scores("Norn 4.2 adds a planner", &found);
        assert!(scores[0] > scores[1] + 2.0, "{scores:?}");
    }
}
