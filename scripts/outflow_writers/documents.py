"""Office documents, PDF, mail and text encodings."""

import email.message
import email.policy
import io
import mailbox
import os
import shutil
import subprocess
import zipfile

from people import Book, at, put, run, scratch, writer


@writer
def libreoffice_text():
    b = Book()
    source = put(scratch("text.fodt"), f"""<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:meta="urn:oasis:names:tc:opendocument:xmlns:meta:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0" office:version="1.3" office:mimetype="application/vnd.oasis.opendocument.text">
<office:meta><dc:title>{b("title")}</dc:title><dc:subject>{b("subject")}</dc:subject><meta:keyword>{b("keyword")}</meta:keyword><dc:description>{b("description")}</dc:description><meta:user-defined meta:name="Akte">{b("own property")}</meta:user-defined></office:meta>
<office:automatic-styles><style:page-layout style:name="L"><style:header-style/><style:footer-style/></style:page-layout></office:automatic-styles>
<office:master-styles><style:master-page style:name="Standard" style:page-layout-name="L"><style:header><text:p>{b("header")}</text:p></style:header><style:footer><text:p>{b("footer")}</text:p></style:footer></style:master-page></office:master-styles>
<office:body><office:text>
<text:tracked-changes><text:changed-region text:id="c1"><text:deletion><office:change-info><dc:creator>E</dc:creator><dc:date>2026-01-01T00:00:00</dc:date></office:change-info><text:p>{b("deleted text")}</text:p></text:deletion></text:changed-region></text:tracked-changes>
<text:p>{b("body")}<text:change text:change-id="c1"/></text:p>
<text:p>Note<text:note text:id="n1" text:note-class="footnote"><text:note-citation>1</text:note-citation><text:note-body><text:p>{b("footnote")}</text:p></text:note-body></text:note></text:p>
<text:p>Comment<office:annotation><dc:creator>E</dc:creator><dc:date>2026-01-01T00:00:00</dc:date><text:p>{b("comment")}</text:p></office:annotation></text:p>
<table:table table:name="T"><table:table-column table:number-columns-repeated="2"/><table:table-row><table:table-cell><text:p>KVNR</text:p></table:table-cell><table:table-cell><text:p>{b("table")}</text:p></table:table-cell></table:table-row></table:table>
<text:p><draw:frame text:anchor-type="paragraph" svg:width="8cm" svg:height="3cm"><draw:text-box><text:p>{b("text box")}</text:p></draw:text-box></draw:frame></text:p>
<text:p><text:a xlink:type="simple" xlink:href="https://example.org/?v={b.name("link").replace(" ", "=")}">link</text:a></text:p>
<text:list><text:list-item><text:p>{b("list")}</text:p></text:list-item></text:list>
</office:text></office:body></office:document>""")
    paper = ("subject", "keyword", "description", "own property", "comment", "deleted text")
    leaves = {
        "odt": (), "fodt": (), "docx": (), "doc": (), "rtf": (), "docx:MS Word 2007 XML": (),
        "pdf": ("description", "own property", "comment", "deleted text"),
        "html": ("header", "footer"), "txt:Text (encoded):UTF8": paper + ("title", "header", "footer", "link", "footnote", "text box"), "epub": paper + ("header", "footer"),
    }
    for kind, without in leaves.items():
        end = kind.split(":")[0]
        run("soffice", f"-env:UserInstallation=file://{scratch('lo')}", "--headless", "--convert-to", kind, "--outdir", scratch("lo-" + end), source)
        shutil.copy(scratch(f"lo-{end}/text.{end}"), at(f"libreoffice/text.{end}"))
        b.wrote("LibreOffice", at(f"libreoffice/text.{end}"), without)


