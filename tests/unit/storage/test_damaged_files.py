"""Files that were cut or changed: nothing is lost without a word, all that is readable is kept.

``DAMAGE_CUTS`` and ``DAMAGE_FLIPS`` in the environment widen the sweep: how many blocks of 512
bytes are cut off the end of each file one after another, and how many bytes are flipped in each.
"""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

import pytest

from support.damage import BLOCK, Original, cut_to, flip

CUTS = int(os.environ.get("DAMAGE_CUTS", "10"))
FLIPS = int(os.environ.get("DAMAGE_FLIPS", "12"))


@pytest.fixture(scope="module", params=["closed", "killed"])
def original(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Original:
    root = tmp_path_factory.mktemp(request.param)
    return Original.made(root, 40, killed=request.param == "killed")


def test_a_file_cut_at_any_block_near_its_end_loses_nothing_silently(
    original: Original, tmp_path: Path
) -> None:
    for part in original.parts():
        size = (original.root / "data" / part).stat().st_size
        for blocks in range(1, min(CUTS, size // BLOCK) + 1):
            cut = size - blocks * BLOCK
            original.damaged(tmp_path / "copy", part, cut_to(cut)).verify()


def test_a_flipped_byte_loses_nothing_silently(original: Original, tmp_path: Path) -> None:
    random = Random(7)
    for part in original.parts():
        size = (original.root / "data" / part).stat().st_size
        for _ in range(FLIPS):
            at, mask = random.randrange(size), random.randrange(1, 256)
            original.damaged(tmp_path / "copy", part, flip(at, mask)).verify()


def test_a_whole_page_of_garbage_costs_what_stood_on_it(original: Original, tmp_path: Path) -> None:
    random = Random(3)
    for part in original.parts():
        size = (original.root / "data" / part).stat().st_size
        for page in random.sample(range(size // 4096), k=min(5, size // 4096)):

            def overwrite(file: Path, page: int = page) -> None:
                with file.open("r+b") as opened:
                    opened.seek(page * 4096)
                    opened.write(random.randbytes(4096))

            original.damaged(tmp_path / "copy", part, overwrite).verify()
