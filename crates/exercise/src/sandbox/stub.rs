//! A program that does nothing and succeeds, for tools that this machine does not have.

/// Builds a static ELF executable of one segment around `code`
/// (System V ABI, chapters 4 and 5: object files, program loading).
const fn executable<const N: usize>(machine: u8, code: [u8; N]) -> [u8; 160] {
    let mut file = [0; 160];
    let head: [u8; 64] = [
        0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, // 64 bit, little endian
        2, 0, machine, 0, 1, 0, 0, 0, // an executable for this processor
        0x78, 0, 0x40, 0, 0, 0, 0, 0, // entry: 0x400078
        64, 0, 0, 0, 0, 0, 0, 0, // program headers at 64
        0, 0, 0, 0, 0, 0, 0, 0, // no sections
        0, 0, 0, 0, 64, 0, 56, 0, 1, 0, 0, 0, 0, 0, 0, 0,
    ];
    let segment: [u8; 56] = [
        1, 0, 0, 0, 5, 0, 0, 0, // loaded, readable and executable
        0, 0, 0, 0, 0, 0, 0, 0, // from the beginning of the file
        0, 0, 0x40, 0, 0, 0, 0, 0, // to 0x400000
        0, 0, 0x40, 0, 0, 0, 0, 0, //
        160, 0, 0, 0, 0, 0, 0, 0, // all of it
        160, 0, 0, 0, 0, 0, 0, 0, //
        0, 0, 1, 0, 0, 0, 0, 0, // aligned to 64 KiB, the largest page
    ];
    let mut at = 0;
    while at < 64 {
        file[at] = head[at];
        at += 1;
    }
    let mut n = 0;
    while n < 56 {
        file[64 + n] = segment[n];
        n += 1;
    }
    n = 0;
    while n < N {
        file[120 + n] = code[n];
        n += 1;
    }
    file
}

/// The program: `exit(0)`.
#[cfg(target_arch = "x86_64")]
pub(super) const PROGRAM: &[u8] = &executable(
    62,
    [
        0x31, 0xff, // xor edi, edi
        0xb8, 60, 0, 0, 0, // mov eax, 60
        0x0f, 0x05, // syscall
    ],
);

/// The program: `exit(0)`.
#[cfg(target_arch = "aarch64")]
pub(super) const PROGRAM: &[u8] = &executable(
    183,
    [
        0x00, 0x00, 0x80, 0xd2, // mov x0, 0
        0xa8, 0x0b, 0x80, 0xd2, // mov x8, 93
        0x01, 0x00, 0x00, 0xd4, // svc 0
    ],
);
