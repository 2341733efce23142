//! What speaks for and against a number, told for one text after the other.

use super::{AFTER, BEFORE, Evidence, Surroundings};
use crate::identify::columns::Columns;
use crate::identify::lexicon::{Lexicon, Word};
use crate::identify::{Attribution, Candidate, at};

/// A valid number of an insured person, of no Taiwanese form.
const K: &str = "B252888746";

/// One that has the form of Taiwan, too.
const TAIWANESE: &str = "B973696285";

fn candidate(text: &str, number: &str) -> Candidate {
    let start = text.find(number).expect("the number");
    let mut all = Vec::new();
    crate::find::each(text.as_bytes(), 0, text.len(), |p| {
        at(text.as_bytes(), p, |hit| all.push(hit));
    });
    all.into_iter().find(|hit| hit.start == start).unwrap_or_else(|| panic!("no number in {text:?}"))
}

/// Returns the evidence in words: each reason with its weight, then what else was found.
fn words(evidence: &Evidence) -> String {
    let mut parts: Vec<String> =
        evidence.reasons.iter().map(|r| format!("{:?} {}", r.why, r.weight)).collect();
    parts.extend(evidence.name.then(|| "name".to_owned()));
    parts.extend(evidence.birth.then(|| "birth".to_owned()));
    parts.extend(evidence.health.then(|| "health".to_owned()));
    parts.extend(evidence.insurer.map(|i| match i {
        Attribution::Code(code) => format!("code {code}"),
        Attribution::Tenant(number) => format!("tenant {number}"),
    }));
    parts.join(", ")
}

/// Returns what stands around a number: once with the words looked for around it, once with
/// those of the whole text, which must be the same.
fn around(text: &str, number: &str) -> String {
    let lexicon = Lexicon::new(&["Nordkasse".to_owned(), "abc".to_owned(), "Südbund".to_owned()]);
    let hit = candidate(text, number);
    let plain =
        Surroundings { lexicon: &lexicon, words: None, columns: None, collaboration: false, raw: false };
    let told = words(&plain.look(text.as_bytes(), &hit));
    let all: Vec<Word> = lexicon.find(text.as_bytes()).collect();
    let with = Surroundings { words: Some(&all), ..plain };
    let other = words(&with.look(text.as_bytes(), &hit));
    // A word that the window cuts is only whole in the whole text.
    assert_eq!(told, other, "{text:?}");
    told
}

#[track_caller]
fn check(cases: &[(String, &str)]) {
    for (text, wanted) in cases {
        assert_eq!(around(text, K), *wanted, "{text:?}");
    }
}

fn blanks(n: usize) -> String {
    " ".repeat(n)
}

#[test]
fn each_kind_of_number_has_its_own_structure() {
    let cases = [
        (K, ""),
        ("G1234567839900000221", "InnerChecks 300, code 990000022"),
        ("G123456783990000022G1234567831", "InnerChecks 500, code 990000022"),
        ("80276123456789012346", "Structure 350"),
        ("DE89370400440532013000", "Structure 400"),
        ("81750042932", "Structure -150"),
        ("101234561", "Structure -250"),
        ("123456601", "Structure -250"),
        ("15070649C103", "Structure 100"),
        // Of one form, and of Taiwan's.
        (TAIWANESE, "Taiwan -70"),
        ("b252888746", "LowerCase -100"),
        ("B 252888746", "Apart -100"),
        ("B 252-888 746", "Apart -100, Mixed -150"),
        ("B252-888/746", "Mixed -150"),
    ];
    for (number, wanted) in cases {
        assert_eq!(around(&format!("( {number} )"), number), wanted, "{number}");
    }
}

#[test]
fn an_outer_digit_that_fits_speaks_for_a_number_and_not_for_a_card() {
    let mut fit = Vec::new();
    for digit in 0..10 {
        let number = format!("G123456783990000022{digit}");
        let told = around(&number, &number);
        match told.as_str() {
            "InnerChecks 300, OuterDigit 150, code 990000022" => fit.push(digit),
            other => assert_eq!(other, "InnerChecks 300, code 990000022"),
        }
    }
    assert_eq!(fit.len(), 1, "of ten digits one fits: {fit:?}");
}

#[test]
fn where_the_part_lies_is_a_reason_of_its_own() {
    let lexicon = Lexicon::new(&[]);
    let hit = candidate(K, K);
    let look = |collaboration, raw| {
        let surroundings = Surroundings { lexicon: &lexicon, words: None, columns: None, collaboration, raw };
        words(&surroundings.look(K.as_bytes(), &hit))
    };
    assert_eq!(
        (look(true, false).as_str(), look(false, true).as_str()),
        ("Collaboration 100", "RawBytes -150")
    );
}

