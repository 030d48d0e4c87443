//! What a folder's tests need of the repository besides the folder: a check that did not run when its library broke would
//! call the break not needed.
//!
//! Manifests name other folders by relative paths, whatever the language: `file:../lib`, `-e ../base`, `path = ".."`,
//! `<ProjectReference Include="..\\Lib\\Lib.csproj">`, `replace x => ../x`. So every relative path that leads out of the folder
//! counts. One too many runs a check once more; one too few would hide a failure.

use std::collections::BTreeSet;

use toml::Table;

use super::tree::Folder;

/// Files that name what a project needs.
const MANIFESTS: [&str; 21] = [
    "Cargo.toml",
    "CMakeLists.txt",
    "Directory.Build.props",
    "Gemfile",
    "Makefile",
    "build.gradle",
    "build.gradle.kts",
    "bunfig.toml",
    "composer.json",
    "deno.json",
    "deno.jsonc",
    "go.mod",
    "go.work",
    "package.json",
    "pom.xml",
    "pyproject.toml",
    "settings.gradle",
    "settings.gradle.kts",
    "setup.cfg",
    "setup.py",
    "tox.ini",
];

/// Whether a file of this name tells what its project needs.
fn is_manifest(name: &str) -> bool {
    let ends = |ending: &str| name.ends_with(ending);
    MANIFESTS.contains(&name)
        || (name.starts_with("tsconfig") && ends(".json"))
        || (name.starts_with("requirements") && ends(".txt"))
        || [".csproj", ".fsproj", ".vbproj", ".sln", ".slnx", ".gemspec"]
            .into_iter()
            .any(ends)
}

/// What else of the repository a folder needs.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Needs {
    /// Globs of other folders and files, sorted.
    pub(super) paths: BTreeSet<String>,
    /// It cannot be said by globs: every change may matter.
    pub(super) everything: bool,
}

/// What `folder` needs, and what that needs in turn.
pub(super) fn of(folder: &Folder<'_>) -> Needs {
    let mut needs = Needs::default();
    let mut seen = BTreeSet::from([folder.path.to_owned()]);
    let mut open = vec![*folder];
    while let Some(next) = open.pop() {
        for place in named(&next) {
            if place.is_empty() {
                needs.everything = true;
                continue;
            }
            let target = folder.at(&place);
            let Some(found) = target else {
                if folder.tree_has(&place) && !is_below(&place, folder.path) {
                    needs.add_file(&place);
                }
                continue;
            };
            if is_below(&place, folder.path) || !seen.insert(place.clone()) {
                continue;
            }
            needs.add(&place, "/**");
            open.push(found);
        }
    }
    needs
}

impl Needs {
    /// Settings stand for themselves; code stands beside what it uses.
    fn add_file(&mut self, place: &str) {
        const SETTINGS: [&str; 12] = [
            "cfg", "cmake", "gradle", "ini", "json", "jsonc", "kts", "mk", "props", "targets",
            "toml", "xml",
        ];
        let ending = place.rsplit_once('.').map_or("", |(_, ending)| ending);
        match place.rsplit_once('/') {
            Some((folder, _)) if !SETTINGS.contains(&ending) => self.add(folder, "/**"),
            _ => self.add(place, ""),
        }
    }

    fn add(&mut self, place: &str, rest: &str) {
        let plain =
            |character: char| character.is_ascii_alphanumeric() || "._-/".contains(character);
        if place.chars().all(plain) {
            self.paths.insert(format!("{place}{rest}"));
        } else {
            self.everything = true;
        }
    }
}

fn is_below(place: &str, folder: &str) -> bool {
    folder.is_empty()
        || place == folder
        || place
            .strip_prefix(folder)
            .is_some_and(|rest| rest.starts_with('/'))
}

/// Paths from the root that the manifests of a folder, and of those below it, name; a project file's path is its folder's.
fn named(folder: &Folder<'_>) -> BTreeSet<String> {
    let mut places = BTreeSet::new();
    let manifests = folder.files().filter(|file| {
        let name = file.rsplit('/').next().unwrap_or(file);
        is_manifest(name)
            && !file
                .split('/')
                .any(|part| part == "node_modules" || part == "vendor")
    });
    for file in manifests {
        let Some(text) = folder.read(file) else {
            continue;
        };
        let base = folder.join(file);
        let base = base.rsplit_once('/').map_or("", |(base, _)| base);
        let named = relative_paths(&text).filter_map(|path| resolve(base, &path));
        places.extend(named.map(|place| folder_of_project(&place)));
        if file.ends_with("pom.xml") && text.contains("<parent>") {
            places.extend(resolve(base, "../pom.xml"));
        }
    }
    for above in folder.above() {
        places.extend(by_workspace(&above));
    }
    places
}

