"""What clients may send: a struct for each body, with the limits of every name and number.

Unknown fields are refused, so that a misspelled one is not silently without effect.
"""
