//! Snapshots and the archive: kept once by hash, found by plain words.

use copydesk_domain::artifact::Fetch;
use copydesk_domain::{ContentHash, PublishedAt, Untrusted};

use super::scene::{Scene, at, snapshot};
use crate::record::ArchiveRecord;
use crate::retention::AUTHOR;
use crate::{Applied, Command, Imported, SnapshotParams, StoreError};

super::cases![
    a_snapshot_is_read_back_with_its_fetches,
    a_known_fetch_changes_nothing,
    an_address_answers_its_newest_snapshot,
    a_snapshot_is_in_the_archive,
    an_issue_is_archived_once,
    search_wants_all_words_and_else_any,
    a_title_weighs_more_than_the_text,
    a_query_is_never_syntax,
    a_document_that_does_not_bear_its_hash_is_refused,
    a_past_issue_is_imported_once,
    an_issue_that_was_read_as_a_source_becomes_the_authors,
    past_issues_are_those_that_were_imported_newest_first,
    imported_issues_are_found_by_their_day,
    of_an_issue_that_was_corrected_only_the_last_text_counts,
];

async fn put(scene: &Scene, snapshot: SnapshotParams) -> ContentHash {
    let hash = ContentHash::of(snapshot.text.inspect().as_bytes());
    scene
        .apply(Command::PutSnapshot {
            lease: None,
            snapshot,
        })
        .await;
    hash
}

async fn found(scene: &Scene, query: &str) -> Vec<String> {
    let hits = scene.b.search(query, 10).await.expect("a query cannot fail");
    hits.into_iter().map(|hit| hit.url).collect()
}

fn document(text: &str, title: &str, slug: &str) -> ArchiveRecord {
    ArchiveRecord {
        hash: ContentHash::of(text.as_bytes()),
        kind: "issue".to_owned(),
        title: Untrusted::new(title.to_owned()),
        url: slug.to_owned(),
        at: Some(at(0)),
        text: Untrusted::new(text.to_owned()),
    }
}

async fn a_snapshot_is_read_back_with_its_fetches(scene: Scene) {
    let later = snapshot("Prices fell.", "https://a.example/1", "Prices", 20);
    let bare = Fetch {
        url: "https://b.example/1".to_owned(),
        fetched_at: at(10),
        title: None,
        authors: Vec::new(),
        published_at: Some("2026-08-20".parse().expect("a day")),
        publisher: Untrusted::default(),
    };
    let earlier = SnapshotParams {
        fetch: bare,
        owner: "b.example".to_owned(),
        ..later.clone()
    };
    let hash = put(&scene, later.clone()).await;
    put(&scene, earlier.clone()).await;
    let stored = scene
        .b
        .snapshot(&hash)
        .await
        .expect("snapshots")
        .expect("it is there");
    assert_eq!(
        (stored.hash, stored.text, stored.owner),
        (hash, later.text, later.owner)
    );
    assert_eq!(stored.fetches, [earlier.fetch, later.fetch]);
    assert_eq!(scene.b.snapshot(&ContentHash::of(b"none")).await, Ok(None));
}

async fn a_known_fetch_changes_nothing(scene: Scene) {
    let first = snapshot("Prices fell.", "https://a.example/1", "Prices", 20);
    let hash = put(&scene, first.clone()).await;
    put(
        &scene,
        snapshot("Prices fell.", "https://a.example/1", "Another title", 20),
    )
    .await;
    let stored = scene
        .b
        .snapshot(&hash)
        .await
        .expect("snapshots")
        .expect("it is there");
    assert_eq!(stored.fetches, [first.fetch]);
}

async fn an_address_answers_its_newest_snapshot(scene: Scene) {
    let url = "https://a.example/1";
    let newest = put(&scene, snapshot("Corrected.", url, "One", 20)).await;
    put(&scene, snapshot("First version.", url, "One", 10)).await;
    put(&scene, snapshot("Elsewhere.", "https://a.example/2", "Two", 30)).await;
    let stored = scene
        .b
        .snapshot_of_url(url)
        .await
        .expect("snapshots")
        .expect("it is there");
    assert_eq!(stored.hash, newest);
    assert_eq!(scene.b.snapshot_of_url("https://a.example/").await, Ok(None));
    // The same words once more make it the newest again.
    let again = put(&scene, snapshot("First version.", url, "One", 30)).await;
    let stored = scene
        .b
        .snapshot_of_url(url)
        .await
        .expect("snapshots")
        .expect("it is there");
    assert_eq!((stored.hash, stored.fetches.len()), (again, 2));
}

