//! Real feeds with their quirks: the first page of each, item for item.

use std::path::{Path, PathBuf};
use std::process::Command;

use copydesk_text::feed::{self, Feed, FeedItem};
use serde_json::Value;
use url::Url;

use super::{json_lines, shared, text};

struct Corpus {
    sources: Vec<Value>,
    posts: Vec<Value>,
    folder: PathBuf,
}

/// Writes the feeds of the corpus as files, as they stood at `now`.
fn corpus(shared: &Path, now: Option<&str>) -> Option<Corpus> {
    let root = shared.join("corpus");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("corpus-{}", now.map_or(0, str::len)));
    let mut command = Command::new("python3");
    command
        .arg(root.join("serve.py"))
        .args(["--port", "8899", "--export"])
        .arg(&folder);
    if let Some(now) = now {
        command.args(["--now", now]);
    }
    if !command.status().is_ok_and(|status| status.success()) {
        return None;
    }
    let sources = serde_json::from_str(&std::fs::read_to_string(root.join("sources.json")).unwrap()).unwrap();
    let mut posts = json_lines(&root.join("posts.jsonl"));
    posts.retain(|post| now.is_none_or(|now| text(post, "published") <= now));
    posts.sort_by(|a, b| text(b, "published").cmp(text(a, "published")));
    Some(Corpus {
        sources,
        posts,
        folder,
    })
}

fn has_quirk(source: &Value, quirk: &str) -> bool {
    source["feed"]["quirks"]
        .as_array()
        .is_some_and(|quirks| quirks.iter().any(|known| known == quirk))
}

/// What is wrong with `item`, read from a feed of `source`, measured by `post`.
fn faults(source: &Value, post: &Value, item: &FeedItem) -> Vec<String> {
    let mut faults = Vec::new();
    let mut expect = |what: &str, expected: String, got: String| {
        if expected != got {
            faults.push(format!(
                "{}: {what}: expected `{expected}`, got `{got}`",
                text(post, "id")
            ));
        }
    };
    let own = |text: &Option<String>| text.clone().unwrap_or_default();
    expect("title", text(post, "title").to_owned(), own(&item.title));
    let url = item.url.as_deref().map(|url| Url::parse(url).unwrap());
    let path = url
        .as_ref()
        .map(|url| format!("{}{}", url.path(), url.query().unwrap_or_default()));
    expect(
        "path",
        format!("/s/{}", text(post, "id")),
        path.unwrap_or_default(),
    );
    if !has_quirk(source, "no-dates") {
        // The RDF feeds give minutes.
        let seconds = if source["feed"]["kind"] == "rdf" { 17 } else { 19 };
        let cut = |text: String| {
            text.chars()
                .filter(|c| *c != 'Z')
                .take(seconds - 1)
                .collect::<String>()
        };
        let got = item.published_at.map(|at| at.to_string()).unwrap_or_default();
        expect("published", cut(text(post, "published").to_owned()), cut(got));
    }
    if !has_quirk(source, "no-author") {
        let names: Vec<_> = post["authors"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Value::as_str)
            .collect();
        expect("authors", names.join("|"), item.authors.join("|"));
    }
    if !has_quirk(source, "html-in-description") {
        expect(
            "summary",
            text(post, "summary").trim().to_owned(),
            item.summary_text().unwrap_or_default(),
        );
    }
    let is_full = source["feed"]["content"] == "full";
    expect(
        "has a body",
        is_full.to_string(),
        item.body_html()
            .is_some_and(|body| body.contains("</p>") && is_full)
            .to_string(),
    );
    faults
}

fn first_page(corpus: &Corpus, source: &Value) -> (Feed, Vec<String>) {
    let id = text(source, "id");
    let kind = text(&source["feed"], "kind");
    let file = corpus.folder.join(format!(
        "{id}.{}",
        if kind.starts_with("json") { "json" } else { "xml" }
    ));
    let base = Url::parse(&format!("http://127.0.0.1:8899{}", text(&source["feed"], "path"))).unwrap();
    let as_given = feed::parse(&std::fs::read(file).unwrap(), None, &base).unwrap();
    let mut feed = as_given.clone();
    if has_quirk(source, "oldest-first") {
        feed.newest_first();
        assert_ne!(feed, as_given, "{id}: the order of the document is kept");
    }
    let most = source["feed"]["items"].as_u64().unwrap_or(20);
    let posts: Vec<_> = corpus
        .posts
        .iter()
        .filter(|post| post["source"] == id)
        .take(usize::try_from(most).unwrap())
        .collect();
    let mut wrong = Vec::new();
    if posts.len() != feed.items.len() {
        wrong.push(format!(
            "{id}: {} items instead of {}",
            feed.items.len(),
            posts.len()
        ));
    }
    for (post, item) in posts.into_iter().zip(&feed.items) {
        wrong.extend(faults(source, post, item));
    }
    if feed.title.as_deref() != source["name"].as_str() {
        wrong.push(format!("{id}: title {:?}", feed.title));
    }
    if feed.next.is_some() != has_quirk(source, "paged") {
        wrong.push(format!("{id}: next {:?}", feed.next));
    }
    (feed, wrong)
}

#[test]
fn first_pages_of_real_feeds_are_right_item_for_item() {
    let Some(shared) = shared("first_pages_of_real_feeds_are_right_item_for_item") else {
        return;
    };
    for now in [None, Some("2026-06-20T12:00:00Z")] {
        let Some(corpus) = corpus(&shared, now) else {
            println!("skipped: first_pages_of_real_feeds_are_right_item_for_item: no python3");
            return;
        };
        let (mut items, mut feeds, mut wrong) = (0, 0, Vec::new());
        for source in corpus.sources.iter().filter(|source| source["feed"].is_object()) {
            let (feed, faults) = first_page(&corpus, source);
            items += feed.items.len();
            feeds += 1;
            wrong.extend(faults);
        }
        println!(
            "now {now:?}: {feeds} feeds, {items} items, {} faults",
            wrong.len()
        );
        for line in &wrong {
            println!("  {line}");
        }
        assert!(
            feeds >= 20 && items >= 200,
            "the measure ran: {feeds} feeds, {items} items"
        );
        assert!(wrong.is_empty());
    }
}

#[test]
fn the_list_of_real_feeds_is_read() {
    let Some(shared) = shared("the_list_of_real_feeds_is_read") else {
        return;
    };
    let Some(corpus) = corpus(&shared, Some("2026-01-01")) else {
        return;
    };
    let feeds = feed::opml::parse(&std::fs::read(corpus.folder.join("feeds.opml")).unwrap()).unwrap();
    let sources: Vec<_> = corpus
        .sources
        .iter()
        .filter(|source| source["feed"].is_object())
        .collect();
    assert_eq!(feeds.len(), sources.len());
    for (feed, source) in feeds.iter().zip(sources) {
        assert_eq!(feed.title, text(source, "name"));
        assert_eq!(feed.category, [text(source, "topic")]);
        assert!(feed.url.ends_with(text(&source["feed"], "path")));
    }
}
