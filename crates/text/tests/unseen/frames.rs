//! Frames that nothing in the product was tuned to: the ways in which blogs, papers, boards and old sites set a page.

use std::fmt::Write as _;

use crate::articles::{Article, Part};
use crate::older::{
    accelerated, board, body_in_metadata, custom_elements, font_tags, magazine, release_notes,
};

/// A frame: the page of an article, and whether the page names its author.
pub struct Frame {
    pub name: &'static str,
    pub page: fn(&Article) -> String,
    pub names_author: bool,
}

pub const FRAMES: &[Frame] = &[
    frame("definition list", definition_list),
    frame("newspaper grid", newspaper_grid),
    frame("hosted blog", hosted_blog),
    frame("mailed letter", mailed_letter),
    frame("span soup", span_soup),
    frame("board", board),
    frame("font tags", font_tags),
    frame("accelerated", accelerated),
    frame("body in metadata", body_in_metadata),
    Frame {
        names_author: false,
        ..frame("release notes", release_notes)
    },
    frame("custom elements", custom_elements),
    frame("magazine with asides", magazine),
];

const fn frame(name: &'static str, page: fn(&Article) -> String) -> Frame {
    Frame {
        name,
        page,
        names_author: true,
    }
}

/// The parts of an article in elements of one's own: a paragraph, a heading, a list item.
pub fn body(article: &Article, p: [&str; 2], h: [&str; 2]) -> String {
    let mut html = String::new();
    for part in article.parts {
        match part {
            Part::P(text) => writeln!(html, "{}{text}{}", p[0], p[1]),
            Part::H(text) => writeln!(html, "{}{text}{}", h[0], h[1]),
            Part::L(items) => {
                let items = items
                    .iter()
                    .map(|item| format!("<li>{item}</li>"))
                    .collect::<Vec<_>>()
                    .concat();
                writeln!(html, "<ul>{items}</ul>")
            }
        }
        .unwrap();
    }
    html
}

pub fn links(words: &[&str]) -> String {
    words
        .iter()
        .map(|word| {
            format!(
                "<a href=\"/{}\">{word}</a> ",
                word.to_lowercase().replace(' ', "-")
            )
        })
        .collect::<Vec<_>>()
        .concat()
}

pub const SECTIONS: &[&str] = &[
    "Home", "Local", "Business", "Sport", "Culture", "Weather", "Archive", "About",
];
const TEASERS: &[(&str, &str)] = &[
    (
        "Ferry timetable changes again",
        "From next week the last boat leaves at nine.",
    ),
    (
        "Town hall roof to be mended",
        "The council voted for slate after a long evening.",
    ),
    (
        "Old orchard saved from the road",
        "Two hundred signatures were enough this time.",
    ),
    (
        "Bakery wins prize for rye bread",
        "The judges praised the crust above all.",
    ),
];

pub fn teasers(each: impl Fn(&str, &str) -> String) -> String {
    TEASERS.iter().map(|(title, text)| each(title, text)).collect()
}

fn definition_list(a: &Article) -> String {
    let about = "<dl class=\"box\"><dt>About</dt><dd>A notebook kept since 2009.</dd><dt>Elsewhere</dt><dd><a href=/feed>Feed</a></dd><dd><a href=/mail>Mail</a></dd></dl>";
    format!(
        "<html lang={}><head><title>{} :: a notebook</title></head><body><dl class=entries><dt class=entry><span class=when>{}</span> \
         <a href=/notes/this>{}</a></dt><dd class=by>by {}</dd><dd class=words>{}</dd></dl>{about}<address>Set by hand. No cookies.</address></body></html>",
        a.lang,
        a.title,
        a.written,
        a.title,
        a.author,
        body(a, ["<p>", "</p>"], ["<h4>", "</h4>"])
    )
}

fn newspaper_grid(a: &Article) -> String {
    let cards = teasers(|title, text| {
        format!(
            "<div class=\"g-card\"><a href=/n/1><div class=\"g-ttl\">{title}</div></a><div class=\"g-sum\">{text}</div></div>"
        )
    });
    format!(
        "<!doctype html><html lang={}><head><title>{} | The Harbour Post</title><meta property=og:site_name content=\"The Harbour Post\">\
         <script type=\"application/ld+json\">{{\"@context\":\"https://schema.org\",\"@type\":\"NewsArticle\",\"headline\":\"{}\",\"datePublished\":\"{}T06:30:00+01:00\",\"author\":[{{\"@type\":\"Person\",\"name\":\"{}\"}}]}}</script></head>\
         <body><div class=top>{}</div><div class=\"g-row\"><div class=\"g-8\"><div class=\"g-hd\">{}</div><div class=\"g-by\">By <b>{}</b> · Staff</div>\
         <div class=\"g-tools\"><span>Listen</span><span>Save</span><span>Print</span></div>{}<div class=\"g-tags\">{}</div></div>\
         <div class=\"g-4\"><div class=\"g-lab\">Most read</div>{cards}</div></div><div class=\"g-row\"><div class=\"g-lab\">More from Local</div>{cards}</div>\
         <div class=foot>© 2026 The Harbour Post. All rights reserved. {}</div></body></html>",
        a.lang,
        a.title,
        a.title,
        a.day,
        a.author,
        links(SECTIONS),
        a.title,
        a.author,
        body(
            a,
            ["<div class=\"g-p\">", "</div>"],
            ["<div class=\"g-sub\"><b>", "</b></div>"]
        ),
        links(&["harbour", "council"]),
        links(&["Terms", "Privacy", "Contact"])
    )
}

