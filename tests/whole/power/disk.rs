//! What may lie on a disk after a power cut. Pure.
//!
//! A write is in memory until its file is synced; before that the disk may have all of it, none, or some sectors, in any
//! order, and the file's length with it or not. A name is in memory until its folder is synced; names of one folder reach
//! the disk in order, as journaling file systems have it, but independently of other folders and of all data.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::power::trace::Event;
use crate::programs::Random;

/// Drives write whole sectors, and some tear within a page of memory.
const SECTORS: [usize; 2] = [512, 4096];

/// What becomes of what was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// All is lost.
    Dropped,
    /// All is there, as after a kill of the process alone.
    Kept,
    /// The first writes of each file are there, the last of them in part.
    CutOff,
    /// Any writes of each file are there, some of them in part.
    Torn,
    /// Lengths are there, and zeros where the bytes should be.
    Zeroed,
}

impl Fate {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Dropped, Self::Kept, Self::CutOff, Self::Torn, Self::Zeroed];
}

/// The files of a folder after a power cut, by path; folders without files are left out.
pub type Image = BTreeMap<PathBuf, Vec<u8>>;

type Node = usize;

/// A disk with what is on it for certain, and what is in memory.
#[derive(Debug, Default)]
pub struct Disk {
    root: PathBuf,
    nodes: Vec<Content>,
    clock: usize,
    /// Syncs under way: node, and the moment at which it began.
    syncs: HashMap<usize, (Node, usize)>,
}

#[derive(Debug)]
enum Content {
    File(File),
    Folder(Folder),
}

#[derive(Debug, Default)]
struct File {
    durable: Vec<u8>,
    pending: Vec<(usize, Change)>,
}

#[derive(Debug, Clone)]
enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Length(usize),
}

#[derive(Debug, Default)]
struct Folder {
    durable: BTreeMap<OsString, Node>,
    now: BTreeMap<OsString, Node>,
    pending: Vec<(usize, NameChange)>,
}

#[derive(Debug, Clone)]
enum NameChange {
    Add(OsString, Node),
    Remove(OsString),
    Rename(OsString, OsString),
}

impl Disk {
    /// An empty folder.
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            nodes: vec![Content::Folder(Folder::default())],
            clock: 0,
            syncs: HashMap::new(),
        }
    }

    /// Puts a folder there that is on the disk already.
    pub fn put_folder(&mut self, path: &Path) {
        let (parent, name) = self.place(path);
        let node = self.add(Content::Folder(Folder::default()));
        let folder = self.folder(parent);
        folder.durable.insert(name.clone(), node);
        folder.now.insert(name, node);
    }

    /// Whether anything would be lost now.
    pub fn is_pending(&self) -> bool {
        self.nodes.iter().any(|node| match node {
            Content::File(file) => !file.pending.is_empty(),
            Content::Folder(folder) => !folder.pending.is_empty(),
        })
    }

    /// Takes an event in.
    pub fn apply(&mut self, event: &Event) {
        self.clock += 1;
        match event {
            Event::Open { path, is_cut } => {
                let node = self.find(path).unwrap_or_else(|| {
                    let node = self.add(Content::File(File::default()));
                    self.name(path, |name| NameChange::Add(name, node));
                    node
                });
                if *is_cut {
                    self.change(node, Change::Length(0));
                }
            }
            Event::Write { path, at, bytes } => {
                let (at, bytes) = (usize::try_from(*at).unwrap(), bytes.clone());
                self.change(self.known(path), Change::Write { at, bytes });
            }
            Event::Length { path, length } => {
                self.change(
                    self.known(path),
                    Change::Length(usize::try_from(*length).unwrap()),
                );
            }
            Event::Rename { from, to } => {
                assert_eq!(
                    from.parent(),
                    to.parent(),
                    "a rename into another folder is not modelled"
                );
                if self.find(from).is_some() {
                    let new = to.file_name().unwrap().to_owned();
                    self.name(from, |old| NameChange::Rename(old, new));
                }
            }
            Event::Remove { path } => {
                if self.find(path).is_some() {
                    self.name(path, NameChange::Remove);
                }
            }
            Event::MakeFolder { path } => {
                let node = self.add(Content::Folder(Folder::default()));
                self.name(path, |name| NameChange::Add(name, node));
            }
            Event::SyncBegins { path, id } => {
                self.syncs.insert(*id, (self.known(path), self.clock));
            }
            Event::SyncEnds { id } => {
                let (node, before) = self.syncs.remove(id).expect("a sync begins before it ends");
                self.sync(node, before);
            }
            Event::Send { .. } | Event::Mapped { .. } => {}
        }
    }

    /// One way in which the disk may be after a power cut now.
    pub fn image(&self, fate: Fate, random: &mut Random) -> Image {
        let mut image = Image::new();
        self.collect(0, Path::new(""), fate, random, &mut image);
        image
    }

    fn collect(&self, node: Node, path: &Path, fate: Fate, random: &mut Random, image: &mut Image) {
        match &self.nodes[node] {
            Content::File(file) => {
                image.insert(path.to_owned(), file.survivor(fate, random));
            }
            Content::Folder(folder) => {
                for (name, node) in folder.survivor(fate, random) {
                    self.collect(node, &path.join(name), fate, random, image);
                }
            }
        }
    }

    fn sync(&mut self, node: Node, before: usize) {
        match &mut self.nodes[node] {
            Content::File(file) => {
                let (done, left) = file.pending.drain(..).partition(|(at, _)| *at < before);
                file.pending = left;
                let done: Vec<(usize, Change)> = done;
                for (_, change) in &done {
                    change.carry_out(&mut file.durable);
                }
            }
            Content::Folder(folder) => {
                let (done, left) = folder.pending.drain(..).partition(|(at, _)| *at < before);
                folder.pending = left;
                let done: Vec<(usize, NameChange)> = done;
                for (_, change) in &done {
                    change.carry_out(&mut folder.durable);
                }
            }
        }
    }

    fn add(&mut self, content: Content) -> Node {
        self.nodes.push(content);
        self.nodes.len() - 1
    }

    fn change(&mut self, node: Node, change: Change) {
        let clock = self.clock;
        match &mut self.nodes[node] {
            Content::File(file) => file.pending.push((clock, change)),
            Content::Folder(_) => panic!("a folder cannot be written"),
        }
    }

    fn name(&mut self, path: &Path, change: impl FnOnce(OsString) -> NameChange) {
        let (parent, name) = self.place(path);
        let clock = self.clock;
        let change = change(name);
        let folder = self.folder(parent);
        change.carry_out(&mut folder.now);
        folder.pending.push((clock, change));
    }

    /// The folder of a path, and its name there.
    fn place(&self, path: &Path) -> (Node, OsString) {
        let parent = self.known(path.parent().expect("below the root"));
        (parent, path.file_name().expect("below the root").to_owned())
    }

    fn folder(&mut self, node: Node) -> &mut Folder {
        match &mut self.nodes[node] {
            Content::Folder(folder) => folder,
            Content::File(_) => panic!("a file is no folder"),
        }
    }

    fn known(&self, path: &Path) -> Node {
        self.find(path)
            .unwrap_or_else(|| panic!("{} was not opened", path.display()))
    }

    /// What a path means to the running process.
    fn find(&self, path: &Path) -> Option<Node> {
        let mut node = 0;
        for name in path.strip_prefix(&self.root).ok()? {
            match &self.nodes[node] {
                Content::Folder(folder) => node = *folder.now.get(name)?,
                Content::File(_) => return None,
            }
        }
        Some(node)
    }
}

