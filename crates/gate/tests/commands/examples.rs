//! The projects of `examples/`, one for each kind that `gate init` knows: it writes rules for a copy, these are usable and green, and
//! `failing.patch` is refused by the names of the tests that it breaks.
//!
//! What cannot be built on this machine gets its rules all the same, and it is said that it was not built.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::support::{Place, Said};

/// A project of `examples/`.
struct Example {
    name: &'static str,
    /// Commands that succeed in the project where it can be built; those that fetch something come after those that look for a tool.
    needs: &'static [&'static str],
    /// Tests, as the page with all results calls them.
    tests: &'static [&'static str],
    /// Tests that `failing.patch` breaks, as the comment calls them.
    broken: &'static [&'static str],
}

const EXAMPLES: [Example; 17] = [
    Example {
        name: "bun",
        needs: &["bun --version"],
        tests: &["plain fields stay as they are"],
        broken: &["every quote within a field is doubled"],
    },
    Example {
        name: "cmake",
        needs: &["cmake --version", "ctest --version", "cc --version"],
        tests: &["empty_text", "plain_letters"],
        broken: &["letters_of_several_bytes"],
    },
    Example {
        name: "deno",
        needs: &["deno --version"],
        tests: &["a duration of one part"],
        broken: &["a number without a unit is no duration"],
    },
    Example {
        name: "dotnet",
        needs: &["dotnet --version", "dotnet restore"],
        tests: &["PartsOfACentAreRounded"],
        broken: &["HalfACentIsRoundedUp"],
    },
    Example {
        name: "go",
        needs: &[
            "go version",
            "gotestsum --version || go list -m gotest.tools/gotestsum@v1.13.0",
        ],
        tests: &["TestNothingTakesNoTime"],
        broken: &["TestBegunMinutesCountInFull"],
    },
    Example {
        name: "gradle",
        needs: &[
            "gradle --version",
            "GRADLE_USER_HOME=\"$HOME/.gradle\" gradle --no-daemon --quiet compileTestJava",
        ],
        tests: &["partsAreComparedAsNumbers"],
        broken: &["missingPartsAreZero"],
    },
    Example {
        name: "maven",
        needs: &[
            "mvn --version",
            "mvn --batch-mode --quiet -Dmaven.repo.local=\"$HOME/.m2/repository\" clean",
        ],
        tests: &["theFirstMinuteIsOpen"],
        broken: &["nobodyIsLetInAtClosingTime"],
    },
    Example {
        name: "monorepo",
        needs: &[
            "node --version",
            "python3 -m pip download --quiet --no-deps pytest",
        ],
        tests: &[
            "cents have two digits",
            "amounts stand below each other",
            "test_nothing_is_delivered_on_a_sunday",
        ],
        broken: &[
            "the total of a cart has its cents",
            "amounts stand below each other",
        ],
    },
    Example {
        name: "node-test",
        needs: &[],
        tests: &["accepts a long sentence"],
        broken: &["does not count attempts while it is locked"],
    },
    Example {
        name: "php",
        needs: &["php --version", "composer install --no-interaction"],
        tests: &["testAShortTextIsLeftAsItIs"],
        broken: &["testCharactersCountAndNotBytes"],
    },
    Example {
        name: "pnpm",
        needs: &["corepack --version", "corepack pnpm fetch"],
        tests: &["shows a single page once"],
        broken: &["is in the order of the pages from the tenth on"],
    },
    Example {
        name: "python-pytest",
        needs: &["python3 -m pip download --quiet --no-deps pytest"],
        tests: &["test_the_longer_side_fits[size0-expected0]"],
        broken: &["test_a_small_picture_is_not_enlarged"],
    },
    Example {
        name: "python-unittest",
        needs: &[],
        tests: &["test_a_reduced_line_costs_less"],
        broken: &["test_a_bill_is_printed_in_columns"],
    },
    Example {
        name: "ruby",
        needs: &["bundle --version", "bundle lock"],
        tests: &["takes a number of this country"],
        broken: &["takes a number of another country in both notations"],
    },
    Example {
        name: "rust",
        needs: &["cargo-nextest --version"],
        tests: &["a_card_is_a_letter_of_the_first_tier"],
        broken: &["the_heaviest_letter_of_a_tier_belongs_to_it"],
    },
    Example {
        name: "shell",
        needs: &[],
        tests: &["test_a_title_becomes_a_slug"],
        broken: &["test_the_newest_version_is_the_first_heading"],
    },
    Example {
        name: "yarn",
        needs: &["corepack --version", "corepack yarn --version"],
        tests: &["has a singular"],
        broken: &["counts whole units alone"],
    },
];

