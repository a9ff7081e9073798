"""Which calls of the Rust SDK arrived at an emulator: what the two programs asked of AWS, told by neither of them."""

import threading
from urllib.parse import parse_qs

XRAY = {
    "/TraceSegments": "PutTraceSegments",
    "/TelemetryRecords": "PutTelemetryRecords",
    "/TraceSummaries": "GetTraceSummaries",
    "/Traces": "BatchGetTraces",
}
# A sub-resource of a bucket, by method.
BUCKET = {
    ("PUT", "policy"): "PutBucketPolicy",
    ("PUT", "publicAccessBlock"): "PutPublicAccessBlock",
    ("PUT", "encryption"): "PutBucketEncryption",
    ("PUT", "ownershipControls"): "PutBucketOwnershipControls",
    ("GET", "list-type"): "ListObjectsV2",
}


class RecordedCalls:
    def __init__(self):
        self.lock = threading.Lock()
        self.calls = {}

    def note(self, method, path, query, headers, body):
        if "aws-sdk-rust" not in headers.get("user-agent", ""):
            return
        key, _, _, service = (headers.get("authorization", "").partition("Credential=")[2].split("/") + [""] * 4)[:4]
        call = (service, operation(service, method, path, query, headers, body), key)
        with self.lock:
            self.calls[call] = self.calls.get(call, 0) + 1

    def view(self):
        with self.lock:
            calls = list(self.calls.items())
        return [
            {"service": service, "operation": name, "access_key": key, "count": count}
            for (service, name, key), count in calls
        ]


def operation(service, method, path, query, headers, body):
    """The operation's name; what cannot be told is shown as it came, so that a test that compares names it."""
    target = headers.get("x-amz-target")
    if target:
        return target.rpartition(".")[2]
    if service == "xray":
        return XRAY.get(path, f"{method} {path}")
    if service == "s3":
        return s3(method, path, query)
    if service == "lambda" and method == "POST" and path.endswith("/invocations"):
        return "Invoke"
    action = parse_qs(body.decode("utf-8", "replace")).get("Action")
    return action[0] if action else f"{method} {path}"


def s3(method, path, query):
    # "x-id" is the SDK's own name of an operation on an object.
    query = parse_qs(query, keep_blank_values=True)
    if "x-id" in query:
        return query["x-id"][0]
    if "/" in path.strip("/"):
        return {"HEAD": "HeadObject"}.get(method, f"{method} object {sorted(query)}")
    for name in query:
        if (method, name) in BUCKET:
            return BUCKET[method, name]
    return {"PUT": "CreateBucket", "HEAD": "HeadBucket"}.get(method, f"{method} bucket {sorted(query)}")
