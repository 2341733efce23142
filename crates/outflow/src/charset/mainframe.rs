//! Text in EBCDIC, as mainframes write it: what all its Latin code pages share (IBM CDRA,
//! character set 640), and the letters of code page 273, Germany and Austria.

/// Bytes of a head that can be told.
const LEAST: usize = 64;

/// Returns whether a text in EBCDIC begins here: nearly all of its bytes are letters, digits and
/// blanks of it, many of them blanks, which are `@` in ASCII, and few are letters in ASCII.
pub(super) fn is_mainframe(head: &[u8]) -> bool {
    let count = |of: &dyn Fn(u8) -> bool| head.iter().filter(|b| of(**b)).count();
    let text = count(&|b| matches!(ascii(b), b' ' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'\n' | b'\r'));
    let latin = count(&|b| b.is_ascii_digit() || b.is_ascii_lowercase());
    head.len() >= LEAST
        && text * 10 >= head.len() * 8
        && count(&|b| b == b'@') * 25 >= head.len()
        && latin * 10 <= head.len()
}

/// Appends the text of the next bytes to `out`.
pub(super) fn feed(chunk: &[u8], out: &mut Vec<u8>) {
    for b in chunk {
        match *b {
            0xc0 => out.extend_from_slice("ä".as_bytes()),
            0x6a => out.extend_from_slice("ö".as_bytes()),
            0xd0 => out.extend_from_slice("ü".as_bytes()),
            0x4a => out.extend_from_slice("Ä".as_bytes()),
            0xe0 => out.extend_from_slice("Ö".as_bytes()),
            0x5a => out.extend_from_slice("Ü".as_bytes()),
            0xa1 => out.extend_from_slice("ß".as_bytes()),
            b => out.push(ascii(b)),
        }
    }
}

/// Returns the character of a byte in ASCII; 0 where the code pages differ.
fn ascii(b: u8) -> u8 {
    match b {
        0x05 => b'\t',
        0x0d => b'\r',
        0x15 | 0x25 => b'\n',
        0x40 => b' ',
        0x4b => b'.',
        0x4c => b'<',
        0x4d => b'(',
        0x4e => b'+',
        0x50 => b'&',
        0x5c => b'*',
        0x5d => b')',
        0x5e => b';',
        0x60 => b'-',
        0x61 => b'/',
        0x6b => b',',
        0x6c => b'%',
        0x6d => b'_',
        0x6e => b'>',
        0x6f => b'?',
        0x7a => b':',
        0x7d => b'\'',
        0x7e => b'=',
        0x7f => b'"',
        0x81..=0x89 => b - 0x81 + b'a',
        0x91..=0x99 => b - 0x91 + b'j',
        0xa2..=0xa9 => b - 0xa2 + b's',
        0xc1..=0xc9 => b - 0xc1 + b'A',
        0xd1..=0xd9 => b - 0xd1 + b'J',
        0xe2..=0xe9 => b - 0xe2 + b'S',
        0xf0..=0xf9 => b - 0xf0 + b'0',
        _ => 0,
    }
}
