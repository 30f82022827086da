"""Run what a page of the documentation shows, and compare.

A page is one session: everything in it happens in order, in one fresh directory, with a home of its
own. Blocks of ``console`` hold commands behind ``$ `` and what they print. What a reader does by
hand stands in a comment right before a block:

``<!-- file: NAME -->``
    the block is the content of this file;
``<!-- first terminal -->``
    the block shows what the runtime says that was started in the foreground;
``<!-- not run: REASON -->``
    the block cannot be run here.

``<!-- run: … -->``, wherever it stands, holds commands that a reader need not see.
"""
