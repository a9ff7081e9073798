"""What OpenTelemetry's Python SDK finds in a carrier, with the propagators that it has by default.

sdk_extract.py CARRIER
CARRIER is a JSON object of names and values. Prints one JSON line {"trace_id", "span_id", "sampled", "tracestate"}.
"""

import json
import sys

from opentelemetry import propagate
from opentelemetry.trace import get_current_span

span = get_current_span(propagate.extract(json.loads(sys.argv[1]))).get_span_context()
said = {
    "trace_id": f"{span.trace_id:032x}",
    "span_id": f"{span.span_id:016x}",
    "sampled": span.trace_flags.sampled,
    "tracestate": span.trace_state.to_header(),
}
print(json.dumps(said), flush=True)