#[test]
fn a_label_counts_by_where_it_stands() {
    let near = "LabelNear 150";
    let before = "LabelNear 150, LabelBefore 250";
    check(&[
        (format!("kvnr {K}"), before),
        (format!("kvnr{}{K}", blanks(40)), before),
        (format!("kvnr{}{K}", blanks(41)), near),
        (format!("{K} kvnr"), "LabelNear 250"),
        (format!("{K}{}kvnr", blanks(24)), "LabelNear 250"),
        (format!("{K}{}kvnr", blanks(25)), near),
        // The window: 160 bytes before, 96 after, and no byte more.
        (format!("kvnr{}{K}", blanks(BEFORE - 4)), near),
        (format!("kvnr{}{K}", blanks(BEFORE - 3)), ""),
        (format!("{K}{}kvnr", blanks(AFTER - 4)), near),
        (format!("{K}{}kvnr", blanks(AFTER - 3)), ""),
        // The three forms share their labels; others name other numbers.
        (format!("iban {K}"), ""),
        (format!("kvnr, iban {K}"), near),
        (format!("iban, kvnr {K}"), before),
        (format!("{K} iban"), ""),
    ]);
    let long = "G1234567839900000221";
    let told = around(&format!("kvnr {long}"), long);
    assert_eq!(told, "InnerChecks 300, LabelNear 150, LabelBefore 250, code 990000022");
    let account = "DE89370400440532013000";
    assert_eq!(around(&format!("iban {account}"), account), "Structure 400, LabelNear 150, LabelBefore 250");
    assert_eq!(around(&format!("kvnr {account}"), account), "Structure 400");
}

#[test]
fn the_name_of_another_number_speaks_against_one_in_its_line() {
    let other = "OtherLabelNear -70, OtherLabel -300";
    check(&[
        (format!("Rechnung {K}"), other),
        (format!("Rechnung{}{K}", blanks(24)), other),
        (format!("Rechnung{}{K}", blanks(25)), "OtherLabelNear -70"),
        (format!("{K} Rechnung"), "OtherLabelNear -70"),
        (format!("Rechnung {K} Rechnung"), other),
        // What another line is about says nothing, but what stands directly before does.
        (format!("Rechnung\n{K}"), "OtherLabel -300"),
        (format!("{K}\nRechnung"), ""),
        (format!("x\nRechnung {K}\n"), other),
        (format!("Rechnung\nkvnr {K}"), "LabelNear 150, LabelBefore 250"),
        (format!("kvnr, Rechnung {K}"), "LabelNear 150, OtherLabelNear -70, OtherLabel -300"),
        (format!("{K} x\nRechnung"), ""),
        (format!("Rechnung x\n{} {K}", blanks(30)), ""),
    ]);
}

#[test]
fn people_insurers_and_treatment_are_named() {
    check(&[
        (format!("Vorname: x {K}"), "Name 120, name"),
        (format!("{K} Herr"), "Name 120, name"),
        (format!("{K} Herrschaft"), ""),
        (format!("Barmer {K}"), "Insurer 180"),
        (format!("{K} AOK"), "Insurer 180"),
        (format!("Nordkasse {K}"), "Insurer 180, tenant 0"),
        (format!("Südbund, Nordkasse {K}"), "Insurer 180, tenant 2"),
        (format!("abc {K}"), ""),
        (format!("Diagnose {K}"), "HealthWord 150, health"),
        (format!("geboren {K}"), ""),
    ]);
    let taiwan = format!("Taiwan {TAIWANESE}");
    assert_eq!(around(&taiwan, TAIWANESE), "Taiwan -500");
    assert_eq!(around(&format!("Taiwan {K}"), K), "Taiwan -500");
    // A word inside of the number counts for nothing.
    let inside = candidate("B 252-888 746", "B 252-888 746");
    assert_eq!(inside.end, 13);
}

#[test]
fn an_unknown_name_is_two_capitalised_words_and_a_mark() {
    let name = "Name 120, name";
    check(&[
        (format!("Xaver Wöller ({K})"), name),
        (format!("Xaver Wöller, {K}"), name),
        (format!("Xaver Wöller , {K}"), name),
        (format!("Xaver Müller-Lüdens ( {K}"), name),
        (format!("und Xaver Wöller ({K})"), name),
        (format!("Öde Ärzler ({K})"), name),
        (format!("Xaver Wöller {K}"), ""),
        (format!("Xaver Wöller; {K}"), ""),
        (format!("Xaver wöller ({K})"), ""),
        (format!("xaver Wöller ({K})"), ""),
        (format!("Wöller ({K})"), ""),
        (format!("Xa Wöller ({K})"), ""),
        (format!("Xav Wöl ({K})"), name),
        (format!("XAVER Wöller ({K})"), ""),
        (format!("Xaver WÖLLER ({K})"), ""),
        (format!("Xaver W3ller ({K})"), ""),
        (format!("({K})"), ""),
    ]);
}

