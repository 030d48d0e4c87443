//! What a test is called among others: the shortest form that no other test has.
//!
//! A report tells of a test's suite, class, name and file, each only as far as its format has them, and tools use them
//! differently: pytest has one suite for all and puts the class into the class, Node has one class for all and puts groups
//! into suites, Jest repeats the groups in the name. So the group that is shown is the class, or the suite where the class
//! says nothing, or both, or with them the file, until no other test is called the same.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

const SEPARATOR: &str = " > ";

/// Of so many tests the names are compared; names of further ones are shown whole.
const MOST_TESTS: usize = 500_000;

/// What a report says of which test it is; empty where it says nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Test<'a> {
    /// What tells apart reports or runs, such as the check; never shown.
    pub space: &'a str,
    /// Its suites, joined by `" > "`.
    pub suite: &'a str,
    /// The class, the module or the package.
    pub class: &'a str,
    /// Its own name.
    pub name: &'a str,
    /// The source file that the report names as its own.
    pub file: &'a str,
}

/// The tests of a report or a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// By what it may be called, as a hash: whose name it is, as a hash, or nobody's alone.
    forms: HashMap<u64, Owner>,
    tests: usize,
    classes: Variety,
    suites: Variety,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    One(u64),
    Several,
}

/// Whether all tests have the same of something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Variety {
    #[default]
    Nothing,
    One(u64),
    Several,
}

impl Variety {
    fn add(&mut self, text: &str) {
        let hash = hash_of(&text);
        *self = match *self {
            Self::Nothing => Self::One(hash),
            Self::One(known) if known == hash => Self::One(hash),
            Self::One(_) | Self::Several => Self::Several,
        };
    }
}

impl Names {
    /// Takes in one test; a test that comes again stays one.
    pub fn add(&mut self, test: Test<'_>) {
        self.classes.add(test.class);
        self.suites.add(test.suite);
        if self.tests == MOST_TESTS {
            return;
        }
        self.tests += 1;
        let identity = hash_of(&test);
        for form in [Form::Class, Form::Suite, Form::Both] {
            if let Some(pieces) = form.of(&test) {
                let owner = self.forms.entry(pieces.hash(test.space));
                let owner = owner.or_insert(Owner::One(identity));
                if *owner != Owner::One(identity) {
                    *owner = Owner::Several;
                    if matches!(form, Form::Both) {
                        self.add_with_file(&test, &pieces, identity);
                    }
                }
            }
        }
    }

    /// Takes in the form with the file, of all tests that need one but the first.
    fn add_with_file(&mut self, test: &Test<'_>, pieces: &Pieces<'_>, identity: u64) {
        let owner = self.forms.entry(pieces.hash_in(test.space, test.file));
        let owner = owner.or_insert(Owner::One(identity));
        if *owner != Owner::One(identity) {
            *owner = Owner::Several;
        }
    }

    /// What a test that was taken in is called.
    pub fn shown(&self, test: Test<'_>) -> String {
        let identity = hash_of(&test);
        let alone = |pieces: &Pieces<'_>| {
            self.forms.get(&pieces.hash(test.space)) == Some(&Owner::One(identity))
        };
        let mut forms: Vec<Pieces<'_>> = self
            .order(&test)
            .into_iter()
            .filter_map(|form| form.of(&test))
            .collect();
        if self.classes == Variety::Several && self.suites == Variety::Several {
            forms.sort_by_key(Pieces::length);
        }
        if let Some(pieces) = forms.iter().find(|pieces| alone(pieces)) {
            return pieces.text();
        }
        if let Some(pieces) = Form::Both.of(&test).filter(|_| !test.file.is_empty()) {
            // The first of those that are called the same is not taken in, and need not be.
            let owner = self.forms.get(&pieces.hash_in(test.space, test.file));
            if owner.is_none_or(|owner| *owner == Owner::One(identity)) && self.tests < MOST_TESTS {
                return format!("{} ({})", pieces.text(), test.file);
            }
        }
        let whole = Pieces {
            groups: [test.suite, test.class].map(|group| Some(group).filter(|it| !it.is_empty())),
            name: test.name,
        };
        let whole = whole.text();
        if test.file.is_empty() {
            whole
        } else {
            format!("{whole} ({})", test.file)
        }
    }
}

