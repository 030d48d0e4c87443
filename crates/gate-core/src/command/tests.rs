use super::*;

fn one(line: &str) -> Result<Command, Unclear> {
    let mut lines = parse(line).unwrap();
    assert_eq!(lines.len(), 1, "{line}");
    lines.remove(0).command
}

fn flags(title: &str) -> Command {
    Command::Give {
        flags: Flags::parse(title),
    }
}

#[test]
fn commands_are_lines_that_begin_with_gate_in_any_case() {
    let retry = |what| Command::Retry { what };
    let table = [
        ("/gate", Command::Help),
        ("/gate help", Command::Help),
        ("  /GATE Status  ", Command::Status),
        ("/gate why", Command::Status),
        ("/gate retry", retry(Retry::All)),
        ("/gate retry ALL", retry(Retry::All)),
        ("/gate retry failed", retry(Retry::Failed)),
        (
            "/gate\tretry Unit.1",
            retry(Retry::Check(CheckName::new("Unit.1"))),
        ),
        ("/gate stop", Command::Stop),
        ("/gate hold", Command::Hold { reason: None }),
        (
            "/gate hold wait for  legal",
            Command::Hold {
                reason: Some("wait for  legal".to_owned()),
            },
        ),
        ("/gate unhold", Command::Unhold),
        (
            "/gate allow skip-tests",
            Command::Allow {
                flag: Flag::SkipTests,
                typed: None,
            },
        ),
        (
            "/gate allow [Skip_Tests]",
            Command::Allow {
                flag: Flag::SkipTests,
                typed: None,
            },
        ),
        (
            "/gate allow only=unit,docs",
            Command::Allow {
                flag: Flag::Only,
                typed: Some("[only=unit,docs]".to_owned()),
            },
        ),
        (
            "/gate allow [Skip_Tests: hotfix for #12]",
            Command::Allow {
                flag: Flag::SkipTests,
                typed: Some("[skip-tests: hotfix for #12]".to_owned()),
            },
        ),
        ("/gate skip-tests", flags("[skip-tests]")),
        ("/gate [no-cache]", flags("[no-cache]")),
        ("/gate only=web,docs", flags("[only=web,docs]")),
        ("/gate compute=large", flags("[compute=large]")),
        (
            "/gate skip-tests: hotfix for #12",
            flags("[skip-tests: hotfix for #12]"),
        ),
        (
            "/gate skip-tests hotfix for #12",
            flags("[skip-tests: hotfix for #12]"),
        ),
        (
            "/gate only=web: only its text changed",
            flags("[only=web: only its text changed]"),
        ),
    ];
    for (line, expected) in table {
        assert_eq!(one(line), Ok(expected), "{line}");
    }
}

#[test]
fn what_is_said_about_the_gate_or_quoted_is_no_command() {
    for comment in [
        "",
        "please /gate retry",
        "/gateway retry",
        "/gates",
        "/gat",
        "> /gate retry",
        "`/gate retry`",
        "```\n/gate retry\n```\nlike this",
        "~~~\n/gate stop\n~~~",
        "/gät",
    ] {
        assert!(!is_in(comment), "{comment}");
        assert_eq!(parse(comment), Ok(Vec::new()), "{comment}");
    }
    assert!(is_in("It is flaky.\r\n\r\n/gate retry\r\n"));
}

#[test]
fn refuses_a_command_that_the_host_shows_as_code_or_not_at_all() {
    for comment in [
        "````\n```\n/gate retry\n```\n````",
        "~~~~\n~~~\n/gate retry\n~~~\n~~~~",
        "```\n~~~\n/gate retry\n```",
        "Write\n\n    /gate retry\n",
        "\t/gate retry",
        "- write\n\n  ```\n  /gate retry\n  ```\n",
        "1. write\n\n       /gate retry\n",
        "> ```\n> x\n> ```\n\n```\n\n/gate retry",
        "a `span\n/gate retry\n` of code",
        "``` sh\n/gate retry",
        "<!--\n/gate retry\n-->",
        "text <!-- more\n/gate retry\n--> text",
        "<pre>\n/gate retry\n</pre>",
        "<details>\n/gate retry\n</details>",
        "![\n/gate retry](https://example.com/a.png)",
        "[a]: https://example.com \"\n/gate retry\n\"",
        "look <code>\n/gate retry\n</code>",
        "<code>\n\n/gate retry\n\n</code>",
        "x <PRE class=a>\n/gate retry\n</PRE>",
        "x <span hidden>\n/gate retry\n</span>",
        "x <b style='display: none'>\n/gate retry\n</b>",
        "<details><summary>log</summary>\n\n/gate retry\n\n</details>",
        "<!-- </code> --> <code>\n/gate retry\n<!-- </code> -->",
        "> quoted\n/gate retry",
        "> > quoted\n> /gate retry",
    ] {
        assert_eq!(parse(comment), Ok(Vec::new()), "{comment}");
    }
}

