"""Of versions that come in any order the latest goes out, and carries the others."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from orgloop.delivery import DeliveryState
from orgloop.records import Debounce, Gather, Ready
from orgloop.storage.queue import SQLiteDeliveryQueue
from orgloop.testing.storage_records import PROJECT, batch, new_delivery, settlement
from support.storage import InlineWorker, result_of

_QUIET = 4
_COMING = st.tuples(st.integers(0, _QUIET - 1), st.integers(0, 4), st.sampled_from([None, "k"]))


@settings(max_examples=40, deadline=None)
@given(st.lists(_COMING, min_size=1, max_size=8))
def test_the_latest_version_goes_out_once(coming: list[tuple[int, int, str | None]]) -> None:
    with tempfile.TemporaryDirectory() as root:
        path = Path(root) / "queue.db"
        queue = result_of(SQLiteDeliveryQueue.open(path, PROJECT, InlineWorker))
        now, latest = 100, (-1, 0)
        for seq, (later, version, order_key) in enumerate(coming, 1):
            now += later
            how = Debounce(quiet_ms=_QUIET, max_ms=1000, version=version)
            ready = Ready(order_key=order_key, due_at=now, gather=Gather(key="c", how=how))
            result_of(queue.route(batch(new_delivery(seq, ready=ready))))
            latest = max(latest, (version, seq))

        assert result_of(queue.claim("actor", 9, now + _QUIET - 1)) == []
        [claim] = result_of(queue.claim("actor", 9, now + _QUIET))
        assert claim.event_seq == latest[1]
        result_of(queue.settle(settlement(claim, now=now)))
        carried = [one.event_seq for one in result_of(queue.merged([claim.id]))]
        assert sorted([*carried, claim.event_seq]) == list(range(1, len(coming) + 1))
        assert {state for _, _, state in queue.counts()} <= {
            DeliveryState.MERGED,
            DeliveryState.DELIVERED,
        }
        result_of(queue.close())
