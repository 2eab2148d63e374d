//! The router against endpoints on loopback, well-behaved and not.

#![expect(
    clippy::disallowed_methods,
    reason = "the tests play the endpoints, and read where to find a real one"
)]

mod agent;
mod aimock;
mod calls;
mod carried;
mod embedded;
mod fault_plays;
mod faults;
mod health;
mod litellm;
mod logs;
mod memory;
mod money;
mod probe;
mod providers;
mod real;
mod routes;
mod servers;
mod stream;
mod stub;
mod waiting;
mod wire;
