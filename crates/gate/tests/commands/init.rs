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
    let paths = |name: &str| {
        let check = text
            .split(&format!("name = \"{name}\"\n"))
            .nth(1)
            .unwrap_or_else(|| panic!("{name}: {text}"));
        let line = check
            .lines()
            .find(|line| line.starts_with("paths = "))
            .unwrap_or_default();
        line.split(" #").next().unwrap_or_default().to_owned()
    };
    for (name, expected) in [
        ("lib", r#"paths = ["lib/**"]"#),
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
        ("edge", r#"paths = ["edge/**", "kit/**"]"#),
    ] {
        assert_eq!(paths(name), expected, "{name}");
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
    place.git("repo", &["switch", "--quiet", "main"]);
    place.git("repo", &["merge", "--quiet", "rules"]);
    place.git("repo", &["switch", "--quiet", "--create", "broken"]);
    place.commit(
        "repo",
        &[("lib/lib.js", "exports.two = 3;\n")],
        "Break the library",
    );
    let checked = place.gate(&["check", "--repo", "repo"]);
    assert_eq!(checked.code, 1, "{}\n{}", checked.stdout, checked.stderr);
    assert!(
        checked.stdout.contains("1 new test failure"),
        "{}",
        checked.stdout
    );
}
