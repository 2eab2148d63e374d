//! Measured quality of the text analysis on the shared data, with floors slightly under what is reached.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use copydesk_domain::{Instant, PublishedAt};
use copydesk_text::cluster::{self, Doc};
use copydesk_text::{sentence, summarise};
use serde_json::Value;

/// Lines of a shared JSONL file; `None` (with a note) where the data is absent.
#[expect(clippy::disallowed_methods, reason = "says where the shared test data lies")]
fn shared(test: &str, path: &str) -> Option<Vec<Value>> {
    let root = std::env::var_os("COPYDESK_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let Ok(lines) = std::fs::read_to_string(root.join(path)) else {
        println!("skipped: {test}: no shared data");
        return None;
    };
    Some(
        lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect(),
    )
}

fn field<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// The posts of the corpus with their true texts.
fn posts(test: &str) -> Option<Vec<Doc>> {
    let dates: BTreeMap<String, String> = shared(test, "corpus/posts.jsonl")?
        .iter()
        .map(|post| (field(post, "id").to_owned(), field(post, "published").to_owned()))
        .collect();
    let docs = shared(test, "corpus/truth.jsonl")?
        .iter()
        .map(|post| Doc {
            id: field(post, "id").to_owned(),
            title: field(post, "title").to_owned(),
            text: field(post, "text").to_owned(),
            published_at: Some(dates[field(post, "id")].parse().unwrap()),
            ..Doc::default()
        })
        .collect();
    Some(docs)
}

fn f1(right: f64, found: f64, wanted: f64) -> f64 {
    2.0 * right / (found + wanted)
}

/// Which posts belong together, and which pairs are left open, by post id.
#[derive(Default)]
struct Truth {
    story: BTreeMap<String, String>,
    open: BTreeSet<(String, String)>,
    links: BTreeMap<String, Vec<String>>,
}

fn truth(test: &str) -> Option<Truth> {
    let mut truth = Truth::default();
    for line in &shared(test, "corpus/stories.jsonl")? {
        let ids = line["posts"].as_array().unwrap().iter();
        let members: Vec<String> = ids.map(|id| id.as_str().unwrap().to_owned()).collect();
        match field(line, "kind") {
            "same_event" => {
                truth.story.extend(
                    members
                        .into_iter()
                        .map(|id| (id, field(line, "story").to_owned())),
                );
            }
            "related" => {
                for a in &members {
                    truth.open.extend(members.iter().map(|b| (a.clone(), b.clone())));
                }
            }
            "links" => {
                truth.links.insert(field(line, "post").to_owned(), members);
            }
            _ => {}
        }
    }
    Some(truth)
}

/// Pairwise F1 over posts at most ten days apart, with open pairs left out.
fn pair_score(docs: &[Doc], found: &[usize], truth: &Truth) -> f64 {
    let day = |doc: &Doc| doc.published_at.unwrap().earliest().as_micros() as f64 / 86_400e6;
    let (mut right, mut told, mut wanted) = (0.0, 0.0, 0.0);
    for a in 0..docs.len() {
        for b in a + 1..docs.len() {
            let pair = (docs[a].id.clone(), docs[b].id.clone());
            if (day(&docs[a]) - day(&docs[b])).abs() > 10.0 || truth.open.contains(&pair) {
                continue;
            }
            let same =
                truth.story.contains_key(&pair.0) && truth.story.get(&pair.0) == truth.story.get(&pair.1);
            let joined = found[a] == found[b];
            right += f64::from(u8::from(same && joined));
            told += f64::from(u8::from(joined));
            wanted += f64::from(u8::from(same));
            if same != joined {
                println!(
                    "  {} {} {}",
                    if same { "missed" } else { "wrong" },
                    pair.0,
                    pair.1
                );
            }
        }
    }
    f1(right, told, wanted)
}

