"""Every limit of the edge, with its name and its unit; each is a setting (``VOLTBUS_{NAME}``)."""

from typing import Annotated

from msgspec import Meta, Struct

Positive = Meta(ge=1)


def about(description: str) -> Meta:
    return Meta(description=description)


class Limits(Struct, frozen=True, kw_only=True):
    # -- connections
    connections_max: Annotated[
        int, Positive, about("Open sockets of this process; each is an open file")
    ] = 10_000
    handshakes_in_flight_max: Annotated[
        int,
        Positive,
        about("Handshakes at one time; then one that says nothing goes, or the new one"),
    ] = 2_000
    handshake_seconds_max: Annotated[
        float, about("From the TCP connection to the answer to its handshake")
    ] = 20
    admission_seconds_max: Annotated[
        float, about("So long a handshake waits for the service stations; then it is 503")
    ] = 12
    connects_per_minute_max: Annotated[
        int, Positive, about("Of one identity from one address; more are answered 429")
    ] = 30
    receive_buffer_bytes: Annotated[
        int, about("The kernel's, of each socket: nobody can make us read more at once")
    ] = 65_536

    # -- frames
    message_bytes_max: Annotated[int, about("A whole message, inflated")] = 262_144
    frames_per_second_max: Annotated[
        int, Positive, about("Of one station; beyond it its socket is not read for a while")
    ] = 1_000
    frame_penalties_max: Annotated[
        int, about("So often in a row that may happen before the socket is closed")
    ] = 10
    ping_after_seconds: Annotated[
        int, Positive, about("A socket that was silent for so long is asked whether it lives")
    ] = 30
    pong_within_seconds: Annotated[int, Positive, about("Then it has so long to say anything")] = 15
    close_within_seconds: Annotated[float, about("A peer's time to answer our close")] = 5

    # -- CALLs of stations
    calls_waiting_max: Annotated[
        int, about("CALLs that a station sends before it has its answer; beyond it is closed")
    ] = 8
    answers_remembered_max: Annotated[
        int, Positive, about("Answers kept for each station, for a CALL that comes again")
    ] = 16
    hold_seconds: Annotated[
        float, about("So long a CALL waits for an owner that is away; stations give up after 30")
    ] = 25
    attempt_seconds: Annotated[
        float, about("One question to an owner, before it is asked again")
    ] = 8
    retry_seconds_min: Annotated[float, about("The first pause before asking again")] = 0.1
    retry_seconds_max: Annotated[float, about("The longest pause")] = 2

    # -- CALLs to stations
    calls_down_waiting_max: Annotated[int, about("CALLs that wait for one station's slot")] = 50

    # -- presence and end
    alive_seconds: Annotated[float, about("How often stations hears that this edge lives")] = 3
    alive_attempt_seconds: Annotated[float, about("Then it is said again, to whoever hears it")] = 1
    roster_part_max: Annotated[int, about("Entries in one part of the roster")] = 5_000
    drain_seconds: Annotated[float, about("At the end all sockets are closed within this time")] = (
        10
    )
    closes_per_second_min: Annotated[float, about("But at least so many a second")] = 500
    finish_seconds: Annotated[
        float, about("At the end a CALL under way has so long to finish before its socket closes")
    ] = 3
