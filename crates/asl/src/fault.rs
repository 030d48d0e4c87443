//! What is wrong with a definition, and where.

use std::cell::RefCell;
use std::fmt;

/// One thing that is wrong with a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// JSON pointer (RFC 6901) to the value that is wrong; empty for the whole document.
    pub place: String,
    /// What is wrong, naming the thing.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.place.is_empty() {
            "(document)"
        } else {
            &self.place
        };
        write!(formatter, "{place}: {}", self.message)
    }
}

/// A definition that cannot be run, with all its faults.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the state machine definition has {} fault(s){}", faults.len(), listed(faults))]
pub struct DefinitionError {
    /// Every fault, in the order of the document's objects; never empty.
    pub faults: Vec<Fault>,
}

fn listed(faults: &[Fault]) -> String {
    faults.iter().fold(String::new(), |text, fault| {
        text + "\n  " + &fault.to_string()
    })
}

/// A JSON pointer under construction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place(String);

impl Place {
    pub(crate) fn root() -> Self {
        Self(String::new())
    }

    pub(crate) fn child(&self, name: &str) -> Self {
        Self(format!(
            "{}/{}",
            self.0,
            name.replace('~', "~0").replace('/', "~1")
        ))
    }

    pub(crate) fn item(&self, index: usize) -> Self {
        Self(format!("{}/{index}", self.0))
    }
}

/// Collects faults while parsing goes on.
#[derive(Debug, Default)]
pub(crate) struct Faults(RefCell<Vec<Fault>>);

impl Faults {
    pub(crate) fn add(&self, place: &Place, message: impl Into<String>) {
        self.0.borrow_mut().push(Fault {
            place: place.0.clone(),
            message: message.into(),
        });
    }

    pub(crate) fn into_result(self) -> Result<(), DefinitionError> {
        let faults = self.0.into_inner();
        if faults.is_empty() {
            Ok(())
        } else {
            Err(DefinitionError { faults })
        }
    }
}
