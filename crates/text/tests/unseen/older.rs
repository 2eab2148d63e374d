//! More frames: boards, old sites, accelerated pages, notes of releases, magazines.

use crate::articles::Article;
use crate::frames::{SECTIONS, body, links, teasers};

pub fn board(a: &Article) -> String {
    let post = |number: u8, name: &str, when: &str, text: &str| {
        format!(
            "<div id=p{number} class=\"row pst\"><div class=usr><b>{name}</b><br>Posts: {number}12<br>Joined: Feb 2015<br><img src=/a/{number}.png></div>\
             <div class=msg><div class=hdr>by {name} » {when} <a href=#p{number}>#{number}</a></div><div class=txt>{text}</div><div class=sig>Sent from the shed</div></div></div>"
        )
    };
    let first = body(a, ["", "<br><br>"], ["<b>", "</b><br><br>"]);
    format!(
        "<html lang=en><head><title>{} - Valley Board</title></head><body><div class=crumbs>{}</div><h2 class=topic>{}</h2><div class=acts>{}</div>{}{}{}<div class=who>Users browsing this topic: 3 guests</div></body></html>",
        a.title,
        links(&["Board index", "News", "Announcements"]),
        a.title,
        links(&["Reply", "Print", "Search"]),
        post(1, a.author, &format!("{}, 14:05", a.written), &first),
        post(
            2,
            "gullwing",
            "July 2, 2026, 18:40",
            "Great news, I had given up hope that this would ever come to anything at all."
        ),
        post(
            3,
            "oldsalt",
            "July 3, 2026, 07:12",
            "Does anybody know whether the stairs are open to visitors on the first day as well?"
        )
    )
}

pub fn font_tags(a: &Article) -> String {
    let nav = SECTIONS
        .iter()
        .map(|word| {
            format!("<tr><td bgcolor=#eeeecc><font size=1><a href=/{word}.html>{word}</a></font></td></tr>")
        })
        .collect::<Vec<_>>()
        .concat();
    format!(
        "<HTML><HEAD><TITLE>{}</TITLE></HEAD><BODY BGCOLOR=white><CENTER><TABLE WIDTH=760 BORDER=0><TR><TD COLSPAN=3><FONT SIZE=5 COLOR=navy>The Valley Gazette</FONT><HR></TD></TR>\
         <TR><TD WIDTH=120 VALIGN=top><TABLE>{nav}</TABLE></TD><TD VALIGN=top><FONT FACE=Arial SIZE=4><B>{}</B></FONT><BR><FONT SIZE=1><I>By {}, {}</I></FONT><P>\
         <FONT FACE=Arial SIZE=2>{}</FONT></TD><TD WIDTH=140 VALIGN=top BGCOLOR=#ffffe0><FONT SIZE=1><B>Also today</B><BR>{}</FONT></TD></TR>\
         <TR><TD COLSPAN=3 ALIGN=center><HR><FONT SIZE=1>[ {} ]<BR>Copyright 2026 The Valley Gazette. Best viewed at 800x600.</FONT></TD></TR></TABLE></CENTER></BODY></HTML>",
        a.title,
        a.title,
        a.author,
        a.written,
        body(a, ["", "<BR><BR>"], ["<B>", "</B><BR><BR>"]),
        teasers(|title, _| format!("<A HREF=/x.html>{title}</A><BR>")),
        links(&["Home", "Mail us", "Guestbook"])
    )
}

pub fn accelerated(a: &Article) -> String {
    format!(
        "<!doctype html><html ⚡ lang=en><head><meta charset=utf-8><title>{}</title><link rel=canonical href=\"https://news.example/a/1\"><style amp-boilerplate>body{{x:1}}</style>\
         <script type=\"application/ld+json\">{{\"@type\":\"BlogPosting\",\"headline\":\"{}\",\"datePublished\":\"{}\",\"author\":{{\"@type\":\"Person\",\"name\":\"{}\"}}}}</script></head><body>\
         <amp-sidebar id=s layout=nodisplay><ul>{}</ul></amp-sidebar><header class=hd><button on=\"tap:s.toggle\">Menu</button><a href=/>Daily Wire</a></header>\
         <article class=amp-wp-article><header class=amp-wp-article-header><h1 class=amp-wp-title>{}</h1><div class=amp-wp-meta>{}</div></header><amp-img src=/a.jpg width=600 height=400></amp-img>\
         <div class=amp-wp-article-content>{}<amp-ad type=doubleclick><div placeholder>Advertisement</div></amp-ad></div>\
         <footer class=amp-wp-article-footer><div class=amp-wp-meta>Categories: {}</div><amp-social-share type=email></amp-social-share></footer></article><footer class=amp-wp-footer><p>Powered by a press</p><a href=#top>Back to top</a></footer></body></html>",
        a.title,
        a.title,
        a.day,
        a.author,
        SECTIONS
            .iter()
            .map(|word| format!("<li><a href=/{word}>{word}</a></li>"))
            .collect::<Vec<_>>()
            .concat(),
        a.title,
        a.author,
        body(a, ["<p>", "</p>"], ["<h2>", "</h2>"]),
        links(&["Coast", "Light"])
    )
}

