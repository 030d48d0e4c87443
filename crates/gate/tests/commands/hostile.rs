//! Repositories that would like to run something: `gate check` looks at them, and only their build runs.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use crate::support::Place;

/// Passes, and asks git a question that would wake a monitor or a filter.
const BUILDSPEC: &str = "version: 0.2
phases:
  build:
    commands:
      - git status --short
";

/// Every setting of git that names a program, and what it names.
fn settings(trace: &Path, who: &str) -> Vec<(&'static str, String)> {
    let leave = |what: &str| format!("touch {}/{who}-{what}; false", trace.display());
    vec![
        (
            "core.hooksPath",
            trace.with_file_name("hooks").display().to_string(),
        ),
        ("core.fsmonitor", leave("monitor")),
        ("core.sshCommand", leave("ssh")),
        ("core.askPass", leave("password")),
        ("core.pager", leave("pager")),
        ("core.editor", leave("editor")),
        ("core.alternateRefsCommand", leave("alternates")),
        ("credential.helper", format!("!{}", leave("credentials"))),
        ("gpg.program", leave("signature")),
        ("log.showSignature", "true".to_owned()),
        ("diff.external", leave("difference")),
        ("diff.trace.command", leave("difference-of-a-kind")),
        ("diff.trace.textconv", leave("text")),
        ("merge.trace.driver", leave("merge")),
        ("filter.trace.clean", leave("clean")),
        ("filter.trace.smudge", leave("smudge")),
        ("filter.trace.required", "true".to_owned()),
        ("filter.process.process", leave("process")),
        ("protocol.allow", "always".to_owned()),
    ]
}

fn hooks(folder: &Path, trace: &Path) {
    fs::create_dir_all(folder).unwrap();
    for hook in [
        "post-checkout",
        "post-index-change",
        "pre-auto-gc",
        "pre-push",
        "pre-receive",
        "post-receive",
        "reference-transaction",
        "update",
    ] {
        let path = folder.join(hook);
        fs::write(
            &path,
            format!("#!/bin/sh\ntouch {}/{hook}\n", trace.display()),
        )
        .unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

fn traces(trace: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(trace)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Settings that send what git does elsewhere, written by hand: their names hold what the tools do not take.
const ELSEWHERE: &str = "
[url \"http://127.0.0.1:9/\"]
\tinsteadOf = http://127.0.0.1
\tpushInsteadOf = http://127.0.0.1
\tinsteadOf = http://localhost
[url \"ext::sh -c 'touch elsewhere' \"]
\tinsteadOf = http://
\tpushInsteadOf = http://
[http]
\tproxy = http://127.0.0.1:9
\tcurloptResolve = 127.0.0.1:80:127.0.0.2
\tsslVerify = false
[http \"http://127.0.0.1\"]
\tproxy = http://127.0.0.1:9
\textraHeader = Authorization: Basic YW5uOmFubg==
[remote]
\tpushDefault = elsewhere
[push]
\trecurseSubmodules = on-demand
";

#[test]
fn nothing_that_a_configuration_names_redirects_what_is_pushed() {
    let place = Place::new();
    place.repository("repo", &[("buildspec.yml", BUILDSPEC)]);
    place.git("repo", &["switch", "--quiet", "--create", "topic"]);
    place.commit("repo", &[("value", "1\n")], "Topic");
    let included = place.path("included");
    fs::write(&included, ELSEWHERE).unwrap();
    let config = place.path("repo").join(".git/config");
    let own = fs::read_to_string(&config).unwrap();
    let included = format!("[include]\n\tpath = {}\n", included.display());
    fs::write(&config, format!("{own}{ELSEWHERE}{included}")).unwrap();
    for (name, value) in [
        ("url.http://127.0.0.1:9/.insteadOf", "http://127.0.0.1"),
        ("url.http://127.0.0.1:9/.pushInsteadOf", "http://127.0.0.1"),
        ("http.proxy", "http://127.0.0.1:9"),
    ] {
        place.git("repo", &["config", "--global", name, value]);
    }
    let said = place.gate(&["check", "--repo", "repo"]);
    assert_eq!(said.code, 0, "{}{}", said.stdout, said.stderr);
    assert!(!place.path("repo").join("elsewhere").exists());
    place.assert_clean();
}

#[test]
fn nothing_that_a_repository_or_its_users_configuration_names_is_run() {
    let place = Place::new();
    let attributes = "* filter=trace diff=trace merge=trace\nother filter=process\n";
    place.repository(
        "repo",
        &[
            ("buildspec.yml", BUILDSPEC),
            (".gitattributes", attributes),
            ("both", "1\n2\n3\n4\n5\n"),
            ("other", "1\n"),
        ],
    );
    place.git("repo", &["switch", "--quiet", "--create", "topic"]);
    let modules = "[submodule \"sub\"]\n\tpath = sub\n\turl = ext::sh -c 'touch trace/module'\n";
    place.commit(
        "repo",
        &[("both", "1\n2\n3\n4\nfive\n"), (".gitmodules", modules)],
        "Topic",
    );
    place.git("repo", &["switch", "--quiet", "main"]);
    place.commit("repo", &[("both", "one\n2\n3\n4\n5\n")], "Main");
    place.git("repo", &["switch", "--quiet", "topic"]);

    let trace = place.path("trace");
    fs::create_dir(&trace).unwrap();
    hooks(&place.path("hooks"), &trace);
    hooks(&place.path("repo").join(".git/hooks"), &trace);
    hooks(&place.path("template/hooks"), &trace);
    for (name, value) in settings(&trace, "user") {
        place.git("repo", &["config", "--global", name, &value]);
    }
    let template = place.path("template").display().to_string();
    place.git(
        "repo",
        &["config", "--global", "init.templateDir", &template],
    );
    for (name, value) in settings(&trace, "repository") {
        place.git("repo", &["config", "--local", name, &value]);
    }
    // Other sizes: git must look into them to know what they are.
    fs::write(place.path("repo").join("both"), "changed\n").unwrap();
    fs::write(place.path("repo").join("other"), "changed as well\n").unwrap();

    let _ = place.command_of_git("repo", &["status"]).output().unwrap();
    assert!(!traces(&trace).is_empty(), "git itself runs what is named");
    for name in traces(&trace) {
        fs::remove_file(trace.join(name)).unwrap();
    }

    let said = place.gate(&["check", "--repo", "repo"]);
    assert_eq!(said.code, 0, "{}{}", said.stdout, said.stderr);
    assert!(said.stdout.contains("tested as merged"), "{}", said.stdout);
    assert_eq!(traces(&trace), Vec::<String>::new());
    place.assert_clean();
}