#[test]
fn a_date_is_one_of_birth_when_it_is_named_or_old_enough() {
    let named = "BirthDate 220, birth";
    let likely = "BirthDate 120, birth";
    check(&[
        (format!("geb. 03.05.2020 {K}"), named),
        (format!("*03.05.2020 {K}"), named),
        (format!("{K} geboren 03.05.2020"), named),
        (format!("geb.{}03.05.2020 {K}", blanks(20)), named),
        (format!("geb.{}03.05.2020 {K}", blanks(21)), ""),
        (format!("03.05.2020 geb. {K}"), ""),
        (format!("03.05.1971 {K}"), likely),
        (format!("{K} 03.05.1971"), likely),
        (format!("3.5.1971 {K}"), likely),
        (format!("03/05/1971 {K}"), likely),
        (format!("1971-05-03 {K}"), likely),
        (format!("03.05.1905 {K}"), likely),
        (format!("03.05.2016 {K}"), likely),
        (format!("03.05.1904 {K}"), ""),
        (format!("03.05.2017 {K}"), ""),
        // The date that is named counts, wherever the other stands.
        (format!("03.05.1971 {K} geb. 04.06.2020"), named),
        (format!("geb. 04.06.2020 {K} 03.05.1971"), named),
        // With a time of day it is when something happened.
        (format!("03.05.1971 12:30 {K}"), ""),
        (format!("1971-05-03T12:30 {K}"), ""),
        (format!("geb. 1971-05-03T12:30 {K}"), named),
        (format!("03.05.1971 1a:30 {K}"), likely),
        (format!("03.05.1971 a1:30 {K}"), likely),
        (format!("03.05.1971 12.30 {K}"), likely),
        (format!("03.05.1971-12:30 {K}"), likely),
    ]);
}

#[test]
fn what_is_no_date_is_none() {
    let likely = "BirthDate 120, birth";
    let with = |date: &str| (format!("x {date} {K}"), "");
    check(&[
        with("003.05.1971"),
        with("03.005.1971"),
        with("03.05.71"),
        with("03.05.19711"),
        with("03.05-1971"),
        with("03-05-1971"),
        with("1971.05.03"),
        with("1971-05-3"),
        with("197-05-03"),
        with("00.05.1971"),
        with("32.05.1971"),
        with("03.00.1971"),
        with("03.13.1971"),
        with("03.05.1971a"),
        with("a03.05.1971"),
        with("03.05.1899"),
        with("03.05."),
        with("03."),
        with("1234567.05.1971"),
    ]);
    check(&[
        (format!("x 31.12.1971 {K}"), likely),
        (format!("x 01.01.1971, {K}"), likely),
        (format!("x 1.1.1971T {K}"), likely),
        (format!("x 12.13.1971 3.5.1971 {K}"), likely),
        (format!("{K} 3.5.1971"), likely),
        (format!("geb. 3.5.2030 {K}"), "BirthDate 220, birth"),
        (format!("geb. 3.5.2031 {K}"), ""),
        (format!("geb. 3.5.1900 {K}"), "BirthDate 220, birth"),
    ]);
    // A window that ends inside of a date holds none: eight bytes are the least.
    let far = format!("{K}{}3.5.1971", blanks(AFTER - 8));
    assert_eq!(around(&far, K), likely);
    let cut = format!("{K}{}3.5.1971", blanks(AFTER - 7));
    assert_eq!(around(&cut, K), "");
    // The digits of the number itself are none.
    let gaps = format!("{K}.05.1971");
    assert_eq!(around(&format!("x {gaps}"), K), "");
}

#[test]
fn the_nearest_institution_code_attributes_a_number() {
    let code = |number: u32| format!("InstitutionCode 220, code {number}");
    let cases = [
        (format!("101234561 {K}"), code(101_234_561)),
        (format!("{K} 101234561"), code(101_234_561)),
        (format!("x101234561 {K}"), String::new()),
        (format!("101234561x {K}"), String::new()),
        (format!("1012345611 {K}"), String::new()),
        (format!("{K} (101234561)"), code(101_234_561)),
        // Nearer counts, on either side; of equal distances the first.
        (format!("970000011 101234561 {K}"), code(101_234_561)),
        (format!("101234561 {K} 970000011"), code(101_234_561)),
        (format!("101234561  {K} 970000011"), code(970_000_011)),
        (format!("101234561 {K}  970000011"), code(101_234_561)),
        (format!("{K} 970000011 101234561"), code(970_000_011)),
        (format!("970000011 {K} 101234561 980000011"), code(970_000_011)),
        // Classes 10 and 97 to 99 alone.
        (format!("980000011 {K}"), code(980_000_011)),
        (format!("990000022 {K}"), code(990_000_022)),
        (format!("960000011 {K}"), String::new()),
        (format!("260100012 {K}"), String::new()),
        (format!("110100012 {K}"), String::new()),
        // Its check digit fails.
        (format!("101234562 {K}"), String::new()),
        (format!("101234561{}{K}", blanks(BEFORE - 9)), code(101_234_561)),
        (format!("{K}{}101234561", blanks(AFTER - 9)), code(101_234_561)),
    ];
    for (text, wanted) in &cases {
        assert_eq!(around(text, K), *wanted, "{text:?}");
    }
    // A code speaks for numbers of insured people alone.
    let account = "DE89370400440532013000";
    assert_eq!(around(&format!("101234561 {account}"), account), "Structure 400");
}

