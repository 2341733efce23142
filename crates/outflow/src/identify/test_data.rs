//! Numbers that were published as examples or for tests.

/// Examples of § 290 SGB V, Anlage 1; numbers of gematik's test cards and of
/// public code; examples of ISO 13616 and of banks' documentation; test tax ids
/// of the tax administration; the example of VKVV § 4.
const PUBLIC: [&str; 22] = [
    "A000500015",
    "C000500021",
    "A123456780",
    "X110411675",
    "X110411319",
    "X110465770",
    "X110624006",
    "X114428530",
    "X110400726",
    "X110406067",
    "T555558879",
    "DE89370400440532013000",
    "DE02120300000000202051",
    "DE02500105170137075030",
    "DE02100500000054540402",
    "DE02300209000106531065",
    "DE75512108001245126199",
    "86095742719",
    "47036892816",
    "65929970489",
    "15070649C103",
    "65180539W001",
];

/// Returns whether the value, without gaps and in upper case, is a public test number.
pub(crate) fn is_public_test_number(value: &str) -> bool {
    // The longer forms begin with the number of the person.
    let person =
        value.get(..10).filter(|_| matches!(value.len(), 20 | 30) && value.starts_with(char::is_alphabetic));
    PUBLIC.iter().any(|known| *known == value || person == Some(*known))
}
