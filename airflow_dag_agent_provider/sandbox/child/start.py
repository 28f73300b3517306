"""The first lines of every child: read what is asked, lock, tell the parent."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from airflow_dag_agent_provider.sandbox.child.channel import Channel
from airflow_dag_agent_provider.sandbox.child.lockdown import lock


def start() -> tuple[dict[str, Any], Channel]:
    """Return the request and the channel of this child, locked; ends it where a required layer is missing.

    The command line is: path of the request, number of the channel's file descriptor. Both are gone
    afterwards: the token of the request is what makes an answer this process's own.
    """
    path = Path(sys.argv[1])
    request: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    path.unlink()
    channel = Channel(int(sys.argv[2]), token=request.pop("token"))
    del sys.argv[1:]
    layers = lock(request["limits"], folder=path.parent)
    # Otherwise each import would try in vain; sandbox/bytecode.py sees to the .pyc files.
    sys.dont_write_bytecode = any(layer.startswith("landlock") for layer in layers)
    if os.getppid() != request["parent"]:  # it died before this process asked to die with it
        os._exit(4)
    missing = [layer for layer in request["required"] if layer not in layers]
    if missing:
        channel.send(kind="refused", missing=missing)
        sys.exit(3)
    channel.send(kind="locked", layers=layers)
    return request, channel
