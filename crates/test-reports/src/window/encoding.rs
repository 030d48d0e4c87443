//! Which encoding a report is in.
//!
//! A byte order mark rules, then the pattern of a UTF-16 `<?xml`, then the encoding that the declaration names, then
//! UTF-8.

use std::io;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// Enough for a declaration.
pub(super) const PREFIX_BYTES: u64 = 512;

/// The encoding of a file that begins with `prefix`.
pub(super) fn of(prefix: &[u8]) -> io::Result<&'static Encoding> {
    if let Some((encoding, _)) = Encoding::for_bom(prefix) {
        return Ok(encoding);
    }
    if prefix.starts_with(b"<\0?\0") {
        return Ok(UTF_16LE);
    }
    if prefix.starts_with(b"\0<\0?") {
        return Ok(UTF_16BE);
    }
    let Some(label) = declared(prefix) else {
        return Ok(UTF_8);
    };
    let encoding = Encoding::for_label(label).ok_or_else(|| {
        let label = String::from_utf8_lossy(label);
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("the encoding `{label}` is not known"),
        )
    })?;
    // A declaration that could be read here is not in UTF-16, whatever it claims.
    Ok(if encoding == UTF_16LE || encoding == UTF_16BE {
        UTF_8
    } else {
        encoding
    })
}

/// The value of `encoding` in `<?xml … ?>`.
fn declared(prefix: &[u8]) -> Option<&[u8]> {
    let declaration = prefix.trim_ascii_start().strip_prefix(b"<?xml")?;
    let end = declaration.windows(2).position(|pair| pair == b"?>")?;
    let declaration = &declaration[..end];
    let name = b"encoding";
    let at = declaration
        .windows(name.len())
        .position(|word| word == name)?;
    let value = declaration[at + name.len()..]
        .trim_ascii_start()
        .strip_prefix(b"=")?
        .trim_ascii_start();
    let (&quote, value) = value
        .split_first()
        .filter(|&(&quote, _)| quote == b'"' || quote == b'\'')?;
    Some(&value[..value.iter().position(|&byte| byte == quote)?])
}
