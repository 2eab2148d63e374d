//! What a newsletter is named after.

use copydesk_domain::PromptData;
use copydesk_domain::task::RankStory;
use copydesk_text::words;

/// Words of names that say that it is a newsletter, when it comes or how it is, and not what it is about.
const FORM: &str = "
    brief briefing briefs bulletin chronicle column daily day deck desk digest dispatch dispatches edition essentials
    evening friday gazette herald highlights hour insider inside issue journal letter letters link links log lowdown
    magazine mail memo minute monday month monthly morning new news newsletter newsletters note notebook notes now
    observer one outlook paper pick picks post press pulse quarterly radar read reader reading recap record report
    reports review roundup saturday short signal story stories summary sunday thursday tidings times today tuesday
    update updates watch wednesday week weekend weekly wire world year yearly";

/// The telling words of a name, as stems.
pub(super) struct Subject(Vec<String>);

impl Subject {
    /// `This Week in Beekeeping` is about beekeeping; `The Daily Brief` is about nothing that its name says.
    pub(super) fn of(newsletter: &str) -> Self {
        let is_form = |word: &str| FORM.split_whitespace().any(|form| form == word);
        let telling = words::words(newsletter)
            .map(|(_, word)| word.to_lowercase())
            .filter(|word| !is_form(word) && !word.bytes().all(|byte| byte.is_ascii_digit()));
        Self(telling.flat_map(|word| words::content_stems(&word)).collect())
    }

    /// Whether the name tells none.
    pub(super) fn is_unknown(&self) -> bool {
        self.0.is_empty()
    }

    /// How much of a story is about it: all where its title or a publisher names it, half where only its sentences do.
    pub(super) fn share(&self, story: &RankStory) -> f64 {
        let names_it = |text: &str| {
            let stems = words::content_stems(text);
            self.0.iter().any(|stem| stems.contains(stem))
        };
        let mut publishers = story.publishers.iter().map(PromptData::as_str);
        let mut quotes = story.quotes.iter().map(PromptData::as_str);
        if self.0.is_empty() {
            0.0
        } else if names_it(story.title.as_str()) || publishers.any(names_it) {
            1.0
        } else if quotes.any(names_it) {
            0.5
        } else {
            0.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_its_subject_but_for_words_of_form() {
        assert_eq!(Subject::of("This Week in Beekeeping").0, ["beekeep"]);
        assert_eq!(Subject::of("AI Weekly").0, ["ai"]);
        assert!(Subject::of("The Daily Brief").0.is_empty());
        assert!(Subject::of("Week 31").0.is_empty());
    }
}