async fn a_snapshot_is_in_the_archive(scene: Scene) {
    let hash = put(
        &scene,
        snapshot("Prices fell in March.", "https://a.example/1", "Prices", 20),
    )
    .await;
    let stored = scene
        .b
        .archived(&hash)
        .await
        .expect("archive")
        .expect("it is there");
    assert_eq!(
        (stored.kind.as_str(), stored.url.as_str()),
        ("snapshot", "https://a.example/1")
    );
    assert_eq!(
        (stored.title.inspect().as_str(), stored.at),
        ("Prices", Some(at(-40)))
    );
    assert_eq!(stored.text.inspect(), "Prices fell in March.");
    let hit = scene.b.search("march", 5).await.expect("search").remove(0);
    assert_eq!(
        (hit.hash, hit.kind.as_str(), hit.url),
        (hash, "snapshot", stored.url)
    );
    assert_eq!((hit.title, hit.at), (stored.title, stored.at));
    assert!(hit.excerpt.inspect().contains("March"));
    assert_eq!(
        scene.b.body(&hash).await,
        Ok(None),
        "what others wrote is not handed out as ours"
    );
}

async fn an_issue_is_archived_once(scene: Scene) {
    let first = document("The week in storage.", "Storage", "2026-storage");
    scene.apply(Command::PutArchive(first.clone())).await;
    let again = ArchiveRecord {
        title: Untrusted::new("Other".to_owned()),
        at: None,
        ..first.clone()
    };
    scene.apply(Command::PutArchive(again)).await;
    assert_eq!(scene.b.archived(&first.hash).await, Ok(Some(first)));
    assert_eq!(found(&scene, "storage").await, ["2026-storage"]);
    assert_eq!(found(&scene, "other").await, [""; 0]);
}

async fn search_wants_all_words_and_else_any(scene: Scene) {
    for (text, slug) in [("alpha beta", "both"), ("alpha gamma", "one"), ("delta", "none")] {
        scene.apply(Command::PutArchive(document(text, "", slug))).await;
    }
    assert_eq!(found(&scene, "alpha beta").await, ["both"]);
    assert_eq!(found(&scene, "beta epsilon").await, ["both"]);
    let mut any = found(&scene, "alpha epsilon").await;
    any.sort();
    assert_eq!(any, ["both", "one"]);
    assert_eq!(found(&scene, "epsilon").await, [""; 0]);
    assert_eq!(scene.b.search("alpha", 1).await.expect("search").len(), 1);
    assert_eq!(scene.b.search("alpha", 0).await, Ok(Vec::new()));
}

async fn a_title_weighs_more_than_the_text(scene: Scene) {
    let filler = "Nothing of note happened on this quiet day in the town.";
    scene
        .apply(Command::PutArchive(document(
            &format!("{filler} A kernel."),
            "Quiet",
            "in-text",
        )))
        .await;
    scene
        .apply(Command::PutArchive(document(
            &format!("{filler} A day."),
            "Kernel",
            "in-title",
        )))
        .await;
    assert_eq!(found(&scene, "KERNEL").await, ["in-title", "in-text"]);
}

async fn a_query_is_never_syntax(scene: Scene) {
    scene
        .apply(Command::PutArchive(document(
            "alpha beta C++ naïve 日本語 don't",
            "title",
            "it",
        )))
        .await;
    let harmless = [
        "",
        " ",
        "\"",
        "\"\"",
        "'",
        "*",
        "-",
        "^",
        "(",
        ")",
        "()",
        "{}",
        ":",
        "+",
        ",",
        ".",
        ";",
        "\\",
        "\0",
        "%",
        "_",
        "--",
        "/*",
        "\u{feff}",
        "\u{301}",
        "🙂",
        "; DROP TABLE archive; --",
    ];
    for query in harmless {
        scene
            .b
            .search(query, 5)
            .await
            .unwrap_or_else(|error| panic!("{query:?}: {error}"));
    }
    for query in [
        "alpha\"",
        "\"alpha",
        "alpha*",
        "-alpha",
        "^alpha",
        "(alpha",
        "alpha)",
        "alpha AND",
        "OR alpha",
        "NOT alpha",
        "NEAR(alpha beta)",
        "title:alpha alpha",
        "{title text}: alpha",
        "alpha\0beta",
        "don't",
        "C++",
        "alpha' OR 1=1",
        "日本語",
        "rank:alpha beta",
    ] {
        assert_eq!(found(&scene, query).await, ["it"], "{query:?}");
    }
    let long = "alpha ".repeat(10_000);
    assert_eq!(found(&scene, &long).await, ["it"]);
}

