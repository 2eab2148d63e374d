//! Items that a feed lists twice, such as a draft beside its post.

use std::collections::HashMap;

use copydesk_domain::{Instant, PublishedAt};

use super::model::FeedItem;

/// More items than this under one id, with addresses of their own, mean that the id is no id.
const SHARERS_MAX: usize = 3;

/// What tells that two items of a feed may be one.
#[derive(Debug, PartialEq, Eq, Hash)]
pub enum ItemKey<'a> {
    /// The id that the feed gives.
    Id(&'a str),
    /// The address of an item without an id, and its words: a list of changes may link each to the same page.
    Address(&'a str, Option<&'a str>),
}

impl<'a> ItemKey<'a> {
    /// The key of an item; none where it has neither id nor address.
    pub fn of(item: &'a FeedItem) -> Option<Self> {
        if let Some(id) = &item.id {
            return Some(Self::Id(id));
        }
        let words = item
            .title
            .as_ref()
            .or(item.summary.as_ref())
            .or(item.content.as_ref());
        Some(Self::Address(item.url.as_deref()?, words.map(String::as_str)))
    }
}

/// Keeps each item once: of those with the same id (where there is none: the same address and title) the newest by
/// date, the first one where dates do not tell. The order stays.
pub fn drop_repeats(items: Vec<FeedItem>) -> Vec<FeedItem> {
    let mut groups: HashMap<ItemKey<'_>, Vec<usize>> = HashMap::new();
    for (index, item) in items.iter().enumerate() {
        if let Some(key) = ItemKey::of(item) {
            groups.entry(key).or_default().push(index);
        }
    }
    let mut is_kept = vec![true; items.len()];
    for group in groups
        .values()
        .filter(|group| group.len() > 1 && is_one_piece(group, &items))
    {
        let newest = group
            .iter()
            .rev()
            .max_by_key(|index| time(&items[**index]))
            .copied();
        for index in group {
            is_kept[*index] = Some(*index) == newest;
        }
    }
    items
        .into_iter()
        .zip(is_kept)
        .filter_map(|(item, is_kept)| is_kept.then_some(item))
        .collect()
}

fn time(item: &FeedItem) -> Option<Instant> {
    item.published_at.map(PublishedAt::latest)
}

/// Whether the items of one id are versions of one piece, not pieces that share a constant.
fn is_one_piece(group: &[usize], items: &[FeedItem]) -> bool {
    let first = &items[group[0]];
    group.iter().all(|index| {
        items[*index].url == first.url && (first.url.is_some() || items[*index].title == first.title)
    }) || group.len() <= SHARERS_MAX && items.len() > group.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(id: &str, url: &str, title: &str, published_at: Option<&str>) -> FeedItem {
        FeedItem {
            id: Some(id.to_owned()),
            url: Some(url.to_owned()),
            title: Some(title.to_owned()),
            published_at: published_at.map(|text| text.parse().unwrap()),
            ..FeedItem::default()
        }
    }

    fn titles(items: Vec<FeedItem>) -> Vec<String> {
        drop_repeats(items)
            .into_iter()
            .filter_map(|item| item.title)
            .collect()
    }

    #[test]
    fn the_newest_of_one_id_stays_in_its_place() {
        let items = vec![
            item("a", "u1", "draft", Some("2026-08-20T04:00:00Z")),
            item("a", "u1", "post", Some("2026-08-20T10:00:00Z")),
            item("b", "u2", "post again", Some("2026-08-19T10:00:00Z")),
            item("b", "u2", "older draft", Some("2026-08-19T04:00:00Z")),
        ];
        assert_eq!(titles(items), ["post", "post again"]);
    }

    #[test]
    fn the_first_stays_where_dates_do_not_tell() {
        let items = vec![item("a", "u", "one", None), item("a", "u", "two", None)];
        assert_eq!(titles(items), ["one"]);
    }

    #[test]
    fn items_without_an_id_are_told_apart_by_title_where_they_share_an_address() {
        let change = |title: &str| FeedItem {
            id: None,
            ..item("", "https://a.example/changes", title, None)
        };
        let items = vec![change("1.2"), change("1.1"), change("1.2"), change("1.0")];
        assert_eq!(titles(items), ["1.2", "1.1", "1.0"]);
        let note = |summary: &str| FeedItem {
            title: None,
            summary: Some(summary.to_owned()),
            ..change("")
        };
        assert_eq!(drop_repeats(vec![note("a"), note("b"), note("a")]).len(), 2);
    }

    #[test]
    fn a_constant_is_no_id() {
        let items = ["u1", "u2", "u3", "u4"].map(|url| item("0", url, url, None));
        assert_eq!(titles(items.to_vec()), ["u1", "u2", "u3", "u4"]);
    }
}
