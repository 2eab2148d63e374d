//! What an issue told that the author published elsewhere: its items, each a story that readers know.

use copydesk_domain::{ContentHash, PublishedAt, Untrusted};
use copydesk_journal::ImportedInput;
use copydesk_text::{sentence, words};

use super::history::{How, Told};

/// So long an issue counts as told, as those that this program made.
pub(crate) const TOLD_FOR: jiff::SignedDuration = jiff::SignedDuration::from_hours(14 * 24);
/// Words of an item that tells a story; shorter ones are greetings and links.
const ITEM_WORDS_MIN: usize = 20;
/// Items of one issue.
const ITEMS_MAX: usize = 40;
/// Words of a line that is a heading.
const HEADING_WORDS_MAX: usize = 14;

/// The items of an issue as told sources: each heading with the text below it, each paragraph where there is no heading.
pub(super) fn told(issue: &ImportedInput, text: &str) -> Vec<Told> {
    items(text)
        .into_iter()
        .map(|item| Told {
            snapshot: ContentHash::of(item.text.as_bytes()),
            slug: issue.url.clone(),
            at: issue.at,
            how: How::Told,
            title: Untrusted::new(item.title),
            text: Untrusted::new(item.text),
            url: issue.url.clone(),
            published_at: Some(PublishedAt::At(issue.at)),
        })
        .collect()
}

/// The sentences of an issue, in order.
pub(crate) fn sentences(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| !is_heading(line));
    lines
        .flat_map(|line| {
            let ranges = sentence::split(line).into_iter();
            ranges.filter_map(move |range| line.get(range)).map(str::to_owned)
        })
        .collect()
}

struct Item {
    title: String,
    text: String,
}

fn items(text: &str) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    let mut heading = "";
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if is_heading(line) {
            heading = line;
            continue;
        }
        match items.last_mut() {
            Some(item) if !heading.is_empty() && item.title == heading => {
                item.text.push('\n');
                item.text.push_str(line);
            }
            _ => items.push(Item {
                title: if heading.is_empty() {
                    opening(line)
                } else {
                    heading.to_owned()
                },
                text: line.to_owned(),
            }),
        }
    }
    items.retain(|item| words::count(&item.text) >= ITEM_WORDS_MIN);
    items.truncate(ITEMS_MAX);
    items
}

fn is_heading(line: &str) -> bool {
    words::count(line) <= HEADING_WORDS_MAX
        && !line
            .trim_end()
            .ends_with(['.', '!', '?', ':', ';', ',', '”', '"'])
}

/// The first sentence of a paragraph.
fn opening(line: &str) -> String {
    let first = sentence::split(line).into_iter().next();
    first.and_then(|range| line.get(range)).unwrap_or(line).to_owned()
}

#[cfg(test)]
mod tests {
    use copydesk_domain::Instant;

    use super::*;

    const ISSUE: &str = "The week in storage\n\
        A mirror falls at Moss\n\
        Moss lost the mirror of its images on Monday, and with it 40 images of customers in the north of the country.\n\
        The owners of those images are paid by Moss.\n\
        Prices\n\
        Norn asks for twice as much from June on, and says that power has become dearer in all of its seven zones.\n\
        Thanks\n\
        Bye.";

    #[test]
    fn each_item_is_a_story_that_was_told() {
        let issue = ImportedInput {
            snapshot: ContentHash::of(ISSUE.as_bytes()),
            url: "https://mine.example/1".to_owned(),
            at: Instant::from_micros(0),
        };
        let found = told(&issue, ISSUE);
        let titles: Vec<&str> = found.iter().map(|one| one.title.inspect().as_str()).collect();
        assert_eq!(titles, ["A mirror falls at Moss", "Prices"]);
        assert!(
            found[0].text.inspect().contains("40 images") && found[0].text.inspect().contains("are paid")
        );
        assert!(
            found
                .iter()
                .all(|one| one.slug == issue.url && one.how == How::Told)
        );
    }

    #[test]
    fn paragraphs_without_headings_are_items_of_their_own() {
        let paragraph = "Moss lost the mirror of its images on Monday, and with it 40 images of customers in the north of the country.";
        let found = items(&format!("{paragraph}\n{}", paragraph.replace("Moss", "Norn")));
        assert_eq!(found.len(), 2);
        assert!(found[1].title.starts_with("Norn lost"));
    }

    #[test]
    fn headings_are_no_sentences() {
        let found = sentences(ISSUE);
        assert_eq!(found.len(), 4, "{found:?}");
        assert!(found[0].starts_with("Moss lost"));
    }
}
