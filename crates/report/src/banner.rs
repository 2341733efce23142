//! What must be said before any figure where none, or few, of the techniques were measured.

use model::evidence::Measured;
use model::id::CampaignId;
use model::record::Record;

use crate::number::count;
use crate::terms::{Language, Terms};

/// Returns the banner of a campaign of which none, or less than half, of the techniques were
/// measured; `None` otherwise, and where there is no campaign.
pub(crate) fn banner(terms: &Terms, measured: Option<Measured>) -> Option<String> {
    let Measured { measured: some, of } = measured?;
    if of == 0 || some.saturating_mul(2) >= of {
        return None;
    }
    let (own, all) = (terms.number(&count(some.into())), terms.number(&count(of.into())));
    Some(if some == 0 {
        terms.with("banner-none", &[&all])
    } else {
        terms.with("banner-little", &[&own, &all])
    })
}

/// Returns what is said first about results that are not the user's own.
pub(crate) fn demo(terms: &Terms, demo: bool) -> Option<String> {
    demo.then(|| terms.get("demo").to_owned())
}

/// Returns the banner of a record's campaign in English.
pub(crate) fn of_record(record: &Record, campaign: &CampaignId) -> Option<String> {
    let found = record.campaigns.iter().find(|c| c.id == *campaign)?;
    banner(&Terms::of(Language::En), Some(record.evidence.measured(found.techniques())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_where_none_or_less_than_half_were_measured() {
        let terms = Terms::of(Language::En);
        let said = |measured, of| banner(&terms, Some(Measured { measured, of }));
        assert!(said(0, 7).is_some_and(|t| t.starts_with("NOTHING MEASURED") && t.contains('7')));
        assert!(said(3, 7).is_some_and(|t| t.starts_with("LITTLE MEASURED") && t.contains("3 of the 7")));
        assert_eq!(said(4, 8), None);
        assert_eq!(said(0, 0), None);
        assert_eq!(banner(&terms, None), None);
    }
}
