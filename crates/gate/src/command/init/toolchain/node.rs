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
    for name in &scripts {
        if *name != "test" {
            steps.push(run(format!("{program} run {name}")));
            continue;
        }
        let reported = junit(script(&package, "test").unwrap_or_default());
        if reported.is_some() {
            recipe.reports.push(report("unit", "junit.xml"));
        }
        let Junit {
            tool,
            options,
            environment,
        } = reported.unwrap_or_default();
        steps.extend(tool.map(|tool| run(add(program, tool))));
        let options = match (options.as_str(), program) {
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
        steps.push(test(format!(
            "{environment}{program} {test_script}{options}"
        )));
    }
    let mut what = Vec::new();
    if !scripts.is_empty() {
        what.push(format!("its scripts {}", scripts.join(", ")));
    }
    let everywhere = in_all_packages(folder, &package, &scripts);
    if !everywhere.is_empty() {
        what.push(format!(
            "`{}` of all its packages",
            everywhere.join("` and `")
        ));
    }
    for name in everywhere {
        let command = everywhere_by(flavour(folder, &package, program), name);
        steps.push(if name == "test" {
            test(command)
        } else {
            run(command)
        });
    }
    if !what.is_empty() {
        recipe.what = format!("{}, by {program}", what.join(" and "));
        recipe.steps = steps;
    }
    Some(recipe)
}

/// Scripts to be run in all packages of a workspace: those that its root does not have, as one that it has says how all are built or
/// tested. Bun fails where no package has the script.
fn in_all_packages(folder: &Folder<'_>, root: &Value, of_root: &[&str]) -> Vec<&'static str> {
    if !has_workspaces(folder) || of_root.contains(&"test") {
        return Vec::new();
    }
    let packages: Vec<Value> = folder
        .files()
        .filter(|file| file.ends_with("/package.json") && !file.contains("node_modules/"))
        .filter_map(|file| serde_json::from_str(&folder.read(file)?).ok())
        .collect();
    let any_has = |name: &&str| {
        packages
            .iter()
            .any(|package| script(package, name).is_some())
    };
    ["build", "test"]
        .into_iter()
        .filter(|name| script(root, name).is_none() && any_has(name))
        .collect()
}

/// The package manager, and whether it is the yarn that still lives in `node_modules`.
fn flavour(folder: &Folder<'_>, package: &Value, program: &'static str) -> &'static str {
    let named = package["packageManager"].as_str().unwrap_or_default();
    let version = named.strip_prefix("yarn@");
    let is_classic = match version {
        Some(version) => version.split('.').next() == Some("1"),
        None => !folder.has(".yarnrc.yml"),
    };
    if program == "yarn" && is_classic {
        "yarn 1"
    } else {
        program
    }
}

/// Runs a script in each package that has it.
fn everywhere_by(flavour: &str, script: &str) -> String {
    match flavour {
        "pnpm" => format!("pnpm --recursive run --if-present {script}"),
        "bun" => format!("bun run --filter '*' {script}"),
        "yarn" if script == "build" => {
            "yarn workspaces foreach --all --topological-dev run build".to_owned()
        }
        "yarn" => format!("yarn workspaces foreach --all run {script}"),
        // The first yarn fails at each package without the script; npm reads the same `workspaces`.
        _ => format!("npm run {script} --workspaces --if-present"),
    }
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
    /// After the script.
    options: String,
    /// Before the command, with a space at its end.
    environment: String,
}

/// By the runner that a script calls, if that is all it does; nothing for one that is not known.
fn junit(script: &str) -> Option<Junit> {
    let script = script.trim();
    if script.contains(['&', '|', ';', '>', '<', '`', '$']) {
        return None;
    }
    let words: Vec<&str> = script.split_whitespace().collect();
    // What comes after these is no option of the runner.
    if words.contains(&"--") {
        return None;
    }
    let with = |options: &str| Junit {
        options: options.to_owned(),
        ..Junit::default()
    };
    Some(match words.as_slice() {
        ["node", "--test", rest @ ..] => Junit {
            environment: node_options(rest)?,
            ..Junit::default()
        },
        ["vitest", rest @ ..] if !rest.contains(&"watch") => {
            with("--run --reporter=default --reporter=junit --outputFile=junit.xml")
        }
        ["jest", ..] => Junit {
            tool: Some(JEST_JUNIT),
            environment: "JEST_JUNIT_OUTPUT_FILE=junit.xml ".to_owned(),
            ..with("--ci --reporters=default --reporters=jest-junit")
        },
        ["mocha", ..] => with("--reporter xunit --reporter-option output=junit.xml"),
        ["bun", "test", ..] => with("--reporter=junit --reporter-outfile=junit.xml"),
        _ => return None,
    })
}

/// Reporters for `node --test` with these words. Node takes no options after files, so they go into its environment, whose options
/// come first; and it wants a destination for each reporter, the script's own among them, once it has one for any.
fn node_options(words: &[&str]) -> Option<String> {
    const JUNIT: &str = "--test-reporter=junit --test-reporter-destination=junit.xml";
    const SHOWN: &str = "--test-reporter-destination=stdout";
    let count = |option: &str| {
        let is_it = |word: &&&str| {
            let rest = word.strip_prefix(option);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
        };
        words.iter().filter(is_it).count()
    };
    let own = count("--test-reporter");
    let options = match (own, count("--test-reporter-destination")) {
        (0, 0) => format!("--test-reporter=spec {SHOWN} {JUNIT}"),
        (1, 0) => format!("{JUNIT} {SHOWN}"),
        (own, destinations) if own == destinations => JUNIT.to_owned(),
        _ => return None,
    };
    Some(format!("NODE_OPTIONS=\"$NODE_OPTIONS {options}\" "))
}

/// Adds a package for this build alone.
fn add(program: &str, package: &str) -> String {
    match program {
        "npm" => format!("npm install --no-save {package}"),
        "yarn" => format!("yarn add --dev {package}"),
        program => format!("{program} add --dev {package}"),
    }
}
