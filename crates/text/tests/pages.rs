//! Measures of page extraction on real pages and on a corpus of framed posts, and what no page may do to it.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use copydesk_text::page::{self, NoTextWhy, Page, PageKind};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use url::Url;

/// The folder with shared data, if this machine has it.
#[expect(clippy::disallowed_methods, reason = "says where the shared test data lies")]
fn shared(test: &str) -> Option<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = std::env::var_os("COPYDESK_SHARED").map_or(root, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: {test}: no shared data");
    None
}

/// Precision and recall over shingles of four words, summed over pages.
#[derive(Default, Clone, Copy)]
struct Score {
    precision: f64,
    recall: f64,
    pages: usize,
}

impl Score {
    fn add(&mut self, truth: &str, result: &str) {
        let (truth, result) = (shingles(truth), shingles(result));
        let hits: usize = truth
            .iter()
            .map(|(shingle, count)| (*count).min(result.get(shingle).copied().unwrap_or(0)))
            .sum();
        let (wanted, got): (usize, usize) = (truth.values().sum(), result.values().sum());
        self.precision += hits as f64 / got.max(1) as f64;
        self.recall += hits as f64 / wanted.max(1) as f64;
        self.pages += 1;
    }

    fn f1(&self) -> f64 {
        let (precision, recall) = (
            self.precision / self.pages as f64,
            self.recall / self.pages as f64,
        );
        2.0 * precision * recall / (precision + recall)
    }
}

impl std::fmt::Display for Score {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let pages = self.pages as f64;
        let (precision, recall) = (self.precision / pages, self.recall / pages);
        write!(
            f,
            "F1 {:.4} (precision {precision:.4}, recall {recall:.4}, {pages} pages)",
            self.f1()
        )
    }
}

fn shingles(text: &str) -> HashMap<Vec<&str>, usize> {
    let words: Vec<&str> = text
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|word| !word.is_empty())
        .collect();
    let mut counts = HashMap::new();
    if words.len() < 4 {
        counts.insert(words, 1);
        return counts;
    }
    for shingle in words.windows(4) {
        *counts.entry(shingle.to_vec()).or_default() += 1;
    }
    counts
}

fn gunzip(path: &std::path::Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).unwrap();
    flate2::read::GzDecoder::new(file)
        .read_to_end(&mut bytes)
        .unwrap();
    bytes
}

#[test]
fn real_pages_reach_the_floor() {
    let Some(shared) = shared("real_pages_reach_the_floor") else {
        return;
    };
    let folder = shared.join("extraction");
    let truth: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.join("ground-truth.json")).unwrap()).unwrap();
    let mut score = Score::default();
    let mut spent = Duration::ZERO;
    for (id, entry) in truth.as_object().unwrap() {
        let html = gunzip(&folder.join(format!("html/{id}.html.gz")));
        let url = Url::parse(entry["url"].as_str().unwrap()).unwrap();
        let start = Instant::now();
        let page = page::extract(&html, None, &url);
        spent += start.elapsed();
        score.add(entry["articleBody"].as_str().unwrap(), &page.text);
    }
    println!(
        "real pages: {score}; {:.0} pages/s",
        score.pages as f64 / spent.as_secs_f64()
    );
    assert!(score.f1() >= 0.975, "{score}");
}

