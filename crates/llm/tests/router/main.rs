//! The router against endpoints on loopback, well-behaved and not.

mod agent;
mod calls;
mod embedded;
mod faults;
mod money;
mod probe;
mod real;
mod routes;
mod stub;
mod wire;
