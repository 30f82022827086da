"""The normaliser: what Linear says about one change becomes one event draft.

Both connectors use it, so that the same change has the same payload and provenance whether it was
polled or delivered. An issue and who changed it are read into `Issue` and `Author` (`reading`),
a change into a `Change` (`changes`), and `drafts` writes the events. All drafts are
``resource.changed``; ``provenance.platform_event`` is one of `KINDS`.

``provenance.resource_id`` names the change by what both connectors know of it, so that ``dedup``
over it joins what both report. The keys of changes differ: a webhook does not say which entry of an
issue's history it is about, and an entry does not say to which webhooks it led.
"""

KINDS = (
    "issue.created",
    "issue.state_changed",
    "issue.assignee_changed",
    "issue.priority_changed",
    "issue.labels_changed",
    "issue.delegate_changed",
    "comment.created",
)
"""What ``provenance.platform_event`` may be, and what ``events`` chooses from."""
