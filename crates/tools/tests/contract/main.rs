//! The hub and the bundled servers from outside: in-process, over stdio, over HTTP.

mod archive;
mod feeds;
mod hub_bundled;
mod hub_stdio;
mod replies;
mod serve;
mod support;
mod trust;
mod web;
