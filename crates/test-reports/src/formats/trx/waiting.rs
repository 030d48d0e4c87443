//! Cases that wait for the name of their class.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::limits::WAITING_BYTES;
use crate::model::{Case, Sink};

/// Holds cases back until every class is known, or until there are too many.
pub(super) struct Waiting<'s, S> {
    sink: &'s mut S,
    /// Test → class.
    classes: HashMap<String, String>,
    /// Those that the sink was told of as suites.
    told: HashSet<String>,
    cases: Vec<(String, Case)>,
    bytes: usize,
    /// Nothing more is worth waiting for.
    over: bool,
}

impl<'s, S: Sink> Waiting<'s, S> {
    pub(super) fn new(sink: &'s mut S) -> Self {
        Self {
            sink,
            classes: HashMap::new(),
            told: HashSet::new(),
            cases: Vec::new(),
            bytes: 0,
            over: false,
        }
    }

    /// Takes in a case of `test`.
    pub(super) fn case(&mut self, test: &str, case: Case) {
        if self.over || self.classes.contains_key(test) {
            self.tell_one(test, case);
            return;
        }
        self.bytes += test.len() + size_of::<(String, Case)>() + text_bytes(&case);
        self.cases.push((test.to_owned(), case));
        if self.bytes > WAITING_BYTES {
            self.all_defined();
        }
    }

    /// Says which class `test` is in.
    pub(super) fn define(&mut self, test: String, class: String) {
        self.bytes += test.len() + class.len() + size_of::<(String, String)>();
        if self.bytes <= WAITING_BYTES {
            self.classes.insert(test, class);
        }
    }

    /// No more classes will be named.
    pub(super) fn all_defined(&mut self) {
        self.over = true;
        self.tell();
    }

    /// Tells of every case that waits.
    fn tell(&mut self) {
        for (test, case) in std::mem::take(&mut self.cases) {
            self.tell_one(&test, case);
        }
    }

    fn tell_one(&mut self, test: &str, mut case: Case) {
        if let Some(class) = self.classes.get(test) {
            if self.told.insert(class.clone()) {
                self.sink.suite(class);
            }
            let class: Arc<str> = class.as_str().into();
            case.suite.clone_from(&class);
            case.class_name = Some(class);
        }
        self.sink.case(case);
    }
}

fn text_bytes(case: &Case) -> usize {
    let optional = [&case.message, &case.details, &case.file];
    let optional = optional.into_iter().flatten().map(String::len);
    case.name.len() + optional.sum::<usize>()
}
