"""A trace of two spans by OpenTelemetry's Python SDK, with something in every field that its API has.

sdk_export.py grpc|http/protobuf|http/json
Exports as OTEL_EXPORTER_OTLP_ENDPOINT and OTEL_EXPORTER_OTLP_COMPRESSION say, and prints what it has said as one JSON line, a span an object.
"""

import importlib
import json
import sys

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

MODULES = {"grpc": "proto.grpc", "http/protobuf": "proto.http", "http/json": "json.http"}


class Remembered(SpanExporter):
    """What the SDK hands to its exporters, in words of our own."""

    def __init__(self):
        self.spans = []

    def export(self, spans):
        self.spans.extend(self.said(span) for span in spans)
        return SpanExportResult.SUCCESS

    @staticmethod
    def said(span):
        context, parent = span.get_span_context(), span.parent
        return {
            "trace_id": f"{context.trace_id:032x}",
            "span_id": f"{context.span_id:016x}",
            "parent_id": f"{parent.span_id:016x}" if parent else None,
            "name": span.name,
            "kind": span.kind.name.lower(),
            "start": str(span.start_time),
            "end": str(span.end_time),
            "status": span.status.status_code.name.lower(),
            "message": span.status.description,
            "attributes": dict(span.attributes),
            "resource": dict(span.resource.attributes),
            "scope": span.instrumentation_scope.name,
            "events": [
                {"name": event.name, "time": str(event.timestamp), "attributes": dict(event.attributes)}
                for event in span.events
            ],
            "links": [
                {
                    "trace_id": f"{link.context.trace_id:032x}",
                    "span_id": f"{link.context.span_id:016x}",
                    "attributes": dict(link.attributes),
                }
                for link in span.links
            ],
        }


def main():
    protocol = sys.argv[1]
    module = importlib.import_module(f"opentelemetry.exporter.otlp.{MODULES[protocol]}.trace_exporter")
    options = {"insecure": True} if protocol == "grpc" else {}
    provider = TracerProvider(resource=Resource.create({"service.name": f"sdk over {protocol}", "shelf": 7}))
    remembered = Remembered()
    provider.add_span_processor(SimpleSpanProcessor(remembered))
    provider.add_span_processor(BatchSpanProcessor(module.OTLPSpanExporter(**options)))
    tracer = provider.get_tracer("library of tests", "1.2.3")
    other = SpanContext(0x11111111111111111111111111111111, 0x2222222222222222, True, TraceFlags(1))
    with tracer.start_as_current_span("checkout", kind=SpanKind.SERVER, links=[Link(other, {"why": "retry"})]) as root:
        root.set_attributes(
            {
                "text": "größer \u202e <b>&amp;</b>\n",
                "whole": 2**53 + 1,
                "part": 0.5,
                "truth": True,
                "list": ["a", "b"],
                "empty": "",
            }
        )
        with tracer.start_as_current_span("pay", kind=SpanKind.CLIENT) as child:
            child.add_event("declined", {"attempt": 2})
            child.set_status(Status(StatusCode.ERROR, "card is <expired>"))
    provider.shutdown()
    print(json.dumps(remembered.spans), flush=True)


main()
