//! The wire's pages: a plain frame around each body.

use copydesk_domain::Untrusted;
use copydesk_domain::untrusted::Html;

use super::wire::{Post, Source};

fn html(text: &str) -> String {
    Untrusted::new(text).escape::<Html>().to_string()
}

/// A post as a page.
pub fn render(source: &Source, post: &Post) -> String {
    let authors = post.authors.join(", ");
    let day = post.published_at.timestamp().strftime("%-d %B %Y");
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title} – {name}</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><meta name=\"author\" content=\"{authors}\">\
         <meta property=\"article:published_time\" content=\"{at}\">\
         <style>body{{font:17px/1.6 system-ui,sans-serif;max-width:42rem;margin:2rem auto;padding:0 1rem}}\
         header,footer{{color:#666;font-size:.9rem}}</style></head>\n<body><header><nav>{name} · invented sample source</nav></header>\n\
         <main><article><h1>{title}</h1><p class=\"byline\">By {authors} · <time datetime=\"{at}\">{day}</time></p>\n{body}\n</article></main>\n\
         <footer>Every company, product and person here is made up.</footer></body></html>\n",
        title = html(&post.title),
        name = html(&source.title),
        authors = html(&authors),
        at = post.published_at,
        body = post.html,
    )
}
