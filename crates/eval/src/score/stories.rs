//! Posts as the product's clustering takes them.

use copydesk_text::cluster::{self, Doc};

use crate::cases::Post;

/// The story number of each post.
pub(super) fn stories(posts: &[Post]) -> Vec<usize> {
    cluster::stories(&docs(posts))
}

/// What the clustering knows of posts.
pub(crate) fn docs(posts: &[Post]) -> Vec<Doc> {
    posts
        .iter()
        .map(|post| Doc {
            id: post.id.clone(),
            title: post.title.clone(),
            text: post.text.clone(),
            published_at: post.published_at,
            url: None,
            links: Vec::new(),
        })
        .collect()
}
