//! What lies outside the process of a test: the workspace's files, cargo, the `gate` program, the plain `aws` CLI, and
//! teams that use nothing else.

mod gate_local;
mod person;
mod rush;
mod team;

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

pub use gate_local::GateLocal;
pub use person::{Person, eventually};
pub use rush::{Figures, rush};
pub use team::{PASSES, Team};

/// The workspace's root.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the tests are a folder of the workspace")
}

/// A file of the workspace.
pub fn read(path: &str) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The cargo that runs this test.
pub fn cargo() -> PathBuf {
    env::var_os("CARGO").map_or_else(|| "cargo".into(), PathBuf::from)
}

/// `target/<profile>`, where this test was built.
fn profile_directory() -> PathBuf {
    let test = env::current_exe().expect("the test's own path");
    let profile = test
        .ancestors()
        .nth(2)
        .expect("target/<profile>/deps/<test>");
    profile.to_owned()
}

/// The target directory.
pub fn target_directory() -> PathBuf {
    profile_directory().parent().expect("target").to_owned()
}

/// The `gate` program, of the same profile as this test.
pub fn gate() -> &'static Path {
    static GATE: OnceLock<PathBuf> = OnceLock::new();
    GATE.get_or_init(|| {
        let profile = profile_directory();
        let mut build = Command::new(cargo());
        // As ./test.sh does: for less, cargo would compile the SDKs with other features, once more.
        build.args(["build", "--quiet", "--bins", "--tests"]);
        build.args(["--workspace", "--exclude", "gate-model"]);
        build.arg("--target-dir");
        build.arg(target_directory()).current_dir(root());
        // What cargo tells a test about its package would have `ring` and all above it compiled anew.
        let of_this_package = |name: &str| {
            let prefixes = [
                "CARGO_PKG_",
                "CARGO_MANIFEST_",
                "CARGO_BIN_",
                "CARGO_CRATE_",
            ];
            prefixes.iter().any(|prefix| name.starts_with(prefix))
        };
        for (name, _) in env::vars().filter(|(name, _)| of_this_package(name)) {
            build.env_remove(name);
        }
        if profile.ends_with("release") {
            build.arg("--release");
        }
        run(&mut build);
        profile.join("gate")
    })
}

/// The `aws` program: the one on the PATH, or one that is installed below the target directory.
pub fn aws() -> &'static Path {
    static AWS: OnceLock<PathBuf> = OnceLock::new();
    AWS.get_or_init(|| {
        let version = Command::new("aws").arg("--version").output();
        if version.is_ok_and(|output| output.status.success()) {
            return "aws".into();
        }
        let environment = target_directory().join("aws-cli");
        let aws = environment.join("bin/aws");
        if !aws.exists() {
            run(Command::new("python3")
                .args(["-m", "venv"])
                .arg(&environment));
            run(Command::new(environment.join("bin/pip")).args(["install", "--quiet", "awscli"]));
        }
        aws
    })
}

/// Runs a program; answers what it printed; panics with its words if it fails.
pub fn run(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = |bytes| String::from_utf8_lossy(bytes).trim().to_owned();
    assert!(
        output.status.success(),
        "{command:?}: {}",
        text(&output.stderr)
    );
    text(&output.stdout)
}
