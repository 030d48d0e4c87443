//! `gate demo`.

use crate::support::Place;

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
    assert!(
        said.stderr.contains("satisfied [gate], not satisfied []"),
        "{}",
        said.stderr
    );
    place.assert_clean();
}