macro_rules! each_holds {
    ($($test:ident: $name:literal),* $(,)?) => {
        $(#[test] fn $test() { holds($name); })*

        #[test]
        fn every_example_is_among_these_and_in_the_table_of_their_readme() {
            let folders = fs::read_dir(examples()).unwrap().map(|entry| entry.unwrap());
            let folders: BTreeSet<String> = folders
                .filter(|entry| entry.path().is_dir())
                .map(|entry| entry.file_name().into_string().unwrap())
                .collect();
            assert_eq!(folders, BTreeSet::from([$($name.to_owned()),*]));
            let readme = fs::read_to_string(examples().join("README.md")).unwrap();
            for name in folders {
                assert!(readme.contains(&format!("| [{name}]({name}) |")), "{name}");
            }
        }
    };
}

each_holds! {
    bun: "bun",
    cmake: "cmake",
    deno: "deno",
    dotnet: "dotnet",
    go: "go",
    gradle: "gradle",
    maven: "maven",
    monorepo: "monorepo",
    node_test: "node-test",
    php: "php",
    pnpm: "pnpm",
    python_pytest: "python-pytest",
    python_unittest: "python-unittest",
    ruby: "ruby",
    rust: "rust",
    shell: "shell",
    yarn: "yarn",
}

/// The rules that are written for an example are usable; where it can be built it is green by them, and its mistake is refused.
fn holds(name: &str) {
    let example = EXAMPLES
        .iter()
        .find(|example| example.name == name)
        .unwrap();
    let place = with_rules(name);
    if !can_be_built(&place, example) {
        return;
    }
    let page = page_of_green(&place);
    for test in example.tests.iter().chain(example.broken) {
        assert!(page.contains(test), "`{test}` is on no page: {page}");
    }
    place.git(
        "repo",
        &["switch", "--quiet", "--create", "mistake", "main"],
    );
    place.git("repo", &["apply", "failing.patch"]);
    place.commit("repo", &[], "Make a mistake");
    let said = gate(&place, &["check", "--repo", "repo"]);
    let all = format!("{}\n{}", said.stdout, said.stderr);
    assert_eq!(said.code, 1, "{all}");
    for test in example.broken {
        assert!(said.stdout.contains(test), "`{test}` is not named: {all}");
    }
    place.assert_clean();
}

/// The rules of the example come with the branch `rules`, are green, and are merged.
fn page_of_green(place: &Place) -> String {
    let said = gate(place, &["check", "--repo", "repo", "--html", "page.html"]);
    assert_eq!(said.code, 0, "{}\n{}", said.stdout, said.stderr);
    place.git("repo", &["switch", "--quiet", "main"]);
    place.git("repo", &["merge", "--quiet", "rules"]);
    fs::read_to_string(place.path("page.html")).unwrap()
}

/// A copy of an example with what `gate init` writes for it, on the branch `rules`.
fn with_rules(name: &str) -> Place {
    let place = Place::new();
    copy(name, &place.path("repo"));
    place.repository("repo", &[]);
    let said = place.gate(&["init", "--repo", "repo"]);
    assert_eq!(
        (said.code, said.stdout.as_str()),
        (0, ""),
        "{}",
        said.stderr
    );
    place.git("repo", &["switch", "--quiet", "--create", "rules"]);
    place.commit("repo", &[], "Add rules");
    let rules = place.path("repo").join("gate.toml");
    let said = place.gate(&["config", "check", rules.to_str().unwrap()]);
    assert_eq!((said.code, said.stderr.as_str()), (0, ""));
    place
}

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples")
}

fn copy(name: &str, to: &Path) {
    let mut copy = Command::new("cp");
    copy.arg("-R").arg(examples().join(name)).arg(to);
    assert!(copy.status().unwrap().success());
}

