//! Python: pytest where anything names it, else unittest; packages from uv, Poetry, PDM, Pipenv, Hatch,
//! requirements or the project itself.

use toml::Table;

use super::{Recipe, Step, report, run, test};
use crate::command::init::tree::Folder;

const MANIFESTS: [&str; 5] = [
    "Pipfile",
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
const NAMES_PYTEST: [&str; 9] = [
    "Pipfile",
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
    if let Some(tool) = tool_of(folder) {
        steps.push(pip(tool.name()));
        steps.extend(tool.install(folder).into_iter().map(run));
        if tool == Tool::Hatch {
            return (steps, ".venv/bin/hatch run python");
        }
        if uses_pytest {
            // It may be named by a workspace's root alone, or by nothing.
            steps.push(run(format!(
                "{PYTHON} -c 'import pytest' || {PYTHON} -m pip install pytest"
            )));
        }
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

/// What installs a project that pip alone would not: pip reads no lock file, and looks for a package that only the tool's own settings
/// say is beside this one under the same name on PyPI, where anybody may have put it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tool {
    Uv,
    Poetry,
    Pdm,
    Pipenv,
    Hatch,
}

impl Tool {
    fn name(self) -> &'static str {
        match self {
            Self::Uv => "uv",
            Self::Poetry => "poetry",
            Self::Pdm => "pdm",
            Self::Pipenv => "pipenv",
            Self::Hatch => "hatch",
        }
    }

    /// Commands that install the project, and what its tests need, into `.venv` of its folder. Hatch makes an environment of its own as
    /// it runs something in it.
    fn install(self, folder: &Folder<'_>) -> Vec<String> {
        let activated = |command: &str| vec![format!(". .venv/bin/activate && {command}")];
        match self {
            Self::Uv => {
                let workspace = uv_workspace(folder);
                let root = workspace.unwrap_or(*folder);
                let frozen = if root.has("uv.lock") { " --frozen" } else { "" };
                let all = if workspace.is_some_and(|root| root.path == folder.path) {
                    " --all-packages"
                } else {
                    ""
                };
                // A member's packages would go to its root.
                vec![format!(
                    "UV_PROJECT_ENVIRONMENT=\"$PWD/.venv\" .venv/bin/uv sync{frozen} --all-extras{all} --inexact"
                )]
            }
            Self::Poetry => {
                let mut steps =
                    vec![".venv/bin/poetry config virtualenvs.create false --local".to_owned()];
                steps.extend(activated("poetry install"));
                steps
            }
            Self::Pdm if folder.has("pdm.lock") => {
                activated("pdm install --frozen-lockfile -G :all")
            }
            Self::Pdm => activated("pdm install -G :all"),
            Self::Pipenv if folder.has("Pipfile.lock") => activated("pipenv sync --dev"),
            Self::Pipenv => activated("pipenv install --dev"),
            Self::Hatch => Vec::new(),
        }
    }
}

/// By its lock file, else by its settings.
fn tool_of(folder: &Folder<'_>) -> Option<Tool> {
    let locks = [
        ("uv.lock", Tool::Uv),
        ("poetry.lock", Tool::Poetry),
        ("pdm.lock", Tool::Pdm),
        ("Pipfile.lock", Tool::Pipenv),
        ("Pipfile", Tool::Pipenv),
    ];
    let locked = locks.into_iter().find(|(name, _)| folder.has(name));
    if let Some((_, tool)) = locked {
        return Some(tool);
    }
    let settings = settings(folder)?;
    let of = |name: &str| settings.get(name);
    let has = |name: &str, key: &str| of(name).is_some_and(|table| table.get(key).is_some());
    if uv_workspace(folder).is_some() || of("uv").is_some() {
        Some(Tool::Uv)
    } else if of("poetry").is_some() {
        Some(Tool::Poetry)
    } else if of("pdm").is_some() {
        Some(Tool::Pdm)
    } else {
        has("hatch", "envs").then_some(Tool::Hatch)
    }
}

/// The tables below `tool` of `pyproject.toml`; none if it is there without any.
fn settings(folder: &Folder<'_>) -> Option<Table> {
    let mut project: Table = toml::from_str(&folder.read("pyproject.toml")?).ok()?;
    let tools = project.remove("tool");
    Some(match tools {
        Some(toml::Value::Table(tools)) => tools,
        _ => Table::new(),
    })
}

/// The root of the workspace of uv that a folder is in, its own among them.
fn uv_workspace<'a>(folder: &Folder<'a>) -> Option<Folder<'a>> {
    let is_root = |folder: &Folder<'a>| {
        let uv = settings(folder).and_then(|mut settings| settings.remove("uv"));
        uv.is_some_and(|uv| uv.get("workspace").is_some())
    };
    std::iter::once(*folder).chain(folder.above()).find(is_root)
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
