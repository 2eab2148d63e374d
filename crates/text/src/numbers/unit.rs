//! Units of numbers, and which of them can be turned into each other.

/// What a number counts or measures.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Hundredths of a whole.
    Percent,
    /// Percentage points (or basis points, brought to percentage points by [`Unit::factor`]).
    Points(&'static str),
    /// Money: the three letters of the currency.
    Currency(&'static str),
    /// Amounts of data: `B`, `kB`, `MB`, `GiB` and so on.
    Bytes(&'static str),
    /// Time: `ns`, `us`, `ms`, `s`, `min`, `h`, `day`, `week`, `month`, `year`.
    Time(&'static str),
    /// Other measures: `km`, `kg`, `W`, `Hz`, `times` (a factor, as in 3x) and so on.
    Measure(&'static str),
    /// Things: the stem of the noun.
    Count(String),
}

impl Unit {
    /// The dimension and how many of its base unit this one is; `None` for money and things, which only compare
    /// with their like. Months and years are dimensions of their own: their length in days varies.
    pub fn factor(&self) -> Option<(&'static str, f64)> {
        match self {
            Self::Percent => Some(("percent", 1.0)),
            Self::Points(name) => Some(("points", if *name == "bp" { 0.01 } else { 1.0 })),
            Self::Bytes(name) => BYTES
                .iter()
                .find(|(n, _)| n == name)
                .map(|(_, factor)| ("bytes", *factor)),
            Self::Time(name) => match *name {
                "month" => Some(("month", 1.0)),
                "year" => Some(("month", 12.0)),
                _ => TIMES
                    .iter()
                    .find(|(n, _)| n == name)
                    .map(|(_, factor)| ("time", *factor)),
            },
            Self::Measure(name) => MEASURES.iter().find(|m| m.0 == *name).map(|m| (m.1, m.2)),
            Self::Currency(_) | Self::Count(_) => None,
        }
    }
}

const BYTES: &[(&str, f64)] = &[
    ("B", 1.0),
    ("kB", 1e3),
    ("MB", 1e6),
    ("GB", 1e9),
    ("TB", 1e12),
    ("PB", 1e15),
    ("KiB", 1024.0),
    ("MiB", 1_048_576.0),
    ("GiB", 1_073_741_824.0),
    ("TiB", 1_099_511_627_776.0),
];

const TIMES: &[(&str, f64)] = &[
    ("ns", 1e-9),
    ("us", 1e-6),
    ("ms", 1e-3),
    ("s", 1.0),
    ("min", 60.0),
    ("h", 3600.0),
    ("day", 86_400.0),
    ("week", 604_800.0),
];

/// Name, dimension, factor.
const MEASURES: &[(&str, &str, f64)] = &[
    ("mm", "length", 1e-3),
    ("cm", "length", 1e-2),
    ("m", "length", 1.0),
    ("km", "length", 1e3),
    ("mi", "length", 1609.344),
    ("ft", "length", 0.3048),
    ("g", "mass", 1e-3),
    ("kg", "mass", 1.0),
    ("t", "mass", 1e3),
    ("lb", "mass", 0.453_592_37),
    ("W", "power", 1.0),
    ("kW", "power", 1e3),
    ("MW", "power", 1e6),
    ("GW", "power", 1e9),
    ("Hz", "frequency", 1.0),
    ("kHz", "frequency", 1e3),
    ("MHz", "frequency", 1e6),
    ("GHz", "frequency", 1e9),
    ("bit", "bits", 1.0),
    ("kbit", "bits", 1e3),
    ("Mbit", "bits", 1e6),
    ("Gbit", "bits", 1e9),
    ("Tbit", "bits", 1e12),
    ("Mbps", "data rate", 1e6),
    ("Gbps", "data rate", 1e9),
    ("°C", "temperature", 1.0),
    ("°", "angle", 1.0),
    ("times", "factor", 1.0),
];

/// The unit that a word or sign right behind a number names. A single letter names one in its own case only: `3D` is no
/// three days.
pub(super) fn named(word: &str) -> Option<Unit> {
    let exact = match word {
        "B" | "byte" | "bytes" => Some(Unit::Bytes("B")),
        "KB" | "kB" => Some(Unit::Bytes("kB")),
        "MB" | "GB" | "TB" | "PB" | "KiB" | "MiB" | "GiB" | "TiB" => BYTES
            .iter()
            .find(|(name, _)| *name == word)
            .map(|(name, _)| Unit::Bytes(name)),
        "W" | "kW" | "MW" | "GW" | "Hz" | "kHz" | "MHz" | "GHz" | "mm" | "cm" | "km" | "kg" | "lb" | "°C"
        | "°" | "Mbps" | "Gbps" => MEASURES.iter().find(|m| m.0 == word).map(|m| Unit::Measure(m.0)),
        // A large B counts bytes, a small one bits: `10 Gb/s` is an eighth of `10 GB/s`. `Kb` is written for both.
        "Mb" => Some(Unit::Measure("Mbit")),
        "Gb" => Some(Unit::Measure("Gbit")),
        "Tb" => Some(Unit::Measure("Tbit")),
        "Gi" => Some(Unit::Bytes("GiB")),
        "Mi" => Some(Unit::Bytes("MiB")),
        "x" | "X" | "×" => Some(Unit::Measure("times")),
        _ => None,
    };
    let is_letter = word.chars().nth(1).is_none();
    let others = || {
        if is_letter {
            in_small_letters(word)
        } else {
            in_small_letters(&word.to_lowercase())
        }
    };
    exact.or_else(others)
}

fn in_small_letters(word: &str) -> Option<Unit> {
    let time = |name| Some(Unit::Time(name));
    let measure = |name| Some(Unit::Measure(name));
    match word {
        "%" | "percent" | "pct" | "percents" | "prozent" => Some(Unit::Percent),
        "pp" => Some(Unit::Points("pp")),
        "bp" | "bps" => Some(Unit::Points("bp")),
        "ns" | "nanosecond" | "nanoseconds" => time("ns"),
        "us" | "µs" | "μs" | "microsecond" | "microseconds" => time("us"),
        "ms" | "msec" | "millisecond" | "milliseconds" => time("ms"),
        "s" | "sec" | "secs" | "second" | "seconds" => time("s"),
        "min" | "mins" | "minute" | "minutes" => time("min"),
        "h" | "hr" | "hrs" | "hour" | "hours" => time("h"),
        "d" | "day" | "days" => time("day"),
        "week" | "weeks" => time("week"),
        "month" | "months" => time("month"),
        "year" | "years" | "yr" | "yrs" => time("year"),
        "kilobyte" | "kilobytes" | "kb" => Some(Unit::Bytes("kB")),
        "megabyte" | "megabytes" | "mb" => Some(Unit::Bytes("MB")),
        "gigabyte" | "gigabytes" | "gb" => Some(Unit::Bytes("GB")),
        "terabyte" | "terabytes" | "tb" => Some(Unit::Bytes("TB")),
        "dollar" | "dollars" | "buck" | "bucks" | "usd" => Some(Unit::Currency("USD")),
        "euro" | "euros" | "eur" => Some(Unit::Currency("EUR")),
        "pound" | "pounds" | "quid" | "gbp" => Some(Unit::Currency("GBP")),
        "yen" | "jpy" => Some(Unit::Currency("JPY")),
        "yuan" | "cny" | "rmb" => Some(Unit::Currency("CNY")),
        "rupees" | "rupee" | "inr" => Some(Unit::Currency("INR")),
        "cent" | "cents" => Some(Unit::Currency("cent")),
        "francs" | "chf" => Some(Unit::Currency("CHF")),
        "kilometre" | "kilometres" | "kilometer" | "kilometers" => measure("km"),
        "metre" | "metres" | "meter" | "meters" => measure("m"),
        "centimetres" | "centimeters" => measure("cm"),
        "mile" | "miles" => measure("mi"),
        "foot" | "feet" | "ft" => measure("ft"),
        "kilogram" | "kilograms" | "kilos" => measure("kg"),
        "gram" | "grams" => measure("g"),
        "ton" | "tons" | "tonne" | "tonnes" => measure("t"),
        "watt" | "watts" => measure("W"),
        "kilowatts" => measure("kW"),
        "megawatt" | "megawatts" => measure("MW"),
        "gigawatt" | "gigawatts" => measure("GW"),
        "bit" | "bits" => measure("bit"),
        "kbit" | "kilobit" | "kilobits" => measure("kbit"),
        "mbit" | "megabit" | "megabits" => measure("Mbit"),
        "gbit" | "gigabit" | "gigabits" => measure("Gbit"),
        "tbit" | "terabit" | "terabits" => measure("Tbit"),
        "degrees" | "degree" => measure("°"),
        _ => None,
    }
}

/// The currency of a sign before a number.
pub(super) fn currency(sign: &str) -> Option<Unit> {
    let code = match sign {
        "$" | "US$" | "USD" => "USD",
        "€" | "EUR" => "EUR",
        "£" | "GBP" => "GBP",
        "¥" | "JPY" => "JPY",
        "₹" | "INR" => "INR",
        "CHF" => "CHF",
        _ => return None,
    };
    Some(Unit::Currency(code))
}
