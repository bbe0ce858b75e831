"""PyTorch's side of `npm run bench`, a process that works only while it is asked to.

Reads one JSON request a line, answers with one JSON line:
  {"open": name, "kind": "training" | "inference", "compile": bool, "precision": "float32" | "bfloat16" (autocast),
   "architecture": {...}, "batch": n, "threads": n}
  {"open": name, "kind": "loading", "folder": path, "imageSize": n, "batch": n, "batches": n, "repeats": n, "workers": n}
  {"run": name}    ->  {"seconds": s, "processorSeconds": s}, the latter of this process and its workers
  {"close": name}
  {"memory": true} ->  {"peakBytes": n}, resident, of this process so far
"""

import json
import multiprocessing
import os
import resource
import sys
import time

import torch


def workload(request):
    # Only what a request needs is imported: loading takes more than PyTorch.
    if request["kind"] == "loading":
        from loading import loader_at_work

        return loader_at_work(request)
    from networks import network_at_work

    return network_at_work(request)


def peak_bytes():
    try:
        with open("/proc/self/status") as status:
            (line,) = (line for line in status if line.startswith("VmHWM"))
        return 1024 * int(line.split()[1])
    except OSError:  # not Linux
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def processor_seconds():
    """Of this process, and on Linux of its living children."""
    seconds = time.process_time()
    if sys.platform == "linux":
        for child in multiprocessing.active_children():
            with open(f"/proc/{child.pid}/stat") as stat:
                ticks = stat.read().rpartition(")")[2].split()[11:13]
            seconds += sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
    return seconds


def answer(workloads, request):
    if "open" in request:
        workloads[request["open"]] = workload(request)
        return {"version": torch.__version__}
    if "close" in request:
        del workloads[request["close"]]
        return {}
    if "memory" in request:
        return {"peakBytes": peak_bytes()}
    start, processor_start = time.perf_counter(), processor_seconds()
    workloads[request["run"]]()
    return {"seconds": time.perf_counter() - start, "processorSeconds": processor_seconds() - processor_start}


def main():
    replies = sys.stdout
    sys.stdout = sys.stderr  # what libraries print is no reply
    workloads = {}
    for line in sys.stdin:
        try:
            reply = answer(workloads, json.loads(line))
        except Exception as error:  # whatever it was, the bench reports it
            reply = {"error": f"{type(error).__name__}: {error}".splitlines()[0]}
        print(json.dumps(reply), file=replies, flush=True)


main()
