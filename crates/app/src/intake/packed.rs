//! Packed files: gzip, zstandard, bzip2 and xz by what they begin with, and zip archives, whose
//! members are files below the archive.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek};

use model::reading::{Input, fill};

/// Bytes that one member of a zip archive may unpack to: it is held in memory.
const MAX_MEMBER: u64 = 1024 * 1024 * 1024;

/// Members that an archive may have; a collection of one host has a few hundred.
const MAX_MEMBERS: usize = 100_000;

/// KiB of memory that unpacking xz may take: `xz -9` needs 65 MiB.
const XZ_MEMORY: u32 = 80 << 10;

/// How a file is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Gzip,
    Zstandard,
    Bzip2,
    Xz,
}

/// Returns how a file is packed that begins so: by the marks of RFC 1952 and RFC 8878, of bzip2
/// (`BZh` and a digit), and the first four bytes of that of xz (The .xz File Format, 2.1.1.1).
fn packing(head: &[u8]) -> Option<Packing> {
    match head {
        [0x1f, 0x8b, ..] => Some(Packing::Gzip),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Packing::Zstandard),
        [b'B', b'Z', b'h', b'1'..=b'9', ..] => Some(Packing::Bzip2),
        [0xfd, b'7', b'z', b'X', ..] => Some(Packing::Xz),
        _ => None,
    }
}

/// Returns what is in the file, unpacked while reading if it is packed.
///
/// # Errors
/// What the system said.
pub(super) fn open(mut file: File) -> io::Result<Input> {
    if file.metadata()?.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    let mut head = [0; 4];
    let filled = fill(&mut file, &mut head)?;
    let head = head.get(..filled).unwrap_or_default();
    if file.rewind().is_err() {
        // A pipe of the shell cannot be moved; what was read of it is put back in front.
        let rest = Cursor::new(head.to_vec()).chain(file);
        return unpacked(head, BufReader::with_capacity(256 * 1024, rest)).map(Input::Stream);
    }
    if packing(head).is_some() {
        return unpacked(head, BufReader::with_capacity(256 * 1024, file)).map(Input::Stream);
    }
    Ok(Input::Seek(Box::new(BufReader::with_capacity(256 * 1024, file))))
}

fn unpacked(head: &[u8], bytes: impl io::BufRead + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
    Ok(match packing(head) {
        Some(Packing::Gzip) => Box::new(flate2::bufread::MultiGzDecoder::new(bytes)),
        Some(Packing::Zstandard) => Box::new(zstd::Decoder::with_buffer(bytes)?),
        Some(Packing::Bzip2) => Box::new(bzip2::bufread::MultiBzDecoder::new(bytes)),
        Some(Packing::Xz) => Box::new(lzma_rust2::XzReader::new_mem_limit(bytes, true, XZ_MEMORY)),
        None => Box::new(bytes),
    })
}

/// Whether the path is named like an archive whose members are files of their own.
pub(super) fn is_archive(path: &str) -> bool {
    path.len() > 4 && path.to_ascii_lowercase().ends_with(".zip")
}

/// Returns archive and member of a path below an archive.
pub(super) fn member_of(path: &str) -> Option<(&str, &str)> {
    let at = path.to_ascii_lowercase().find(".zip/")?;
    Some((path.get(..at + 4)?, path.get(at + 5..)?))
}

/// Returns the names of the files in an archive.
///
/// # Errors
/// Why it cannot be read as one.
pub(super) fn members(file: File) -> io::Result<Vec<String>> {
    let archive = zip::ZipArchive::new(BufReader::new(file)).map_err(io::Error::other)?;
    if archive.len() > MAX_MEMBERS {
        return Err(io::Error::other(format!("the archive has more than {MAX_MEMBERS} members")));
    }
    let mut names = Vec::new();
    for name in archive.file_names() {
        let name = name.map_err(io::Error::other)?;
        if !name.ends_with('/') {
            names.push(name.into_owned());
        }
    }
    Ok(names)
}

/// Returns what is in a member, unpacked.
///
/// # Errors
/// Why it cannot be read: it is missing, encrypted, damaged or too large.
pub(super) fn member(file: File, name: &str) -> io::Result<Input> {
    let mut archive = zip::ZipArchive::new(BufReader::new(file)).map_err(io::Error::other)?;
    let member = archive.by_name(name).map_err(io::Error::other)?;
    let mut bytes = Vec::new();
    member.take(MAX_MEMBER + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_MEMBER {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it unpacks to more than 1 GiB"));
    }
    let head = bytes.get(..4).unwrap_or_default().to_vec();
    if packing(&head).is_some() {
        return unpacked(&head, Cursor::new(bytes)).map(Input::Stream);
    }
    Ok(Input::Seek(Box::new(Cursor::new(bytes))))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    const LINE: &[u8] = b"{\"EventID\":1}\n";

    fn xz(bytes: &[u8]) -> Vec<u8> {
        let options = lzma_rust2::XzOptions::with_preset(6);
        let mut writer = lzma_rust2::XzWriter::new(Vec::new(), options).expect("the preset is known");
        writer.write_all(bytes).expect("to memory");
        writer.finish().expect("to memory")
    }

    fn bzip2(bytes: &[u8]) -> Vec<u8> {
        let mut writer = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
        writer.write_all(bytes).expect("to memory");
        writer.finish().expect("to memory")
    }

    fn read(bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut file = tempfile::tempfile()?;
        file.write_all(bytes)?;
        file.rewind()?;
        let mut all = Vec::new();
        open(file)?.read_to_end(&mut all).map(|_| all)
    }

    #[test]
    fn logs_packed_in_every_way_are_what_was_packed() {
        let log = LINE.repeat(10_000);
        assert_eq!(read(&log).expect("it is read"), log);
        let zstandard = zstd::encode_all(log.as_slice(), 3).expect("to memory");
        for packed in [xz(&log), bzip2(&log), zstandard] {
            assert!(packed.len() * 10 < log.len());
            assert_eq!(read(&packed).expect("it is read"), log);
            // Rotated logs are put one behind the other.
            assert_eq!(read(&[packed.clone(), packed.clone()].concat()).expect("it is read"), log.repeat(2));
            let half = packed.get(..packed.len() / 2).expect("half of it");
            assert!(read(half).is_err(), "half a file is no whole one");
        }
        assert_eq!(read(b"BZh is no mark alone").expect("it is read"), b"BZh is no mark alone");
    }
}
