//! Words of strangers as title, deck, sentence, publisher and address: inert wherever they come out.

use std::path::{Path, PathBuf};

use copydesk_domain::Untrusted;
use copydesk_journal::Rendered;
use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use serde_json::Value;

use crate::fixture::{self, Desk, field};
use crate::markup;

/// The folder of shared data, or `None` after saying that the test is skipped.
#[expect(clippy::disallowed_methods, reason = "says where the shared test data lies")]
fn shared(test: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = std::env::var_os("COPYDESK_SHARED").map_or_else(beside, PathBuf::from);
    let found = folder.is_dir().then_some(folder);
    if found.is_none() {
        println!("skipped: {test}: no shared data");
    }
    found
}

/// The values of one field, one a line, and the number of lines.
fn lines(path: &Path, name: &str) -> (Vec<String>, usize) {
    let text = std::fs::read_to_string(path).unwrap();
    let values = text.lines().filter_map(|line| {
        serde_json::from_str::<Value>(line).unwrap()[name]
            .as_str()
            .map(str::to_owned)
    });
    (values.collect(), text.lines().count())
}

/// The fixture with `words` wherever a stranger's words can stand.
fn desk_of(words: &str) -> Desk {
    let mut desk = fixture::desk();
    let text = || Untrusted::new(words.to_owned());
    desk.draft.title = text();
    desk.draft.deck = Some(text());
    for sentence in &mut desk.draft.sentences {
        sentence.text = text();
    }
    for source in &mut desk.sources {
        source.source.title = text();
        source.source.publisher = text();
    }
    words.clone_into(&mut desk.sources[0].source.url);
    desk.sources[2].source.url = format!("https://a.example/{words}");
    desk
}

/// Whether an element, a handler or a link of the words came alive, in any of the forms.
fn came_alive(desk: &Desk, rendered: &Rendered) -> Vec<String> {
    let html = field(rendered, "html");
    let mut found = markup::dangers(&html);
    // Not one element more than the same issue with plain words.
    let plain = desk_of("plain");
    let count = |html: &str| {
        markup::read(html)
            .0
            .iter()
            .filter(|element| element.name != "a")
            .count()
    };
    if count(&html) != count(&field(&plain.render(), "html")) {
        found.push("the words made elements".to_owned());
    }
    let payload: Value = serde_json::from_slice(&rendered.bytes).unwrap();
    found.extend(markup::dangers(
        payload["feed_entry"]["content"].as_str().unwrap(),
    ));
    found.extend(markdown_dangers(desk, &field(rendered, "markdown")));
    found
}

/// Raw HTML, images, and links to anything that is no source.
fn markdown_dangers(desk: &Desk, markdown: &str) -> Vec<String> {
    let (front, body) = split_front_matter(markdown);
    let mut found = Vec::new();
    if front.lines().count() != 6 {
        found.push(format!("front matter of {} lines", front.lines().count()));
    }
    let mut headings = 0;
    for event in Parser::new(body) {
        match event {
            Event::Html(html) | Event::InlineHtml(html) => found.push(format!("raw {html}")),
            Event::Start(Tag::Image { dest_url, .. }) => found.push(format!("image {dest_url}")),
            Event::Start(Tag::CodeBlock(_)) => found.push("code".to_owned()),
            Event::Start(Tag::Link { dest_url, .. }) => {
                let is_known = desk
                    .sources
                    .iter()
                    .any(|source| same_address(&source.source.url, &dest_url));
                if !is_known {
                    found.push(format!("link {dest_url}"));
                }
            }
            Event::End(TagEnd::Heading(_)) => headings += 1,
            _ => {}
        }
    }
    if headings != 6 {
        found.push(format!("{headings} headings"));
    }
    found
}

/// Equal but for characters that a destination must encode.
fn same_address(known: &str, link: &str) -> bool {
    decoded(known) == decoded(link)
}

/// An address with its percent-encoded bytes as bytes.
fn decoded(url: &str) -> Vec<u8> {
    let bytes = url.as_bytes();
    let mut out = Vec::new();
    let mut index = 0;
    while let Some(byte) = bytes.get(index) {
        let digits = bytes
            .get(index + 1..index + 3)
            .and_then(|digits| std::str::from_utf8(digits).ok());
        let value = digits
            .and_then(|digits| u8::from_str_radix(digits, 16).ok())
            .filter(|_| *byte == b'%');
        out.push(value.unwrap_or(*byte));
        index += if value.is_some() { 3 } else { 1 };
    }
    out
}

fn split_front_matter(markdown: &str) -> (&str, &str) {
    let rest = markdown.strip_prefix("---\n").unwrap();
    rest.split_once("\n---\n").unwrap()
}

fn assert_inert(words: &str) {
    let desk = desk_of(words);
    let found = came_alive(&desk, &desk.render());
    assert!(found.is_empty(), "{words:?}: {found:?}");
}

#[test]
fn awkward_strings_are_inert() {
    let Some(folder) = shared("awkward_strings_are_inert") else {
        return;
    };
    let (strings, count) = lines(&folder.join("adversarial/strings.jsonl"), "text");
    for words in &strings {
        assert_inert(words);
    }
    assert_eq!(strings.len(), count);
}

#[test]
fn script_payloads_are_inert() {
    let Some(folder) = shared("script_payloads_are_inert") else {
        return;
    };
    let (payloads, count) = lines(&folder.join("adversarial/xss.jsonl"), "payload");
    for words in &payloads {
        assert_inert(words);
    }
    assert_eq!(payloads.len(), count);
}

#[test]
fn breakouts_of_every_form_are_inert() {
    for words in [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "](javascript:alert(1))",
        "![x](https://evil.example/p.png)",
        "\"\n---\nadmin: true\n---\n",
        "\\\" : {a: b}",
        "\u{202e}gnp.exe\u{2066}",
        "# head\n\n    code",
        "```\ncode",
        "[1]: https://evil.example/",
        "<https://evil.example/>",
        "x\n===\ny\n---",
        "]]></content><entry>",
        "&lt;script&gt; &amp;amp;",
    ] {
        assert_inert(words);
    }
}

#[test]
fn words_come_back_byte_for_byte() {
    let words = "Tom & \"Jerry\" <b>'s</b> \u{202e}räksmörgås\u{202c} 100 %";
    let (_, text) = markup::read(&field(&desk_of(words).render(), "html"));
    assert!(text.contains(words), "{text}");
}