async fn a_document_that_does_not_bear_its_hash_is_refused(scene: Scene) {
    let wrong = ArchiveRecord {
        hash: ContentHash::of(b"other"),
        ..document("text", "title", "slug")
    };
    let error = scene.refuse(Command::PutArchive(wrong)).await;
    assert!(
        matches!(error, StoreError::Inconsistent { table: "archive", .. }),
        "{error}"
    );
    assert_eq!(found(&scene, "text").await, [""; 0]);
}

async fn import(scene: &Scene, text: &str, url: &str, seconds: i64) -> Imported {
    let issue = SnapshotParams {
        owner: AUTHOR.to_owned(),
        ..snapshot(text, url, "The week in storage", seconds)
    };
    match scene.apply(Command::ImportIssue(issue)).await {
        Applied::Imported(imported) => imported,
        other => panic!("an import answers something else: {other:?}"),
    }
}

async fn a_past_issue_is_imported_once(scene: Scene) {
    let url = "https://mine.example/1";
    assert_eq!(import(&scene, "Storage fell.", url, 0).await, Imported::Added);
    assert_eq!(import(&scene, "Storage fell.", url, 10).await, Imported::Known);
    assert_eq!(
        import(&scene, "Storage fell.", "file:1.md", 20).await,
        Imported::Known,
        "the same text at another address"
    );
    let first = ContentHash::of(b"Storage fell.");
    let stored = scene
        .b
        .snapshot(&first)
        .await
        .expect("snapshots")
        .expect("it is there");
    assert_eq!((stored.owner.as_str(), stored.fetches.len()), (AUTHOR, 1));
    let archived = scene
        .b
        .archived(&first)
        .await
        .expect("archive")
        .expect("it is there");
    assert_eq!((archived.kind.as_str(), archived.url.as_str()), ("issue", url));
    assert_eq!(import(&scene, "Storage rose.", url, 30).await, Imported::Changed);
    assert_eq!(import(&scene, "Storage rose.", url, 40).await, Imported::Known);
    assert!(
        scene.b.snapshot(&first).await.expect("snapshots").is_some(),
        "the old text stays"
    );
    assert_eq!(
        import(&scene, "Storage fell.", url, 50).await,
        Imported::Changed,
        "it came back"
    );
    let newest = scene
        .b
        .snapshot_of_url(url)
        .await
        .expect("snapshots")
        .expect("it is there");
    assert_eq!(newest.hash, first);
}

async fn an_issue_that_was_read_as_a_source_becomes_the_authors(scene: Scene) {
    let url = "https://mine.example/1";
    let hash = put(&scene, snapshot("Prices fell.", url, "Prices", 0)).await;
    assert_eq!(import(&scene, "Prices fell.", url, 10).await, Imported::Added);
    let stored = scene
        .b
        .snapshot(&hash)
        .await
        .expect("snapshots")
        .expect("it is there");
    assert_eq!(stored.owner, AUTHOR);
    let hit = scene.b.search("prices", 5).await.expect("search").remove(0);
    assert_eq!((hit.hash, hit.kind.as_str()), (hash, "issue"));
    assert_eq!(import(&scene, "Prices fell.", url, 20).await, Imported::Known);
}

