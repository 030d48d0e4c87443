//! Cucumber JSON, as Cucumber writes it in Ruby, JavaScript and Java, and tools that follow them.
//!
//! - A scenario is a case, its feature the suite. What failed in a background or in a hook fails the scenario.
//! - An undefined or ambiguous step is an error, a pending one skips. A scenario of which nothing ran is skipped.
//! - A status that is not known is an error of the report, because it could stand for a failure.
//! - A scenario that is told again, at the same line, was tried again because it failed: the last try decides, and if it
//!   passed the case is flaky.
//! - The name of a feature may follow its scenarios; they wait for it, within [`crate::limits::WAITING_BYTES`].
//! - Keys may come in any order; what is attached (screenshots, logs) is passed over.

mod scenario;

use std::collections::HashMap;
use std::io::BufRead;
use std::sync::Arc;

use crate::error::ReadError;
use crate::json::{Json, Kind};
use crate::limits::{NAME_BYTES, TEXT_BYTES, WAITING_BYTES};
use crate::model::{Case, Outcome, Sink};
use crate::text::Clipped;
use scenario::{Scenario, Step};

pub(super) fn read<R: BufRead>(json: Json<R>, sink: &mut impl Sink) -> Result<(), ReadError> {
    let mut reader = Cucumber { json, sink };
    reader.json.enter_list("the report")?;
    while reader.json.next_item()? {
        let mut feature = Feature::default();
        let result = reader.feature(&mut feature);
        feature.tell(reader.sink);
        result?;
    }
    reader.json.end()
}

/// What is known of a feature, and the scenarios that wait for the rest.
#[derive(Default)]
struct Feature {
    name: String,
    uri: Option<String>,
    told: bool,
    waiting: Vec<Case>,
    /// Where in `waiting` a scenario that failed is, by its line and name.
    failed: HashMap<(u32, String), usize>,
    bytes: usize,
    /// What the background made of the scenario that follows it.
    background: Option<Scenario>,
}

impl Feature {
    fn add(&mut self, mut scenario: Scenario, sink: &mut impl Sink) {
        if scenario.is_background {
            self.background = Some(scenario);
            return;
        }
        if let Some(background) = self.background.take() {
            scenario.begin_with(background);
        }
        let Some(case) = self.join(scenario.case()) else {
            return;
        };
        let texts = [&case.message, &case.details].into_iter().flatten();
        self.bytes += case.name.len() + size_of::<Case>() + texts.map(String::len).sum::<usize>();
        self.waiting.push(case);
        if self.bytes > WAITING_BYTES {
            self.tell_waiting(sink);
        }
    }

    /// Takes a further try of a scenario for the scenario; gives back what is the first of its own.
    fn join(&mut self, case: Case) -> Option<Case> {
        let Some(line) = case.line.filter(|_| case.outcome != Outcome::Skipped) else {
            return Some(case);
        };
        let key = (line, case.name.clone());
        let known = self.failed.get(&key).copied();
        let Some(first) = known.and_then(|at| self.waiting.get_mut(at)) else {
            if case.outcome.is_failure() {
                self.failed.insert(key, self.waiting.len());
            }
            return Some(case);
        };
        let (message, details) = (first.message.take(), first.details.take());
        *first = case;
        if first.outcome == Outcome::Passed {
            first.flaky = true;
            (first.message, first.details) = (message, details);
            self.failed.remove(&key);
        }
        None
    }

    fn tell_waiting(&mut self, sink: &mut impl Sink) {
        if !std::mem::replace(&mut self.told, true) {
            sink.suite(&self.name);
        }
        self.bytes = 0;
        self.failed.clear();
        let suite: Arc<str> = self.name.as_str().into();
        let class: Option<Arc<str>> = self.uri.as_deref().map(Into::into);
        for mut case in self.waiting.drain(..) {
            case.suite.clone_from(&suite);
            case.class_name.clone_from(&class);
            case.file.clone_from(&self.uri);
            sink.case(case);
        }
    }

    /// The feature is over. A background that broke before any scenario stands for itself.
    fn tell(mut self, sink: &mut impl Sink) {
        if let Some(background) = self.background.take() {
            let case = background.case();
            if case.outcome.is_failure() {
                self.waiting.push(case);
            }
        }
        self.tell_waiting(sink);
    }
}