#[test]
fn a_command_after_what_only_resembles_a_fence_is_one() {
    for comment in [
        "```cargo test``` fails.\n/gate retry",
        "```\n~~~\n```\n/gate retry",
        "````\n```\n````\n/gate retry",
        "text\n    ```\n/gate retry",
        "- an item\n/gate retry",
        "- an item\n\n  /gate retry",
        "> a quotation\n\n/gate retry",
        "<!-- a remark -->\n\n/gate retry",
        "A heading\r\n---\r\n/gate retry\r\n",
        "\u{a0}/gate retry",
        "a `Vec<u8>` and Vec<u8>\n/gate retry",
        "one<br>\n/gate retry",
        "<b>bold\n/gate retry",
        "<code>code</code>\n/gate retry",
        "<details>\nlog\n</details>\n\n/gate retry",
        "<https://example.com>\n/gate retry",
    ] {
        let expected = Ok(Command::Retry { what: Retry::All });
        assert_eq!(one(comment), expected, "{comment}");
    }
    let lines = parse("/gate hold `a` [b](c) *d* \\e &amp; <f>").unwrap();
    assert_eq!(lines[0].text, "hold `a` [b](c) *d* \\e &amp; <f>");
}

#[test]
fn a_reason_that_nobody_can_see_is_none() {
    for nothing in [
        "\u{200b}\u{2060}",
        "\u{2800}",
        "\u{e0041}\u{e007f}",
        "\u{3164}",
        "<!-- x -->",
    ] {
        let held = one(&format!("/gate hold {nothing}"));
        assert_eq!(held, Ok(Command::Hold { reason: None }), "{nothing:?}");
        let given = one(&format!("/gate skip-tests: {nothing}"));
        assert_eq!(given, Ok(flags("[skip-tests]")), "{nothing:?}");
        let in_title = Flags::parse(&format!("[skip-tests: {nothing}]"));
        assert!(in_title.reasons.is_empty(), "{nothing:?}");
    }
}

#[test]
fn several_lines_are_several_commands_in_their_order() {
    let lines = parse("Both:\n/gate retry\nand\n/gate hold\n/gate nonsense").unwrap();
    let names: Vec<_> = lines
        .iter()
        .map(|line| line.command.as_ref().map(Command::name).ok())
        .collect();
    assert_eq!(names, [Some(Name::Retry), Some(Name::Hold), None]);
}

#[test]
fn refuses_what_it_does_not_know_and_names_the_nearest() {
    let unknown = |word: &str, nearest| {
        Err(Unclear::Unknown {
            word: word.to_owned(),
            nearest,
        })
    };
    let no_size = |word: &str| {
        Err(Unclear::NoSize {
            word: word.to_owned(),
        })
    };
    let table = [
        ("/gate retyr", unknown("retyr", Some("retry"))),
        ("/gate skiptests", unknown("skiptests", Some("skip-tests"))),
        ("/gate merge now", unknown("merge", None)),
        ("/gate 👍", unknown("👍", None)),
        (
            "/gate stop it",
            Err(Unclear::Superfluous {
                command: Name::Stop,
            }),
        ),
        (
            "/gate retry web docs",
            Err(Unclear::Superfluous {
                command: Name::Retry,
            }),
        ),
        (
            "/gate allow skip-test",
            Err(Unclear::NoFlag {
                word: "skip-test".to_owned(),
                nearest: Some(Flag::SkipTests),
            }),
        ),
        (
            "/gate allow",
            Err(Unclear::NoFlag {
                word: String::new(),
                nearest: None,
            }),
        ),
        ("/gate compute=huge", no_size("huge")),
        ("/gate COMPUTE = Huge: it is slow", no_size("Huge")),
        ("/gate allow compute=huge", no_size("huge")),
        (
            "/gate compute=",
            Err(Unclear::BadFlag {
                flag: Flag::Compute,
            }),
        ),
        ("/gate only", Err(Unclear::BadFlag { flag: Flag::Only })),
    ];
    for (line, expected) in table {
        assert_eq!(one(line), expected, "{line}");
    }
}

#[test]
fn refuses_a_line_of_five_thousand_arguments_and_a_comment_full_of_commands() {
    let long = format!("/gate retry{}", " x".repeat(5_000));
    assert_eq!(one(&long), Err(Unclear::TooLong));
    assert!(parse(&long).unwrap()[0].text.chars().count() <= LONGEST_LINE);
    let many = "/gate retry\n".repeat(853);
    assert_eq!(parse(&many), Err(TooMany { found: 853 }));
    assert_eq!(parse(&"/gate help\n".repeat(MOST)).unwrap().len(), MOST);
}
