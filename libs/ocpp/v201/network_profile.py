from typing import Literal

from libs.ocpp.extensible import Extensible
from libs.ocpp.scalar import Int, Str6, Str20, Str255, Str512

OCPPVersion = Literal["OCPP12", "OCPP15", "OCPP16", "OCPP20"]
"""Knows no 2.0.1: ``OCPP20`` stands for it."""

OCPPTransport = Literal["JSON", "SOAP"]

OCPPInterface = Literal[
    "Wired0", "Wired1", "Wired2", "Wired3", "Wireless0", "Wireless1", "Wireless2", "Wireless3"
]

APNAuthentication = Literal["CHAP", "NONE", "PAP", "AUTO"]


class APN(Extensible):
    apn: Str512
    apn_user_name: Str20 | None = None
    apn_password: Str20 | None = None
    sim_pin: Int | None = None
    preferred_network: Str6 | None = None
    use_only_preferred_network: bool | None = None
    apn_authentication: APNAuthentication


VPNEnum = Literal["IKEv2", "IPSec", "L2TP", "PPTP"]


class VPN(Extensible):
    server: Str512
    user: Str20
    group: Str20 | None = None
    password: Str20
    key: Str255
    type: VPNEnum


class NetworkConnectionProfile(Extensible):
    apn: APN | None = None
    ocpp_version: OCPPVersion
    ocpp_transport: OCPPTransport
    ocpp_csms_url: Str512
    message_timeout: Int
    """Seconds."""
    security_profile: Int
    ocpp_interface: OCPPInterface
    vpn: VPN | None = None
