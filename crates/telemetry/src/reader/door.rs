//! Door controllers: `DOOR;time;door;user;result`.

use serde_json::json;

use super::Reader;
use crate::fields::object;
use crate::log_source;
use crate::mapping::Shaped;

pub(super) static READER: Reader = Reader::of_lines("door controller", |head| head.has_line(line), line);

fn line(text: &str) -> Result<Option<Shaped>, &'static str> {
    let Some(rest) = text.strip_prefix("DOOR;") else { return Ok(None) };
    let parts: Vec<&str> = rest.split(';').collect();
    let [time, door, user, result] = parts.as_slice() else { return Err("a door line has four parts") };
    let fields = object([
        ("time", json!(time)),
        ("door", json!(door)),
        ("user", json!(user)),
        ("result", json!(result)),
    ]);
    Ok(Some(Shaped::of(fields, log_source::of("door", &[], &["access"]))))
}
