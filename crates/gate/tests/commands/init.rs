//! `gate init`.

use std::{fs, path::Path, process::Command};

use crate::support::{Place, Said};

fn init(place: &Place, arguments: &[&str]) -> Said {
    place.gate(&[&["init", "--repo", "repo"], arguments].concat())
}

/// A repository with these files on `main`.
fn repository(files: &[(&str, &str)]) -> Place {
    let place = Place::new();
    place.repository("repo", files);
    place
}

/// What it says and would write.
fn proposed(files: &[(&str, &str)]) -> String {
    let said = init(&repository(files), &["--stdout"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    format!("{}\n{}", said.stderr, said.stdout)
}

/// A project of `examples/`, without its buildspec.
fn example(name: &str) -> Place {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../examples")
        .join(name);
    let place = Place::new();
    let repo = place.path("repo");
    let copied = Command::new("cp").arg("-R").arg(folder).arg(&repo).status();
    assert!(copied.unwrap().success());
    fs::remove_file(repo.join("buildspec.yml")).unwrap();
    place.repository("repo", &[]);
    place
}

/// What `gate check` says of a branch that breaks a file, once the proposed rules are merged.
fn is_rejected_with(place: &Place, broken: (&str, &str)) -> Said {
    place.git("repo", &["switch", "--quiet", "main"]);
    place.git("repo", &["merge", "--quiet", "rules"]);
    place.git("repo", &["switch", "--quiet", "--create", "broken"]);
    place.commit("repo", &[broken], "Break it");
    let checked = place.gate(&["check", "--repo", "repo"]);
    assert_eq!(checked.code, 1, "{}\n{}", checked.stdout, checked.stderr);
    checked
}

/// Takes what is proposed as it is, and has it gated.
fn is_green(place: &Place) -> String {
    let said = init(place, &[]);
    assert_eq!(
        (said.code, said.stdout.as_str()),
        (0, ""),
        "{}",
        said.stderr
    );
    place.git("repo", &["switch", "--quiet", "--create", "rules"]);
    place.commit("repo", &[], "Add rules");
    let rules = place.path("repo").join("gate.toml");
    let config = place.gate(&["config", "check", rules.to_str().unwrap()]);
    assert_eq!((config.code, config.stderr.as_str()), (0, ""));
    let checked = place.gate(&["check", "--repo", "repo"]);
    assert_eq!(checked.code, 0, "{}\n{}", checked.stdout, checked.stderr);
    checked.stdout
}

#[test]
fn an_example_without_a_buildspec_gets_one_and_is_green_by_it() {
    let comment = is_green(&example("node-test"));
    assert!(comment.contains("**Tests** "), "{comment}");
    is_green(&example("python-unittest"));
}

#[test]
fn it_says_what_it_found_what_it_wrote_and_what_comes_next() {
    let place = repository(&[
        (
            "package.json",
            r#"{"scripts": {"lint": "eslint", "test": "node --test"}}"#,
        ),
        ("package-lock.json", "{}"),
    ]);
    let said = init(&place, &[]);
    assert_eq!((said.code, said.stdout.as_str()), (0, ""));
    insta::assert_snapshot!(said.stderr);
    let written = place.git("repo", &["status", "--porcelain"]);
    assert_eq!(written, "?? buildspec.yml\n?? gate.toml");
}

#[test]
fn a_mono_repository_gets_a_check_for_each_folder_that_is_tested() {
    let text = proposed(&[
        ("engine/Cargo.toml", "[workspace]\nmembers = [\"inner\"]\n"),
        ("engine/Cargo.lock", ""),
        ("engine/inner/Cargo.toml", "[package]\nname = \"inner\"\n"),
        (
            "web/package.json",
            r#"{"workspaces": ["app"], "scripts": {"build": "x", "test": "vitest run"}}"#,
        ),
        ("web/app/package.json", r#"{"scripts": {"test": "x"}}"#),
        ("web/Dockerfile", "FROM scratch\n"),
        (
            "services/bill/pyproject.toml",
            "[project]\nname = \"bill\"\n[project.optional-dependencies]\ntest = [\"pytest\"]\n",
        ),
        ("services/bill/tests/test_bill.py", ""),
        ("services/mail/go.mod", "module mail\n"),
        ("java/pom.xml", "<project/>"),
        ("java/mvnw", ""),
        ("java/src/test/java/A.java", ""),
        ("android/settings.gradle.kts", ""),
        ("android/app/build.gradle.kts", ""),
        ("android/gradlew", ""),
        ("native/CMakeLists.txt", "enable_testing()\n"),
        ("docs/Makefile", "html:\n\techo\ncheck: html\n\techo\n"),
        ("examples/toy/package.json", "{}"),
    ]);
    insta::assert_snapshot!(text);
}

#[test]
fn buildspecs_that_are_there_are_used_and_projects_they_may_test_get_no_check() {
    let buildspec = "version: 0.2\nphases: {build: {commands: [make]}}\n";
    let place = repository(&[
        ("buildspec.yml", buildspec),
        ("web/buildspec.yml", buildspec),
        ("web/package.json", "{}"),
        ("api/go.mod", "module api\n"),
    ]);
    let said = init(&place, &["--stdout"]);
    let text = format!("{}\n{}", said.stderr, said.stdout);
    insta::assert_snapshot!(text);
    assert_eq!(place.git("repo", &["status", "--porcelain"]), "");
}

#[test]
fn a_project_that_tells_nothing_to_run_is_said_and_gets_no_check() {
    let text = proposed(&[
        ("go.mod", "module root\n"),
        (
            "web/package.json",
            r#"{"scripts": {"test": "echo \"Error: no test specified\" && exit 1"}}"#,
        ),
        ("tools/setup.py", ""),
        ("hand/Makefile", "all:\n\techo\n"),
    ]);
    insta::assert_snapshot!(text);
}

#[test]
fn the_package_manager_is_told_by_more_than_a_lock_file() {
    for (files, command) in [
        (
            vec![("package.json", r#"{"scripts": {"test": "bun test"}}"#)],
            "|| bun run test --reporter=junit --reporter-outfile=junit.xml'",
        ),
        (
            vec![
                ("package.json", r#"{"scripts": {"test": "x"}}"#),
                ("bunfig.toml", ""),
            ],
            "|| bun run test'",
        ),
        (
            vec![(
                "package.json",
                r#"{"packageManager": "pnpm@9.15.9", "scripts": {"test": "x"}, "dependencies": {"a": "1"}}"#,
            )],
            "\n      - pnpm install\n",
        ),
        (
            vec![
                ("package.json", r#"{"scripts": {"test": "vitest run"}}"#),
                ("pnpm-lock.yaml", ""),
            ],
            "|| pnpm run test --run --reporter=default --reporter=junit --outputFile=junit.xml'",
        ),
        (
            vec![
                (
                    "package.json",
                    r#"{"packageManager": "yarn@1.22.22", "scripts": {"test": "x"}}"#,
                ),
                ("package-lock.json", "{}"),
            ],
            "\n      - npm ci\n",
        ),
    ] {
        let text = proposed(&files);
        assert!(text.contains(command), "{text}");
    }
}

#[test]
fn a_task_of_deno_names_its_tests_if_testing_is_all_it_does() {
    for (task, command) in [
        ("deno test -A", "|| deno task test --junit-path=junit.xml'"),
        ("deno lint && deno test", "|| deno task test'"),
    ] {
        let settings = format!(r#"{{"tasks": {{"test": "{task}"}}}}"#);
        let text = proposed(&[("deno.json", &settings)]);
        assert!(text.contains(command), "{text}");
    }
}

#[test]
fn refuses_to_write_over_rules_and_over_what_git_ignores() {
    let place = repository(&[("gate.toml", "# mine\n"), ("go.mod", "module a\n")]);
    let said = init(&place, &[]);
    assert_eq!(said.code, 2);
    insta::assert_snapshot!(said.stderr);
    let place = repository(&[(".gitignore", "/gate.toml\n"), ("go.mod", "module a\n")]);
    fs::write(place.path("repo").join("gate.toml"), "# mine\n").unwrap();
    let said = init(&place, &[]);
    assert_eq!(said.code, 2, "{}", said.stderr);
    let kept = fs::read_to_string(place.path("repo").join("gate.toml")).unwrap();
    assert_eq!(kept, "# mine\n");
    assert!(!place.path("repo").join("buildspec.yml").exists());
}

#[test]
fn refuses_to_guess_where_nothing_tells_how_it_is_tested() {
    let place = repository(&[("readme.md", "words\n")]);
    let said = init(&place, &[]);
    assert_eq!((said.code, said.stdout.as_str()), (2, ""));
    insta::assert_snapshot!(said.stderr);
    assert_eq!(place.git("repo", &["status", "--porcelain"]), "");
}

#[test]
fn refuses_a_folder_that_is_no_repository() {
    let place = Place::new();
    fs::create_dir(place.path("repo")).unwrap();
    let said = init(&place, &[]);
    assert_eq!(said.code, 2);
    assert!(
        said.stderr
            .contains("is no folder of a git repository\nhelp: "),
        "{}",
        said.stderr
    );
}

#[test]
fn nothing_that_files_or_folders_are_called_becomes_a_command() {
    let place = repository(&[
        ("a;touch x/go.mod", "module a\n"),
        ("$(touch x)/package.json", r#"{"scripts": {"test": "x"}}"#),
        ("-rf/go.mod", "module a\n"),
        ("two words/go.mod", "module a\n"),
        ("*/go.mod", "module a\n"),
        ("good/go.mod", "module a\n"),
    ]);
    let said = init(&place, &["--stdout"]);
    let text = format!("{}\n{}", said.stderr, said.stdout);
    insta::assert_snapshot!(text);
}

/// The line of a check's `paths`.
fn paths_of(text: &str, name: &str) -> String {
    let check = text
        .split(&format!("name = \"{name}\"\n"))
        .nth(1)
        .unwrap_or_else(|| panic!("{name}: {text}"));
    let check = check.split("[[check]]").next().unwrap_or_default();
    let line = check
        .lines()
        .find(|line| line.starts_with("paths = "))
        .unwrap_or_default();
    line.split(" #").next().unwrap_or_default().to_owned()
}

#[test]
fn what_others_depend_on_is_among_the_paths_of_their_checks() {
    let text = proposed(&[
        (
            "lib/package.json",
            r#"{"name": "lib", "scripts": {"test": "node --test"}}"#,
        ),
        (
            "web/package.json",
            r#"{"dependencies": {"lib": "file:../lib"}, "scripts": {"test": "node --test"}}"#,
        ),
        (
            "web/tsconfig.json",
            r#"{"extends": "../tsconfig.base.json", "references": [{"path": "../types"}]}"#,
        ),
        ("tsconfig.base.json", "{}"),
        ("types/index.d.ts", ""),
        (
            "base/pyproject.toml",
            "[project]\nname = \"base\"\ndependencies = [\"core @ file:../core\"]\n",
        ),
        ("core/pyproject.toml", "[project]\nname = \"core\"\n"),
        ("app/requirements.txt", "-e ../base\n"),
        ("app/test_app.py", ""),
        (
            "shop/Shop.Tests/Shop.Tests.csproj",
            "<Project><PackageReference Include=\"Microsoft.NET.Test.Sdk\"/><ProjectReference Include=\"..\\..\\domain\\Domain.csproj\"/></Project>",
        ),
        ("domain/Domain.csproj", "<Project/>"),
        (
            "tool/Cargo.toml",
            "[package]\nname = \"tool\"\n[dependencies]\nkit = { path = \"../kit\" }\n",
        ),
        ("kit/mod.ts", ""),
        ("kit/Cargo.toml", "[package]\nname = \"kit\"\n"),
        (
            "mod/go.mod",
            "module mod\nreplace example.com/kit => ../gokit\n",
        ),
        ("gokit/go.mod", "module example.com/kit\n"),
        (
            "inner/deep/Gemfile",
            "gem 'inner', path: '..'\ngem 'rspec'\n",
        ),
        ("inner/deep/spec/a_spec.rb", ""),
        (
            "site/composer.json",
            r#"{"require-dev": {"phpunit/phpunit": "*"}, "repositories": [{"type": "path", "url": "../plugin"}]}"#,
        ),
        ("plugin/composer.json", "{}"),
        (
            "edge/deno.json",
            "{\"imports\": {\"kit\": \"../kit/mod.ts\"}}",
        ),
    ]);
    for (name, expected) in [
        ("lib", r#"paths = ["lib/**", "tsconfig.base.json"]"#),
        (
            "web",
            r#"paths = ["web/**", "lib/**", "tsconfig.base.json", "types/**"]"#,
        ),
        ("app", r#"paths = ["app/**", "base/**", "core/**"]"#),
        (
            "shop-Shop.Tests",
            r#"paths = ["shop/Shop.Tests/**", "domain/**"]"#,
        ),
        ("tool", r#"paths = ["tool/**", "kit/**"]"#),
        ("mod", r#"paths = ["mod/**", "gokit/**"]"#),
        ("inner-deep", r#"paths = ["inner/deep/**", "inner/**"]"#),
        ("site", r#"paths = ["site/**", "plugin/**"]"#),
        (
            "edge",
            r#"paths = ["edge/**", "kit/**", "tsconfig.base.json"]"#,
        ),
    ] {
        assert_eq!(paths_of(&text, name), expected, "{name}");
    }
}

#[test]
fn a_pull_request_that_breaks_a_library_is_not_approved_as_not_needed_by_its_user() {
    let place = repository(&[
        ("lib/package.json", r#"{"name": "lib", "main": "lib.js"}"#),
        ("lib/lib.js", "exports.two = 2;\n"),
        (
            "web/package.json",
            r#"{"dependencies": {"lib": "file:../lib"}, "scripts": {"test": "node --test"}}"#,
        ),
        (
            "web/web.test.js",
            "require('node:test')('two', () => require('node:assert').equal(require('lib').two, 2));\n",
        ),
        (".gitignore", "node_modules\npackage-lock.json\n"),
    ]);
    is_green(&place);
    let checked = is_rejected_with(&place, ("lib/lib.js", "exports.two = 3;\n"));
    assert!(
        checked.stdout.contains("1 new test failure"),
        "{}",
        checked.stdout
    );
}

/// One file of a project names `../lib` or what is in it, in whatever way its language has.
#[test]
fn a_library_is_needed_however_it_is_named() {
    let ways: &[&[(&str, &str)]] = &[
        &[
            (
                "app/deno.json",
                r#"{"importMap": "../lib/import_map.json"}"#,
            ),
            ("lib/import_map.json", "{}"),
        ],
        &[
            ("app/deno.json", "{}"),
            (
                "app/src/main.ts",
                "import { a } from \"../../lib/mod.ts\";\n",
            ),
        ],
        &[
            ("app/requirements.txt", "-r ../lib/requirements.txt\n"),
            ("app/test_a.py", ""),
        ],
        &[
            ("app/requirements.txt", "-c ../lib/constraints.txt\n"),
            ("app/test_a.py", ""),
        ],
        &[
            (
                "app/pyproject.toml",
                "[project]\nname = \"app\"\ndependencies = [\"lib @ {root:uri}/../lib\"]\n",
            ),
            ("app/test_a.py", ""),
        ],
        &[
            (
                "app/pyproject.toml",
                "[tool.pdm.dev-dependencies]\ndev = [\"-e file:///${PROJECT_ROOT}/../lib#egg=lib\"]\n",
            ),
            ("app/test_a.py", ""),
        ],
        &[
            ("app/Pipfile", "[packages]\nlib = {path=\"../lib\"}\n"),
            ("app/test_a.py", ""),
        ],
        &[
            ("app/go.mod", "module app\n"),
            ("lib/go.mod", "module lib\n"),
            ("go.work", "use (\n\t./app\n\t./lib\n)\n"),
        ],
        &[(
            "app/composer.json",
            r#"{"require-dev": {"phpunit/phpunit": "*"}, "autoload": {"psr-4": {"Lib\\": "../lib/src"}}}"#,
        )],
        &[(
            "app/App.csproj",
            r#"<Project><Import Project="..\lib\x.props"/></Project>"#,
        )],
        &[(
            "app/CMakeLists.txt",
            "add_subdirectory(${CMAKE_CURRENT_SOURCE_DIR}/../lib lib)\n",
        )],
        &[("app/CMakeLists.txt", "include(../lib/x.cmake)\n")],
        &[("app/Makefile", "include ../lib/common.mk\ntest:\n\ttrue\n")],
        &[
            ("app/Cargo.toml", "[package]\nname = \"app\"\n"),
            ("app/.cargo/config.toml", "paths = [\"../lib\"]\n"),
        ],
        &[
            (
                "app/pom.xml",
                "<project><parent><artifactId>all</artifactId></parent><artifactId>app</artifactId><dependency><artifactId>lib</artifactId></dependency></project>",
            ),
            (
                "lib/pom.xml",
                "<project><artifactId>lib</artifactId></project>",
            ),
        ],
        &[(
            "app/build.gradle",
            "dependencies { implementation files('../lib/build/libs/lib.jar') }\n",
        )],
        &[
            ("settings.gradle", "include ':app', ':lib'\n"),
            (
                "app/build.gradle",
                "dependencies { implementation project(':lib') }\n",
            ),
            ("app/buildspec.yml", BUILDSPEC),
        ],
        &[
            (
                "tsconfig.json",
                r#"{"compilerOptions": {"paths": {"@lib/*": ["./lib/*"]}}}"#,
            ),
            ("app/package.json", r#"{"scripts": {"test": "x"}}"#),
        ],
        &[
            ("app/package.json", r#"{"scripts": {"test": "x"}}"#),
            ("app/test/a.test.js", "require('../../lib/src/a');\n"),
        ],
        &[
            ("app/Makefile", "test:\n\tsh test.sh\n"),
            ("app/test.sh", ". ../lib/common.sh\n"),
        ],
    ];
    for files in ways {
        let text = proposed(&[*files, &[("lib/src/a", "")]].concat());
        let paths = paths_of(&text, "app");
        assert!(paths.contains("\"lib/"), "{files:?}: {paths}");
    }
}

#[test]
fn what_a_link_leads_to_and_what_a_library_needs_in_turn_are_needed() {
    let place = repository(&[
        ("app/package.json", r#"{"scripts": {"test": "x"}}"#),
        ("lib/package.json", "{}"),
        ("lib/src/a.js", "require('../../base/b.js');\n"),
        ("base/b.js", ""),
    ]);
    std::os::unix::fs::symlink("../lib/src", place.path("repo").join("app/shared")).unwrap();
    place.commit("repo", &[], "Link it");
    let said = init(&place, &["--stdout"]);
    assert_eq!(
        paths_of(&said.stdout, "app"),
        r#"paths = ["app/**", "base/**", "lib/**"]"#
    );
}

#[test]
fn what_all_projects_of_a_kind_share_belongs_to_the_paths_of_each() {
    let text = proposed(&[
        ("web/package.json", r#"{"scripts": {"test": "x"}}"#),
        ("api/go.mod", "module api\n"),
        ("shop/Shop.csproj", "<Project/>"),
        ("package-lock.json", "{}"),
        ("tsconfig.base.json", "{}"),
        ("go.work", "use ./api\n"),
        ("Directory.Build.props", "<Project/>"),
    ]);
    for (name, expected) in [
        (
            "web",
            r#"paths = ["web/**", "package-lock.json", "tsconfig.base.json"]"#,
        ),
        ("api", r#"paths = ["api/**", "go.work"]"#),
        ("shop", r#"paths = ["shop/**", "Directory.Build.props"]"#),
    ] {
        assert_eq!(paths_of(&text, name), expected);
    }
}

#[test]
fn paths_of_operators_and_of_what_is_not_there_are_no_needs() {
    let text = proposed(&[
        (
            "app/Cargo.toml",
            "[package]\nname = \"app\"\nrepository = \"https://example.com/../lib\"\n",
        ),
        (
            "app/src/lib.rs",
            "fn f() { let S { a, .. } = s; for _ in 0..2 {} }\n",
        ),
        ("app/out.json", r#"["../nowhere/a", "a/../b"]"#),
        ("lib/a", ""),
    ]);
    assert_eq!(paths_of(&text, "app"), r#"paths = ["app/**"]"#);
}

#[test]
fn the_packages_of_a_workspace_are_tested_if_its_root_has_no_test_of_its_own() {
    let library = (
        "packages/lib/package.json",
        r#"{"scripts": {"test": "x", "build": "y"}}"#,
    );
    for (lock, command) in [
        (
            "package-lock.json",
            "|| npm run test --workspaces --if-present'",
        ),
        (
            "pnpm-lock.yaml",
            "|| pnpm --recursive run --if-present test'",
        ),
        ("yarn.lock", "|| npm run test --workspaces --if-present'"),
        (".yarnrc.yml", "|| yarn workspaces foreach --all run test'"),
        ("bun.lock", "|| bun run --filter ''*'' test'"),
    ] {
        for scripts in ["", r#", "scripts": {"lint": "l"}"#] {
            let root = format!(
                r#"{{"workspaces": ["packages/*"], "packageManager": "yarn@{}"{scripts}}}"#,
                if lock == ".yarnrc.yml" { 4 } else { 1 }
            );
            let text = proposed(&[("package.json", &root), (lock, ""), library]);
            assert!(text.contains(command), "{lock}: {text}");
            assert_eq!(text.contains(" run lint\n"), !scripts.is_empty(), "{text}");
            assert!(text.contains("build"), "{text}");
        }
        let root = r#"{"workspaces": ["packages/*"], "scripts": {"test": "all"}}"#;
        let text = proposed(&[("package.json", root), (lock, ""), library]);
        assert!(!text.contains(command), "{text}");
    }
}

#[test]
fn a_pull_request_that_breaks_a_package_of_a_workspace_is_not_approved() {
    let place = repository(&[
        (
            "package.json",
            r#"{"private": true, "workspaces": ["packages/*"], "scripts": {"lint": "echo fine"}}"#,
        ),
        (
            "packages/lib/package.json",
            r#"{"name": "lib", "scripts": {"test": "node lib.js"}}"#,
        ),
        ("packages/lib/lib.js", "process.exit(0);\n"),
        ("packages/none/package.json", r#"{"name": "none"}"#),
        (".gitignore", "node_modules\npackage-lock.json\n"),
    ]);
    is_green(&place);
    is_rejected_with(&place, ("packages/lib/lib.js", "process.exit(1);\n"));
}

#[test]
fn every_shape_of_a_test_by_node_is_green_and_names_its_tests() {
    for (number, script) in [
        "node --test test/*.js",
        "node --test test/",
        "node --test --test-reporter=tap",
        "node --test --test-reporter dot test/a.test.js",
        "node --test --test-reporter=tap --test-reporter-destination=stdout test/",
    ]
    .into_iter()
    .enumerate()
    {
        let package = format!(r#"{{"scripts": {{"test": "{script}"}}}}"#);
        let place = repository(&[
            ("package.json", &package),
            (
                "test/a.test.js",
                "require('node:test')('holds', () => {});\n",
            ),
        ]);
        let comment = is_green(&place);
        assert!(
            comment.contains("**Tests** "),
            "{number}: {script}: {comment}"
        );
    }
}

#[test]
fn a_test_by_node_whose_options_cannot_be_completed_is_left_as_it_is() {
    for script in [
        "node --test --test-reporter=tap --test-reporter=dot",
        "node --test -- a",
        "vitest run -- a",
    ] {
        let package = format!(r#"{{"scripts": {{"test": "{script}"}}}}"#);
        let text = proposed(&[("package.json", &package)]);
        assert!(text.contains("|| npm test'\n"), "{text}");
        assert!(!text.contains("reports:"), "{text}");
    }
}

#[test]
fn a_python_project_is_installed_by_the_tool_that_knows_where_its_packages_are() {
    let suite = ("app/tests/test_app.py", "import pytest\n");
    let uv = |options: &str| {
        format!("UV_PROJECT_ENVIRONMENT=\"$PWD/.venv\" .venv/bin/uv sync{options} --inexact")
    };
    for (files, command) in [
        (
            vec![
                (
                    "pyproject.toml",
                    "[tool.uv.workspace]\nmembers = [\"app\"]\n",
                ),
                ("uv.lock", ""),
                ("app/pyproject.toml", "[project]\nname = \"app\"\n"),
            ],
            uv(" --frozen --all-extras"),
        ),
        (
            vec![
                (
                    "app/pyproject.toml",
                    "[tool.uv.workspace]\nmembers = [\"tests\"]\n",
                ),
                ("app/uv.lock", ""),
            ],
            uv(" --frozen --all-extras --all-packages"),
        ),
        (
            vec![(
                "app/pyproject.toml",
                "[project]\nname = \"app\"\ndependencies = [\"base\"]\n[tool.uv.sources]\nbase = { path = \"../base\" }\n",
            )],
            uv(" --all-extras"),
        ),
        (
            vec![(
                "app/pyproject.toml",
                "[tool.poetry.dependencies]\nbase = { path = \"../base\" }\n",
            )],
            ". .venv/bin/activate && poetry install".to_owned(),
        ),
        (
            vec![(
                "app/pyproject.toml",
                "[tool.pdm.dev-dependencies]\ndev = []\n",
            )],
            ". .venv/bin/activate && pdm install -G :all".to_owned(),
        ),
        (
            vec![("app/Pipfile", "[packages]\nbase = {path = \"../base\"}\n")],
            ". .venv/bin/activate && pipenv install --dev".to_owned(),
        ),
        (
            vec![("app/Pipfile", ""), ("app/Pipfile.lock", "{}")],
            ". .venv/bin/activate && pipenv sync --dev".to_owned(),
        ),
        (
            vec![(
                "app/pyproject.toml",
                "[tool.hatch.envs.default]\ndependencies = []\n",
            )],
            ".venv/bin/hatch run python -m unittest".to_owned(),
        ),
    ] {
        let text = proposed(&[files.as_slice(), &[suite]].concat());
        let text = text.split("# app/buildspec.yml").nth(1).unwrap();
        assert!(text.contains(&command), "{command}: {text}");
        assert!(!text.contains("pip install -e"), "{text}");
    }
}

const BUILDSPEC: &str = "version: 0.2\nphases: {build: {commands: [make]}}\n";
const BATCH: &str = "version: 0.2\nbatch:\n  build-list:\n    - identifier: a\n";

/// What is written, `gate config check` accepts; answers what was said.
fn is_accepted(place: &Place) -> String {
    let said = init(place, &[]);
    let rules = place.path("repo").join("gate.toml");
    if said.code != 0 {
        assert!(!rules.exists(), "{}", said.stderr);
        return said.stderr;
    }
    let config = place.gate(&["config", "check", rules.to_str().unwrap()]);
    assert_eq!(config.code, 0, "{}{}", config.stdout, config.stderr);
    said.stderr
}

#[test]
fn a_buildspec_that_the_gate_cannot_use_is_left_out_with_the_reason() {
    let place = repository(&[
        ("buildspec.yml", BATCH),
        ("go.mod", "module a\n"),
        ("web/buildspec.yml", "version: [\n"),
        ("web/package.json", r#"{"scripts": {"test": "x"}}"#),
        ("old/buildspec.yml", "version: 0.1\n"),
    ]);
    let said = is_accepted(&place);
    insta::assert_snapshot!(said);
    let place = repository(&[("buildspec.yml", BATCH)]);
    let said = init(&place, &[]);
    assert_eq!(said.code, 2);
    assert!(
        said.stderr.contains("this is a batch buildspec"),
        "{}",
        said.stderr
    );
    assert!(!place.path("repo").join("gate.toml").exists());
}

#[test]
fn images_alone_have_to_be_built() {
    let place = repository(&[("Dockerfile", "FROM scratch\n")]);
    let said = is_accepted(&place);
    assert!(said.contains("these images must be built"), "{said}");
}

#[test]
fn refuses_what_buildspecs_that_are_there_make_unusable_together() {
    let with =
        |format: &str| format!("{BUILDSPEC}reports: {{a: {{files: x, file-format: {format}}}}}\n");
    let (tests, lines) = (with("JUNITXML"), with("COBERTURAXML"));
    let place = repository(&[("a/buildspec.yml", &tests), ("b/buildspec.yml", &lines)]);
    let said = is_accepted(&place);
    assert!(
        said.contains("the rules that were made up cannot be used"),
        "{said}"
    );
}

/// Trees of whatever files, some of them broken.
#[test]
fn whatever_is_written_can_be_used() {
    let deep = "long/".repeat(52);
    let folders = [
        "",
        "a/",
        "A/",
        "a/b/",
        "-x/",
        ".hidden/",
        "_y/",
        "two words/",
        "a-b/",
        "é/",
        &deep,
    ];
    let files = [
        ("buildspec.yml", BUILDSPEC),
        ("buildspec.yml", BATCH),
        ("buildspec.yml", "version: ["),
        ("buildspec.yml", ""),
        ("buildspec-gate.yml", "mine"),
        (
            "package.json",
            r#"{"scripts": {"test": "jest"}, "dependencies": {"a": "file:../a"}}"#,
        ),
        ("package.json", r#"{"workspaces": ["*"]}"#),
        ("package.json", "{"),
        ("Cargo.toml", "[workspace]\n"),
        ("Cargo.toml", "= '../A'"),
        ("go.mod", "module a\nreplace b => ../a\n"),
        ("go.work", "use (\n./a\n../..\n)\n"),
        ("pom.xml", "<project><artifactId>a</artifactId></project>"),
        (
            "pyproject.toml",
            "[tool.uv.sources]\na = { path = '../two words' }\n",
        ),
        ("test_a.py", "import pytest\n"),
        ("Dockerfile", "FROM scratch\n"),
        ("Makefile", "include ../é/x.mk\ntest:\n"),
        (
            "CMakeLists.txt",
            "enable_testing()\nadd_subdirectory(${X}/../a)\n",
        ),
        ("deno.json", "{}"),
        ("App.csproj", "<Project/>"),
        ("Gemfile", "gem 'rspec'\n"),
        ("spec/a_spec.rb", ""),
    ];
    for seed in 0..40 {
        let mut random = fastrand::Rng::with_seed(seed);
        let place = Place::new();
        fs::create_dir(place.path("repo")).unwrap();
        place.git("repo", &["init", "--quiet"]);
        for _ in 0..random.usize(1..12) {
            let folder = folders[random.usize(..folders.len())];
            let (name, content) = files[random.usize(..files.len())];
            let path = place.path("repo").join(format!("{folder}{name}"));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        is_accepted(&place);
    }
}
