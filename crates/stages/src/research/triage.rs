//! Which posts are worth reading, by what their feeds say of them: before a page is fetched and a model is asked.
//!
//! As long as there is room every post is read. Where there are more, each beat has a share of the room for the posts
//! that weigh most on it, and the rest goes to those that weigh most of all. What is left is not read, and nobody says of
//! its beat that it was quiet. Pure.

use std::cmp::Ordering;
use std::collections::HashSet;

use copydesk_domain::artifact::Window;
use copydesk_domain::{PublishedAt, Untrusted};
use copydesk_text::taste::{Features, Kind, Taste, is_incident};
use copydesk_text::words;

use super::ranking::is_routine;
use super::stories::is_release;
use super::{labels, paid};

/// One word of a beat in the title, or in the categories or the summary.
const BEAT_IN_TITLE: f64 = 0.5;
const BEAT_NEAR: f64 = 0.3;
/// Another house has a post with such a title.
const WITNESS: f64 = 0.6;
/// Something broke or was attacked.
const INCIDENT: f64 = 0.5;
/// How fresh it is: from 0 at the beginning of the window to this at its end.
const FRESH: f64 = 0.2;
/// Its page would have to be opened for its date.
const UNDATED: f64 = -0.3;
/// A meeting, a hiring post and the like.
const ROUTINE: f64 = -1.0;
/// It says that it was paid for.
const PAID: f64 = -2.0;
/// An issue told this address, and nothing says that it changed since.
const TOLD: f64 = -2.0;
/// The author said "not interested" of this address, or of a post with such a title.
const UNWANTED: f64 = -3.0;
/// For each post of its feed that weighs more: one feed does not take all of the room.
const SAME_FEED: f64 = -0.15;
/// More of them take nothing more: the tenth post of a busy house still weighs more than routine.
const SAME_FEED_MAX: u32 = 6;
/// Share of common words from which two titles are of one event.
const ALIKE: f64 = 0.5;
/// Posts whose titles are compared with each other; keeps the square of the number within bounds.
const COMPARED_MAX: usize = 1_500;

/// What a feed says of a post.
#[derive(Debug, Clone)]
pub(super) struct Item<'a> {
    pub(super) feed: &'a str,
    pub(super) owner: &'a str,
    pub(super) publisher: &'a str,
    pub(super) beats: &'a [String],
    pub(super) url: &'a str,
    pub(super) title: &'a str,
    pub(super) summary: &'a str,
    pub(super) tags: &'a [Untrusted<String>],
    pub(super) published_at: Option<PublishedAt>,
    pub(super) updated_at: Option<PublishedAt>,
}

/// A post of the past that says something of those of today.
#[derive(Debug, Clone)]
pub(super) struct Earlier<'a> {
    pub(super) url: &'a str,
    pub(super) title: &'a str,
    /// When an issue told it; none where it stands here for the author's word alone.
    pub(super) told_at: Option<copydesk_domain::Instant>,
    /// The issue.
    pub(super) slug: &'a str,
    /// The author does not want it.
    pub(super) is_unwanted: bool,
}

/// What posts are weighed by.
pub(super) struct Measure<'a> {
    pub(super) window: Window,
    pub(super) beats: &'a [String],
    pub(super) taste: Option<&'a Taste>,
    pub(super) earlier: &'a [Earlier<'a>],
}

/// A post that is not read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Skipped {
    /// Its place among the items.
    pub(super) at: usize,
    /// Why others came first, in one line.
    pub(super) reason: String,
}

/// What a post weighs, and the strongest thing against it.
#[derive(Debug, Clone, Default)]
struct Weight {
    value: f64,
    against: Option<(f64, String)>,
}

impl Weight {
    fn add(&mut self, value: f64, why: impl FnOnce() -> String) {
        self.value += value;
        if value < 0.0 && self.against.as_ref().is_none_or(|(known, _)| value < *known) {
            self.against = Some((value, why()));
        }
    }
}

