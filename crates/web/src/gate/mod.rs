//! Who may come in, and from where.

mod act;
mod headers;
mod host;
mod origin;

pub(crate) use act::{Act, Going, require_same_origin};
pub(crate) use headers::headers;
pub(crate) use host::hosts;
