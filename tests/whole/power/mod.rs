//! Power cuts. `strace` writes down what the real binary did to its files and told the outside; from that, the disk is
//! rebuilt as it may be after a cut at any moment, opened with the real store, and compared with what was acknowledged.

mod check;
mod day;
mod disk;
mod disk_tests;
mod promise;
mod trace;

use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, sync_channel};

use check::Wrong;
use day::Day;
use disk::{Disk, Fate, Image};
use promise::Known;
use trace::Event;

use crate::programs::{Random, can_trace, is_long, seed};
use crate::rig::{Desk, word};

/// Images with `synchronous = "full"`: in the short form, and in the long one.
const IMAGES: (usize, usize) = (1_000, 5_000);
/// With `normal`, so few are enough to find a loss.
const IMAGES_NORMAL: usize = 100;
/// Images of one moment that are tried for one that is new.
const TRIES: usize = 8;
const THREADS: usize = 2;

#[test]
fn what_was_acknowledged_survives_a_power_cut() {
    let test = "what_was_acknowledged_survives_a_power_cut";
    if !can_trace(test) {
        return;
    }
    let seed = seed();
    let day = day::record("full", &[]);
    let count = if is_long() { IMAGES.1 } else { IMAGES.0 };
    let report = cut(&day, count, seed);
    report.print("full");
    assert!(report.images >= count, "only {} different images", report.images);
    assert!(
        report.compared > report.images,
        "images are compared with what was told"
    );
    assert_eq!((report.lost.len(), report.corrupt.len()), (0, 0));
}

/// The same test, where SQLite does not wait for the disk: it must find what is lost.
#[test]
fn without_waiting_for_the_disk_a_power_cut_loses_commits() {
    let test = "without_waiting_for_the_disk_a_power_cut_loses_commits";
    if !can_trace(test) {
        return;
    }
    let seed = seed();
    let day = day::record("normal", &["--unsafe-durability"]);
    let report = cut(&day, IMAGES_NORMAL, seed);
    report.print("normal");
    assert!(!report.lost.is_empty(), "the test does not see what is lost");
    assert_eq!(
        report.corrupt.len(),
        0,
        "commits are lost from the end, and nothing is torn"
    );
}

#[test]
fn normal_is_refused_unless_somebody_means_it() {
    let desk = Desk::new();
    desk.replace(
        "config.toml",
        "synchronous = \"full\"",
        "synchronous = \"normal\"",
    );
    for arguments in [&["run", "daily"][..], &["daemon"], &["runs"]] {
        let failure = desk.failure(2, arguments);
        assert_eq!(failure["code"], "CD001", "{failure}");
        assert!(word(&failure, "error").contains("power cut"), "{failure}");
        assert!(
            word(&failure, "hint").contains("--unsafe-durability"),
            "{failure}"
        );
    }
    desk.json(0, &["--unsafe-durability", "runs"]);
    desk.json(0, &["runs", "--unsafe-durability"]);
}

/// What came of many cuts.
#[derive(Default)]
struct Report {
    images: usize,
    compared: usize,
    by_fate: BTreeMap<String, usize>,
    lost: Vec<String>,
    corrupt: Vec<String>,
}

impl Report {
    fn print(&self, synchronous: &str) {
        println!(
            "synchronous = {synchronous}: {} images, {} comparisons, {} lost, {} corrupt; {:?}",
            self.images,
            self.compared,
            self.lost.len(),
            self.corrupt.len(),
            self.by_fate
        );
        for line in self.lost.iter().take(5).chain(self.corrupt.iter().take(5)) {
            println!("  {line}");
        }
    }
}

/// One image and the moment of its cut.
struct Case {
    event: usize,
    fate: Fate,
    image: Image,
}

fn cut(day: &Day, count: usize, seed: u64) -> Report {
    only_the_index_is_mapped(&day.events);
    let acknowledged = promise::acknowledged(&day.events, &day.promises, &day.models);
    let is_checkpoint = |event: &&Event| matches!(event, Event::SyncBegins { path, .. } if path.ends_with("data/copydesk.db"));
    let checkpoints = day.events.iter().filter(is_checkpoint).count();
    println!(
        "{} events, {} things told, {checkpoints} syncs of the database itself",
        day.events.len(),
        acknowledged.len()
    );
    assert!(checkpoints > 1, "the WAL is never copied into the database");
    let (sender, receiver) = sync_channel(2 * THREADS);
    let receiver = Mutex::new(receiver);
    let mut report = Report::default();
    let found: Vec<Report> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..THREADS)
            .map(|_| scope.spawn(|| look(&receiver, &acknowledged, day)))
            .collect();
        for_each_case(day, count, &mut Random(seed), |case| {
            report.images += 1;
            *report.by_fate.entry(format!("{:?}", case.fate)).or_default() += 1;
            sender.send(case).unwrap();
        });
        drop(sender);
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    for mut part in found {
        report.compared += part.compared;
        report.lost.append(&mut part.lost);
        report.corrupt.append(&mut part.corrupt);
    }
    report
}

