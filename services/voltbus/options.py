"""What the command understands, with a help text and an example for each sub-command."""

import argparse
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import Any

SERVICES = {
    "edge": "websockets of charging stations",
    "authorization": "id tokens, local lists, who may charge",
    "transactions": "the ledger of sessions",
    "devices": "what stations are, report and are told",
    "reservations": "places that are kept for somebody",
    "api": "HTTP API and console",
    "simulator": "fleets of virtual stations",
}
LISTED = "stations"
"""The service that has no sub-command of its own name, for that lists the stations."""

SIMULATOR_OPTIONS = {
    "stations": ("VOLTBUS_SIMULATE", "how many stations"),
    "url": ("VOLTBUS_SIMULATE_URL", "where they connect; their identity is appended"),
    "versions": ("VOLTBUS_SIMULATE_VERSIONS", "OCPP versions taken in turn, as v16,v201,v21"),
    "prefix": ("VOLTBUS_SIMULATE_PREFIX", "what their identities begin with"),
    "password": ("VOLTBUS_SIMULATE_PASSWORD", "HTTP basic password of all of them"),
    "evses": ("VOLTBUS_SIMULATE_EVSES", "EVSEs of each station"),
    "tokens": ("VOLTBUS_SIMULATE_TOKENS", "tokens that are presented, separated by commas"),
    "speed": ("VOLTBUS_SIMULATE_SPEED", "simulated seconds in a real one"),
    "seed": ("VOLTBUS_SIMULATE_SEED", "the same seed makes the same visits"),
    "home": ("VOLTBUS_SIMULATE_HOME", "folder where the stations keep their memory"),
}


def parser(version: str) -> ArgumentParser:
    whole = ArgumentParser(
        prog="voltbus",
        description="An open charging station management system on a message bus.",
        epilog="Try it out with `voltbus run`. Settings come from the environment (VOLTBUS_...).",
        formatter_class=RawDescriptionHelpFormatter,
    )
    whole.add_argument("--version", action="version", version=f"voltbus {version}")
    commands = whole.add_subparsers(metavar="COMMAND", required=True)
    add_run(commands)
    add_services(commands)
    add_simulate(commands)
    add_stations(commands)
    add_call(commands)
    add_tail(commands)
    add_upkeep(commands)
    return whole


def add(commands: Any, name: str, module: str, text: str, example: str = "") -> ArgumentParser:
    made: ArgumentParser = commands.add_parser(
        name,
        help=text,
        description=f"{text[0].upper()}{text[1:]}.",
        epilog=example,
        formatter_class=RawDescriptionHelpFormatter,
    )
    made.set_defaults(command=module)
    return made


def add_run(commands: Any) -> None:
    add(
        commands,
        "run",
        "run",
        "the whole platform in one process, with simulated stations",
        "NATS and PostgreSQL are started from wheels into VOLTBUS_HOME (var), unless\n"
        "VOLTBUS_NATS_URL and VOLTBUS_POSTGRES_DSN name others.\n\n"
        "  voltbus run\n"
        "  VOLTBUS_SIMULATE=100 VOLTBUS_HTTP_PORT=8081 voltbus run",
    )


class SettingsHelp(argparse.Action):
    """``--help`` of a service lists its settings; only then is the service imported."""

    def __call__(self, parser: ArgumentParser, namespace: Any, *_: Any) -> None:
        from services.voltbus.settings import settings_of  # noqa: PLC0415 - see above

        name = getattr(namespace, "service", None)
        if name:
            parser.epilog = settings_of(name)
        parser.print_help()
        parser.exit()


