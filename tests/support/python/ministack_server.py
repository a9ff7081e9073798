"""ministack's application on a free port of 127.0.0.1. Prints one JSON line {"port": N} when it listens."""

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

config = Config()
config.bind = [f"fd://{listener.fileno()}"]
config.keep_alive_timeout = 75
config.loglevel = "WARNING"
print(json.dumps({"port": port}), flush=True)
asyncio.run(serve(app, config))
