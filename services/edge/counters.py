"""What the edge counts: plain integers, read by whoever looks at ``/metrics``."""

from libs.runtime import metrics

frames_in = metrics.counter("edge_frames_received", "text messages from stations")
frames_out = metrics.counter("edge_frames_sent", "text messages to stations")
calls_up = metrics.counter("edge_calls_up", "CALLs of stations")
calls_down = metrics.counter("edge_calls_down", "CALLs to stations")
retries = metrics.counter("edge_retries", "CALLs asked again because their owner was away")
repeated = metrics.counter("edge_repeated", "CALLs that came again and were answered from memory")
late = metrics.counter("edge_answers_late", "answers of stations that nobody waited for any more")
disputed = metrics.counter(
    "edge_answers_disputed", "answers of ours that a station found wrong (CALLRESULTERROR)"
)
unlogged = metrics.counter("edge_unlogged", "exchanges that could not be told to the message log")

SILENCE = "CALLs left without an answer"
ERRORS = "CALLERRORs sent to stations"
REFUSED = "handshakes refused in HTTP"
CLOSED = "sockets closed"
QUIRKS = "imperfections of stations that were tolerated"
EXPECTED = "imperfections of stations that their dialects expect"
OUTCOMES = "how CALLs to stations ended"


def silent(reason: str) -> None:
    """A CALL of a station stays without an answer."""
    metrics.counter("edge_silent", SILENCE, reason=reason).value += 1


def error(code: str) -> None:
    metrics.counter("edge_errors_sent", ERRORS, code=code).value += 1


def refused(status: int) -> None:
    metrics.counter("edge_handshakes_refused", REFUSED, status=str(status)).value += 1


def closed(code: int) -> None:
    metrics.counter("edge_sockets_closed", CLOSED, code=str(code)).value += 1


def quirk(kind: str) -> None:
    metrics.counter("edge_quirks", QUIRKS, kind=kind).value += 1


def expected(kind: str) -> None:
    metrics.counter("edge_quirks_expected", EXPECTED, kind=kind).value += 1


def outcome(result: str) -> None:
    metrics.counter("edge_calls_down_ended", OUTCOMES, outcome=result).value += 1
