//! .NET: a solution, or the one project of a folder.

use super::{Recipe, Report, run, test};
use crate::command::init::tree::Folder;

const PROJECTS: [&str; 3] = [".csproj", ".fsproj", ".vbproj"];
const SOLUTIONS: [&str; 2] = [".sln", ".slnx"];

pub(super) fn dotnet(folder: &Folder<'_>) -> Option<Recipe> {
    let manifest = one_of(folder, &SOLUTIONS).or_else(|| one_of(folder, &PROJECTS))?;
    // A solution above builds its projects.
    if folder
        .above()
        .any(|above| one_of(&above, &SOLUTIONS).is_some())
    {
        return None;
    }
    let mut recipe = Recipe {
        manifest: folder.join(manifest),
        what: "`dotnet build`; no test, as no project names a test SDK".to_owned(),
        steps: vec![run("dotnet build --nologo")],
        ..Recipe::default()
    };
    if has_tests(folder) {
        recipe.what = String::from("`dotnet build` and `dotnet test`");
        recipe.steps.push(test(
            "dotnet test --nologo --no-build --logger trx --results-directory TestResults",
        ));
        recipe.reports.push(Report {
            files: "TestResults/**/*.trx".to_owned(),
            what: "unit",
            format: "VISUALSTUDIOTRX",
        });
    }
    Some(recipe)
}

/// The only file of the folder itself with one of these endings; with several, `dotnet` would not know which is meant.
fn one_of<'a>(folder: &Folder<'a>, endings: &[&str]) -> Option<&'a str> {
    let is_here =
        |file: &&str| !file.contains('/') && endings.iter().any(|ending| file.ends_with(ending));
    let mut found = folder.files().filter(is_here);
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

fn has_tests(folder: &Folder<'_>) -> bool {
    let mut projects = folder
        .files()
        .filter(|file| PROJECTS.iter().any(|ending| file.ends_with(ending)));
    projects.any(|file| {
        let text = folder.read(file).unwrap_or_default();
        ["Microsoft.NET.Test.Sdk", "MSTest.Sdk", "IsTestProject"]
            .iter()
            .any(|sdk| text.contains(sdk))
    })
}
