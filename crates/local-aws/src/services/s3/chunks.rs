//! Bodies in pieces: SDKs send what they stream as `aws-chunked`, each piece behind a line with its size.

use axum::http::HeaderMap;

use crate::ServiceError;

/// The body as it was meant.
pub(super) fn whole(headers: &HeaderMap, body: &[u8]) -> Result<Vec<u8>, ServiceError> {
    let is_chunked = ["content-encoding", "x-amz-content-sha256"]
        .iter()
        .filter_map(|name| super::text(headers, name))
        .any(|value| value.contains("aws-chunked") || value.starts_with("STREAMING-"));
    if !is_chunked {
        return Ok(body.to_vec());
    }
    unpack(body).ok_or_else(|| {
        ServiceError::client(
            "IncompleteBody",
            "The aws-chunked body is not what its sizes say",
        )
    })
}

/// `<size in hex>[;extension]\r\n<bytes>\r\n` … `0\r\n<trailers>`.
fn unpack(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::with_capacity(rest.len());
    loop {
        let end = rest.windows(2).position(|pair| pair == b"\r\n")?;
        let line = std::str::from_utf8(&rest[..end]).ok()?;
        let size = line.split(';').next().unwrap_or_default();
        let size = usize::from_str_radix(size.trim(), 16).ok()?;
        rest = &rest[end + 2..];
        if size == 0 {
            return Some(whole);
        }
        whole.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size..)?.strip_prefix(b"\r\n")?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_with_signatures_and_trailers_become_one() {
        let body =
            b"4;chunk-signature=abc\r\nwhol\r\n1\r\ne\r\n0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n";
        assert_eq!(unpack(body).as_deref(), Some(b"whole".as_slice()));
    }

    #[test]
    fn refuses_a_body_that_breaks_off_or_lies_about_its_size() {
        for body in [
            b"4\r\nwho".as_slice(),
            b"2\r\nwhole\r\n0\r\n",
            b"x\r\n",
            b"",
        ] {
            assert_eq!(unpack(body), None);
        }
    }
}
