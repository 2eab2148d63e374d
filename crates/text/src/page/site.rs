//! Which links stay on the page's own site.

use url::{Host, Url};

use super::tree::Tree;

/// The address a page was read from, with the base its relative links stand on.
pub struct Site {
    base: Url,
    page: Url,
    /// By node: a link to this page, this site or nowhere.
    inner: Vec<bool>,
}

/// Bytes of an address in a page; longer ones, such as data in a link, lead nowhere.
const HREF_MAX: usize = 4_096;

impl Site {
    /// From the page's address and its `<base href>`.
    pub fn new(tree: &Tree, url: &Url) -> Self {
        let declared = tree.elements(0, "base").find_map(|node| tree.attr(node, "href"));
        let declared = declared.filter(|href| href.len() <= HREF_MAX);
        let base = declared
            .and_then(|href| url.join(href).ok())
            .unwrap_or_else(|| url.clone());
        let mut site = Self {
            base,
            page: url.clone(),
            inner: vec![false; tree.nodes.len()],
        };
        let home = registrable(url);
        for node in tree.elements(0, "a") {
            let href = tree.attr(node, "href").unwrap_or_default().trim();
            site.inner[node] = site.leads_home(href, home.as_deref());
        }
        site
    }

    fn leads_home(&self, href: &str, home: Option<&str>) -> bool {
        if href.starts_with('#') || !href.contains("//") {
            return !href.starts_with("mailto:");
        }
        self.resolve(href)
            .is_none_or(|url| registrable(&url).as_deref() == home)
    }

    /// Host of the page's address, empty when it has none.
    pub fn host(&self) -> &str {
        self.page.host_str().unwrap_or_default()
    }

    /// The absolute http(s) address that `href` means, without its fragment; none for anything else.
    pub fn resolve(&self, href: &str) -> Option<Url> {
        let href = Some(href.trim()).filter(|href| href.len() <= HREF_MAX)?;
        let mut url = self.base.join(href).ok()?;
        url.set_fragment(None);
        matches!(url.scheme(), "http" | "https").then_some(url)
    }

    /// Whether the link element `node` leads to this page, this site or nowhere.
    pub fn is_inner(&self, node: usize) -> bool {
        self.inner[node]
    }

    /// Whether the link element `node` leads to another page of this site.
    pub fn leads_on(&self, tree: &Tree, node: usize) -> bool {
        self.inner[node] && !Self::is_jump(tree, node)
    }

    /// Whether the link element `node` leads to this very page.
    pub fn is_self(&self, tree: &Tree, node: usize) -> bool {
        let href = tree.attr(node, "href").unwrap_or_default();
        let target = self.resolve(href);
        Self::is_jump(tree, node)
            || target.is_some_and(|url| url.path() == self.page.path() && url.host() == self.page.host())
    }

    /// Whether the link element `node` hands this site's address to another site or a mail program.
    pub fn passes_on(&self, tree: &Tree, node: usize) -> bool {
        let href = tree.attr(node, "href").unwrap_or_default().trim();
        let behind = href.split_once('?').map_or("", |(_, query)| query);
        let host = self.host();
        !self.inner[node] && href.len() <= HREF_MAX && !host.is_empty() && behind.contains(host)
    }

    /// Whether the link element `node` only jumps within the page.
    pub fn is_jump(tree: &Tree, node: usize) -> bool {
        tree.attr(node, "href")
            .is_some_and(|href| href.trim_start().starts_with('#'))
    }
}

/// The last two labels of the host's name: near enough to "one site" for telling inner from outer links.
fn registrable(url: &Url) -> Option<String> {
    match url.host()? {
        Host::Domain(name) => {
            let mut labels: Vec<&str> = name.rsplit('.').take(2).collect();
            labels.reverse();
            Some(labels.join("."))
        }
        address => Some(address.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::*;

    #[test]
    fn links_of_the_same_registered_name_are_inner() {
        let tree = parse(
            "<base href=/b/><a href=c>1</a><a href=//www.example.com/x>2</a><a href=https://other.org/>3</a>\
             <a href=#top>4</a><a href=/news/1>5</a>",
        );
        let site = Site::new(&tree, &Url::parse("https://news.example.com/news/1").unwrap());
        let links: Vec<usize> = tree.elements(0, "a").collect();
        let inner: Vec<bool> = links.iter().map(|&link| site.is_inner(link)).collect();
        assert_eq!(inner, [true, true, false, true, true]);
        assert_eq!(
            site.resolve("c").unwrap().as_str(),
            "https://news.example.com/b/c"
        );
        assert!(site.is_self(&tree, links[4]) && !site.is_self(&tree, links[0]));
        assert!(!site.leads_on(&tree, links[3]));
    }

    #[test]
    fn addresses_that_are_not_http_lead_nowhere() {
        let site = Site::new(&parse(""), &Url::parse("https://example.com/").unwrap());
        assert!(site.resolve("javascript:alert(1)").is_none());
        assert!(site.resolve("data:text/html,x").is_none());
    }
}
