"""The world around the handler, once for each level: what tests, the fault lab and the benchmarks share.

- Events and Lambda's context: `events.py`, `context.py`.
- In memory, where nothing is waited for: `in_memory.py` runs the whole handler on an event. `fakes.py` has
  clients that refuse what is not expected, `model_cloud.py` sends events as CloudFormation does, and
  `with_moto.py` has moto's channels.
- Over sockets: `function.py` runs a handler as a process, which is `worker.py`. `proxy.py` serves what
  `inbox.py`, `pinpoint.py` and `stack.py` answer, with the faults of `faults.py`.
- Deployed on a local cloud: `provider.py` deploys the provider, and `engine.py` stacks of channels.
- Beside it: `documents.py` has the code blocks of the documents.
"""
