"""What is deployed: the size of the functions' code, and of the templates."""

import json
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from benchmarks.apps import LIMITED, OURS, WAYS, WITH_FUNCTION, Synthesized, Way, synthesized
from benchmarks.drawing import Chart
from benchmarks.table import Table

_LIMIT_KB = 60
_COUNTS = (1, 100)
_QUICK_COUNTS = (1, 5)

_ASSET_NOTE = """\
The packages of the peers come without their metadata (`*.dist-info`), which is the least that they can
be."""
_TEMPLATE_NOTE = """\
- The one resource more than a plain function: the log group, which has a retention and goes with the
  stack, and the limits on Lambda's retries, but no policy, which is part of the role. A plain function's
  log group is made by Lambda: it is in no template, keeps everything and stays. The second target
  compares with crhelper's where both are declared.
- The bytes more, of each channel: ServiceTimeout, without which CloudFormation waits an hour, OnExisting,
  and the dependency on the limits on Lambda's retries."""


def assets(quick: bool) -> Table:
    """Zip the code of each way's functions."""
    sizes = {way: _zipped(synthesized(quick)[way].assets.values()) for way in WITH_FUNCTION}
    return Table(
        title="Asset",
        how="The code of the functions, zipped, without boto3, which Lambda's runtime has.",
        targets={f"less than {_LIMIT_KB} KB": sizes[OURS][0] < _LIMIT_KB * 1000},
        columns=("Way", "Zipped", "Files", "Functions"),
        rows=[
            (way.name, f"{size / 1000:.1f} KB", str(files), str(functions))
            for way, (size, files, functions) in sizes.items()
        ],
        chart=Chart(
            "KB",
            {"Zipped": {way.name: round(size / 1000, 1) for way, (size, *_) in sizes.items()}},
            OURS.name,
        ),
        note=_ASSET_NOTE,
    )


def templates(quick: bool) -> Table:
    """Count the resources and the bytes of the templates."""
    counts = _QUICK_COUNTS if quick else _COUNTS
    found = {way: [_size(synthesized(quick)[way], count) for count in counts] for way in WAYS}
    return Table(
        title="Template",
        how="The templates that the CDK writes, for so many channels.",
        targets={
            "fewest of all that manage the channel through a function": fewest(found, WITH_FUNCTION),
            "fewest of those whose logs and retries are limited": fewest(found, (OURS, LIMITED)),
        },
        columns=("Way", *(f"{what}, {count}" for count in counts for what in ("Resources", "Bytes"))),
        rows=[
            (way.name, *(str(number) for size in sizes for number in size)) for way, sizes in found.items()
        ],
        chart=Chart(
            "KB",
            {
                f"Template of {count} channels": {
                    way.name: round(sizes[number][1] / 1000, 1) for way, sizes in found.items()
                }
                for number, count in enumerate(counts)
            },
            OURS.name,
        ),
        note=_TEMPLATE_NOTE,
    )


def fewest(found: Mapping[Way, Sequence[tuple[int, int]]], ways: Iterable[Way]) -> bool:
    """Tell whether none of the ways has fewer resources."""
    return all(
        ours <= other for way in ways for (ours, _), (other, _) in zip(found[OURS], found[way], strict=True)
    )


def _size(way: Synthesized, channels: int) -> tuple[int, int]:
    template = way.with_channels(channels)
    # Indented as the CDK writes it.
    return len(template["Resources"]), len(json.dumps(template, indent=1, ensure_ascii=False).encode())


def _zipped(folders: Iterable[Path]) -> tuple[int, int, int]:
    """Return the bytes of the zips, and how many files and zips there are."""
    sizes = []
    with tempfile.TemporaryDirectory() as directory:
        for folder in folders:
            archive = shutil.make_archive(str(Path(directory, "code")), "zip", folder)
            files = sum(path.is_file() for path in folder.rglob("*"))
            sizes.append((Path(archive).stat().st_size, files))
    return sum(size for size, _ in sizes), sum(files for _, files in sizes), len(sizes)
