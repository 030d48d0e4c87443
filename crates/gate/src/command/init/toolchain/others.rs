//! Rust, Go, Maven, Gradle, CMake, make, Docker: one file tells, and one or two commands do it.

use toml::Table;

use super::{Recipe, report, run, test};
use crate::command::init::tree::Folder;

/// Names the tests of Rust. Its settings come from a file of the build, as the project has none for reports.
const NEXTEST: [&str; 4] = [
    "case \"$(uname -sm)\" in Darwin*) nextest=mac;; *aarch64) nextest=linux-arm;; *) nextest=linux;; esac",
    "command -v cargo-nextest || curl --proto '=https' --tlsv1.2 -LsSf \"https://get.nexte.st/latest/$nextest\" | tar zxf - -C \"$HOME/.cargo/bin\"",
    "mkdir -p target",
    "printf '[profile.default.junit]\\npath = \"junit.xml\"\\n' > target/nextest-junit.toml",
];

/// Names the tests of Go; a version, so that a new one changes nothing unasked.
const GOTESTSUM: [&str; 2] = [
    "export PATH=\"$HOME/go/bin:$PATH\"",
    "command -v gotestsum || GOBIN=\"$HOME/go/bin\" go install gotest.tools/gotestsum@v1.13.0",
];

/// CodeBuild's images have no Rust.
const RUST: &str = "command -v cargo || curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal";

pub(super) fn cargo(folder: &Folder<'_>) -> Option<Recipe> {
    let manifest = manifest(folder)?;
    if folder.above().any(|above| is_workspace(&above)) {
        return None;
    }
    let all = if manifest.contains_key("workspace") {
        " --workspace"
    } else {
        ""
    };
    let locked = if folder.has("Cargo.lock") {
        " --locked"
    } else {
        ""
    };
    let mut steps = vec![
        run("mkdir -p \"$HOME/.cargo/bin\""),
        run("export PATH=\"$HOME/.cargo/bin:$PATH\""),
        run(RUST),
    ];
    steps.extend(NEXTEST.map(run));
    steps.extend([
        run(format!("cargo build{all}{locked} --all-targets")),
        test(format!(
            "cargo nextest run{all}{locked} --no-tests=pass --tool-config-file \"mergegate:$PWD/target/nextest-junit.toml\""
        )),
    ]);
    // nextest runs no examples in documentation, and only a library has them.
    if folder.files().any(|file| file.ends_with("src/lib.rs")) {
        steps.push(test(format!("cargo test{all}{locked} --doc")));
    }
    Some(Recipe {
        manifest: folder.join("Cargo.toml"),
        what: format!("`cargo nextest run{all}{locked}`"),
        steps,
        reports: vec![report("unit", "target/nextest/default/junit.xml")],
        ..Recipe::default()
    })
}

fn manifest(folder: &Folder<'_>) -> Option<Table> {
    toml::from_str(&folder.read("Cargo.toml")?).ok()
}

fn is_workspace(folder: &Folder<'_>) -> bool {
    manifest(folder).is_some_and(|manifest| manifest.contains_key("workspace"))
}

pub(super) fn go(folder: &Folder<'_>) -> Option<Recipe> {
    if !folder.has("go.mod") {
        return None;
    }
    let mut steps = vec![run("go vet ./...")];
    steps.extend(GOTESTSUM.map(run));
    steps.push(test("gotestsum --junitfile junit.xml -- ./..."));
    Some(Recipe {
        manifest: folder.join("go.mod"),
        what: "`go vet` and `go test` of all its packages, by gotestsum".to_owned(),
        steps,
        reports: vec![report("unit", "junit.xml")],
        ..Recipe::default()
    })
}

pub(super) fn maven(folder: &Folder<'_>) -> Option<Recipe> {
    let built_above = |above: Folder<'_>| {
        let pom = above.read("pom.xml");
        pom.is_some_and(|pom| pom.contains("<modules>"))
    };
    if !folder.has("pom.xml") || folder.above().any(built_above) {
        return None;
    }
    let maven = wrapped(folder, "mvnw", "mvn");
    let reports = has_java_tests(folder).then(|| report("unit", "**/surefire-reports/TEST-*.xml"));
    Some(Recipe {
        manifest: folder.join("pom.xml"),
        what: format!("`{maven} verify`"),
        // Java asks the system for the user's folder, not HOME: without the option a build on a laptop would write there.
        steps: vec![
            run(format!(
                "{maven} --batch-mode -Dmaven.repo.local=\"$HOME/.m2/repository\" test-compile"
            )),
            test(format!(
                "{maven} --batch-mode -Dmaven.repo.local=\"$HOME/.m2/repository\" verify"
            )),
        ],
        reports: reports.into_iter().collect(),
        ..Recipe::default()
    })
}

