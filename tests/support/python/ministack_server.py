"""ministack's application on a free port of 127.0.0.1. Prints one JSON line {"port": N} when it listens.

/spawn-test/calls shows the test support every call of an AWS SDK for Rust: service, operation, access key.
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
from ministack.app import app  # noqa: E402
from recorded_calls import RecordedCalls  # noqa: E402

CALLS = RecordedCalls()


async def with_calls(scope, receive, send):
    if scope["type"] != "http":
        await app(scope, receive, send)
    elif scope["path"] == "/spawn-test/calls":
        body = json.dumps(CALLS.view()).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": body})
    else:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        # Of the services here only IAM names its operation in the body, and no test counts its calls here.
        CALLS.note(scope["method"], scope["path"], scope["query_string"].decode(), headers, b"")
        await app(scope, receive, send)



config = Config()
config.bind = [f"fd://{listener.fileno()}"]
config.keep_alive_timeout = 75
config.loglevel = "WARNING"
print(json.dumps({"port": port}), flush=True)
asyncio.run(serve(with_calls, config))