/// The posts that are not read where at most `posts_max` are: those first that were nearest to it.
pub(super) fn skipped(items: &[Item<'_>], posts_max: usize, measure: &Measure<'_>) -> Vec<Skipped> {
    if items.len() <= posts_max {
        return Vec::new();
    }
    let mut weights = weights(items, measure);
    spread(items, &mut weights);
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by(|a, b| heavier(&weights, *a, *b));
    let mut read: HashSet<usize> = HashSet::new();
    let groups = groups(items, measure.beats);
    // Half of the room is shared out, so that no beat goes unread because others are loud.
    let share = (posts_max / (2 * groups.len().max(1))).max(1);
    for group in groups {
        let own = order.iter().copied().filter(|at| group.contains(at));
        read.extend(own.take(share).take(posts_max.saturating_sub(read.len())));
    }
    for at in &order {
        if read.len() >= posts_max {
            break;
        }
        read.insert(*at);
    }
    let rest = order.into_iter().filter(|at| !read.contains(at));
    rest.map(|at| Skipped {
        at,
        reason: reason(&weights[at], posts_max),
    })
    .collect()
}

fn heavier(weights: &[Weight], a: usize, b: usize) -> Ordering {
    weights[b].value.total_cmp(&weights[a].value).then(a.cmp(&b))
}

/// Places of the items of each beat, most important beat first; items without a beat are a group of their own.
fn groups(items: &[Item<'_>], beats: &[String]) -> Vec<HashSet<usize>> {
    let mut names: Vec<&str> = beats.iter().map(String::as_str).collect();
    for beat in items.iter().flat_map(|item| item.beats) {
        if !names.iter().any(|known| known.eq_ignore_ascii_case(beat)) {
            names.push(beat);
        }
    }
    let of = |name: &str| -> HashSet<usize> {
        let is_of = |item: &Item<'_>| item.beats.iter().any(|beat| beat.eq_ignore_ascii_case(name));
        (0..items.len()).filter(|at| is_of(&items[*at])).collect()
    };
    let without = (0..items.len())
        .filter(|at| items[*at].beats.is_empty())
        .collect();
    let mut groups: Vec<HashSet<usize>> = names.into_iter().map(of).collect();
    groups.push(without);
    groups.retain(|group| !group.is_empty());
    groups
}

fn weights(items: &[Item<'_>], measure: &Measure<'_>) -> Vec<Weight> {
    let stems: Vec<HashSet<String>> = items.iter().map(|item| stems_of(item.title)).collect();
    let beats: HashSet<String> = measure
        .beats
        .iter()
        .flat_map(|beat| words::content_stems(beat))
        .collect();
    let earlier: Vec<HashSet<String>> = measure.earlier.iter().map(|one| stems_of(one.title)).collect();
    let weigh = |at: usize| {
        let item = &items[at];
        let mut weight = Weight::default();
        of_words(&mut weight, item, &stems[at], &beats);
        of_date(&mut weight, item, measure.window);
        of_past(&mut weight, item, &stems[at], (measure.earlier, &earlier));
        if has_witness(at, items, &stems) {
            weight.add(WITNESS, String::new);
        }
        of_taste(&mut weight, item, measure.taste);
        weight
    };
    (0..items.len()).map(weigh).collect()
}

fn stems_of(title: &str) -> HashSet<String> {
    words::content_stems(title).into_iter().collect()
}

fn of_words(weight: &mut Weight, item: &Item<'_>, stems: &HashSet<String>, beats: &HashSet<String>) {
    let has_beat = |text: &str| words::content_stems(text).iter().any(|stem| beats.contains(stem));
    if stems.iter().any(|stem| beats.contains(stem)) {
        weight.add(BEAT_IN_TITLE, String::new);
    } else if item.tags.iter().any(|tag| has_beat(tag.inspect())) || has_beat(item.summary) {
        weight.add(BEAT_NEAR, String::new);
    }
    if is_incident(item.title) {
        weight.add(INCIDENT, String::new);
    }
    if is_routine(item.title) {
        weight.add(ROUTINE, || "routine by its title".to_owned());
    }
    if paid::says_so(item.title, item.tags, "") {
        weight.add(PAID, || "it says that it was paid for".to_owned());
    }
}

fn of_date(weight: &mut Weight, item: &Item<'_>, window: Window) {
    let Some(published_at) = item.published_at else {
        weight.add(UNDATED, || "its feed gives it no date".to_owned());
        return;
    };
    let length = window.to.since(window.from).as_secs_f64();
    let age = window
        .to
        .since(published_at.latest().min(window.to))
        .as_secs_f64();
    if length > 0.0 {
        weight.add(FRESH * (1.0 - (age / length).clamp(0.0, 1.0)), String::new);
    }
}

fn of_past(
    weight: &mut Weight,
    item: &Item<'_>,
    stems: &HashSet<String>,
    (earlier, titles): (&[Earlier<'_>], &[HashSet<String>]),
) {
    let is_unwanted = |(one, title): (&Earlier<'_>, &HashSet<String>)| {
        one.is_unwanted && (one.url == item.url || is_alike(stems, title))
    };
    if earlier.iter().zip(titles).any(is_unwanted) {
        weight.add(UNWANTED, || labels::UNWANTED.to_owned());
    }
    let told = earlier
        .iter()
        .find(|one| one.url == item.url && one.told_at.is_some());
    let Some((told, told_at)) = told.and_then(|told| Some((told, told.told_at?))) else {
        return;
    };
    let newest = item.updated_at.or(item.published_at);
    if newest.is_none_or(|at| at.latest() <= told_at) {
        weight.add(TOLD, || format!("told in {}", told.slug));
    }
}

fn of_taste(weight: &mut Weight, item: &Item<'_>, taste: Option<&Taste>) {
    let kind = Kind::of(item.title, is_release(item.title), is_routine(item.title));
    let features = Features::of(item.title, &[item.publisher], item.beats, kind);
    let Some(liking) = taste.and_then(|taste| taste.of(&features)) else {
        return;
    };
    let why = liking.because.first().map(ToString::to_string);
    weight.add(liking.score, || {
        why.unwrap_or_else(|| "unlike what you told so far".to_owned())
    });
}

fn has_witness(at: usize, items: &[Item<'_>], stems: &[HashSet<String>]) -> bool {
    let others = items.iter().zip(stems).take(COMPARED_MAX);
    others
        .filter(|(item, _)| item.owner != items[at].owner)
        .any(|(_, other)| is_alike(&stems[at], other))
}

fn is_alike(a: &HashSet<String>, b: &HashSet<String>) -> bool {
    let shared = a.intersection(b).count();
    let all = a.len() + b.len() - shared;
    shared >= 2 && shared as f64 >= ALIKE * all as f64
}

/// Takes from each post what others of its feed weigh more.
fn spread(items: &[Item<'_>], weights: &mut [Weight]) {
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by(|a, b| heavier(weights, *a, *b));
    let mut seen: std::collections::HashMap<&str, u32> = std::collections::HashMap::new();
    for at in order {
        let before = seen.entry(items[at].feed).or_default();
        weights[at].add(SAME_FEED * f64::from((*before).min(SAME_FEED_MAX)), || {
            "others of its feed came first".to_owned()
        });
        *before += 1;
    }
}

fn reason(weight: &Weight, posts_max: usize) -> String {
    match &weight.against {
        Some((_, why)) if !why.is_empty() => why.clone(),
        _ => format!("{posts_max} others weigh more"),
    }
}

#[cfg(test)]
mod tests {
    use copydesk_domain::Instant;

    use super::*;

    const HOUR: i64 = 3_600_000_000;

    fn item<'a>(feed: &'a str, title: &'a str, beats: &'a [String]) -> Item<'a> {
        Item {
            feed,
            owner: feed,
            publisher: feed,
            beats,
            url: title,
            title,
            summary: "",
            tags: &[],
            published_at: Some(PublishedAt::At(Instant::from_micros(20 * HOUR))),
            updated_at: None,
        }
    }

    fn measure<'a>(beats: &'a [String], earlier: &'a [Earlier<'a>]) -> Measure<'a> {
        Measure {
            window: Window {
                from: Instant::from_micros(0),
                to: Instant::from_micros(24 * HOUR),
            },
            beats,
            taste: None,
            earlier,
        }
    }

    fn left<'a>(items: &[Item<'a>], posts_max: usize, measure: &Measure<'_>) -> Vec<(&'a str, String)> {
        let skipped = skipped(items, posts_max, measure).into_iter();
        skipped.map(|one| (items[one.at].title, one.reason)).collect()
    }

    fn words(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn with_room_for_all_every_post_is_read() {
        let items = [item("a", "Join us for a meetup", &[]), item("b", "[Ad] Buy", &[])];
        assert_eq!(skipped(&items, 2, &measure(&[], &[])), []);
    }

    #[test]
    fn routine_and_what_was_paid_for_is_left_first() {
        let items = [
            item("a", "Join us for a meetup", &[]),
            item("b", "[Ad] Buy a mirror", &[]),
            item("c", "A mirror moves", &[]),
        ];
        let left = left(&items, 1, &measure(&[], &[]));
        assert_eq!(
            left[0],
            ("Join us for a meetup", "routine by its title".to_owned())
        );
        assert_eq!(
            left[1],
            ("[Ad] Buy a mirror", "it says that it was paid for".to_owned())
        );
    }

    #[test]
    fn each_beat_keeps_a_share_whatever_another_brings() {
        let (cloud, security) = (words(&["cloud"]), words(&["security"]));
        let titles: Vec<String> = (0..20)
            .map(|n| format!("Cloud outage number {n} in the cloud"))
            .collect();
        let mut items: Vec<Item<'_>> = titles.iter().map(|title| item("a", title, &cloud)).collect();
        items.push(item("b", "Work with us", &security));
        let beats = words(&["cloud", "security"]);
        let left = left(&items, 4, &measure(&beats, &[]));
        assert_eq!(left.len(), 17);
        assert!(left.iter().all(|(title, _)| *title != "Work with us"));
    }

    #[test]
    fn what_was_told_or_is_not_wanted_gives_way_unless_it_changed() {
        let at = |hours| Some(PublishedAt::At(Instant::from_micros(hours * HOUR)));
        let earlier = |url, title, told: Option<i64>, is_unwanted| Earlier {
            url,
            title,
            told_at: told.map(|hours| Instant::from_micros(hours * HOUR)),
            slug: "2026-08-12",
            is_unwanted,
        };
        let past = [
            earlier("Norn 4 is out", "", Some(21), false),
            earlier("Moss moves", "", Some(10), false),
            earlier("elsewhere", "Prices of mirrors rise again", None, true),
        ];
        let changed = Item {
            updated_at: at(22),
            ..item("c", "Moss moves", &[])
        };
        let items = [
            item("a", "Norn 4 is out", &[]),
            item("b", "Mirrors: prices rise again", &[]),
            changed,
            item("d", "Fern opens", &[]),
        ];
        let left = left(&items, 2, &measure(&[], &past));
        assert_eq!(left[0], ("Norn 4 is out", "told in 2026-08-12".to_owned()));
        assert_eq!(
            left[1],
            ("Mirrors: prices rise again", "you said not interested".to_owned())
        );
    }

    #[test]
    fn what_two_houses_tell_and_what_broke_goes_first() {
        let items = [
            item("a", "A quiet note on fonts", &[]),
            item("b", "Registry mirror attacked by bots", &[]),
            item("c", "Bots attacked a registry mirror", &[]),
            item("d", "Another note on colours", &[]),
        ];
        let left = left(&items, 2, &measure(&[], &[]));
        let titles: Vec<&str> = left.iter().map(|(title, _)| *title).collect();
        assert_eq!(titles, ["A quiet note on fonts", "Another note on colours"]);
        assert_eq!(left[0].1, "2 others weigh more");
    }

    #[test]
    fn one_feed_does_not_take_all_of_the_room() {
        let titles: Vec<String> = (0..10).map(|n| format!("Advisory {n} on package")).collect();
        let mut items: Vec<Item<'_>> = titles.iter().map(|title| item("a", title, &[])).collect();
        items.push(item("b", "Fern opens", &[]));
        items.push(item("c", "Moss moves", &[]));
        let left = left(&items, 4, &measure(&[], &[]));
        assert!(
            left.iter().all(|(title, _)| title.starts_with("Advisory")),
            "{left:?}"
        );
        assert_eq!(left[0].1, "others of its feed came first");
    }
}
