"""For mkdocs: pages that are files of the repository's root (CHANGELOG.md, SECURITY.md, ...).

In the root a link into the docs is docs/serve.md, in the site it is serve.md.
"""

from __future__ import annotations

import re
from typing import Any

INCLUDED = re.compile(r'^--8<-- "(\w+\.md)"$', re.MULTILINE)
LINK = re.compile(r"\]\(docs/")
OUTSIDE = re.compile(r"\[([^\]]+)\]\((?:LICENSE|NOTICE|SECURITY\.md|CONTRIBUTING\.md)\)")


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Replace a page's snippet by the file, its links made those of the site."""
    return INCLUDED.sub(_included, markdown)


def _included(found: re.Match[str]) -> str:
    with open(found[1], encoding="utf-8") as stream:  # noqa: PTH123
        text = stream.read()
    return OUTSIDE.sub(r"\1", LINK.sub("](", text))
