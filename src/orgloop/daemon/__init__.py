"""The process: its start under twistd, its signals, its log, its orderly end.

Read `tap` (what is checked before the fork), then `service` (from the fork to the last file
removed), `startup` and `shutdown`. `launch` says how one process of ours starts another. The rooms:
`log`, `mishaps`, `telling`, `managers`, `succession` and `supervisor`.
"""
