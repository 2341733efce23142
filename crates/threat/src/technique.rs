//! The technique of a campaign step: one id, whatever the published one stands for.

use model::attack::JoinPath;
use model::diagnostic::Diagnostic;
use model::id::TechniqueId;

use crate::joiner::Joiner;

/// A published technique id as a step uses it.
pub(crate) struct Resolved {
    pub(crate) technique: TechniqueId,
    /// The id as published, when it is another one.
    pub(crate) published: Option<String>,
    /// What the author should know about it.
    pub(crate) remark: Option<Diagnostic>,
}

/// Returns the technique that `published` stands for, `None` when it is no technique id.
///
/// A step is one act, so of a technique that was split the closest part is
/// taken. An id that the matrix does not know is kept as it is: the act happens
/// in the simulation all the same, only nothing is known about it.
pub(crate) fn resolve(file: &str, joiner: &Joiner<'_>, published: &str) -> Option<Resolved> {
    let joined = joiner.join(published);
    let matrix = joiner.matrix();
    let Some(technique) = joined.mapped.first().cloned() else {
        let technique = TechniqueId::new(published.trim()).ok()?;
        let message = format!("{technique} is not in {} {}", matrix.domain, matrix.version);
        let remark = Diagnostic::warning(file, "technique.unknown", message).help(format!(
            "the step is kept, but nothing can be measured for it; known are the techniques of {}",
            matrix.source
        ));
        return Some(Resolved { technique, published: None, remark: Some(remark) });
    };
    let remark = match joined.how {
        _ if joined.mapped.len() > 1 => {
            let all: Vec<_> = joined.mapped.iter().map(TechniqueId::as_str).collect();
            let message = format!("{published} stands for several techniques: {}", all.join(", "));
            let help = format!("{technique} is used; name the one that is meant");
            Some(Diagnostic::note(file, "technique.split", message).help(help))
        }
        JoinPath::Parent => {
            let message = format!("{published} is not in {} {}", matrix.domain, matrix.version);
            Some(
                Diagnostic::note(file, "technique.parent", message)
                    .help(format!("its parent {technique} is used")),
            )
        }
        _ => None,
    };
    let published = (technique.as_str() != published).then(|| published.to_owned());
    Some(Resolved { technique, published, remark })
}
