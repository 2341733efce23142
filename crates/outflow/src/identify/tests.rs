//! Which numbers are found in a text, and how they are said to be written.

use model::outflow::What;

use super::{Candidate, Columns, Lexicon, Value, at, ik_class, is_public_test_number, numbers_within};
use crate::identify::lexicon::Says;

fn found(text: &str) -> Vec<(What, bool)> {
    let mut all = Vec::new();
    crate::find::each(text.as_bytes(), 0, text.len(), |p| {
        at(text.as_bytes(), p, |hit| all.push((hit.what, hit.valid)));
    });
    all.dedup();
    all
}

/// Both numbers of the long form must be valid: of the insured person and of the
/// main insured person.
#[test]
fn the_main_insured_person_is_checked_too() {
    assert_eq!(found("G123456783990000022G1234567831"), [(What::Kvnr30, true)]);
    assert_eq!(found("G123456783990000022G1234567841"), [(What::Kvnr30, false)]);
    assert_eq!(found("G123456784990000022G1234567831"), [(What::Kvnr30, false)]);
}

/// Regions are numbered 01 to 16 for the most part; classes 1x and 9x count
/// otherwise (ARGE IK, circular of June 2020).
#[test]
fn institution_codes_have_a_class_and_a_region() {
    let class = |head: [u8; 4]| ik_class(&[head.to_vec(), vec![0; 5]].concat());
    for good in [[2, 6, 0, 1], [2, 6, 1, 6], [1, 0, 9, 9], [9, 9, 4, 0], [3, 3, 0, 0]] {
        assert!(class(good), "{good:?}");
    }
    for bad in [[2, 6, 1, 7], [2, 6, 9, 9], [3, 0, 5, 0], [7, 7, 0, 1], [1, 1, 0, 1]] {
        assert!(!class(bad), "{bad:?}");
    }
}

/// Returns the numbers of a text: kind, value, whether its rules hold, and how it is written.
fn told(text: &str) -> Vec<String> {
    let mut all: Vec<Candidate> = Vec::new();
    crate::find::each(text.as_bytes(), 0, text.len(), |p| {
        at(text.as_bytes(), p, |hit| all.push(hit));
    });
    all.dedup();
    let one = |hit: &Candidate| {
        let mut parts = vec![format!("{:?} {}", hit.what, hit.value.as_str())];
        parts.extend((!hit.valid).then(|| "not valid".to_owned()));
        parts.extend(hit.soft.map(|fits| if fits { "fits" } else { "does not fit" }.to_owned()));
        parts.extend(hit.form.lower.then(|| "lower".to_owned()));
        parts.extend((hit.form.gaps > 0).then(|| format!("{} gaps", hit.form.gaps)));
        parts.extend(hit.form.apart.then(|| "apart".to_owned()));
        parts.extend(hit.form.mixed.then(|| "mixed".to_owned()));
        assert!(hit.start < hit.end && text.is_char_boundary(hit.start) && text.is_char_boundary(hit.end));
        format!("{}..{} {}", hit.start, hit.end, parts.join(", "))
    };
    all.iter().map(one).collect()
}

#[track_caller]
fn finds(cases: &[(&str, &str)]) {
    for (text, wanted) in cases {
        assert_eq!(told(text).join("; "), *wanted, "{text:?}");
    }
}

