"""A fault lab: the real handler in a process of its own, with real faults on the sockets around it.

A case gives the handler an event while the local Pinpoint, CloudFormation or the endpoint for answers fails
in one way; then the same event again; then, with the fault over, what CloudFormation sends to undo it, or to
repeat it. The handler knows nothing of the lab: the variables of its environment alone lead it here.
"""
