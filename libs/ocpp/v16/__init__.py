"""OCPP 1.6 with the security extension: all 39 actions."""

# ruff: noqa: F403 - what a module of this package declares, the package offers

from libs.ocpp.v16.authorization import *
from libs.ocpp.v16.availability import *
from libs.ocpp.v16.certificates import *
from libs.ocpp.v16.charging_profile import *
from libs.ocpp.v16.data_transfer import *
from libs.ocpp.v16.diagnostics import *
from libs.ocpp.v16.firmware import *
from libs.ocpp.v16.id_tag import *
from libs.ocpp.v16.local_list import *
from libs.ocpp.v16.meter import *
from libs.ocpp.v16.meter_values import *
from libs.ocpp.v16.provisioning import *
from libs.ocpp.v16.remote_control import *
from libs.ocpp.v16.reservation import *
from libs.ocpp.v16.security import *
from libs.ocpp.v16.smart_charging import *
from libs.ocpp.v16.transactions import *
