//! The exponential function with the bits of `libm::exp`, without its branches and calls where
//! the argument is one of the usual lengths of time.

// Of `exp` in FreeBSD's msun (e_exp.c), as `libm` has it: ln 2 in two parts, its inverse, and
// the polynomial on [0, 0.34658].
const LN2_HIGH: f64 = f64::from_bits(0x3fe6_2e42_fee0_0000);
const LN2_LOW: f64 = f64::from_bits(0x3dea_39ef_3579_3c76);
const INVERSE_LN2: f64 = f64::from_bits(0x3ff7_1547_652b_82fe);
const P: [f64; 5] = [
    f64::from_bits(0x3fc5_5555_5555_553e),
    f64::from_bits(0xbf66_c16c_16be_bd93),
    f64::from_bits(0x3f11_566a_af25_de2c),
    f64::from_bits(0xbebb_bd41_c5d2_6bf1),
    f64::from_bits(0x3e66_3769_72be_a4d0),
];
/// Upper halves of the least and the first too large argument for which `exp` reduces as here.
const REDUCED: std::ops::Range<u32> = 0x3ff0_a2b2..0x4086_232b;

/// 1.5 times 2^52: a double this large has no binary places, so that adding it rounds.
const WHOLE: f64 = 6_755_399_441_055_744.0;
/// Bias of the exponent of a double.
const BIAS: f64 = 1_023.0;
/// Binary places of a double.
const PLACES: u32 = 52;

/// Returns `libm::exp(x)`.
#[inline]
pub(crate) fn exp(x: f64) -> f64 {
    if is_reduced(x) { reduced(x) } else { libm::exp(x) }
}

/// Returns whether [`reduced`] is right for `x`: from 2.8 minutes on where `x` is the logarithm
/// of a length.
#[inline]
pub(crate) fn is_reduced(x: f64) -> bool {
    REDUCED.contains(&((x.abs().to_bits() >> 32) as u32))
}

/// Returns `libm::exp(x)`, right only where [`is_reduced`] holds.
#[inline]
pub(crate) fn reduced(x: f64) -> f64 {
    let t = INVERSE_LN2 * x + 0.5_f64.copysign(x);
    // `t` towards zero: to the nearest, and back by one where that was away from zero.
    let nearest = (t + WHOLE) - WHOLE;
    let back = if nearest.abs() > t.abs() { 1.0_f64 } else { 0.0 };
    let k = nearest - back.copysign(t);
    let (high, low) = (x - k * LN2_HIGH, k * LN2_LOW);
    let r = high - low;
    let rr = r * r;
    let [p1, p2, p3, p4, p5] = P;
    let c = r - rr * (p1 + rr * (p2 + rr * (p3 + rr * (p4 + rr * p5))));
    let y = 1.0 + (r * c / (2.0 - c) - low + high);
    // 2^k: its exponent stands in the last bits of a number with all places before the point.
    y * f64::from_bits((k + (WHOLE + BIAS)).to_bits() << PLACES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::{Chance, Entity, Purpose};
    use model::quantity::Seed;

    #[test]
    fn it_has_the_bits_of_the_library() {
        let chance = Chance::new(Seed(9), 0);
        let mut compared = 0;
        for i in 0..2_000_000_u32 {
            let u = chance.uniform(Entity(1), Purpose::Size, i);
            let x = (u - 0.5) * if i % 2 == 0 { 1_416.0 } else { 24.0 };
            if is_reduced(x) {
                compared += 1;
                assert_eq!(reduced(x).to_bits(), libm::exp(x).to_bits(), "{x:e}");
            }
        }
        assert!(compared > 1_500_000, "{compared}");
        for x in [0.0, -0.0, 1e-9, 0.3, 0.5, 1.0, -0.9, 709.0, 710.0, -740.0, -750.0, f64::NAN] {
            assert_eq!(exp(x).to_bits(), libm::exp(x).to_bits(), "{x:e}");
        }
        // Where the rounded multiple of ln 2 changes.
        for k in -1_000..1_000 {
            let edge = (f64::from(k) + 0.5) / INVERSE_LN2;
            for ulps in 0..200_u64 {
                let x = f64::from_bits(edge.to_bits() - 100 + ulps);
                if is_reduced(x) {
                    assert_eq!(reduced(x).to_bits(), libm::exp(x).to_bits(), "{x:e}");
                }
            }
        }
    }
}
