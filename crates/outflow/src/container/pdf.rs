//! stub
use super::source::ReadSeek;
use super::walker::Walker;
use crate::place::{Kind, Place};
pub(super) fn visit(walker: &mut Walker<'_>, place: &Place, input: &mut dyn ReadSeek) {
    if input.rewind().is_ok() {
        walker.part(place, Kind::Raw, input);
    }
}
