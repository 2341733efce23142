//! What `estate.yaml` says a prevented outflow is worth.

use model::document::Spanned;
use model::estate::TradeOff;

use super::Reader;
use crate::estate_shape::RawTradeOff;

impl Reader<'_> {
    /// Returns the trade-off; `None` where nothing usable is stated.
    pub(super) fn trade_off(&mut self, raw: &RawTradeOff) -> Option<TradeOff> {
        match (&raw.person_hours_per_outflow, &raw.person_hours_per_exposed_person) {
            (Some(hours), None) => {
                Some(TradeOff::PersonHoursPerOutflow(self.price("person-hours-per-outflow", hours)?))
            }
            (None, Some(hours)) => Some(TradeOff::PersonHoursPerExposedPerson(
                self.price("person-hours-per-exposed-person", hours)?,
            )),
            (Some(_), Some(second)) => {
                let message = "the trade-off is stated twice".to_owned();
                let help = "keep person-hours-per-outflow or person-hours-per-exposed-person";
                self.error(second, "estate.bad-trade-off", message, help);
                None
            }
            (None, None) => None,
        }
    }

    fn price(&mut self, key: &str, hours: &Spanned<f64>) -> Option<f64> {
        if hours.value >= 0.0 && hours.value.is_finite() {
            return Some(hours.value);
        }
        let message = format!("{key} is {}", hours.value);
        self.error(hours, "estate.bad-trade-off", message, "give a number, zero or more, such as 5000000");
        None
    }
}
