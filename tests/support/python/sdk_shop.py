"""A shop that OpenTelemetry's Python SDK traces: two services, every kind of span, events, links, values of every type.

sdk_shop.py FILE
Exports over OTLP/HTTP to where OTEL_EXPORTER_OTLP_ENDPOINT says, in two batches, writes the same as protobuf to FILE, and prints
one JSON line {"trace_id", "linked_trace_id"}.
"""

import json
import sys
import time

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import Link, SpanKind, StatusCode, set_span_in_context

VALUES = {
    "text": "Größe 任务",
    "number": -9007199254740993,
    "share": 0.25,
    "truth": True,
    "list": ["a", "b"],
    "numbers": [1, 2],
    "none": [],
}


class WithTime(RandomIdGenerator):
    """Ids that X-Ray takes begin with the time, which any other back end takes as well."""

    def generate_trace_id(self):
        return int(time.time()) << 96 | super().generate_trace_id() & (1 << 96) - 1


class Both(OTLPSpanExporter):
    kept = []

    def export(self, spans):
        self.kept.extend(spans)
        return super().export(spans)


def service(name):
    provider = TracerProvider(id_generator=WithTime(), resource=Resource.create({"service.name": name, "host.name": f"{name}-1"}))
    provider.add_span_processor(BatchSpanProcessor(Both()))
    return provider, provider.get_tracer("shop", "1.0", "https://opentelemetry.io/schemas/1.30.0")


(web, front), (store, back) = service("web"), service("store")
with front.start_as_current_span("POST /order", kind=SpanKind.SERVER, attributes=VALUES) as root:
    with front.start_as_current_span("call store", kind=SpanKind.CLIENT) as call:
        with back.start_as_current_span("reserve", kind=SpanKind.SERVER) as reserve:
            reserve.add_event("shelf is empty", {"shelf": 7})
            try:
                with back.start_as_current_span("count", context=set_span_in_context(reserve)):
                    raise KeyError("shelf 7")
            except KeyError:
                reserve.set_status(StatusCode.ERROR, "nothing is left")
    for number in range(12):
        front.start_span("render", attributes={"part": number}).end()
    with front.start_as_current_span("send", kind=SpanKind.PRODUCER) as send:
        pass
with back.start_as_current_span("take", kind=SpanKind.CONSUMER, links=[Link(send.get_span_context())]) as take:
    take.set_status(StatusCode.OK)
web.shutdown()
store.shutdown()
with open(sys.argv[1], "wb") as file:
    file.write(encode_spans(Both.kept).SerializeToString())
ids = {"trace_id": root.get_span_context().trace_id, "linked_trace_id": take.get_span_context().trace_id}
print(json.dumps({name: f"{number:032x}" for name, number in ids.items()}), flush=True)
