"""Configuration keys of 1.6 as variables of 2.x: those that mean the same share a name."""

from libs.ocpp import v16
from services.devices.variable import Place, Told, clean

COMPONENT = "Configuration"
"""Keys that 2.x has no variable for are variables of this component; it is in no specification."""

VARIABLES: dict[str, str] = {
    "AdditionalRootCertificateCheck": "SecurityCtrlr.AdditionalRootCertificateCheck",
    "AllowOfflineTxForUnknownId": "AuthCtrlr.OfflineTxForUnknownIdEnabled",
    "AuthorizationCacheEnabled": "AuthCacheCtrlr.Enabled",
    "AuthorizationKey": "SecurityCtrlr.BasicAuthPassword",
    "AuthorizeRemoteTxRequests": "AuthCtrlr.AuthorizeRemoteStart",
    "CertificateSignedMaxChainSize": "SecurityCtrlr.MaxCertificateChainSize",
    "ChargeProfileMaxStackLevel": "SmartChargingCtrlr.ProfileStackLevel",
    "ChargingScheduleAllowedChargingRateUnit": "SmartChargingCtrlr.RateUnit",
    "ChargingScheduleMaxPeriods": "SmartChargingCtrlr.PeriodsPerSchedule",
    "ClockAlignedDataInterval": "AlignedDataCtrlr.Interval",
    "ConnectionTimeOut": "TxCtrlr.EVConnectionTimeOut",
    "ConnectorSwitch3to1PhaseSupported": "SmartChargingCtrlr.Phases3to1",
    "CpoName": "SecurityCtrlr.OrganizationName",
    "GetConfigurationMaxKeys": "DeviceDataCtrlr.ItemsPerMessage[GetVariables]",
    "HeartbeatInterval": "OCPPCommCtrlr.HeartbeatInterval",
    "LocalAuthListEnabled": "LocalAuthListCtrlr.Enabled",
    "LocalAuthorizeOffline": "AuthCtrlr.LocalAuthorizeOffline",
    "LocalPreAuthorize": "AuthCtrlr.LocalPreAuthorize",
    "MaxEnergyOnInvalidId": "TxCtrlr.MaxEnergyOnInvalidId",
    "MeterValueSampleInterval": "SampledDataCtrlr.TxUpdatedInterval",
    "MeterValuesAlignedData": "AlignedDataCtrlr.Measurands",
    "MeterValuesSampledData": "SampledDataCtrlr.TxUpdatedMeasurands",
    "ReserveConnectorZeroSupported": "ReservationCtrlr.NonEvseSpecific",
    "ResetRetries": "OCPPCommCtrlr.ResetRetries",
    "SecurityProfile": "SecurityCtrlr.SecurityProfile",
    "SendLocalListMaxLength": "LocalAuthListCtrlr.ItemsPerMessage",
    "StopTransactionOnEVSideDisconnect": "TxCtrlr.StopTxOnEVSideDisconnect",
    "StopTransactionOnInvalidId": "TxCtrlr.StopTxOnInvalidId",
    "StopTxnAlignedData": "AlignedDataCtrlr.TxEndedMeasurands",
    "StopTxnSampledData": "SampledDataCtrlr.TxEndedMeasurands",
    "SupportedFileTransferProtocols": "OCPPCommCtrlr.FileTransferProtocols",
    "TransactionMessageAttempts": "OCPPCommCtrlr.MessageAttempts[TransactionEvent]",
    "TransactionMessageRetryInterval": "OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]",
    "UnlockConnectorOnEVSideDisconnect": "OCPPCommCtrlr.UnlockOnEVSideDisconnect",
    "WebSocketPingInterval": "OCPPCommCtrlr.WebSocketPingInterval",
}
"""Only where both mean the same: a length of 1.6 that is the maxLimit of a variable is not here."""


def named(name: str) -> Place:
    """``Component.Variable[Instance]`` of a station as a whole, or a key of 1.6."""
    component, dot, rest = name.partition(".")
    if not dot:
        return of(name)
    variable, bracket, instance = rest.partition("[")
    return Place(component, variable, variable_instance=instance.rstrip("]") if bracket else None)


PLACES = {key.casefold(): named(variable) for key, variable in VARIABLES.items()}
KEYS = {named(variable).folded: key for key, variable in VARIABLES.items()}


def of(key: str) -> Place:
    """Where a key stands in the device model."""
    return PLACES.get(key.casefold()) or Place(COMPONENT, key)


def key_of(place: Place) -> str | None:
    """The key that 1.6 has for a variable; None when it has none."""
    if place.component.casefold() == COMPONENT.casefold():
        return place.variable
    return KEYS.get(place.folded)


def reported(values: list[v16.KeyValue]) -> list[Told]:
    """Of the configurationKey of a GetConfiguration response."""
    return [
        Told(
            of(clean(item.key)),
            value=None if item.value is None else clean(item.value),
            mutability="ReadOnly" if item.readonly else "ReadWrite",
            key=clean(item.key),
        )
        for item in values
    ]
