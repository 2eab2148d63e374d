//! The wire's files, with days and placeholders turned into dates.

use copydesk_domain::Instant;
use include_dir::{Dir, include_dir};
use serde::Deserialize;

use crate::exit::Failure;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/sample");

/// The newest post is of 04:00 on day 0; day 0 is the date of four hours ago, so it lies in the past at any hour.
const DAY_BEGINS_AFTER: jiff::SignedDuration = jiff::SignedDuration::from_hours(4);

/// One invented week.
#[derive(Debug, Clone)]
pub struct Wire {
    /// Its sources.
    pub sources: Vec<Source>,
    /// Its posts, newest first.
    pub posts: Vec<Post>,
}

/// A source.
#[derive(Debug, Clone, Deserialize)]
pub struct Source {
    /// Its id.
    pub id: String,
    /// Its name.
    pub title: String,
    /// Its feed.
    pub feed: SourceFeed,
    /// Its beat.
    pub beat: String,
    /// Who owns it.
    pub owner: String,
}

/// A source's feed.
#[derive(Debug, Clone, Deserialize)]
pub struct SourceFeed {
    /// `rss2`, `atom`, `json` or `rdf`.
    pub kind: String,
    /// What it answers.
    pub status: u16,
    /// Whether it carries whole posts.
    pub full_text: bool,
}

/// A post with its dates.
#[derive(Debug, Clone)]
pub struct Post {
    /// `SOURCE/SLUG`.
    pub id: String,
    /// Its source's id.
    pub source: String,
    /// Its title.
    pub title: String,
    /// Its authors.
    pub authors: Vec<String>,
    /// When it was published.
    pub published_at: Instant,
    /// Its summary.
    pub summary: String,
    /// Its body as HTML.
    pub html: String,
}

#[derive(Deserialize)]
struct PostFile {
    id: String,
    source: String,
    title: String,
    authors: Vec<String>,
    published: Published,
    summary: String,
    file: String,
}

#[derive(Deserialize)]
struct Published {
    day: i32,
    time: String,
}

impl Wire {
    /// The wire as of `now`.
    pub fn load(now: Instant) -> Result<Self, Failure> {
        let day_0 = now.minus(DAY_BEGINS_AFTER).date();
        let sources: Vec<Source> = parse("sources.json")?;
        let files: Vec<PostFile> = parse("posts.json")?;
        let posts = files
            .into_iter()
            .map(|file| post(file, day_0))
            .collect::<Result<_, _>>()?;
        Ok(Self { sources, posts })
    }

    /// The posts of a source, newest first.
    pub fn posts_of<'a>(&'a self, source: &'a Source) -> impl Iterator<Item = &'a Post> {
        self.posts.iter().filter(move |post| post.source == source.id)
    }
}

fn parse<T: serde::de::DeserializeOwned>(path: &str) -> Result<T, Failure> {
    serde_json::from_str(text(path)?).map_err(|error| Failure::bug(format!("sample/{path}: {error}")))
}

/// A file of the wire.
pub(super) fn text(path: &str) -> Result<&'static str, Failure> {
    let file = FILES.get_file(path).and_then(include_dir::File::contents_utf8);
    file.ok_or_else(|| Failure::bug(format!("sample/{path} is missing")))
}

/// The mails of the wire, in the order of their names.
pub(super) fn mails() -> Vec<(&'static str, &'static str)> {
    let dir = FILES.get_dir("replies");
    let files = dir.into_iter().flat_map(Dir::files);
    let mut mails: Vec<_> = files
        .filter_map(|file| Some((file.path().file_stem()?.to_str()?, file.contents_utf8()?)))
        .collect();
    mails.sort_unstable();
    mails
}

fn post(file: PostFile, day_0: jiff::civil::Date) -> Result<Post, Failure> {
    let wrong = |what: &str| Failure::bug(format!("sample/posts.json: {}: {what}", file.id));
    let date = shifted(day_0, file.published.day);
    let time: jiff::civil::Time = file
        .published
        .time
        .parse()
        .map_err(|_| wrong("its time cannot be read"))?;
    let zoned = date
        .to_datetime(time)
        .to_zoned(jiff::tz::TimeZone::UTC)
        .map_err(|_| wrong("its date is out of range"))?;
    Ok(Post {
        published_at: Instant::from_timestamp(zoned.timestamp()),
        title: fill(&file.title, day_0),
        summary: fill(&file.summary, day_0),
        html: fill(text(&file.file)?, day_0),
        id: file.id,
        source: file.source,
        authors: file.authors,
    })
}

fn shifted(day_0: jiff::civil::Date, days: i32) -> jiff::civil::Date {
    day_0.saturating_add(jiff::Span::new().days(i64::from(days)))
}

/// Replaces `{{day:N}}` and `{{weekday:N}}`.
fn fill(text: &str, day_0: jiff::civil::Date) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        filled.push_str(before);
        let Some((inside, tail)) = after.split_once("}}") else {
            break;
        };
        filled.push_str(&placeholder(inside, day_0).unwrap_or_else(|| format!("{{{{{inside}}}}}")));
        rest = tail;
    }
    filled.push_str(rest);
    filled
}

fn placeholder(inside: &str, day_0: jiff::civil::Date) -> Option<String> {
    let (name, days) = inside.split_once(':')?;
    let date = shifted(day_0, days.trim().parse().ok()?);
    match name.trim() {
        "day" => Some(date.strftime("%-d %B %Y").to_string()),
        "weekday" => Some(date.strftime("%A").to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_post_of_the_week_lies_in_the_past_and_the_window() {
        for hour in 0..24 {
            let now: Instant = format!("2026-11-22T{hour:02}:30:00Z").parse().unwrap();
            let wire = Wire::load(now).unwrap();
            let from = now.minus(jiff::SignedDuration::from_hours(7 * 24));
            let within = wire
                .posts
                .iter()
                .filter(|post| post.published_at > from && post.published_at <= now);
            assert_eq!(within.count(), 41, "at {hour}:30");
            assert!(wire.posts.iter().all(|post| post.published_at <= now));
        }
    }

    #[test]
    fn placeholders_become_dates() {
        let day_0 = jiff::civil::date(2026, 11, 22);
        assert_eq!(
            fill("on {{weekday:-4}}, {{day:-4}}.", day_0),
            "on Wednesday, 18 November 2026."
        );
    }
}
