//! How much of a report is taken in. The file itself may be of any size.

/// A failure's message and its details are each cut after this many bytes, with [`CUT_MARK`] at the end.
pub const TEXT_BYTES: usize = 64 * 1024;

/// Names and paths are cut after this many bytes, with [`CUT_MARK`] at the end.
pub const NAME_BYTES: usize = 4 * 1024;

/// A tag with its attributes, a comment, an instruction or a DOCTYPE longer than this is refused.
pub const MARKUP_BYTES: usize = 1024 * 1024;

/// An element's name longer than this is refused.
pub const ELEMENT_NAME_BYTES: usize = 1024;

/// Elements nested deeper than this are refused.
pub const DEPTH: usize = 256;

/// A coverage report with more distinct lines than this in one file is refused.
pub const LINES_PER_FILE: usize = 500_000;

/// A coverage report with more source folders than this is refused.
pub const SOURCE_FOLDERS: usize = 256;

/// Stands where a text was cut.
pub const CUT_MARK: &str = " … (cut)";
