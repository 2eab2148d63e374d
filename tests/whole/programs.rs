//! Programs and rights that a test needs of the machine. What is missing is named: `skipped: TEST: WHY`.

use std::process::{Command, Stdio};

/// Whether `strace` can follow a process here; says that the test is skipped where it cannot.
pub fn can_trace(test: &str) -> bool {
    let traced = Command::new("strace")
        .args(["-f", "-o", "/dev/null", "-e", "trace=fsync", "true"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let why = match traced {
        Ok(status) if status.success() => return true,
        Ok(_) => "ptrace is refused",
        Err(_) => "strace is missing",
    };
    skipped(test, why);
    false
}

/// Whether `faketime` is here; says that the test is skipped where it is not.
pub fn can_fake_time(test: &str) -> bool {
    let faked = Command::new("faketime")
        .args(["2000-01-01 00:00:00", "true"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let is_here = faked.is_ok_and(|status| status.success());
    if !is_here {
        skipped(test, "faketime is missing");
    }
    is_here
}

/// Says that a test did not run, and why.
pub fn skipped(test: &str, why: &str) {
    println!("skipped: {test}: {why}");
}

/// Whether the long forms of tests are wanted.
pub fn is_long() -> bool {
    std::env::var_os("COPYDESK_LONG").is_some_and(|long| long == "1")
}

/// The seed of this process, said aloud.
pub fn seed() -> u64 {
    let given = std::env::var("COPYDESK_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or(20_260_820);
    println!("seed {seed} (COPYDESK_SEED sets another)");
    seed
}

/// SplitMix64: small, seeded, and the same everywhere.
pub struct Random(pub u64);

impl Random {
    /// Any number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to `limit`, which is above 0.
    pub fn below(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit).unwrap();
        usize::try_from(self.number() % limit).unwrap()
    }

    /// Heads or tails.
    pub fn coin(&mut self) -> bool {
        self.number() & 1 == 1
    }
}
