"""What goes into the event log and the queue, and what comes out.

Times are milliseconds since the Unix epoch. Moments at which something falls due (``due_at``,
``deadline``, ``expires_at``, and what they are compared with) are *queue time*: it begins as wall
clock and never jumps while a runtime runs, nor goes back from one run to the next. Between two runs
it goes on by what the wall clock says has passed.
"""

from orgloop.records.attempts import Claim, Member, Overdue, Overflow, Settlement
from orgloop.records.events import Appended, EventQuery, EventRecord, NewEvent, tracking_id_of
from orgloop.records.inboxes import Drained, Inbox
from orgloop.records.questions import DeliveryQuery
from orgloop.records.queue_time import NotedTime
from orgloop.records.routing import (
    Again,
    Batch,
    Change,
    Debounce,
    Gather,
    Matched,
    MemoryWrite,
    NewDelivery,
    Ready,
    Recalled,
    RoutedBatch,
    Step,
    Transformed,
)

__all__ = [
    "Again",
    "Appended",
    "Batch",
    "Change",
    "Claim",
    "Debounce",
    "DeliveryQuery",
    "Drained",
    "EventQuery",
    "EventRecord",
    "Gather",
    "Inbox",
    "Matched",
    "Member",
    "MemoryWrite",
    "NewDelivery",
    "NewEvent",
    "NotedTime",
    "Overdue",
    "Overflow",
    "Ready",
    "Recalled",
    "RoutedBatch",
    "Settlement",
    "Step",
    "Transformed",
    "tracking_id_of",
]
