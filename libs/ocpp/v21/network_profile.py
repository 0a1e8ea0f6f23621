from typing import Literal

from libs.ocpp.extensible import Extensible
from libs.ocpp.scalar import Int, Natural, Str6, Str48, Str50, Str64, Str255, Str2000

OCPPVersion = Literal["OCPP12", "OCPP15", "OCPP16", "OCPP20", "OCPP201", "OCPP21"]

OCPPTransport = Literal["SOAP", "JSON"]

OCPPInterface = Literal[
    "Wired0",
    "Wired1",
    "Wired2",
    "Wired3",
    "Wireless0",
    "Wireless1",
    "Wireless2",
    "Wireless3",
    "Any",
]

APNAuthentication = Literal["PAP", "CHAP", "NONE", "AUTO"]


class APN(Extensible):
    apn: Str2000
    apn_user_name: Str50 | None = None
    apn_password: Str64 | None = None
    sim_pin: Int | None = None
    preferred_network: Str6 | None = None
    use_only_preferred_network: bool | None = None
    apn_authentication: APNAuthentication


VPNEnum = Literal["IKEv2", "IPSec", "L2TP", "PPTP"]


class VPN(Extensible):
    server: Str2000
    user: Str50
    group: Str50 | None = None
    password: Str64
    key: Str255
    type: VPNEnum


class NetworkConnectionProfile(Extensible):
    apn: APN | None = None
    ocpp_version: OCPPVersion | None = None
    ocpp_interface: OCPPInterface
    ocpp_transport: OCPPTransport
    message_timeout: Int
    """Seconds."""
    ocpp_csms_url: Str2000
    security_profile: Natural
    identity: Str48 | None = None
    basic_auth_password: Str64 | None = None
    vpn: VPN | None = None
