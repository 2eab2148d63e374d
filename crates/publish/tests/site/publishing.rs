//! Folders: the same after every way of getting there.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use copydesk_domain::{ChannelName, Untrusted};
use copydesk_journal::{Channel, ChannelError, Found};
use copydesk_publish::{SiteChannel, SiteOptions, channels, renderers};
use copydesk_text::feed;

use crate::fixture::{self, Desk, desk, other_desk};
use crate::markup;

const KEY: &str = "key";

fn channel(dir: &Path, base_url: Option<&str>) -> SiteChannel {
    SiteChannel::open(SiteOptions {
        name: ChannelName::from("site"),
        dir: dir.to_owned(),
        base_url: base_url.map(str::to_owned),
        newsletter: "The Morning Wire".to_owned(),
        deck: Some("Five minutes, every source".to_owned()),
    })
}

/// Every file below a folder.
fn tree(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(dir).unwrap().to_string_lossy().into_owned();
                files.insert(name, fs::read(path).unwrap());
            }
        }
    }
    files
}

fn parse_feed(dir: &Path, base: &str) -> feed::Feed {
    let bytes = fs::read(dir.join("feed.xml")).unwrap();
    feed::parse(&bytes, None, &url::Url::parse(base).unwrap()).unwrap()
}

#[tokio::test]
async fn publishing_twice_gives_the_same_tree() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("site");
    let channel = channel(&dir, None);
    let (payload, other) = (desk().approved(), other_desk(19).approved());
    assert_eq!(
        channel
            .find(&payload, KEY, crate::fixture::AT.parse().unwrap())
            .await
            .unwrap(),
        Found::No
    );
    let delivery = channel.publish(&payload, KEY).await.unwrap();
    assert!(
        delivery
            .location
            .as_deref()
            .unwrap()
            .ends_with("2026-08-20-tarnhelm-3-8-2/index.html")
    );
    channel.publish(&other, KEY).await.unwrap();
    let first = tree(&dir);
    let names: Vec<&str> = first.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "2026-08-19-quern/index.html",
            "2026-08-19-quern/index.md",
            "2026-08-19-quern/issue.json",
            "2026-08-20-tarnhelm-3-8-2/index.html",
            "2026-08-20-tarnhelm-3-8-2/index.md",
            "2026-08-20-tarnhelm-3-8-2/issue.json",
            "feed.xml",
            "index.html",
            "style.css",
        ]
    );
    assert_eq!(channel.publish(&payload, KEY).await.unwrap(), delivery);
    assert_eq!(
        channel
            .find(&payload, KEY, crate::fixture::AT.parse().unwrap())
            .await
            .unwrap(),
        Found::Yes(delivery)
    );
    assert_eq!(tree(&dir), first);
}

#[tokio::test]
async fn a_crash_between_any_two_files_is_mended_by_publishing_again() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    let payload = desk().approved();
    channel(&whole, None)
        .publish(&other_desk(19).approved(), KEY)
        .await
        .unwrap();
    let before = tree(&whole);
    channel(&whole, None).publish(&payload, KEY).await.unwrap();
    let after = tree(&whole);
    let slug = "2026-08-20-tarnhelm-3-8-2";
    // The order of writing.
    let steps = [
        format!("{slug}/issue.json"),
        format!("{slug}/index.md"),
        format!("{slug}/index.html"),
        "feed.xml".to_owned(),
        "index.html".to_owned(),
    ];
    for done in 0..steps.len() {
        let dir = folder.path().join(format!("cut-{done}"));
        let partial = before
            .iter()
            .chain(after.iter().filter(|(name, _)| steps[..done].contains(name)));
        for (name, bytes) in partial {
            fs::create_dir_all(dir.join(name).parent().unwrap()).unwrap();
            fs::write(dir.join(name), bytes).unwrap();
        }
        fs::create_dir_all(dir.join(slug)).unwrap();
        fs::write(dir.join(slug).join(".index.html.part"), "<!DOC").unwrap();
        let channel = channel(&dir, None);
        assert_eq!(
            channel
                .find(&payload, KEY, crate::fixture::AT.parse().unwrap())
                .await
                .unwrap(),
            Found::No,
            "after {done} files"
        );
        channel.publish(&payload, KEY).await.unwrap();
        assert!(matches!(
            channel
                .find(&payload, KEY, crate::fixture::AT.parse().unwrap())
                .await
                .unwrap(),
            Found::Yes(_)
        ));
        assert_eq!(tree(&dir), after, "after {done} files");
    }
}

