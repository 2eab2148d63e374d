//! Frames of pages that no real data stands behind: what each gives as text, told by its structure alone.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use copydesk_text::page::{self, Page};
use url::Url;

const ONE: &str =
    "The pump ran dry on Monday, and nobody on the night shift noticed it before six in the morning.";
const TWO: &str =
    "A second pump had been ordered in spring, but the parts for it are still somewhere in the harbour.";
const THREE: &str =
    "Until then the crew reads the gauge by hand every hour and writes what it says into a paper book.";
const OTHER: &str =
    "We had the same trouble in the old plant, and a cheap float switch made an end of it for good.";
const MORE: &str =
    "Has anybody tried to run both of them at half of their speed instead of one alone at full speed?";

fn extract(title: &str, body: &str) -> Page {
    let html = format!("<html><head><title>{title}</title></head><body>{body}</body></html>");
    let url = Url::parse("https://plant.example/notes/pump").unwrap();
    page::extract(html.as_bytes(), Some("text/html; charset=utf-8"), &url)
}

/// Asserts that the page's text is these lines.
fn assert_text(name: &str, page: &Page, lines: &[&str]) {
    let got: Vec<&str> = page.text.lines().collect();
    assert_eq!(got, lines, "{name}: {:?}", page.outcome);
}

fn menu(tag: &str) -> String {
    let entry = |name: &str| format!("<{tag}><a href=/{name}>{name}</a></{tag}>");
    ["Start", "Plants", "People", "Contact"].map(entry).concat()
}

fn teasers() -> String {
    let teaser = |at: usize| {
        format!(
            "<div><a href=/t/{at}><img src=/{at}.jpg></a><a href=/t/{at}>Headline of another piece {at}</a>\
             <span>What that other piece is about, in a few words.</span></div>"
        )
    };
    (0..4).map(teaser).collect()
}

#[test]
fn a_thread_gives_its_first_post() {
    let post = |name: &str, text: &str| {
        format!("<div class=p><span>{name}</span><div class=c><p>{text}</p></div></div>")
    };
    let named = |names: [&str; 4]| {
        let answers = [OTHER, MORE, TWO].iter().zip(&names[1..]);
        let answers: String = answers.map(|(text, name)| post(name, text)).collect();
        format!("<h1>Pump runs dry</h1>{}{answers}", post(names[0], ONE))
    };
    let page = extract("Pump runs dry", &named(["Ann", "user1", "user2", "user3"]));
    assert_text("names with numbers", &page, &[ONE]);

    let signed = |name: &str, text: &str| {
        format!(
            "<div><div>{name}</div><div><p>{text}</p></div><div><a href=/l>Like</a> <a href=/r>Reply</a></div></div>"
        )
    };
    let body = format!(
        "<h1>Pump runs dry</h1><div>{}{}</div>",
        signed("Ann", ONE),
        signed("Bo", OTHER)
    );
    assert_text("one answer", &extract("Pump runs dry", &body), &[ONE]);

    let row = |name: &str, day: u8, text: &str| {
        format!(
            "<table class=post><tr><td width=150><b>{name}</b><br>Posts: {day}<br>Joined: May 2019</td>\
             <td><small>Nov {day}, 2026, 9:1{day} am</small><div><p>{text}</p></div></td></tr></table>"
        )
    };
    let body = format!(
        "<h2>Pump runs dry</h2>{}{}{}",
        row("Ann", 1, ONE),
        row("Bo", 2, OTHER),
        row("Cy", 3, MORE)
    );
    assert_text("tables", &extract("Pump runs dry | Boards", &body), &[ONE]);
}

#[test]
fn a_question_comes_without_its_answers() {
    let answer = |text: &str, by: &str| {
        format!(
            "<div class=a><div>3</div><div><p>{text}</p></div><div>answered Nov 2, 2026 at 6:34 by {by}</div></div>"
        )
    };
    let body = format!(
        "<div>{}</div><h1><a href=/notes/pump>Why does the pump run dry?</a></h1><div class=q><div>12</div>\
         <div><p>{ONE}</p><p>{TWO}</p></div></div>\
         <div><h2>3 Answers</h2>{}{}{}</div>",
        menu("span"),
        answer(OTHER, "Bo"),
        answer(MORE, "Cy"),
        answer(THREE, "Di"),
    );
    let page = extract("Why does the pump run dry? - Answers", &body);
    assert!(page.text.starts_with(&format!("{ONE}\n{TWO}")), "{}", page.text);
    assert!(
        !page.text.contains(OTHER) && !page.text.contains(MORE),
        "{}",
        page.text
    );
}

