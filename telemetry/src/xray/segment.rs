//! The document, field by field, in the order in which it is written.

use opentelemetry_sdk::trace::SpanData;

use super::cause::Exception;
use super::facts::Facts;
use super::limits::TEXT;
use super::pen::Pen;
use super::service::Service;
use super::shape::{Form, Shape};
use super::table::Slot;
use super::translator::Place;
use super::verdict::Verdict;
use super::{annotation, aws, cause, http, link, metadata, name, other, sql};
use crate::filter::Filter;

/// Everything that a document is written from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts<'a> {
    pub(super) span: &'a SpanData,
    /// The span's name, without secrets.
    pub(super) name: &'a str,
    pub(super) place: &'a Place,
    pub(super) shape: Shape,
    pub(super) verdict: Verdict,
    pub(super) facts: Facts<'a>,
    pub(super) service: &'a Service,
    pub(super) filter: &'a Filter,
    pub(super) causes: &'a [Exception<'a>],
}

impl Parts<'_> {
    pub(super) fn write(&self, pen: &mut Pen<'_>) {
        match self.shape.form {
            Form::Segment => self.segment(pen),
            Form::Subsegment => {
                pen.out.push('{');
                self.subsegment(pen);
                pen.out.push('}');
            }
            Form::Both => self.segment_around(pen),
        }
    }

    fn segment(&self, pen: &mut Pen<'_>) {
        pen.out.push('{');
        self.identity(pen);
        self.times(pen);
        self.program(pen);
        self.flags(pen);
        cause::write(pen, self.causes);
        http::write(pen, self);
        let block = pen.open("aws");
        aws::fields(pen, &self.facts, true);
        pen.comma();
        pen.out.push_str(&self.service.aws);
        pen.close(block);
        sql::write(pen, self);
        link::write(pen, self, true, true);
        annotation::write(pen, &self.facts, annotation::Of::All);
        // The segment bears the service's name, so what was done goes where it can be read.
        metadata::write(pen, self, Some(self.name), true);
        pen.out.push('}');
    }

    /// The segment of the program with the call as its one subsegment.
    fn segment_around(&self, pen: &mut Pen<'_>) {
        pen.out.push('{');
        self.identity(pen);
        self.times(pen);
        self.program(pen);
        self.flags(pen);
        if !self.causes.is_empty() {
            // It is told where it happened.
            pen.key("cause");
            pen.id(self.causes[0].id);
        }
        pen.key("aws");
        pen.out.push('{');
        pen.out.push_str(&self.service.aws);
        pen.out.push('}');
        link::write(pen, self, false, true);
        annotation::write(pen, &self.facts, annotation::Of::Host);
        metadata::resource(pen, self.service);
        pen.key("subsegments");
        pen.out.push_str("[{");
        self.subsegment(pen);
        pen.out.push_str("}]}");
    }

    fn subsegment(&self, pen: &mut Pen<'_>) {
        let is_alone = self.shape.form == Form::Subsegment;
        let other = other::service(self);
        name::write(pen, other.unwrap_or(self.name));
        pen.key("id");
        pen.id(self.shape.span);
        if is_alone {
            self.trace_and_parent(pen);
            pen.plain("type", "subsegment");
        }
        self.times(pen);
        if self.shape.is_call {
            pen.plain("namespace", if self.facts.known.is_aws { "aws" } else { "remote" });
        }
        self.flags(pen);
        cause::write(pen, self.causes);
        http::write(pen, self);
        let block = pen.open("aws");
        aws::fields(pen, &self.facts, false);
        pen.close(block);
        sql::write(pen, self);
        link::write(pen, self, true, is_alone);
        link::precursors(pen, &self.facts);
        annotation::write(pen, &self.facts, annotation::Of::All);
        metadata::write(pen, self, other::hidden_name(self, other), false);
    }

    fn identity(&self, pen: &mut Pen<'_>) {
        match self.facts.text(Slot::LocalService) {
            Some(local) => name::write(pen, local),
            None => name::write(pen, &self.service.name),
        }
        pen.key("id");
        pen.id(self.shape.document);
        self.trace_and_parent(pen);
    }

    fn trace_and_parent(&self, pen: &mut Pen<'_>) {
        pen.key("trace_id");
        pen.trace_id(self.shape.trace);
        if let Some(parent) = self.shape.parent {
            pen.key("parent_id");
            pen.id(parent);
        }
    }

    fn times(&self, pen: &mut Pen<'_>) {
        pen.key("start_time");
        pen.instant(self.shape.start);
        if self.place.under_way {
            pen.flag("in_progress");
        } else {
            pen.key("end_time");
            pen.instant(self.shape.end);
        }
    }

    /// What says which program this is.
    fn program(&self, pen: &mut Pen<'_>) {
        if !self.service.head.is_empty() {
            pen.comma();
            pen.out.push_str(&self.service.head);
        }
        if let Some(user) = self.facts.text(Slot::User) {
            pen.field("user", user, TEXT - 1);
        }
    }

    fn flags(&self, pen: &mut Pen<'_>) {
        let Verdict { error, fault, throttle } = self.verdict;
        for (name, flag) in [("error", error), ("fault", fault), ("throttle", throttle)] {
            if flag {
                pen.flag(name);
            }
        }
    }
}
