"""Signs a fixed request to X-Ray's OTLP endpoint with botocore, which shares no code with the SDK for Rust.

Prints, for each case, the headers that `telemetry/src/export/otlp/sign.rs` must come to; its test holds them as constants.
"""

import datetime
from unittest import mock

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

NOW = datetime.datetime(2026, 11, 21, 4, 40, 24, tzinfo=datetime.timezone.utc)
CASES = [
    ("us-east-1", "https://xray.us-east-1.amazonaws.com/v1/traces", None, b"spans", {}),
    ("eu-central-1", "https://xray.eu-central-1.amazonaws.com/v1/traces", "token/+=", b"", {}),
    ("cn-north-1", "https://xray.cn-north-1.amazonaws.com.cn/v1/traces", None, b"\x1f\x8b\x00", {"content-encoding": "gzip"}),
    ("us-east-1", "https://vpce-0a1b2c-3d4e.xray.us-east-1.vpce.amazonaws.com/v1/traces", None, b"spans", {}),
]

for region, url, token, body, more in CASES:
    headers = {"content-type": "application/x-protobuf", **more}
    request = AWSRequest("POST", url, headers=headers, data=body)
    with mock.patch("botocore.auth.get_current_datetime", return_value=NOW):
        SigV4Auth(Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG", token), "xray", region).add_auth(request)
    print(request.headers["X-Amz-Date"], request.headers["Authorization"])
