//! The elements around the place that is being read.

/// The names of the elements that are open, in one string.
#[derive(Default)]
pub(super) struct Elements {
    names: String,
    starts: Vec<usize>,
}

impl Elements {
    pub(super) fn depth(&self) -> usize {
        self.starts.len()
    }

    pub(super) fn push(&mut self, name: &str) {
        self.starts.push(self.names.len());
        self.names.push_str(name);
    }

    pub(super) fn last(&self) -> Option<&str> {
        self.starts.last().map(|&start| &self.names[start..])
    }

    pub(super) fn pop(&mut self) {
        if let Some(start) = self.starts.pop() {
            self.names.truncate(start);
        }
    }
}
