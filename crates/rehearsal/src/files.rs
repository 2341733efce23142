//! Where content comes from: a folder on disk, in the program, or in memory.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::io::{self, Cursor};
use std::sync::Arc;

use model::diagnostic::Diagnostic;
use model::reading::Input;

use crate::error::Error;

/// A folder of input files, addressed by paths below it with `/` between parts.
pub trait Files: Debug + Send + Sync {
    /// Returns what a record calls the folder: never a path of the machine.
    fn label(&self) -> String;

    /// Returns how a file of the folder is named in messages.
    fn name(&self, path: &str) -> String;

    /// Returns what a record calls a single file of the folder: never a path of the machine.
    fn source(&self, path: &str) -> String;

    /// Returns a folder below this one; whether it is there is known when it is listed.
    fn folder(&self, path: &str) -> Arc<dyn Files>;

    /// Returns whether there is a file of this path.
    fn holds(&self, path: &str) -> bool;

    /// Returns all files below.
    ///
    /// # Errors
    /// [`Error::Unreadable`] when the folder itself cannot be read.
    fn list(&self) -> Result<Listing, Error>;

    /// Opens a file below, unpacked while reading if it is packed.
    ///
    /// # Errors
    /// What the system said.
    fn open(&self, path: &str) -> io::Result<Input>;

    /// Returns the whole content of a small file below.
    ///
    /// # Errors
    /// What the system said; a file over 16 MiB is refused.
    fn read(&self, path: &str) -> io::Result<Vec<u8>>;
}

/// What lies in a folder.
#[derive(Debug, Default)]
pub struct Listing {
    /// Paths of files, sorted.
    pub files: Vec<String>,
    /// Paths that could not be listed, with the reason, sorted.
    pub refused: Vec<(String, String)>,
}

/// Returns what could not be listed as findings.
pub fn findings(listing: &Listing, folder: &dyn Files) -> Vec<Diagnostic> {
    let finding = |(path, why): &(String, String)| {
        Diagnostic::warning(&folder.name(path), "file.unreadable", format!("it cannot be read: {why}"))
            .help("check its permissions; everything else is used")
    };
    listing.refused.iter().map(finding).collect()
}

/// Files in memory.
#[derive(Debug, Clone)]
pub struct Memory {
    label: String,
    /// What stands before a path in messages.
    prefix: String,
    /// The folder below the root of `files`, ending with `/` unless it is the root.
    base: String,
    files: Arc<BTreeMap<String, Vec<u8>>>,
}

impl Memory {
    /// Returns files by path; a record calls them `label`.
    pub fn new<P: Into<String>, B: Into<Vec<u8>>>(
        label: &str,
        files: impl IntoIterator<Item = (P, B)>,
    ) -> Self {
        let files = files.into_iter().map(|(path, bytes)| (path.into(), bytes.into())).collect();
        let label = label.to_owned();
        Self { label, prefix: String::new(), base: String::new(), files: Arc::new(files) }
    }

    /// Returns the files with `prefix` before their paths in messages.
    #[must_use]
    pub fn named(self, prefix: &str) -> Self {
        Self { prefix: prefix.to_owned(), ..self }
    }

    fn bytes(&self, path: &str) -> io::Result<&Vec<u8>> {
        self.files.get(&format!("{}{path}", self.base)).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Files for Memory {
    fn label(&self) -> String {
        self.label.clone()
    }

    fn name(&self, path: &str) -> String {
        format!("{}{}{path}", self.prefix, self.base)
    }

    fn source(&self, _: &str) -> String {
        self.label.clone()
    }

    fn folder(&self, path: &str) -> Arc<dyn Files> {
        let base = if path.is_empty() { self.base.clone() } else { format!("{}{path}/", self.base) };
        Arc::new(Self { base, ..self.clone() })
    }

    fn holds(&self, path: &str) -> bool {
        self.bytes(path).is_ok()
    }

    fn list(&self) -> Result<Listing, Error> {
        let below = |path: &String| path.strip_prefix(&self.base).map(str::to_owned);
        let files: Vec<String> = self.files.keys().filter_map(below).collect();
        if files.is_empty() && !self.base.is_empty() {
            let path = self.name("").trim_end_matches('/').to_owned();
            return Err(Error::Unreadable { path, source: io::ErrorKind::NotFound.into() });
        }
        let hidden = |path: &str| path.split('/').any(|part| part.starts_with('.'));
        let files = files.into_iter().filter(|path| !hidden(path)).collect();
        Ok(Listing { files, refused: Vec::new() })
    }

    fn open(&self, path: &str) -> io::Result<Input> {
        Ok(Input::Seek(Box::new(Cursor::new(self.bytes(path)?.clone()))))
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        self.bytes(path).cloned()
    }
}

/// Opens a file.
type Open = dyn Fn() -> io::Result<Input> + Send + Sync;

/// A file that was named by itself, wherever it is.
#[derive(Clone)]
pub struct NamedFile {
    /// How messages name it.
    pub name: String,
    /// What a record calls it: never a path of the machine.
    pub source: String,
    open: Arc<Open>,
}

impl Debug for NamedFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NamedFile")
            .field("name", &self.name)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

impl NamedFile {
    /// Returns a file that `open` opens each time it is read.
    pub fn new(
        name: String,
        source: String,
        open: impl Fn() -> io::Result<Input> + Send + Sync + 'static,
    ) -> Self {
        Self { name, source, open: Arc::new(open) }
    }

    /// Opens the file.
    ///
    /// # Errors
    /// [`Error::Unreadable`] with what the system said.
    pub fn open(&self) -> Result<Input, Error> {
        (self.open)().map_err(|e| self.unreadable(e))
    }

    /// Returns what is in the file.
    ///
    /// # Errors
    /// [`Error::Unreadable`] with what the system said.
    pub fn bytes(&self) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        io::Read::read_to_end(&mut self.open()?, &mut bytes).map_err(|e| self.unreadable(e))?;
        Ok(bytes)
    }

    fn unreadable(&self, source: io::Error) -> Error {
        Error::Unreadable { path: self.name.clone(), source }
    }
}