impl Names {
    /// A group that all tests have tells nothing of any; where it is so of both, the class tells where to look.
    fn order(&self, test: &Test<'_>) -> [Form; 3] {
        let by_suite = self.suites == Variety::Several && self.classes != Variety::Several;
        if by_suite && !test.suite.is_empty() {
            [Form::Suite, Form::Class, Form::Both]
        } else {
            [Form::Class, Form::Suite, Form::Both]
        }
    }
}

/// What is shown of the groups.
#[derive(Debug, Clone, Copy)]
enum Form {
    Class,
    Suite,
    Both,
}

impl Form {
    /// `None` where the test has no such form.
    fn of<'a>(self, test: &Test<'a>) -> Option<Pieces<'a>> {
        let class = telling_class(test);
        let suite = Some(test.suite).filter(|suite| !suite.is_empty());
        let groups = match self {
            // Without a class the suite must do, and without both the name.
            Self::Class => [None, class.or(suite)],
            Self::Suite => [suite, None],
            Self::Both => [suite, class],
        };
        let groups = groups.map(|group| group.filter(|group| !begins_with(test.name, group)));
        let pieces = Pieces {
            groups,
            name: test.name,
        };
        (!matches!(self, Self::Suite) || suite.is_some()).then_some(pieces)
    }
}

/// The class, unless it is a word that stands for all (Node), the name itself (Jest, Mocha), or the file (Cucumber).
fn telling_class<'a>(test: &Test<'a>) -> Option<&'a str> {
    let has_suite = !test.suite.is_empty();
    let says_nothing = test.class.is_empty()
        || test.class == "test"
        || (has_suite && test.class == test.file)
        || test.name.ends_with(test.class);
    (!says_nothing).then_some(test.class)
}

/// Whether a name repeats its group in front, or the innermost of its groups, joined by points perhaps: NUnit calls a test
/// `Shop.BasketTest.Adds` in the suite `a.dll > Shop > BasketTest`.
fn begins_with(name: &str, group: &str) -> bool {
    if group.is_empty() {
        return false;
    }
    let starts = group
        .match_indices(SEPARATOR)
        .map(|(at, _)| at + SEPARATOR.len());
    repeats(name, [group].into_iter())
        || [0]
            .into_iter()
            .chain(starts)
            .any(|at| repeats(name, group[at..].split(SEPARATOR)))
}

/// Whether a name begins with these, with a point between them, and something else follows.
fn repeats<'a>(name: &str, groups: impl Iterator<Item = &'a str>) -> bool {
    let mut rest = name;
    for (at, group) in groups.enumerate() {
        let point = if at > 0 { "." } else { "" };
        let Some(behind) = rest
            .strip_prefix(point)
            .and_then(|it| it.strip_prefix(group))
        else {
            return false;
        };
        rest = behind;
    }
    !rest.starts_with(char::is_alphanumeric)
}

/// The parts of a form, without the memory for it.
struct Pieces<'a> {
    groups: [Option<&'a str>; 2],
    name: &'a str,
}

impl Pieces<'_> {
    fn hash(&self, space: &str) -> u64 {
        let mut hasher = DefaultHasher::new();
        space.hash(&mut hasher);
        for group in self.groups.iter().flatten() {
            hasher.write(group.as_bytes());
            hasher.write(SEPARATOR.as_bytes());
        }
        hasher.write(self.name.as_bytes());
        hasher.finish()
    }

    /// The same with a file behind it.
    fn hash_in(&self, space: &str, file: &str) -> u64 {
        hash_of(&(self.hash(space), file))
    }

    fn length(&self) -> usize {
        let groups = self.groups.iter().flatten();
        groups
            .map(|group| group.len() + SEPARATOR.len())
            .sum::<usize>()
            + self.name.len()
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for group in self.groups.iter().flatten() {
            text.push_str(group);
            text.push_str(SEPARATOR);
        }
        text + self.name
    }
}

