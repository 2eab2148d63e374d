use copydesk_config::FeedConfig;

use super::super::feeds::Poll;
use super::*;

fn item(url: &str) -> PollItem {
    PollItem {
        url: Some(Untrusted::new(url.to_owned())),
        ..PollItem::default()
    }
}

fn polled(items: Vec<PollItem>) -> Polled {
    Polled {
        feed: FeedConfig {
            url: "https://a.example/feed".to_owned(),
            title: None,
            beats: Vec::new(),
            owner: None,
        },
        publisher: Untrusted::new("A".to_owned()),
        owner: "a.example".to_owned(),
        result: Ok(Poll { title: None, items }),
        passing: None,
    }
}

#[test]
fn items_without_a_date_at_one_address_use_up_one_opening() {
    let window = Window {
        from: "2026-08-19T03:00:00Z".parse().unwrap(),
        to: "2026-08-20T03:00:00Z".parse().unwrap(),
    };
    let mut items = vec![item("https://a.example/changes"); UNDATED_MAX];
    let posts = (0..=UNDATED_MAX).map(|n| format!("https://a.example/{n}"));
    items.extend(posts.map(|url| item(&url)));
    let found = candidates(&[polled(items)], window);
    assert_eq!(found.len(), UNDATED_MAX);
    let last = format!("https://a.example/{}", UNDATED_MAX - 2);
    assert_eq!(
        found.last().map(|candidate| candidate.url.as_str()),
        Some(last.as_str())
    );
}