#[tokio::test]
async fn another_issue_at_the_same_place_is_refused_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let channel = channel(folder.path(), None);
    channel.publish(&desk().approved(), KEY).await.unwrap();
    let before = tree(folder.path());
    let mut rival = desk();
    rival.draft.title = Untrusted::new("Another story".to_owned());
    let error = channel.publish(&rival.approved(), "other key").await.unwrap_err();
    assert!(
        matches!(&error, ChannelError::Refused { reason } if reason.contains("another issue")),
        "{error}"
    );
    assert_eq!(tree(folder.path()), before);
}

#[tokio::test]
async fn files_of_others_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    fs::create_dir_all(dir.join("about")).unwrap();
    fs::write(dir.join("about/index.html"), "mine").unwrap();
    fs::write(dir.join("about/issue.json"), "{}").unwrap();
    fs::write(dir.join("style.css"), "body { color: teal }").unwrap();
    channel(dir, None).publish(&desk().approved(), KEY).await.unwrap();
    assert_eq!(
        fs::read_to_string(dir.join("style.css")).unwrap(),
        "body { color: teal }"
    );
    assert_eq!(fs::read_to_string(dir.join("about/index.html")).unwrap(), "mine");
    assert!(
        !fs::read_to_string(dir.join("index.html"))
            .unwrap()
            .contains("about/")
    );

    let other = tempfile::tempdir().unwrap();
    fs::write(other.path().join("index.html"), "<h1>My shop</h1>").unwrap();
    let error = channel(other.path(), None)
        .publish(&desk().approved(), KEY)
        .await
        .unwrap_err();
    assert!(matches!(error, ChannelError::Refused { .. }), "{error}");
    assert_eq!(tree(other.path()).len(), 1);
}

#[tokio::test]
async fn a_disk_that_says_no_is_not_taken() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "not a folder").unwrap();
    let error = channel(&file.join("site"), None)
        .publish(&desk().approved(), KEY)
        .await
        .unwrap_err();
    assert!(matches!(error, ChannelError::NotTaken { .. }), "{error}");
}

#[tokio::test]
async fn the_index_lists_each_issue_once_and_newest_first() {
    let folder = tempfile::tempdir().unwrap();
    let channel = channel(folder.path(), None);
    for issue in [other_desk(19), other_desk(21), desk(), other_desk(21)] {
        channel.publish(&issue.approved(), KEY).await.unwrap();
    }
    let html = fs::read_to_string(folder.path().join("index.html")).unwrap();
    assert_eq!(markup::dangers(&html), Vec::<String>::new());
    let (elements, text) = markup::read(&html);
    let links: Vec<&str> = elements
        .iter()
        .filter(|element| element.name == "a")
        .filter_map(|element| element.attribute("href"))
        .collect();
    let issue = |slug: &str| format!("{slug}/index.html");
    assert_eq!(
        links,
        [
            issue("2026-08-21-quern"),
            issue("2026-08-20-tarnhelm-3-8-2"),
            issue("2026-08-19-quern"),
            "feed.xml".to_owned()
        ]
    );
    assert!(text.contains("Tarnhelm 3.8.2 closes a hole in renewal: \"update <now>\""));
}

