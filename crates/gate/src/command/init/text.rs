//! The files as they are written.

use std::fmt::Write as _;

use gate_core::{buildspec, rules::PATH};

use super::{
    needs::LONGEST_PLACE,
    proposal::{Check, Proposal, Proposed, Runs},
    toolchain::{Report, Step},
};

/// `gate.toml`. Names and paths are plain: see [`super::tree::Folder::is_plain`].
pub(super) fn gate_toml(proposal: &Proposal) -> String {
    let mut text = format!(
        "# What a pull request has to pass before Mergegate approves it: {PATH} as it stands on the destination branch.\n\
         # A first draft by `gate init`, told from the names of files. `gate config check` tells what is wrong with it.\n"
    );
    for check in &proposal.checks {
        text.push('\n');
        text.push_str(&check_table(check));
    }
    text
}

fn check_table(check: &Check) -> String {
    let Check {
        name,
        runs,
        folder,
        needs,
    } = check;
    let mut text = format!("[[check]]\nname = \"{name}\"\n");
    match runs {
        Runs::Buildspec(path) if path == buildspec::PATH => {}
        Runs::Buildspec(path) => {
            let _ = writeln!(text, "buildspec = \"{path}\"");
        }
        Runs::Image { required } => {
            let here = if folder.is_empty() { "." } else { folder };
            let _ = writeln!(
                text,
                "inline = '{{version: 0.2, phases: {{build: {{commands: [docker build {here}]}}}}}}'\n\
                 privileged = true # Docker needs it"
            );
            if !required {
                text.push_str("required = false # until you have seen it pass\n");
            }
        }
    }
    if !folder.is_empty() && !needs.everything && folder.len() <= LONGEST_PLACE {
        let mut paths = vec![format!("\"{folder}/**\"")];
        paths.extend(needs.paths.iter().map(|path| format!("\"{path}\"")));
        let why = if needs.paths.is_empty() {
            "run it only if something here changed"
        } else {
            "run it only if something here, or what it needs, changed"
        };
        let _ = writeln!(text, "paths = [{}] # {why}", paths.join(", "));
    }
    text
}

/// A buildspec, with its path.
pub(super) fn buildspec(proposed: &Proposed) -> (String, String) {
    let mut text = String::from(
        "# A first draft by `gate init`. The tools are those of the image; `phases.install.runtime-versions` picks others.\n\
         version: 0.2\n\nphases:\n  build:\n    commands:\n",
    );
    if !proposed.folder.is_empty() {
        let _ = writeln!(text, "      - cd {}", proposed.folder);
    }
    for step in proposed.recipes.iter().flat_map(|recipe| &recipe.steps) {
        let _ = writeln!(text, "      - {}", scalar(&command(step)));
    }
    let reports = proposed.recipes.iter().flat_map(|recipe| &recipe.reports);
    let reports: Vec<_> = reports.collect();
    if !reports.is_empty() {
        text.push_str("\nreports:\n");
    }
    for (
        number,
        Report {
            files,
            what,
            format,
        },
    ) in reports.iter().enumerate()
    {
        let folder = match proposed.folder.as_str() {
            "" => String::new(),
            folder => format!("{folder}/"),
        };
        let name = match number {
            0 => what.to_string(),
            _ => format!("{what}-{}", number + 1),
        };
        let _ = writeln!(
            text,
            "  {name}:\n    files:\n      - {}\n    file-format: {format}",
            scalar(&format!("{folder}{files}"))
        );
    }
    (proposed.path.clone(), text)
}

/// `[skip-tests]` in a title is for the build to obey.
fn command(step: &Step) -> String {
    match step {
        Step::Do(command) => command.clone(),
        Step::Test(command) => format!("test \"$MERGEGATE_SKIP_TESTS\" = true || {command}"),
    }
}

/// A text as YAML reads it back.
fn scalar(text: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || " _./=-".contains(character);
    if text.chars().all(plain) && text.starts_with(|first: char| first.is_ascii_alphanumeric()) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "''"))
    }
}