/// The index of the WAL is mapped, so its bytes are in no trace. It needs none: whoever opens a database first after a
/// cut builds it anew from the WAL. Nothing else may be written past the trace.
fn only_the_index_is_mapped(events: &[Event]) {
    for event in events {
        if let Event::Mapped { path } = event {
            assert!(is_index(path), "{} is mapped", path.display());
        }
    }
}

fn is_index(path: &Path) -> bool {
    path.to_string_lossy().ends_with("-shm")
}

/// Different images, spread evenly over all moments at which the disk changes; where nothing is pending, later moments
/// make up for it.
fn for_each_case(day: &Day, count: usize, random: &mut Random, mut with: impl FnMut(Case)) {
    let root = std::fs::canonicalize(day.desk.dir()).unwrap();
    let mut disk = Disk::new(&root);
    for folder in ["notes", "pipelines", "prompts", "replies"] {
        disk.put_folder(&root.join(folder));
    }
    let changes = |event: &&Event| !matches!(event, Event::Send { .. } | Event::Mapped { .. });
    let moments = day.events.iter().filter(changes).count();
    let (mut moment, mut made, mut seen) = (0, 0, HashSet::new());
    for (number, event) in day.events.iter().enumerate() {
        disk.apply(event);
        if !changes(&event) {
            continue;
        }
        moment += 1;
        let due = (count * moment).div_ceil(moments);
        for attempt in 0..TRIES {
            if made >= due {
                break;
            }
            // By the number of images, not of moments: the moments of images may all lie a multiple of the fates apart.
            let fate = Fate::ALL[(made + attempt) % Fate::ALL.len()];
            // A kept image is new at each moment; the others are what this is about.
            if fate == Fate::Kept && attempt > 0 {
                continue;
            }
            let mut image = disk.image(fate, random);
            let is_whole = disk.is_pending() || attempt == 0;
            if is_whole && seen.insert(fingerprint(&image)) {
                index_of_nobody(&mut image, random);
                with(Case {
                    event: number,
                    fate,
                    image,
                });
                made += 1;
            }
        }
    }
}

fn fingerprint(image: &Image) -> u64 {
    let mut hasher = DefaultHasher::new();
    image.hash(&mut hasher);
    hasher.finish()
}

/// What the index of the WAL holds after a cut is anybody's guess: it is missing, or full of noise.
fn index_of_nobody(image: &mut Image, random: &mut Random) {
    image.retain(|path, _| !is_index(path));
    if image.contains_key(Path::new("data/copydesk.db")) && random.coin() {
        let noise = (0..4096).flat_map(|_| random.number().to_le_bytes()).collect();
        image.insert("data/copydesk.db-shm".into(), noise);
    }
}

fn look(cases: &Mutex<Receiver<Case>>, acknowledged: &[(usize, Known)], day: &Day) -> Report {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut report = Report::default();
    loop {
        // The lock is let go before the image is looked at.
        let next = cases.lock().unwrap().recv();
        let Ok(case) = next else { return report };
        let told = acknowledged.partition_point(|(at, _)| *at <= case.event);
        let known = promise::newest(acknowledged[..told].iter().map(|(_, known)| known));
        report.compared += known.len();
        let scratch = scratch();
        let wrong = runtime.block_on(check::check(&case.image, &known, &day.sites, scratch.path()));
        for wrong in wrong {
            let place = format!("event {} {:?}", case.event, case.fate);
            match wrong {
                Wrong::Lost(what) => report.lost.push(format!("{place}: {what}")),
                Wrong::Corrupt(what) => report.corrupt.push(format!("{place}: {what}")),
            }
        }
    }
}

/// A folder in memory where there is one: the disk of the machine has no part in this.
fn scratch() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().unwrap())
}
