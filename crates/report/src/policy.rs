//! What a page of ours may do: show itself.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::visible::visible;

/// The first element of every page's head.
const CHARSET: &str = "<meta charset=\"utf-8\">";

/// Returns a page as it is handed out: its style sheet, which is the first in it, and
/// its script, which is the last, are all that a browser applies or runs, by their
/// hashes (Content Security Policy Level 3, W3C, section 8.3); nothing is loaded, sent
/// or framed; and no character in it is obeyed instead of shown.
pub(crate) fn finished(page: &str) -> String {
    let page = visible(page, false);
    let style = page.split_once("<style>").and_then(|(_, rest)| Some(rest.split_once("</style>")?.0));
    let script = page.rsplit_once("<script>").and_then(|(_, rest)| Some(rest.split_once("</script>")?.0));
    let policy = format!(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src {}; script-src {}; \
         img-src data:; base-uri 'none'; form-action 'none'\">",
        source(style),
        source(script),
    );
    page.replacen(CHARSET, &format!("{CHARSET}\n{policy}"), 1)
}

/// Returns what a policy calls the text of an element.
fn source(text: Option<&str>) -> String {
    text.map_or_else(
        || "'none'".to_owned(),
        |text| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text))),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_style_and_script_have_their_hash_in_the_policy() {
        let page = "<head><meta charset=\"utf-8\"><title>x</title><style>a{}</style></head>\
                    <style>b{}</style><script>evil()</script>\u{202e}<script>1</script>";
        let page = finished(page);
        // printf 'a{}' | openssl dgst -sha256 -binary | base64, and the same of `1`.
        assert!(page.contains("style-src 'sha256-X1RutGBrXCt9KkSaXMK7tHftWiRscFHOhxsS8tv8hBk='; script-src 'sha256-a4ayc/80/OGda4BO/1o/V0etpOqiLx1JwB5S3beHW0s='; img-src"), "{page}");
        assert!(page.contains("\\u202e") && page.matches("sha256-").count() == 2);
        assert!(finished("<meta charset=\"utf-8\">").contains("style-src 'none'; script-src 'none'"));
    }
}
