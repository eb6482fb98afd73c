//! What `measure` recorded of a runtime's start.

/// A measured start.
#[derive(Clone, Debug, PartialEq)]
pub struct Measurement {
    /// Whether it was made of the code that is there now.
    pub current: bool,
    /// When, RFC 3339.
    pub measured_at: String,
    /// Median milliseconds to a healthy answer.
    pub median_ms: f64,
    /// How many starts were timed.
    pub runs: usize,
    /// The Python packages whose import cost most, with milliseconds.
    pub heaviest: Vec<(String, f64)>,
}
