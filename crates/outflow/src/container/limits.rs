//! The bounds of a walk.

/// The bounds of a walk. The defaults keep a walk below 200 MB of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Containers inside containers that are opened.
    pub depth: u32,
    /// Bytes out for each byte in beyond which unpacking stops.
    pub ratio: u64,
    /// Bytes a single member may unpack to before its ratio is looked at.
    pub member_floor: u64,
    /// Bytes all members of one file may unpack to before the ratio is looked at.
    pub total_floor: u64,
    /// Members that are read in one file, at any depth.
    pub members: u64,
    /// Bytes held in memory for members that must be read out of order, at all
    /// depths together.
    pub memory: u64,
    /// Bytes a member may take in a scratch file.
    pub scratch: u64,
    /// Pages, tickets and attachments of an export whose names are held.
    pub names: usize,
    /// Bytes of such names that are held.
    pub name_bytes: usize,
}

impl Default for Limits {
    /// Deflate reaches 1:1032 on zeros and about 1:100 on logs; 1:250 lets every
    /// honest log through once the floors are passed.
    fn default() -> Self {
        Self {
            depth: 16,
            ratio: 250,
            member_floor: 256 << 20,
            total_floor: 4 << 30,
            members: 2_000_000,
            memory: 48 << 20,
            scratch: 64 << 30,
            names: 2_000_000,
            name_bytes: 64 << 20,
        }
    }
}