@writer
def openpyxl_book():
    import openpyxl
    from openpyxl.comments import Comment
    from openpyxl.workbook.defined_name import DefinedName
    from openpyxl.worksheet.datavalidation import DataValidation
    b = Book()
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Name", "KVNR", "Text"])
    sheet.append(["Erika", b("cell"), "x"])
    sheet["A3"].comment = Comment(b("comment"), "E")
    sheet.oddHeader.center.text = b("page header")
    sheet.oddFooter.center.text = b("page footer")
    sheet["A4"].hyperlink = "https://example.org/?" + b.name("link").replace(" ", "=")
    book.create_sheet("hidden").append([b("hidden sheet")])
    book["hidden"].sheet_state = "hidden"
    book.create_sheet("very").append([b("very hidden sheet")])
    book["very"].sheet_state = "veryHidden"
    book.create_sheet(b.name("sheet name")).append(["x"])
    book.properties.title = b("title")
    book.properties.description = b("description")
    book.properties.keywords = b("keyword")
    book.defined_names["akte"] = DefinedName("akte", attr_text='"' + b.name("defined name") + '"')
    rule = DataValidation(type="list", formula1='"' + b.name("validation list") + '"')
    rule.prompt = b("validation prompt")
    sheet.add_data_validation(rule)
    rule.add("A9")
    sheet["B9"] = '=IF(1,"' + b.name("formula") + '","")'
    sheet.row_dimensions[11].hidden = True
    sheet["A11"] = b("hidden row")
    book.save(at("openpyxl/book.xlsx"))
    b.wrote("openpyxl", at("openpyxl/book.xlsx"))
    # What LibreOffice makes of it; it leaves out a formula's text in CSV.
    only_cells = ("cell",)
    for kind, only in {"ods": None, "fods": None, "xls": None, "xlsx": None, "csv": only_cells, "html": ("cell",)}.items():
        run("soffice", f"-env:UserInstallation=file://{scratch('lo')}", "--headless", "--convert-to", kind, "--outdir", scratch("calc-" + kind), at("openpyxl/book.xlsx"))
        shutil.copy(scratch(f"calc-{kind}/book.{kind}"), at(f"libreoffice/book.{kind}"))
        b.wrote("LibreOffice Calc", at(f"libreoffice/book.{kind}"), () if only else ("formula",), only)


@writer
def xlsxwriter_book():
    import xlsxwriter
    b = Book()
    book = xlsxwriter.Workbook(at("xlsxwriter/book.xlsx"))
    sheet = book.add_worksheet("Daten")
    sheet.write_row(0, 0, ["Name", "KVNR"])
    sheet.write_row(1, 0, ["Erika", b("cell")])
    sheet.write_rich_string(2, 0, "Versicherte Erika Muster, ", book.add_format({"bold": True}), "KVNR " + b("rich text")[-10:])
    sheet.write_comment(3, 0, b("comment"))
    sheet.set_header("&C" + b("page header"))
    sheet.insert_textbox(5, 5, b("text box"))
    sheet.write_url(6, 0, "https://example.org/?" + b.name("link").replace(" ", "="), string="x")
    sheet.write_formula(7, 0, '="x"', None, b("formula result"))
    sheet.data_validation(8, 0, 8, 0, {"validate": "list", "source": [b.name("validation list")]})
    book.add_worksheet("hidden").write(0, 0, b("hidden sheet"))
    book.get_worksheet_by_name("hidden").hide()
    chart = book.add_chart({"type": "column"})
    chart.add_series({"values": "=Daten!$A$1:$A$2", "name": b("chart series")})
    chart.set_title({"name": b("chart title")})
    sheet.insert_chart("H1", chart)
    book.set_properties({"title": b("title"), "comments": b("description")})
    book.set_custom_property("Akte", b("own property"))
    book.close()
    b.wrote("XlsxWriter", at("xlsxwriter/book.xlsx"))


@writer
def pandas_tables():
    import sqlite3

    import pandas
    for kind in ("csv", "semicolon.csv", "tsv", "json", "records.json", "html", "pickle", "xlsx", "sqlite", "dta", "tex", "md.txt"):
        b = Book()
        frame = pandas.DataFrame({"name": ["Erika Muster", "Max"], "KVNR": [b.name("column")[-10:], ""], "note": ["", b("text")]})
        path = at("pandas/table." + kind)
        if kind == "sqlite":
            with sqlite3.connect(path) as base:
                frame.to_sql("people", base)
        else:
            {"csv": frame.to_csv, "semicolon.csv": lambda p: frame.to_csv(p, sep=";"), "tsv": lambda p: frame.to_csv(p, sep="\t"),
             "json": frame.to_json, "records.json": lambda p: frame.to_json(p, orient="records", lines=True), "html": frame.to_html,
             "pickle": frame.to_pickle, "xlsx": frame.to_excel, "dta": frame.to_stata, "tex": lambda p: put(p, frame.to_string()),
             "md.txt": lambda p: put(p, frame.to_string(index=False))}[kind](path)
        b.wrote("pandas", path)


