//! What a day costs in tokens: with all that is there, packed, and packed with triage; and what that does to the issue.
//!
//! Days of the shared corpus run through the program; the model is the built-in one behind an endpoint that counts, so
//! that every side is asked by the same code and answers alike. Tokens are those of `copydesk_domain::tokens`, counted of
//! the messages and schemas that were sent, the same for all sides.
//!
//! `cargo bench -p copydesk-cli --bench context` takes some minutes; without the corpus it says so and ends.

#![expect(
    clippy::disallowed_methods,
    reason = "the bench is the world around the program: it serves and has settings"
)]

mod counting;
mod day;

use std::path::{Path, PathBuf};

use crate::counting::Counting;
use crate::day::{Corpus, Day};

/// A time to stand at, and how far research looks back.
const DAYS: [(&str, &str); 5] = [
    ("2026-08-20T23:00:00Z", "24h"),
    ("2026-07-29T23:00:00Z", "24h"),
    ("2026-03-24T23:00:00Z", "48h"),
    ("2026-06-24T23:00:00Z", "7d"),
    ("2026-08-20T23:00:00Z", "30d"),
];

/// One way to be set up.
struct Side {
    name: &'static str,
    settings: &'static str,
}

/// More posts, and longer ones, than there are.
const ALL: &str = "posts_max = 100000\npost_tokens_max = 10000000\n";
const SIDES: [Side; 4] = [
    Side {
        name: "all that is there",
        settings: ALL,
    },
    Side {
        name: "packed",
        settings: "posts_max = 100000\n",
    },
    Side {
        name: "packed, triage (default)",
        settings: "",
    },
    Side {
        name: "packed, triage of 20",
        settings: "posts_max = 20\n",
    },
];

fn main() -> anyhow::Result<()> {
    // `cargo test --benches` builds this and asks it to run as a test.
    if std::env::args().any(|argument| argument == "--test") {
        return Ok(());
    }
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let shared = std::env::var_os("COPYDESK_SHARED").map_or_else(beside, PathBuf::from);
    if !shared.join("corpus/serve.py").is_file() {
        println!("skipped: context: no shared data");
        return Ok(());
    }
    let counting = Counting::serve()?;
    for (now, window) in DAYS {
        let corpus = Corpus::serve(&shared.join("corpus"), now)?;
        println!("\n{now}, {window} back");
        println!(
            "| side | posts | stories | notes | calls | tokens | ratio | from a cache | told alike | lead |"
        );
        println!("|---|---|---|---|---|---|---|---|---|---|");
        let mut first: Option<(Day, u64)> = None;
        for side in &SIDES {
            counting.clear();
            let day = Day::run(&corpus, &counting, now, window, side.settings)?;
            let count = counting.count();
            let (whole, tokens) = first.get_or_insert_with(|| (day.clone(), count.tokens));
            println!(
                "| {} | {} | {} | {} | {} | {} | {:.2} | {:.0} % | {} of {} | {} |",
                side.name,
                day.posts,
                day.stories,
                day.notes,
                count.calls,
                count.tokens,
                count.tokens as f64 / *tokens as f64,
                100.0 * count.cached as f64 / count.tokens as f64,
                day.told.iter().filter(|title| whole.told.contains(title)).count(),
                whole.told.len(),
                if day.told.first() == whole.told.first() {
                    "same"
                } else {
                    "another"
                },
            );
        }
    }
    Ok(())
}