/// The weekly letter that shares the folder of the daily one: its channel and an issue of it.
fn weekly(dir: &Path, day: i8) -> (SiteChannel, Desk) {
    let mut issue = other_desk(day);
    issue.pipeline.pipeline.name = "weekly".into();
    "The Weekly Wire".clone_into(&mut issue.pipeline.issue.name);
    issue.pipeline.issue.deck = Some("The week, whole".to_owned());
    issue.slug = format!("2026-08-{day:02}-weekly-quern");
    let channel = SiteChannel::open(SiteOptions {
        name: ChannelName::from("site"),
        dir: dir.to_owned(),
        base_url: None,
        newsletter: "The Weekly Wire".to_owned(),
        deck: Some("The week, whole".to_owned()),
    });
    (channel, issue)
}

#[tokio::test]
async fn two_letters_make_one_site_whoever_published_last() {
    let folder = tempfile::tempdir().unwrap();
    let mut trees = Vec::new();
    for weekly_first in [true, false] {
        let dir = folder.path().join(format!("site-{weekly_first}"));
        let (other, issue) = weekly(&dir, 22);
        let daily = channel(&dir, None);
        if weekly_first {
            other.publish(&issue.approved(), KEY).await.unwrap();
        }
        for day in [20, 21, 22] {
            daily.publish(&other_desk(day).approved(), KEY).await.unwrap();
        }
        if !weekly_first {
            other.publish(&issue.approved(), KEY).await.unwrap();
        }
        // Each finds its own issues, so that none is published again.
        let now = crate::fixture::AT.parse().unwrap();
        for (channel, issue) in [(&other, &issue), (&daily, &other_desk(20))] {
            let found = channel.find(&issue.approved(), KEY, now).await.unwrap();
            assert!(matches!(found, Found::Yes(_)), "{found:?}");
        }
        trees.push(tree(&dir));
    }
    assert_eq!(trees[0], trees[1]);
    let file = |name: &str| String::from_utf8(trees[0][name].clone()).unwrap();
    let html = file("index.html");
    assert_eq!(markup::dangers(&html), Vec::<String>::new());
    let (elements, text) = markup::read(&html);
    assert!(text.contains("The Morning Wire & The Weekly Wire"), "{text}");
    assert!(
        text.contains("22 August 2026 · The Weekly Wire")
            && text.contains("22 August 2026 · The Morning Wire")
    );
    let links: Vec<&str> = elements
        .iter()
        .filter(|element| element.name == "a")
        .filter_map(|element| element.attribute("href"))
        .collect();
    assert_eq!(
        links,
        [
            "2026-08-22-weekly-quern/index.html",
            "2026-08-22-quern/index.html",
            "2026-08-21-quern/index.html",
            "2026-08-20-quern/index.html",
            "feed.xml",
            "feed-daily.xml",
            "feed-weekly.xml",
        ]
    );
    let base = url::Url::parse("https://news.example.com/").unwrap();
    let read = |name: &str| feed::parse(&trees[0][name], None, &base).unwrap();
    let titled = |name: &str| (read(name).title.unwrap(), read(name).items.len());
    assert_eq!(
        titled("feed.xml"),
        ("The Morning Wire & The Weekly Wire".to_owned(), 4)
    );
    assert_eq!(titled("feed-daily.xml"), ("The Morning Wire".to_owned(), 3));
    assert_eq!(titled("feed-weekly.xml"), ("The Weekly Wire".to_owned(), 1));
}

#[tokio::test]
async fn a_letter_that_changes_its_name_stays_one_letter() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let daily = channel(dir, None);
    daily.publish(&other_desk(19).approved(), KEY).await.unwrap();
    let id = |dir: &Path| {
        let text = fs::read_to_string(dir.join("feed.xml")).unwrap();
        text.lines()
            .find(|line| line.contains("<id>"))
            .unwrap()
            .to_owned()
    };
    let before = id(dir);
    let mut renamed = other_desk(20);
    "The Evening Wire".clone_into(&mut renamed.pipeline.issue.name);
    daily.publish(&renamed.approved(), KEY).await.unwrap();
    let html = fs::read_to_string(dir.join("index.html")).unwrap();
    assert!(
        html.contains("<h1>The Evening Wire</h1>") && !html.contains("Morning"),
        "{html}"
    );
    assert_eq!(id(dir), before, "readers of the feed notice nothing");
    assert!(!dir.join("feed-daily.xml").exists());
}

