"""OCPP 2.1 Edition 1: all 91 actions."""

# ruff: noqa: F403 - what a module of this package declares, the package offers

from libs.ocpp.v21.authorization import *
from libs.ocpp.v21.availability import *
from libs.ocpp.v21.battery_swap import *
from libs.ocpp.v21.bidirectional import *
from libs.ocpp.v21.certificate_hash import *
from libs.ocpp.v21.certificates import *
from libs.ocpp.v21.charging_needs import *
from libs.ocpp.v21.charging_profile import *
from libs.ocpp.v21.cost import *
from libs.ocpp.v21.data_transfer import *
from libs.ocpp.v21.der_control import *
from libs.ocpp.v21.der_setting import *
from libs.ocpp.v21.device_model import *
from libs.ocpp.v21.diagnostics import *
from libs.ocpp.v21.display import *
from libs.ocpp.v21.firmware import *
from libs.ocpp.v21.id_token import *
from libs.ocpp.v21.local_list import *
from libs.ocpp.v21.message_content import *
from libs.ocpp.v21.meter import *
from libs.ocpp.v21.meter_values import *
from libs.ocpp.v21.monitor import *
from libs.ocpp.v21.network_profile import *
from libs.ocpp.v21.price_schedule import *
from libs.ocpp.v21.provisioning import *
from libs.ocpp.v21.remote_control import *
from libs.ocpp.v21.report import *
from libs.ocpp.v21.reservation import *
from libs.ocpp.v21.sales_tariff import *
from libs.ocpp.v21.security import *
from libs.ocpp.v21.smart_charging import *
from libs.ocpp.v21.status import *
from libs.ocpp.v21.tariff import *
from libs.ocpp.v21.tariff_and_cost import *
from libs.ocpp.v21.transactions import *
