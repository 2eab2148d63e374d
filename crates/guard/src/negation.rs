//! Which words of a sentence are denied.

/// How many words a denial reaches.
const REACH: usize = 6;

/// Words that deny what comes after them.
const DENIALS: &[&str] = &[
    "not", "no", "never", "none", "nothing", "nobody", "neither", "nor", "without", "cannot", "non",
    "hardly", "rarely", "seldom", "fail", "fails", "failed", "failing", "refuse", "refuses", "refused",
    "refusing", "unable", "lack", "lacks", "lacked", "dont", "doesnt", "didnt", "isnt", "arent", "wasnt",
    "werent", "wont", "wouldnt", "couldnt", "shouldnt", "cant", "hasnt", "havent", "hadnt", "ain",
];

/// What stands before the `t` of a contraction: `don't`, `isn’t`.
const CONTRACTED: &[&str] = &[
    "don", "doesn", "didn", "isn", "aren", "wasn", "weren", "won", "wouldn", "couldn", "shouldn", "can",
    "hasn", "haven", "hadn", "mustn", "needn", "mightn",
];

/// Whether a word in small letters denies what comes after it.
pub(crate) fn is_denial(word: &str) -> bool {
    DENIALS.contains(&word)
}

/// How a word stands to a denial before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Denial {
    /// Nothing denies it.
    #[default]
    Free,
    /// It stands a few words behind a denial.
    Reached,
    /// It is what the denial denies: the first word behind it that says something.
    Denied,
}

/// Reads a sentence word by word and keeps what is denied.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    left: usize,
    /// Whether the word that is denied is still to come.
    waits: bool,
    before: String,
}

impl Scope {
    /// How `word` is denied; `gap` is what stands between it and the word before.
    pub(crate) fn next(&mut self, gap: &str, word: &str, is_content: bool) -> Denial {
        if gap.contains([',', ';', ':', '(', ')', '—', '–', '.', '!', '?'])
            || matches!(
                word,
                "but" | "because" | "and" | "though" | "although" | "while" | "until" | "unless"
            )
        {
            self.end();
        }
        let contraction = word == "t" && CONTRACTED.contains(&self.before.as_str());
        let mut denial = Denial::Free;
        if self.left > 0 {
            denial = Denial::Reached;
            if is_content && self.waits {
                denial = Denial::Denied;
                self.waits = false;
            }
        }
        // `no-fee` denies the fee alone.
        let compound = gap == "-" && is_denial(&self.before);
        let turns = matches!(
            (self.before.as_str(), word),
            ("instead", "of") | ("rather", "than")
        );
        if contraction || turns || is_denial(word) {
            self.left = REACH;
            self.waits = true;
        } else if compound || (matches!(self.before.as_str(), "not" | "t") && is_only(word)) {
            // `not only` denies nothing.
            self.end();
        } else {
            self.left = self.left.saturating_sub(1);
        }
        self.before.clear();
        self.before.push_str(word);
        denial
    }

    fn end(&mut self) {
        self.left = 0;
        self.waits = false;
    }
}

fn is_only(word: &str) -> bool {
    matches!(word, "only" | "just" | "merely" | "necessarily" | "sure")
}

#[cfg(test)]
mod tests {
    use copydesk_text::words;

    use super::{Denial, Scope};

    /// The words that a sentence denies.
    fn denied(sentence: &str) -> Vec<&str> {
        let mut scope = Scope::default();
        let mut end = 0;
        words::words(sentence)
            .filter(|(range, word)| {
                let gap = &sentence[end..range.start];
                end = range.end;
                scope.next(gap, word, !words::is_stop(word)) == Denial::Denied
            })
            .map(|(_, word)| word)
            .collect()
    }

    #[test]
    fn a_denial_reaches_the_first_word_that_says_something() {
        assert_eq!(denied("they did not get the balance right"), ["balance"]);
        assert_eq!(denied("it isn't removed, it works"), ["removed"]);
        assert_eq!(denied("they failed to explain the price"), ["explain"]);
        assert_eq!(denied("crates rather than modules"), ["modules"]);
    }

    #[test]
    fn not_only_denies_nothing_and_a_compound_only_itself() {
        assert!(denied("not only crates but tools").is_empty());
        assert_eq!(denied("a no-fee creation tool"), ["fee"]);
    }
}