#[test]
fn framed_posts_reach_the_floor() {
    let Some(shared) = shared("framed_posts_reach_the_floor") else {
        return;
    };
    let folder = shared.join("corpus");
    let mut all = Score::default();
    let mut frames: HashMap<String, Score> = HashMap::new();
    let (mut dates, mut titles, mut authors, mut authored) = (0, 0, 0, 0);
    for line in std::fs::read_to_string(folder.join("truth.jsonl"))
        .unwrap()
        .lines()
    {
        let truth: serde_json::Value = serde_json::from_str(line).unwrap();
        let html = std::fs::read(folder.join(truth["page"].as_str().unwrap())).unwrap();
        let url = Url::parse(&format!("http://127.0.0.1/s/{}", truth["id"].as_str().unwrap())).unwrap();
        let page = page::extract(&html, None, &url);
        // The one line of the frame that its makers ask to leave out.
        let text = page
            .text
            .lines()
            .filter(|line| !line.starts_with("Copy for testing, made from"));
        let text = text.collect::<Vec<_>>().join("\n");
        let wanted = truth["text"].as_str().unwrap();
        all.add(wanted, &text);
        frames
            .entry(truth["page_style"].as_str().unwrap().to_owned())
            .or_default()
            .add(wanted, &text);
        dates += usize::from(
            page.published_at
                .is_some_and(|at| at.date().to_string() == truth["date"]),
        );
        let title = truth["title"]
            .as_str()
            .unwrap()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        titles += usize::from(page.title.as_deref() == Some(title.as_str()));
        if truth["author_on_page"] == true {
            authored += 1;
            authors += usize::from(page.authors.first().map(String::as_str) == truth["authors"][0].as_str());
        }
    }
    let share = |count: usize| count as f64 / all.pages as f64;
    let mut report = format!(
        "framed posts: {all}; dates {:.4}, titles {:.4}, first author {authors} of {authored}",
        share(dates),
        share(titles)
    );
    for (frame, score) in &frames {
        write!(report, "\n  {frame}: {score}").unwrap();
    }
    println!("{report}");
    assert!(all.f1() >= 0.995, "{report}");
    assert!(frames.values().all(|score| score.f1() >= 0.99), "{report}");
    assert!(share(dates) >= 0.99 && share(titles) >= 0.995, "{report}");
    assert!(authors * 100 >= authored * 95, "{report}");
}

fn url() -> Url {
    Url::parse("https://example.com/news/2026/08/20/item").unwrap()
}

fn extract(html: &str) -> Page {
    page::extract(html.as_bytes(), Some("text/html; charset=utf-8"), &url())
}

#[test]
fn blocks_tell_code_and_headings_from_sentences() {
    let page = extract(
        "<title>T - Site</title><article><h1>T</h1><p>First paragraph with enough words to be the text of this page.</p>\
         <h2>Part</h2><pre><code>let x = 1;\n  let y = 2;</code></pre><blockquote><p>Said by one.</p></blockquote>\
         <ul><li>one item here</li></ul><table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>\
         <p>Last paragraph with a <a href='/x#y'>link</a> to another page of the site.</p></article>",
    );
    let lines: Vec<(String, &str)> = page
        .blocks
        .iter()
        .map(|block| (format!("{:?}", block.kind), &page.text[block.start..block.end]))
        .collect();
    let lines: Vec<(&str, &str)> = lines.iter().map(|(kind, text)| (kind.as_str(), *text)).collect();
    assert_eq!(
        lines,
        [
            (
                "Paragraph",
                "First paragraph with enough words to be the text of this page."
            ),
            ("Heading", "Part"),
            ("Code", "let x = 1;"),
            ("Code", "  let y = 2;"),
            ("Quote", "Said by one."),
            ("ListItem", "one item here"),
            ("Table", "a | b"),
            ("Table", "1 | 2"),
            (
                "Paragraph",
                "Last paragraph with a link to another page of the site."
            ),
        ]
    );
    assert_eq!(page.links[0].url, "https://example.com/x");
    assert_eq!(page.published_at.unwrap().to_string(), "2026-08-20");
}