#[test]
fn numbers_of_insured_people_are_found_in_each_form() {
    finds(&[
        ("B252888746", "0..10 Kvnr B252888746"),
        ("b252888746.", "0..10 Kvnr B252888746, lower"),
        ("B252888745", "0..10 Kvnr B252888745, not valid"),
        ("x B252888746 y", "2..12 Kvnr B252888746"),
        ("xB252888746", ""),
        ("B2528887461", ""),
        ("B25288874", ""),
        ("B252888746x", ""),
        // A word may begin directly behind, or the number's name stand before.
        ("B252888746Name", "0..10 Kvnr B252888746"),
        ("B252888746NAME", ""),
        ("KVNR B252888746x", "5..15 Kvnr B252888746"),
        ("kvnr: B252888746x", "6..16 Kvnr B252888746"),
        ("kvnr:   B252888746x", "8..18 Kvnr B252888746"),
        ("kvnr:    B252888746x", ""),
        ("KVNR B2528887461", ""),
        ("B 252888746", "0..11 Kvnr B252888746, 1 gaps, apart"),
        ("B-252888746", "0..11 Kvnr B252888746, 1 gaps, apart"),
        ("B.252888746", "0..11 Kvnr B252888746, 1 gaps, apart"),
        ("B/252888746", "0..11 Kvnr B252888746, 1 gaps, apart"),
        ("B\u{ad}252888746", "0..12 Kvnr B252888746, 1 gaps"),
        ("B<b>252888746", "0..13 Kvnr B252888746, 1 gaps"),
        ("B252 888 746", "0..12 Kvnr B252888746, 2 gaps"),
        ("B252-888 746", "0..12 Kvnr B252888746, 2 gaps, mixed"),
        ("B  252888746", ""),
    ]);
}

#[test]
fn groups_that_go_on_and_single_digits_are_other_numbers() {
    finds(&[
        ("B252 888 746 123", ""),
        ("B252 888 746-123", "0..12 Kvnr B252888746, 2 gaps"),
        ("B252 888 746 1234", "0..12 Kvnr B252888746, 2 gaps"),
        ("B252 888 746 12", "0..12 Kvnr B252888746, 2 gaps"),
        ("B25288 8746 1234", "0..11 Kvnr B252888746, 1 gaps"),
        ("B25288874-6", "0..11 Kvnr B252888746, 1 gaps"),
        ("B2-528887-46", "0..12 Kvnr B252888746, 2 gaps"),
        ("B2-528887-4-6", ""),
        ("B-2-52888746", "0..12 Kvnr B252888746, 2 gaps, apart"),
        ("B-2-5288874-6", ""),
        ("B2.5288874.6", ""),
        ("B2/5288874 6", ""),
    ]);
}

/// Whether the last digit fits was computed by a script of our own for each.
#[test]
fn the_long_forms_hold_an_institution_code() {
    finds(&[
        ("G1234567839900000221", "0..20 Kvnr20 G1234567839900000221, does not fit"),
        ("g1234567839900000220", "0..20 Kvnr20 G1234567839900000220, fits, lower"),
        // The number, and the institution code, with a wrong digit; a class that is not given out.
        ("G1234567849900000221", "0..20 Kvnr20 G1234567849900000221, not valid, fits"),
        ("G1234567839900000231", "0..20 Kvnr20 G1234567839900000231, not valid, does not fit"),
        ("G1234567837700000221", "0..20 Kvnr20 G1234567837700000221, not valid, does not fit"),
        ("G1234567839900000221x", ""),
        ("G123456783990000022", ""),
        ("G123456783990000022 1", ""),
        ("xG1234567839900000221", ""),
        ("G123456783990000022G123456783", ""),
        ("G123456783990000022G12345678311", ""),
    ]);
}

#[test]
fn numbers_that_begin_with_a_digit_are_told_apart_by_their_rules() {
    finds(&[
        ("101234561", "0..9 Ik 101234561"),
        ("101234562", ""),
        ("770000011", ""),
        ("123456601", "0..9 Lanr 123456601"),
        ("123456701", ""),
        ("123456601x", ""),
        ("xx123456601", ""),
        ("1234566011", ""),
        ("81750042932", "0..11 TaxId 81750042932"),
        ("81750042933", "0..11 TaxId 81750042933, not valid"),
        ("81 750 042 932", "0..14 TaxId 81750042932, 3 gaps"),
        ("81 750 042 933", ""),
        ("817500429 32", ""),
        // No tax id begins with a zero, whatever its check digit.
        ("01234567888", "0..11 TaxId 01234567888, not valid"),
        ("81 750-042 932", ""),
        ("80276123456789012346", "0..20 Iccsn 80276123456789012346, fits"),
        ("80276123456789012345", "0..20 Iccsn 80276123456789012345, does not fit"),
        ("80277123456789012346", ""),
        ("80276 12345 67890 12346", "0..23 Iccsn 80276123456789012346, fits, 3 gaps"),
        ("80277 12345 67890 12346", ""),
        ("80276 12345 67890 123461", ""),
        ("80276 12345 67890 12346x", ""),
    ]);
}