#[test]
fn a_number_inside_of_encoded_data_is_none() {
    let encoded = "Encoded -400";
    check(&[
        (format!("aGVsbG8x/{K}"), encoded),
        (format!("aGVsbG8x+{K}"), encoded),
        (format!("aGVsbG8x={K}"), encoded),
        (format!("{K}+aGVsbG8x"), encoded),
        (format!("{K}/aGVsbG8x"), encoded),
        (format!("{K}=aGVsbG8x"), encoded),
        (format!("aGVs/bG8x/{K}"), encoded),
        (format!("{K}/aGVs+bG8x"), encoded),
        // Too short, or without one of the three kinds of character, or parted.
        (format!("aGVsbG8/{K}"), ""),
        (format!("{K}/aGVsbG8"), ""),
        (format!("agvsbg8x/{K}"), ""),
        (format!("AGVSBG8X/{K}"), ""),
        (format!("aGVsbGVx/{K}"), ""),
        (format!("{K}/agvsbg8x"), ""),
        (format!("{K}/AGVSBG8X"), ""),
        (format!("{K}/aGVsbGVx"), ""),
        (format!("aGVs.bG8x/{K}"), ""),
        (format!("{K}/aGVs.bG8x"), ""),
        (format!("aGVsbG8x-{K}"), ""),
        (format!("{K}-aGVsbG8x"), ""),
        (format!("{K}/"), ""),
        // What stands further away than 40 bytes says nothing.
        (format!("8{}aG/{K}", "x".repeat(36)), encoded),
        (format!("8{}aG/{K}", "x".repeat(37)), ""),
        (format!("{K}/aG{}8", "x".repeat(36)), encoded),
        (format!("{K}/aG{}8", "x".repeat(37)), ""),
    ]);
}

#[test]
fn a_column_says_what_stands_in_it() {
    let lexicon = Lexicon::new(&[]);
    let told = |text: &str, number: &str| {
        let columns = Columns::read(text.as_bytes(), &lexicon);
        let hit = candidate(text, number);
        let surroundings = Surroundings {
            lexicon: &lexicon,
            words: Some(&[]),
            columns: columns.as_ref(),
            collaboration: false,
            raw: false,
        };
        let found = surroundings.look(text.as_bytes(), &hit);
        (words(&found), found.supported())
    };
    assert_eq!(told(&format!("Nr;KVNR\n1;{K}\n"), K), ("ColumnLabel 400".to_owned(), true));
    assert_eq!(told(&format!("KVNR;Rechnung\nx;{K}\n"), K), ("OtherColumn -300".to_owned(), false));
    assert_eq!(told(&format!("KVNR;IBAN\nx;{K}\n"), K), ("OtherColumn -300".to_owned(), false));
    assert_eq!(told(&format!("KVNR;Vorname\nx;{K}\n"), K), (String::new(), false));
    assert_eq!(told(&format!("KVNR;x\nx;{K}\n"), K), (String::new(), false));
    let account = "DE89370400440532013000";
    let bank = told(&format!("Nr;IBAN\n1;{account}\n"), account);
    assert_eq!(bank, ("Structure 400, ColumnLabel 400".to_owned(), true));
}

#[test]
fn labels_and_columns_support_a_number_and_nothing_else_does() {
    let lexicon = Lexicon::new(&[]);
    let supported = |text: &str| {
        let plain =
            Surroundings { lexicon: &lexicon, words: None, columns: None, collaboration: true, raw: false };
        plain.look(text.as_bytes(), &candidate(text, K)).supported()
    };
    assert!(supported(&format!("kvnr {K}")) && supported(&format!("{K} kvnr")));
    for text in ["Herr", "Barmer", "Diagnose", "geb. 3.5.1971", "101234561", "Rechnung", ""] {
        assert!(!supported(&format!("{text} {K}")), "{text}");
    }
}
