//! Holes of files: a disk image may be ten thousand times larger than what was
//! ever written to it.

use std::fs::File;
use std::ops::Range;

/// Returns the next bytes of a file that are stored, from an offset on; `None` when
/// only zeros follow. Where the system cannot say, everything is stored.
#[cfg(target_os = "linux")]
pub(super) fn stored(file: &File, from: u64) -> Option<Range<u64>> {
    use rustix::fs::{SeekFrom, seek};
    match seek(file, SeekFrom::Data(from)) {
        Ok(start) => Some(start..seek(file, SeekFrom::Hole(start)).unwrap_or(u64::MAX)),
        Err(rustix::io::Errno::NXIO) => None,
        Err(_) => Some(from..u64::MAX),
    }
}

/// Returns the next bytes of a file that are stored: all of them.
#[cfg(not(target_os = "linux"))]
pub(super) fn stored(_: &File, from: u64) -> Option<Range<u64>> {
    Some(from..u64::MAX)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::os::unix::fs::FileExt;

    #[test]
    fn what_was_written_is_found_between_holes() {
        let file = tempfile::tempfile().expect("a temporary file");
        file.set_len(1 << 40).expect("a sparse file");
        file.write_all_at(b"here", 1 << 30).expect("it can be written");
        let stretch = stored(&file, 0).expect("something is stored");
        // A file system without holes stores all.
        assert!(stretch.contains(&(1 << 30)), "{stretch:?}");
        assert!(stretch == (0..1 << 40) || stored(&file, stretch.end).is_none(), "{stretch:?}");
    }
}
