//! package.json and its scripts, by npm, yarn or pnpm.

use serde_json::Value;

use super::{Recipe, Step, report, run, test};
use crate::command::init::tree::Folder;

/// Scripts that are run, in this order, under the names that people give them.
const SCRIPTS: [&str; 5] = ["lint", "typecheck", "type-check", "build", "test"];

pub(super) fn node(folder: &Folder<'_>) -> Option<Recipe> {
    let package = package(folder)?;
    if folder.above().any(|above| has_workspaces(&above)) {
        return None;
    }
    let scripts: Vec<&str> = SCRIPTS
        .into_iter()
        .filter(|name| script(&package, name).is_some())
        .collect();
    let mut recipe = Recipe {
        manifest: folder.join("package.json"),
        what: format!("no script called {}: nothing is run", SCRIPTS.join(", ")),
        ..Recipe::default()
    };
    let (program, mut steps) = install(folder, &package);
    let everywhere = scripts.is_empty() && has_workspaces(folder) && program == "npm";
    if everywhere {
        steps.push(run("npm run build --workspaces --if-present"));
        steps.push(test("npm test --workspaces --if-present"));
        recipe.what = String::from("`build` and `test` of all its workspaces, by npm");
    }
    for name in &scripts {
        if *name != "test" {
            steps.push(run(format!("{program} run {name}")));
            continue;
        }
        let (options, reports) = junit(program, script(&package, "test").unwrap_or_default());
        recipe
            .reports
            .extend(reports.map(|file| report("unit", file)));
        steps.push(test(format!("{program} test{options}")));
    }
    if !scripts.is_empty() {
        recipe.what = format!("its scripts {}, by {program}", scripts.join(", "));
    }
    if everywhere || !scripts.is_empty() {
        recipe.steps = steps;
    }
    Some(recipe)
}

fn package(folder: &Folder<'_>) -> Option<Value> {
    serde_json::from_str(&folder.read("package.json")?).ok()
}

fn has_workspaces(folder: &Folder<'_>) -> bool {
    folder.has("pnpm-workspace.yaml")
        || package(folder).is_some_and(|package| !package["workspaces"].is_null())
}

/// A script that does something: npm's own first one only complains.
fn script<'a>(package: &'a Value, name: &str) -> Option<&'a str> {
    let script = package["scripts"][name].as_str()?;
    (!script.contains("no test specified")).then_some(script)
}

/// The package manager, by its lock file, and how it installs.
fn install(folder: &Folder<'_>, package: &Value) -> (&'static str, Vec<Step>) {
    let needs = |kind: &str| {
        package[kind]
            .as_object()
            .is_some_and(|packages| !packages.is_empty())
    };
    if folder.has("pnpm-lock.yaml") {
        let steps = vec![
            run("corepack enable"),
            run("pnpm install --frozen-lockfile"),
        ];
        return ("pnpm", steps);
    }
    if folder.has("yarn.lock") {
        let how = if folder.has(".yarnrc.yml") {
            "--immutable"
        } else {
            "--frozen-lockfile"
        };
        let steps = vec![run("corepack enable"), run(format!("yarn install {how}"))];
        return ("yarn", steps);
    }
    let steps = if folder.has("package-lock.json") || folder.has("npm-shrinkwrap.json") {
        vec![run("npm ci")]
    } else if needs("dependencies") || needs("devDependencies") || has_workspaces(folder) {
        vec![run("npm install")]
    } else {
        Vec::new()
    };
    ("npm", steps)
}

/// Options by which the runner writes a report, and where.
fn junit(program: &str, script: &str) -> (&'static str, Option<&'static str>) {
    if program != "npm" {
        return ("", None);
    }
    match script.trim() {
        "node --test" => (
            " -- --test-reporter=spec --test-reporter-destination=stdout \
             --test-reporter=junit --test-reporter-destination=junit.xml",
            Some("junit.xml"),
        ),
        "vitest run" => (
            " -- --reporter=default --reporter=junit --outputFile=junit.xml",
            Some("junit.xml"),
        ),
        _ => ("", None),
    }
}
