"""The local cloud's commands: see ``python -m local_cloud --help``."""

import sys


def main() -> int:
    """Run one command and return the exit code; Ctrl-C ends it with one line."""
    try:
        # Not before, since loading takes long enough to be interrupted, too.
        from local_cloud import commands

        return commands.main()
    except KeyboardInterrupt:
        print("Interrupted; nothing is left running.", file=sys.stderr)  # noqa: T201  # for a person
        return 130  # as shells have it


if __name__ == "__main__":
    sys.exit(main())
