//! The page of a check: its logs are in it, because the endpoint that had them is gone when somebody reads it.

use std::fmt::Write as _;

use gate_core::page::entities;

use super::outcome::Check;
use crate::terminal;

/// Most of a log that the page carries: its end, in bytes.
const MOST_OF_A_LOG: usize = 512 << 10;

/// The page with the logs of `checks` in place of links to `address`.
pub(super) fn with_logs(page: &str, checks: &[Check], address: &str) -> String {
    let mut page = page.to_owned();
    let mut logs = String::new();
    for (number, check) in checks.iter().enumerate() {
        let Some(url) = check
            .log_url
            .as_ref()
            .filter(|url| url.starts_with(address))
        else {
            continue;
        };
        let id = format!("log-{number}");
        page = page.replace(
            &format!("href=\"{}\"", escaped(url)),
            &format!("href=\"#{id}\""),
        );
        let _ = writeln!(
            logs,
            "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">Log of {}</h2>\n<pre tabindex=\"0\">{}</pre></section>",
            escaped(&check.name),
            escaped(end(&check.log))
        );
    }
    match page.rfind("</main>") {
        Some(at) => page.insert_str(at, &logs),
        None => page.push_str(&logs),
    }
    page
}

/// The end of a log from the start of a line on.
fn end(log: &str) -> &str {
    let mut from = log.len().saturating_sub(MOST_OF_A_LOG);
    if from == 0 {
        return log;
    }
    while !log.is_char_boundary(from) {
        from += 1;
    }
    let end = log.get(from..).unwrap_or_default();
    end.split_once('\n').map_or(end, |(_, rest)| rest)
}

/// A log is what the code under test wrote.
fn escaped(text: &str) -> String {
    entities(&terminal::harmless(text))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use gate_core::build::BuildStatus;

    use super::*;

    #[test]
    fn a_log_is_in_the_page_and_its_link_leads_there() {
        let check = Check {
            name: "build".to_owned(),
            status: BuildStatus::Failed,
            duration: Duration::ZERO,
            phase: None,
            log: "<b>no</b>\u{1b}[1m\u{202e}\n".to_owned(),
            log_url: Some("http://127.0.0.1:1/logs/a".to_owned()),
            reports: Vec::new(),
        };
        let page = "<main>\n<a href=\"http://127.0.0.1:1/logs/a\">log</a></main>";
        assert_eq!(
            with_logs(page, &[check], "http://127.0.0.1:1"),
            "<main>\n<a href=\"#log-0\">log</a><section aria-labelledby=\"log-0\">\n<h2 id=\"log-0\">Log of build</h2>\n\
             <pre tabindex=\"0\">&lt;b&gt;no&lt;/b&gt;\n</pre></section>\n</main>"
        );
    }

    #[test]
    fn of_a_long_log_the_page_has_the_end_in_whole_lines() {
        let log = "é\n".repeat(MOST_OF_A_LOG);
        let end = end(&log);
        assert!(end.len() <= MOST_OF_A_LOG && end.starts_with("é\n"));
    }
}
