//! Elements that stand within a paragraph and part no word, by vocabulary.

/// HTML, text-level semantics; without regard to letter case.
const HTML: [&str; 33] = [
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font",
    "i", "ins", "kbd", "mark", "nobr", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "time",
    "tt", "u", "var", "wbr", "label",
];

/// DocBook 5.2 (publishing and technical inlines), TEI P5 (`model.hiLike`, `model.segLike`), DITA 1.3
/// (phrases), JATS 1.3 (emphasis), FictionBook 2, SVG 2 (text content), XLIFF 1.2 (inline elements).
const DOCUMENTS: [&str; 54] = [
    "emphasis",
    "phrase",
    "literal",
    "quote",
    "link",
    "ulink",
    "xref",
    "anchor",
    "citetitle",
    "productname",
    "trademark",
    "firstterm",
    "foreignphrase",
    "wordasword",
    "remark",
    "userinput",
    "computeroutput",
    "replaceable",
    "filename",
    "command",
    "option",
    "varname",
    "constant",
    "keycap",
    "indexterm",
    "footnoteref",
    "hi",
    "seg",
    "emph",
    "foreign",
    "distinct",
    "ph",
    "term",
    "keyword",
    "uicontrol",
    "codeph",
    "systemoutput",
    "italic",
    "bold",
    "monospace",
    "overline",
    "underline",
    "roman",
    "sc",
    "styled-content",
    "named-content",
    "style",
    "strikethrough",
    "tspan",
    "textPath",
    "g",
    "bpt",
    "ept",
    "it",
];

/// Parts of WordprocessingML that end a line or a word (ECMA-376 part 1, 17); all others stand
/// within a paragraph or hold no text.
const PARTS_OF_WORD: [&str; 19] = [
    "p",
    "tab",
    "ptab",
    "br",
    "cr",
    "tbl",
    "tr",
    "tc",
    "txbxContent",
    "body",
    "document",
    "hdr",
    "ftr",
    "footnote",
    "endnote",
    "comment",
    "sectPr",
    "docVar",
    "style",
];

/// The same of DrawingML (ECMA-376 part 1, 21.1.2).
const PARTS_OF_DRAWING: [&str; 7] = ["p", "br", "tbl", "tr", "tc", "txBody", "tab"];

/// Parts of a paragraph of OpenDocument (1.3 part 3, chapter 6).
const OPEN_DOCUMENT: [&str; 23] = [
    "span",
    "a",
    "soft-page-break",
    "bookmark",
    "bookmark-start",
    "bookmark-end",
    "change",
    "change-start",
    "change-end",
    "reference-mark",
    "reference-mark-start",
    "reference-mark-end",
    "ruby",
    "ruby-base",
    "meta",
    "meta-field",
    "alphabetical-index-mark",
    "alphabetical-index-mark-start",
    "alphabetical-index-mark-end",
    "user-index-mark-start",
    "user-index-mark-end",
    "toc-mark-start",
    "toc-mark-end",
];

/// Returns whether the element joins the text on both sides of its tags. The name is that of
/// the document; a prefix that is not known says nothing.
pub(crate) fn joins(name: &[u8]) -> bool {
    let (prefix, local) = match memchr::memchr(b':', name) {
        Some(at) => (&name[..at], &name[at + 1..]),
        None => (&name[..0], name),
    };
    let among = |list: &[&str]| list.iter().any(|known| known.as_bytes() == local);
    match prefix {
        b"w" => !among(&PARTS_OF_WORD),
        // Word's later run properties, such as `w14:ligatures`.
        b"w14" | b"w15" | b"w16" => true,
        b"a" => !among(&PARTS_OF_DRAWING),
        b"text" => among(&OPEN_DOCUMENT),
        _ => HTML.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(local)) || among(&DOCUMENTS),
    }
}

/// Returns whether the element is shown as a blank (OpenDocument, 6.1.3 and 6.1.4).
pub(crate) fn is_blank(name: &[u8]) -> bool {
    name == b"text:s" || name == b"text:tab"
}