#[test]
fn pension_numbers_and_accounts_are_found_with_gaps() {
    finds(&[
        ("15070649C103", "0..12 Rvnr 15070649C103"),
        ("15070649c103", "0..12 Rvnr 15070649C103, lower"),
        ("15070649C104", "0..12 Rvnr 15070649C104, not valid"),
        ("15 070649 C 103", "0..15 Rvnr 15070649C103, 3 gaps"),
        ("15-070649 C 103", "0..15 Rvnr 15070649C103, 3 gaps, mixed"),
        ("15070649C1031", ""),
        ("15070649C103x", ""),
        ("1507064C103", ""),
        ("15 07064 C 103", ""),
        ("x15070649C103", ""),
        // The last group of a GUID.
        ("225BFE3E-E1DE-4F5B-A77B-71200928D209", ""),
        ("25BFE3E-E1DE-4F5B-A77B-71200928D209", "23..35 Rvnr 71200928D209"),
        ("DE89370400440532013000", "0..22 Iban DE89370400440532013000"),
        ("de89370400440532013000", "0..22 Iban DE89370400440532013000"),
        ("DE89370400440532013001", "0..22 Iban DE89370400440532013001, not valid"),
        ("DE89 3704 0044 0532 0130 00", "0..27 Iban DE89370400440532013000, 5 gaps"),
        ("DE89 3704-0044 0532 0130 00", "0..27 Iban DE89370400440532013000, 5 gaps, mixed"),
        ("xDE89370400440532013000", ""),
        ("DE893704004405320130001", ""),
        ("FE89370400440532013000", ""),
    ]);
}

#[test]
fn numbers_are_found_in_running_characters() {
    let within = |text: &str| numbers_within(text.as_bytes());
    assert_eq!(within("xxB252888746xx"), [(2, 12)]);
    assert_eq!(within("B252888746"), [(0, 10)]);
    assert_eq!(within("B252888746B252888746"), [(0, 10), (10, 20)]);
    assert_eq!(within("aB252888746DE89370400440532013000B252888746"), [(1, 11), (11, 33), (33, 43)]);
    // Not valid, and of the shape: it counts against the others.
    assert_eq!(within("B252888745"), [(0, 10)]);
    // Not valid as an account, and its end reads as a number of an insured person.
    assert_eq!(within("DE89370400440532013001"), [(1, 11)]);
    assert_eq!(within("B25288874"), []);
    assert_eq!(within(""), []);
    assert_eq!(within("1B252888746"), [(1, 11)]);
}

#[test]
fn a_value_keeps_letters_and_digits_alone() {
    assert_eq!(Value::from_text("b 252-888.746").as_str(), "B252888746");
    assert_eq!(Value::new(&[b"g", &[1, 2, 3]]).as_bytes(), b"G123");
    assert_eq!(format!("{:?}", Value::from_text("B252888746")), "Value(10 characters)");
    assert_eq!(Value::from_text(&"1".repeat(40)).as_str().len(), 32);
}

#[test]
fn published_numbers_are_known_in_each_form() {
    for known in ["A123456780", "A1234567809900000221", "A123456780990000022G1234567831", "15070649C103"] {
        assert!(is_public_test_number(known), "{known}");
    }
    let person = "A123456780".to_owned() + &"0".repeat(11);
    for unknown in ["B252888746", "B2528887469900000221", "1234567809900000221A", person.as_str(), ""] {
        assert!(!is_public_test_number(unknown), "{unknown}");
    }
}

