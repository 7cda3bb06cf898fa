"""The entry of `pinpoint-voice` and of `python -m pinpoint_voice_cli`; says so where its extra is missing."""

import sys

_EXTRA = frozenset({"boto3", "botocore", "click", "rich", "yaml"})


def main() -> None:
    """Run the command of the process, and end it."""
    try:
        from pinpoint_voice_cli.main import main as run
    except ModuleNotFoundError as error:
        if error.name not in _EXTRA:
            raise
        sys.exit(
            f"Error: pinpoint-voice needs {error.name}, which is not installed. Install "
            "pinpoint-voice-channel with the extra cli: pip install '<its folder or wheel>[cli]'"
        )
    run()


if __name__ == "__main__":
    main()
