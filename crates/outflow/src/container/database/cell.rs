//! Rows of a database: their values, and as a line of text.

/// A value of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value<'a> {
    Null,
    Integer(i64),
    Real(f64),
    Text(&'a [u8]),
    Blob(&'a [u8]),
}

/// Columns of a table whose names are held.
const COLUMNS: usize = 2000;

/// Returns a number of one to nine bytes, and how many they were.
pub(super) fn varint(bytes: &[u8]) -> (u64, usize) {
    let mut value = 0_u64;
    for (i, byte) in bytes.iter().take(9).enumerate() {
        if i == 8 {
            return (value << 8 | u64::from(*byte), 9);
        }
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return (value, i + 1);
        }
    }
    (value, bytes.len().min(9))
}

/// Returns the values of a row; a value that is cut keeps what is there.
pub(super) fn values(payload: &[u8]) -> Vec<Value<'_>> {
    let (header, mut at) = varint(payload);
    let header = usize::try_from(header).unwrap_or(usize::MAX).min(payload.len());
    let mut data = header;
    let mut values = Vec::new();
    while at < header {
        let (kind, used) = varint(&payload[at..header]);
        at += used.max(1);
        let end = data.saturating_add(length(kind)).min(payload.len());
        let bytes = &payload[data.min(end)..end];
        data = end;
        values.push(match kind {
            1..=6 => Value::Integer(integer(bytes)),
            7 => Value::Real(f64::from_bits(integer(bytes) as u64)),
            8 => Value::Integer(0),
            9 => Value::Integer(1),
            12.. if kind % 2 == 1 => Value::Text(bytes),
            12.. => Value::Blob(bytes),
            _ => Value::Null,
        });
    }
    values
}

/// Returns whether bytes are exactly one row: its header says lengths that come to theirs.
pub(super) fn whole(payload: &[u8]) -> bool {
    let (header, mut at) = varint(payload);
    let header = usize::try_from(header).unwrap_or(usize::MAX);
    if header < 2 || header > payload.len() {
        return false;
    }
    let mut end = header;
    while at < header {
        let (kind, used) = varint(&payload[at..header]);
        at += used.max(1);
        end = end.saturating_add(length(kind));
    }
    end == payload.len()
}

/// Returns the bytes of a value of this kind (file format, section 2.1).
fn length(kind: u64) -> usize {
    match kind {
        0 | 8..=11 => 0,
        1..=4 => usize::try_from(kind).unwrap_or(0),
        5 => 6,
        6 | 7 => 8,
        _ => usize::try_from((kind - 12) / 2).unwrap_or(usize::MAX),
    }
}

fn integer(bytes: &[u8]) -> i64 {
    let sign = if bytes.first().is_some_and(|b| b & 0x80 != 0) { -1 } else { 0 };
    bytes.iter().fold(sign, |n, b| n << 8 | i64::from(*b))
}

/// Writes a row as a line: `column: value` and a tab for each value.
pub(super) fn line(
    row: &[Value<'_>],
    columns: &[String],
    wide: Option<&'static encoding_rs::Encoding>,
    out: &mut dyn FnMut(&[u8]),
) {
    for (i, value) in row.iter().enumerate() {
        if *value == Value::Null {
            continue;
        }
        if let Some(column) = columns.get(i) {
            out(column.as_bytes());
            out(b": ");
        }
        match (value, wide) {
            (Value::Integer(n), _) => out(n.to_string().as_bytes()),
            (Value::Real(n), _) => out(n.to_string().as_bytes()),
            (Value::Text(text), Some(encoding)) => {
                out(encoding.decode_without_bom_handling(text).0.as_bytes());
            }
            (Value::Text(bytes) | Value::Blob(bytes), _) => out(bytes),
            (Value::Null, _) => {}
        }
        out(b"\t");
    }
    out(b"\n");
}

/// Returns the names of the columns of `CREATE TABLE …(…)`.
pub(super) fn columns(sql: &str) -> Vec<String> {
    let Some(start) = sql.find('(') else { return Vec::new() };
    let mut names = Vec::new();
    let (mut depth, mut fresh, mut name, mut quote) = (0, true, String::new(), None);
    for c in sql[start + 1..].chars() {
        if let Some(end) = quote {
            if c == end {
                quote = None;
                fresh = false;
            } else if fresh {
                name.push(c);
            }
            continue;
        }
        match c {
            '"' | '`' | '\'' => quote = Some(c),
            '[' => quote = Some(']'),
            '(' => depth += 1,
            ')' if depth > 0 => depth -= 1,
            ',' | ')' if depth == 0 => {
                names.push(std::mem::take(&mut name));
                fresh = true;
                if c == ')' || names.len() >= COLUMNS {
                    break;
                }
            }
            c if fresh && c.is_whitespace() => fresh = name.is_empty(),
            c if fresh => name.push(c),
            _ => {}
        }
    }
    let rules = ["constraint", "primary", "unique", "check", "foreign"];
    names.retain(|n| !rules.contains(&n.to_ascii_lowercase().as_str()));
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_named() {
        let sql = "CREATE TABLE \"t\"(id INTEGER PRIMARY KEY, \"Vers nr\" TEXT DEFAULT (1,2), [b] x, PRIMARY KEY(id))";
        assert_eq!(columns(sql), ["id", "Vers nr", "b"]);
    }

    #[test]
    fn numbers_keep_their_sign() {
        assert_eq!(integer(&[0xff]), -1);
        assert_eq!(integer(&[0x01, 0x00]), 256);
        assert_eq!(varint(&[0x81, 0x00]), (128, 2));
    }
}