@writer
def python_docx():
    import docx
    b = Book()
    document = docx.Document()
    document.add_heading(b("heading"))
    paragraph = document.add_paragraph("Versicherte Erika Muster, KVNR ")
    number = b("runs")[-10:]
    for piece in (number[:3], number[3:7], number[7:]):
        paragraph.add_run(piece).bold = piece != number[:3]
    table = document.add_table(2, 2)
    table.cell(0, 1).text = "KVNR"
    table.cell(1, 1).text = b.name("table")[-10:]
    table.cell(1, 0).text = "Versicherte Erika Muster, geb. 03.05.1971"
    document.sections[0].header.paragraphs[0].text = b("header")
    document.sections[0].footer.paragraphs[0].text = b("footer")
    for field in ("title", "subject", "keywords", "comments", "author", "category"):
        setattr(document.core_properties, field, b("property " + field))
    if hasattr(document, "add_comment"):
        document.add_comment(paragraph.runs, text=b("comment"), author="E")
    document.save(at("python-docx/letter.docx"))
    b.wrote("python-docx", at("python-docx/letter.docx"))


@writer
def python_pptx():
    import pptx
    b = Book()
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = b("title")
    slide.placeholders[1].text = b("body")
    slide.notes_slide.notes_text_frame.text = b("notes")
    table = slide.shapes.add_table(1, 1, 0, 0, 9000000, 900000).table
    table.cell(0, 0).text = b("table")
    slide.shapes.title.name = b.name("name of a shape")
    deck.core_properties.subject = b("property subject")
    deck.save(at("python-pptx/deck.pptx"))
    b.wrote("python-pptx", at("python-pptx/deck.pptx"))
    for kind in ("odp", "ppt", "pdf"):
        run("soffice", f"-env:UserInstallation=file://{scratch('lo')}", "--headless", "--convert-to", kind, "--outdir", scratch("imp"), at("python-pptx/deck.pptx"))
        shutil.copy(scratch(f"imp/deck.{kind}"), at(f"libreoffice/deck.{kind}"))
        b.wrote("LibreOffice Impress", at(f"libreoffice/deck.{kind}"), ("notes", "name of a shape") if kind == "pdf" else ("name of a shape",) if kind == "ppt" else ())


@writer
def xlwt_book():
    import xlwt
    b = Book()
    book = xlwt.Workbook()
    sheet = book.add_sheet("x")
    sheet.write(0, 1, "KVNR")
    sheet.write(1, 1, b("cell"))
    sheet.write(2, 1, "Müller ключ " + b("wide cell"))
    hidden = book.add_sheet("hidden")
    hidden.visibility = 1
    hidden.write(0, 0, b("hidden sheet"))
    sheet.header_str = b("page header").encode()
    book.save(at("xlwt/book.xls"))
    b.wrote("xlwt", at("xlwt/book.xls"))


@writer
def reportlab_pdf():
    from reportlab.pdfgen import canvas
    for packed in (0, 1):
        b = Book()
        path = at(f"reportlab/{packed}.pdf")
        page = canvas.Canvas(path, pageCompression=packed)
        page.setTitle(b("title"))
        page.setSubject(b("subject"))
        page.drawString(50, 700, b("body"))
        x = 50
        for letter in b("letters placed singly"):
            page.drawString(x, 650, letter)
            x += page.stringWidth(letter, "Helvetica", 12)
        page.textAnnotation(b("note"), (50, 50, 99, 99))
        page.acroForm.textfield(name="f", value=b.name("form field"), x=50, y=500, width=400)
        page.bookmarkPage("k")
        page.addOutlineEntry(b("bookmark"), "k")
        page.linkURL("https://example.org/?" + b.name("link").replace(" ", "="), (0, 0, 9, 9))
        page.save()
        b.wrote("reportlab", path)


@writer
def fpdf2_pdf():
    import fpdf
    b = Book()

    class Letter(fpdf.FPDF):
        def header(self):
            self.set_font("helvetica", size=8)
            self.cell(0, 5, b("header"))
            self.ln()

        def footer(self):
            self.set_y(-15)
            self.cell(0, 5, b("footer"))

    letter = Letter()
    letter.set_title(b("title"))
    letter.add_page()
    letter.set_font("helvetica", size=9)
    letter.multi_cell(0, 5, b("body"), new_x="LMARGIN", new_y="NEXT")
    letter.text_annotation(50, 50, b("note"))
    letter.embed_file(bytes=b("embedded file").encode(), basename="akte.txt")
    fonts = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
    if os.path.exists(fonts):
        letter.add_font("dejavu", fname=fonts)
        letter.set_font("dejavu", size=9)
        letter.multi_cell(0, 5, b("body in an embedded font"))
    letter.output(at("fpdf2/letter.pdf"))
    b.wrote("fpdf2", at("fpdf2/letter.pdf"))


