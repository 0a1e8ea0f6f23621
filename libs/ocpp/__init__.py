"""OCPP as plain data: no I/O, nothing but msgspec.

``v16``, ``v201`` and ``v21`` hold every message as a type, by functional block; ``catalog`` finds
them by action. ``frame`` reads and writes the arrays on the socket, ``codec`` the payloads in them:
``check`` says what is wrong with one, ``repair`` mends it, both along its ``shape``. ``fault``
knows the error codes and how each version spells them.
"""