#[test]
fn stories_of_posts_are_found() {
    let test = "stories_of_posts_are_found";
    let (Some(mut docs), Some(truth)) = (posts(test), truth(test)) else {
        return;
    };
    let score = pair_score(&docs, &cluster::stories(&docs), &truth);
    for doc in &mut docs {
        doc.url = Some(format!("https://posts.example/{}", doc.id));
        let links = truth.links.get(&doc.id).into_iter().flatten();
        doc.links = links
            .map(|id| format!("http://posts.example/{id}/?utm=1#top"))
            .collect();
    }
    let linked = pair_score(&docs, &cluster::stories(&docs), &truth);
    println!("{test}: F1 {score:.3}, with links {linked:.3}");
    assert!(score >= 0.91 && linked >= 0.91, "{score} {linked}");
}

#[test]
fn an_attack_told_by_nine_posts_is_one_story() {
    let test = "an_attack_told_by_nine_posts_is_one_story";
    let Some(docs) = posts(test) else { return };
    let window: Vec<Doc> = docs
        .into_iter()
        .filter(|doc| {
            let at = doc.published_at.unwrap().earliest().to_string();
            ("2026-08-13T23:00:00Z".."2026-08-20T23:00:01Z").contains(&at.as_str())
        })
        .collect();
    let found = cluster::stories(&window);
    let hub = window
        .iter()
        .position(|doc| doc.id.ends_with("supply-chain-attack-on-arrayref"))
        .unwrap();
    let with: Vec<&str> = (0..window.len())
        .filter(|at| *at != hub && found[*at] == found[hub])
        .map(|at| window[at].id.as_str())
        .collect();
    println!("{test}: {with:?}");
    let stories: BTreeSet<usize> = found.iter().copied().collect();
    println!("{test}: {} posts, {} stories", window.len(), stories.len());
    assert!(
        with.len() >= 6
            && with
                .iter()
                .all(|id| id.starts_with("rustsec/") && !id.ends_with("0258"))
    );
}

#[test]
fn news_that_look_alike_are_told_apart() {
    let test = "news_that_look_alike_are_told_apart";
    let Some(lines) = shared(test, "newsstories/ecbplus.jsonl") else {
        return;
    };
    let docs: Vec<Doc> = lines
        .iter()
        .map(|line| Doc {
            id: field(line, "id").to_owned(),
            text: field(line, "text").to_owned(),
            ..Doc::default()
        })
        .collect();
    let truth: Vec<&str> = lines.iter().map(|line| field(line, "story")).collect();
    let found = cluster::stories(&docs);
    let (mut precision, mut recall) = (0.0, 0.0);
    for a in 0..docs.len() {
        let mine = |b: &usize| found[*b] == found[a];
        let theirs = |b: &usize| truth[*b] == truth[a];
        let both = (0..docs.len()).filter(|b| mine(b) && theirs(b)).count() as f64;
        precision += both / (0..docs.len()).filter(mine).count() as f64;
        recall += both / (0..docs.len()).filter(theirs).count() as f64;
    }
    let (precision, recall) = (precision / docs.len() as f64, recall / docs.len() as f64);
    let score = 2.0 * precision * recall / (precision + recall);
    println!("{test}: B-cubed {score:.3} (precision {precision:.3}, recall {recall:.3})");
    assert!(score >= 0.86, "{score}");
}

/// Best ROUGE-1 F1 (with Porter stems) of a summary against its references.
fn rouge(summary: &str, references: &[Value]) -> f64 {
    let stemmer = rust_stemmers::Stemmer::create(rust_stemmers::Algorithm::English);
    let count = |text: &str| {
        let mut bag: BTreeMap<String, usize> = BTreeMap::new();
        for token in text
            .to_lowercase()
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|t| !t.is_empty())
        {
            let token = if token.len() > 3 {
                stemmer.stem(token).into_owned()
            } else {
                token.to_owned()
            };
            *bag.entry(token).or_insert(0) += 1;
        }
        bag
    };
    let own = count(summary);
    references
        .iter()
        .map(|reference| {
            let other = count(reference.as_str().unwrap());
            let common: usize = own
                .iter()
                .map(|(token, n)| *n.min(other.get(token).unwrap_or(&0)))
                .sum();
            f1(
                common as f64,
                own.values().sum::<usize>() as f64,
                other.values().sum::<usize>() as f64,
            )
        })
        .fold(0.0, f64::max)
}

