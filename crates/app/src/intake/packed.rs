//! Packed files: gzip and zstandard by what they begin with, and zip archives, whose
//! members are files below the archive.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek};

use model::reading::{Input, fill};

/// Bytes that one member of a zip archive may unpack to: it is held in memory.
const MAX_MEMBER: u64 = 1024 * 1024 * 1024;

/// Members that an archive may have; a collection of one host has a few hundred.
const MAX_MEMBERS: usize = 100_000;

/// The marks of RFC 1952 and RFC 8878.
const GZIP: &[u8] = b"\x1f\x8b";
const ZSTANDARD: &[u8] = b"\x28\xb5\x2f\xfd";

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
    if head.starts_with(GZIP) || head.starts_with(ZSTANDARD) {
        return unpacked(head, BufReader::with_capacity(256 * 1024, file)).map(Input::Stream);
    }
    Ok(Input::Seek(Box::new(BufReader::with_capacity(256 * 1024, file))))
}

fn unpacked(head: &[u8], bytes: impl io::BufRead + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
    Ok(match head {
        _ if head.starts_with(GZIP) => Box::new(flate2::bufread::MultiGzDecoder::new(bytes)),
        _ if head.starts_with(ZSTANDARD) => Box::new(zstd::Decoder::with_buffer(bytes)?),
        _ => Box::new(bytes),
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
    if head.starts_with(GZIP) || head.starts_with(ZSTANDARD) {
        return unpacked(&head, Cursor::new(bytes)).map(Input::Stream);
    }
    Ok(Input::Seek(Box::new(Cursor::new(bytes))))
}
