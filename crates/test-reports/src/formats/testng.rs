//! TestNG XML.
//!
//! - The suite of a case is its suite, test and class; a parametrised case bears its parameters in its name. Of an object
//!   that does not print itself the class is the parameter (`shop.Order@18d47df0` is another one in every try and run);
//!   cases that only such objects tell apart are numbered.
//! - Methods that only prepare or clean up (`is-config`) count only where they failed.
//! - A try that was followed by another (`retried`) is no case of its own; if the last one passes, the case is flaky.

use std::borrow::Cow;
use std::collections::HashMap;
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
    /// How many cases of the class that is open have the same name because of objects in it.
    alike: HashMap<String, u32>,
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
            alike: HashMap::new(),
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
        let mut has_objects = false;
        if let Some(parameters) = method.parameters {
            let parameters = one_line(&parameters.verbatim());
            let lasting = without_hashes(&parameters);
            has_objects = matches!(lasting, Cow::Owned(_));
            case.name = format!("{}({lasting})", case.name);
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
            self.settle(case, has_objects);
        }
    }

    /// Tells of a case, together with its earlier tries.
    fn settle(&mut self, mut case: Case, has_objects: bool) {
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
        if has_objects && (self.alike.len() < MOST_TRIES || self.alike.contains_key(&case.name)) {
            let number = self.alike.entry(case.name.clone()).or_default();
            *number += 1;
            if *number > 1 {
                case.name = format!("{} #{number}", case.name);
            }
        }
        self.sink.case(case);
    }

    /// Tries that no last one followed stand for themselves.
    fn tell_tries(&mut self) {
        self.alike.clear();
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

/// The parameters without the hashes that Java puts behind the class of an object: `shop.Order@18d47df0`.
fn without_hashes(parameters: &str) -> Cow<'_, str> {
    let mut kept = String::new();
    let mut rest = parameters;
    let mut from = 0;
    while let Some(at) = rest[from..].find('@').map(|at| from + at) {
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        let hash = after.bytes().take_while(u8::is_ascii_hexdigit).count();
        let ends = !after[hash..].starts_with(|next: char| next.is_alphanumeric() || next == '.');
        if is_class(before) && (1..=8).contains(&hash) && ends {
            kept.push_str(before);
            rest = &after[hash..];
            from = 0;
        } else {
            from = at + 1;
        }
    }
    if kept.is_empty() {
        return Cow::Borrowed(parameters);
    }
    kept.push_str(rest);
    Cow::Owned(kept)
}

/// Whether `text` ends with the name of a class in a package, or of an array.
fn is_class(text: &str) -> bool {
    let of_name = |letter: char| letter.is_alphanumeric() || "_$.;[/".contains(letter);
    let start = text.rfind(|letter| !of_name(letter)).map_or(0, |at| {
        at + text[at..].chars().next().map_or(1, char::len_utf8)
    });
    let name = &text[start..];
    name.starts_with('[') || name.trim_matches('.').contains('.')
}

#[cfg(test)]
mod tests {
    use super::without_hashes;

    #[test]
    fn an_object_is_its_class_and_other_parameters_are_what_they_are() {
        for (written, lasting) in [
            ("shop.Order@18d47df0", "shop.Order"),
            ("1, shop.Order@e111c7c, two", "1, shop.Order, two"),
            ("[Ljava.lang.String;@1b6d3586", "[Ljava.lang.String;"),
            ("[shop.A@1, shop.B$C@2f]", "[shop.A, shop.B$C]"),
            (
                "shop.Test$$Lambda$14/0x0000@5a",
                "shop.Test$$Lambda$14/0x0000",
            ),
            ("ann@example.com", "ann@example.com"),
            ("ann.lee@cafe.example", "ann.lee@cafe.example"),
            ("@1 @", "@1 @"),
        ] {
            assert_eq!(without_hashes(written), lasting);
        }
    }
}
