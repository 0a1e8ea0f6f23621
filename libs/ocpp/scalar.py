"""The values that fields are made of, with the limits of the schemas.

A text's limit counts characters, not bytes. Integers are signed and have 32 bits.
"""

from datetime import datetime
from typing import Annotated, TypeVar

from msgspec import Meta

T = TypeVar("T")

INT_MIN, INT_MAX = -(2**31), 2**31 - 1

Int = Annotated[int, Meta(ge=INT_MIN, le=INT_MAX)]
Natural = Annotated[int, Meta(ge=0, le=INT_MAX)]
Positive = Annotated[int, Meta(ge=1, le=INT_MAX)]
Phases = Annotated[int, Meta(ge=0, le=3)]
Percent = Annotated[int, Meta(ge=0, le=100)]
PercentFloat = Annotated[float, Meta(ge=0, le=100)]
NonPositive = Annotated[float, Meta(le=0)]
Tenths = Annotated[float, Meta(extra_json_schema={"multipleOf": 0.1})]
"""At most one decimal. 21.4 is no multiple of 0.1 in binary, so ``codec`` decides, not msgspec."""

Time = Annotated[datetime, Meta(tz=True)]
"""RFC 3339 with a zone; ``codec.encode`` writes UTC with at most milliseconds."""

Str3 = Annotated[str, Meta(max_length=3)]
Str6 = Annotated[str, Meta(max_length=6)]
Str8 = Annotated[str, Meta(max_length=8)]
Str16 = Annotated[str, Meta(max_length=16)]
Str20 = Annotated[str, Meta(max_length=20)]
Str25 = Annotated[str, Meta(max_length=25)]
Str32 = Annotated[str, Meta(max_length=32)]
Str36 = Annotated[str, Meta(max_length=36)]
Str40 = Annotated[str, Meta(max_length=40)]
Str48 = Annotated[str, Meta(max_length=48)]
Str50 = Annotated[str, Meta(max_length=50)]
Str60 = Annotated[str, Meta(max_length=60)]
Str64 = Annotated[str, Meta(max_length=64)]
Str80 = Annotated[str, Meta(max_length=80)]
Str88 = Annotated[str, Meta(max_length=88)]
Str100 = Annotated[str, Meta(max_length=100)]
Str128 = Annotated[str, Meta(max_length=128)]
Str160 = Annotated[str, Meta(max_length=160)]
Str200 = Annotated[str, Meta(max_length=200)]
Str255 = Annotated[str, Meta(max_length=255)]
Str256 = Annotated[str, Meta(max_length=256)]
Str500 = Annotated[str, Meta(max_length=500)]
Str512 = Annotated[str, Meta(max_length=512)]
Str800 = Annotated[str, Meta(max_length=800)]
Str1000 = Annotated[str, Meta(max_length=1000)]
Str1024 = Annotated[str, Meta(max_length=1024)]
Str2000 = Annotated[str, Meta(max_length=2000)]
Str2500 = Annotated[str, Meta(max_length=2500)]
Str5500 = Annotated[str, Meta(max_length=5500)]
Str5600 = Annotated[str, Meta(max_length=5600)]
Str7500 = Annotated[str, Meta(max_length=7500)]
Str10000 = Annotated[str, Meta(max_length=10000)]
Str11000 = Annotated[str, Meta(max_length=11000)]
Str17000 = Annotated[str, Meta(max_length=17000)]
Str18000 = Annotated[str, Meta(max_length=18000)]
Str32768 = Annotated[str, Meta(max_length=32768)]

OneOrMore = Annotated[list[T], Meta(min_length=1)]
UpTo3 = Annotated[list[T], Meta(min_length=1, max_length=3)]
UpTo4 = Annotated[list[T], Meta(min_length=1, max_length=4)]
UpTo5 = Annotated[list[T], Meta(min_length=1, max_length=5)]
UpTo7 = Annotated[list[T], Meta(min_length=1, max_length=7)]
UpTo8 = Annotated[list[T], Meta(min_length=1, max_length=8)]
UpTo10 = Annotated[list[T], Meta(min_length=1, max_length=10)]
UpTo20 = Annotated[list[T], Meta(min_length=1, max_length=20)]
UpTo24 = Annotated[list[T], Meta(min_length=1, max_length=24)]
UpTo100 = Annotated[list[T], Meta(min_length=1, max_length=100)]
UpTo1024 = Annotated[list[T], Meta(min_length=1, max_length=1024)]
