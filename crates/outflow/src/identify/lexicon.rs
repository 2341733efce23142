//! Words that say what a number near them is.

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind, MatchKind};
use model::outflow::What;

/// What a word says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Says {
    /// The name of a kind of identifier.
    Label(What),
    /// The name of a number that is none.
    Other,
    /// That a date is one of birth.
    Birth,
    /// That a name of a person follows, or a common first name.
    Name,
    /// An insurer.
    Insurer,
    /// A tenant of the estate, by its number.
    Tenant(usize),
    /// Insurance or treatment.
    Health,
    /// Taiwan.
    Taiwan,
}

/// A word found in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Word {
    /// What it says.
    pub(crate) says: Says,
    /// Its first byte.
    pub(crate) start: usize,
    /// After its last byte.
    pub(crate) end: usize,
}

/// Words in a form that finds them all in one pass.
#[derive(Debug, Clone)]
pub(crate) struct Lexicon {
    words: AhoCorasick,
    says: Vec<(Says, bool)>,
}

const KVNR: &str = "kvnr kv-nr kv-nummer kv_nr kv-id kvid versichertennummer versicherten-nummer versicherten-nr \
    versicherten_nr versichertennr versicherten-id versichertenid versicherten_id vers.-nr vers.nr vers-nr versnr \
    versicherungsnummer versicherungs-nr versicherungsnr krankenversichertennummer krankenversichertennr \
    krankenversicherungsnummer insuredid insured_id insured-id insuranceid insurance_id insurancenumber \
    insurance_number insurant insurantid kvid-10 kvid10 egk-nr egk-nummer health_insurance_number \
    healthinsurancenumber mitgliedsnummer mitglieds-nr mitgliedsnr mitglied versichertenkennung versicherter versicherte \
    versicherten versichertem";
const KVNR_WORDS: [&str; 6] =
    ["insurance number", "insurance no", "insured person", "health insurance id", "kv nr", "versicherten nr"];
const OTHER: &str = "bestell auftrag order ticketnr ticket-nr ticket-id ticketid vorgang rechnung invoice serial \
    seriennummer asset inventar artikel art.-nr sku teilenummer chargen charge tracking sendung paket parcel \
    passport reisepass ausweis pzn telefon phone tel. fax mobil barcode ean isbn checksum prüfsumme session \
    transaction transaktion buchung kundennummer kunden-nr kundennr kunden-id customer belegnummer beleg-nr \
    device gerät imei badge lieferschein warenkorb sachnummer lizenz licence license flugnummer kennzeichen \
    referenz reference_no part-no partno part_number aktenzeichen bauteil material-nr materialnummer lagerplatz";
const OTHER_WHOLE: &str = "s/n sn po sku id_order rma cve lot build rev req";
const BIRTH: &str = "geburtsdatum geburtstag geb.datum geb.-datum gebdat geb. geboren birthdate birth_date \
    birthday dateofbirth date_of_birth birth";
const NAME: &str = "vorname nachname familienname zuname firstname first_name lastname last_name surname \
    given_name familyname patientenname";
const NAME_WHOLE: &str = "herr herrn frau hr. fr. name familie mr mrs ms";
const INSURER: &str = "krankenkasse ersatzkasse betriebskrankenkasse innungskrankenkasse ortskrankenkasse \
    pflegekasse techniker barmer knappschaft kostenträger kassenname";
const INSURER_WHOLE: &str = "aok bkk ikk tk dak dak-gesundheit kkh hkk svlfg lkk kk kasse";
const HEALTH: &str = "patient versicher krankengeld krankschreib arbeitsunfähig krankmeldung diagnose \
    behandlung gesundheitskarte pflegegrad verordnung rezept befund erkrank leistungsantrag heilmittel hilfsmittel \
    rehabilit krankenhaus hausarzt pflegebedürf zuzahlung beitragspflicht familienversich";
const HEALTH_WHOLE: &str = "egk epa eau au reha icd arzt ärztin";
const IK: &str = "institutionskennzeichen kassen-ik kassenik kostenträgerkennung ik-nummer ik-nr iknr";
const RVNR: &str = "rentenversicherungsnummer sozialversicherungsnummer sozialversicherungs-nr sv-nummer sv-nr svnr \
    rv-nummer rv-nr rvnr vsnr rentenversicherung sozialversicherungsausweis social_security";
const TAX: &str = "steuer-id steuerid steuer_id steuer-identifikationsnummer steueridentifikationsnummer \
    steuer-identnr steuer-idnr identifikationsnummer tax_id tax-id taxid steuernummer idnr.";
const LANR: &str = "lanr arztnummer arzt-nr arztnr vertragsarzt";
const ICCSN: &str = "iccsn kartennummer karten-nr kartennr kennnummer card_number cardnumber kartenkennung";
const IBAN: &str = "iban bankverbindung kontonummer kontoverbindung";
const TAIWAN: &str = "taiwan taipei 身分證 身份證 統一編號 台灣 臺灣 中華民國";

