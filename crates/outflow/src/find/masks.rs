//! Blocks of 64 bytes as bit masks: where digits, letters, gaps and escapes are.

/// Bytes looked at in one step.
pub(crate) const BLOCK: usize = 64;

/// One bit for each byte of a block, the first byte in the lowest bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Masks {
    /// `0` to `9`.
    pub(crate) digit: u64,
    /// `A` to `Z` and `a` to `z`.
    pub(crate) letter: u64,
    /// What may stand between the groups of a number: blank, `-`, `.`, `/`, and
    /// every byte of a character that is not ASCII.
    pub(crate) gap: u64,
    /// What begins an escaped or marked-up gap: `<`, `=`, `%`, `&`, `\`.
    pub(crate) escape: u64,
}

/// Returns the masks of a block.
#[cfg(target_arch = "x86_64")]
pub(crate) fn classify(block: &[u8; BLOCK]) -> Masks {
    let mut masks = Masks::default();
    for (i, bytes) in block.chunks_exact(16).enumerate() {
        let (digit, letter, gap, escape) = sixteen(bytes);
        let shift = i * 16;
        masks.digit |= u64::from(digit) << shift;
        masks.letter |= u64::from(letter) << shift;
        masks.gap |= u64::from(gap) << shift;
        masks.escape |= u64::from(escape) << shift;
    }
    masks
}

/// Returns the masks of sixteen bytes. SSE2 belongs to every x86-64, so these
/// instructions need no check at run time.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn sixteen(bytes: &[u8]) -> (u16, u16, u16, u16) {
    use safe_arch::{
        bitand_m128i as and, bitor_m128i as or, cmp_eq_mask_i8_m128i as equal, load_unaligned_m128i, m128i,
        min_u8_m128i, move_mask_i8_m128i, set_splat_i8_m128i, sub_i8_m128i,
    };
    let Ok(bytes) = bytes.try_into() else { return Default::default() };
    let v = load_unaligned_m128i(bytes);
    let every = |b: u8| set_splat_i8_m128i(b.cast_signed());
    let within = |v: m128i, low: u8, span: u8| {
        let moved = sub_i8_m128i(v, every(low));
        equal(min_u8_m128i(moved, every(span)), moved)
    };
    let bits = |v: m128i| move_mask_i8_m128i(v) as u16;
    let digit = within(v, b'0', 9);
    let letter = within(or(v, every(0x20)), b'a', 25);
    let gap = or(or(within(v, b'-', 2), equal(v, every(b' '))), v);
    // `<` and `=` differ in the lowest bit only.
    let tag = equal(and(v, every(0xfe)), every(b'<'));
    let escape = or(tag, or(within(v, b'%', 1), equal(v, every(b'\\'))));
    (bits(digit), bits(letter), bits(gap), bits(escape))
}

/// Returns the masks of a block.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn classify(block: &[u8; BLOCK]) -> Masks {
    plainly(block)
}

/// Returns the masks of a block, byte by byte.
#[cfg(any(test, not(target_arch = "x86_64")))]
fn plainly(block: &[u8; BLOCK]) -> Masks {
    let mut masks = Masks::default();
    for (i, b) in block.iter().enumerate() {
        let bit = |yes: bool| u64::from(yes) << i;
        masks.digit |= bit(b.is_ascii_digit());
        masks.letter |= bit(b.is_ascii_alphabetic());
        masks.gap |= bit(matches!(b, b' ' | b'-' | b'.' | b'/' | 0x80..));
        masks.escape |= bit(matches!(b, b'<' | b'=' | b'%' | b'&' | b'\\'));
    }
    masks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_see_the_same_in_every_byte() {
        for start in (0..=255u8).step_by(8) {
            let block: [u8; BLOCK] = std::array::from_fn(|i| start.wrapping_add(i as u8));
            assert_eq!(classify(&block), plainly(&block), "from {start}");
        }
    }
}
