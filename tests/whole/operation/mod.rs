//! Operation: doctor, backup and restore, retention, upgrade, health, the service manager.

mod backup;
mod doctor;
mod hostile;
mod restore;
mod retention;
mod service;

use std::path::Path;

use crate::rig::{Desk, python};

/// Carries out SQL on a desk's database that nobody has open, by a library that is not ours.
fn sql(desk: &Desk, sql: &str) {
    let program = "import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.executescript(sys.stdin.read())
db.commit()";
    let database = desk.dir().join("data/copydesk.db");
    python(program, &[database.to_str().unwrap()], sql.as_bytes());
}

/// Every file below a folder with its bytes, by path.
fn files(dir: &Path) -> std::collections::BTreeMap<String, Vec<u8>> {
    let mut found = std::collections::BTreeMap::new();
    let mut open = vec![dir.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(dir).unwrap().to_str().unwrap().to_owned();
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    found
}
