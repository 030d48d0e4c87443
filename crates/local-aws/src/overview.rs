//! The front page: the repositories, pull requests, runs and builds, for a browser on this machine.
//!
//! It asks the services as any client does, so it shows what they would answer.

use std::{fmt::Write as _, sync::Arc};

use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    Account, Caller,
    markup::entity,
    services::{codebuild, codecommit, states},
};

/// Newest first, so many of each kind.
const MOST: usize = 50;

const HEAD: &str = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
<meta name=\"viewport\" content=\"width=device-width\"><meta http-equiv=\"refresh\" content=\"10\">\
<title>gate local</title><style>\
body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}\
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .8rem .3rem 0;vertical-align:top;\
border-bottom:1px solid #8884;overflow-wrap:anywhere}h2{margin-top:2rem}code{font-size:.9em}</style></head><body>";

/// Shows the account as it is.
pub(crate) async fn show(account: &Arc<Account>) -> Response {
    let page = Overview::of(account).await.page(account.base_url());
    // Titles and comments come from whoever works here: a browser runs nothing of them and shows the page in no other.
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        ),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, page).into_response()
}

/// Answers of the services.
#[derive(Default)]
struct Overview {
    repositories: Vec<Value>,
    pull_requests: Vec<PullRequest>,
    runs: Vec<Value>,
    builds: Vec<Value>,
}

struct PullRequest {
    itself: Value,
    /// The first line of what was said last.
    said: String,
    approved_by: Vec<String>,
}

/// The services, as somebody who only looks.
struct Reader<'a> {
    account: &'a Arc<Account>,
    caller: Caller,
}

impl Reader<'_> {
    /// An answer; nothing where there is none.
    async fn ask(&self, operation: &str, input: Value) -> Value {
        let answer = match operation {
            "ListStateMachines" | "ListExecutions" | "DescribeExecution" => {
                states::call(self.account, &self.caller, operation, input)
            }
            "ListBuilds" | "BatchGetBuilds" => {
                codebuild::call(self.account, &self.caller, operation, input).await
            }
            _ => codecommit::call(self.account, &self.caller, operation, input).await,
        };
        answer.unwrap_or_default()
    }

    async fn pull_request(&self, id: &Value) -> PullRequest {
        let named = json!({ "pullRequestId": id });
        let itself = self.ask("GetPullRequest", named.clone()).await["pullRequest"].take();
        let comments = self.ask("GetCommentsForPullRequest", named.clone()).await;
        let said = list(&comments, "commentsForPullRequestData")
            .iter()
            .flat_map(|group| list(group, "comments"))
            .max_by(|one, other| {
                seconds(&one["creationDate"]).total_cmp(&seconds(&other["creationDate"]))
            })
            .and_then(|comment| text(comment, "content").lines().next())
            .unwrap_or_default();
        let said = said.trim_start_matches('#').trim().to_owned();
        let mut revision = named;
        revision["revisionId"] = itself["revisionId"].clone();
        let approvals = self.ask("GetPullRequestApprovalStates", revision).await;
        let approved_by = list(&approvals, "approvals")
            .iter()
            .filter(|approval| approval["approvalState"] == "APPROVE")
            .map(|approval| name(text(approval, "userArn")).to_owned())
            .collect();
        PullRequest {
            itself,
            said,
            approved_by,
        }
    }
}

