//! Kinds of stories that an author may like or not.

use std::sync::LazyLock;

use regex::Regex;

/// The kind of a story, by its title and its most telling sentences.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A meeting, a hiring post, a recap.
    Routine,
    /// Something broke, leaked or was attacked.
    Incident,
    /// A version came out.
    Release,
    /// It explains rather than tells.
    Background,
    /// Anything else.
    #[default]
    News,
}

impl Kind {
    /// The kind of a story. `is_release` and `is_routine` are what research found out about its title; an incident
    /// stays one whatever else its title says.
    pub fn of(title: &str, is_release: bool, is_routine: bool) -> Self {
        if is_incident(title) {
            Self::Incident
        } else if is_routine {
            Self::Routine
        } else if is_release {
            Self::Release
        } else if explains(title) {
            Self::Background
        } else {
            Self::News
        }
    }

    /// Its name in the plural, as a line of reasons has it.
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Routine => "routine posts",
            Self::Incident => "incidents",
            Self::Release => "releases",
            Self::Background => "background pieces",
            Self::News => "news posts",
        }
    }
}

/// Whether a text tells of something that broke, leaked or was attacked.
pub fn is_incident(text: &str) -> bool {
    INCIDENTS.is_match(text)
}

/// Whether a title promises an explanation: a guide, an interview, or a thing being done (`Federating clusters …`).
pub fn explains(title: &str) -> bool {
    // Said of news, not of a lesson.
    const NEWS: &[&str] = &[
        "announcing",
        "introducing",
        "releasing",
        "launching",
        "deprecating",
        "retiring",
        "removing",
        "ending",
        "sunsetting",
        "closing",
        "moving",
        "changing",
        "joining",
        "welcoming",
        "opening",
        "shipping",
        "fixing",
        "breaking",
        "stabilizing",
        "stabilising",
        "updating",
    ];
    let first = title.split_whitespace().next().unwrap_or_default().to_lowercase();
    let is_doing = first.len() > 5 && first.ends_with("ing") && !NEWS.contains(&first.as_str());
    is_doing || EXPLAINERS.is_match(title)
}

static EXPLAINERS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?xi)^(?:how|why|what|when|don['’]t|stop|understanding|introducing\s+to|getting\s+started|meet|inside|spotlight)\b
        | \b(?:guide|introduction\s+to|tutorial|spotlight|deep\s+dive|part\s+\d|interview|case\s+study|lessons|best\s+practices|explained|walkthrough|patterns\s+for|ask\s+me|in\s+review|recap|podcast|in\s+one\s+command|step\s+by\s+step|from\s+scratch)\b",
    )
    .expect("the pattern is a constant")
});

static INCIDENTS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?xi)\b(?:vulnerabilit\w+|exploit\w*|malicious\w*|malware|attack(?:s|ers?|ed)?|breach\w*|compromis\w+|leak(?:s|ed)?|stolen|backdoor\w*
        |outage|incident|data\s+loss|corrupt(?:s|ed|ion)?|ransom\w*|CVE-\d+-\d+|hijack\w*|phishing|unsound|denial\s+of\s+service|path\s+traversal|type\s+confusion|use[\s-]after[\s-]free|(?:argument|command|code|sql|prompt)\s+injection|bypass\w*|unbounded|double\s+free|security\s+(?:release|update|advisory|fix)\w*|arbitrary\s+(?:file|code)|remote\s+(?:code|memory|panic)|memory\s+exhaustion)\b",
    )
    .expect("the pattern is a constant")
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_gives_its_kind() {
        for (title, kind) in [
            ("Security advisory for Moss", Kind::Incident),
            ("How Tarnhelm keeps its queues short", Kind::Background),
            ("Federating clusters without downtime", Kind::Background),
            ("Announcing a new mirror", Kind::News),
        ] {
            assert_eq!(Kind::of(title, false, false), kind, "{title}");
        }
        assert_eq!(Kind::of("Moss 2.1", true, false), Kind::Release);
        assert_eq!(Kind::of("Meetup in Graz", false, true), Kind::Routine);
        assert_eq!(
            Kind::of("Event parsers accept a malicious key", true, true),
            Kind::Incident
        );
    }
}
