//! Pages in frames that nothing was tuned to, filled with texts of our own: what is read of each.

mod articles;
mod frames;
mod older;

use std::collections::HashMap;

use copydesk_domain::PublishedAt;
use copydesk_text::page::{self, Page};
use url::Url;

use articles::{ARABIC, Article, ENGLISH, HEBREW, JAPANESE};
use frames::FRAMES;

/// Text of every frame must be at least so right.
const F1_MIN: f64 = 0.92;
/// Share of days that must be right over all frames.
const DAYS_MIN: f64 = 0.95;

fn read(html: &str) -> Page {
    let url = Url::parse("https://pages.example/notes/this").unwrap();
    page::extract(html.as_bytes(), Some("text/html; charset=utf-8"), &url)
}

/// F1 over runs of four words; over runs of four characters where a language sets no spaces.
fn f1(truth: &str, found: &str, by_chars: bool) -> f64 {
    let (truth, found) = (runs(truth, by_chars), runs(found, by_chars));
    let common: usize = truth
        .iter()
        .map(|(run, count)| (*count).min(found.get(run).copied().unwrap_or(0)))
        .sum();
    let all: usize = truth.values().chain(found.values()).sum();
    2.0 * common as f64 / all as f64
}

fn runs(text: &str, by_chars: bool) -> HashMap<String, usize> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let units: Vec<String> = if by_chars {
        text.chars().filter(|c| is_word(*c)).map(String::from).collect()
    } else {
        let words = text.split(|c| !is_word(c)).filter(|word| !word.is_empty());
        words.map(str::to_owned).collect()
    };
    let mut counts = HashMap::new();
    for run in units.windows(4) {
        *counts.entry(run.join(" ")).or_default() += 1;
    }
    counts
}

fn has_day(page: &Page, article: &Article) -> bool {
    page.published_at.is_some_and(|at| match at {
        PublishedAt::On(day) => day.to_string() == article.day,
        at @ PublishedAt::At(_) => at.earliest().to_string().starts_with(article.day),
    })
}

#[test]
fn frames_never_seen_give_their_text() {
    let mut low = Vec::new();
    for frame in FRAMES {
        for article in ENGLISH.iter().chain([&ARABIC, &HEBREW, &JAPANESE]) {
            let page = read(&(frame.page)(article));
            let f1 = f1(&article.truth(), &page.text, article.lang == "ja");
            if f1 < F1_MIN {
                low.push(format!(
                    "{} ({}): {f1:.3}\n{}",
                    frame.name, article.lang, page.text
                ));
            }
        }
    }
    assert!(low.is_empty(), "{} low: {}", low.len(), low.join("\n\n"));
}

#[test]
fn frames_never_seen_give_their_day() {
    let mut wrong = Vec::new();
    let mut all = 0;
    for frame in FRAMES {
        for article in ENGLISH.iter().chain([&ARABIC, &HEBREW, &JAPANESE]) {
            let page = read(&(frame.page)(article));
            all += 1;
            if !has_day(&page, article) {
                wrong.push(format!(
                    "{} ({}): {:?}",
                    frame.name, article.lang, page.published_at
                ));
            }
        }
    }
    assert!(
        wrong.len() as f64 <= (1.0 - DAYS_MIN) * f64::from(all),
        "{} of {all} wrong: {}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn frames_never_seen_give_their_title_and_author() {
    let mut wrong = Vec::new();
    for frame in FRAMES {
        for article in ENGLISH {
            let page = read(&(frame.page)(article));
            if page.title.as_deref() != Some(article.title) {
                wrong.push(format!("{}: title {:?}", frame.name, page.title));
            }
            let is_named = page.authors == [article.author];
            if is_named != frame.names_author {
                wrong.push(format!("{}: authors {:?}", frame.name, page.authors));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong: {}", wrong.len(), wrong.join("\n"));
}