#[test]
fn pages_without_text_say_why() {
    let why = |html: &str| match extract(html).outcome {
        PageKind::NoText { why } => Some(why),
        PageKind::Article => None,
    };
    let login =
        "<title>Sign in</title><form><h1>Sign in to read on</h1><input name=u><input type=password></form>";
    assert_eq!(why(login), Some(NoTextWhy::LoginWall));
    let scripts = "<title>App</title><div id=root></div><noscript>Please enable JavaScript.</noscript><script src=/a.js></script>";
    assert_eq!(why(scripts), Some(NoTextWhy::ScriptOnly));
    let consent = "<title>Site</title><div><p>We use cookies. Accept all to read on.</p><button>Accept all</button></div>";
    assert_eq!(why(consent), Some(NoTextWhy::CookieWall));
    let teasers = (0..8).fold(String::new(), |mut all, n| {
        write!(all, "<li><h2><a href=/p/{n}>Headline of the post number {n}</a></h2><p>What the post {n} tells in a few words.</p></li>").unwrap();
        all
    });
    assert_eq!(
        why(&format!("<title>Blog</title><h1>Blog</h1><ul>{teasers}</ul>")),
        Some(NoTextWhy::IndexPage)
    );
    assert_eq!(why(""), Some(NoTextWhy::Empty));
    let without_zeros: Vec<u8> = (0..4_096_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 7).to_le_bytes()[0] | 1)
        .collect();
    for bytes in [&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], &without_zeros] {
        assert_eq!(
            page::extract(bytes, Some("text/html"), &url()).outcome,
            PageKind::NoText {
                why: NoTextWhy::Empty
            }
        );
    }
}

#[test]
fn labelled_pages_are_sponsored_and_pages_about_sponsors_are_not() {
    let page = |top: &str, text: &str| {
        extract(&format!(
            "<title>A title of words</title><article>{top}<h1>A title of words</h1><p>{text}</p></article>"
        ))
    };
    let text = "The new release brings a faster start and a smaller image to all who run it.";
    assert!(page("<span>Sponsored content</span>", text).is_sponsored);
    assert!(
        page(
            "",
            "This is a sponsored post by a company that sells what it praises here."
        )
        .is_sponsored
    );
    assert!(
        !page(
            "",
            "The conference is sponsored by three companies that all sell databases to banks."
        )
        .is_sponsored
    );
}

#[test]
fn fragments_of_feeds_are_text_as_a_whole() {
    let base = Url::parse("https://blog.example.com/posts/1").unwrap();
    let page = page::extract_fragment(
        "Short <b>note</b> of ours, see <a href='../2'>the other</a>.<p>The post A appeared first on B.</p>",
        &base,
    );
    assert_eq!(page.text, "Short note of ours, see the other.");
    assert_eq!(page.links[0].url, "https://blog.example.com/2");
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        page::extract(&bytes, None, &url());
    }

    #[test]
    fn no_markup_makes_it_panic_and_blocks_cover_the_text(
        parts in proptest::collection::vec(proptest::sample::select(PARTS.to_vec()), 0..80)
    ) {
        let html = parts.concat();
        for page in [extract(&html), page::extract_fragment(&html, &url())] {
            let lines: Vec<&str> = page.blocks.iter().map(|block| &page.text[block.start..block.end]).collect();
            prop_assert_eq!(lines.join("\n"), page.text.clone());
            prop_assert!(lines.iter().all(|line| !line.contains('\n')));
        }
    }
}

/// Pieces of markup, well-formed and not, to be put together in any order.
const PARTS: &[&str] = &[
    "<p>",
    "</p>",
    "<div class=comments>",
    "</div>",
    "<table>",
    "<tr>",
    "<td>",
    "</table>",
    "<a href='/é'>",
    "</a>",
    "<b>",
    "</b>",
    "<br>",
    "<pre>",
    "</pre>",
    "<li>",
    "<ul>",
    "</ul>",
    "<h1>",
    "</h1>",
    "<form>",
    "<input type=email>",
    "<template>",
    "</template>",
    "<svg><title>",
    "</svg>",
    "<script>",
    "</script>",
    "<select><option>",
    "<title>x - y</title>",
    "A sentence with some words in it, ünd größer. ",
    "20 August 2026",
    "By Ann Lée",
    "é",
    "\u{200b}",
    "&amp;&#x0;",
    "<!--",
    "-->",
    "<x-y>",
    "<a href=#>¶</a>",
    "  ",
    "\n\n",
    "<time datetime=2026-13-45>",
    "<meta name=date content='99999999'>",
    "<base href='//'>",
    "<blockquote>",
    "<math><mi>",
    "<frameset>",
    "<p id='",
    "<script type='application/ld+json'>{\"@type\":\"Article\",\"headline\":\"İ ß\"}</script>",
    "Von Ärzten und ",
    "written by ",
    "İstanbul by ",
];
