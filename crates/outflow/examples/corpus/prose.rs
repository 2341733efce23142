//! What surrounds numbers: tickets, logs and letters as people write them. All
//! persons, insurers and cases are fictional.

use super::number;
use super::rng::Rng;

const FIRST: [&str; 24] = [
    "Anna",
    "Bernd",
    "Claudia",
    "Dieter",
    "Elif",
    "Frank",
    "Gisela",
    "Hakan",
    "Ingrid",
    "Jürgen",
    "Katharina",
    "Lothar",
    "Mehmet",
    "Natascha",
    "Olaf",
    "Petra",
    "Renate",
    "Stefan",
    "Tanja",
    "Uwe",
    "Vera",
    "Wolfgang",
    "Yvonne",
    "Zeynep",
];
const LAST: [&str; 28] = [
    "Albers",
    "Brandstetter",
    "Czerny",
    "Dörfler",
    "Engelhardt",
    "Fuhrmann",
    "Grünwald",
    "Holthaus",
    "Imhof",
    "Jansen",
    "Kowalczyk",
    "Lindner",
    "Möllenkamp",
    "Niehoff",
    "Özdemir",
    "Pfaffenberger",
    "Quast",
    "Rademacher",
    "Schürmann",
    "Thielen",
    "Uhlenbrock",
    "Vogelsang",
    "Wiesner",
    "Yildiz",
    "Zumbrink",
    "Hartung",
    "Becker-Lohse",
    "Strothmann",
];
const INSURERS: [&str; 8] = [
    "BKK Auental",
    "IKK Niederberg",
    "Betriebskrankenkasse Hellweg",
    "BKK Lindenwerk",
    "Krankenkasse Ostertor",
    "BKK Stahlhausen",
    "IKK Westmark",
    "BKK Mühlengrund",
];

pub(crate) fn first(rng: &mut Rng) -> &'static str {
    rng.pick::<&'static str>(&FIRST)
}

pub(crate) fn last(rng: &mut Rng) -> &'static str {
    rng.pick::<&'static str>(&LAST)
}

pub(crate) fn insurer(rng: &mut Rng) -> &'static str {
    rng.pick::<&'static str>(&INSURERS)
}

pub(crate) fn birth(rng: &mut Rng) -> String {
    format!("{:02}.{:02}.{}", 1 + rng.below(28), 1 + rng.below(12), 1930 + rng.below(90))
}

/// Returns a sentence about a person; `id` is the number as it is written there.
pub(crate) fn sentence(rng: &mut Rng, id: &str) -> String {
    let (f, l, b, k) = (first(rng), last(rng), birth(rng), insurer(rng));
    match rng.below(16) {
        0 => format!("Versicherte/r {f} {l}, geb. {b}, KVNR {id}, kann sich im Portal nicht anmelden."),
        1 => format!("Bitte die Versichertennummer {id} prüfen, der Datensatz fehlt nach der Migration."),
        2 => format!("KV-Nr.: {id} - Krankengeld wurde doppelt angewiesen."),
        3 => format!("{l}, {f} (*{b}) {id} meldet, dass die Gesundheitskarte nicht erkannt wird."),
        4 => format!("Mitglied {id} der {k}: Beitragsbescheid zweimal verschickt."),
        5 => {
            format!("Fehler bei der Verarbeitung der eAU für Versicherten {id}, Arztpraxis wurde informiert.")
        }
        6 => format!(
            "Hallo Kollegen, könnt ihr euch {f} {l} ({id}) ansehen? Die Familienversicherung ist falsch."
        ),
        7 => format!("Krankenversichertennummer: {id}; Name: {l}; Vorname: {f}; Geburtsdatum: {b}"),
        8 => format!("Versicherten-ID {id} liefert im VSDM einen alten Status, betrifft {k}."),
        9 => format!("Patient {l}, geboren am {b}, Versichertennr. {id}, Rezept nicht abrufbar."),
        10 => format!("Anruf von Frau {l}: Krankenhausrechnung liegt vor, Vers.-Nr. {id}, bitte Rückruf."),
        11 => format!("Testfall aus Produktion nachgestellt mit KVNR={id} und Geburtsdatum {b}."),
        12 => format!("Die Pflegekasse hat für {f} {l} ({id}, {b}) keinen Bescheid erzeugt."),
        13 => format!("kvnr: {id} name: {l} kasse: {k}"),
        14 => format!("Im Anhang der Auszug zu Versicherungsnummer {id} von {f} {l}."),
        _ => format!("Widerspruch des Versicherten {f} {l} vom letzten Monat, KVNR {id}, liegt bei der {k}."),
    }
}