impl File {
    fn survivor(&self, fate: Fate, random: &mut Random) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        let sector = SECTORS[random.below(SECTORS.len())];
        let count = match fate {
            Fate::Dropped => 0,
            Fate::CutOff => random.below(self.pending.len() + 1),
            Fate::Kept | Fate::Torn | Fate::Zeroed => self.pending.len(),
        };
        for (number, (_, change)) in self.pending[..count].iter().enumerate() {
            let is_last = number + 1 == count;
            match fate {
                Fate::Dropped | Fate::Kept => change.carry_out(&mut bytes),
                Fate::CutOff if !is_last => change.carry_out(&mut bytes),
                Fate::CutOff => change.carry_out_some(&mut bytes, sector, || random.coin()),
                Fate::Torn => match random.below(3) {
                    0 => {}
                    1 => change.carry_out(&mut bytes),
                    _ => change.carry_out_some(&mut bytes, sector, || random.coin()),
                },
                Fate::Zeroed => change.lengthen(&mut bytes),
            }
        }
        bytes
    }
}

impl Folder {
    fn survivor(&self, fate: Fate, random: &mut Random) -> BTreeMap<OsString, Node> {
        let count = match fate {
            Fate::Dropped => 0,
            Fate::Kept => self.pending.len(),
            Fate::CutOff | Fate::Torn | Fate::Zeroed => random.below(self.pending.len() + 1),
        };
        let mut names = self.durable.clone();
        for (_, change) in &self.pending[..count] {
            change.carry_out(&mut names);
        }
        names
    }
}

impl Change {
    fn carry_out(&self, file: &mut Vec<u8>) {
        self.carry_out_some(file, usize::MAX, || true);
    }

    /// Carries out the part in each sector of the disk that `is_kept`.
    fn carry_out_some(&self, file: &mut Vec<u8>, sector: usize, mut is_kept: impl FnMut() -> bool) {
        match self {
            Self::Length(length) => {
                if is_kept() {
                    file.resize(*length, 0);
                }
            }
            Self::Write { at, bytes } => {
                let mut from = 0;
                while from < bytes.len() {
                    let left_in_sector = sector - (at + from) % sector;
                    let to = bytes.len().min(from.saturating_add(left_in_sector));
                    if is_kept() {
                        file.resize(file.len().max(at + to), 0);
                        file[at + from..at + to].copy_from_slice(&bytes[from..to]);
                    }
                    from = to;
                }
            }
        }
    }

    /// Sets the length that the file would have.
    fn lengthen(&self, file: &mut Vec<u8>) {
        match self {
            Self::Length(length) => file.resize(*length, 0),
            Self::Write { at, bytes } => file.resize(file.len().max(at + bytes.len()), 0),
        }
    }
}

impl NameChange {
    fn carry_out(&self, names: &mut BTreeMap<OsString, Node>) {
        match self {
            Self::Add(name, node) => {
                names.insert(name.clone(), *node);
            }
            Self::Remove(name) => {
                names.remove(name);
            }
            Self::Rename(from, to) => {
                if let Some(node) = names.remove(from) {
                    names.insert(to.clone(), node);
                }
            }
        }
    }
}