fn hosted_blog(a: &Article) -> String {
    let archive = (1..8)
        .map(|n| format!("<li><a href=/2025/0{n}/>Month {n} (1{n})</a></li>"))
        .collect::<Vec<_>>()
        .concat();
    let text = body(a, ["", "<br /><br />"], ["<b>", "</b><br /><br />"]);
    format!(
        "<html><head><title>Small Hours: {}</title></head><body><div class='header-inner'><h1 class='title'>Small Hours</h1><p class='description'><span>Notes from a quiet street</span></p></div>\
         <div class='date-outer'><h2 class='date-header'><span>{}</span></h2><div class='post-outer'><div class='post hentry'><h3 class='post-title entry-title'>{}</h3>\
         <div class='post-body entry-content'>{text}<div style='clear: both;'></div></div><div class='post-footer'><span class='post-author vcard'>Posted by <span class='fn'>{}</span></span> \
         <span class='post-labels'>Labels: {}</span><a href='/email'>Email This</a><a href='/blog'>BlogThis!</a></div></div>\
         <div class='comments' id='comments'><h4>2 comments:</h4><dl><dt>Bo said...</dt><dd><p>Thank you for this, my uncle worked there for many years and told us of it often.</p></dd><dt>Cy said...</dt><dd><p>Nice pictures would be welcome too, if you have any of the stairs.</p></dd></dl></div></div></div>\
         <div class='sidebar'><h2>Blog Archive</h2><ul>{archive}</ul><h2>About Me</h2><p>I live by the sea and write when it rains.</p></div>\
         <div id='footer'>Simple theme. Powered by a machine.</div></body></html>",
        a.title,
        a.written,
        a.title,
        a.author,
        links(&["harbour", "light"])
    )
}

fn mailed_letter(a: &Article) -> String {
    let paragraphs = body(a, ["<p>", "</p>"], ["<h2 class=\"header-anchor-post\">", "</h2>"]);
    let (head, tail) = paragraphs.split_at(paragraphs.match_indices("</p>").nth(1).unwrap().0 + 4);
    let widget = "<div class=\"subscription-widget-wrap\"><div class=\"subscription-widget\"><p class=\"cta-caption\">The Slow Letter is free. Subscribe to get each new one by mail and to support my work.</p><form><input type=email placeholder=\"Type your email...\"><input type=submit value=Subscribe></form></div></div>";
    format!(
        "<html lang=en><head><title>{} - by {}</title><meta property=\"og:title\" content=\"{}\"><meta name=author content=\"{}\">\
         <script type=\"application/ld+json\">{{\"@type\":\"NewsArticle\",\"datePublished\":\"{}T09:01:11+00:00\",\"headline\":\"{}\"}}</script></head><body>\
         <nav><a href=/>The Slow Letter</a><button>Subscribe</button><button>Sign in</button></nav><article class=\"newsletter-post post\"><div class=post-header><h1 class=post-title>{}</h1><h3 class=subtitle>A letter about small things</h3>\
         <div class=byline><a href=/@me>{}</a><div>{}</div></div><div class=post-ufi><a href=/c>12</a><a href=/s>3</a><a>Share</a></div></div>\
         <div class=available-content><div class=\"body markup\">{head}{widget}{tail}</div></div><div class=post-footer><a>12 Likes</a><a>Share</a></div></article>\
         <div class=comments><h4>Discussion about this letter</h4><div>Bo</div><p>I read this one twice on the train, thank you so much for it.</p></div><div class=more><h4>Ready for more?</h4></div></body></html>",
        a.title, a.author, a.title, a.author, a.day, a.title, a.title, a.author, a.written
    )
}

fn span_soup(a: &Article) -> String {
    let paragraphs = body(
        a,
        [
            "<p id=x1 class=\"pw-post-body-paragraph nt nu fr nv\"><span class=\"dl\"><span>",
            "</span></span></p>",
        ],
        [
            "<h1 class=\"oq or fr be\"><strong class=\"al\">",
            "</strong></h1>",
        ],
    );
    let cards = teasers(|title, text| {
        format!(
            "<div class=\"ab q\"><a href=/p><h2 class=\"be fr\">{title}</h2><h3 class=\"be b\">{text}</h3></a><span>4 min read</span></div>"
        )
    });
    format!(
        "<html lang=en><head><title>{} | by {} | Middle Ground</title><meta property=\"article:published_time\" content=\"{}T12:03:41.211Z\"><meta name=author content=\"{}\"></head><body><div id=root><div class=\"a b c\">\
         <div class=\"d e\"><a href=/>Open in app</a><a href=/in>Sign up</a><a href=/in>Sign in</a></div><div class=\"f g\"><section><div><div class=\"ab ca\"><h1 class=\"pw-post-title\">{}</h1>\
         <div class=\"speechify-ignore ab co\"><span><a href=/@me>{}</a></span><span>·</span><button>Follow</button><div><span>5 min read</span><span>·</span><span>{}</span></div></div>\
         <div class=\"ab\"><span>153</span><span>2</span><button>Listen</button><button>Share</button></div>{paragraphs}</div></div></section></div>\
         <div class=\"h i\"><div>Written by {}</div><div>1.2K Followers</div><p>Writes about harbours and machines.</p></div><div class=\"j k\"><h2>More from {} and Middle Ground</h2>{cards}</div>\
         <div class=\"l m\"><a href=/help>Help</a><a href=/status>Status</a><a href=/privacy>Privacy</a></div></div></div></body></html>",
        a.title, a.author, a.day, a.author, a.title, a.author, a.written, a.author, a.author
    )
}
