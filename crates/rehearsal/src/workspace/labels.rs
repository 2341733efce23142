//! Techniques for recordings that name none: by the folder they lie in, or as the user says.

use model::attack::Joined;
use model::recording::{LabelQuality, Recording, RecordingKind};
use telemetry::Survey;
use threat::Joiner;

use super::Intake;
use crate::error::Error;

/// Labels recordings that lie in a folder named after a technique, such as `T1136.001`.
pub(super) fn by_folder(survey: &mut Survey, join: &dyn Fn(&str) -> Joined) {
    for recording in survey.recordings.iter_mut().filter(|r| unlabelled(r)) {
        let id = recording.id.as_str();
        let folders = id.rsplit_once('/').map_or("", |(folders, _)| folders);
        let named = folders.rsplit('/').find(|folder| is_technique(folder)).map(str::to_owned);
        if let Some(joined) = named.map(|folder| join(&folder)).filter(|joined| !joined.mapped.is_empty()) {
            set(recording, joined, LabelQuality::TechniqueFolder);
        }
    }
}

/// `T1136` or `T1136.001`, in any letter case.
fn is_technique(text: &str) -> bool {
    let digits = |part: &str, count: usize| part.len() == count && part.bytes().all(|b| b.is_ascii_digit());
    let Some(rest) = text.strip_prefix(['T', 't']) else { return false };
    match rest.split_once('.') {
        Some((technique, sub)) => digits(technique, 4) && digits(sub, 3),
        None => digits(rest, 4),
    }
}

fn unlabelled(recording: &Recording) -> bool {
    recording.kind == RecordingKind::Attack
        && recording.techniques.is_empty()
        && recording.published.is_empty()
}

fn set(recording: &mut Recording, joined: Joined, label: LabelQuality) {
    recording.techniques.clone_from(&joined.mapped);
    recording.published = vec![joined];
    recording.label = label;
}

impl Intake {
    /// Says which technique was tried on the recordings that name none.
    ///
    /// # Errors
    /// [`Error::Unknown`] when the matrix has no such technique, [`Error::Usage`] when every
    /// recording names one.
    pub fn label(&mut self, technique: &str) -> Result<(), Error> {
        let joined = Joiner::new(&self.matrix, &self.version_map).join(&technique.to_ascii_uppercase());
        if joined.mapped.is_empty() {
            return Err(Error::Unknown {
                what: "technique",
                name: technique.to_owned(),
                hint: "write its ATT&CK id, such as T1136.001".to_owned(),
            });
        }
        let mut labelled = 0;
        for recording in self.survey.recordings.iter_mut().filter(|r| unlabelled(r)) {
            set(recording, joined.clone(), LabelQuality::TechniqueExact);
            labelled += 1;
        }
        if labelled == 0 {
            let why = format!("--label {technique}: every recording names its technique already");
            return Err(Error::Usage(why));
        }
        Ok(())
    }
}