/// Whether what an example needs is there; what is not is said past the test's own output, which nobody reads when it passes.
fn can_be_built(place: &Place, example: &Example) -> bool {
    let probe = place.path("probe");
    copy(example.name, &probe);
    let lacking = example.needs.iter().find(|command| {
        let mut shell = place.command_of("sh", &["-c", command]);
        let shell = as_a_user(&mut shell);
        let output = shell.current_dir(&probe).env("TMPDIR", &probe).output();
        !output.unwrap().status.success()
    });
    if let Some(command) = lacking {
        let name = example.name;
        let line = format!("!! NOT BUILT: examples/{name}: `{command}` fails on this machine\n");
        io::stderr().write_all(line.as_bytes()).unwrap();
    }
    lacking.is_none()
}

fn gate(place: &Place, arguments: &[&str]) -> Said {
    let mut command = place.command(arguments);
    as_a_user(&mut command).output().unwrap().into()
}

/// With the toolchains and the certificates of whoever runs the tests.
fn as_a_user(command: &mut Command) -> &mut Command {
    const VARIABLES: [&str; 8] = [
        "CARGO_HOME",
        "RUSTUP_HOME",
        "JAVA_HOME",
        "SSL_CERT_FILE",
        "NODE_EXTRA_CA_CERTS",
        "PIP_CERT",
        "HTTPS_PROXY",
        "NO_PROXY",
    ];
    for name in VARIABLES {
        command.envs(std::env::var_os(name).map(|value| (name, value)));
    }
    let home = std::env::home_dir().unwrap_or_default();
    for (name, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
        let usual = home.join(folder);
        if std::env::var_os(name).is_none() && usual.is_dir() {
            command.env(name, usual);
        }
    }
    command
}

/// Gates `main` with this change; which checks were built, and whether it is approved.
fn gated(place: &Place, file: &str, old: &str, new: &str) -> (Vec<String>, bool) {
    place.git("repo", &["switch", "--quiet", "--create", "change", "main"]);
    let text = fs::read_to_string(place.path("repo").join(file)).unwrap();
    assert!(text.contains(old), "{file}: {text}");
    place.commit("repo", &[(file, &text.replace(old, new))], "Change it");
    let said = gate(place, &["check", "--repo", "repo", "--json"]);
    place.git("repo", &["switch", "--quiet", "main"]);
    place.git("repo", &["branch", "--quiet", "-D", "change"]);
    let object: Value = serde_json::from_str(&said.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", said.stderr));
    let checks = object["checks"].as_array().unwrap();
    let names = checks
        .iter()
        .map(|check| check["name"].as_str().unwrap().to_owned());
    let mut names: Vec<String> = names.collect();
    names.sort();
    assert_eq!(said.code == 0, object["verdict"] == "approve", "{object}");
    (names, said.code == 0)
}

#[test]
fn a_package_is_tested_alone_and_a_library_with_all_that_depend_on_it() {
    let place = with_rules("monorepo");
    place.git("repo", &["switch", "--quiet", "main"]);
    place.git("repo", &["merge", "--quiet", "rules"]);
    let cart = gated(&place, "cart/cart.js", "Your cart is empty", "No items");
    assert_eq!(cart, (vec!["cart".to_owned()], false));
    let library = gated(&place, "money/money.js", "// Amounts", "// Sums");
    let tested = ["cart", "invoice", "money"].map(str::to_owned);
    assert_eq!(library, (tested.to_vec(), true));
}

#[test]
fn a_library_in_python_that_breaks_is_refused_for_the_package_that_depends_on_it() {
    let example = EXAMPLES.iter().find(|example| example.name == "monorepo");
    let place = with_rules("monorepo");
    if !can_be_built(&place, example.unwrap()) {
        return;
    }
    place.git("repo", &["switch", "--quiet", "main"]);
    place.git("repo", &["merge", "--quiet", "rules"]);
    let file = "workdays/workdays/__init__.py";
    let library = gated(&place, file, "day.weekday() < 5", "day.weekday() < 7");
    let tested = ["delivery", "workdays"].map(str::to_owned);
    assert_eq!(library, (tested.to_vec(), false));
}