#[test]
fn dated_comments_below_an_article_go() {
    let comment = |name: &str, text: &str| {
        format!("<li><div><b>{name}</b></div><div>November 2, 2026 at 6:34 am</div><p>{text}</p></li>")
    };
    let body = format!(
        "<div><h1>Pump runs dry</h1><p>{ONE}</p><p>{TWO}</p></div><div><h3>Two readers</h3><ol>{}{}</ol></div>",
        comment("Bo", OTHER),
        comment("Cy", MORE)
    );
    assert_text("comments", &extract("Pump runs dry", &body), &[ONE, TWO]);
}

#[test]
fn a_list_of_equals_stays_whole() {
    let release = |number: u8, text: &str| {
        format!(
            "<div class=e><time>May {number}, 2026</time><h2>Version {number}</h2><div><p>{text}</p></div></div>"
        )
    };
    let body = format!(
        "<h1>Changes</h1>{}{}{}",
        release(3, ONE),
        release(2, TWO),
        release(1, THREE)
    );
    let page = extract("Changes", &body);
    for text in [ONE, TWO, THREE, "Version 2"] {
        assert!(page.text.contains(text), "{text} in {}", page.text);
    }
    let turn = |name: &str, text: &str| format!("<div><div>{name}</div><div><p>{text}</p></div></div>");
    let body = format!(
        "<h1>A talk about pumps</h1>{}{}{}",
        turn("Asked", MORE),
        turn("Ann Lee", ONE),
        turn("Bo Ek", TWO)
    );
    let page = extract("A talk about pumps", &body);
    for text in [MORE, ONE, TWO] {
        assert!(page.text.contains(text), "{text} in {}", page.text);
    }
}

#[test]
fn side_navigation_of_documents_is_no_text() {
    let body = format!(
        "<div><div>{}</div><div><div><a href=/>Docs</a> » Pump</div><div><h1>Pump<a href=#p>¶</a></h1><p>{ONE}</p>\
         <h2>Gauge<a href=#g>¶</a></h2><p>{THREE}</p></div><div><a href=/a>Previous</a><a href=/b>Next</a></div></div></div>",
        format!("<ul>{}</ul>", menu("li")).repeat(3)
    );
    assert_text("docs", &extract("Pump — Docs 2.1", &body), &[ONE, "Gauge", THREE]);
}

#[test]
fn an_archived_message_comes_without_its_pointers() {
    let pointers = "<ul><li>Previous message: <a href=1.html>[ops] Gauge</a></li><li>Next message: <a href=2.html>[ops] Valve</a></li>\
                    <li><b>Messages sorted by:</b> <a href=d>[ date ]</a> <a href=t>[ thread ]</a></li></ul>";
    let body = format!("<h1>[ops] Pump runs dry</h1>{pointers}<hr><p>{ONE}</p><p>{TWO}</p><hr>{pointers}");
    assert_text("message", &extract("[ops] Pump runs dry", &body), &[ONE, TWO]);
}

#[test]
fn a_wiki_page_comes_without_its_tools() {
    let body = format!(
        "<div><h1>Pump</h1><div><a href=#n>Jump to navigation</a></div><div><p>{ONE}</p><h2>History</h2><p>{TWO}</p></div>\
         <div><a href=/c>Categories</a>: <ul><li><a href=/c1>Pages</a></li><li><a href=/c2>Tools</a></li></ul></div></div>\
         <div><h3>Tools</h3><ul>{}</ul></div>",
        menu("li")
    );
    assert_text("wiki", &extract("Pump - Wiki", &body), &[ONE, "History", TWO]);
}

