"""Tells what a check has found: as a line of CloudWatch's embedded metric format.

CloudWatch makes metrics of it, from the function's own log and without an additional permission.
Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
import sys
import time
from collections.abc import Callable, Mapping

NAMESPACE = "PinpointVoiceChannel"
DIMENSION = "Monitor"
DRIFTED = "Drifted"
"""How many channels are not as the template wants them, after healing."""
HEALED = "Healed"
"""How many channels a check has changed to what the template wants."""


def tell(
    monitor: str, counts: Mapping[str, int], more: Mapping[str, object], redact: Callable[[str], str]
) -> None:
    """Write the line to standard output, as Powertools does.

    Not through the log, whose records are JSON of another form, and whose level may leave the line out.

    Args:
        monitor: The value of the dimension.
        counts: The metrics.
        more: What else to report.
        redact: Takes credentials out of a text.
    """
    definition = {
        "Namespace": NAMESPACE,
        "Dimensions": [[DIMENSION]],
        "Metrics": [{"Name": name, "Unit": "Count"} for name in counts],
    }
    line = {
        "_aws": {"Timestamp": round(time.time() * 1000), "CloudWatchMetrics": [definition]},
        DIMENSION: monitor,
        **counts,
        **more,
    }
    sys.stdout.write(json.dumps(_redacted(line, redact)) + "\n")
    sys.stdout.flush()


def _redacted(value: object, redact: Callable[[str], str]) -> object:
    # Before it is JSON, whose escaping a secret must not take away with it.
    match value:
        case str():
            return redact(value)
        case dict():
            return {name: _redacted(member, redact) for name, member in value.items()}
        case list():
            return [_redacted(member, redact) for member in value]
        case _:
            return value
