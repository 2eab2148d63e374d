//! `triage_reply`: what one reply is, by its cues.

use std::ops::Range;
use std::sync::LazyLock;

use copydesk_domain::artifact::ReplyKind;
use copydesk_domain::task::{TriageReplyInput, TriageReplyOutput};
use copydesk_text::{sentence, words};
use regex::Regex;

use super::fit::regex;

/// A line of so many bytes that goes on was broken by a mail program.
const WRAPPED_MIN: usize = 50;

/// Sorts one reply. The question or correction comes back as exact bytes of the text.
pub fn sort(input: &TriageReplyInput) -> TriageReplyOutput {
    let text = input.text.as_str();
    let subject = input.subject.as_str();
    let ranges: Vec<Range<usize>> = sentence::split(&unwrapped(text))
        .into_iter()
        .filter(|range| !sentence::addresses_model(&text[range.clone()]))
        .collect();
    let sentences: Vec<&str> = ranges.iter().map(|range| &text[range.clone()]).collect();
    let plain = |kind| TriageReplyOutput { kind, question: None };
    let with = |kind, sentence: &str| TriageReplyOutput {
        kind,
        question: Some(sentence.to_owned()),
    };
    let whole = format!("{subject}\n{text}");
    if AUTOMATIC.is_match(subject) || AUTOMATIC_BODY.is_match(text) {
        return plain(ReplyKind::Other);
    }
    if PITCH.find_iter(&whole).count() >= 2 || STRONG_PITCH.is_match(&whole) {
        return plain(ReplyKind::Pitch);
    }
    if let Some(wrong) = correction(text, &ranges) {
        return with(ReplyKind::Correction, wrong);
    }
    if let Some(asked) = question(&sentences) {
        // `Isn't the number wrong?` is both; the reader wants it checked.
        let kind = if CORRECTION.is_match(asked) {
            ReplyKind::Correction
        } else {
            ReplyKind::Question
        };
        return with(kind, asked);
    }
    if PITCH.is_match(&whole) {
        return plain(ReplyKind::Pitch);
    }
    plain(answer_or_praise(input, &sentences))
}

/// The text with a space for each line break inside a paragraph, byte for byte as long: mail breaks lines where
/// its writer did not.
fn unwrapped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut lines = text.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        let next_goes_on = lines.peek().is_some_and(|next| !next.trim().is_empty());
        match line.strip_suffix('\n') {
            Some(head) if next_goes_on && head.trim_end().len() >= WRAPPED_MIN => {
                out.push_str(head);
                out.push(' ');
            }
            _ => out.push_str(line),
        }
    }
    out.replace('\r', " ")
}

/// The sentence that says what is wrong, with the one behind it where that tells what is right.
fn correction<'a>(text: &'a str, ranges: &[Range<usize>]) -> Option<&'a str> {
    let is_wrong = |range: &Range<usize>| {
        CORRECTION.is_match(&text[range.clone()]) && !text[range.clone()].ends_with('?')
    };
    let at = ranges.iter().position(is_wrong)?;
    let next = ranges.get(at + 1).filter(|next| {
        let tells = text[(*next).clone()].bytes().any(|byte| byte.is_ascii_digit());
        tells && text[ranges[at].end..next.start].trim().is_empty()
    });
    Some(&text[ranges[at].start..next.map_or(ranges[at].end, |next| next.end)])
}

/// The question that says most: the longest sentence with a question mark that is no courtesy.
fn question<'a>(sentences: &[&'a str]) -> Option<&'a str> {
    let asked = sentences.iter().filter(|text| {
        let bare = text.trim_end_matches(['"', '”', ')', '\'', '’']);
        bare.ends_with('?') && !COURTESY.is_match(text) && words::count(text) >= 3
    });
    let found = asked.max_by_key(|text| words::content_stems(text).len()).copied();
    // `Could you tell me whether …` without its mark.
    found.or_else(|| sentences.iter().find(|text| INDIRECT.is_match(text)).copied())
}

