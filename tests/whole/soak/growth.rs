//! What grows: memory, files, disk.

use std::path::Path;

use copydesk_store_sqlite::Condition;

/// Memory may differ by this share between the days after day 100 and the last: what the allocator keeps varies.
const GROWTH_MAX: f64 = 0.05;
/// In a short form the database still grows into the page caches of its connections.
const GROWTH_SHORT_MAX: f64 = 0.25;
/// Files and sockets come and go with connections of the pool.
const HANDLES_MAX: usize = 2;
/// Days differ by what the faults took from them.
const DISK_GROWTH_MAX: f64 = 1.25;

/// Memory in KiB, open files, and bytes of the database.
#[derive(Debug, Clone, Copy)]
pub struct Measure {
    memory_kb: u64,
    handles: usize,
    disk_bytes: u64,
}

pub async fn measure(database: &Path) -> Measure {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    // By its pages: the file grows with checkpoints alone, of up to four megabytes.
    let condition = Condition::of(database).await.unwrap();
    Measure {
        memory_kb: line.split_whitespace().nth(1).unwrap().parse().unwrap(),
        handles: std::fs::read_dir("/proc/self/fd").unwrap().count(),
        disk_bytes: condition.bytes - condition.free_bytes,
    }
}

/// The median of some days: one day's memory depends on what the allocator just gave back.
fn median(measures: &[Measure], of: impl Fn(&Measure) -> u64) -> u64 {
    let mut values: Vec<u64> = measures.iter().map(of).collect();
    values.sort_unstable();
    values[values.len() / 2]
}

/// Compares the days after the first tenth (day 100 of a thousand), or after the first third of a short form, which has
/// a warm-up of the same length, with the last ones.
pub fn check_growth(measures: &[Measure]) {
    let is_long = measures.len() >= 1_000;
    let first = if is_long { 100 } else { measures.len() / 3 };
    let width = (measures.len() / 10).max(1);
    let (early, late) = (
        &measures[first..first + width],
        &measures[measures.len() - width..],
    );
    let (memory_before, memory_after) = (
        median(early, |measure| measure.memory_kb),
        median(late, |measure| measure.memory_kb),
    );
    let handles = |days: &[Measure]| days.iter().map(|measure| measure.handles).max().unwrap_or(0);
    println!(
        "memory {memory_before} KiB after day {first}, {memory_after} KiB at the end; files {} and {}",
        handles(early),
        handles(late)
    );
    let growth = memory_after as f64 / memory_before as f64 - 1.0;
    let growth_max = if is_long { GROWTH_MAX } else { GROWTH_SHORT_MAX };
    assert!(growth <= growth_max, "memory grew by {:.1} %", 100.0 * growth);
    assert!(
        handles(late) <= handles(early) + HANDLES_MAX,
        "files are left open"
    );
    // What a day stores stays what it was: the second half takes as much as the first.
    let middle = measures.len() / 2;
    let grown = |from: usize, to: usize| measures[to].disk_bytes.saturating_sub(measures[from].disk_bytes);
    let (first_half, second_half) = (grown(0, middle), grown(middle, measures.len() - 1));
    println!("disk: {first_half} bytes in the first half, {second_half} in the second");
    assert!(first_half > 0, "a day stores something");
    assert!(
        second_half as f64 <= DISK_GROWTH_MAX * first_half as f64,
        "a day takes more and more"
    );
}

/// Says which tables the bytes are in, by SQLite's own account: nothing is left over.
pub fn explain_disk(database: &Path, days: usize) {
    let program = "import json, os, sqlite3, sys
path = sys.argv[1]
db = sqlite3.connect(path)
db.execute('PRAGMA wal_checkpoint(TRUNCATE)')
pages, size = db.execute('PRAGMA page_count').fetchone()[0], db.execute('PRAGMA page_size').fetchone()[0]
free = db.execute('PRAGMA freelist_count').fetchone()[0]
rows = db.execute('SELECT name, SUM(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC').fetchall()
print(json.dumps({'file': os.path.getsize(path), 'pages': pages * size, 'free': free * size, 'size': size, 'tables': rows}))";
    let path = database.to_str().unwrap();
    let account: serde_json::Value =
        serde_json::from_slice(&crate::rig::python(program, &[path], b"")).unwrap();
    let tables = account["tables"].as_array().unwrap();
    let number = |value: &serde_json::Value| value.as_u64().unwrap();
    let in_tables: u64 = tables.iter().map(|table| number(&table[1])).sum();
    let per_day = |bytes: u64| bytes / days as u64;
    println!("disk: {} bytes a day", per_day(number(&account["file"])));
    for table in tables.iter().take(12) {
        println!("  {:>8} a day: {}", per_day(number(&table[1])), table[0]);
    }
    assert_eq!(account["file"], account["pages"]);
    // A database that gives space back has a page now and then that says where the others belong: the second, and
    // then one for each fifth of a page's bytes.
    let size = number(&account["size"]);
    let pages = number(&account["pages"]) / size;
    let of_pointers = size * ((pages - 2) / (size / 5 + 1) + 1);
    assert_eq!(
        in_tables + number(&account["free"]) + of_pointers,
        number(&account["pages"]),
        "every page belongs to a table, is free or says where others belong"
    );
}
