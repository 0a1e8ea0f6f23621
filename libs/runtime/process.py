"""What this process uses of the machine."""

import os
import resource
from pathlib import Path

from libs.runtime import metrics

STATM = Path("/proc/self/statm")
DESCRIPTORS = Path("/proc/self/fd")


def measure() -> None:
    """Register the gauges; they are read only when somebody looks."""
    metrics.gauge("process_cpu", "CPU time used", "seconds", cpu_seconds)
    metrics.gauge("process_resident_memory", "memory in use", "bytes", resident_bytes)
    metrics.gauge("process_open_descriptors", "open files and sockets", "", open_descriptors)


def cpu_seconds() -> float:
    """User and system time since the start."""
    times = os.times()
    return times.user + times.system


def resident_bytes() -> float:
    """Memory in use; where there is no /proc, the most that ever was."""
    if STATM.exists():
        return int(STATM.read_text().split()[1]) * resource.getpagesize()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def open_descriptors() -> float:
    """Open files and sockets; -1 where there is no /proc."""
    return len(list(DESCRIPTORS.iterdir())) if DESCRIPTORS.exists() else -1
