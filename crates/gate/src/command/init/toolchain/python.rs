//! Python: pytest where anything names it, else unittest; packages from uv, Poetry, requirements or the project itself.

use toml::Table;

use super::{Recipe, Step, report, run, test};
use crate::command::init::tree::Folder;

const MANIFESTS: [&str; 4] = [
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "requirements.txt",
];
/// Lists of packages, the tests' own among them.
const REQUIREMENTS: [&str; 4] = [
    "requirements.txt",
    "requirements-dev.txt",
    "requirements-test.txt",
    "requirements/dev.txt",
];
/// Where a project that uses pytest says so.
const NAMES_PYTEST: [&str; 8] = [
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "tox.ini",
    "requirements.txt",
    "requirements-dev.txt",
    "requirements-test.txt",
    "requirements/dev.txt",
];

pub(super) fn python(folder: &Folder<'_>) -> Option<Recipe> {
    let manifest = MANIFESTS.into_iter().find(|name| folder.has(name));
    let tests: Vec<&str> = folder.files().filter(|file| is_test(file)).collect();
    // Without a manifest, the tests in `tests` or beside the code tell; those below another folder are that one's.
    let near = |file: &&str| !file.contains('/') || file.starts_with("tests/");
    let first = tests.iter().copied().find(|file| near(file));
    let manifest = folder.join(manifest.or(first)?);
    let is_inner = folder.above().any(|above| python_at(&above));
    if is_inner && !MANIFESTS.iter().any(|name| folder.has(name)) {
        return None;
    }
    if tests.is_empty() {
        return Some(Recipe {
            manifest,
            what: "no test is called test_*.py or *_test.py: nothing is run".to_owned(),
            ..Recipe::default()
        });
    }
    Some(tested(folder, manifest, &tests))
}

fn tested(folder: &Folder<'_>, manifest: String, tests: &[&str]) -> Recipe {
    let names_pytest = |name: &&str| {
        folder
            .read(name)
            .is_some_and(|text| text.contains("pytest"))
    };
    let uses_pytest = folder.has("pytest.ini")
        || tests.iter().any(|file| file.ends_with("conftest.py"))
        || NAMES_PYTEST.iter().any(names_pytest);
    let (mut steps, python) = install(folder, uses_pytest);
    if uses_pytest {
        steps.push(test(format!("{python} -m pytest --junitxml=junit.xml")));
        return Recipe {
            manifest,
            what: "its tests, by pytest".to_owned(),
            steps,
            reports: vec![report("unit", "junit.xml")],
            is_image: false,
        };
    }
    let place = if !tests.iter().all(|file| file.starts_with("tests/")) {
        ""
    } else if folder.has("tests/__init__.py") {
        " -s tests -t ."
    } else {
        " -s tests"
    };
    steps.push(test(format!("{python} -m unittest discover{place}")));
    Recipe {
        manifest,
        what: "its tests, by unittest".to_owned(),
        steps,
        ..Recipe::default()
    }
}

fn python_at(folder: &Folder<'_>) -> bool {
    let near = |file: &str| is_test(file) && (!file.contains('/') || file.starts_with("tests/"));
    MANIFESTS.iter().any(|name| folder.has(name)) || folder.files().any(near)
}

fn is_test(file: &str) -> bool {
    let name = file.rsplit('/').next().unwrap_or(file);
    let hidden = file.split('/').any(|part| part.starts_with('.'));
    let stem = name.strip_suffix(".py").filter(|_| !hidden);
    stem.is_some_and(|stem| {
        stem == "conftest" || stem.starts_with("test_") || stem.ends_with("_test")
    })
}

/// How packages get there, and the Python that has them. A folder of its own: on many machines the system's Python takes none.
fn install(folder: &Folder<'_>, uses_pytest: bool) -> (Vec<Step>, &'static str) {
    const PYTHON: &str = ".venv/bin/python";
    let pip = |what: &str| run(format!("{PYTHON} -m pip install {what}"));
    let mut steps = vec![run("python3 -m venv .venv")];
    if folder.has("uv.lock") {
        steps.push(pip("uv"));
        steps.push(run(".venv/bin/uv sync --frozen --all-extras --inexact"));
        return (steps, PYTHON);
    }
    if folder.has("poetry.lock") {
        steps.push(pip("poetry"));
        steps.push(run(
            ".venv/bin/poetry config virtualenvs.create false --local",
        ));
        steps.push(run(". .venv/bin/activate && poetry install"));
        return (steps, PYTHON);
    }
    let lists: Vec<_> = REQUIREMENTS
        .iter()
        .filter(|name| folder.has(name))
        .collect();
    steps.extend(lists.iter().map(|name| pip(&format!("-r {name}"))));
    let own = own_package(folder);
    steps.extend(own.iter().map(|what| pip(what)));
    let names_pytest = |name: &&str| {
        folder
            .read(name)
            .is_some_and(|text| text.contains("pytest"))
    };
    let installs_pytest =
        own.is_some_and(|what| what.contains('[')) || REQUIREMENTS.iter().any(names_pytest);
    if uses_pytest && !installs_pytest {
        steps.push(pip("pytest"));
    }
    if steps.len() == 1 {
        return (Vec::new(), "python3");
    }
    (steps, PYTHON)
}

/// The project itself, with the packages its tests need.
fn own_package(folder: &Folder<'_>) -> Option<String> {
    if folder.has("setup.py") {
        return Some("-e .".to_owned());
    }
    let project: Table = toml::from_str(&folder.read("pyproject.toml")?).ok()?;
    let extras = project.get("project")?.get("optional-dependencies");
    let extra = ["test", "tests", "testing", "dev"]
        .into_iter()
        .find(|name| extras.is_some_and(|extras| extras.get(name).is_some()));
    Some(extra.map_or_else(|| "-e .".to_owned(), |name| format!("-e .[{name}]")))
}
