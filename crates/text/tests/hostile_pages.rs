//! Bounds on pages that mean harm: each is read in little time.

use std::time::{Duration, Instant};

use copydesk_text::page::{self, Page};
use url::Url;

fn extract(html: &str) -> Page {
    let url = Url::parse("https://example.com/news/2026/08/20/item").unwrap();
    page::extract(html.as_bytes(), Some("text/html; charset=utf-8"), &url)
}

/// Pages made to cost time: each a unit that is repeated, and how often.
const HOSTILE: &[(&str, &str, usize)] = &[
    ("mixed", "<b><i><p><a href=x><table><tr><td>", 20_000),
    ("unclosed fonts", "<p><font color=1>x", 100_000),
    ("nested lists", "<ul><li>", 100_000),
    (
        "formatting",
        "<a href=1><b><code><em><font size=1><i>x</p><p>",
        50_000,
    ),
    ("headings", "<h2>Related posts</h2>", 300_000),
    ("times", "<time datetime=x></time>", 300_000),
    ("authors", "<i rel=author>Ann Lee</i>", 200_000),
    (
        "cards",
        "<div><a href=/p>A headline of some words</a><p>Blurb of it.</p></div>",
        100_000,
    ),
    (
        "entries",
        "<div><p>One says something of some length here.</p><p>Reply</p></div>",
        100_000,
    ),
    (
        "posts",
        "<div><b>Ann</b><div><p>One says something of some length here.</p></div>",
        50_000,
    ),
    (
        "pictures",
        "<div><img src=a><p>A line below a picture that says what is to be seen in it.</p>",
        50_000,
    ),
    (
        "sections",
        "<section><p>One says something of some length here, and goes on.</p>",
        50_000,
    ),
    ("rows", "<table><tr><td>a<td>b", 50_000),
    ("forms", "<form><input type=email>", 100_000),
    (
        "bases",
        "<base href=//example.com/a/b/c/d/e/f><a href=../../x>x y z</a>",
        100_000,
    ),
    ("titles", "<h1>T</h1>", 300_000),
    ("custom", "<x-y>a</x-y>", 300_000),
    ("comments", "<!-- x --><!DOCTYPE y>", 200_000),
    ("signs", "<<<>>>\"'=&&;", 300_000),
    (
        "frames",
        "<frameset><select><option><svg><title><math><mi>",
        50_000,
    ),
    (
        "article bodies",
        "<div class=entry-content><p>A sentence that goes on for some words, as they do.</p>",
        20_000,
    ),
    ("dates", "20 August 2026 20.08.2026 <br>", 100_000),
];

#[test]
fn hostile_pages_are_read_in_bounded_time() {
    let deep = format!("{}text{}", "<div>".repeat(100_000), "</div>".repeat(100_000));
    let many = (0..1_000_000).fold(String::new(), |all, n| all + "a" + &n.to_string() + " ");
    let attributes = format!("<p {many}>A sentence that is long enough to be read as text by all.</p>");
    let long = "<p>A plain sentence that fills the page with words and words again.</p>\n".repeat(280_000);
    let pages = [("deep", deep), ("attributes", attributes), ("long", long)].into_iter();
    let repeated = HOSTILE.iter().map(|(name, unit, times)| {
        (
            *name,
            format!("<title>T</title><h1>T</h1>{}", unit.repeat(*times)),
        )
    });
    for (name, html) in pages.chain(repeated) {
        let start = Instant::now();
        let page = extract(&html);
        println!(
            "{name}: {} bytes in {:?}, {} blocks",
            html.len(),
            start.elapsed(),
            page.blocks.len()
        );
        assert!(start.elapsed() < Duration::from_secs(20), "{name}");
    }
}

/// Pages on which work once grew with the square of their length.
fn pages_of_many_parts() -> Vec<(&'static str, String)> {
    let said = "<p>One says something of some length here.</p>";
    let parts = format!("<p>Related posts</p>{said}").repeat(200_000);
    let entry = "<div><p>One says it.</p><p>Reply</p></div>".repeat(3);
    let groups = format!("{entry}<section><p>And more</p></section>").repeat(50_000);
    let linked = "word ".repeat(40);
    let articles = (0..30_000)
        .map(|n| format!("<article class=c{n}>{said}</article><p><a href=/p>{linked}</a></p>"))
        .collect::<Vec<_>>()
        .concat();
    let class = "c".repeat(6_000_000);
    let counted = |count: usize| {
        let pieces = (0..count).map(|n| format!("<p>One says {n} things of some length here.</p>"));
        pieces.collect::<Vec<_>>().concat()
    };
    let sections = format!(
        "<section class={class}>{}</section><section class={class}>{}{}</section>",
        counted(1_000),
        counted(100),
        "<p>Two words</p>".repeat(200_000)
    );
    vec![
        ("headed parts", parts),
        ("groups of entries", groups),
        ("named articles", articles),
        ("sections of one long class", sections),
    ]
}

#[test]
fn pages_of_many_parts_are_read_to_their_end() {
    for (name, body) in pages_of_many_parts() {
        let page = extract(&format!("<title>T</title><body><h1>T</h1>{body}"));
        println!("{name}: {} bytes, {} blocks", body.len(), page.blocks.len());
        assert_eq!(page.title.as_deref(), Some("T"), "{name}");
    }
}
