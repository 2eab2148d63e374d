//! Copydesk: web.
