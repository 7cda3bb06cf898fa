"""The world around the handler, once for each level: what tests, the fault lab and the benchmarks share.

- Events and Lambda's context: `events.py`, `context.py`.
- In memory, where nothing is waited for: `in_memory.py` runs the whole handler on an event. `fakes.py` has
  clients that refuse what is not expected, `model_cloud.py` sends events as CloudFormation does, and
  `with_moto.py` has moto's channels.
- Over sockets: `function.py` runs a handler as a process, which is `worker.py`. `proxy.py` serves what
  `inbox.py`, `pinpoint.py` and `stack.py` answer, with the faults of `faults.py`; `connect_proxy.py` opens
  tunnels to them. `runtime_client.py` runs a handler in AWS's own runtime client.
- Deployed on a local cloud: `provider.py` deploys the provider, `engine.py` stacks of channels, and
  `planned_engine.py` asks the command for a plan before.
  `contract_adapter.py` makes a resource provider of the deployed function.
- Accounts that the command's `plan` reads: `plan_account.py` is made up, `model_account.py` is that of the
  small cloud, `local_account.py` that of a local cloud.
- Installed: `consumer.py` has the wheel, and an app of somebody who uses it.
- For checks of the documents: `documents.py` reads their code blocks.
"""