impl Overview {
    async fn of(account: &Arc<Account>) -> Self {
        let caller = Caller::from_access_key(
            "overview",
            &account.settings.account_id,
            &account.settings.callers,
        );
        let reader = Reader { account, caller };
        let mut overview = Self::default();
        let repositories = reader.ask("ListRepositories", json!({})).await;
        let mut ids = Vec::new();
        for repository in list(&repositories, "repositories") {
            let named = json!({ "repositoryName": repository["repositoryName"] });
            let found = reader.ask("GetRepository", named.clone()).await;
            overview
                .repositories
                .push(found["repositoryMetadata"].clone());
            let pull_requests = reader.ask("ListPullRequests", named).await;
            ids.extend(list(&pull_requests, "pullRequestIds").iter().cloned());
        }
        ids.sort_by_key(|id| std::cmp::Reverse(id.as_str().and_then(|id| id.parse::<u64>().ok())));
        for id in ids.iter().take(MOST) {
            overview.pull_requests.push(reader.pull_request(id).await);
        }
        for machine in list(
            &reader.ask("ListStateMachines", json!({})).await,
            "stateMachines",
        ) {
            let input =
                json!({ "stateMachineArn": machine["stateMachineArn"], "maxResults": MOST });
            for run in list(&reader.ask("ListExecutions", input).await, "executions") {
                let named = json!({ "executionArn": run["executionArn"] });
                overview
                    .runs
                    .push(reader.ask("DescribeExecution", named).await);
            }
        }
        let builds = reader.ask("ListBuilds", json!({})).await;
        let newest = &list(&builds, "ids")[..list(&builds, "ids").len().min(MOST)];
        if !newest.is_empty() {
            let builds = reader.ask("BatchGetBuilds", json!({ "ids": newest })).await;
            overview.builds = list(&builds, "builds").to_vec();
        }
        overview
    }

    fn page(&self, address: &str) -> String {
        let mut page = HEAD.to_owned();
        let _ = write!(
            page,
            "<h1>gate local</h1><p>on <code>{}</code></p>",
            escaped(address)
        );
        let repositories = self.repositories.iter().map(|repository| {
            let clone = format!("git clone {}", text(repository, "cloneUrlHttp"));
            vec![
                escaped(text(repository, "repositoryName")),
                escaped(text(repository, "defaultBranch")),
                format!("<code>{}</code>", escaped(&clone)),
            ]
        });
        let what = ["repository", "default branch", ""];
        table(&mut page, "Repositories", &what, repositories, "none yet");
        let pull_requests = self.pull_requests.iter().map(PullRequest::cells);
        let what = [
            "",
            "title",
            "from",
            "to",
            "status",
            "approved by",
            "last said",
        ];
        table(&mut page, "Pull requests", &what, pull_requests, "none yet");
        let runs = self.runs.iter().map(|run| {
            let output = run["output"].as_str().unwrap_or_default();
            let outcome = serde_json::from_str::<String>(output).unwrap_or_default();
            // It ends with an address of the console, and no console shows what is here.
            let outcome = outcome.split(", https://").next().unwrap_or_default();
            let failed = [text(run, "error"), text(run, "cause")].join(" ");
            vec![
                escaped(text(run, "name")),
                escaped(text(run, "status")),
                when(&run["startDate"]),
                escaped(&shortened(&format!("{outcome}{}", failed.trim()))),
            ]
        });
        table(
            &mut page,
            "Runs",
            &["run", "status", "began", "came to"],
            runs,
            "none yet",
        );
        let builds = self.builds.iter().map(|build| {
            let log = text(&build["logs"], "deepLink");
            vec![
                escaped(text(build, "projectName")),
                escaped(text(build, "buildStatus")),
                when(&build["startTime"]),
                link(log, "log"),
            ]
        });
        table(
            &mut page,
            "Builds",
            &["project", "status", "began", ""],
            builds,
            "none",
        );
        page.push_str("</body></html>\n");
        page
    }
}

impl PullRequest {
    fn cells(&self) -> Vec<String> {
        let target = &self.itself["pullRequestTargets"][0];
        let branch = |member: &str| {
            let reference = text(target, member);
            escaped(reference.strip_prefix("refs/heads/").unwrap_or(reference))
        };
        let from = format!(
            "{}: {}",
            text(target, "repositoryName"),
            branch("sourceReference")
        );
        let merged = target["mergeMetadata"]["isMerged"] == true;
        let status = if merged {
            "MERGED"
        } else {
            text(&self.itself, "pullRequestStatus")
        };
        vec![
            format!("#{}", escaped(text(&self.itself, "pullRequestId"))),
            escaped(text(&self.itself, "title")),
            from,
            branch("destinationReference"),
            escaped(status),
            escaped(&self.approved_by.join(", ")),
            escaped(&shortened(&self.said)),
        ]
    }
}

