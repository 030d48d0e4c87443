//! `gate demo`.

use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::support::{Place, eventually, runs};

#[test]
fn the_tour_goes_from_red_to_cleaned_up_and_leaves_nothing_behind() {
    let place = Place::new();
    let said = place.gate(&["demo"]);
    assert_eq!(said.code, 0, "{}\n{}", said.stdout, said.stderr);
    let headlines: Vec<_> = said
        .stdout
        .lines()
        .filter(|line| line.starts_with("### "))
        .collect();
    assert_eq!(headlines[0], "### ⏳ Mergegate: testing");
    assert!(
        headlines[1].starts_with("### ❌ Mergegate: not approved"),
        "{headlines:?}"
    );
    assert_eq!(
        headlines[2..],
        ["### ⏳ Mergegate: testing", "### ✅ Mergegate: approved"]
    );
    for address in ["amazonaws", "127.0.0.1", "](http"] {
        assert!(!said.stdout.contains(address), "{}", said.stdout);
    }
    assert!(!said.stdout.contains("\n\n\n\n"), "{}", said.stdout);
    assert!(
        said.stderr.contains("satisfied [gate], not satisfied []"),
        "{}",
        said.stderr
    );
    place.assert_clean();
}

#[test]
fn ctrl_c_ends_the_tour_and_leaves_nothing_behind() {
    let place = Place::new();
    let mut command = place.command(&["demo"]);
    let mut running = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(running.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    assert_eq!(line, "### ⏳ Mergegate: testing\n");
    kill(
        Pid::from_raw(running.id().try_into().unwrap()),
        Signal::SIGTERM,
    )
    .unwrap();
    assert_eq!(running.wait().unwrap().code(), Some(143));
    let folder = place.temporary().display().to_string();
    eventually("no process of the tour is left", || !runs(&folder));
    place.assert_clean();
}
