//! The planner over years and zones, and days that a daemon runs over a store in memory.

mod ahead;
mod alarms;
mod catching_up;
mod clock;
mod clock_cases;
mod commits;
mod custom;
mod days;
mod decisions;
mod house;
mod interruptions;
mod mails;
mod out_of_reach;
mod outbox;
mod overlaps;
mod properties;
mod replays;
mod replies;
mod retention;
mod shown;
mod stubs;
mod targets;
mod traces;
mod zones;
