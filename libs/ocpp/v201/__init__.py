"""OCPP 2.0.1 Edition 3: all 64 actions."""

# ruff: noqa: F403 - what a module of this package declares, the package offers

from libs.ocpp.v201.authorization import *
from libs.ocpp.v201.availability import *
from libs.ocpp.v201.certificate_hash import *
from libs.ocpp.v201.certificates import *
from libs.ocpp.v201.charging_profile import *
from libs.ocpp.v201.data_transfer import *
from libs.ocpp.v201.device_model import *
from libs.ocpp.v201.diagnostics import *
from libs.ocpp.v201.display import *
from libs.ocpp.v201.firmware import *
from libs.ocpp.v201.id_token import *
from libs.ocpp.v201.local_list import *
from libs.ocpp.v201.message_content import *
from libs.ocpp.v201.meter import *
from libs.ocpp.v201.meter_values import *
from libs.ocpp.v201.monitor import *
from libs.ocpp.v201.network_profile import *
from libs.ocpp.v201.provisioning import *
from libs.ocpp.v201.remote_control import *
from libs.ocpp.v201.report import *
from libs.ocpp.v201.reservation import *
from libs.ocpp.v201.sales_tariff import *
from libs.ocpp.v201.security import *
from libs.ocpp.v201.smart_charging import *
from libs.ocpp.v201.status import *
from libs.ocpp.v201.tariff_and_cost import *
from libs.ocpp.v201.transactions import *
