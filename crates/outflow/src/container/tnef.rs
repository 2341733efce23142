//! `winmail.dat` (TNEF, [MS-OXTNEF]): a row of attributes, among them attachments.

use std::io::{self, Read};

use super::walker::Walker;
use crate::place::{Kind, Place, Segment, Trouble};

/// The mark at the beginning, little-endian 0x223e9f78.
pub(super) const MARK: &[u8] = b"\x78\x9f\x3e\x22";

/// The name of an attachment (`attAttachTitle`).
const TITLE: u32 = 0x0001_8010;

/// The bytes of an attachment (`attAttachData`).
const DATA: u32 = 0x0006_800f;

/// Bytes of a name.
const NAME: u64 = 4096;

/// Reads the attributes one after another: attachments as files, the rest as bytes.
pub(super) fn visit(walker: &mut Walker<'_>, place: &Place, input: &mut dyn Read, depth: u32) {
    if let Err(e) = attributes(walker, place, input, depth) {
        walker.fault(place, &e);
    }
}

fn attributes(walker: &mut Walker<'_>, place: &Place, input: &mut dyn Read, depth: u32) -> io::Result<()> {
    let mut head = [0; 6];
    input.read_exact(&mut head)?;
    let mut name = String::new();
    for number in 1_u32.. {
        let mut head = [0; 9];
        match input.read(&mut head[..1])? {
            0 => return Ok(()),
            _ => input.read_exact(&mut head[1..])?,
        }
        if !matches!(head[0], 1 | 2) {
            walker.trouble(place, Trouble::Damaged("an attribute has an unknown level".to_owned()));
            walker.part(place, Kind::Raw, &mut head.as_slice().chain(input));
            return Ok(());
        }
        let field = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let (id, mut body) = (field(1), (&mut *input).take(u64::from(field(5))));
        match id {
            TITLE => {
                let mut title = Vec::new();
                (&mut body).take(NAME).read_to_end(&mut title)?;
                let title = title.split(|b| *b == 0).next().unwrap_or_default();
                name = encoding_rs::WINDOWS_1252.decode_without_bom_handling(title).0.into_owned();
            }
            DATA => {
                let name = std::mem::take(&mut name);
                let inner = place.within(Segment::Attachment { name, id: number.to_string(), version: None });
                walker.member(&inner, &mut body, depth + 1);
            }
            _ => {
                walker.part(&place.within(Segment::Field(format!("attribute {id:x}"))), Kind::Raw, &mut body);
            }
        }
        io::copy(&mut body, &mut io::sink())?;
        if body.limit() > 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "an attribute is cut"));
        }
        // The sum over its bytes.
        input.read_exact(&mut [0; 2])?;
        if walker.spent() {
            break;
        }
    }
    Ok(())
}
