//! The ways between places: into a trace, along a link, back, and to the next place that has a text.

use opentelemetry::trace::{SpanId, TraceId};

use crate::ui::state::waterfall::Waterfall;
use crate::ui::state::{State, Tab, WAY_BACK};

impl State {
    /// Opens a trace at its first span.
    pub(crate) fn open_trace(&mut self, trace: usize) {
        let Some(of) = self.loaded.traces.get(trace) else { return };
        self.tab = Tab::Waterfall;
        if self.waterfall.as_ref().is_none_or(|waterfall| waterfall.id != of.id()) {
            self.waterfall = Some(Waterfall::new(trace, of));
        }
    }

    /// Opens a trace by its id. False if it is not here.
    pub(crate) fn open_id(&mut self, id: TraceId) -> bool {
        let place = self.loaded.place_of(id);
        place.into_iter().for_each(|trace| self.open_trace(trace));
        place.is_some()
    }

    /// Opens a trace at this span; the way back leads to where one was.
    pub(crate) fn open_span(&mut self, trace: usize, span: usize) {
        if let Some(here) = self.here() {
            self.back.push(here);
            let forgotten = self.back.len().saturating_sub(WAY_BACK);
            self.back.drain(..forgotten);
        }
        self.show_span(trace, span);
    }

    fn show_span(&mut self, trace: usize, span: usize) {
        self.open_trace(trace);
        let page = self.page();
        if let (Some(waterfall), Some(trace)) = (&mut self.waterfall, self.loaded.traces.get(trace)) {
            waterfall.reveal(span, trace, page);
        }
    }

    /// Follows a link of the chosen span, if what it leads to is here.
    pub(crate) fn follow(&mut self, link: usize) {
        let linked = || {
            let trace = self.trace()?;
            let span = trace.spans().get(self.waterfall.as_ref()?.span()?)?;
            span.links.get(link).map(|link| (link.trace_id, link.span_id))
        };
        let Some((trace_id, span_id)) = linked() else { return };
        match (self.loaded.place_of(trace_id), self.place_of(trace_id, span_id)) {
            (Some(trace), Some(span)) => self.open_span(trace, span),
            (Some(trace), None) => {
                self.open_span(trace, 0);
                self.message = "the trace is here, the span that the link names is not".to_owned();
            }
            (None, _) => {
                self.message = format!("that trace is not here: spawn trace show {}", crate::id::xray_form(trace_id));
            }
        }
    }

    /// Back: out of the details, along the links, and to the list.
    pub(crate) fn go_back(&mut self) {
        if let (Tab::Waterfall, Some(waterfall)) = (self.tab, &mut self.waterfall)
            && waterfall.is_in_details()
        {
            waterfall.leave_details();
            return;
        }
        while let (Tab::Waterfall, Some((trace_id, span_id))) = (self.tab, self.back.pop()) {
            if let (Some(trace), Some(span)) = (self.loaded.place_of(trace_id), self.place_of(trace_id, span_id)) {
                return self.show_span(trace, span);
            }
        }
        self.tab = Tab::Traces;
        if let Some(waterfall) = &self.waterfall {
            let page = self.page();
            self.traces.choose(waterfall.trace, page);
        }
    }

    /// Goes to the next place that has the text, or the one before; `here` counts the chosen place too.
    pub(crate) fn search(&mut self, forward: bool, here: bool) {
        if self.sought.is_empty() {
            self.message = "nothing to search for: type / and a text".to_owned();
            return;
        }
        let (page, text) = (self.page(), self.sought.as_str());
        let found = match self.tab {
            Tab::Traces => self.traces.search(text, forward, here, &self.loaded, page),
            Tab::Waterfall => match (&mut self.waterfall, &self.loaded.traces) {
                (Some(waterfall), traces) => {
                    let trace = traces.get(waterfall.trace);
                    trace.is_some_and(|trace| waterfall.search(text, forward, here, trace, page))
                }
                _ => false,
            },
            Tab::Map => self.map.search(text, forward, here, page),
            Tab::Array => self.array.search(text, forward, here, &self.loaded, page),
        };
        if !found {
            self.message = format!("not found: {}", self.sought);
        }
    }

    fn here(&self) -> Option<(TraceId, SpanId)> {
        let trace = self.trace()?;
        let span = trace.spans().get(self.waterfall.as_ref()?.span()?)?;
        Some((trace.id(), span.span_id))
    }

    fn place_of(&self, trace_id: TraceId, span_id: SpanId) -> Option<usize> {
        let trace = self.loaded.traces.get(self.loaded.place_of(trace_id)?)?;
        trace.spans().iter().position(|span| span.span_id == span_id)
    }
}

/// The next of so many places in a ring, from this one on, for which it is so.
pub(crate) fn next(
    count: usize,
    from: usize,
    forward: bool,
    here: bool,
    mut is_so: impl FnMut(usize) -> bool,
) -> Option<usize> {
    let steps = if here { 0..count } else { 1..count + 1 };
    let places = steps.map(|step| if forward { (from + step) % count } else { (from + count - step) % count });
    { places }.find(|place| is_so(*place))
}
