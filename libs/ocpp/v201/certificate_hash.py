from typing import Literal

from msgspec import field

from libs.ocpp.extensible import Extensible
from libs.ocpp.scalar import Str40, Str128, Str512

HashAlgorithm = Literal["SHA256", "SHA384", "SHA512"]


class CertificateHashData(Extensible):
    hash_algorithm: HashAlgorithm
    issuer_name_hash: Str128
    issuer_key_hash: Str128
    serial_number: Str40
    """Hexadecimal, without leading zeros."""


class OCSPRequestData(Extensible):
    hash_algorithm: HashAlgorithm
    issuer_name_hash: Str128
    issuer_key_hash: Str128
    serial_number: Str40
    """Hexadecimal, without leading zeros."""
    responder_url: Str512 = field(name="responderURL")