pub(super) fn gradle(folder: &Folder<'_>) -> Option<Recipe> {
    const SETTINGS: [&str; 2] = ["settings.gradle", "settings.gradle.kts"];
    const BUILDS: [&str; 2] = ["build.gradle", "build.gradle.kts"];
    let manifest = BUILDS
        .into_iter()
        .chain(SETTINGS)
        .find(|name| folder.has(name))?;
    let built_above = |above: Folder<'_>| SETTINGS.iter().any(|name| above.has(name));
    if folder.above().any(built_above) {
        return None;
    }
    let gradle = wrapped(folder, "gradlew", "gradle");
    let reports = has_java_tests(folder).then(|| report("unit", "**/test-results/test/TEST-*.xml"));
    Some(Recipe {
        manifest: folder.join(manifest),
        what: format!("`{gradle} check`"),
        steps: vec![
            run("export GRADLE_USER_HOME=\"$HOME/.gradle\""),
            run(format!("{gradle} --console plain assemble")),
            test(format!("{gradle} --console plain check")),
        ],
        reports: reports.into_iter().collect(),
        ..Recipe::default()
    })
}

/// The project's own copy of a tool, if it has one.
fn wrapped(folder: &Folder<'_>, own: &str, installed: &str) -> String {
    if folder.has(own) {
        format!("sh ./{own}")
    } else {
        installed.to_owned()
    }
}

fn has_java_tests(folder: &Folder<'_>) -> bool {
    let mut files = folder.files();
    files.any(|file| file.starts_with("src/test/") || file.contains("/src/test/"))
}

pub(super) fn cmake(folder: &Folder<'_>) -> Option<Recipe> {
    const LISTS: &str = "CMakeLists.txt";
    let text = folder.read(LISTS)?;
    if folder.above().any(|above| above.has(LISTS)) {
        return None;
    }
    let mut recipe = Recipe {
        manifest: folder.join(LISTS),
        what: "a build by CMake; no test, as it names none".to_owned(),
        steps: vec![run("cmake -S . -B build"), run("cmake --build build")],
        ..Recipe::default()
    };
    let text = text.to_lowercase();
    if text.contains("enable_testing") || text.contains("include(ctest)") {
        recipe.what = String::from("a build by CMake and its tests by ctest");
        recipe.steps.push(test(
            "ctest --test-dir build --output-on-failure --output-junit junit.xml",
        ));
        recipe.reports.push(report("unit", "build/junit.xml"));
    }
    Some(recipe)
}

pub(super) fn make(folder: &Folder<'_>) -> Option<Recipe> {
    let (name, text) = ["Makefile", "GNUmakefile", "makefile"]
        .into_iter()
        .find_map(|name| Some((name, folder.read(name)?)))?;
    let has = |target: &&str| {
        let names = |line: &str| {
            let rest = line.strip_prefix(target).map(str::trim_start);
            rest.is_some_and(|rest| rest.starts_with(':') && !rest.starts_with(":="))
        };
        text.lines().any(names)
    };
    let target = ["check", "test"].into_iter().find(|target| has(target));
    let manifest = folder.join(name);
    Some(match target {
        Some(target) => Recipe {
            manifest,
            what: format!("`make {target}`"),
            steps: vec![test(format!("make {target}"))],
            ..Recipe::default()
        },
        None => Recipe {
            manifest,
            what: "no target called check or test: nothing is run".to_owned(),
            ..Recipe::default()
        },
    })
}

pub(super) fn docker(folder: &Folder<'_>) -> Option<Recipe> {
    folder.has("Dockerfile").then(|| Recipe {
        manifest: folder.join("Dockerfile"),
        what: "`docker build`, which is not required until you say so".to_owned(),
        is_image: true,
        ..Recipe::default()
    })
}
