//! How fast the text side is on one core: the guard, the clustering and the extraction, on posts of the shared corpus.
//!
//! `cargo bench -p copydesk-eval --bench text`; `-- --quick` measures once and less, `-- --check` ends with exit code 1
//! where a bar is missed. Without `../shared/corpus` (or that of `COPYDESK_SHARED`) it says so and ends well. Times are of
//! the machine at that moment.

mod world;

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

use copydesk_guard::{Evidence, ground, ground_in};
use copydesk_text::{cluster, page};

use world::World;

/// Posts that are clustered.
const ITEMS: usize = 5_000;
/// Each number is the median of so many.
const ROUNDS: usize = 3;

/// One measured number beside its bar.
struct Row {
    name: &'static str,
    unit: &'static str,
    found: f64,
    bar: f64,
    /// Whether more is better.
    is_rate: bool,
}

impl Row {
    fn is_met(&self) -> bool {
        if self.is_rate {
            self.found >= self.bar
        } else {
            self.found <= self.bar
        }
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    if has("--help") {
        println!("cargo bench -p copydesk-eval --bench text -- [--quick] [--check]");
        return ExitCode::SUCCESS;
    }
    // `cargo test --benches` builds this and asks it to run as a test.
    if has("--test") {
        return ExitCode::SUCCESS;
    }
    let is_quick = has("--quick");
    let world = match World::read() {
        Ok(world) => world,
        Err(missing) => {
            println!("skipped: {missing}; COPYDESK_SHARED names another folder for it");
            return ExitCode::SUCCESS;
        }
    };
    let (posts_max, rounds) = if is_quick { (120, 1) } else { (usize::MAX, ROUNDS) };
    let found = measure(&world, posts_max, rounds);
    println!("{:<48} {:>10} {:>10}", "on one core", "found", "bar");
    for row in &found {
        let sign = if row.is_rate { "≥" } else { "≤" };
        let miss = if row.is_met() { "" } else { "  missed" };
        let name = format!("{}, {}", row.name, row.unit);
        println!("{name:<48} {:>10.1} {sign} {:>8.1}{miss}", row.found, row.bar);
    }
    let is_met = found.iter().all(Row::is_met);
    ExitCode::from(u8::from(has("--check") && !is_met))
}

/// Measures on the first posts; what is clustered are always 5,000 of all posts.
fn measure(world: &World, posts_max: usize, rounds: usize) -> Vec<Row> {
    let posts = &world.posts[..posts_max.min(world.posts.len())];
    let per_second = |name, unit, bar, count: usize, work: &dyn Fn()| Row {
        name,
        unit,
        found: count as f64 / seconds(rounds, work),
        bar,
        is_rate: true,
    };
    let claims: usize = posts.iter().map(|post| post.claims.len()).sum();
    let items = world.items(ITEMS);
    vec![
        per_second(
            "guard, three sentences as the document",
            "sentences/s",
            2_000.0,
            claims,
            &|| {
                for claim in posts.iter().flat_map(|post| &post.claims) {
                    black_box(ground(&claim.beside, &claim.text));
                }
            },
        ),
        per_second(
            "guard, the whole post as the document",
            "sentences/s",
            2_000.0,
            claims,
            &|| {
                for post in posts {
                    let evidence = Evidence::of(&post.doc.text);
                    for claim in &post.claims {
                        black_box(ground_in(&evidence, &claim.text));
                    }
                }
            },
        ),
        Row {
            name: "5,000 posts clustered",
            unit: "seconds",
            found: seconds(rounds, &|| {
                black_box(cluster::stories(&items));
            }),
            bar: 5.0,
            is_rate: false,
        },
        per_second("extraction", "pages/s", 200.0, posts.len(), &|| {
            for post in posts {
                black_box(page::extract(
                    &post.page,
                    Some("text/html; charset=utf-8"),
                    &post.url,
                ));
            }
        }),
    ]
}

/// The median of several goes.
fn seconds(rounds: usize, work: &dyn Fn()) -> f64 {
    let mut times: Vec<f64> = (0..rounds)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64()
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