/// What the words of a text say.
fn says(text: &str) -> Vec<Says> {
    let lexicon = Lexicon::new(&["Nord".to_owned(), "abc".to_owned()]);
    lexicon.find(text.as_bytes()).map(|w| w.says).collect()
}

#[test]
fn some_words_count_only_where_they_stand_alone() {
    for (text, wanted) in [
        ("AOK", true),
        ("(aok)", true),
        ("AOKs", false),
        ("BAOK", false),
        ("AOK1", false),
        ("1AOK", false),
        ("AOKä", false),
        ("AOK\u{4e2d}", false),
        ("AOK\u{201c}", false),
        ("AOK\u{a0}", true),
    ] {
        assert_eq!(says(text) == [Says::Insurer], wanted, "{text:?}");
    }
    assert_eq!(says("Nord Nordens abc"), [Says::Tenant(0)]);
    assert_eq!(says("versichertennummer"), [Says::Label(What::Kvnr)]);
    assert_eq!(says("xversicherungsnummerx"), [Says::Label(What::Kvnr)], "anywhere in a word");
}

/// What the column of a number says in a table.
fn column(text: &str, number: &str) -> Option<Says> {
    let lexicon = Lexicon::new(&[]);
    Columns::read(text.as_bytes(), &lexicon)?.over(text.as_bytes(), text.find(number)?)
}

#[test]
fn a_header_is_a_line_of_few_words_and_few_digits_over_a_row_like_it() {
    let kvnr = Some(Says::Label(What::Kvnr));
    let table = |header: &str| column(&format!("{header}\n1;B252888746\n"), "B252888746");
    let wide = |words: usize| format!("Nr;KVNR{}", " x".repeat(words - 1));
    for (header, wanted) in [
        ("Nr;KVNR", kvnr),
        ("Nr;x", None),
        ("KVNR", None),
        // At most a quarter of the characters are digits.
        ("KVNR12;KVNR", kvnr),
        ("Nr34;KVNR1;", None),
        ("12345678;KVNR", None),
        (wide(5).as_str(), kvnr),
        (wide(6).as_str(), None),
        (&format!("Nr;KVNR{}", "x".repeat(60)), kvnr),
        (&format!("Nr;KVNR{}", "x".repeat(61)), None),
        // The row below has another number of cells.
        ("Nr;KVNR;x", None),
        ("Nr;KVNR;", kvnr),
    ] {
        assert_eq!(table(header), wanted, "{header:?}");
    }
    let below = |n: usize| format!("{}Nr;KVNR\n1;B252888746\n", "Liste\n".repeat(n));
    assert_eq!((column(&below(9), "B252888746"), column(&below(10), "B252888746")), (kvnr, None));
    assert_eq!(column("Nr\tKVNR\n1\tB252888746\n", "B252888746"), kvnr);
    assert_eq!(column("Nr|KVNR\n1|B252888746\n", "B252888746"), kvnr);
    assert_eq!(column("sep=|\nNr;a|KVNR\n1|B252888746\n", "B252888746"), kvnr, "the stated separator");
}

#[test]
fn quotes_hold_separators_and_lines_together() {
    let kvnr = Some(Says::Label(What::Kvnr));
    let rows = [
        "\"a;b\";B252888746",
        "\"a\nb;c\";B252888746",
        "\"a\n\nb\";\"B252888746\"",
        "\"\";B252888746",
        "\"a \"\"b\"\" c\";B252888746",
    ];
    for row in rows {
        assert_eq!(column(&format!("Nr;KVNR\n{row}\n"), "B252888746"), kvnr, "{row:?}");
        let second = format!("Nr;KVNR\n1;2\n{row}\n");
        assert_eq!(column(&second, "B252888746"), kvnr, "{row:?} below another");
    }
    assert_eq!(column("KVNR;x\n\"1\";B252888746\n", "B252888746"), None);
    // A row longer than what is read before a number has no column.
    let long = format!("Nr;KVNR\n{};B252888746\n", "x".repeat(4_100));
    assert_eq!(column(&long, "B252888746"), None);
}
