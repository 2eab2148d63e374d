//! `lab feed` on every feed of the corpus.

use std::collections::BTreeSet;

use crate::rig::{Corpus, Desk, json_file, list, python, word};

/// Items of a feed that names no number of its own.
const ITEMS: usize = 20;

/// Runs `lab feed` in a pipe.
const PIPE: &str = "import subprocess, sys
sys.stdout.buffer.write(subprocess.run(sys.argv[1:], input=sys.stdin.buffer.read(), stdout=subprocess.PIPE, check=True).stdout)";

#[test]
fn the_first_page_of_each_feed_is_right_item_for_item() {
    // All posts are out: a year after the newest.
    let Some(corpus) = Corpus::serve(
        "the_first_page_of_each_feed_is_right_item_for_item",
        "2027-08-20T23:00:00Z",
    ) else {
        return;
    };
    let desk = Desk::new();
    let posts = corpus.posts();
    let sources = json_file(&corpus.root.join("sources.json"));
    let mut asked = 0;
    for source in sources
        .as_array()
        .unwrap()
        .iter()
        .filter(|source| !source["feed"].is_null())
    {
        let (id, feed) = (word(source, "id"), &source["feed"]);
        let path = word(feed, "path");
        let command = desk.command(&["lab", "feed", "--url", &corpus.url(path)]);
        let line: Vec<&str> = std::iter::once(command.get_program())
            .chain(command.get_args())
            .map(|part| part.to_str().unwrap())
            .collect();
        let bytes = plain(corpus.get(path));
        let read: serde_json::Value = serde_json::from_slice(&python(PIPE, &line, &bytes)).unwrap();
        let has_dates = !list(feed, "quirks").iter().any(|quirk| quirk == "no-dates");
        let found: BTreeSet<(String, Option<String>)> = list(&read, "items")
            .iter()
            .map(|item| {
                (
                    word(item, "title").to_owned(),
                    item["published_at"].as_str().map(str::to_owned),
                )
            })
            .collect();
        let mut true_posts: Vec<&serde_json::Value> =
            posts.iter().filter(|post| word(post, "source") == id).collect();
        true_posts.sort_by_key(|post| std::cmp::Reverse(word(post, "published")));
        true_posts.truncate(
            feed["items"]
                .as_u64()
                .map_or(ITEMS, |items| usize::try_from(items).unwrap()),
        );
        let wanted: BTreeSet<(String, Option<String>)> = true_posts
            .iter()
            .map(|post| {
                (
                    word(post, "title").to_owned(),
                    has_dates.then(|| word(post, "published").to_owned()),
                )
            })
            .collect();
        let wrong: Vec<_> = found.symmetric_difference(&wanted).collect();
        assert!(wrong.is_empty(), "{id}: {wrong:?}");
        assert_eq!(list(&read, "items").len(), true_posts.len(), "{id}");
        for item in list(&read, "items") {
            assert!(
                word(item, "url").starts_with(&corpus.url(&format!("/s/{id}/"))),
                "{item}"
            );
        }
        asked += 1;
    }
    assert_eq!(asked, 23);
}

/// What a client hands on: one feed is always sent packed.
fn plain(bytes: Vec<u8>) -> Vec<u8> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return bytes;
    }
    python(
        "import gzip, sys; sys.stdout.buffer.write(gzip.decompress(sys.stdin.buffer.read()))",
        &[],
        &bytes,
    )
}
