"""The command `list`: every voice channel, and who manages it.

`command.py` has the options and `report.py` what is printed; `region.py` reads a Region, of which `stacks.py`
finds what the stacks manage, and `wanted.py` what their templates want.
"""
