//! The hand-made issue against files that a person has read.

use std::path::Path;

use copydesk_config::Citations;
use copydesk_domain::Untrusted;

use crate::fixture::{self, field};
use crate::markup;

/// Compares with a golden file; on a difference the new text is left beside the test's other output.
fn assert_golden(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/site/golden")
        .join(name);
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    if expected != actual {
        let found = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::write(&found, actual).unwrap();
        panic!(
            "{name} differs; compare {} with {}",
            found.display(),
            path.display()
        );
    }
}

#[test]
fn the_page_is_as_agreed() {
    let html = field(&fixture::desk().render(), "html");
    assert_golden("issue.html", &html.replace("><", ">\n<"));
    assert_eq!(markup::dangers(&html), Vec::<String>::new());
}

#[test]
fn the_markdown_is_as_agreed() {
    assert_golden("issue.md", &field(&fixture::desk().render(), "markdown"));
}

#[test]
fn a_blocked_sentence_is_in_no_payload_and_its_source_is_not_listed() {
    let rendered = fixture::desk().render();
    let bytes = String::from_utf8(rendered.bytes.clone()).unwrap();
    assert!(!bytes.contains("BLOCKED") && !bytes.contains("rumour.example"));
    let html = field(&rendered, "html");
    assert!(!html.contains("Releases"), "a section without sentences is gone");
    assert!(
        !html.contains("The take") && !html.contains("Who pays"),
        "the author has not written it"
    );
    assert!(html.contains("[1]") && html.contains("[2]") && !html.contains("[3]"));
}

#[test]
fn citations_at_the_end_leave_only_the_list() {
    let mut desk = fixture::desk();
    desk.pipeline.issue.citations = Citations::End;
    let rendered = desk.render();
    assert!(!field(&rendered, "html").contains("class=\"cite\""));
    assert!(!field(&rendered, "markdown").contains("[1]"));
    assert!(field(&rendered, "markdown").contains("1. Tarnhelm: "));
}

#[test]
fn a_day_without_news_says_so() {
    let mut desk = fixture::desk();
    desk.draft.nothing_today = Some("Nothing of what was read is news that can be quoted.".to_owned());
    desk.draft.title = Untrusted::new("Nothing today".to_owned());
    desk.draft.sections.clear();
    let rendered = desk.render();
    for name in ["html", "markdown", "description"] {
        assert!(
            field(&rendered, name).contains("Nothing of what was read"),
            "{name}"
        );
    }
    assert!(!field(&rendered, "html").contains("Sources"));
}

#[test]
fn the_same_draft_gives_the_same_bytes() {
    assert_eq!(fixture::desk().render(), fixture::desk().render());
}

#[test]
fn a_sentence_without_its_source_is_not_rendered() {
    use copydesk_domain::ChannelName;
    use copydesk_journal::Renderer as _;
    let mut desk = fixture::desk();
    desk.sources.remove(0);
    let error = copydesk_publish::SiteRenderer
        .render(&ChannelName::from("site"), &desk.rendering())
        .unwrap_err();
    assert!(error.reason.contains("is not among the sources"), "{error}");
}
