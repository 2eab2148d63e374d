//! The router against endpoints on loopback, well-behaved and not.

#![expect(
    clippy::disallowed_methods,
    reason = "the tests play the endpoints, and read where to find a real one"
)]

mod agent;
mod calls;
mod embedded;
mod faults;
mod health;
mod money;
mod probe;
mod real;
mod routes;
mod stub;
mod wire;
