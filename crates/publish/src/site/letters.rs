//! The letters of a site: pipelines that write to one folder make one site of several letters.
//!
//! What the site is called follows from the issues in its folder alone, so that it is the same whoever published last.

use super::payload::SitePayload;
use super::shelf::Site;

/// A newsletter with issues on the site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Letter {
    /// Its name in its newest issue.
    pub(super) name: String,
    /// Line under the name there.
    pub(super) deck: Option<String>,
    /// `feed-weekly.xml`: its own feed, beside the one of all letters.
    pub(super) feed: String,
    /// All names that it had, the first one first.
    names: Vec<String>,
    /// Pipelines that made it.
    pipelines: Vec<String>,
}

impl Letter {
    /// Whether an issue is one of it: a letter may change its name, and two pipelines may make one letter.
    pub(super) fn has(&self, issue: &SitePayload) -> bool {
        self.names.contains(&issue.newsletter) || self.pipelines.contains(&issue.pipeline)
    }

    fn take(&mut self, issue: &SitePayload) {
        self.name.clone_from(&issue.newsletter);
        self.deck.clone_from(&issue.deck);
        if !self.names.contains(&issue.newsletter) {
            self.names.push(issue.newsletter.clone());
        }
        if !issue.pipeline.is_empty() && !self.pipelines.contains(&issue.pipeline) {
            self.pipelines.push(issue.pipeline.clone());
        }
    }
}

/// What a site is called, and its letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Front {
    /// Names of all letters: `The Daily Brief & The Weekly Brief`.
    pub(super) name: String,
    /// Line under the name, where there is one letter.
    pub(super) deck: Option<String>,
    /// In the order of their first issues.
    pub(super) letters: Vec<Letter>,
    /// What the first letter was called first: the feed's id stays the same when letters come or change their name.
    pub(super) first_name: String,
}

impl Front {
    /// Reads the issues of a site, newest first.
    pub(super) fn of(site: &Site, issues: &[SitePayload]) -> Self {
        let mut letters: Vec<Letter> = Vec::new();
        for issue in issues.iter().rev() {
            if let Some(known) = letters.iter_mut().find(|letter| letter.has(issue)) {
                known.take(issue);
                continue;
            }
            let mut letter = Letter {
                name: String::new(),
                deck: None,
                feed: feed_name(issue, &letters),
                names: Vec::new(),
                pipelines: Vec::new(),
            };
            letter.take(issue);
            letters.push(letter);
        }
        // Payloads of earlier programs do not say it.
        for letter in letters.iter_mut().filter(|letter| letter.name == site.newsletter) {
            letter.deck = letter.deck.take().or_else(|| site.deck.clone());
        }
        let names: Vec<&str> = letters.iter().map(|letter| letter.name.as_str()).collect();
        let (first_name, deck) = match letters.as_slice() {
            [] => (site.newsletter.clone(), None),
            [only] => (only.names[0].clone(), only.deck.clone()),
            [first, ..] => (first.names[0].clone(), None),
        };
        Self {
            name: joined(&names).unwrap_or_else(|| site.newsletter.clone()),
            deck,
            first_name,
            letters,
        }
    }

    /// Whether issues have to say which letter they are of.
    pub(super) fn is_mixed(&self) -> bool {
        self.letters.len() > 1
    }

    /// An issue's letter.
    pub(super) fn letter_of(&self, issue: &SitePayload) -> Option<&Letter> {
        self.letters.iter().find(|letter| letter.has(issue))
    }
}

/// `A`, `A & B`, `A, B & C`
fn joined(names: &[&str]) -> Option<String> {
    let (last, before) = names.split_last()?;
    Some(if before.is_empty() {
        (*last).to_owned()
    } else {
        format!("{} & {last}", before.join(", "))
    })
}

/// A file name for the feed of an issue's letter that no letter has yet.
fn feed_name(issue: &SitePayload, known: &[Letter]) -> String {
    let plain = |text: &str| {
        let lower = text.to_lowercase();
        let words = lower.split(|c: char| !c.is_ascii_alphanumeric());
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).take(8).collect();
        words.join("-")
    };
    let own = [plain(&issue.pipeline), plain(&issue.newsletter)];
    let stem = own
        .into_iter()
        .find(|word| !word.is_empty())
        .unwrap_or_else(|| "letter".to_owned());
    let is_free = |name: &String| known.iter().all(|letter| letter.feed != *name);
    std::iter::once(format!("feed-{stem}.xml"))
        .chain((2..=known.len() + 1).map(|number| format!("feed-{stem}-{number}.xml")))
        .find(is_free)
        .expect("there is a name more than letters")
}