#[tokio::test]
async fn a_page_says_what_others_show_of_it_and_where_it_stands() {
    let mut issue = desk();
    let site = issue
        .pipeline
        .channels
        .get_mut(&ChannelName::from("site"))
        .unwrap();
    site.base_url = Some("https://news.example.com/".to_owned());
    let (elements, _) = markup::read(&fixture::field(&issue.render(), "html"));
    let property = |name: &str| {
        let mut all = elements
            .iter()
            .filter(|element| element.attribute("property") == Some(name));
        all.next()
            .and_then(|element| element.attribute("content"))
            .map(str::to_owned)
    };
    let address = "https://news.example.com/2026-08-20-tarnhelm-3-8-2/";
    assert_eq!(property("og:url").as_deref(), Some(address));
    assert_eq!(
        property("og:title").as_deref(),
        Some("Tarnhelm 3.8.2 closes a hole in renewal: \"update <now>\"")
    );
    let canonical = elements
        .iter()
        .find(|element| element.attribute("rel") == Some("canonical"));
    assert_eq!(
        canonical.and_then(|element| element.attribute("href")),
        Some(address)
    );
}

#[tokio::test]
async fn the_feed_reads_back() {
    let folder = tempfile::tempdir().unwrap();
    let base = "https://news.example.com/wire";
    let mut issue = desk();
    if let Some(site) = issue.pipeline.channels.get_mut(&ChannelName::from("site")) {
        site.base_url = Some(format!("{base}/"));
    }
    let channel = channel(folder.path(), Some("https://news.example.com/wire/"));
    let delivery = channel.publish(&issue.approved(), KEY).await.unwrap();
    let address = format!("{base}/2026-08-20-tarnhelm-3-8-2/");
    assert_eq!(delivery.location.as_deref(), Some(address.as_str()));
    channel.publish(&other_desk(19).approved(), KEY).await.unwrap();

    let feed = parse_feed(folder.path(), &format!("{base}/feed.xml"));
    assert_eq!(
        (feed.kind, feed.title.as_deref()),
        (feed::FeedKind::Atom, Some("The Morning Wire"))
    );
    assert_eq!(feed.items.len(), 2);
    let item = &feed.items[0];
    assert_eq!(item.id.as_deref(), Some(address.as_str()));
    assert_eq!(item.url.as_deref(), Some(address.as_str()));
    assert_eq!(
        item.title.as_deref(),
        Some("Tarnhelm 3.8.2 closes a hole in renewal: \"update <now>\"")
    );
    assert_eq!(
        item.published_at.map(|at| at.to_string()).as_deref(),
        Some(fixture::AT)
    );
    assert_eq!(item.content_kind, feed::TextKind::Html);
    let content = item.content.as_deref().unwrap();
    assert!(content.contains("<h2>The one that matters</h2>") && content.contains("4,200 keys"));
    assert_eq!(
        feed.items[1].id.as_deref(),
        Some("tag:copydesk.invalid,2026-08-19:daily/2026-08-19-quern")
    );
}

#[test]
fn a_pipeline_has_a_channel_for_each_folder() {
    let pipeline = fixture::pipeline();
    let open = channels(&pipeline, Path::new("/base"), &|_| Ok(None));
    let names: Vec<&str> = open.iter().map(|channel| channel.name().as_str()).collect();
    assert_eq!(names, ["site"]);
    let serves = |name: &str| {
        renderers()
            .iter()
            .any(|renderer| renderer.serves(&ChannelName::from(name), &pipeline))
    };
    assert!(serves("site") && !serves("other") && !serves("absent"));
}