/// With a closing question, a reply of some words is its answer unless it only thanks.
fn answer_or_praise(input: &TriageReplyInput, sentences: &[&str]) -> ReplyKind {
    let telling = sentences
        .iter()
        .filter(|text| !PRAISE.is_match(text) && !GREETING.is_match(text))
        .count();
    let praises = sentences.iter().any(|text| PRAISE.is_match(text));
    let own: Vec<String> = words::content_stems(&sentences.join(" "));
    let asked = input
        .closing_question
        .as_ref()
        .map(|asked| words::content_stems(asked.as_str()));
    let shares = asked
        .as_ref()
        .is_some_and(|asked| asked.iter().filter(|stem| own.contains(stem)).count() >= 2);
    let speaks = sentences.iter().any(|text| FIRST_PERSON.is_match(text));
    let replies = sentences.iter().any(|text| REPLIES.is_match(text));
    if asked.is_some() && telling > 0 && (replies || shares || (speaks && !praises)) {
        return ReplyKind::Answer;
    }
    if praises {
        return ReplyKind::Praise;
    }
    ReplyKind::Other
}

static AUTOMATIC: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)^\s*(?:re:\s*)?(?:automatic reply|auto(?:matic)?[- ]?(?:reply|response)|out of (?:the )?office|away from|abwesen\w+|undeliver\w+|delivery (?:status|failure)|mail delivery|returned mail|unsubscribe|vacation)",
    )
});

static AUTOMATIC_BODY: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?xi)\b(?:i\ am|i['’]m)\s+(?:currently\s+)?(?:out\s+of\s+(?:the\s+)?office|on\s+(?:vacation|leave|holiday)|away\s+(?:from|until))|this\ is\ an\ automat(?:ed|ic)\b|\bi\ will\ be\ out\ of\ (?:the\ )?office|could\ not\ be\ delivered|^\s*(?:please\s+)?unsubscribe(?:\s+me)?\b",
    )
});

/// One of these alone is a pitch.
static STRONG_PITCH: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)\b(?:guest\s+posts?|back\s?links?|link\s+(?:exchange|insertion|building)|SEO\s+(?:services?|agency|ranking|audit)|sponsored\s+(?:posts?|content|article)|paid\s+placement|domain\s+authority|crypto\s+(?:giveaway|investment)|work\s+from\s+home|you(?:['’]ve|\s+have)\s+(?:won|been\s+selected)|casino|viagra|increase\s+your\s+(?:traffic|sales|ranking\w*)|media\s+kit)\b",
    )
});

/// Two of these are one.
static PITCH: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?xi)\b(?:our\s+(?:product|platform|client|solution|agency|startup|tool|service)s?|(?:book|schedule|hop\s+on|set\s+up|jump\s+on|grab)\s+(?:a\s+)?(?:\w+\s+)?(?:call|demo|meeting|slot)|(?:15|20|30)[- ]min(?:ute)?s?|partner(?:ship)?|collaborat\w+|free\s+trial|limited[- ]time|discount|special\s+offer|sponsor(?:ship|ing)?|promot(?:e|ing|ion)|press\s+release|i['’]m\s+reaching\s+out|reaching\s+out|i\s+came\s+across\s+your|would\s+you\s+be\s+(?:interested|open)|feature\s+(?:us|our)|your\s+audience|your\s+readers|funding\s+round|cover(?:ing)?\s+our|per\s+month|pricing|click\s+here|act\s+now)\b",
    )
});

static CORRECTION: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?xi)\b(?:(?:is|are|was|were|isn['’]t|aren['’]t|wasn['’]t|looks?|seems?|got|have|has|had|it|that|this|number|figure|date|name|link|title)\s+(?:\w+\s+){0,2}?(?:wrong|incorrect|inaccurate|mistaken|outdated|misspelled|misspelt|misquoted|not\s+(?:right|correct|true|accurate))
        | should\s+(?:be|read|say|have\s+been|have\s+said) | correction\b | typo\b | (?:small|minor|factual|one)\s+(?:error|mistake|correction) | error\s+in | mistake\s+in | you\s+(?:wrote|say|said|write|state|stated|claim|claimed|mix(?:ed)?)\b.{0,120}\b(?:but|however|actually|in\s+fact|not)
        | (?:actually|in\s+fact)\s*,?\s+(?:it|the|there|they|that|this|only|we)\b | (?:it|that|there|they)\s+(?:is|was|are|were)\s+(?:actually|in\s+fact)\b | not\s+[\d,.]+\b.{0,40}\bbut\s+[\d,.]+ | please\s+correct | needs?\s+(?:a\s+)?correct(?:ion|ing) | you\s+have\s+(?:the|this|that)\s+wrong | misstat\w+)",
    )
});

static COURTESY: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)^(?:hi|hello|hey)?[, ]*(?:how\s+are\s+you|how(?:['’]s| is)\s+it\s+going|hope\s+you|right\?|ok(?:ay)?\?|makes?\s+sense\?|who\s+knew|who\s+knows|isn['’]t\s+it|you\s+know\?)",
    )
});

