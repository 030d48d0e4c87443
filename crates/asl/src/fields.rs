//! Reading a JSON object of the definition: every member is asked for once, and whatever nobody asked for is a fault.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use crate::fault::{Faults, Place};
use crate::path::Path;
use crate::template::Template;

/// Longest time the language takes, in seconds.
pub(crate) const LONGEST_SECONDS: u32 = 99_999_999;

/// Known words of the language that this interpreter does not speak.
const NOT_SUPPORTED: [(&str, &str); 9] = [
    ("Arguments", "JSONata"),
    ("Assign", "variables"),
    ("Condition", "JSONata"),
    ("Credentials", "credentials"),
    ("HeartbeatSeconds", "heartbeats"),
    ("HeartbeatSecondsPath", "heartbeats"),
    ("Items", "JSONata"),
    ("Output", "JSONata"),
    ("TimeoutSecondsPath", "timeouts from data"),
];

/// The members of one object.
pub(crate) struct Fields<'a> {
    owner: String,
    object: &'a Map<String, Value>,
    pub(crate) place: Place,
    pub(crate) faults: &'a Faults,
    asked: BTreeSet<&'static str>,
}

impl<'a> Fields<'a> {
    /// `owner` names the object in messages, for example "a Task state".
    pub(crate) fn new(
        owner: &str,
        value: &'a Value,
        place: Place,
        faults: &'a Faults,
    ) -> Option<Self> {
        let Some(object) = value.as_object() else {
            faults.add(
                &place,
                format!("{owner} must be an object, not {}", kind_of(value)),
            );
            return None;
        };
        Some(Self {
            owner: owner.to_owned(),
            object,
            place,
            faults,
            asked: BTreeSet::new(),
        })
    }

    pub(crate) fn rename(&mut self, owner: String) {
        self.owner = owner;
    }

    pub(crate) fn value(&mut self, name: &'static str) -> Option<&'a Value> {
        self.asked.insert(name);
        self.object.get(name)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.object.contains_key(name)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.object.keys().map(String::as_str)
    }

    /// Records a fault of member `name`.
    pub(crate) fn fault(&self, name: &str, message: impl Into<String>) {
        self.faults.add(&self.place.child(name), message);
    }

    /// Records that member `name` is missing.
    pub(crate) fn missing(&self, name: &str) {
        self.faults
            .add(&self.place, format!("{} needs `{name}`", self.owner));
    }

    pub(crate) fn required(&mut self, name: &'static str) -> Option<&'a Value> {
        let value = self.value(name);
        if value.is_none() {
            self.missing(name);
        }
        value
    }

    pub(crate) fn text(&mut self, name: &'static str) -> Option<&'a str> {
        let value = self.value(name)?;
        let text = value.as_str();
        if text.is_none() {
            self.wrong_kind(name, "a string", value);
        }
        text
    }

    pub(crate) fn required_text(&mut self, name: &'static str) -> Option<&'a str> {
        self.required(name)?;
        self.text(name)
    }

    pub(crate) fn boolean(&mut self, name: &'static str) -> Option<bool> {
        let value = self.value(name)?;
        let boolean = value.as_bool();
        if boolean.is_none() {
            self.wrong_kind(name, "true or false", value);
        }
        boolean
    }

    pub(crate) fn integer(
        &mut self,
        name: &'static str,
        range: &RangeInclusive<u32>,
    ) -> Option<u32> {
        let value = self.value(name)?;
        let integer = value
            .as_u64()
            .and_then(|number| u32::try_from(number).ok())
            .filter(|number| range.contains(number));
        if integer.is_none() {
            self.wrong_kind(
                name,
                &format!("a whole number from {} to {}", range.start(), range.end()),
                value,
            );
        }
        integer
    }

    pub(crate) fn list(&mut self, name: &'static str) -> Option<&'a Vec<Value>> {
        let value = self.value(name)?;
        let list = value.as_array();
        if list.is_none() {
            self.wrong_kind(name, "an array", value);
        }
        list
    }

    /// A member that holds a path, read by `parse`.
    pub(crate) fn path(
        &mut self,
        name: &'static str,
        parse: fn(&str) -> Result<Path, String>,
    ) -> Option<Path> {
        let text = self.text(name)?;
        parse(text)
            .map_err(|message| self.fault(name, message))
            .ok()
    }

    pub(crate) fn template(&mut self, name: &'static str) -> Option<Template> {
        let value = self.value(name)?;
        if !value.is_object() {
            self.wrong_kind(name, "an object", value);
            return None;
        }
        Some(Template::parse(value, &self.place.child(name), self.faults))
    }

    /// Comments are allowed everywhere.
    pub(crate) fn finish(mut self) {
        self.text("Comment");
        for name in self
            .object
            .keys()
            .filter(|name| !self.asked.contains(name.as_str()))
        {
            let message = match NOT_SUPPORTED.iter().find(|(known, _)| known == name) {
                Some((_, words)) => format!("`{name}` is not supported: no {words} here"),
                None => format!("unknown field `{name}` of {}", self.owner),
            };
            self.fault(name, message);
        }
    }

    fn wrong_kind(&self, name: &str, expected: &str, value: &Value) {
        self.fault(
            name,
            format!("`{name}` must be {expected}, not {}", shown(value)),
        );
    }
}

/// The kind of a value, with its article.
pub(crate) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) if text.chars().count() <= 40 => format!("{text:?}"),
        _ => kind_of(value).to_owned(),
    }
}
