//! What is said of flags: where they come from, and what a mistyped one ought to have been.

use super::*;
use crate::{
    conversation::Given,
    id::CheckName,
    plan::{NoBuild, Note},
    title::{Flag, Flags},
};

const ANN: &str = "arn:aws:iam::000000000000:user/ann";

/// The flags of a title and those that Ann gave by command.
fn flags(title: &str, given: &str) -> Flags {
    let mut flags = Flags::parse(title);
    let given = Given {
        by: ANN.to_owned(),
        flags: Flags::parse(given),
    };
    flags.give(&given.flags, &given.by);
    flags
}

/// The comment of a passed check under these flags.
fn passed_under(flags: Flags, notes: Vec<Note>) -> String {
    let plan = Plan {
        flags,
        notes,
        ..plan_with("", &[])
    };
    let results = [result(&plan, Some(build(BuildStatus::Succeeded)), vec![])];
    comment(&plan, &results)
}

#[test]
fn a_size_that_there_is_not_is_named_with_those_there_are() {
    let text = passed_under(Flags::parse("[compute=huge] [compute] [only=] x"), vec![]);
    for line in [
        "- `[compute=huge]` in the title does nothing: there is no size `huge`. There are `small`, `medium`, `large`, `xlarge`.\n",
        "- `[compute]` in the title is no flag that this gate knows, did you mean `[compute=large]`?\n",
        "- `[only=]` in the title is no flag that this gate knows, did you mean `[only=build]`?\n",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

#[test]
fn a_check_that_there_is_not_is_named_with_those_there_are_and_where_it_was_asked_for() {
    let note = || Note::NoSuchCheck {
        name: "biuld".to_owned(),
        known: vec![CheckName::new("build"), CheckName::new("docs")],
    };
    let words = "but there is no check `biuld`; did you mean `build`? There are `build`, `docs`.\n";
    for (title, given, origin) in [
        ("[only=biuld]", "", "is in the title"),
        ("", "[only=biuld]", "was given by `user/ann`"),
        (
            "[only=biuld]",
            "[only=build]",
            "is in the title and was given by `user/ann`",
        ),
    ] {
        let text = passed_under(flags(title, given), vec![note()]);
        let line = format!("- `[only=biuld]` {origin}, {words}");
        assert!(text.contains(&line), "{line}\n{text}");
    }
}

#[test]
fn what_a_command_skipped_is_not_said_to_be_in_the_title() {
    for (title, given, how) in [
        (
            "[skip-ci]",
            "",
            "take the flag out of the title and write `/gate retry`, or push.",
        ),
        (
            "",
            "[skip-ci]",
            "push: the flag counts for this revision alone.",
        ),
        (
            "[skip-ci]",
            "[skip-ci]",
            "take the flag out of the title and push.",
        ),
    ] {
        let plan = Plan::none(flags(title, given), NoBuild::SkipCi);
        let text = comment(&plan, &[]);
        let words = format!("Nothing was built. To have it tested, {how}\n");
        assert!(text.contains(&words), "{text}");
        assert_eq!(text.contains("title"), !title.is_empty(), "{text}");
    }
    let all = Flags::parse("[skip-tests] [only=build] [container] [no-cache] [compute=large]");
    let mut given = Flags::default();
    given.give(&all, ANN);
    let text = passed_under(given, vec![]);
    assert!(!text.contains("title"), "{text}");
    for flag in Flag::ALL.iter().filter(|flag| **flag != Flag::SkipCi) {
        assert!(text.contains(&format!("- `[{}", flag.name())), "{text}");
    }
}