#[test]
fn one_article_among_teasers_is_found() {
    let body = format!(
        "<div>{}</div><div><h1>Pump runs dry</h1><span>Ann Lee</span><div><p>{ONE}</p><p>{TWO}</p></div></div><div>{}</div>",
        teasers(),
        teasers()
    );
    assert_text(
        "front page",
        &extract("Pump runs dry | The Day", &body),
        &[ONE, TWO],
    );
}

#[test]
fn paragraphs_need_no_elements_of_their_own() {
    let body = format!("<h2>Pump runs dry</h2>{ONE}<br><br>{TWO}<br><br>{THREE}");
    assert_text("breaks", &extract("Pump runs dry", &body), &[ONE, TWO, THREE]);
    let body = format!("<div><h2>Pump runs dry</h2><div>{ONE}</div><div>{TWO}</div><div>{THREE}</div></div>");
    assert_text("boxes", &extract("Pump runs dry", &body), &[ONE, TWO, THREE]);
    let body = format!(
        "<table><tr><td colspan=2>{}</td></tr><tr><td width=160>{}</td><td><h2>Pump runs dry</h2><p>{ONE}</p><p>{TWO}</p>\
         <p>Comments: (2)</p></td></tr></table>",
        menu("b"),
        menu("p")
    );
    assert_text("layout", &extract("Pump runs dry", &body), &[ONE, TWO]);
}

#[test]
fn a_lead_picture_has_a_caption_whatever_it_is_called() {
    let body = format!(
        "<h1>Pump runs dry</h1><div><img src=/a.jpg><p>The pump house by the river, seen from the bridge on a morning in May.</p></div>\
         <p>{ONE}</p><p>{TWO}</p><p>{THREE}</p><p>{OTHER}</p>"
    );
    assert_text(
        "picture",
        &extract("Pump runs dry", &body),
        &[ONE, TWO, THREE, OTHER],
    );
}

#[test]
fn what_a_show_of_pictures_says_twice_is_no_text() {
    let slide =
        "<div>The pump house by the river in May.</div><div>The pump house by the river in May.</div>";
    let body = format!("<h1>Pump runs dry</h1>{slide}<p>{ONE}</p><p>{TWO}</p>");
    assert_text("slides", &extract("Pump runs dry", &body), &[ONE, TWO]);
    let body = format!("<h1>Pump runs dry</h1><p>{ONE}</p><p>{ONE}</p>");
    assert_text("all of it", &extract("Pump runs dry", &body), &[ONE, ONE]);
}

#[test]
fn links_to_pass_a_page_on_are_no_text() {
    let share = |site: &str| {
        format!("<li><a href=https://{site}/s?u=https%3A%2F%2Fplant.example%2Fnotes%2Fpump>{site}</a></li>")
    };
    let shares = ["one.example", "two.example", "mail.example"].map(share).concat();
    let body = format!("<h1>Pump runs dry</h1><p>{ONE}</p><ul>{shares}</ul><p>{TWO}</p>");
    assert_text("shares", &extract("Pump runs dry", &body), &[ONE, TWO]);
}

#[test]
fn text_that_runs_from_the_right_is_read() {
    let (one, two) = (
        "توقفت المضخة يوم الاثنين ولم يلاحظ أحد من عمال النوبة الليلية ذلك قبل السادسة صباحا.",
        "وقد طلبت مضخة ثانية في الربيع لكن أجزاءها ما زالت في مكان ما من الميناء حتى اليوم.",
    );
    let body = format!("<div dir=rtl><h1>المضخة</h1><p>{one}</p><p>{two}</p></div>");
    assert_text("right to left", &extract("المضخة", &body), &[one, two]);
}

#[test]
fn size_and_depth_lose_no_text() {
    let mut long = String::new();
    for at in 0..10_000 {
        write!(long, "<p>{at}. {ONE}</p>").unwrap();
    }
    assert!(long.len() > 1_000_000);
    let start = Instant::now();
    let page = extract("Pump runs dry", &format!("<h1>Pump runs dry</h1>{long}"));
    assert_eq!(page.text.lines().count(), 10_000);
    let deep = format!("<h1>Pump runs dry</h1>{}<p>{ONE}</p>", "<div>".repeat(100_000));
    assert_text("deep", &extract("Pump runs dry", &deep), &[ONE]);
    assert!(start.elapsed() < Duration::from_secs(20));
}
