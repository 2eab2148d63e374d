//! A setting of the linker that makes the running program smaller.

#![expect(
    clippy::disallowed_methods,
    reason = "a build script is told of its target by the environment"
)]

/// The first C library that reads packed relocations.
const GLIBC_MIN: (u32, u32) = (2, 36);

/// The addresses that the start has to fill in are 2.4 MB of tables, all of which an idle daemon keeps in memory; packed
/// they are 27 KB. The loader of an older C library refuses such a program, so this one has to be new enough.
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|found| found == value);
    let is_for_this_machine = std::env::var("HOST").is_ok_and(|host| is("TARGET", &host));
    let is_glibc = is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu");
    if is_for_this_machine && is_glibc && glibc().is_some_and(|found| found >= GLIBC_MIN) {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// The version of this machine's C library, such as `glibc 2.36`.
fn glibc() -> Option<(u32, u32)> {
    let output = std::process::Command::new("getconf")
        .arg("GNU_LIBC_VERSION")
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let (major, minor) = text.split_whitespace().nth(1)?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