async fn past_issues_are_those_that_were_imported_newest_first(scene: Scene) {
    let dated = |text: &str, url: &str, day: Option<&str>, seconds| {
        let mut issue = snapshot(text, url, "The week in storage", seconds);
        AUTHOR.clone_into(&mut issue.owner);
        issue.fetch.published_at = day.map(|day| day.parse().expect("a day"));
        Command::ImportIssue(issue)
    };
    let (first, second) = ("https://mine.example/1", "https://mine.example/2");
    scene
        .apply(dated("Storage fell.", first, Some("2026-08-01"), 0))
        .await;
    scene.apply(dated("Undated.", "file:a.md", None, 0)).await;
    scene
        .apply(dated("Prices rose.", second, Some("2026-08-08"), 10))
        .await;
    // Read again after a correction: the author's words are those of the later text.
    scene
        .apply(dated("Storage rose.", first, Some("2026-08-01"), 20))
        .await;
    // Neither a source nor what the program published is the author's own.
    put(
        &scene,
        snapshot("A source.", "https://a.example/1", "A source", 0),
    )
    .await;
    scene
        .apply(Command::PutArchive(document("Published.", "Published", "slug")))
        .await;
    let texts = |found: Vec<crate::SnapshotRecord>| -> Vec<String> {
        found.into_iter().map(|one| one.text.inspect().clone()).collect()
    };
    let found = texts(scene.b.past_issues(10).await.expect("past issues"));
    assert_eq!(found, ["Prices rose.", "Storage rose.", "Undated."]);
    let newest = texts(scene.b.past_issues(1).await.expect("past issues"));
    assert_eq!(newest, ["Prices rose."]);
}

async fn of_an_issue_that_was_corrected_only_the_last_text_counts(scene: Scene) {
    let lease = scene.leased("r1").await;
    let url = "https://mine.example/1";
    let own = |text: &str, seconds| {
        let mut issue = snapshot(text, url, "The week in storage", seconds);
        AUTHOR.clone_into(&mut issue.owner);
        issue.fetch.published_at = Some(PublishedAt::At(at(100)));
        issue
    };
    scene.apply(Command::ImportIssue(own("Storage fell.", 10))).await;
    scene.apply(Command::ImportIssue(own("Storage rose.", 20))).await;
    // What only a replay read says nothing of what the author wrote there.
    let read = own("Storage stood still.", 30);
    scene
        .apply(Command::KeepSnapshot {
            lease,
            snapshot: read,
        })
        .await;
    let rose = ContentHash::of(b"Storage rose.");
    let past = scene.b.past_issues(9).await.expect("past issues");
    let past: Vec<ContentHash> = past.into_iter().map(|issue| issue.hash).collect();
    let found = scene.b.imported_issues(at(0), at(200), 9).await.expect("issues");
    let found: Vec<ContentHash> = found.into_iter().map(|issue| issue.hash).collect();
    assert_eq!((past, found), (vec![rose], vec![rose]));
    let again = scene.apply(Command::ImportIssue(own("Storage rose.", 40))).await;
    assert_eq!(again, Applied::Imported(Imported::Known));
}

async fn imported_issues_are_found_by_their_day(scene: Scene) {
    let of_day = |text: &str, url: &str, seconds: i64| {
        let mut issue = SnapshotParams {
            owner: AUTHOR.to_owned(),
            ..snapshot(text, url, "The week in storage", 0)
        };
        issue.fetch.published_at = Some(PublishedAt::At(at(seconds)));
        Command::ImportIssue(issue)
    };
    scene.apply(of_day("First.", "https://mine.example/1", 100)).await;
    scene
        .apply(of_day("Second.", "https://mine.example/2", 200))
        .await;
    scene.apply(of_day("Third.", "https://mine.example/3", 300)).await;
    // What was read, and what this program published, is not imported.
    put(&scene, snapshot("Read.", "https://a.example/1", "Read", 0)).await;
    scene
        .apply(Command::PutArchive(ArchiveRecord {
            at: Some(at(250)),
            ..document("Published.", "Own", "own")
        }))
        .await;
    let found = |after: i64, until: i64, limit: u32| {
        let store = &scene.b;
        async move {
            let issues = store
                .imported_issues(at(after), at(until), limit)
                .await
                .expect("issues");
            issues.into_iter().map(|issue| issue.url).collect::<Vec<_>>()
        }
    };
    assert_eq!(
        found(100, 300, 9).await,
        ["https://mine.example/3", "https://mine.example/2"]
    );
    assert_eq!(found(0, 299, 1).await, ["https://mine.example/2"]);
    assert_eq!(found(300, 400, 9).await, [""; 0]);
}
