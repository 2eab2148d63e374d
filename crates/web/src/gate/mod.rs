//! Who may come in, and from where.

mod act;
mod headers;
mod host;
mod origin;
mod parts;

pub(crate) use act::{Act, Going, require_same_origin};
pub(crate) use headers::headers;
pub(crate) use host::hosts;
pub(crate) use parts::{Form, Path, Query};
