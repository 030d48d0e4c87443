//! How projects of well-known kinds are tested, told from the files they hold.

mod dotnet;
mod node;
mod others;
mod python;
mod scripting;

use super::tree::Folder;

/// How one kind of project is built and tested in its folder.
#[derive(Debug, Default)]
pub(super) struct Recipe {
    /// The file that tells, from the repository's root.
    pub(super) manifest: String,
    /// What is made of it, for people.
    pub(super) what: String,
    /// In order; empty if the file tells nothing that can be run.
    pub(super) steps: Vec<Step>,
    /// What the tests write, from the folder.
    pub(super) reports: Vec<Report>,
    /// Whether it is a Docker image, which is a check of its own.
    pub(super) is_image: bool,
}

/// One command.
#[derive(Debug)]
pub(super) enum Step {
    /// Always.
    Do(String),
    /// Unless tests are skipped.
    Test(String),
}

/// Reports of one kind.
#[derive(Debug)]
pub(super) struct Report {
    /// A glob.
    pub(super) files: String,
    /// The report's name.
    pub(super) what: &'static str,
    /// CodeBuild's word for the format.
    pub(super) format: &'static str,
}

fn run(command: impl Into<String>) -> Step {
    Step::Do(command.into())
}

fn test(command: impl Into<String>) -> Step {
    Step::Test(command.into())
}

fn report(what: &'static str, files: impl Into<String>) -> Report {
    Report {
        files: files.into(),
        what,
        format: "JUNITXML",
    }
}

/// What the files of a folder tell. A project that a larger one above it builds along has none.
pub(super) fn recipes(folder: &Folder<'_>) -> Vec<Recipe> {
    let known: [fn(&Folder<'_>) -> Option<Recipe>; 11] = [
        others::cargo,
        node::node,
        scripting::deno,
        python::python,
        scripting::ruby,
        scripting::php,
        dotnet::dotnet,
        others::go,
        others::maven,
        others::gradle,
        others::cmake,
    ];
    let mut recipes: Vec<Recipe> = known.iter().filter_map(|of| of(folder)).collect();
    // A team's own word for its tests, where nothing says it better.
    if recipes.is_empty() {
        recipes.extend(others::make(folder));
    }
    recipes.extend(others::docker(folder));
    recipes
}
