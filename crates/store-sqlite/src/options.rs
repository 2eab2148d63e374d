use std::time::Duration;

/// When SQLite waits for the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Synchronous {
    /// At each commit: what was acknowledged survives a power cut.
    Full,
    /// At checkpoints only: a power cut may lose the last commits, never the order of those before.
    Normal,
}

impl Synchronous {
    /// What `PRAGMA synchronous` answers for it.
    pub(crate) const fn level(self) -> i64 {
        match self {
            Self::Normal => 1,
            Self::Full => 2,
        }
    }
}

/// How the store is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// When SQLite waits for the disk.
    pub synchronous: Synchronous,
    /// How long a statement waits for another process that holds the database.
    pub busy_timeout: Duration,
    /// Where a test wants the process to end.
    #[cfg(debug_assertions)]
    pub crash: crate::crash::CrashOptions,
}

impl Options {
    /// What the shipped config says: full, and ten seconds for a backup that holds the database.
    pub const SHIPPED: Self = Self {
        synchronous: Synchronous::Full,
        busy_timeout: Duration::from_secs(10),
        #[cfg(debug_assertions)]
        crash: crate::crash::CrashOptions {
            point: None,
            log: None,
        },
    };
}
