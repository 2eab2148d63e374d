//! XML namespaces, reduced to the few that matter here.
//!
//! A field is known by a key: `title` in the feed's own namespace, `dc:title`, `atom:link` elsewhere. Prefixes are the
//! document's choice, keys are ours. Fields of other namespaces have no key and are left out.

/// A namespace that the reader knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Namespace {
    /// The namespace of the feed's own words: that of its root, any of RSS, or none.
    Core,
    /// Atom inside another dialect.
    Atom,
    /// Dublin Core elements.
    Dc,
    /// Dublin Core terms.
    DcTerms,
    /// The content module of RSS.
    Content,
    /// RDF.
    Rdf,
    /// XHTML.
    Xhtml,
    /// Apple's podcast words.
    Itunes,
    /// FeedBurner's words.
    Feedburner,
    /// Anything else.
    Other,
}

impl Namespace {
    /// From the address that a document binds.
    pub fn of(address: &str) -> Self {
        let address = address.trim().to_ascii_lowercase();
        let has = |part: &str| address.contains(part);
        if address.is_empty() {
            Self::Core
        } else if has("//www.w3.org/2005/atom") || has("//purl.org/atom/") || has("//purl.org/pie/") {
            Self::Atom
        } else if has("//purl.org/dc/elements/") {
            Self::Dc
        } else if has("//purl.org/dc/terms/") {
            Self::DcTerms
        } else if has("//purl.org/rss/1.0/modules/content") {
            Self::Content
        } else if has("//purl.org/rss/1.0/modules/") || has("//purl.org/rss/modules/") {
            Self::Other
        } else if has("//www.w3.org/1999/02/22-rdf-syntax-ns") {
            Self::Rdf
        } else if has("//www.w3.org/1999/xhtml") {
            Self::Xhtml
        } else if has("//www.itunes.com/dtds/podcast") {
            Self::Itunes
        } else if has("//rssnamespace.org/feedburner") {
            Self::Feedburner
        } else if has("//purl.org/rss/")
            || has("//purl.org/net/rss")
            || has("netscape.com/rdf/")
            || has("backend.userland.com/rss")
        {
            Self::Core
        } else {
            Self::Other
        }
    }

    /// What a prefix means that nobody declared, by custom.
    pub fn of_undeclared(prefix: &str) -> Self {
        match prefix.to_ascii_lowercase().as_str() {
            "" | "rss" => Self::Core,
            "atom" | "atom10" | "a10" => Self::Atom,
            "dc" => Self::Dc,
            "dcterms" => Self::DcTerms,
            "content" => Self::Content,
            "rdf" => Self::Rdf,
            "xhtml" => Self::Xhtml,
            "itunes" => Self::Itunes,
            "feedburner" => Self::Feedburner,
            _ => Self::Other,
        }
    }

    /// The key of a field with this local name; `None` for namespaces without keys.
    pub fn key(self, local: &str) -> Option<String> {
        let local = local.to_ascii_lowercase();
        let prefix = match self {
            Self::Core => return Some(local),
            Self::Atom => "atom",
            Self::Dc => "dc",
            Self::DcTerms => "dcterms",
            Self::Content => "content",
            Self::Rdf => "rdf",
            Self::Xhtml => "xhtml",
            Self::Itunes => "itunes",
            Self::Feedburner => "feedburner",
            Self::Other => return None,
        };
        Some(format!("{prefix}:{local}"))
    }
}

/// Which namespaces hold at a place of a document: bindings of prefixes, the innermost last.
#[derive(Debug, Default)]
pub struct Bindings {
    bound: Vec<(String, Namespace)>,
    /// The address bound at the root to the root's own prefix: its words are core words.
    own: Option<String>,
}

/// Bindings beyond this number are forgotten: no feed has that many, and each name is looked up in all.
const BINDINGS_MAX: usize = 64;

impl Bindings {
    /// How many bindings hold now; give it to [`Self::forget_after`] to leave an element.
    pub fn mark(&self) -> usize {
        self.bound.len()
    }

    /// Drops the bindings made since `mark`.
    pub fn forget_after(&mut self, mark: usize) {
        self.bound.truncate(mark);
    }

    /// Makes the namespace that `root` itself is in the feed's own. Call before [`Self::bind`] of the root.
    pub fn adopt<'a>(&mut self, root: &str, attributes: impl Iterator<Item = (&'a str, &'a str)>) {
        let prefix = split(root).0;
        for (name, value) in attributes {
            if declared_prefix(name) == Some(prefix) && Namespace::of(value) != Namespace::Rdf {
                self.own = Some(value.trim().to_owned());
            }
        }
    }

    /// Takes in the `xmlns` attributes of an element.
    pub fn bind<'a>(&mut self, attributes: impl Iterator<Item = (&'a str, &'a str)>) {
        for (name, value) in attributes {
            let Some(prefix) = declared_prefix(name) else {
                continue;
            };
            if self.bound.len() < BINDINGS_MAX {
                let is_own = self.own.as_deref() == Some(value.trim());
                let namespace = if is_own {
                    Namespace::Core
                } else {
                    Namespace::of(value)
                };
                self.bound.push((prefix.to_owned(), namespace));
            }
        }
    }

    /// The namespace and the local part of an element's name.
    pub fn resolve<'a>(&self, name: &'a str) -> (Namespace, &'a str) {
        let (prefix, local) = split(name);
        let bound = self.bound.iter().rev().find(|(known, _)| known == prefix);
        (
            bound.map_or_else(|| Namespace::of_undeclared(prefix), |(_, namespace)| *namespace),
            local,
        )
    }
}

fn declared_prefix(attribute: &str) -> Option<&str> {
    attribute.strip_prefix("xmlns").and_then(|rest| {
        if rest.is_empty() {
            Some("")
        } else {
            rest.strip_prefix(':')
        }
    })
}

fn split(name: &str) -> (&str, &str) {
    name.split_once(':').unwrap_or(("", name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_roots_own_namespace_is_core_whatever_it_is() {
        let mut bindings = Bindings::default();
        let attributes = [
            ("xmlns", "http://example.com/newformat#"),
            ("xmlns:m", "http://example.com/other#"),
        ];
        bindings.adopt("feed", attributes.into_iter());
        bindings.bind(attributes.into_iter());
        assert_eq!(bindings.resolve("title"), (Namespace::Core, "title"));
        assert_eq!(bindings.resolve("m:title"), (Namespace::Other, "title"));
        assert_eq!(bindings.resolve("dc:title"), (Namespace::Dc, "title"));
    }

    #[test]
    fn prefixes_are_the_documents_choice() {
        let mut bindings = Bindings::default();
        bindings.bind([("xmlns:x", "http://purl.org/dc/elements/1.1/")].into_iter());
        let (namespace, local) = bindings.resolve("x:Creator");
        assert_eq!(namespace.key(local).as_deref(), Some("dc:creator"));
        assert_eq!(Namespace::Core.key("pubDate").as_deref(), Some("pubdate"));
    }
}
