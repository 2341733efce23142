//! PDF, office documents, tables as text.

use std::io::{Cursor, Write as _};

use crate::support::{Shape, TAX_IDS, kvnr, sentence};

fn pdf(fonts: &str, content: &str, others: &[String]) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut object =
        |number: usize, body: &str| out.extend(format!("{number} 0 obj\n{body}\nendobj\n").bytes());
    object(1, "<</Type/Catalog/Pages 2 0 R>>");
    object(2, "<</Type/Pages/Kids[3 0 R]/Count 1>>");
    object(3, "<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>");
    object(4, &format!("<</Length {}>>\nstream\n{content}\nendstream", content.len()));
    object(5, fonts);
    for (i, other) in others.iter().enumerate() {
        object(6 + i, other);
    }
    out.extend(b"trailer<</Root 1 0 R>>\n%%EOF\n");
    out
}

const TYPE0: &str = "<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/ToUnicode 6 0 R>>";

/// Returns the codes of a text in a font where the code of a letter is its own less 29.
fn glyphs(text: &str) -> String {
    text.chars().map(|c| format!("{:04X}", u32::from(c) - 29)).collect()
}

fn table(before: &str) -> String {
    let body = format!(
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CMapName /X def\n{before}\
         1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n1 beginbfrange\n<0003> <0061> <0020>\n\
         endbfrange\nendcmap\nCMapName currentdict /CMap defineresource pop\nend\nend"
    );
    format!("<</Length {}>>\nstream\n{body}\nendstream", body.len())
}

fn ascii(n: usize) -> String {
    sentence(n)
}

/// Each letter placed by itself, half a letter's height apart.
fn one_by_one(text: &str, matrix: bool) -> String {
    let mut out = String::from("BT /F1 10 Tf 50 700 Td\n");
    for (i, c) in text.chars().enumerate() {
        let x = 50.0 + 5.5 * i as f64;
        let go = if matrix { format!("1 0 0 1 {x} 700 Tm") } else { "5.5 0 Td".to_owned() };
        if c != ' ' {
            out.push_str(&format!("{go} ({c}) Tj\n"));
        } else if !matrix {
            out.push_str("5.5 0 Td\n");
        }
    }
    out + "ET"
}

