//! Who speaks in a sentence, and the words of who does not stand by what is quoted.

use std::ops::Range;

/// Words of who does not stand by what is quoted.
pub(super) const DISOWNING: &[&str] = &[
    "denied",
    "denies",
    "deny",
    "denying",
    "denial",
    "rumour",
    "rumours",
    "rumor",
    "rumors",
    "false",
    "falsely",
    "untrue",
    "hoax",
    "myth",
    "myths",
    "allegedly",
    "alleged",
    "alleges",
    "contrary",
    "refuted",
    "refutes",
    "refuting",
    "rejected",
    "rejects",
    "rejecting",
    "dismissed",
    "dismisses",
    "dismissing",
    "disputed",
    "disputes",
    "disputing",
    "retracted",
    "retracts",
    "wrongly",
    "mistakenly",
    "misquoted",
    "supposedly",
    "purportedly",
    "joked",
    "jokes",
];

/// Who speaks in a sentence, in small letters.
pub(super) struct Speakers {
    pub(super) names: Vec<String>,
    /// Whether anybody does.
    pub(super) speaks: bool,
}

impl Speakers {
    /// The capitalised words right beside a word for speaking: `said Maria Castro`, `Bob told Ann`, where Bob speaks.
    pub(super) fn of(text: &str, ranges: impl Iterator<Item = Range<usize>>) -> Self {
        let ranges: Vec<Range<usize>> = ranges.collect();
        let word = |at: usize| text.get(ranges[at].clone()).unwrap_or_default();
        let is_joined = |a: usize, b: usize| text.get(ranges[a].end..ranges[b].start) == Some(" ");
        let is_name = |at: usize| word(at).starts_with(char::is_uppercase);
        let mut speakers = Self {
            names: Vec::new(),
            speaks: false,
        };
        for verb in 0..ranges.len() {
            let lower = word(verb).to_lowercase();
            if !is_speaking(&lower) {
                continue;
            }
            let before = (0..verb)
                .rev()
                .take_while(|at| is_joined(*at, at + 1) && is_name(*at));
            let mut names: Vec<usize> = before.collect();
            let has_subject = verb > 0 && is_joined(verb - 1, verb);
            if names.is_empty() && !has_subject && lower != "told" {
                let behind = (verb + 1..ranges.len()).take_while(|at| is_joined(at - 1, *at) && is_name(*at));
                names = behind.collect();
            }
            // `Ada Berg, who leads Norn, said`
            if names.is_empty()
                && verb > 0
                && text.get(ranges[verb - 1].end..ranges[verb].start) == Some(", ")
            {
                let first = (0..verb).find(|at| is_name(*at)).unwrap_or(verb);
                names = (first..verb)
                    .take_while(|at| *at == first || is_joined(at - 1, *at))
                    .filter(|at| is_name(*at))
                    .collect();
            }
            speakers.speaks = true;
            speakers
                .names
                .extend(names.into_iter().map(|at| word(at).to_lowercase()));
        }
        speakers
    }
}

/// Whether a word in small letters says that somebody speaks.
pub(super) fn is_speaking(word: &str) -> bool {
    matches!(
        word,
        "said"
            | "says"
            | "told"
            | "asked"
            | "added"
            | "wrote"
            | "writes"
            | "replied"
            | "argued"
            | "explained"
    )
}

#[cfg(test)]
mod tests {
    use copydesk_text::words;

    use super::Speakers;

    fn names(text: &str) -> Vec<String> {
        Speakers::of(text, words::words(text).map(|(range, _)| range)).names
    }

    #[test]
    fn who_stands_before_or_behind_the_word_for_speaking_speaks() {
        assert_eq!(names("“We lost,” said Maria Castro."), ["maria", "castro"]);
        assert_eq!(names("Bob told Ann: “we will pay”."), ["bob"]);
        assert_eq!(
            names("Ada Berg, who leads the lab, said: “We lost.”"),
            ["ada", "berg"]
        );
        assert!(names("“We lost,” said the coach after Silva left.").is_empty());
    }
}