#[test]
fn one_sentence_says_what_is_new() {
    let test = "one_sentence_says_what_is_new";
    let Some(lines) = shared(test, "summaries/scitldr.jsonl") else {
        return;
    };
    let mut sum = 0.0;
    for line in &lines {
        let sentences: Vec<String> = line["sentences"]
            .as_array()
            .unwrap()
            .iter()
            .map(|s| s.as_str().unwrap().to_owned())
            .collect();
        let best = summarise::sentences(field(line, "title"), &sentences, 1);
        sum += rouge(&sentences[best[0]], line["references"].as_array().unwrap());
    }
    let score = 100.0 * sum / lines.len() as f64;
    println!("{test}: ROUGE-1 {score:.2} over {} papers", lines.len());
    assert!(score >= 41.8, "{score}");
}

/// Plain text of a body: strings of JSON on lines; marks between angle brackets become line ends, entities are read.
fn plain(body: &str) -> String {
    if let Ok(value) = serde_json::from_str::<Value>(body) {
        let item = &value["items"][0];
        return format!("{}\n{}", field(item, "title"), field(item, "summary"));
    }
    let body = decoded(body);
    let mut text = String::new();
    let mut inside = false;
    for c in body.chars() {
        match c {
            '<' => inside = true,
            '>' if inside => {
                inside = false;
                text.push('\n');
            }
            c if !inside => text.push(c),
            _ => {}
        }
    }
    text
}

fn decoded(body: &str) -> String {
    body.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

#[test]
fn orders_to_a_model_are_noticed_and_news_about_them_pass() {
    let test = "orders_to_a_model_are_noticed_and_news_about_them_pass";
    let Some(lines) = shared(test, "adversarial/injection.jsonl") else {
        return;
    };
    let Some(posts) = posts(test) else { return };
    let (mut noticed, mut attacks) = (0, 0);
    let mut by_framing: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for line in &lines {
        let body = field(line, "body");
        let seen = sentence::addresses_model(&plain(body)) || sentence::addresses_model(&decoded(body));
        if field(line, "goal") == "benign" {
            assert!(!seen, "{body}");
            continue;
        }
        let counts = by_framing.entry(field(line, "framing")).or_default();
        counts.1 += 1;
        if seen {
            counts.0 += 1;
        }
        if field(line, "framing") != "bare" {
            attacks += 1;
            noticed += usize::from(seen);
            if !seen {
                println!("  passed: {body}");
            }
        }
    }
    let alarms: Vec<&str> = posts
        .iter()
        .flat_map(|post| {
            sentence::split(&post.text)
                .into_iter()
                .map(|range| &post.text[range])
        })
        .filter(|sentence| sentence::addresses_model(sentence))
        .collect();
    println!(
        "{test}: {noticed} of {attacks} framed attacks noticed {by_framing:?}; {} false alarms in the posts",
        alarms.len()
    );
    for alarm in alarms.iter().take(20) {
        println!("  alarm: {alarm}");
    }
    assert!(noticed * 100 >= attacks * 97 && alarms.len() <= 2);
}

#[test]
fn five_thousand_posts_take_seconds() {
    let test = "five_thousand_posts_take_seconds";
    let Some(seed) = posts(test) else { return };
    // Copies with words of their own and other days, so that neither dates nor equality make it easy.
    let docs: Vec<Doc> = (0..5000)
        .map(|at| {
            let base = &seed[at % seed.len()];
            let hours = i64::try_from(at / 200).unwrap();
            let day = base.published_at.unwrap().earliest().as_micros() + hours * 3_600_000_000;
            Doc {
                text: base.text.replace(" the ", &format!(" the{} ", at / seed.len())),
                published_at: Some(PublishedAt::At(Instant::from_micros(day))),
                ..base.clone()
            }
        })
        .collect();
    let start = std::time::Instant::now();
    let stories: BTreeSet<usize> = cluster::stories(&docs).into_iter().collect();
    println!(
        "{test}: {} stories in {:.1} s",
        stories.len(),
        start.elapsed().as_secs_f64()
    );
    assert!(
        start.elapsed().as_secs() < 20,
        "far over the 5 s of a release build"
    );
}
