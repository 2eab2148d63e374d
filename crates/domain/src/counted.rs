//! Counts in words for people.

/// A count with its noun: `1 post`, `3 posts`.
///
/// `one` and `many`: what stands behind 1 and behind any other number, verbs too (`post lies`, `posts lie`).
pub fn counted(number: usize, one: &str, many: &str) -> String {
    if number == 1 {
        format!("1 {one}")
    } else {
        format!("{number} {many}")
    }
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn one_is_one_and_all_else_is_many() {
        assert_eq!(counted(1, "post", "posts"), "1 post");
        assert_eq!(counted(0, "post", "posts"), "0 posts");
        assert_eq!(counted(21, "story", "stories"), "21 stories");
    }
}
