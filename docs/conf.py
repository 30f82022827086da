"""Make a site of these pages: ``sphinx-build docs build/site``, or ``tox -e docs``.

The pages are plain Markdown, readable where the code is hosted. So what only a site needs, the
order of its navigation, stands here and not in them; a page missing from it fails the build.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import orgloop

if TYPE_CHECKING:
    from sphinx.application import Sphinx

PAGES = Path(__file__).parent
NAVIGATION: Mapping[str, Sequence[str]] = {
    "Learn": (
        "tutorial",
        "concepts",
        "Example: hello <examples/hello/README>",
        "Example: nightly <examples/nightly/README>",
        "from-typescript",
    ),
    "How to": (
        "how-to/github",
        "when-an-agent-is-done",
        "how-to/testing-the-wiring",
        "how-to/connector",
        "writing-a-plugin",
        "how-to/*",
    ),
    "Run": ("services", "dashboard", "operations", "monitoring/README", "reliability"),
    "Look up": (
        "reference/cli",
        "reference/project-format",
        "reference/http",
        "reference/metrics",
        "reference/*",
    ),
    "Connectors": ("reference/connectors/*",),
    "Transforms": ("reference/transforms/*",),
    "Loggers": ("reference/loggers/*",),
    "Understand": ("architecture",),
}
"""What stands beside each page: groups, and in them pages without their suffix, or patterns.

A page stands there by its heading, or by what is written before it.
"""

project = "OrgLoop"
version = release = orgloop.__version__
author = "the authors of OrgLoop"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["changelog.d", "examples/*/sops"]
nitpicky = True

myst_heading_anchors = 4
myst_links_external_new_tab = False

html_theme = "furo"
html_title = "OrgLoop"
html_favicon = "../src/orgloop/http/ui/mark.svg"
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False
html_theme_options = {"top_of_page_buttons": []}


def with_navigation(app: Sphinx, docname: str, source: list[str]) -> None:
    """Give the first page the trees that make the navigation."""
    if docname == app.config.root_doc:
        source[0] += "".join(_tree(caption, names) for caption, names in NAVIGATION.items())


def _tree(caption: str, names: Sequence[str]) -> str:
    listed = "\n".join(names)
    return f"\n\n```{{toctree}}\n:hidden:\n:glob:\n:caption: {caption}\n\n{listed}\n```\n"


def setup(app: Sphinx) -> None:
    """Be an extension of Sphinx; see its documentation."""
    app.connect("source-read", with_navigation)
