//! Who is told how far the work is.

/// Is told how far the work is, from any thread.
pub trait Progress: Sync {
    /// A phase of so many steps begins.
    fn begin(&self, phase: &'static str, steps: u64);

    /// So many further steps of the phase are done.
    fn advance(&self, steps: u64);

    /// The phase has ended.
    fn end(&self);

    /// Something the user should know while the work goes on, as one line.
    fn say(&self, line: &str);
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _: &'static str, _: u64) {}

    fn advance(&self, _: u64) {}

    fn end(&self) {}

    fn say(&self, _: &str) {}
}
