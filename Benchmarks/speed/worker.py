"""The peers' side of the line protocol: "go" in, one JSON line with duration and items out."""

import json
import sys
import time


def serve(work, **about):
    """Answers rounds until the input ends; `work` does one and gives its number of items."""
    print(json.dumps({"ready": True, **about}), flush=True)
    for line in sys.stdin:
        if line.strip() != "go":
            break
        start = time.perf_counter()
        items = work()
        print(json.dumps({"seconds": time.perf_counter() - start, "items": items}), flush=True)
