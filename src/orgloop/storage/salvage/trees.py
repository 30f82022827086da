"""Walk the trees of a damaged database, and find the leaves that nothing leads to any more."""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator, Sequence

from attrs import define, field

from orgloop.storage.salvage.cells import INDEX_LEAF, TABLE_LEAF, Cell, Node, node_of
from orgloop.storage.salvage.images import Images

_DEEPEST = 20


@define(eq=False)
class Trees:
    """One walk through a database. What it goes by is noted: pages seen, and what was broken."""

    images: Images
    _seen: set[int] = field(factory=set)
    _broken: set[int] = field(factory=set)

    @property
    def is_broken(self) -> bool:
        """Whether a page that a walk was led to could not be read as it was last written."""
        return bool(self._broken)

    def leaves(self, root: int) -> Iterator[tuple[int, Node]]:
        """Yield the pages with entries below ``root``, in order; of an index inner ones too."""
        yield from self._walk(root, 0)

    def cells(self, root: int) -> Iterator[Cell]:
        """Yield what can be read of a tree, in order of its keys (an index's inner ones late)."""
        for _, node in self.leaves(root):
            yield from self.cells_of(node)

    def cells_of(self, node: Node) -> Iterator[Cell]:
        """Yield the cells of one page."""
        for cell in node.cells():
            self._seen.update(cell.overflow)
            yield cell

    def strays(self) -> Iterator[tuple[int, Node]]:
        """Yield the leaves that no walk came by and that are not free."""
        free = set(self._free_pages())
        for page in range(2, self.images.count + 1):
            if page not in self._seen and page not in free:
                node = self._node(page)
                if node is not None and node.kind in (TABLE_LEAF, INDEX_LEAF) and node.size:
                    yield page, node

    def disown(self, page: int) -> None:
        """Count a page as a stray: a walk came by it, but what it holds belongs elsewhere."""
        self._seen.discard(page)

    def unread(self, doubtful: Collection[int]) -> Iterator[bytes]:
        """Yield the images of pages that no walk came by, free ones apart, and of doubtful ones."""
        known = (self._seen | set(self._free_pages())) - self._broken - set(doubtful)
        for page in range(2, self.images.count + 1):
            if page not in known:
                yield from self.images.of(page)

    def older(self, page: int) -> Iterator[Node]:
        """Yield what a page was before, the newest first."""
        for content in list(self.images.of(page))[1:]:
            node = node_of(self.images, page, content)
            if node is not None:
                yield node

    def _walk(self, page: int, depth: int) -> Iterator[tuple[int, Node]]:
        if page in self._seen or depth > _DEEPEST:
            return
        self._seen.add(page)
        node = self._node(page)
        if node is None or not self._is_latest(page, node):
            self._broken.add(page)
        if node is None:
            return
        yield page, node
        for child in node.children:
            yield from self._walk(child, depth + 1)

    def _node(self, page: int) -> Node | None:
        """Return the newest image of a page that is a page of a tree."""
        if not 0 < page <= self.images.count:
            return None
        for content in self.images.of(page):
            node = node_of(self.images, page, content)
            if node is not None:
                return node
        return None

    def _is_latest(self, page: int, node: Node) -> bool:
        return node.content == self.images.latest(page)

    def _free_pages(self) -> Iterator[int]:
        first = self.images.latest(1)
        trunk = struct.unpack_from(">I", first, 32)[0] if first is not None else 0
        done: set[int] = set()
        while 0 < trunk <= self.images.count and trunk not in done:
            done.add(trunk)
            yield trunk
            content = self.images.latest(trunk)
            if content is None:
                return
            following, count = struct.unpack_from(">II", content)
            yield from _numbers(content, min(count, self.images.usable // 4 - 2))
            trunk = following


def _numbers(content: bytes, count: int) -> Sequence[int]:
    return struct.unpack_from(f">{count}I", content, 8)
