"""moto's server on a free port, with read-only views of what it holds.

Prints one JSON line {"port": N} when it listens. The views are for the test support only; the product never sees them:
  /spawn-test/instances   every EC2 instance of every region
  /spawn-test/segments    X-Ray documents as they arrived, as text
  /spawn-test/telemetry   X-Ray telemetry records as they arrived
  /spawn-test/calls       every call of an AWS SDK for Rust: service, operation, access key
"""

import contextlib
import io
import json
import threading

from moto.backends import get_backend
from moto.core import DEFAULT_ACCOUNT_ID as ACCOUNT
from moto.iam.access_control import IAMRequestBase
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
import xray_read
from recorded_calls import RecordedCalls
from werkzeug.serving import make_server
from werkzeug.wrappers import Response


def instance(region, item):
    """One instance in the words of the Rust side."""
    return {
        "instance_id": item.id,
        "state": item.state,
        "region": region,
        "availability_zone": item.placement.availability_zone or f"{region}a",
        "account_id": item.owner_id,
        "instance_type": item.instance_type,
        "image_id": item.image_id,
        "private_ip": item.private_ip or "127.0.0.1",
        "launched_at": item.launch_time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "life_cycle": item.lifecycle or "on-demand",
        "user_data": item.user_data.decode() if item.user_data else None,
        "tags_in_metadata": item.metadata_options.instance_metadata_tags == "enabled",
        "tags": {tag["key"]: tag["value"] for tag in item.get_tags()},
    }


def instances():
    regions = dict(get_backend("ec2")[ACCOUNT])
    return [
        instance(region, item)
        for region, backend in regions.items()
        for reservation in list(backend.reservations.values())
        for item in reservation.instances
    ]


def segments():
    traces = [
        trace
        for backend in dict(get_backend("xray")[ACCOUNT]).values()
        for trace in list(backend._segment_collection._traces.values())
    ]
    return [segment.raw for trace in traces for segment in trace["segments"]]


def telemetry():
    return [
        {"hostname": sent.hostname, "instance_id": sent.instance_id, "records": sent.records}
        for backend in dict(get_backend("xray")[ACCOUNT]).values()
        for sent in list(backend._telemetry_records)
    ]


CALLS = RecordedCalls()

VIEWS = {
    "/spawn-test/calls": CALLS.view,
    "/spawn-test/instances": instances,
    "/spawn-test/segments": segments,
    "/spawn-test/telemetry": telemetry,
}


def record(environ):
    """Notes the call, and puts its body back for moto to read."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(length) if length else b""
    if length:
        environ["wsgi.input"] = io.BytesIO(body)
    headers = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")}
    path, query = environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", "")
    CALLS.note(environ["REQUEST_METHOD"], path, query, headers, body)


# DynamoDB's writes are atomic and X-Ray keeps each document; moto's threads undo each other's writes (a transaction that
# fails puts back the tables as they were when it began) and replace each other's first document of a trace.
ONE_AT_A_TIME = {"dynamodb": threading.Lock(), "xray": threading.Lock()}


def at_a_time(environ):
    """What a call waits for."""
    if environ.get("HTTP_X_AMZ_TARGET", "").startswith("DynamoDB_"):
        return ONE_AT_A_TIME["dynamodb"]
    if environ.get("PATH_INFO") in ("/TraceSegments", "/TelemetryRecords"):
        return ONE_AT_A_TIME["xray"]
    return contextlib.nullcontext()


class WithViews(DomainDispatcherApplication):
    def __call__(self, environ, start_response):
        view = VIEWS.get(environ.get("PATH_INFO"))
        if view is None:
            record(environ)
            with at_a_time(environ):
                return super().__call__(environ, start_response)
        response = Response(json.dumps(view()), content_type="application/json")
        return response(environ, start_response)


class Handler(MotoRequestHandler):
    def log_request(self, code="-", size="-"):
        if not self.path.startswith("/spawn-test/"):
            super().log_request(code, size)


def backend_app(service):
    """moto's application for a service, with what it gets wrong put right."""
    app = create_backend_app(service)
    if service == "ec2":
        from moto.ec2.responses.instances import InstanceResponse

        validate = InstanceResponse._validate_block_device_mapping

        def complete_and_validate(mapping):
            # EC2 takes what a mapping leaves out from the image's own volume; moto refuses such a mapping.
            ebs = mapping.get("Ebs", {})
            if ebs and not ebs.get("SnapshotId"):
                ebs.setdefault("VolumeSize", 8)
            validate(mapping)

        InstanceResponse._validate_block_device_mapping = staticmethod(complete_and_validate)
    if service == "xray":
        from moto.xray.responses import XRayResponse

        def trace_summaries(self):
            # moto refuses filter expressions, and forgets traces that are under way.
            try:
                traces = dict(self.xray_backend._segment_collection._traces)
                return json.dumps(xray_read.summaries(traces, self.request_params))
            except xray_read.Refused as refused:
                answer = {"__type": "InvalidRequestException", "message": str(refused)}
                return json.dumps(answer), {"status": 400}

        XRayResponse.trace_summaries = trace_summaries
    return app


def warm(app):
    """Import the heavy services while the caller is still getting ready, rather than in its first call."""
    for service in ("sts", "ec2", "xray"):
        with app.lock:
            if service not in app.app_instances:
                app.app_instances[service] = backend_app(service)


def main():
    # Where IAM is enforced, rights are judged and signatures are not: moto signs a form as Python would have written it,
    # with + for a space where the Rust SDK writes %20, and would refuse what AWS takes.
    IAMRequestBase.check_signature = lambda self: None
    app = WithViews(backend_app)
    app.debug = True
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Handler)
    print(json.dumps({"port": server.port}), flush=True)
    threading.Thread(target=warm, args=(app,), daemon=True).start()
    server.serve_forever()


main()