pub fn body_in_metadata(a: &Article) -> String {
    let text = a.truth().replace('"', "\\\"").replace('\n', "\\n\\n");
    format!(
        "<!doctype html><html lang=en><head><title>{}</title><script type=\"application/ld+json\">{{\"@context\":\"https://schema.org\",\"@graph\":[{{\"@type\":\"WebSite\",\"name\":\"The Wire\"}},\
         {{\"@type\":\"NewsArticle\",\"headline\":\"{}\",\"datePublished\":\"{}T10:00:00Z\",\"author\":{{\"@type\":\"Person\",\"name\":\"{}\"}},\"articleBody\":\"{text}\"}}]}}</script></head>\
         <body><div id=app><div class=skeleton></div></div><noscript>You need to enable JavaScript to run this app.</noscript><script src=/app.js></script></body></html>",
        a.title, a.title, a.day, a.author
    )
}

pub fn release_notes(a: &Article) -> String {
    format!(
        "<html lang=en><head><title>{} — Gaugeworks documentation</title></head><body><div class=wy-side><div><a href=/>Gaugeworks</a> 4.2</div><ul>{}</ul></div>\
         <div class=wy-main><div role=navigation><ul><li><a href=/>Docs</a></li><li>Release notes</li></ul></div><div class=section id=r><h1>{}<a class=headerlink href=#r>¶</a></h1>\
         <p>Release date: {}</p>{}</div><div class=rst-foot><a href=/prev>Previous</a><a href=/next>Next</a><hr><p>© Copyright 2026, the makers. Built with a tool.</p></div></div></body></html>",
        a.title,
        (1..9)
            .map(|n| format!("<li><a href=/r/{n}>Release 4.{n}</a></li>"))
            .collect::<Vec<_>>()
            .concat(),
        a.title,
        a.day,
        body(
            a,
            ["<p>", "</p>"],
            ["<h3>", "<a class=headerlink href=#h>¶</a></h3>"]
        )
    )
}

pub fn custom_elements(a: &Article) -> String {
    format!(
        "<!doctype html><html lang=en><head><title>{} · Northern Review</title></head><body><nr-app><nr-header><nr-nav>{}</nr-nav></nr-header><nr-story><nr-headline><h1>{}</h1></nr-headline>\
         <nr-byline>Words: <a rel=author href=/p/1>{}</a></nr-byline><nr-date><time datetime=\"{}T05:00:00+02:00\">{}</time></nr-date><nr-text>{}</nr-text></nr-story>\
         <nr-rail><h2>Keep reading</h2>{}</nr-rail><nr-footer>{}</nr-footer></nr-app></body></html>",
        a.title,
        links(SECTIONS),
        a.title,
        a.author,
        a.day,
        a.written,
        body(a, ["<nr-p>", "</nr-p>"], ["<nr-h>", "</nr-h>"]),
        teasers(|title, text| format!(
            "<nr-card><a href=/x><h3>{title}</h3></a><nr-p>{text}</nr-p></nr-card>"
        )),
        links(&["Imprint", "Privacy"])
    )
}

pub fn magazine(a: &Article) -> String {
    let text = body(a, ["<p>", "</p>"], ["<h2>", "</h2>"]);
    let at = text.match_indices("</p>").nth(2).unwrap().0 + 4;
    let aside = "<aside class=promo><h4>Also in this issue</h4><ul><li><a href=/1>The last rope maker</a></li><li><a href=/2>Maps of a river</a></li></ul></aside>\
                 <figure><img src=/b.jpg><figcaption>Photograph: the harbour board</figcaption></figure>";
    format!(
        "<html lang=en-us><head><title>{} - Coast Magazine</title><meta property=article:author content=\"{}\"></head><body><div class=masthead><a href=/>Coast</a>{}</div>\
         <main><p class=kicker>Feature</p><h1>{}</h1><p class=dek>What a small place does with a large light.</p><p class=meta>Text by {} | Published {}</p>{}{aside}{}\
         <p class=end-note>This story appears in the print edition. <a href=/sub>Subscribe here</a>.</p></main><section class=next><h2>Read next</h2>{}</section></body></html>",
        a.title,
        a.author,
        links(SECTIONS),
        a.title,
        a.author,
        a.written,
        &text[..at],
        &text[at..],
        teasers(|title, text| format!("<article><h3><a href=/r>{title}</a></h3><p>{text}</p></article>"))
    )
}
