"""The options of ``file``."""

from __future__ import annotations

from pathlib import Path

from attrs import frozen

from orgloop.durations import Duration
from orgloop.loggers.phases import FilterOptions
from orgloop.options import option
from orgloop.sdk.rotating import Rotation
from orgloop.sizes import Size


@frozen(kw_only=True)
class RotationOptions:
    """When the file is put aside, and what becomes of those put aside."""

    max_size: Size = option(
        "The file is put aside before it grows beyond this.",
        default=Size(100_000_000),
        minimum=Size(1),
    )
    max_age: Duration = option(
        "The file is put aside when its first line is older; one put aside for longer is deleted.",
        default=Duration(7 * 86_400_000),
        minimum=Duration(1),
    )
    max_files: int = option("How many put aside are kept.", default=10, minimum=0)
    compress: bool = option("Whether they are compressed with gzip.", default=True)

    @property
    def rotation(self) -> Rotation:
        return Rotation(
            max_bytes=self.max_size.bytes,
            max_age_ms=self.max_age.milliseconds,
            max_files=self.max_files,
            compress=self.compress,
        )


@frozen(kw_only=True)
class BufferOptions:
    """How long entries may wait to be written together."""

    size: int = option("Written when so many entries wait.", default=100, minimum=1)
    flush_interval: Duration = option("Written at the latest after this.", default=Duration(1_000))


@frozen(kw_only=True)
class FileConfig:
    """Where log entries are written, and which."""

    path: Path | None = option(
        "The file; its directory is made if need be. Default: `~/.orgloop/logs/orgloop.log`.",
        default=None,
    )
    rotation: RotationOptions = option("How the file is rotated.", factory=RotationOptions)
    buffer: BufferOptions = option("How writing is gathered.", factory=BufferOptions)
    filter: FilterOptions = option("Which entries are written.", factory=FilterOptions)
    format: str | None = option(
        "", default=None, ignored="entries are always written as JSON lines"
    )

    def path_in(self, home: Path) -> Path:
        """Return the file, whether it is said or follows."""
        return self.path or home / "logs" / "orgloop.log"
