//! The `Range` header: one range of bytes. S3 takes no more than one, and passes over what it cannot read (RFC 9110, 14.2).

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Range {
    /// From here, up to there or to the end.
    From(usize, Option<usize>),
    /// So many from the end.
    Last(usize),
}

impl Range {
    /// `bytes=0-99`, `bytes=100-`, `bytes=-100`; `None` for anything else.
    pub(super) fn read(header: &str) -> Option<Self> {
        let (first, last) = header.strip_prefix("bytes=")?.split_once('-')?;
        if first.is_empty() {
            return Some(Self::Last(last.parse().ok()?));
        }
        let first = first.parse().ok()?;
        let last: Option<usize> = match last {
            "" => None,
            last => Some(last.parse().ok().filter(|last| *last >= first)?),
        };
        Some(Self::From(first, last))
    }

    /// The bytes of an object of this size; `None` if there are none.
    pub(super) fn of(self, size: usize) -> Option<std::ops::Range<usize>> {
        let bytes = match self {
            Self::From(first, last) => {
                let end = last.map_or(size, |last| last.saturating_add(1).min(size));
                first..end
            }
            Self::Last(count) => size.saturating_sub(count)..size,
        };
        (bytes.start < bytes.end).then_some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(header: &str, size: usize) -> Option<std::ops::Range<usize>> {
        Range::read(header)?.of(size)
    }

    #[test]
    fn a_range_is_some_bytes_as_far_as_there_are_any() {
        assert_eq!(bytes("bytes=0-3", 10), Some(0..4));
        assert_eq!(bytes("bytes=8-99", 10), Some(8..10));
        assert_eq!(bytes("bytes=4-", 10), Some(4..10));
        assert_eq!(bytes("bytes=-3", 10), Some(7..10));
        assert_eq!(bytes("bytes=-99", 10), Some(0..10));
    }

    #[test]
    fn refuses_a_range_beyond_the_end_and_what_is_no_range() {
        assert_eq!(bytes("bytes=10-", 10), None);
        assert_eq!(bytes("bytes=0-0", 0), None);
        for header in [
            "bytes=3-1",
            "bytes=a-b",
            "lines=1-2",
            "bytes=5",
            "bytes=0-1,4-5",
        ] {
            assert_eq!(Range::read(header), None, "{header}");
        }
    }
}
