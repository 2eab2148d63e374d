//! Stories: which of many posts tell one event.
//!
//! Posts are compared by words, names, numbers and advisory ids, the rare ones weighing most; likeness fades
//! with the days between them, and rises where two posts are like the same others. Average linkage then joins
//! posts into stories, and large stories that fall into two camps are parted. Nothing in it knows a source.
//!
//! What is learned of it are the few numbers of [`Settings`]; `copydesk-eval` refits them with topics held out.

mod camps;
mod crowds;
mod likeness;
mod merge;
mod neighbours;
mod settings;
mod terms;
mod vectors;

use copydesk_domain::PublishedAt;

use crowds::Crowds;
use merge::renumbered;
pub use settings::Settings;

/// What is known of a post when stories are found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Doc {
    /// Names the post; only for the caller.
    pub id: String,
    /// Title; may be empty.
    pub title: String,
    /// Main text, blocks on lines.
    pub text: String,
    /// When it came out, as far as known.
    pub published_at: Option<PublishedAt>,
    /// Address of the post, where it has one: what other posts' links are compared with.
    pub url: Option<String>,
    /// Addresses that the post links to.
    pub links: Vec<String>,
}

/// Story number of each post, in input order; numbers count from 0 in order of first appearance.
///
/// Posts more than ten days apart are never compared. The order of the posts does not change who is with whom,
/// but for exact ties.
///
/// # Source
/// Average linkage over TF-IDF (as in Allan et al. 1998 for news), with likeness between neighbourhoods in the way
/// of Jarvis and Patrick 1973. The numbers are those of [`Settings::SHIPPED`].
pub fn stories(docs: &[Doc]) -> Vec<usize> {
    Reading::of(docs).stories(&Settings::SHIPPED)
}

/// What is read of posts once, whatever the settings.
pub struct Reading {
    crowds: Crowds,
    terms: terms::Terms,
    compared: Vec<likeness::Compared>,
}

impl Reading {
    /// Reads posts and compares them by pairs.
    pub fn of(docs: &[Doc]) -> Self {
        let crowds = Crowds::of(docs);
        let docs: Vec<&Doc> = crowds.compared.iter().map(|at| &docs[*at]).collect();
        let terms = terms::read(&docs);
        let compared = likeness::compared(&docs, &terms);
        Self {
            crowds,
            terms,
            compared,
        }
    }

    /// Story number of each post under some settings, as [`stories`] gives them.
    pub fn stories(&self, settings: &Settings) -> Vec<usize> {
        self.parted(self.linked(settings), settings)
    }

    /// The same for each of several settings; those that differ in what parts stories alone are linked once.
    pub fn each(&self, settings: &[Settings]) -> Vec<Vec<usize>> {
        let mut linked: Option<(Settings, Vec<usize>)> = None;
        let stories = settings.iter().map(|settings| {
            let known = linked.take().filter(|(last, _)| last.links_like(settings));
            let (_, groups) = linked.insert(known.unwrap_or_else(|| (*settings, self.linked(settings))));
            self.parted(groups.clone(), settings)
        });
        stories.collect()
    }

    fn linked(&self, settings: &Settings) -> Vec<usize> {
        let direct: Vec<Pair> = self.compared.iter().map(|pair| pair.weighed(settings)).collect();
        let pairs = neighbours::with_neighbours(self.terms.stems.len(), &direct, settings.company);
        merge::average_link(self.terms.stems.len(), &pairs, settings)
    }

    fn parted(&self, mut stories: Vec<usize>, settings: &Settings) -> Vec<usize> {
        camps::part(&mut stories, &self.terms, settings);
        self.crowds.all(&stories)
    }
}

/// Two posts and how alike they are.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Pair {
    /// The lower of the two post numbers.
    a: usize,
    /// The higher one.
    b: usize,
    /// `0.0..=1.0` or a little above.
    likeness: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doc(title: &str, text: &str, day: &str) -> Doc {
        Doc {
            title: title.to_owned(),
            text: text.to_owned(),
            published_at: (!day.is_empty()).then(|| day.parse().unwrap()),
            ..Doc::default()
        }
    }

    fn sample() -> Vec<Doc> {
        vec![
            doc(
                "Valkey 9 is out",
                "Valkey 9.0 moves slots atomically and doubles throughput of large clusters.",
                "2026-05-01",
            ),
            doc(
                "Quake hits Aceh",
                "A magnitude 6.1 earthquake struck Aceh in Indonesia and killed 24 people.",
                "2026-05-01",
            ),
            doc(
                "New Valkey release",
                "The Valkey project released version 9.0: atomic slots, twice the throughput.",
                "2026-05-02",
            ),
            doc(
                "Deadly Aceh quake",
                "Rescuers search Aceh after a 6.1 quake in Indonesia killed at least 24 people.",
                "2026-05-02",
            ),
        ]
    }

    #[test]
    fn posts_on_one_event_share_a_story() {
        assert_eq!(stories(&sample()), [0, 1, 0, 1]);
    }

    #[test]
    fn the_same_words_months_later_are_another_story() {
        let mut docs = sample();
        docs[2].published_at = Some("2026-09-02".parse().unwrap());
        assert_eq!(stories(&docs), [0, 1, 2, 1]);
    }

    #[test]
    fn numbers_of_a_series_stay_apart() {
        let text = "The weekly letter brings news, calls for help, events and jobs from the whole project.";
        let docs = [
            doc("Weekly letter 11", text, "2026-05-01"),
            doc("Weekly letter 12", text, "2026-05-08"),
        ];
        assert_eq!(stories(&docs), [0, 1]);
    }

    #[test]
    fn copies_are_one_story_even_alone() {
        let docs = [sample()[0].clone(), sample()[0].clone()];
        assert_eq!(stories(&docs), [0, 0]);
        assert!(stories(&[]).is_empty());
    }

    #[test]
    fn empty_posts_are_stories_of_their_own() {
        assert_eq!(stories(&[Doc::default(), Doc::default()]), [0, 1]);
    }
}
