//! How much of a report is taken in. The file itself may be of any size.

/// A failure's message and its details are each cut after this many bytes, with [`CUT_MARK`] at the end.
pub const TEXT_BYTES: usize = 64 * 1024;

/// Names and paths are cut after this many bytes, with [`CUT_MARK`] at the end.
pub const NAME_BYTES: usize = 4 * 1024;

/// A tag with its attributes, a comment, an instruction or a DOCTYPE longer than this is refused, unless it is a single
/// value that makes a tag so long: that is cut.
pub const MARKUP_BYTES: usize = 1024 * 1024;

/// So much of a value as it is written is kept of one in a tag of more than [`MARKUP_BYTES`]; more than [`TEXT_BYTES`],
/// since references to characters are longer than what they stand for.
pub(crate) const VALUE_BYTES: usize = 256 * 1024;

/// An element's name longer than this is refused.
pub const ELEMENT_NAME_BYTES: usize = 1024;

/// Elements, objects and lists nested deeper than this are refused.
pub const DEPTH: usize = 256;

/// In a coverage report a line number above this is refused.
pub const LINES_PER_FILE: u32 = 4_000_000;

/// A coverage report in a format that tells of one file in several places (SimpleCov, LCOV) is refused if its lines,
/// in blocks of 64, are in more blocks than this: about 19 million lines.
pub const BLOCKS_PER_REPORT: usize = 300_000;

/// The same if all its paths together are longer.
pub const PATH_BYTES_PER_REPORT: usize = 8 * 1024 * 1024;

/// A coverage report with more source folders than this is refused.
pub const SOURCE_FOLDERS: usize = 256;

/// A line of an LCOV file longer than this is refused.
pub const LINE_BYTES: usize = 64 * 1024;

/// Of a TRX file that names its classes at the end, so many bytes of cases wait for the names. Cases beyond that have
/// no class.
pub const WAITING_BYTES: usize = 4 * 1024 * 1024;

/// An error shows so many bytes of a faulty name.
pub(crate) const SHOWN_BYTES: usize = 60;

/// Stands where a text was cut.
pub const CUT_MARK: &str = " … (cut)";
