"""A program that OpenTelemetry's Python SDK traces: one span below the context that its environment carries.

sdk_child.py NAME
Exports the span over OTLP/HTTP to where OTEL_EXPORTER_OTLP_ENDPOINT says, and prints one JSON line
{"trace_id", "span_id", "parent_id", "sampled", "baggage"}.
"""

import json
import os
import sys

from opentelemetry import baggage, propagate
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.propagators._envcarrier import EnvironmentGetter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import get_current_span


def main():
    context = propagate.extract(os.environ, getter=EnvironmentGetter())
    provider = TracerProvider(resource=Resource.create({"service.name": "sdk-child"}))
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter()))
    with provider.get_tracer("sdk-child").start_as_current_span(sys.argv[1], context=context) as span:
        own, parent = span.get_span_context(), get_current_span(context).get_span_context()
        said = {
            "trace_id": f"{own.trace_id:032x}",
            "span_id": f"{own.span_id:016x}",
            "parent_id": f"{parent.span_id:016x}",
            "sampled": own.trace_flags.sampled,
            "baggage": dict(baggage.get_all(context)),
        }
    provider.shutdown()
    print(json.dumps(said), flush=True)


main()
