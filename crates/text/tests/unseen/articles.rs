//! Texts of our own, which the frames are filled with.

/// A piece of an article.
#[derive(Clone, Copy)]
pub enum Part {
    /// A paragraph.
    P(&'static str),
    /// A heading inside the text.
    H(&'static str),
    /// A list.
    L(&'static [&'static str]),
}

/// An article with what a page says of it.
pub struct Article {
    pub title: &'static str,
    pub author: &'static str,
    /// Day of publication.
    pub day: &'static str,
    /// The same as its language writes it.
    pub written: &'static str,
    pub lang: &'static str,
    pub parts: &'static [Part],
}

impl Article {
    /// The main text, a block a line.
    pub fn truth(&self) -> String {
        let lines = self.parts.iter().flat_map(|part| match part {
            Part::P(text) | Part::H(text) => vec![*text],
            Part::L(items) => items.to_vec(),
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

use Part::{H, L, P};

pub const ENGLISH: &[Article] = &[
    Article {
        title: "The lighthouse at Skerry Point goes electric",
        author: "Marta Olsen",
        day: "2026-03-04",
        written: "March 4, 2026",
        lang: "en",
        parts: &[
            P(
                "For a hundred and twelve years the lamp at Skerry Point burned oil, and for most of them one family carried the cans up the stairs.",
            ),
            P(
                "On Tuesday the harbour board switched it over to a lamp that draws sixty watts and needs nobody at all.",
            ),
            H("What it costs"),
            P(
                "The board put the bill at 48,000 crowns, of which a third went into the cable along the mole and the rest into the lens, which was ground anew.",
            ),
            P(
                "“We looked at solar cells first,” said the board's engineer, Ivar Dahl, “but in December we would have had light for three hours of the eighteen we need.”",
            ),
            H("What stays"),
            L(&[
                "The old lens, which is on show in the keeper's house from May.",
                "The fog horn, tested on the first Monday of each month.",
                "The keeper's garden, now looked after by the school.",
            ]),
            P(
                "The stairs stay as well, all one hundred and forty of them, since somebody still has to wipe the salt from the glass.",
            ),
        ],
    },
    Article {
        title: "Why our build takes eleven minutes, and what we did",
        author: "Tobias Kern",
        day: "2025-11-17",
        written: "November 17, 2025",
        lang: "en",
        parts: &[
            P(
                "In spring a full build of our billing service took four minutes; by October it took eleven, and nobody had noticed the week in which it happened.",
            ),
            P(
                "We started by writing down the time of each step for every commit of the year, which is dull work and was worth every hour of it.",
            ),
            P(
                "Two thirds of the loss came from one change: a code generator that rewrote its output on each run, so that everything after it was built again.",
            ),
            P(
                "The fix is six lines. The generator now compares what it would write with what is there, and leaves the file alone when both are the same.",
            ),
            H("What we would do again"),
            P(
                "Measure first, and keep the numbers where the whole team sees them. A graph on the wall did more for us than three meetings about build times.",
            ),
            P(
                "The rest of the loss is tests that wait for a clock. Those are next, and we will write about them when we have something to show.",
            ),
        ],
    },
    Article {
        title: "Rain gauges for the valley schools",
        author: "Priya Nair",
        day: "2026-06-21",
        written: "June 21, 2026",
        lang: "en",
        parts: &[
            P(
                "Eleven schools in the upper valley will measure rain from the autumn on, with gauges that the pupils built themselves out of drain pipe and a kitchen scale.",
            ),
            P(
                "The idea came from a geography teacher in Halden who wanted numbers from this side of the ridge, where the weather service has no station of its own.",
            ),
            P(
                "Each gauge cost nineteen euros. It sends its weight every ten minutes over the radio net of the fire brigades, which is idle on most days.",
            ),
            H("A first surprise"),
            P(
                "In a trial in May two gauges that stand four kilometres apart differed by half on the same afternoon, and both turned out to be right.",
            ),
            P(
                "The readings are open to all. Whoever wants to build one finds drawings and a list of parts at the school's own address.",
            ),
        ],
    },
];

pub const ARABIC: Article = Article {
    title: "منارة الميناء القديم تعود إلى العمل",
    author: "ليلى حداد",
    day: "2026-04-12",
    written: "12 أبريل 2026",
    lang: "ar",
    parts: &[
        P(
            "عادت منارة الميناء القديم إلى العمل مساء الأحد بعد توقف دام سبعة أعوام، وحضر الافتتاح عشرات الصيادين مع عائلاتهم.",
        ),
        P(
            "وقالت إدارة الميناء إن المصباح الجديد يستهلك ستين واطا فقط ولا يحتاج إلى حارس يصعد الدرج كل مساء كما كان الحال من قبل.",
        ),
        P(
            "وبلغت كلفة الترميم نحو ثمانية وأربعين ألف دينار، ذهب ثلثها إلى مد الكابل على طول الرصيف والباقي إلى العدسة التي صقلت من جديد.",
        ),
        P(
            "وسيفتح بيت الحارس القديم أبوابه للزوار في الصيف، وستعرض فيه العدسة الأولى ودفاتر السفن التي مرت من هنا قبل مئة عام.",
        ),
    ],
};

pub const HEBREW: Article = Article {
    title: "המגדלור בנמל הישן חוזר לפעול",
    author: "נועה לוי",
    day: "2026-04-12",
    written: "12 באפריל 2026",
    lang: "he",
    parts: &[
        P(
            "המגדלור בנמל הישן חזר לפעול ביום ראשון בערב אחרי שבע שנים של הפסקה, ועשרות דייגים ובני משפחותיהם באו לראות את האור.",
        ),
        P(
            "הנהלת הנמל אמרה כי המנורה החדשה צורכת שישים ואט בלבד ואינה זקוקה לשומר שיעלה במדרגות בכל ערב כפי שהיה בעבר.",
        ),
        P(
            "עלות השיפוץ הגיעה לארבעים ושמונה אלף שקלים, שליש מהם עבור הכבל לאורך המזח והשאר עבור העדשה שלוטשה מחדש.",
        ),
        P(
            "בית השומר הישן ייפתח למבקרים בקיץ, ויוצגו בו העדשה הראשונה ויומני האוניות שעברו כאן לפני מאה שנים.",
        ),
    ],
};

pub const JAPANESE: Article = Article {
    title: "岬の灯台が電化されました",
    author: "山田花子",
    day: "2026-04-12",
    written: "2026年4月12日",
    lang: "ja",
    parts: &[
        P(
            "岬の灯台は百十二年にわたり油を燃やして光を届けてきましたが、火曜日の夕方から六十ワットの新しい電灯に切り替わりました。",
        ),
        P(
            "港湾局によると、工事の費用はおよそ四百八十万円で、その三分の一は防波堤に沿った電線に、残りは磨き直したレンズに使われました。",
        ),
        P(
            "技術者の佐藤さんは「まず太陽電池を検討しましたが、冬は必要な十八時間のうち三時間しか点灯できません」と話しています。",
        ),
        P("古いレンズは五月から灯台守の家で公開され、霧笛の試験は毎月第一月曜日に続けられます。"),
    ],
};
