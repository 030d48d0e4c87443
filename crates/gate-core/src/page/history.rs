//! The last merges as a small chart, and as a table for who cannot see it.

use std::fmt::Write as _;

use super::markup::{
    Head::{Number, Words},
    escaped, section, table,
};
use crate::{findings::Point, text::count};

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 120.0;

/// Bars of tests with their failures, and a line of the coverage; nothing before there are two points.
pub(super) fn chart(history: &[Point]) -> Option<String> {
    if history.len() < 2 {
        return None;
    }
    let most = history
        .iter()
        .filter_map(|point| point.counts)
        .map(|counts| counts.total)
        .max()
        .unwrap_or_default();
    #[allow(
        clippy::cast_precision_loss,
        reason = "a few points, and counts far below 2^53"
    )]
    let (step, scale) = (WIDTH / history.len() as f64, HEIGHT / most.max(1) as f64);
    let mut drawn = String::new();
    let mut line = Vec::new();
    for (at, point) in history.iter().enumerate() {
        #[allow(
            clippy::cast_precision_loss,
            reason = "a few points, and counts far below 2^53"
        )]
        let (left, total, failed) = (
            at as f64 * step,
            point.counts.map_or(0.0, |counts| counts.total as f64),
            point.counts.map_or(0.0, |counts| counts.failed as f64),
        );
        let bar = |class: &str, number: f64| {
            let height = (number * scale).max(if number > 0.0 { 2.0 } else { 0.0 });
            format!(
                "<rect class=\"{class}\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{height:.1}\"/>",
                left + step * 0.15,
                HEIGHT - height,
                step * 0.7,
            )
        };
        drawn.push_str(&bar("total", total));
        drawn.push_str(&bar("failed", failed));
        if let Some(percent) = point.percent {
            let y = HEIGHT - percent.clamp(0.0, 100.0) * HEIGHT / 100.0;
            line.push(format!("{:.1},{y:.1}", left + step / 2.0));
        }
    }
    if line.len() > 1 {
        let _ = write!(
            drawn,
            "<polyline class=\"coverage\" points=\"{}\"/>",
            line.join(" ")
        );
    }
    let body = format!(
        "<svg role=\"img\" aria-label=\"Tests, failures and coverage of the last {} merges; the table below has the numbers\" \
         viewBox=\"0 -4 {WIDTH} {}\" preserveAspectRatio=\"none\">{drawn}</svg>\n\
         <p class=\"quiet key\"><i class=\"total\"></i> tests <i class=\"failed\"></i> failed <i class=\"coverage\"></i> coverage; the last one is this run</p>\n\
         <details><summary>The numbers</summary>{}</details>\n",
        history.len(),
        HEIGHT + 8.0,
        numbers(history)
    );
    Some(section("history", "History", &body))
}

fn numbers(history: &[Point]) -> String {
    let mut rows = String::new();
    for point in history.iter().rev() {
        let day = point.started.get(..10).unwrap_or_default();
        let (total, failed) = point.counts.map_or_else(Default::default, |counts| {
            (count(counts.total), count(counts.failed))
        });
        let percent = point.percent.map(|percent| format!("{percent:.1} %"));
        let _ = writeln!(
            rows,
            "<tr><td>{}</td><td><code>{}</code></td><td class=\"number\">{}</td><td class=\"number\">{total}</td><td class=\"number\">{failed}</td><td class=\"number\">{}</td></tr>",
            escaped(day),
            escaped(point.commit.short(7)),
            escaped(point.pull_request.as_str()),
            percent.unwrap_or_default()
        );
    }
    let heads = [
        Words("Day"),
        Words("Commit"),
        Number("Pull request"),
        Number("Tests"),
        Number("Failed"),
        Number("Coverage"),
    ];
    table("numbers", &heads, &rows)
}
