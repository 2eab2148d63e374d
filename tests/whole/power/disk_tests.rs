use std::path::Path;

use crate::power::disk::{Disk, Fate};
use crate::power::trace::Event;
use crate::programs::Random;

fn open(path: &str) -> Event {
    Event::Open {
        path: path.into(),
        is_cut: false,
    }
}

fn write(path: &str, at: u64, bytes: &[u8]) -> Event {
    Event::Write {
        path: path.into(),
        at,
        bytes: bytes.to_vec(),
    }
}

fn sync(path: &str, id: usize) -> [Event; 2] {
    [
        Event::SyncBegins {
            path: path.into(),
            id,
        },
        Event::SyncEnds { id },
    ]
}

fn rename(from: &str, to: &str) -> Event {
    Event::Rename {
        from: from.into(),
        to: to.into(),
    }
}

fn disk(events: &[Event]) -> Disk {
    let mut disk = Disk::new(Path::new("/d"));
    for event in events {
        disk.apply(event);
    }
    disk
}

fn image(disk: &Disk, fate: Fate) -> Vec<(String, Vec<u8>)> {
    let image = disk.image(fate, &mut Random(1));
    image
        .into_iter()
        .map(|(path, bytes)| (path.display().to_string(), bytes))
        .collect()
}

#[test]
fn a_file_needs_its_own_sync_and_that_of_its_folder() {
    let mut events = vec![open("/d/a"), write("/d/a", 0, b"one")];
    events.extend(sync("/d/a", 1));
    assert_eq!(
        image(&disk(&events), Fate::Dropped),
        [],
        "its name is not on the disk"
    );
    events.extend(sync("/d", 2));
    let kept = vec![("a".to_owned(), b"one".to_vec())];
    assert_eq!(image(&disk(&events), Fate::Dropped), kept);
    assert!(!disk(&events).is_pending());
    events.push(write("/d/a", 3, b" two"));
    assert!(disk(&events).is_pending());
    assert_eq!(image(&disk(&events), Fate::Dropped), kept);
    assert_eq!(
        image(&disk(&events), Fate::Kept),
        [("a".to_owned(), b"one two".to_vec())]
    );
    assert_eq!(
        image(&disk(&events), Fate::Zeroed),
        [("a".to_owned(), b"one\0\0\0\0".to_vec())]
    );
}

#[test]
fn a_sync_covers_what_was_written_before_it_began() {
    let [begins, ends] = sync("/d/a", 1);
    let mut events = vec![
        open("/d/a"),
        write("/d/a", 0, b"1"),
        begins,
        write("/d/a", 1, b"2"),
        ends,
    ];
    events.extend(sync("/d", 2));
    assert_eq!(
        image(&disk(&events), Fate::Dropped),
        [("a".to_owned(), b"1".to_vec())]
    );
}

#[test]
fn a_rename_counts_once_its_folder_is_synced() {
    let mut events = vec![open("/d/a"), open("/d/a.part"), write("/d/a.part", 0, b"new")];
    events.extend(sync("/d/a.part", 1));
    events.extend(sync("/d", 2));
    events.push(rename("/d/a.part", "/d/a"));
    let names = |disk: &Disk| {
        image(disk, Fate::Dropped)
            .into_iter()
            .map(|(name, _)| name)
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&disk(&events)), ["a", "a.part"]);
    events.extend(sync("/d", 3));
    assert_eq!(
        image(&disk(&events), Fate::Dropped),
        [("a".to_owned(), b"new".to_vec())]
    );
    // The process knows the file by its new name.
    events.push(write("/d/a", 0, b"N"));
    assert_eq!(
        image(&disk(&events), Fate::Kept),
        [("a".to_owned(), b"New".to_vec())]
    );
}

#[test]
fn a_torn_write_keeps_whole_sectors() {
    let mut events = vec![open("/d/a"), write("/d/a", 0, &[1; 8192])];
    events.extend(sync("/d/a", 1));
    events.extend(sync("/d", 2));
    events.push(write("/d/a", 100, &[2; 8000]));
    let disk = disk(&events);
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..200 {
        let image = disk.image(Fate::Torn, &mut Random(seed));
        let bytes = &image[Path::new("a")];
        assert_eq!(bytes.len(), 8192);
        // Within the bytes written, a change from old to new stands at the border of a sector.
        let borders: Vec<usize> = (101..8100).filter(|at| bytes[*at] != bytes[at - 1]).collect();
        assert!(borders.iter().all(|at| at % 512 == 0), "{borders:?}");
        seen.insert(borders);
    }
    assert!(seen.len() > 20, "they are torn in many ways");
}

#[test]
fn a_removed_file_is_there_until_its_folder_is_synced() {
    let mut events = vec![open("/d/a")];
    events.extend(sync("/d", 1));
    events.push(Event::Remove { path: "/d/a".into() });
    assert_eq!(image(&disk(&events), Fate::Dropped).len(), 1);
    events.extend(sync("/d", 2));
    assert_eq!(image(&disk(&events), Fate::Dropped), []);
}
