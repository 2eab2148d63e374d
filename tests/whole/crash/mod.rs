//! A crash beside every kind of commit: before it is durable, and after it before anybody knows.
//!
//! `registry` says at which commands what crashes, and why the others are left out: every command of the store stands
//! in it. A day, a morning of the daemon, and single commands are lived through without a crash, which says what they
//! commit; then again and again, and each time the program ends at one of them.

mod beside;
mod day;
mod registry;
mod slots;
mod words;