/// Common first names in Germany of the birth years 1940 to 2010 (choice of our own).
const FIRST: &str = "Peter Michael Thomas Andreas Wolfgang Klaus Jürgen Günter Stefan Christian Uwe Werner Horst \
    Frank Dieter Manfred Gerhard Bernd Thorsten Torsten Mathias Matthias Helmut Walter Heinz Martin Jörg Rolf \
    Jens Sven Alexander Rainer Holger Karl Dirk Joachim Ralf Carsten Herbert Oliver Wilhelm Kurt Markus \
    Heinrich Harald Paul Hans Rudolf Erich Sebastian Tobias Daniel Florian Lukas Leon Finn Jonas Maximilian \
    Ursula Maria Elisabeth Monika Petra Sabine Renate Helga Karin Brigitte Ingrid Erika Andrea Gisela Claudia \
    Susanne Gabriele Christa Christine Hildegard Anna Birgit Barbara Gerda Kathrin Katrin Ilse Marion Nicole \
    Cornelia Silvia Sylvia Ute Heike Stefanie Stephanie Julia Katharina Martina Angelika Anja Tanja Sandra \
    Jennifer Melanie Lena Laura Sophie Johanna Hannah Leonie Emma Marie Lea Ayşe Fatma Mehmet Mustafa Ahmet Elif Hakan \
    Zeynep Emine Ali Hasan Olaf Lothar Natascha Vera Yvonne Rita Doris Margot Edith Inge Jutta Regina Simone Anke \
    Norbert Erwin Alfred Otto Bernhard Detlef Siegfried Roland Volker Hartmut Marcel Philipp Simon Niklas";

impl Lexicon {
    /// Returns the lexicon, with the names of tenants added.
    pub(crate) fn new(tenants: &[String]) -> Self {
        let mut words: Vec<(String, Says, bool)> = Vec::new();
        let mut add = |list: &str, says: Says, whole: bool| {
            words.extend(list.split_whitespace().map(|w| (w.to_owned(), says, whole)));
        };
        add(KVNR, Says::Label(What::Kvnr), false);
        add(OTHER, Says::Other, false);
        add(OTHER_WHOLE, Says::Other, true);
        add(BIRTH, Says::Birth, false);
        add("geb dob", Says::Birth, true);
        add(NAME, Says::Name, false);
        add(NAME_WHOLE, Says::Name, true);
        add(FIRST, Says::Name, true);
        add(INSURER, Says::Insurer, false);
        add(INSURER_WHOLE, Says::Insurer, true);
        add(HEALTH, Says::Health, false);
        add(HEALTH_WHOLE, Says::Health, true);
        add(IK, Says::Label(What::Ik), false);
        add("ik", Says::Label(What::Ik), true);
        add(RVNR, Says::Label(What::Rvnr), false);
        add(TAX, Says::Label(What::TaxId), false);
        add("tin idnr", Says::Label(What::TaxId), true);
        add(LANR, Says::Label(What::Lanr), false);
        add(ICCSN, Says::Label(What::Iccsn), false);
        add(IBAN, Says::Label(What::Iban), false);
        add(TAIWAN, Says::Taiwan, false);
        words.extend(KVNR_WORDS.iter().map(|w| ((*w).to_owned(), Says::Label(What::Kvnr), false)));
        words.extend(["身分證字號", "Steuerliche Identifikationsnummer"].map(|w| {
            (w.to_owned(), if w.is_ascii() { Says::Label(What::TaxId) } else { Says::Taiwan }, false)
        }));
        let named = tenants.iter().enumerate().filter(|(_, n)| n.chars().count() >= 4);
        words.extend(named.map(|(i, n)| (n.clone(), Says::Tenant(i), true)));
        let automaton = AhoCorasickBuilder::new()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::LeftmostLongest)
            .kind(Some(AhoCorasickKind::DFA))
            .build(words.iter().map(|(w, ..)| w));
        Self {
            // A word list that cannot be built would be a defect of this file; an
            // empty one finds less and breaks nothing.
            words: automaton
                .or_else(|_| AhoCorasick::new(Vec::<String>::new()))
                .expect("no words always build"),
            says: words.into_iter().map(|(_, says, whole)| (says, whole)).collect(),
        }
    }

    /// Returns the words of a text in their order.
    pub(crate) fn find<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = Word> + 'a {
        let alone = |start: usize, end: usize| {
            let letter =
                |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_alphanumeric() || *b >= 0xc3 && *b < 0xf5);
            !letter(start.checked_sub(1).and_then(|p| text.get(p))) && !letter(text.get(end))
        };
        self.words.find_iter(text).filter_map(move |m| {
            let (says, whole) = *self.says.get(m.pattern().as_usize())?;
            (!whole || alone(m.start(), m.end())).then_some(Word { says, start: m.start(), end: m.end() })
        })
    }
}
