//! What the author sees.

use std::collections::HashMap;

use copydesk_domain::Untrusted;
use copydesk_domain::artifact::SpanRef;
use copydesk_publish::{article_html, preview_html};

use crate::fixture::{self, hash};
use crate::markup;

#[test]
fn every_claim_has_its_source_and_its_words_beside_it() {
    let desk = fixture::desk();
    let span = SpanRef {
        snapshot: hash("a"),
        start: 0,
        end: 9,
    };
    let words = HashMap::from([(span, Untrusted::new("<b>closes a hole</b>".to_owned()))]);
    let html = preview_html(&desk.rendering(), &words).unwrap();
    let (elements, text) = markup::read(&html);
    let of = |name: &str| -> Vec<String> {
        elements
            .iter()
            .filter_map(|element| element.attribute(name).map(str::to_owned))
            .collect()
    };
    assert_eq!(of("data-sentence"), ["p1", "p2", "p3", "p4", "p5", "p6", "p7"]);
    assert_eq!(of("data-claim"), ["p1", "p2", "p3", "p5", "p6"]);
    assert!(text.contains("<b>closes a hole</b>"), "the words are text");
    assert!(text.contains("Read for cloud: 3 of 3 sources answered"));
    assert_eq!(markup::dangers(&html), Vec::<String>::new());
}

#[test]
fn the_author_sees_what_readers_do_not_get() {
    let html = preview_html(&fixture::desk().rendering(), &HashMap::new()).unwrap();
    assert!(html.contains("BLOCKED ninety") && html.contains("class=\"sentence claim blocked\""));
    assert!(html.contains("The take") && html.contains("Who pays for this?"));
}

#[test]
fn a_section_of_the_author_says_what_can_be_done_with_it_today() {
    let html = preview_html(&fixture::desk().rendering(), &HashMap::new()).unwrap();
    let (_, text) = markup::read(&html);
    for words in [
        "This page cannot take your text yet, and the issue goes out without this section.",
        "copydesk export RUN --to DIR",
        "copydesk note",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains("Until then"), "it promises no editor: {text}");
}

#[test]
fn the_page_around_the_preview_has_the_first_heading() {
    let levels = |html: &str| -> Vec<String> {
        let (elements, _) = markup::read(html);
        let names = elements.into_iter().map(|element| element.name);
        names
            .filter(|name| matches!(&**name, "h1" | "h2" | "h3"))
            .collect()
    };
    let desk = fixture::desk();
    let preview = levels(&preview_html(&desk.rendering(), &HashMap::new()).unwrap());
    assert_eq!(
        (&*preview[0], preview[1..].iter().all(|name| name == "h3")),
        ("h2", true)
    );
    let article = levels(&article_html(&desk.rendering()).unwrap());
    assert_eq!(
        (&*article[0], article[1..].iter().all(|name| name == "h2")),
        ("h1", true)
    );
}

#[test]
fn numbers_are_those_that_readers_see() {
    let desk = fixture::desk();
    let preview = preview_html(&desk.rendering(), &HashMap::new()).unwrap();
    let article = article_html(&desk.rendering()).unwrap();
    let sources = |html: &str| html[html.find("class=\"sources\"").unwrap()..].to_owned();
    // On the desk's page the list stands a level lower.
    let preview = preview.replace("h3>", "h2>");
    let (preview, article) = (sources(&preview), sources(&article));
    assert_eq!(preview, article);
    assert!(!article.contains("rumour.example"));
}

#[test]
fn only_what_asks_for_the_author_stands_open() {
    let html = preview_html(&fixture::desk().rendering(), &HashMap::new()).unwrap();
    let (elements, text) = markup::read(&html);
    let mut open = Vec::new();
    let mut claim = "";
    for element in &elements {
        claim = element.attribute("data-claim").unwrap_or(claim);
        if element.name == "details" && element.attribute("open").is_some() {
            open.push(claim);
        }
    }
    assert_eq!(open, ["p2", "p3", "p5"], "unsettled and blocked");
    assert!(
        html.contains("<span class=\"verdict\">in source</span>, one witness · [1] <bdi>"),
        "{html}"
    );
    assert!(!text.contains("[p"), "an id is no citation: {text}");
}
