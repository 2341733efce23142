//! What holds for every input.

use std::sync::Arc;

use model::outflow::{Class, Outflow};
use model::quantity::{Ratio, Timestamp};
use outflow::place::{Kind, Place};
use outflow::{Key, Rules, Scan, mask};
use proptest::prelude::*;

fn scan(bytes: &[u8], kind: Kind, cuts: &[usize], rules: &Arc<Rules>) -> Outflow {
    let mut scan = Scan::new(rules.clone());
    scan.begin(Place::file("x"), kind);
    let mut rest = bytes;
    for cut in cuts.iter().cycle().take(bytes.len() + 1) {
        let (head, tail) = rest.split_at((*cut).min(rest.len()));
        scan.bytes(head);
        rest = tail;
    }
    scan.bytes(rest);
    let mut result = Outflow::new(Vec::new(), String::new(), Ratio::clamped(0.6), Timestamp(0));
    scan.finish().write(&mut result);
    result
}

/// Returns the number with its check digit by the published rule, written anew here.
fn number(letter: u8, digits: u32) -> String {
    let head = format!("{:02}{digits:08}", letter - b'A' + 1);
    let products = head.bytes().zip([1, 2].into_iter().cycle()).map(|(b, w)| (u32::from(b) - 48) * w);
    let sum: u32 = products.map(|p| p / 10 + p % 10).sum();
    format!("{}{digits:08}{}", char::from(letter), sum % 10)
}

fn kinds() -> impl Strategy<Value = Kind> {
    prop_oneof![Just(Kind::Text), Just(Kind::Html), Just(Kind::Raw)]
}

/// Bytes that look like text with numbers, tags, escapes and other encodings.
fn texts() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just("KVNR "),
        Just("A12345678"),
        Just("0"),
        Just("<b>"),
        Just("</b>"),
        Just("&nbsp;"),
        Just("&#6"),
        Just("\u{a0}"),
        Just("%20"),
        Just("=\r\n"),
        Just("\\u00a0"),
        Just("DE89370400440532013000"),
        Just("80276"),
        Just("15070649C103"),
        Just(" 03.05.1971 "),
        Just("\n"),
        Just(";"),
        Just("99000001"),
        Just("1"),
    ];
    let bytes = prop_oneof![
        4 => piece.prop_map(|p| p.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..6),
    ];
    proptest::collection::vec(bytes, 0..200).prop_map(|v| v.concat())
}

/// Pieces of a large part are looked at side by side, and while the part goes on.
#[test]
fn the_number_of_threads_changes_nothing_in_a_large_part() {
    let mut text = String::new();
    for n in 0..120_000u32 {
        let (letter, digits) = (b'A' + u8::try_from(n % 26).expect("below 26"), n * 7919 % 100_000_000);
        match n % 40 {
            0 => text += &format!("<p>KVNR: {}, geb. 03.05.1971</p>\n", number(letter, digits)),
            1 => text += &format!("<td>order A{:09}</td>\n", u64::from(n) * 104_729 % 1_000_000_000),
            _ => {
                text += &format!(
                    "2026-11-23 INFO <b>message</b> {n} of {digits} sent in {} ms, nothing else\n",
                    n % 977
                );
            }
        }
    }
    assert!(text.len() > 6 << 20);
    let mut rules = Rules::new(Key::new([3; 32]), Vec::new());
    rules.reveal = true;
    let rules = Arc::new(rules);
    let read = |threads, kind, cut| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| scan(text.as_bytes(), kind, &[cut], &rules).to_bytes())
    };
    for kind in [Kind::Text, Kind::Html] {
        let one = read(1, kind, usize::MAX);
        assert!(String::from_utf8_lossy(&one).matches("\"clear\"").count() > 2_500);
        for (threads, cut) in [(1, 100_003), (2, 256 << 10), (2, usize::MAX), (3, 100_003), (8, 256 << 10)] {
            assert!(read(threads, kind, cut) == one, "{threads} threads, {kind:?} in pieces of {cut}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn how_a_part_arrives_changes_nothing(bytes in texts(), kind in kinds(), cuts in proptest::collection::vec(1usize..700, 1..5)) {
        let rules = Arc::new(Rules::default());
        prop_assert_eq!(
            scan(&bytes, kind, &[usize::MAX], &rules).to_bytes(),
            scan(&bytes, kind, &cuts, &rules).to_bytes()
        );
    }

    #[test]
    fn a_labelled_number_is_found_in_any_text(
        before in "[ -%'-;=-~\\n]{0,300}", after in "[ -~\\n]{0,300}", letter in b'A'..=b'Z', digits in 0u32..100_000_000
    ) {
        let number = number(letter, digits);
        let text = format!("{before}\nKVNR: {number}\n{after}");
        let mut rules = Rules::new(Key::new([3; 32]), Vec::new());
        rules.reveal = true;
        let result = scan(text.as_bytes(), Kind::Text, &[usize::MAX], &Arc::new(rules));
        let found = result.findings.iter().any(|f| f.clear.as_deref() == Some(&number) && f.class != Class::Possible);
        prop_assert!(found, "{:?}", result.findings);
    }

    #[test]
    fn masked_text_tells_no_number(before in "[ -~]{0,40}", letter in b'A'..=b'Z', digits in 0u32..100_000_000) {
        let number = number(letter, digits);
        let masked = mask(&format!("{before} {number}.pdf"), &Key::new([1; 32]));
        prop_assert!(!masked.contains(&number), "{masked}");
        prop_assert!(masked.contains("[KVNR "), "{masked}");
    }
}
