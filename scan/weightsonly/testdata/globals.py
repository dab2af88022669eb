"""Prints the globals that the installed torch allows with weights_only=True.

    python3 globals.py > list

One name a line, sorted. globals.txt in the folder above begins with what this
prints under torch 1.13.
"""

from torch._weights_only_unpickler import _get_allowed_globals

print("\n".join(sorted(_get_allowed_globals())))