static INDIRECT: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)\b(?:(?:could|can|would)\s+you\s+(?:please\s+)?(?:tell|explain|say|clarify|elaborate|share|point)|i(?:['’]d|\s+would)?\s+(?:like|love)\s+to\s+know|i(?:\s+was|['’]m|\s+am)?\s+wonder(?:ing)?\s+(?:if|whether|how|why|what|when|who|which)|do\s+you\s+know\s+(?:if|whether|how|why|what|when|who|which)|what\s+i\s+(?:do\s+not|don['’]t)\s+(?:get|understand))\b",
    )
});

static PRAISE: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)\b(?:thanks?|thank\s+you|thx|love(?:d)?|great|excellent|awesome|fantastic|wonderful|brilliant|enjoy(?:ed|ing)?|keep\s+(?:it\s+up|up\s+the|going)|well\s+done|nice\s+(?:work|issue|one|job)|good\s+(?:work|stuff|issue|job)|best\s+newsletter|favou?rite|kudos|bravo|so\s+useful|very\s+(?:useful|helpful)|appreciate)\b",
    )
});

static GREETING: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)^(?:(?:hi|hello|hey|dear|good\s+(?:morning|evening|day)|moin|best|regards|cheers|yours|kind\s+regards|best\s+(?:wishes|regards)|sincerely|sent\s+from)\b[^.?!]{0,40}|\W*\w+\W*(?:\s\w+\W*)?)$",
    )
});

/// Says itself that it answers.
static REPLIES: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)\b(?:(?:to|in)\s+answer(?:\s+to)?\s+(?:your|the)|you\s+asked|your\s+(?:closing\s+)?question|the\s+closing\s+question|as\s+for\s+your)\b",
    )
});

static FIRST_PERSON: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)^(?:yes|no|nope|yep|not\s+(?:yet|really))\b|\b(?:i|i['’](?:m|d|ve|ll)|we|we['’](?:re|d|ve|ll)|my|our|us|me|for\s+us|at\s+work)\b",
    )
});

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(subject: &str, text: &str) -> (ReplyKind, Option<String>) {
        let output = sort(&TriageReplyInput {
            subject: subject.into(),
            text: text.into(),
            issue_title: Some("Norn index update corrupts logs".into()),
            closing_question: Some("What would you want followed up tomorrow?".into()),
        });
        (output.kind, output.question)
    }

    fn kind(subject: &str, text: &str) -> ReplyKind {
        sorted(subject, text).0
    }

    #[test]
    fn questions_come_back_word_for_word() {
        let text = "Hi there,\nthanks for the issue! Does the rollback also repair indexes that were written on Monday?\nBest, Kim";
        assert_eq!(
            sorted("Re: Norn", text),
            (
                ReplyKind::Question,
                Some("Does the rollback also repair indexes that were written on Monday?".to_owned())
            )
        );
        assert_eq!(
            kind("Re: Norn", "I was wondering whether the old client is safe."),
            ReplyKind::Question
        );
    }

    #[test]
    fn corrections_are_seen_before_questions() {
        let text = "Great read. The figure of 4,200 clusters is wrong, Norn counts 3,600. Can you fix it?";
        let (kind, sentence) = sorted("Re: Norn", text);
        assert_eq!(kind, ReplyKind::Correction);
        assert_eq!(
            sentence.as_deref(),
            Some("The figure of 4,200 clusters is wrong, Norn counts 3,600.")
        );
    }

    #[test]
    fn pitches_and_machines_are_told_apart() {
        assert_eq!(
            kind(
                "Partnership",
                "I'm reaching out since our platform may interest your audience. Would you be open to a 15-minute call?"
            ),
            ReplyKind::Pitch
        );
        assert_eq!(
            kind("Guest post", "We offer a guest post with two links."),
            ReplyKind::Pitch
        );
        assert_eq!(
            kind("Automatic reply: Norn", "I am out of office until Monday."),
            ReplyKind::Other
        );
    }

    #[test]
    fn answers_and_praise_are_told_apart() {
        assert_eq!(
            kind(
                "Re: Norn",
                "We would like to hear more on how Lattice counted the clusters."
            ),
            ReplyKind::Answer
        );
        assert_eq!(
            kind("Re: Norn", "Love this newsletter, thanks!"),
            ReplyKind::Praise
        );
        assert_eq!(kind("Re: Norn", "ok"), ReplyKind::Other);
    }
}