fn pdfs(add: &mut impl FnMut(&str, Vec<u8>, usize, &'static str)) {
    let helvetica = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>";
    let next = format!("BT /F1 10 Tf 12 TL 50 700 Td (Versicherte, KVNR) Tj ({}) ' ET", kvnr(3));
    add("PDF, shown on the next line", pdf(helvetica, &next, &[]), 1, "");
    let singly: Vec<String> = sentence(3)
        .chars()
        .enumerate()
        .map(|(i, c)| format!("BT /F1 10 Tf 12 TL 1 0 0 1 {} 700 Tm ({c}) Tj T* ET", 50.0 + 5.5 * i as f64))
        .collect();
    add("PDF, each letter with a line of its own", pdf(helvetica, &singly.join("\n"), &[]), 1, "");
    let shown = format!("BT /F1 10 Tf 50 700 Td <{}> Tj ET", glyphs(&ascii(1)));
    add("PDF, the usual table", pdf(TYPE0, &shown, &[table("")]), 1, "");
    add("PDF, an end before the table", pdf(TYPE0, &shown, &[table("/X endx\n")]), 1, "");
    let bare = "<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H>>";
    add("PDF, numbers of glyphs without a table", pdf(bare, &shown, &[]), 0, "do not say which letters");
    let simple = "<</Type/Font/Subtype/TrueType/BaseFont/Helvetica>>";
    for matrix in [false, true] {
        let content = one_by_one(&ascii(1), matrix);
        add(&format!("PDF, letter by letter, {matrix}"), pdf(simple, &content, &[]), 1, "");
    }
    let text = ascii(1);
    let mut letters: Vec<char> = text.chars().collect();
    letters.sort_unstable();
    letters.dedup();
    let name = |c: &char| match c {
        ' ' => "space".to_owned(),
        '.' => "period".to_owned(),
        ',' => "comma".to_owned(),
        '0'..='9' => ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
            [usize::try_from(c.to_digit(10).expect("a digit")).expect("small")]
        .to_owned(),
        c => c.to_string(),
    };
    let names: String = letters.iter().map(|c| format!("/{}", name(c))).collect();
    let codes: String = text
        .chars()
        .map(|c| format!("{:02X}", letters.iter().position(|l| *l == c).expect("it is there") + 1))
        .collect();
    let font = format!("<</Type/Font/Subtype/Type1/BaseFont/X/Encoding<</Differences[1{names}]>>>>");
    add("PDF, letters named by the font", pdf(&font, &format!("BT /F1 10 Tf <{codes}> Tj ET"), &[]), 1, "");
    let meant = format!("/Span <</ActualText({})>> BDC BT /F1 10 Tf (\\001\\002) Tj ET EMC", ascii(2));
    add("PDF, what the letters mean", pdf(simple, &meant, &[]), 1, "");
    let form = format!("<xfa:data xmlns:xfa=\"x\"><kvnr>{}</kvnr></xfa:data>", sentence(3));
    let form = format!("<</Length {}>>\nstream\n{form}\nendstream", form.len());
    add("PDF, a form as XML", pdf(simple, "BT (x) Tj ET", &[form]), 1, "");
    let lzw = "<</Length 4/Filter/LZWDecode>>\nstream\nabcd\nendstream".to_owned();
    add("PDF, a packing that is not read", pdf(simple, "BT (x) Tj ET", &[lzw]), 0, "LZWDecode");
    add(
        "a text that tells of a mark",
        format!("Akte;a %PDF-1.4 file\n{}\n", sentence(1)).into_bytes(),
        1,
        "",
    );
    add(
        "a text with a mark in its first line",
        format!("%PDF-1.4 is a mark.\n{}\n", sentence(1)).into_bytes(),
        1,
        "",
    );
    let hollow = format!("%PDF-1.4\n1 0 obx\n\u{1}\u{2}{}\n", sentence(1));
    add("a mark and no object", hollow.into_bytes(), 1, "holds no object");
}

/// An office document of these parts.
pub(crate) fn office<T: AsRef<[u8]>>(parts: &[(&str, T)]) -> Vec<u8> {
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let parts = parts.iter().map(|(name, bytes)| (*name, bytes.as_ref()));
    for (name, bytes) in [("[Content_Types].xml", b"<Types/>".as_slice())].into_iter().chain(parts) {
        out.start_file(name, zip::write::SimpleFileOptions::default()).expect("memory");
        out.write_all(bytes).expect("memory");
    }
    out.finish().expect("memory").into_inner()
}

fn in_cell(reference: &str, text: &str) -> String {
    format!("<c r=\"{reference}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
}

fn workbook(rows: &str, others: &[(&str, String)]) -> Vec<u8> {
    let sheet = format!("<worksheet><sheetData>{rows}</sheetData></worksheet>");
    let book =
        "<workbook><sheets><sheet name=\"A\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>".to_owned();
    let relations =
        "<Relationships><Relationship Id=\"r1\" Target=\"worksheets/sheet1.xml\"/></Relationships>";
    let mut members = vec![
        ("xl/workbook.xml", book),
        ("xl/_rels/workbook.xml.rels", relations.to_owned()),
        ("xl/worksheets/sheet1.xml", sheet),
    ];
    for (name, text) in others {
        members.retain(|(n, _)| n != name);
        members.push((name, text.clone()));
    }
    office(&members)
}

fn workbooks(add: &mut impl FnMut(&str, Vec<u8>, usize, &'static str)) {
    let header = |row: u32| {
        let cells = [("A", "Name"), ("B", "Bemerkung"), ("C", "Steuer-ID")];
        let cells: String = cells.iter().map(|(c, t)| in_cell(&format!("{c}{row}"), t)).collect();
        format!("<row r=\"{row}\">{cells}</row>")
    };
    let far = "x".repeat(400);
    let row = |number: u32, cell: String| {
        format!(
            "<row r=\"{number}\">{}{}{cell}</row>",
            in_cell(&format!("A{number}"), "Erna"),
            in_cell(&format!("B{number}"), &far)
        )
    };
    let value = |number: u32, v: &str| format!("<c r=\"C{number}\"><v>{v}</v></c>");
    add("XLSX", workbook(&(header(1) + &row(2, value(2, TAX_IDS[0]))), &[]), 1, "");
    let exponents = header(1) + &row(2, value(2, "8.1750042932E10")) + &row(3, value(3, "5.0681594324e+10"));
    add("XLSX, numbers with exponents", workbook(&exponents, &[]), 2, "");
    let title = format!("<row r=\"1\">{}</row>", in_cell("A1", "Liste Stand 05.01.2026"));
    let titled = title + &header(3) + &row(4, in_cell("C4", TAX_IDS[0]));
    add("XLSX, a title above the headings", workbook(&titled, &[]), 1, "");
    let cache = format!(
        "<pivotCacheDefinition><cacheFields><cacheField name=\"KVNR\"><sharedItems><s v=\"{}\"/><s v=\"{}\"/>\
         </sharedItems></cacheField></cacheFields></pivotCacheDefinition>",
        kvnr(1),
        kvnr(2)
    );
    add("XLSX, a pivot cache", workbook("", &[("xl/pivotCache/pivotCacheDefinition1.xml", cache)]), 2, "");
    let named = format!(
        "<workbook><sheets><sheet name=\"A\" sheetId=\"1\"/></sheets><definedNames><definedName name=\"KVNR\">{}\
         </definedName></definedNames></workbook>",
        sentence(1)
    );
    add("XLSX, a defined name", workbook("", &[("xl/workbook.xml", named)]), 1, "");
    let choice = format!(
        "<worksheet><sheetData/><dataValidations><dataValidation><formula1>\"{}\"</formula1></dataValidation>\
         </dataValidations></worksheet>",
        sentence(1)
    );
    add("XLSX, a list to choose from", workbook("", &[("xl/worksheets/sheet1.xml", choice)]), 1, "");
    let strings = format!(
        "<sst><si><t>KVNR</t></si><si><t>{}</t><rPh sb=\"0\" eb=\"3\"><t>77</t></rPh></si></sst>",
        kvnr(1)
    );
    let rows = "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" t=\"s\"><v>0</v></c></row>\
        <row r=\"2\"><c r=\"A2\" t=\"s\"><v>1</v></c></row>";
    add("XLSX, a phonetic guide", workbook(rows, &[("xl/sharedStrings.xml", strings)]), 1, "");
}

fn texts(add: &mut impl FnMut(&str, Vec<u8>, usize, &'static str)) {
    let word = |settings: String, body: String| {
        let body = format!("<w:document xmlns:w=\"w\"><w:body>{body}</w:body></w:document>");
        office(&[("word/document.xml", body), ("word/settings.xml", settings)])
    };
    let none = "<w:settings xmlns:w=\"w\"/>".to_owned();
    let variable = format!(
        "<w:settings xmlns:w=\"w\"><w:docVars><w:docVar w:name=\"Akte\" w:val=\"{}\"/></w:docVars></w:settings>",
        sentence(1)
    );
    add("DOCX, a variable", word(variable, String::new()), 1, "");
    let form = format!(
        "<w:p><w:r><w:ffData><w:textInput><w:default w:val=\"{}\"/></w:textInput></w:ffData></w:r></w:p>",
        sentence(1)
    );
    add("DOCX, the default of a form", word(none.clone(), form), 1, "");
    let number = kvnr(1);
    let (head, tail) = number.split_at(5);
    let pretty = format!(
        "<w:p>\n  <w:r>\n    <w:t>KVNR {head}</w:t>\n  </w:r>\n  <w:r>\n    <w:t>{tail}</w:t>\n  </w:r>\n</w:p>"
    );
    add("DOCX, laid out", word(none.clone(), pretty), 1, "");
    let deleted = format!(
        "<w:p><w:r><w:t>KVNR {head}</w:t></w:r><w:del><w:r><w:delText>99</w:delText></w:r></w:del><w:r><w:t>{tail}</w:t></w:r></w:p>"
    );
    add("DOCX, a deletion inside", word(none.clone(), deleted), 1, "");
    let gone = format!("<w:p><w:del><w:r><w:delText>{}</w:delText></w:r></w:del></w:p>", sentence(2));
    add("DOCX, deleted text", word(none, gone), 1, "");
    let note = format!(
        "<text:p>{}<text:note><text:note-citation>1</text:note-citation></text:note></text:p>",
        sentence(4)
    );
    add(
        "ODT, a footnote behind the number",
        office(&[("META-INF/manifest.xml", String::new()), ("content.xml", note)]),
        1,
        "",
    );
    let keyword =
        format!("<office:meta><meta:keyword>{}</meta:keyword><dc:x>Akte</dc:x></office:meta>", sentence(4));
    add("ODT, a keyword", office(&[("META-INF/manifest.xml", String::new()), ("meta.xml", keyword)]), 1, "");
    let long = "x".repeat(300);
    for (name, text) in [
        ("CSV", format!("Name;Bemerkung;Steuer-ID\nErna;{long};{}\n", TAX_IDS[0])),
        ("CSV, the line of Excel", format!("sep=;\nName;Bemerkung;Steuer-ID\nErna;{long};{}\n", TAX_IDS[0])),
        (
            "CSV, rows that end with a separator",
            format!("Name;Bemerkung;Steuer-ID\nErna;{long};{};\n", TAX_IDS[0]),
        ),
        (
            "CSV, a separator in a heading",
            format!("\"Name\";\"Bem; intern\";\"Steuer-ID\"\n\"Erna\";\"{long}\";\"{}\"\n", TAX_IDS[0]),
        ),
        ("CSV, titles", format!("Liste\n\nName;Bemerkung;Steuer-ID\nErna;{long};{}\n", TAX_IDS[0])),
        (
            "CSV, a line break in a cell",
            format!("Name;Bemerkung;Steuer-ID\nErna;\"a\n{long}\";{}\n", TAX_IDS[0]),
        ),
    ] {
        add(name, text.into_bytes(), 1, "");
    }
}

/// Runs whose properties say how they look, within a number and behind one.
fn runs(add: &mut impl FnMut(&str, Vec<u8>, usize, &'static str)) {
    let word = |body: String| {
        office(&[("word/document.xml", format!("<w:document xmlns:w=\"w\">{body}</w:document>"))])
    };
    let number = kvnr(1);
    let (head, tail) = number.split_at(5);
    let spaced = format!(
        "<w:p><w:r><w:t>KVNR {head}</w:t></w:r><w:r><w:rPr><w:spacing w:val=\"2\"/><w:position w:val=\"2\"/>\
        <w14:ligatures w14:val=\"x\"/></w:rPr><w:t>{tail}</w:t></w:r></w:p>"
    );
    add("DOCX, letters with a space between them", word(spaced), 1, "");
    let raised = format!(
        "<w:p><w:r><w:t>{}</w:t></w:r><w:r><w:rPr><w:vertAlign w:val=\"superscript\"/></w:rPr><w:t>1</w:t></w:r></w:p>",
        sentence(5)
    );
    add("DOCX, a footnote behind the number", word(raised), 1, "");
    let slide = |text: &str, raised: &str| {
        format!(
            "<p:sld><a:p><a:r><a:rPr/><a:t>{text}</a:t></a:r><a:r><a:rPr baseline=\"{raised}\"><a:hlinkClick r:id=\"r\"/></a:rPr><a:t>"
        )
    };
    let footnote = slide(&sentence(5), "30000") + "1</a:t></a:r></a:p></p:sld>";
    let split = slide(&format!("KVNR {head}"), "0") + tail + "</a:t></a:r></a:p></p:sld>";
    for (name, slide) in
        [("PPTX, a footnote behind the number", &footnote), ("PPTX, a link inside the number", &split)]
    {
        add(name, office(&[("ppt/slides/slide1.xml", slide.clone())]), 1, "");
    }
    add("XML, DrawingML with a footnote", format!("<?xml version=\"1.0\"?>{footnote}").into_bytes(), 1, "");
}

/// Numbers that elements split which stand within a paragraph in their own vocabulary.
fn inline(add: &mut impl FnMut(&str, Vec<u8>, usize, &'static str)) {
    let number = kvnr(11);
    let (head, tail) = number.split_at(5);
    let before = "Versicherte Erika Muster, geb. 03.05.1971, KVNR ";
    for (name, text) in [
        (
            "DocBook",
            format!(
                "<article><para>{before}{head}<emphasis role=\"bold\">{tail}</emphasis></para></article>"
            ),
        ),
        ("TEI", format!("<TEI><p>{before}{head}<hi rend=\"b\">{tail}</hi></p></TEI>")),
        (
            "FictionBook",
            format!("<FictionBook><p>{before}{head}<style name=\"x\">{tail}</style></p></FictionBook>"),
        ),
        ("DITA", format!("<topic><p>{before}{head}<ph>{tail}</ph></p></topic>")),
        ("SVG", format!("<svg><text>{before}{head}<tspan dx=\"1\">{tail}</tspan></text></svg>")),
        (
            "XHTML with a prefix",
            format!("<h:html xmlns:h=\"x\"><h:p>{before}{head}<h:b>{tail}</h:b></h:p></h:html>"),
        ),
        (
            "HTML, letters in two ways",
            format!("<html><p>{before}<i><b>{head}</b></i><i><b>{tail}</b></i></p></html>"),
        ),
        (
            "flat OpenDocument",
            format!(
                "<office:document><text:p>{before}{head}<text:bookmark-start text:name=\"x\"/>\
                <text:span text:style-name=\"T1\">{tail}</text:span></text:p></office:document>"
            ),
        ),
        (
            "flat WordprocessingML",
            format!(
                "<w:document><w:p w:rsidR=\"00A77B3E\"><w:r><w:t>{before}{head}</w:t></w:r>\
                <w:r w:rsidR=\"00123456\" w:rsidRPr=\"00654321\"><w:rPr><w:spacing w:val=\"2\"/><w:lang w:val=\"de-DE\"/></w:rPr>\
                <w:t>{tail}</w:t></w:r></w:p></w:document>"
            ),
        ),
        (
            "DrawingML",
            format!(
                "<p:sld><a:p><a:r><a:t>{before}{head}</a:t></a:r><a:r><a:rPr lang=\"de\" sz=\"1800\" spc=\"100\"/>\
                <a:t>{tail}</a:t></a:r></a:p></p:sld>"
            ),
        ),
    ] {
        add(&format!("XML, {name}"), format!("<?xml version=\"1.0\"?>{text}").into_bytes(), 1, "");
    }
}

pub(crate) fn all() -> Vec<Shape> {
    let mut all: Vec<Shape> = Vec::new();
    let mut add =
        |name: &str, bytes: Vec<u8>, people, unread| all.push((name.to_owned(), bytes, people, unread));
    pdfs(&mut add);
    workbooks(&mut add);
    texts(&mut add);
    runs(&mut add);
    inline(&mut add);
    all
}
