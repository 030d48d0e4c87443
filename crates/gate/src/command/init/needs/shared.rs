//! What all projects of a kind share: files above them that their tools read without being told.

use std::collections::BTreeSet;

use super::super::tree::Folder;

/// Files beside or above a project that its tools read without being told, by what tells that the project is of their kind.
const SHARED: [(&[&str], &[&str]); 8] = [
    (
        &["package.json", "deno.json", "deno.jsonc"],
        &[
            ".browserslistrc",
            ".node-version",
            ".npmrc",
            ".nvmrc",
            ".yarnrc.yml",
            "babel.config.js",
            "bun.lock",
            "bun.lockb",
            "bunfig.toml",
            "deno.json",
            "deno.jsonc",
            "deno.lock",
            "import_map.json",
            "jest.config.js",
            "lerna.json",
            "npm-shrinkwrap.json",
            "nx.json",
            "package-lock.json",
            "package.json",
            "pnpm-lock.yaml",
            "pnpm-workspace.yaml",
            "tsconfig.base.json",
            "tsconfig.json",
            "turbo.json",
            "vitest.workspace.ts",
            "yarn.lock",
        ],
    ),
    (
        &[".py", "requirements.txt", "pyproject.toml"],
        &[
            ".python-version",
            "conftest.py",
            "constraints.txt",
            "pdm.lock",
            "Pipfile",
            "Pipfile.lock",
            "poetry.lock",
            "pyproject.toml",
            "pytest.ini",
            "requirements.txt",
            "setup.cfg",
            "tox.ini",
            "uv.lock",
        ],
    ),
    (&["go.mod"], &["go.work", "go.work.sum"]),
    (
        &["Cargo.toml"],
        &[
            ".cargo/config.toml",
            "Cargo.lock",
            "Cargo.toml",
            "rust-toolchain",
            "rust-toolchain.toml",
        ],
    ),
    (
        &[".csproj", ".fsproj", ".vbproj"],
        &[
            ".editorconfig",
            "Directory.Build.props",
            "Directory.Build.rsp",
            "Directory.Build.targets",
            "Directory.Packages.props",
            "NuGet.Config",
            "NuGet.config",
            "global.json",
            "nuget.config",
        ],
    ),
    (
        &["pom.xml", ".gradle", ".gradle.kts"],
        &[
            ".mvn/extensions.xml",
            ".mvn/jvm.config",
            ".mvn/maven.config",
            "build.gradle",
            "build.gradle.kts",
            "gradle.properties",
            "gradle/libs.versions.toml",
            "gradle/wrapper/gradle-wrapper.properties",
            "pom.xml",
            "settings.gradle",
            "settings.gradle.kts",
        ],
    ),
    (&["Gemfile"], &[".ruby-version", "Gemfile", "Gemfile.lock"]),
    (
        &["CMakeLists.txt"],
        &[
            "CMakeLists.txt",
            "CMakePresets.json",
            "conanfile.txt",
            "vcpkg.json",
        ],
    ),
];

/// Files above a folder that all projects of its kind share, from the root.
pub(super) fn of(folder: &Folder<'_>) -> BTreeSet<String> {
    let is_of = |endings: &[&str]| {
        folder
            .files()
            .any(|file| endings.iter().any(|ending| file.ends_with(ending)))
    };
    let names = SHARED.iter().filter(|(endings, _)| is_of(endings));
    let names: Vec<&str> = names.flat_map(|(_, names)| *names).copied().collect();
    let above = folder.above().flat_map(|above| {
        let there = names.iter().filter(move |name| above.has(name));
        let there: Vec<String> = there.map(|name| above.join(name)).collect();
        there
    });
    above.collect()
}
