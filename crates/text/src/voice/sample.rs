//! What an author wrote, cut into the pieces that are measured.

use std::sync::LazyLock;

use regex::Regex;

use crate::page::{BlockKind, Page};
use crate::{sentence, words};

/// Words of an example; a longer sentence is cut.
const EXAMPLE_WORDS_MAX: usize = 22;
/// Words of a sentence that is an example by itself.
const EXAMPLE_WORDS_MIN: usize = 4;
/// Lines at the end of an issue in which it takes leave: a wish, a closing word, a name.
const LAST_LINES: usize = 3;
/// Examples of one rule.
const EXAMPLES_MAX: usize = 2;

/// Quotations of some length: words of others, mostly.
static QUOTED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("“[^“”\n]{12,600}”|\"[^\"\n]{12,600}\"|«[^«»\n]{12,600}»")
        .expect("the pattern is fixed and valid")
});

/// One sentence of running text.
#[derive(Debug, Clone)]
pub(super) struct Sentence {
    /// The issue, by number.
    pub(super) issue: usize,
    pub(super) text: String,
    /// The same without what stands in quotation marks.
    pub(super) own: String,
    pub(super) words: usize,
}

/// One paragraph of running text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paragraph {
    pub(super) sentences: usize,
    pub(super) words: usize,
}

/// One issue.
#[derive(Debug, Clone, Default)]
pub(super) struct Issue {
    pub(super) title: Option<String>,
    pub(super) headings: Vec<String>,
    /// Words that carry a link.
    pub(super) anchors: Vec<String>,
    pub(super) words: usize,
    pub(super) words_in_lists: usize,
    /// The first line of running text.
    pub(super) first_line: Option<String>,
    /// The last lines of running text, in order.
    pub(super) last_lines: Vec<String>,
    /// Only its lines are known, not what each of them is.
    pub(super) is_bare: bool,
}

impl Issue {
    fn add_line(&mut self, line: &str) {
        if self.first_line.is_none() {
            self.first_line = Some(line.to_owned());
        }
        if self.last_lines.len() == LAST_LINES {
            self.last_lines.remove(0);
        }
        self.last_lines.push(line.to_owned());
    }
}

/// All that was read.
#[derive(Debug, Clone, Default)]
pub(super) struct Sample {
    pub(super) issues: Vec<Issue>,
    pub(super) sentences: Vec<Sentence>,
    pub(super) paragraphs: Vec<Paragraph>,
    /// Running text and lists without quotations, one block a line.
    pub(super) own: String,
    /// Words of `own`.
    pub(super) words: usize,
}

impl Sample {
    /// Cuts issues up. Code, tables, captions and quotations set apart are not the author's prose.
    pub(super) fn of(pages: &[Page]) -> Self {
        let mut sample = Self::default();
        for page in pages {
            sample.add(page);
        }
        sample.words = words::count(&sample.own);
        sample
    }

    fn add(&mut self, page: &Page) {
        let number = self.issues.len();
        let mut issue = Issue {
            title: page.title.clone(),
            anchors: page.links.iter().map(|link| link.text.clone()).collect(),
            ..Issue::default()
        };
        issue.is_bare = page.blocks.is_empty();
        if issue.is_bare {
            for line in page.text.lines() {
                issue.words += words::count(line);
                issue.add_line(line);
                self.add_paragraph(number, line, words::count(line));
            }
        }
        for block in &page.blocks {
            let Some(text) = page.text.get(block.start..block.end) else {
                continue;
            };
            let count = words::count(text);
            match block.kind {
                BlockKind::Heading => issue.headings.push(text.to_owned()),
                BlockKind::Paragraph => {
                    issue.words += count;
                    issue.add_line(text);
                    self.add_paragraph(number, text, count);
                }
                BlockKind::ListItem => {
                    issue.words += count;
                    issue.words_in_lists += count;
                    self.add_own(text);
                }
                BlockKind::Quote | BlockKind::Code | BlockKind::Table | BlockKind::Caption => {}
            }
        }
        self.issues.push(issue);
    }