fn hash_of(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test<'a>(suite: &'a str, class: &'a str, name: &'a str) -> Test<'a> {
        Test {
            suite,
            class,
            name,
            ..Test::default()
        }
    }

    fn shown(tests: &[Test<'_>]) -> Vec<String> {
        let mut names = Names::default();
        for test in tests {
            names.add(*test);
        }
        tests.iter().map(|test| names.shown(*test)).collect()
    }

    #[test]
    fn pytest_has_one_suite_for_all() {
        assert_eq!(
            shown(&[
                test("pytest", "tests.test_cart.TestCart", "test_total"),
                test("pytest", "tests.test_bill.TestBill", "test_total"),
            ]),
            [
                "tests.test_cart.TestCart > test_total",
                "tests.test_bill.TestBill > test_total"
            ]
        );
        assert_eq!(
            shown(&[test("pytest", "tests.test_cart", "test_total")]),
            ["tests.test_cart > test_total"]
        );
    }

    #[test]
    fn the_shorter_one_is_shown_where_both_tell() {
        assert_eq!(
            shown(&[
                test("Bill", "tests.test_bill.Bill", "test_adds"),
                test("Cart", "tests.test_cart.Cart", "test_adds"),
                test("all > shop.TillTest", "shop.TillTest", "pays"),
            ]),
            [
                "Bill > test_adds",
                "Cart > test_adds",
                "shop.TillTest > pays"
            ]
        );
    }

    #[test]
    fn node_has_one_class_for_all() {
        assert_eq!(
            shown(&[
                test("policy > refuses", "test", "a short password"),
                test("policy > accepts", "test", "a long password"),
                test("", "test", "top level"),
            ]),
            [
                "policy > refuses > a short password",
                "policy > accepts > a long password",
                "top level"
            ]
        );
    }

    #[test]
    fn names_that_repeat_their_groups_are_shown_once() {
        assert_eq!(
            shown(&[
                test("login", "login accepts", "login accepts a password"),
                test("cart", "adds", "cart adds"),
                test("a.dll > CartTests", "", "CartTests.Adds"),
                test("a.dll > Shop > Cart", "", "Shop.Cart.Adds"),
                test("Shop.Bill", "Shop.Bill", "Shop.Bill.Pays(1)"),
                test("log", "", "login"),
            ]),
            [
                "login accepts a password",
                "cart adds",
                "CartTests.Adds",
                "Shop.Cart.Adds",
                "Shop.Bill.Pays(1)",
                "log > login"
            ]
        );
    }

    #[test]
    fn what_is_not_told_apart_by_one_is_told_apart_by_more() {
        let in_file = |file| Test {
            file,
            ..test("unit", "CartTest", "total")
        };
        assert_eq!(
            shown(&[
                test("api", "CartTest", "total"),
                test("web", "CartTest", "total"),
                test("web", "BillTest", "total"),
                in_file("a/cart.rb"),
                in_file("b/cart.rb"),
            ]),
            [
                "api > total",
                "web > CartTest > total",
                "BillTest > total",
                "unit > CartTest > total (a/cart.rb)",
                "unit > CartTest > total (b/cart.rb)",
            ]
        );
    }

    #[test]
    fn a_name_that_repeats_its_groups_needs_only_its_file() {
        let in_file = |suite, class, name, file| Test {
            file,
            ..test(suite, class, name)
        };
        assert_eq!(
            shown(&[
                in_file("cart", "throws", "cart throws", "t/a.js"),
                in_file("cart", "throws", "cart throws", "t/b.js"),
                in_file("cart", "throws", "cart throws", "t/c.js"),
                in_file("cart", "throws", "adds", "t/a.js"),
                // Called as the ones of a file, but of another class.
                in_file("cart", "stops", "cart stops", "t/a.js"),
                in_file("carts", "stops", "cart stops", "t/a.js"),
                in_file("cart", "", "cart throws", "t/a.js"),
            ])[..4],
            [
                "cart > throws > cart throws (t/a.js)",
                "cart throws (t/b.js)",
                "cart throws (t/c.js)",
                "cart > adds",
            ]
        );
    }

    #[test]
    fn tests_of_two_spaces_do_not_compete() {
        let of = |space| Test {
            space,
            ..test("", "CartTest", "total")
        };
        assert_eq!(shown(&[of("unit"), of("system")]), ["CartTest > total"; 2]);
    }
}
