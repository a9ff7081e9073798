//! What keys and the mouse ask for.

/// What a key asks for, or the mouse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The line before.
    Up,
    /// The line after.
    Down,
    /// A screen back.
    PageUp,
    /// A screen on.
    PageDown,
    /// The first line.
    First,
    /// The last line.
    Last,
    /// A few lines back, as a wheel turns.
    WheelUp,
    /// A few lines on.
    WheelDown,
    /// The line of this number, from 0, as a click chooses it.
    Line(usize),
    /// Open what is chosen.
    Open,
    /// Back to where one came from.
    Back,
    /// The next tab.
    NextTab,
    /// The tab before.
    PreviousTab,
    /// The tab of this number, from 0.
    Tab(usize),
    /// Ask for a text to look for.
    Search,
    /// The next place that has the text.
    NextMatch,
    /// The place before that has the text.
    PreviousMatch,
    /// Sort by the next column.
    Sort,
    /// The other way round.
    Reverse,
    /// Traces with errors only, or all.
    ErrorsOnly,
    /// Slow traces only; slower at each press, then all.
    SlowOnly,
    /// Traces with this service only; the next service at each press, then all.
    Service,
    /// All traces again.
    ShowAll,
    /// Hide what is below a span, or go to the span above.
    Fold,
    /// Show what is below a span.
    Unfold,
    /// Hide or show what is below a span.
    Toggle,
    /// Hide all but the first two levels.
    FoldAll,
    /// Show every span.
    UnfoldAll,
    /// Repeated calls as one row, or each.
    Repeats,
    /// Less time on the same width.
    ZoomIn,
    /// More time on the same width.
    ZoomOut,
    /// The chosen span's time.
    ZoomToSpan,
    /// The whole time.
    ZoomReset,
    /// Earlier.
    PanLeft,
    /// Later.
    PanRight,
    /// Mark what the trace's length is made of.
    CriticalPath,
    /// The next span that failed.
    NextError,
    /// The span before that failed.
    PreviousError,
    /// The next link of the chosen span.
    NextLink,
    /// Show or hide the details.
    ShowDetails,
    /// One trace or all of them.
    Scope,
    /// The job array before.
    PreviousArray,
    /// The next job array.
    NextArray,
    /// What was wrong with what was read.
    Notes,
    /// This table.
    Help,
    /// Read everything again.
    Reload,
    /// Draw everything again.
    Redraw,
    /// Leave the terminal to the shell until `fg`.
    Suspend,
    /// The end.
    Quit,
}