def page_of_html(b):
    return f"""<!doctype html><html><head><meta charset="utf-8"><title>{b("title")}</title></head><body>
<h1>{b("heading")}</h1><p>{b("body")}</p><p>Versicherte, KVNR <b>{b("split by tags")[-10:]}</b></p>
<table><tr><th>Name</th><th>KVNR</th></tr><tr><td>Erika Muster, geb. 03.05.1971</td><td>{b.name("table")[-10:]}</td></tr></table>
<p><a href="https://example.org/?{b.name("link").replace(" ", "=")}">link</a></p></body></html>"""


@writer
def chromium_pdf():
    b = Book()
    source = put(scratch("page.html"), page_of_html(b))
    run("chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={scratch('chromium')}", f"--print-to-pdf={at('chromium/page.pdf')}", "file://" + source)
    b.wrote("Chromium", at("chromium/page.pdf"))
    run("mutool", "clean", "-gggz", at("chromium/page.pdf"), at("mupdf/cleaned.pdf"))
    b.wrote("MuPDF", at("mupdf/cleaned.pdf"))
    run("gs", "-q", "-dNOPAUSE", "-dBATCH", "-sDEVICE=pdfwrite", f"-sOutputFile={at('ghostscript/again.pdf')}", at("chromium/page.pdf"))
    b.wrote("Ghostscript", at("ghostscript/again.pdf"))


@writer
def mupdf_pdf():
    b = Book()
    source = put(scratch("plain.html"), page_of_html(b))
    run("mutool", "convert", "-o", at("mupdf/page.pdf"), source)
    b.wrote("MuPDF", at("mupdf/page.pdf"), ("title", "link"))


@writer
def weasyprint_pdf():
    import weasyprint
    b = Book()
    weasyprint.HTML(string=page_of_html(b)).write_pdf(at("weasyprint/page.pdf"))
    b.wrote("WeasyPrint", at("weasyprint/page.pdf"))


@writer
def cairo_pdf():
    b = Book()
    source = put(scratch("x.svg"), f'<svg xmlns="http://www.w3.org/2000/svg" width="800" height="200"><text x="9" y="50" font-size="12">{b("body")}</text></svg>')
    # It draws the letters of SVG as outlines: no text is in the file.
    for kind in ("pdf", "ps"):
        run("rsvg-convert", "-f", kind, "-o", at(f"cairo/x.{kind}"), source)
        b.wrote("cairo", at(f"cairo/x.{kind}"))


@writer
def typst_pdf():
    import typst
    b = Book()
    source = put(scratch("x.typ"), f"""#set document(title: "{b("title")}")
#set page(header: [{b("header")}], footer: [{b("footer")}])
{b("body")} #footnote[{b("footnote")}]
#table(columns: 2, [KVNR], [{b("table")}])
""")
    typst.compile(source, output=at("typst/x.pdf"))
    b.wrote("typst", at("typst/x.pdf"))


@writer
def latex_pdf():
    b = Book()
    put(scratch("x.tex"), f"""\\documentclass{{article}}\\pagestyle{{myheadings}}\\markright{{{b("header")}}}
\\pdfinfo{{/Title ({b("title")})}}\\begin{{document}}{b("body")}\\footnote{{{b("footnote")}}}
\\begin{{tabular}}{{ll}}KVNR & {b("table")}\\end{{tabular}}\\end{{document}}""")
    run("pdflatex", "-interaction=batchmode", "x.tex", cwd=scratch(""))
    shutil.copy(scratch("x.pdf"), at("latex/x.pdf"))
    b.wrote("pdfLaTeX", at("latex/x.pdf"))
    run("latex", "-interaction=batchmode", "x.tex", cwd=scratch(""))
    run("dvips", "-q", "x.dvi", "-o", at("latex/x.ps"), cwd=scratch(""))
    b.wrote("dvips", at("latex/x.ps"), ("title",))


@writer
def groff_and_enscript():
    b = Book()
    source = put(scratch("x.txt"), b("body") + "\n")
    for kind in ("ps", "html", "utf8"):
        with open(at(f"groff/x.{kind}"), "wb") as out:
            subprocess.run(["groff", "-T" + kind, "-ms", source], stdout=out, stderr=subprocess.DEVNULL, check=False)
        b.wrote("groff", at(f"groff/x.{kind}"))
    run("enscript", "-q", "-p", at("enscript/x.ps"), source)
    b.wrote("enscript", at("enscript/x.ps"))
    run("ps2pdf", at("enscript/x.ps"), at("ghostscript/x.pdf"))
    b.wrote("Ghostscript", at("ghostscript/x.pdf"))