struct Cucumber<'s, R, S> {
    json: Json<R>,
    sink: &'s mut S,
}

impl<R: BufRead, S: Sink> Cucumber<'_, R, S> {
    fn feature(&mut self, feature: &mut Feature) -> Result<(), ReadError> {
        let mut key = String::new();
        self.json.enter_object("a feature")?;
        while self.json.next_key(&mut key)? {
            match key.as_str() {
                "name" => feature.name = self.json.text(NAME_BYTES)?.unwrap_or_default(),
                "uri" => feature.uri = self.json.text(NAME_BYTES)?,
                "location" => feature.uri = self.location()?.map(|(file, _)| file),
                "elements" => {
                    self.json.enter_list("`elements`")?;
                    while self.json.next_item()? {
                        let scenario = self.element()?;
                        feature.add(scenario, self.sink);
                    }
                }
                _ => self.json.skip()?,
            }
        }
        Ok(())
    }

    fn element(&mut self) -> Result<Scenario, ReadError> {
        let mut scenario = Scenario::default();
        let mut key = String::new();
        self.json.enter_object("a scenario")?;
        while self.json.next_key(&mut key)? {
            match key.as_str() {
                "name" => scenario.name = self.json.text(NAME_BYTES)?.unwrap_or_default(),
                "line" => scenario.line = self.line()?,
                "location" => scenario.line = self.location()?.map(|(_, line)| line),
                "type" => {
                    let kind = self.json.text(NAME_BYTES)?;
                    scenario.is_background = kind.as_deref() == Some("background");
                }
                "before" | "steps" | "after" => self.steps(&mut scenario)?,
                _ => self.json.skip()?,
            }
        }
        Ok(scenario)
    }

    /// Steps or hooks.
    fn steps(&mut self, scenario: &mut Scenario) -> Result<(), ReadError> {
        self.json.enter_list("a list of steps")?;
        while self.json.next_item()? {
            let mut step = Step::default();
            let mut key = String::new();
            self.json.enter_object("a step")?;
            while self.json.next_key(&mut key)? {
                match key.as_str() {
                    "keyword" => step.keyword = self.json.text(NAME_BYTES)?.unwrap_or_default(),
                    "name" => step.name = self.json.text(NAME_BYTES)?.unwrap_or_default(),
                    "result" => self.result(&mut step)?,
                    "before" | "after" => self.steps(scenario)?,
                    _ => self.json.skip()?,
                }
            }
            scenario
                .add(step)
                .map_err(|message| self.json.fault(message))?;
        }
        Ok(())
    }

    fn result(&mut self, step: &mut Step) -> Result<(), ReadError> {
        let mut key = String::new();
        self.json.enter_object("a result")?;
        while self.json.next_key(&mut key)? {
            match key.as_str() {
                "status" => step.status = self.json.text(NAME_BYTES)?,
                "duration" => step.duration = self.json.number()?,
                "error_message" => step.error = self.error_message()?,
                _ => self.json.skip()?,
            }
        }
        Ok(())
    }

    /// A text, or its lines as Behave writes them.
    fn error_message(&mut self) -> Result<Option<String>, ReadError> {
        if self.json.kind()? != Kind::List {
            return self.json.text(TEXT_BYTES);
        }
        let mut lines = Clipped::new(TEXT_BYTES);
        self.json.enter_list("`error_message`")?;
        while self.json.next_item()? {
            if let Some(line) = self.json.text(TEXT_BYTES)? {
                lines.push(&line);
                lines.push("\n");
            }
        }
        Ok(lines.finish())
    }

    /// File and line, as Behave writes them: `shop.feature:7`.
    fn location(&mut self) -> Result<Option<(String, u32)>, ReadError> {
        let location = self.json.text(NAME_BYTES)?;
        Ok(location.and_then(|location| {
            let (file, line) = location.rsplit_once(':')?;
            Some((file.to_owned(), line.parse().ok().filter(|&line| line > 0)?))
        }))
    }

    fn line(&mut self) -> Result<Option<u32>, ReadError> {
        let number = self.json.number()?;
        let line = number.and_then(|number| number.parse().ok());
        Ok(line.filter(|&line| line > 0))
    }
}
