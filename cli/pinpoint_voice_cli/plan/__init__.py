"""The command `plan`: what a deployment will do to each voice channel, by the handler's own decisions.

`stacks.py` reads what is deployed. `from_template.py`, `from_change_set.py` and `from_deletion.py` tell what
CloudFormation would do; `decide.py` hands each step of that to the handler's decisions.py, with the facts as
they would be then; `outcome.py` is what comes of it. `template.py` reads a template, and `values.py` tells
what its expressions stand for.
"""