    fn add_paragraph(&mut self, issue: usize, text: &str, words_in_it: usize) {
        let ranges = sentence::split(text);
        let whole = |text: &str| {
            text.trim_end()
                .ends_with(['.', '!', '?', '…', '”', '"', ')', ':'])
        };
        let mut sentences = 0;
        for range in ranges {
            let text = &text[range];
            let count = words::count(text);
            if count == 0 || !whole(text) {
                continue;
            }
            sentences += 1;
            self.sentences.push(Sentence {
                issue,
                text: text.to_owned(),
                own: QUOTED.replace_all(text, " ").into_owned(),
                words: count,
            });
        }
        if sentences > 0 {
            self.paragraphs.push(Paragraph {
                sentences,
                words: words_in_it,
            });
        }
        self.add_own(text);
    }

    fn add_own(&mut self, text: &str) {
        self.own.push_str(&QUOTED.replace_all(text, " "));
        self.own.push('\n');
    }

    /// Matches of a pattern in the author's own words.
    pub(super) fn count(&self, pattern: &Regex) -> usize {
        pattern.find_iter(&self.own).count()
    }

    /// Issues with a sentence that matches.
    pub(super) fn issues_with(&self, wanted: impl Fn(&str) -> bool) -> usize {
        let mut found: Vec<usize> = self
            .sentences
            .iter()
            .filter(|sentence| wanted(&sentence.own))
            .map(|sentence| sentence.issue)
            .collect();
        found.dedup();
        found.len()
    }

    /// Up to two sentences that match, short ones first, each of another issue where there is one.
    pub(super) fn examples(&self, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let mut fitting: Vec<&Sentence> = self
            .sentences
            .iter()
            .filter(|sentence| sentence.words >= EXAMPLE_WORDS_MIN && wanted(&sentence.own))
            .collect();
        fitting.sort_by_key(|sentence| sentence.words.abs_diff(12));
        let mut taken: Vec<&Sentence> = Vec::new();
        for sentence in &fitting {
            let is_other = taken
                .iter()
                .all(|known| known.issue != sentence.issue && known.text != sentence.text);
            if is_other && taken.len() < EXAMPLES_MAX {
                taken.push(sentence);
            }
        }
        taken.iter().map(|sentence| example(&sentence.text)).collect()
    }
}

/// Words as an example: one line, of at most some twenty words.
pub(super) fn example(text: &str) -> String {
    let mut words = text.split_whitespace();
    let kept: Vec<&str> = words.by_ref().take(EXAMPLE_WORDS_MAX).collect();
    let cut = if words.next().is_some() { " …" } else { "" };
    let line: String = kept.join(" ").chars().filter(|c| !c.is_control()).collect();
    // A comment that opens here would hide the rest of the file.
    line.replace("<!--", "<! --").replace("-->", "-- >") + cut
}

#[cfg(test)]
pub(super) mod tests {
    use url::Url;

    use super::*;
    use crate::page;

    /// An issue of Markdown.
    pub(in crate::voice) fn page(markdown: &str) -> Page {
        let url = Url::parse("https://norn.example/1").unwrap();
        page::extract(markdown.as_bytes(), Some("text/markdown"), &url)
    }

    #[test]
    fn words_of_others_and_code_are_not_the_authors() {
        let sample = Sample::of(&[page(
            "# A day\n\nI saw it. She said \"we were not told anything at all\" and left.\n\n> We are quoted.\n\n    we = 1\n\n- One item\n",
        )]);
        assert_eq!(sample.sentences.len(), 2);
        assert!(
            !sample.own.contains("told") && !sample.own.contains("quoted") && !sample.own.contains("we =")
        );
        assert_eq!(sample.issues[0].words_in_lists, 2);
    }

    #[test]
    fn of_an_issue_without_blocks_the_lines_count_and_what_they_are_does_not() {
        let whole = page("# A day\n\n## Seen\n\nI saw it. It went well.\n\n- One item\n");
        let bare = Page {
            blocks: Vec::new(),
            ..whole.clone()
        };
        let sample = Sample::of(&[whole, bare]);
        assert_eq!(
            (sample.issues[0].is_bare, sample.issues[1].is_bare),
            (false, true)
        );
        assert_eq!(sample.issues[1].headings, [""; 0]);
        let of = |issue: usize| sample.sentences.iter().filter(|one| one.issue == issue).count();
        assert_eq!((of(0), of(1)), (2, 2));
    }

    #[test]
    fn an_example_is_one_short_line_that_hides_nothing() {
        let long = "word ".repeat(40);
        assert_eq!(example(&long).split(' ').count(), EXAMPLE_WORDS_MAX + 1);
        assert_eq!(example("a <!-- b\n--> c"), "a <! -- b -- > c");
    }
}