def add_services(commands: Any) -> None:
    for name, text in SERVICES.items():
        made: ArgumentParser = commands.add_parser(
            name,
            help=f"the service {name}: {text}",
            description=f"The service {name} as a process: {text}.",
            formatter_class=RawDescriptionHelpFormatter,
            add_help=False,
        )
        made.set_defaults(command="serve", service=name)
        made.add_argument("-h", "--help", action=SettingsHelp, nargs=0, help="its settings")
    text = "any service by its name; `stations` has no other way, for `voltbus stations` lists them"
    made = commands.add_parser(
        "serve",
        help=text,
        description=f"{text[0].upper()}{text[1:]}.",
        epilog=f"SERVICE is one of {', '.join(sorted([*SERVICES, LISTED]))}.\n\n"
        "  voltbus serve stations\n  voltbus serve stations --help",
        formatter_class=RawDescriptionHelpFormatter,
        add_help=False,
    )
    made.set_defaults(command="serve")
    made.add_argument("service", metavar="SERVICE", choices=sorted([*SERVICES, LISTED]))
    made.add_argument("-h", "--help", action=SettingsHelp, nargs=0, help="the settings of SERVICE")


def add_simulate(commands: Any) -> None:
    made = add(
        commands,
        "simulate",
        "serve:simulate",
        "virtual charging stations against any server",
        "  voltbus simulate --stations 100 --busy\n"
        "  voltbus simulate --url ws://csms.example/ocpp/ --versions v16 --prefix TEST-",
    )
    for name, (variable, text) in SIMULATOR_OPTIONS.items():
        made.add_argument(f"--{name}", dest=variable, help=f"{text} ({variable})", metavar="X")
    made.add_argument(
        "--busy",
        dest="VOLTBUS_SIMULATE_BUSY",
        action="store_const",
        const="true",
        help="sessions of minutes, at once, instead of a usual day",
    )


def add_stations(commands: Any) -> None:
    made = add(
        commands,
        "stations",
        "stations",
        "list the charging stations, through the API at VOLTBUS_API_URL",
        "  voltbus stations --online\n  voltbus stations --json --search SIM",
    )
    made.add_argument("--online", dest="only", action="store_const", const="online")
    made.add_argument("--offline", dest="only", action="store_const", const="offline")
    made.add_argument("--search", metavar="TEXT", help="part of identity, vendor or model")
    made.add_argument("--json", action="store_true", help="what the API says, whole")
    made.add_argument("--tenant")


def add_call(commands: Any) -> None:
    made = add(
        commands,
        "call",
        "call",
        "send an OCPP action to a station and print its answer",
        "Exit code: 0 answered, 3 error, 4 timeout, 5 offline; 2 a call that makes no sense.\n\n"
        '  voltbus call SIM-00001 Reset \'{"type":"Soft"}\'\n'
        "  voltbus call SIM-00001 GetConfiguration\n"
        "  voltbus call CP-7 SetVariables - < variables.json",
    )
    made.add_argument("station", metavar="STATION")
    made.add_argument("action", metavar="ACTION", help="as OCPP spells it")
    made.add_argument(
        "payload", metavar="JSON", nargs="?", default="{}", help="- reads standard input"
    )
    made.add_argument("--timeout", type=float, default=30, metavar="SECONDS")
    made.add_argument("--tenant")


def add_tail(commands: Any) -> None:
    made = add(
        commands,
        "tail",
        "tail",
        "what happens on the bus at VOLTBUS_NATS_URL, one line each",
        "< came from a station, > went to it, = is the answer, ! what went wrong.\n\n"
        "  voltbus tail --station SIM-00001\n"
        "  voltbus tail --errors",
    )
    made.add_argument("--tenant", help="of this tenant only")
    made.add_argument("--station", help="of this station only")
    made.add_argument("--action", help="exchanges of this OCPP action only")
    made.add_argument("--errors", action="store_true", help="exchanges that failed only")
    made.add_argument("--events", action="store_true", help="events only")


def add_upkeep(commands: Any) -> None:
    add(
        commands,
        "migrate",
        "migrate",
        "bring the database at VOLTBUS_POSTGRES_DSN up to date, for all services",
    )
    made = add(
        commands,
        "healthcheck",
        "healthcheck",
        "exit code 0 when the process at the health port may be sent work",
    )
    made.add_argument("--port", type=int, help="else VOLTBUS_HEALTH_PORT")