@writer
def pandoc_files():
    for kind in ("docx", "odt", "epub", "rtf", "html", "latex", "ipynb", "docbook", "fb2", "json", "opml", "icml", "pptx"):
        b = Book()
        source = put(scratch("x.md"), f"""---\ntitle: {b("title")}\n---\n\n# Akte\n\n{b("body")}[^1]\n\n[^1]: {b("footnote")}\n\n| KVNR | x |\n|---|---|\n| {b("table")} | y |\n\n    {b("code")}\n""")
        run("pandoc", "-s", source, "-o", at("pandoc/x." + kind), "-t", kind)
        b.wrote("pandoc", at("pandoc/x." + kind), ("body", "footnote", "table", "code") if kind == "opml" else ("title",) if kind in ("ipynb", "icml") else ())


def messages():
    b = Book()
    inner = email.message.EmailMessage()
    inner["Subject"] = b("subject of an inner mail")
    inner.set_content(b("inner mail"))
    mail = email.message.EmailMessage(policy=email.policy.SMTP)
    mail["From"], mail["To"] = "a@example.org", "b@example.org"
    mail["Subject"] = "Ärger: " + b("subject")
    mail.set_content("ä " + b("text"), cte="quoted-printable")
    mail.add_alternative(f"<p>{b('HTML')}</p>", subtype="html", cte="base64")
    mail.add_attachment(b("attached text").encode(), maintype="text", subtype="plain", filename="akte.txt")
    mail.add_attachment(b"x", maintype="application", subtype="octet-stream", filename=b.name("name of an attachment") + " ä.bin")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", b("attached archive"))
    mail.add_attachment(packed.getvalue(), maintype="application", subtype="zip", filename="a.zip")
    mail.add_attachment(inner)
    event = f"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDESCRIPTION:{b('calendar')}"
    folded = "\r\n ".join(event[i:i + 70] for i in range(0, len(event), 70)).replace("\r\n B", "\r\nB")
    mail.add_attachment((folded + "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n").encode(), maintype="text", subtype="calendar", filename="x.ics")
    return b, mail


@writer
def python_mail():
    b, mail = messages()
    with open(at("python-mail/mail.eml"), "wb") as out:
        out.write(mail.as_bytes())
    b.wrote("Python email", at("python-mail/mail.eml"))
    b, mail = messages()
    box = mailbox.mbox(at("python-mail/box.mbox"))
    box.add(mail)
    box.close()
    b.wrote("Python mailbox", at("python-mail/box.mbox"))
    folder = mailbox.MH(at("python-mail/mh"))
    b, mail = messages()
    number = folder.add(mail)
    b.wrote("Python mailbox", at(f"python-mail/mh/{number}"))


@writer
def perl_mail():
    b = Book()
    script = """use MIME::Lite; my ($to, @p) = @ARGV; open(my $out, '>', $to) or die;
my $m = MIME::Lite->new(From=>'a@example.org', To=>'b@example.org', Subject=>$p[0], Type=>'multipart/mixed');
$m->attach(Type=>'TEXT', Data=>$p[1]); $m->attach(Type=>'text/html', Data=>"<p>$p[2]</p>", Encoding=>'quoted-printable');
$m->attach(Type=>'application/octet-stream', Data=>$p[3], Filename=>$p[4], Encoding=>'base64');
$m->attach(Type=>'text/plain', Data=>$p[5], Encoding=>'8bit', Filename=>'x.txt'); $m->print($out);"""
    run("perl", "-e", script, at("perl-mail/mail.eml"), b("subject"), b("text"), b("HTML"), b("attached bytes"), b.name("name of an attachment"), b("attached text"))
    b.wrote("Perl MIME::Lite", at("perl-mail/mail.eml"))


@writer
def encodings():
    b = Book()
    source = put(scratch("akte.txt"), b("text") + "\n")
    for name, command in {"uuencode/x.uu": ["uuencode", source, "akte.txt"], "uuencode/x.b64": ["uuencode", "-m", source, "akte.txt"], "base64/x.b64": ["base64", source], "shar/x.shar": ["shar", source]}.items():
        with open(at(name), "wb") as out:
            subprocess.run(command, stdout=out, stderr=subprocess.DEVNULL, check=True, timeout=60)
        b.wrote(name.split("/")[0], at(name))
