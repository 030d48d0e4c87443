//! TestNG XML.
//!
//! - The suite of a case is its suite, test and class; a parametrised case bears its parameters in its name.
//! - Methods that only prepare or clean up (`is-config`) count only where they failed.
//! - A try that was followed by another (`retried`) is no case of its own; if the last one passes, the case is flaky.

use std::time::Duration;

use crate::error::ReadError;
use crate::formats::trouble::Trouble;
use crate::limits::NAME_BYTES;
use crate::model::{Case, Outcome, Sink};
use crate::suites::Suites;
use crate::text::Clipped;
use crate::xml::{Handler, Tag, Text};

/// So many tries of a class are remembered until the last one of their case comes.
const MOST_TRIES: usize = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    /// A suite, a test or a class.
    Suite,
    Class,
    Method,
    Parameters,
    Parameter,
    /// A parameter's value.
    Value,
    Exception,
    Message,
    Trace,
    Ignored,
}

pub(super) struct TestNg<'s, S> {
    sink: &'s mut S,
    places: Vec<Place>,
    suites: Suites,
    class: String,
    method: Option<Method>,
    /// Of the class that is open.
    tries: Vec<Case>,
}

struct Method {
    case: Case,
    /// It prepares or cleans up.
    is_configuration: bool,
    retried: bool,
    parameters: Option<Clipped>,
    trouble: Option<Trouble>,
}

impl<S: Sink> Handler for TestNg<'_, S> {
    fn open(&mut self, tag: &Tag<'_>) -> Result<(), ReadError> {
        let place = match (self.places.last(), tag.name()) {
            (None, _) => Place::Root,
            (Some(Place::Root | Place::Suite), "suite" | "test") => self.open_suite(tag),
            (Some(Place::Suite), "class") => {
                self.class = tag.attribute("name", NAME_BYTES).unwrap_or_default();
                self.open_suite(tag);
                Place::Class
            }
            (Some(Place::Class), "test-method") => self.open_method(tag)?,
            (Some(Place::Method), "params") => Place::Parameters,
            (Some(Place::Parameters), "param") => self.open_parameter(),
            (Some(Place::Parameter), "value") => Place::Value,
            (Some(Place::Method), "exception") => self.open_exception(),
            (Some(Place::Exception), "message") => Place::Message,
            (Some(Place::Exception), "full-stacktrace" | "short-stacktrace") => Place::Trace,
            _ => Place::Ignored,
        };
        self.places.push(place);
        Ok(())
    }

    fn text(&mut self, text: &Text<'_>) {
        let Some(method) = &mut self.method else {
            return;
        };
        match (self.places.last(), method) {
            (
                Some(Place::Value),
                Method {
                    parameters: Some(parameters),
                    ..
                },
            ) => {
                text.append_to(parameters);
            }
            (
                Some(Place::Message),
                Method {
                    trouble: Some(trouble),
                    ..
                },
            ) => {
                text.append_to(&mut trouble.message);
            }
            (
                Some(Place::Trace),
                Method {
                    trouble: Some(trouble),
                    ..
                },
            ) => {
                text.append_to(&mut trouble.trace);
            }
            _ => {}
        }
    }

    fn close(&mut self) {
        match self.places.pop() {
            Some(Place::Suite) => self.suites.close(),
            Some(Place::Class) => {
                self.tell_tries();
                self.suites.close();
            }
            Some(Place::Method) => self.close_method(),
            _ => {}
        }
    }

    fn finish(&mut self) {
        self.tell_tries();
    }
}

impl<'s, S: Sink> TestNg<'s, S> {
    pub(super) fn new(sink: &'s mut S) -> Self {
        Self {
            sink,
            places: Vec::new(),
            suites: Suites::default(),
            class: String::new(),
            method: None,
            tries: Vec::new(),
        }
    }

    fn open_suite(&mut self, tag: &Tag<'_>) -> Place {
        let own = tag.attribute("name", NAME_BYTES).unwrap_or_default();
        self.sink.suite(self.suites.open(&own, None));
        Place::Suite
    }

    fn open_method(&mut self, tag: &Tag<'_>) -> Result<Place, ReadError> {
        let name = tag.filled("name", NAME_BYTES);
        let name = name.unwrap_or_else(|| "(without a name)".to_owned());
        let mut case = Case::passed(self.suites.name(), name);
        case.class_name = (!self.class.is_empty()).then(|| self.class.as_str().into());
        case.duration = tag.number("duration-ms").map(Duration::from_millis);
        case.outcome = match tag.raw("status") {
            Some("PASS" | "SUCCESS_PERCENTAGE_FAILURE") => Outcome::Passed,
            Some("FAIL") => Outcome::Failed,
            Some("SKIP") => Outcome::Skipped,
            Some(word) => {
                let message = format!("the status `{word}` of a `<test-method>` is not known");
                return Err(tag.fault(message));
            }
            None => return Err(tag.fault("a `<test-method>` has no `status`")),
        };
        self.method = Some(Method {
            case,
            is_configuration: tag.says("is-config", &["true"]),
            retried: tag.says("retried", &["true"]),
            parameters: None,
            trouble: None,
        });
        Ok(Place::Method)
    }

    fn open_parameter(&mut self) -> Place {
        if let Some(method) = &mut self.method {
            match &mut method.parameters {
                Some(parameters) => parameters.push(", "),
                None => method.parameters = Some(Clipped::new(NAME_BYTES)),
            }
        }
        Place::Parameter
    }

    fn open_exception(&mut self) -> Place {
        if let Some(method) = &mut self.method {
            method.trouble = Some(Trouble::new());
        }
        Place::Exception
    }

    fn close_method(&mut self) {
        let Some(method) = self.method.take() else {
            return;
        };
        let mut case = method.case;
        if let Some(parameters) = method.parameters {
            let parameters = one_line(&parameters.verbatim());
            case.name = format!("{}({parameters})", case.name);
        }
        if let Some(trouble) = method.trouble {
            trouble.tell(&mut case);
        }
        if method.is_configuration {
            if case.outcome == Outcome::Failed {
                case.outcome = Outcome::Error;
                self.sink.case(case);
            }
        } else if method.retried && self.tries.len() < MOST_TRIES {
            self.tries.push(case);
        } else {
            self.settle(case);
        }
    }

    /// Tells of a case, together with its earlier tries.
    fn settle(&mut self, mut case: Case) {
        let mut tried = None;
        self.tries.retain_mut(|try_| {
            let same = try_.name == case.name;
            if same && tried.is_none() {
                tried = Some((try_.message.take(), try_.details.take()));
            }
            !same
        });
        if let (Some((message, details)), Outcome::Passed) = (tried, case.outcome) {
            case.flaky = true;
            case.message = message;
            case.details = details;
        }
        self.sink.case(case);
    }

    /// Tries that no last one followed stand for themselves.
    fn tell_tries(&mut self) {
        for case in self.tries.drain(..) {
            self.sink.case(case);
        }
    }
}

/// The values stand on lines of their own, between blanks.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").replace(" ,", ",")
}