const TICKET: [&str; 20] = [
    "Der nächtliche Stapellauf ist um 03:14 Uhr mit Fehler abgebrochen.",
    "Nach dem Neustart des Dienstes läuft die Warteschlange wieder ab.",
    "Bitte prüfen, ob die Schnittstelle zum Rechenzentrum erreichbar ist.",
    "Die Anwender melden lange Antwortzeiten beim Öffnen der Akte.",
    "Ursache war ein voller Datenträger auf dem Applikationsserver.",
    "Wir haben das Zertifikat getauscht und beobachten die Lage.",
    "Der Fehler tritt nur bei Anträgen auf, die per Fax eingehen.",
    "Rückfrage an den Fachbereich gestellt, Antwort steht noch aus.",
    "Im Protokoll steht nur eine allgemeine Fehlermeldung.",
    "Workaround: den Vorgang schließen und neu anlegen.",
    "Die Lieferung wurde mit der nächsten Version eingeplant.",
    "Siehe auch das Betriebshandbuch, Kapitel 7.",
    "Termin mit dem Hersteller ist für Donnerstag vereinbart.",
    "Die Auswertung zeigt keine weiteren Auffälligkeiten.",
    "Bitte Rechte für die neue Kollegin in der Gruppe Leistung ergänzen.",
    "Das Druckzentrum hat die Aufträge vom Wochenende nachgeholt.",
    "Lösung dokumentiert, Vorgang kann geschlossen werden.",
    "Die Umstellung der Benutzerkonten ist abgeschlossen.",
    "Der Kunde bittet um eine Rückmeldung bis morgen Mittag.",
    "Nach Rücksprache mit dem Datenschutz bleibt die Regel bestehen.",
];

/// Returns a sentence without any number of a person.
pub(crate) fn filler(rng: &mut Rng) -> String {
    match rng.below(10) {
        0 => {
            format!("Vorgang OPS-{} wurde mit INC{:07} verknüpft.", rng.below(99_999), rng.below(10_000_000))
        }
        1 => format!("Rückruf unter 0{} {:07} möglich.", 200 + rng.below(700), rng.below(10_000_000)),
        2 => format!(
            "Rechnung {:010} über {},{:02} EUR gebucht.",
            rng.below(10_000_000_000),
            rng.below(9000),
            rng.below(100)
        ),
        3 => format!(
            "Server {}-{:04} im Schrank {:02}.",
            rng.pick(&["wks", "app", "db", "prt"]),
            rng.below(10_000),
            rng.below(40)
        ),
        _ => (*rng.pick(&TICKET)).to_owned(),
    }
}

/// Returns a line of a log: hexadecimal ids, serial numbers, times.
pub(crate) fn log(rng: &mut Rng) -> String {
    let time = format!(
        "2026-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        1 + rng.below(12),
        1 + rng.below(28),
        rng.below(24),
        rng.below(60),
        rng.below(60),
        rng.below(1000)
    );
    match rng.below(9) {
        0 => format!(
            "{time} INFO  [pool-{}] request id={:016x}{:016x} took {} ms",
            rng.below(32),
            rng.next(),
            rng.next(),
            rng.below(4000)
        ),
        1 => format!("{time} WARN  c.e.gateway.Router order {} retried", number::order(rng)),
        2 => format!(
            "{time} DEBUG sha1={:016x}{:016x}{:08x} size={}",
            rng.next(),
            rng.next(),
            rng.below(1 << 32),
            rng.below(1 << 30)
        ),
        3 => format!(
            "{time} INFO  device serial S{:09} firmware {}.{}.{}",
            rng.below(1_000_000_000),
            rng.below(9),
            rng.below(20),
            rng.below(99)
        ),
        4 => format!(
            "{time} INFO  session {:08X}-{:04X}-4{:03X}-A{:03X}-{:012X} closed",
            rng.below(1 << 32),
            rng.below(1 << 16),
            rng.below(1 << 12),
            rng.below(1 << 12),
            rng.below(1 << 48)
        ),
        5 => format!("{time} ERROR kernel: usb 1-{}: SerialNumber: {}", rng.below(9), number::order(rng)),
        6 => format!(
            "{time} INFO  GET /api/v2/items/{}?page={} 200 {}",
            rng.below(1_000_000_000),
            rng.below(99),
            rng.below(100_000)
        ),
        7 => format!(
            "{time} INFO  PZN {:08} Lager {:05} Menge {}",
            rng.below(100_000_000),
            rng.below(100_000),
            rng.below(50)
        ),
        _ => format!("{time} INFO  heartbeat ok seq={}", rng.below(1_000_000_000)),
    }
}
