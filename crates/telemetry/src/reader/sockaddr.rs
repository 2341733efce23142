//! Socket addresses of audit records, which hold the kernel's bytes in hexadecimal.

use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::{Value, json};

use crate::fields::Object;

/// Returns family, address, port or path under the names of an enriched log
/// (`saddr_fam`, `laddr`, `lport`, `path`). Families are numbered as in Linux,
/// `include/linux/socket.h`; the number stands in the host's byte order, which is
/// little-endian on the processors of today.
pub(super) fn fields(hex: &str) -> Object {
    let mut fields = Object::new();
    let Some(bytes) = decode(hex) else { return fields };
    let [low, high, rest @ ..] = bytes.as_slice() else { return fields };
    let mut add = |name: &str, value: Value| drop(fields.insert(name.to_owned(), value));
    match (u16::from_le_bytes([*low, *high]), rest) {
        (1, path) => {
            add("saddr_fam", json!("local"));
            // An abstract name begins with a zero byte; a path ends at the first.
            let name = path.strip_prefix(b"\0").unwrap_or(path);
            let name = name.split(|b| *b == 0).next().unwrap_or_default();
            add("path", json!(String::from_utf8_lossy(name)));
        }
        (2, [p, q, a, b, c, d, ..]) => {
            add("saddr_fam", json!("inet"));
            add("laddr", json!(Ipv4Addr::new(*a, *b, *c, *d).to_string()));
            add("lport", json!(u16::from_be_bytes([*p, *q]).to_string()));
        }
        (10, [p, q, _, _, _, _, address @ ..]) if address.len() >= 16 => {
            let octets: [u8; 16] = std::array::from_fn(|i| address[i]);
            add("saddr_fam", json!("inet6"));
            add("laddr", json!(Ipv6Addr::from(octets).to_string()));
            add("lport", json!(u16::from_be_bytes([*p, *q]).to_string()));
        }
        (16, _) => add("saddr_fam", json!("netlink")),
        (other, _) => add("saddr_fam", json!(other.to_string())),
    }
    fields
}

fn decode(hex: &str) -> Option<Vec<u8>> {
    let digit = |b: u8| (b as char).to_digit(16);
    hex.as_bytes()
        .chunks(2)
        .map(|pair| match pair {
            [a, b] => Some((digit(*a)? * 16 + digit(*b)?) as u8),
            _ => None,
        })
        .collect()
}
