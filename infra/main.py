"""Becomes the archive's main.py: one archive, many functions. Imports only the one that FUNCTION_TARGET names."""

import importlib
import os

from shared import wiring

_target = os.environ["FUNCTION_TARGET"]
globals()[_target] = getattr(importlib.import_module(f"functions.{_target}.main"), _target)

wiring.start()  # a wrong setting stops the deployment here, and not the first ticket
