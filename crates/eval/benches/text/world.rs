//! What is measured on.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use copydesk_config::Environment;
use copydesk_domain::{Instant, PublishedAt};
use copydesk_text::cluster::Doc;
use copydesk_text::sentence;
use flate2::read::GzDecoder;
use serde_json::Value;
use url::Url;

/// Sentences of one post that are judged: long posts would hide the short ones.
const CLAIMS_MAX: usize = 40;

/// A sentence beside what it is judged against.
pub struct Claim {
    /// The sentence.
    pub text: String,
    /// Three sentences of the post.
    pub beside: String,
}

/// A post.
pub struct Post {
    /// As the clustering takes it.
    pub doc: Doc,
    /// The page that it stands on.
    pub page: Vec<u8>,
    /// Its address.
    pub url: Url,
    /// Its own sentences, every second one in the place of a sentence of another post.
    pub claims: Vec<Claim>,
}

/// Posts of the corpus.
pub struct World {
    /// In the order of the corpus.
    pub posts: Vec<Post>,
}

impl World {
    /// Reads all posts with their pages.
    ///
    /// # Errors
    /// What is missing, in words.
    pub fn read() -> Result<Self, String> {
        let folder = folder();
        let mut truth: HashMap<String, Value> = rows(&folder.join("truth.jsonl"))?
            .into_iter()
            .map(|row| (text(&row, "id"), row))
            .collect();
        let mut posts = Vec::new();
        for row in rows(&folder.join("posts.jsonl"))? {
            let id = text(&row, "id");
            let Some(truth) = truth.remove(&id) else {
                continue;
            };
            let url = format!("https://corpus.example/s/{id}");
            posts.push(Post {
                doc: Doc {
                    title: text(&truth, "title"),
                    text: text(&truth, "text"),
                    published_at: text(&row, "published").parse().ok(),
                    ..Doc::default()
                },
                page: page(&folder.join(text(&row, "page")))?,
                url: Url::parse(&url).map_err(|error| format!("{url}: {error}"))?,
                claims: Vec::new(),
            });
        }
        let mut world = Self { posts };
        world.claim();
        Ok(world)
    }

    fn claim(&mut self) {
        let sentences: Vec<Vec<String>> = self
            .posts
            .iter()
            .map(|post| {
                let ranges = sentence::split(&post.doc.text).into_iter();
                ranges.map(|range| post.doc.text[range].to_owned()).collect()
            })
            .collect();
        for (at, post) in self.posts.iter_mut().enumerate() {
            let (own, other) = (&sentences[at], &sentences[(at + 1) % sentences.len()]);
            post.claims = own
                .windows(3)
                .take(CLAIMS_MAX)
                .enumerate()
                .map(|(place, three)| Claim {
                    text: match other.get(place) {
                        Some(foreign) if place % 2 == 1 => foreign.clone(),
                        _ => three[1].clone(),
                    },
                    beside: three.join(" "),
                })
                .collect();
        }
    }

    /// So many posts for the clustering: copies with words and days of their own, so that neither dates nor equality make
    /// it easy.
    pub fn items(&self, count: usize) -> Vec<Doc> {
        (0..count)
            .map(|at| {
                let base = &self.posts[at % self.posts.len()].doc;
                let hours = i64::try_from(at / 200).unwrap_or(0);
                let later = |day: PublishedAt| {
                    PublishedAt::At(Instant::from_micros(
                        day.earliest().as_micros() + hours * 3_600_000_000,
                    ))
                };
                Doc {
                    text: base
                        .text
                        .replace(" the ", &format!(" the{} ", at / self.posts.len())),
                    published_at: base.published_at.map(later),
                    ..base.clone()
                }
            })
            .collect()
    }
}

fn folder() -> PathBuf {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let named = Environment::system().get("COPYDESK_SHARED").map(PathBuf::from);
    named.unwrap_or(beside).join("corpus")
}

fn rows(path: &Path) -> Result<Vec<Value>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let rows: Result<Vec<Value>, _> = text.lines().map(serde_json::from_str).collect();
    rows.map_err(|error| format!("{}: {error}", path.display()))
}

fn page(path: &Path) -> Result<Vec<u8>, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    let file = File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    if path.extension().is_some_and(|end| end == "gz") {
        GzDecoder::new(file).read_to_end(&mut bytes).map_err(failed)?;
    } else {
        std::io::BufReader::new(file)
            .read_to_end(&mut bytes)
            .map_err(failed)?;
    }
    Ok(bytes)
}

fn text(row: &Value, key: &str) -> String {
    row[key].as_str().unwrap_or_default().to_owned()
}
