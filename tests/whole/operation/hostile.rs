//! Files that are no backups, and some that were made to do harm.

use std::path::Path;

use serde_json::Value;

use super::backup::nothing_half_left;
use crate::rig::{Desk, python, word};

/// Makes a variant of a backup: `change` is Python that works on `entries`, a list of (TarInfo, bytes), and `manifest`.
fn variant(good: &Path, to: &Path, change: &str) {
    let program = format!(
        "import copy, hashlib, io, json, sys, tarfile
tar = tarfile.open(sys.argv[1])
entries = [(member, tar.extractfile(member).read()) for member in tar]
manifest = json.loads(entries[0][1])
def info(name):
    made = copy.copy(entries[-1][0])
    made.name = name
    return made
def add(name, data, kind=tarfile.REGTYPE, link='', listed=True):
    made = info(name)
    made.type, made.linkname, made.size = kind, link, len(data)
    entries.append((made, data))
    if listed:
        manifest['entries'].append({{'path': name, 'bytes': len(data), 'sha256': hashlib.sha256(data).hexdigest()}})
{change}
data = json.dumps(manifest).encode()
first = entries[0][0]
first.size = len(data)
entries[0] = (first, data)
with tarfile.open(sys.argv[2], 'w', format=tarfile.USTAR_FORMAT) as out:
    for member, data in entries:
        out.addfile(member, io.BytesIO(data))"
    );
    python(&program, &[good.to_str().unwrap(), to.to_str().unwrap()], b"");
}

/// Restores a file that must be refused; nothing is left of the attempt.
fn refused(file: &Path, home: &Path) -> Value {
    let target = home.join("restored");
    let output = std::process::Command::new(crate::rig::BINARY)
        .arg("-C")
        .arg(&target)
        .arg("restore")
        .arg(file)
        .arg("--json")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{}: {said}", file.display());
    assert!(!target.exists(), "{said}");
    nothing_half_left(home);
    serde_json::from_str(said.lines().last().unwrap()).unwrap()
}

/// What is changed, and what the refusal says.
const CASES: &[(&str, &str)] = &[
    ("add('files/../../escaped', b'x')", "no backup has"),
    ("add('files/notes/../../../escaped', b'x')", "no backup has"),
    ("add('/tmp/escaped', b'x')", "no backup has"),
    ("add('files/data/lock', b'x')", "no backup has"),
    ("add('files/secrets/key', b'x')", "no backup has"),
    (
        "add('files/notes/l', b'', tarfile.SYMTYPE, '/etc/passwd')",
        "no plain file",
    ),
    (
        "add('files/notes/l', b'', tarfile.LNKTYPE, 'database')",
        "no plain file",
    ),
    ("add('files/notes/d', b'', tarfile.FIFOTYPE)", "no plain file"),
    (
        "add('files/notes/x', b'x', listed=False)",
        "not as its manifest says",
    ),
    ("entries.append(entries[-1])", "not as its manifest says"),
    ("entries.pop()", "is missing"),
    (
        "entries[-1] = (entries[-1][0], b'#' * entries[-1][0].size)",
        "changed or damaged",
    ),
    (
        "manifest['entries'][-1]['bytes'] += 1",
        "not as its manifest says",
    ),
    ("manifest['format'] = '2.0'", "format 2.0"),
    ("manifest['database'] = '../escaped.db'", "outside"),
    ("manifest['schema'] = None", "do not go together"),
    (
        "manifest['entries'] = manifest['entries'][:1] * 20001",
        "more than",
    ),
    ("entries.reverse()", "begins with"),
];

#[test]
fn hostile_backups_are_refused() {
    let desk = Desk::new();
    desk.json(0, &["runs"]);
    let home = tempfile::tempdir().unwrap();
    let good = home.path().join("good.tar");
    desk.json(0, &["backup", good.to_str().unwrap()]);
    let bad = home.path().join("bad.tar");
    for (change, reason) in CASES {
        variant(&good, &bad, change);
        let failure = refused(&bad, home.path());
        assert_eq!(failure["code"], "CD016", "{change}: {failure}");
        assert!(word(&failure, "error").contains(reason), "{change}: {failure}");
    }
    assert!(!Path::new("/tmp/escaped").exists());
    let bytes = std::fs::read(&good).unwrap();
    for length in [0, 100, 700, bytes.len() / 2] {
        std::fs::write(&bad, &bytes[..length]).unwrap();
        assert_eq!(refused(&bad, home.path())["code"], "CD016", "{length} bytes");
    }
    // A database of a later version, and one with a broken page, under hashes that are right.
    let database = "index = [member.name for member, _ in entries].index('database')
data = bytearray(entries[index][1])
CHANGE
entries[index] = (entries[index][0], bytes(data))
listed = next(entry for entry in manifest['entries'] if entry['path'] == 'database')
listed['sha256'] = hashlib.sha256(data).hexdigest()";
    variant(
        &good,
        &bad,
        &database.replace("CHANGE", "data[60:64] = (999).to_bytes(4, 'big')"),
    );
    assert_eq!(refused(&bad, home.path())["code"], "CD004");
    variant(
        &good,
        &bad,
        &database.replace("CHANGE", "data[4096:8192] = b'x' * 4096"),
    );
    let damaged = refused(&bad, home.path());
    assert!(["CD010", "CD016"].contains(&word(&damaged, "code")), "{damaged}");
    // The good one is good.
    let restored = Desk::at(tempfile::tempdir().unwrap());
    restored.json(0, &["restore", good.to_str().unwrap()]);
}
