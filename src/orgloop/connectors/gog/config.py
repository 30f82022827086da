"""What a project says about the mail it wants to hear of."""

from __future__ import annotations

from attrs import frozen

from orgloop.options import option


@frozen(kw_only=True)
class GogConfig:
    """Which mail, of whom, and how the program is run."""

    account: str | None = option(
        "The account; without it the one gog uses by default.", default=None
    )
    query: str = option("Which messages, in Gmail's own syntax.", default="in:inbox newer_than:1d")
    binary_path: str = option(
        "The program; a path with a slash begins at the YAML file.", default="gog"
    )
    gog_client: str | None = option(
        "Which of gog's OAuth clients to use (`--client`).", default=None
    )
    fetch_body: bool = option("Whether the payload holds the message's text.", default=False)
    max_per_poll: int = option(
        "How many messages are asked for at a time.", default=50, minimum=1, maximum=500
    )
