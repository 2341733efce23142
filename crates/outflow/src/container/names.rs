//! A compact index of an export: what each id is called and where it belongs.

/// One object of an export.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) id: u64,
    /// The object it belongs to: of a comment or attachment the page or ticket.
    pub(super) owner: u64,
    /// Of an old version the current object.
    pub(super) original: u64,
    pub(super) version: u32,
    pub(super) kind: Kind,
    pub(super) name_at: u32,
    pub(super) name_length: u16,
}

/// What an object is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Kind {
    #[default]
    Other,
    Page,
    Comment,
    Attachment,
    Body,
    Space,
    Issue,
    Project,
    Change,
}

/// The index: about 48 bytes an object and the bytes of its name.
#[derive(Debug, Default)]
pub(super) struct Names {
    nodes: Vec<Node>,
    text: Vec<u8>,
    /// Attachments by the object they are a version of.
    versions: Vec<(u64, u32, u32)>,
    last: (u32, u16),
    cut: bool,
    limit: (usize, usize),
}

impl Names {
    pub(super) fn new(limits: &super::Limits) -> Self {
        Self { limit: (limits.names, limits.name_bytes), ..Self::default() }
    }

    /// Adds an object. The versions of a page share one copy of its name when they
    /// follow one another.
    pub(super) fn add(&mut self, mut node: Node, name: &str) {
        if self.nodes.len() >= self.limit.0 {
            self.cut = true;
            return;
        }
        let length = (0..=name.len().min(512)).rev().find(|at| name.is_char_boundary(*at)).unwrap_or(0);
        let name = &name.as_bytes()[..length];
        let last = self.last.0 as usize..self.last.0 as usize + usize::from(self.last.1);
        if self.text.get(last) == Some(name) {
            (node.name_at, node.name_length) = self.last;
        } else if self.text.len() + name.len() <= self.limit.1 {
            node.name_at = self.text.len() as u32;
            node.name_length = name.len() as u16;
            self.text.extend_from_slice(name);
            self.last = (node.name_at, node.name_length);
        } else {
            self.cut = true;
        }
        self.nodes.push(node);
    }

    /// Makes the index ready for look-ups; returns whether a bound was hit.
    pub(super) fn finish(&mut self) -> bool {
        // A stable sort would need half as much memory again.
        self.nodes.sort_unstable_by_key(|n| (n.id, n.kind as u8));
        for (i, node) in self.nodes.iter().enumerate() {
            if node.kind == Kind::Attachment {
                let of = if node.original == 0 { node.id } else { node.original };
                self.versions.push((of, node.version, i as u32));
            }
        }
        self.versions.sort_unstable();
        self.cut
    }

    /// Returns the object of this id and one of these kinds.
    pub(super) fn get(&self, id: u64, kinds: &[Kind]) -> Option<&Node> {
        let start = self.nodes.partition_point(|n| n.id < id);
        self.nodes[start..].iter().take_while(|n| n.id == id).find(|n| kinds.contains(&n.kind))
    }

    /// Returns a version of an attachment.
    pub(super) fn version(&self, id: u64, version: u32) -> Option<&Node> {
        let at = self.versions.binary_search_by_key(&(id, version), |v| (v.0, v.1)).ok()?;
        self.nodes.get(self.versions[at].2 as usize)
    }

    pub(super) fn name(&self, node: &Node) -> &str {
        let at = node.name_at as usize;
        let bytes = self.text.get(at..at + usize::from(node.name_length)).unwrap_or(b"");
        std::str::from_utf8(bytes).unwrap_or("")
    }
}
