//! package.json and its scripts, by npm, yarn, pnpm or Bun.

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
        let reported = junit(script(&package, "test").unwrap_or_default());
        if reported.is_some() {
            recipe.reports.push(report("unit", "junit.xml"));
        }
        let Junit { tool, options } = reported.unwrap_or_default();
        steps.extend(tool.map(|tool| run(add(program, tool))));
        let options = match (options, program) {
            ("", _) => String::new(),
            (options, "npm") => format!(" -- {options}"),
            (options, _) => format!(" {options}"),
        };
        // `bun test` is Bun's own runner, whatever the script says; `pnpm test` refuses options that it does not know.
        let test_script = if ["bun", "pnpm"].contains(&program) {
            "run test"
        } else {
            "test"
        };
        let environment = if tool == Some(JEST_JUNIT) {
            "JEST_JUNIT_OUTPUT_FILE=junit.xml "
        } else {
            ""
        };
        steps.push(test(format!(
            "{environment}{program} {test_script}{options}"
        )));
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

/// Files that only one package manager writes.
const LOCKS: [(&str, &str); 6] = [
    ("bun.lock", "bun"),
    ("bun.lockb", "bun"),
    ("pnpm-lock.yaml", "pnpm"),
    ("yarn.lock", "yarn"),
    ("package-lock.json", "npm"),
    ("npm-shrinkwrap.json", "npm"),
];

/// The package manager: by its lock file; without one, which is so where nothing is needed, by what names it.
fn manager(folder: &Folder<'_>, package: &Value) -> &'static str {
    if let Some((_, manager)) = LOCKS.into_iter().find(|(file, _)| folder.has(file)) {
        return manager;
    }
    let named = package["packageManager"].as_str().unwrap_or_default();
    let named = named.split('@').next().unwrap_or_default();
    let calls_bun = |name: &&str| script(package, name).is_some_and(|run| run.starts_with("bun "));
    match named {
        "pnpm" => "pnpm",
        "yarn" => "yarn",
        "bun" => "bun",
        _ if folder.has("bunfig.toml") || SCRIPTS.iter().any(calls_bun) => "bun",
        _ => "npm",
    }
}

/// The package manager, and how it installs.
fn install(folder: &Folder<'_>, package: &Value) -> (&'static str, Vec<Step>) {
    let needs = |kind: &str| {
        package[kind]
            .as_object()
            .is_some_and(|packages| !packages.is_empty())
    };
    let is_locked = LOCKS.iter().any(|(file, _)| folder.has(file));
    let needs_any = needs("dependencies") || needs("devDependencies") || has_workspaces(folder);
    let manager = manager(folder, package);
    let mut steps = if ["pnpm", "yarn"].contains(&manager) {
        corepack()
    } else {
        Vec::new()
    };
    if !is_locked && !needs_any {
        return (manager, steps);
    }
    let install = match (manager, is_locked) {
        ("npm", true) => "npm ci".to_owned(),
        ("yarn", true) if folder.has(".yarnrc.yml") => "yarn install --immutable".to_owned(),
        (manager, true) => format!("{manager} install --frozen-lockfile"),
        (manager, false) => format!("{manager} install"),
    };
    steps.push(run(install));
    (manager, steps)
}

/// yarn and pnpm of the version that package.json names. They are put below HOME, which a build on a laptop has of its own: by default
/// they would go beside the machine's node. From version 25 on, Node brings no Corepack.
fn corepack() -> Vec<Step> {
    vec![
        run("mkdir -p \"$HOME/.corepack\""),
        run("export PATH=\"$HOME/.corepack:$HOME/.corepack/node_modules/.bin:$PATH\""),
        run("command -v corepack || npm install --prefix \"$HOME/.corepack\" corepack"),
        run("corepack enable --install-directory \"$HOME/.corepack\""),
    ]
}

/// Jest's way to a JUnit report.
const JEST_JUNIT: &str = "jest-junit";

/// How a runner is brought to write `junit.xml`.
#[derive(Default)]
struct Junit {
    /// A package that it needs for that.
    tool: Option<&'static str>,
    options: &'static str,
}

/// By the runner that a script calls, if that is all it does; nothing for one that is not known.
fn junit(script: &str) -> Option<Junit> {
    let script = script.trim();
    if script.contains(['&', '|', ';', '>', '<', '`', '$']) {
        return None;
    }
    let words: Vec<&str> = script.split_whitespace().collect();
    let (tool, options) = match words.as_slice() {
        ["node", "--test", ..] => (
            None,
            "--test-reporter=spec --test-reporter-destination=stdout \
             --test-reporter=junit --test-reporter-destination=junit.xml",
        ),
        ["vitest", rest @ ..] if !rest.contains(&"watch") => (
            None,
            "--run --reporter=default --reporter=junit --outputFile=junit.xml",
        ),
        ["jest", ..] => (
            Some(JEST_JUNIT),
            "--ci --reporters=default --reporters=jest-junit",
        ),
        ["mocha", ..] => (None, "--reporter xunit --reporter-option output=junit.xml"),
        ["bun", "test", ..] => (None, "--reporter=junit --reporter-outfile=junit.xml"),
        _ => return None,
    };
    Some(Junit { tool, options })
}

/// Adds a package for this build alone.
fn add(program: &str, package: &str) -> String {
    match program {
        "npm" => format!("npm install --no-save {package}"),
        "yarn" => format!("yarn add --dev {package}"),
        program => format!("{program} add --dev {package}"),
    }
}