/// A heading and a table; without rows what is to be said instead.
fn table(
    page: &mut String,
    heading: &str,
    columns: &[&str],
    rows: impl ExactSizeIterator<Item = Vec<String>>,
    nothing: &str,
) {
    let _ = write!(page, "<h2>{heading}</h2>");
    if rows.len() == 0 {
        let _ = write!(page, "<p>{nothing}</p>");
        return;
    }
    let cells = |tag: &str, cells: &mut dyn Iterator<Item = String>| {
        let mut row = "<tr>".to_owned();
        for cell in cells {
            let _ = write!(row, "<{tag}>{cell}</{tag}>");
        }
        row + "</tr>"
    };
    page.push_str("<table>");
    page.push_str(&cells("th", &mut columns.iter().map(ToString::to_string)));
    for row in rows {
        page.push_str(&cells("td", &mut row.into_iter()));
    }
    page.push_str("</table>");
}

fn list<'a>(answer: &'a Value, member: &str) -> &'a [Value] {
    answer[member].as_array().map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_default()
}

/// What an ARN ends with.
fn name(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or_default()
}

fn seconds(time: &Value) -> f64 {
    time.as_f64().unwrap_or_default()
}

#[allow(clippy::cast_possible_truncation, reason = "`as` saturates")]
fn when(time: &Value) -> String {
    let time = time
        .as_f64()
        .and_then(|seconds| Timestamp::from_second(seconds as i64).ok());
    time.map_or_else(String::new, |time| time.to_string())
}

fn shortened(text: &str) -> String {
    const MOST: usize = 300;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Only pages of this endpoint's own kind of address are linked.
fn link(address: &str, words: &str) -> String {
    if address.starts_with("http://127.0.0.1:") {
        return format!("<a href=\"{}\">{words}</a>", escaped(address));
    }
    String::new()
}

/// Text for an element or an attribute, without what steers a reader's eye.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars().filter(|character| !steers(*character)) {
        match entity(character) {
            Some(entity) => escaped.push_str(entity),
            None => escaped.push(character),
        }
    }
    escaped
}

/// Whether a character turns the direction of the text behind it, or is no text.
fn steers(character: char) -> bool {
    let is_text = character == '\n' || !character.is_control();
    let turns = matches!(character,
        '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !is_text || turns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_wrote_is_shown_and_is_no_markup() {
        let itself = json!({
            "pullRequestId": "7", "title": "<script>alert(1)</script> & \u{202e}\u{1b}\"more\"", "pullRequestStatus": "OPEN",
            "pullRequestTargets": [{
                "repositoryName": "shop", "sourceReference": "refs/heads/o'x",
                "destinationReference": "refs/heads/main", "mergeMetadata": { "isMerged": false },
            }],
        });
        let overview = Overview {
            pull_requests: vec![PullRequest {
                itself,
                said: "❌ not approved, <b>1</b> failure".to_owned(),
                approved_by: Vec::new(),
            }],
            ..Overview::default()
        };
        let page = overview.page("http://127.0.0.1:4577");
        for shown in [
            "<td>#7</td><td>&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;more&quot;</td>",
            "<td>shop: o&#39;x</td><td>main</td><td>OPEN</td>",
            "<td>❌ not approved, &lt;b&gt;1&lt;/b&gt; failure</td>",
            "<h2>Repositories</h2><p>none yet</p>",
        ] {
            assert!(page.contains(shown), "{shown} in {page}");
        }
        assert!(!page.contains("<script"));
    }

    #[test]
    fn only_logs_of_this_endpoint_are_links() {
        assert_eq!(
            link("http://127.0.0.1:4577/logs/1", "log"),
            "<a href=\"http://127.0.0.1:4577/logs/1\">log</a>"
        );
        assert_eq!(link("javascript:alert(1)", "log"), "");
    }
}
