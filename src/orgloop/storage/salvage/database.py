"""A damaged database: its tables by name, what is left of their rows, and the strays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import define, field

from orgloop.storage.salvage.cells import Cell, Node
from orgloop.storage.salvage.images import images_of
from orgloop.storage.salvage.trees import Trees

Fits = Callable[[Cell], bool]
"""Whether a cell has the form of a row of one table."""


@define(eq=False)
class Wreck:
    """What can still be read of a database. Ask for tables first, for strays when all were read."""

    trees: Trees
    doubtful: list[int] = field(factory=list)
    """Pages of which not everything could be read; see `earlier`."""
    _is_incomplete: bool = field(default=False, init=False)
    _roots: dict[str, int] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._roots = dict(self._read_roots())

    def _read_roots(self) -> Iterator[tuple[str, int]]:
        for cell in self.trees.cells(1):
            match cell.record:
                case ("table", str(name), _, int(root), *_):
                    yield name, root

    @property
    def has_gaps(self) -> bool:
        """Whether something of what was read so far could not be."""
        return bool(self.trees.is_broken or self._is_incomplete or self.doubtful)

    def rows(self, table: str, fits: Fits) -> Iterator[Cell]:
        """Yield the rows of a table that its tree leads to, in order; none if its root is lost."""
        root = self._roots.get(table)
        if root is None:
            self._is_incomplete = True
            return
        for page, node in self.trees.leaves(root):
            yield from self._fitting(page, node, fits)

    def strays(self, fits: Fits) -> Iterator[Cell]:
        """Yield what looks like a row of a table, on pages that nothing leads to any more."""
        for page, node in list(self.trees.strays()):
            cells = [cell for cell in node.cells() if fits(cell)]
            if 2 * len(cells) >= node.size:
                self.doubtful += [page] * (len(cells) < node.size)
                yield from cells

    def earlier(self, fits: Fits) -> Iterator[Cell]:
        """Yield what stood on pages that cannot be read whole, before they were last written."""
        for page in self.doubtful:
            for node in self.trees.older(page):
                yield from filter(fits, node.cells())

    def unread(self) -> Iterator[bytes]:
        """Yield every image of the pages that were not read, or not whole."""
        yield from self.trees.unread(self.doubtful)

    def everything(self) -> Iterator[bytes]:
        """Yield every image of every page."""
        images = self.trees.images
        for page in range(1, images.count + 1):
            yield from images.of(page)

    def _fitting(self, page: int, node: Node, fits: Fits) -> Iterator[Cell]:
        cells = list(self.trees.cells_of(node))
        fitting = [cell for cell in cells if fits(cell)]
        if len(fitting) < node.size:
            self.doubtful.append(page)
        if node.size and not fitting:
            self.trees.disown(page)
        yield from fitting


@contextmanager
def wreck_of(path: Path) -> Iterator[Wreck]:
    """Look at a damaged database for as long as the block lasts."""
    with images_of(path) as images:
        yield Wreck(Trees(images))
