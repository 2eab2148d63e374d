//! Channels, each from draft to target. The site channel from draft to folder: golden pages, hostile words, publishing twice and after a crash.

mod fixture;
mod golden;
mod hostile;
mod http;
mod markup;
mod preview;
mod publishing;
