//! Whole-program tests: each starts the real binary in a folder of its own, as a person would.
//!
//! Most of them read a corpus of real posts that is no part of the project. `COPYDESK_SHARED` names the folder it lies in
//! (`../shared` beside the workspace where it is not set); without it such a test says `skipped` and returns.

#![expect(
    clippy::disallowed_methods,
    reason = "the tests are the world around the program: they listen, dial and have settings"
)]

mod alarms;
mod bad_input;
mod bad_tools;
mod browser;
mod clock;
mod context;
mod crash;
mod custom;
mod custom_room;
mod daemon;
mod damaged;
mod day;
mod disk;
mod drafters;
mod ended;
mod engagement;
mod eval;
mod feed_house;
mod feeds;
mod held;
mod hostile_tools;
mod import;
mod kill;
mod lab;
mod line;
mod litellm;
mod login;
mod many_calls;
mod model_faults;
mod models;
mod money;
mod offline;
mod operation;
mod orphans;
mod outbox;
mod outside;
mod page;
mod pin;
mod power;
mod programs;
mod publish;
mod quality;
mod replay;
mod rig;
mod sample;
mod search;
mod served;
mod service;
mod smtp;
mod soak;
mod sources;
mod spoilt;
mod stories;
mod stub;
mod telemetry;
mod thin_days;
mod tools;
mod towns;
mod week;
mod weekly;

/// The ways in which model endpoints fail, as the router's own tests play them.
#[path = "../../crates/llm/tests/router/fault_plays.rs"]
mod fault_plays;
#[path = "../../crates/llm/tests/router/wire.rs"]
mod wire;

/// Stages, a clock and a target of the engine's own tests, for the days on end: only here is there a real database too.
#[path = "../../crates/engine/tests/suite/ahead.rs"]
mod ahead;
#[path = "../../crates/engine/tests/suite/made.rs"]
mod made;
#[path = "../../crates/engine/tests/suite/mails.rs"]
mod mails;
#[path = "../../crates/engine/tests/suite/stubs.rs"]
#[expect(dead_code, reason = "the engine's tests use all of it")]
mod stubs;
#[path = "../../crates/engine/tests/suite/targets.rs"]
#[expect(dead_code, reason = "the engine's tests use all of it")]
mod targets;
