//! Noise: nothing that can be written makes the reader panic.

use copydesk_text::feed::{self, LabFeed};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use url::Url;

/// Pieces that noise is made of, so that it gets past the first test of a reader.
const PIECES: &[&str] = &[
    "<rss>",
    "<channel>",
    "<item>",
    "</item>",
    "<feed xmlns=\"http://www.w3.org/2005/Atom\">",
    "<entry>",
    "</entry>",
    "<title>",
    "</title>",
    "<title type=\"xhtml\">",
    "<div xmlns=\"x\">",
    "</div>",
    "<link>",
    "<link href=\"",
    "\"/>",
    "<guid>",
    "<pubDate>",
    "2026-08-20",
    "Thu, 20 Aug 26",
    "10:00",
    "+02",
    "年",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "<!DOCTYPE [",
    "]>",
    "&amp;",
    "&#x",
    "&",
    "<",
    ">",
    "'",
    "\"",
    "=",
    "é",
    "\u{0}",
    "xml:base=\"../",
    "<content type=\"xhtml\">",
    "<content mode=\"base64\">QQ==",
    "<script>",
    "</script>",
    "<a href=x",
    "<author><name>",
    "(",
    ")",
    "{\"version\":\"https://jsonfeed.org/version/1\",\"items\":[",
    "{\"id\":1}",
    "]}",
    "<RDF:rdf>",
    "rdf:about=\"//x\"",
    "<?xml",
    "?>",
    "İ",
];

/// Failing seeds are kept beside the tests.
fn seeds_kept() -> ProptestConfig {
    let seeds = FileFailurePersistence::Direct("tests/feeds/noise.proptest-regressions");
    ProptestConfig {
        failure_persistence: Some(Box::new(seeds)),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(seeds_kept())]

    #[test]
    fn noise_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400), header in ".{0,40}") {
        let base = Url::parse("https://feeds.example/x").unwrap();
        let _ = feed::parse(&bytes, Some(&header), &base);
        let _ = feed::opml::parse(&bytes);
    }

    #[test]
    fn feeds_of_random_pieces_never_panic(picks in proptest::collection::vec(0..PIECES.len(), 0..60), root in 0..4_usize) {
        let base = Url::parse("https://feeds.example/x").unwrap();
        let text = PIECES[root].to_owned() + &picks.into_iter().map(|pick| PIECES[pick]).collect::<String>();
        if let Ok(feed) = feed::parse(text.as_bytes(), None, &base) {
            let shown = serde_json::to_string(&LabFeed::from(&feed)).unwrap();
            prop_assert!(serde_json::from_str::<LabFeed>(&shown).is_ok());
            for item in &feed.items {
                prop_assert!(item.url.as_deref().is_none_or(|url| url.starts_with("http")));
                let _ = (item.body_html(), item.summary_text(), item.content_text());
            }
        }
        let _ = feed::opml::parse(text.as_bytes());
    }

    #[test]
    fn dates_never_panic(text in "[0-9a-zA-Z:+,. /年월-]{0,40}") {
        let _ = feed::date::parse(&text);
    }

    #[test]
    fn harmless_html_is_stable(picks in proptest::collection::vec(0..PIECES.len(), 0..40)) {
        let html: String = picks.into_iter().map(|pick| PIECES[pick]).collect();
        let once = feed::harmless(&html);
        prop_assert!(!once.contains("<script"));
        prop_assert_eq!(feed::harmless(&once), once);
    }
}
