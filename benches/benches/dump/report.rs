//! Prints the results as a table, as a Markdown table and as a picture.

use std::fmt::Write;
use std::time::Duration;

/// The case that all others are compared with.
pub(crate) const YARDSTICK: &str = "base64-simd 0.8 decoding the IDs alone";

/// The case that is highlighted.
pub(crate) const SUBJECT: &str = "push_lines, in blocks of 1 MiB, used again";

pub(crate) struct Row {
    name: String,
    min: f64,
    median: f64,
    links: f64,
    bytes: f64,
    /// The time of the yardstick divided by that of this case.
    speed: f64,
}

/// Returns the sum of the minima of the parts of all rounds.
fn sum_of_minima(rounds: &[Vec<Duration>]) -> f64 {
    let parts = rounds.first().map_or(0, Vec::len);
    let minimum = |part: usize| rounds.iter().map(|round| round[part]).min().unwrap_or_default();
    (0..parts).map(minimum).sum::<Duration>().as_secs_f64()
}

/// Makes a row for each case from the times of its parts in each round.
pub(crate) fn rows(names: &[&str], times: &[Vec<Vec<Duration>>], lines: usize, bytes: usize) -> Vec<Row> {
    let of_yardstick = names.iter().position(|&name| name == YARDSTICK);
    let yardstick = of_yardstick.map_or(f64::NAN, |case| sum_of_minima(&times[case]));
    names
        .iter()
        .zip(times)
        .map(|(&name, rounds)| {
            let min = sum_of_minima(rounds);
            let mut sums: Vec<Duration> = rounds.iter().map(|round| round.iter().sum()).collect();
            sums.sort_unstable();
            let median = sums.get(sums.len() / 2).copied().unwrap_or_default().as_secs_f64();
            let per_link = 1e9 / lines as f64;
            Row {
                name: name.to_owned(),
                min: min * per_link,
                median: median * per_link,
                links: lines as f64 / min / 1e6,
                bytes: bytes as f64 / min / 1e9,
                speed: yardstick / min,
            }
        })
        .collect()
}

pub(crate) fn table(rows: &[Row]) -> String {
    let mut table = format!(
        "{:<48} {:>9} {:>9} {:>9} {:>7} {:>9}\n",
        "", "min ns", "median ns", "M links/s", "GB/s", "yardstick"
    );
    for Row { name, min, median, links, bytes, speed } in rows {
        let _ = writeln!(
            table,
            "{name:<48} {min:>9.1} {median:>9.1} {links:>9.2} {bytes:>7.2} {:>8.1}%",
            speed * 100.0
        );
    }
    table
}

pub(crate) fn markdown(rows: &[Row]) -> String {
    let mut table = "| | ns per link, min | median | million links/s | GB/s | speed, yardstick = 100 % |\n\
                     |---|--:|--:|--:|--:|--:|\n"
        .to_owned();
    for Row { name, min, median, links, bytes, speed } in rows {
        let name = if name == SUBJECT || name == YARDSTICK { format!("**{name}**") } else { name.clone() };
        let speed = speed * 100.0;
        let _ =
            writeln!(table, "| {name} | {min:.1} | {median:.1} | {links:.2} | {bytes:.2} | {speed:.1} % |");
    }
    table
}

/// Draws a bar for each row, in nanoseconds per link. Bars of more than four times the yardstick are truncated and end with `…`.
pub(crate) fn svg(rows: &[Row]) -> String {
    const ROW: usize = 26;
    const LABEL: usize = 330;
    const BAR: f64 = 420.0;
    let yardstick = rows.iter().find(|row| row.name == YARDSTICK).map_or(1.0, |row| row.min);
    let scale = BAR / (yardstick * 4.0);
    let height = rows.len() * ROW + 20;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"840\" height=\"{height}\" font-family=\"sans-serif\" \
         font-size=\"13\">\n<rect width=\"840\" height=\"{height}\" fill=\"#fff\"/>\n"
    );
    for (place, row) in rows.iter().enumerate() {
        let y = place * ROW + 10;
        let length = (row.min * scale).min(BAR);
        let color = match row.name.as_str() {
            SUBJECT => "#1a73e8",
            YARDSTICK => "#5f6368",
            _ => "#bdc1c6",
        };
        let cut = if row.min * scale > BAR { " …" } else { "" };
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\" fill=\"#202124\">{}</text>\
             <rect x=\"{LABEL}\" y=\"{y}\" width=\"{length:.1}\" height=\"18\" fill=\"{color}\"/>\
             <text x=\"{:.1}\" y=\"{}\" fill=\"#202124\">{:.0} ns{cut}</text>",
            LABEL - 8,
            y + 14,
            row.name,
            LABEL as f64 + length + 6.0,
            y + 14,
            row.min,
        );
    }
    svg + "</svg>\n"
}
