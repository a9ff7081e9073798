"""ministack's application on a free port of 127.0.0.1. Prints one JSON line {"port": N} when it listens.

For the test support only:
  /spawn-test/calls     every call of an AWS SDK for Rust: service, operation, access key
  /spawn-test/enforce   takes [[user, access key, secret], ...] and from then on asks its IAM about each call
"""

import asyncio
import json
import os
import socket

listener = socket.create_server(("127.0.0.1", 0))
port = listener.getsockname()[1]
# ministack reads its own address from the environment when it is imported: queue URLs are made of it.
os.environ["GATEWAY_PORT"] = str(port)

from hypercorn.asyncio import serve  # noqa: E402
from hypercorn.config import Config  # noqa: E402
from ministack import app as gateway  # noqa: E402
from ministack.app import app  # noqa: E402
from recorded_calls import RecordedCalls  # noqa: E402

CALLS = RecordedCalls()


async def enforce(receive):
    """Users get the keys that they have at the other emulator, so that one identity works at both."""
    from ministack.services import iam

    body = (await receive())["body"]
    for user, key, secret in json.loads(body):
        iam._access_keys[key] = {
            "UserName": user,
            "AccessKeyId": key,
            "SecretAccessKey": secret,
            "Status": "Active",
            "CreateDate": "2026-01-01T00:00:00Z",
        }
    gateway.AUTH = True


async def with_calls(scope, receive, send):
    if scope["type"] != "http":
        await app(scope, receive, send)
    elif scope["path"] in ("/spawn-test/calls", "/spawn-test/enforce"):
        if scope["path"] == "/spawn-test/enforce":
            await enforce(receive)
        body = json.dumps(CALLS.view()).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": body})
    else:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        # Of the services here only IAM names its operation in the body, and no test counts its calls here.
        CALLS.note(scope["method"], scope["path"], scope["query_string"].decode(), headers, b"")
        # The bucket's own policy denies what does not come over TLS, and where IAM is enforced that counts.
        await app({**scope, "scheme": "https"} if gateway.AUTH else scope, receive, send)



config = Config()
config.bind = [f"fd://{listener.fileno()}"]
config.keep_alive_timeout = 75
config.loglevel = "WARNING"
print(json.dumps({"port": port}), flush=True)
asyncio.run(serve(with_calls, config))
