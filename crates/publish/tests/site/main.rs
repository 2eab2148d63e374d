//! The site channel from draft to folder: golden pages, hostile words, publishing twice and after a crash.

mod fixture;
mod golden;
mod hostile;
mod markup;
mod preview;
mod publishing;
