"""The command `takeover`: moves native voice channels of a template to ours, in two deployments.

`template.py` reads a template with the positions of what is in it, `data.py` has what it says without its
layout. `channels.py` finds the voice channels in it. `first_step.py` and `second_step.py` edit it at those
positions, by `layout.py`; `references.py` follows what refers to a channel. `check.py` compares what was
written with what was wanted. `deployed.py` reads the stack, `dependencies.py` and `values.py` follow what a
channel depends on, `next_step.py` decides, `command.py` prints.
"""