/// What a workspace above lets its members use by name.
fn by_workspace(above: &Folder<'_>) -> Vec<String> {
    let mut places = Vec::new();
    if let Some(work) = above.read("go.work") {
        let words = work
            .split_whitespace()
            .filter(|word| word.starts_with("./"));
        places.extend(words.filter_map(|word| resolve(above.path, word)));
    }
    let is_uv_workspace = || {
        let project: Table = toml::from_str(&above.read("pyproject.toml")?).ok()?;
        project.get("tool")?.get("uv")?.get("workspace").map(|_| ())
    };
    if is_uv_workspace().is_some() {
        places.push(above.path.to_owned());
    }
    // MSBuild reads these without being told.
    for name in [
        "Directory.Build.props",
        "Directory.Build.targets",
        "Directory.Packages.props",
    ] {
        if above.has(name) {
            places.push(above.join(name));
        }
    }
    places
}

/// A project is known by its folder.
fn folder_of_project(place: &str) -> String {
    const PROJECTS: [&str; 5] = [
        ".csproj",
        ".fsproj",
        ".vbproj",
        "package.json",
        "Cargo.toml",
    ];
    if PROJECTS.into_iter().any(|ending| place.ends_with(ending)) {
        return place
            .rsplit_once('/')
            .map_or(String::new(), |(folder, _)| folder.to_owned());
    }
    place.to_owned()
}

/// Every path of a text that begins with `..`.
fn relative_paths(text: &str) -> impl Iterator<Item = String> {
    let is_of_path =
        |character: char| character.is_alphanumeric() || "._-/\\@+~ ".contains(character);
    text.match_indices("..").filter_map(move |(at, _)| {
        let before = text.get(..at)?.chars().next_back();
        // `a..b`, `...`, `x/../y` are no beginning.
        if before.is_some_and(|before| before.is_alphanumeric() || "./\\".contains(before)) {
            return None;
        }
        let rest = text.get(at..)?;
        let after = rest.chars().nth(2);
        if after.is_some_and(|after| after.is_alphanumeric() || after == '.' || after == '<') {
            return None;
        }
        let end = rest
            .find(|character| !is_of_path(character))
            .unwrap_or(rest.len());
        let path = rest.get(..end)?;
        // A space ends a path unless quotes hold it.
        let quoted = before.is_some_and(|before| "\"'`".contains(before));
        let path = if quoted {
            path
        } else {
            path.split(' ').next()?
        };
        Some(path.trim_end().replace('\\', "/"))
    })
}

/// A path from the root; `None` if it leads out of the repository.
fn resolve(base: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = base.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::{relative_paths, resolve};

    #[test]
    fn paths_out_of_a_folder_are_found_in_whatever_a_manifest_is_written_in() {
        for (text, expected) in [
            (r#""lib": "file:../lib","#, "../lib"),
            ("-e ../base[dev] # ours", "../base"),
            ("lib = { path = \"..\" }", ".."),
            (
                r#"<ProjectReference Include="..\Shop.Core\Shop.Core.csproj" />"#,
                "../Shop.Core/Shop.Core.csproj",
            ),
            ("replace example.com/a => ../a", "../a"),
            ("gem 'a', path: '../a b'", "../a b"),
            (
                r#""extends": "../../tsconfig.base.json""#,
                "../../tsconfig.base.json",
            ),
            (
                "shared @ file:../shared ; python_version > '3'",
                "../shared",
            ),
        ] {
            assert_eq!(
                relative_paths(text).collect::<Vec<_>>(),
                [expected],
                "{text}"
            );
        }
        for text in ["versions 1..2", "and so on...", "a/../b", "0..=9"] {
            assert_eq!(relative_paths(text).next(), None, "{text}");
        }
    }

    #[test]
    fn a_path_that_leads_out_of_the_repository_is_none_of_it() {
        assert_eq!(resolve("web/app", "../../lib").as_deref(), Some("lib"));
        assert_eq!(resolve("web", "..").as_deref(), Some(""));
        assert_eq!(resolve("web", "../../lib"), None);
    }
}
