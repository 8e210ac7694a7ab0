"""The README as package indexes show it, which have no other files of the repository."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)
PICTURE = re.compile(r"!\[([^\]]*)\]\((?![a-z]+://)([^)]+)\)\n?")
LINK = re.compile(r"(?<!!)\[([^\]]*)\]\((?![a-z]+://|#)([^)]+)\)")


def readme(text: str, repository: str | None) -> str:
    """Return a README whose links to files are whole, or words alone where there is no address."""
    text = COMMENT.sub("", text)
    if repository is None:
        return LINK.sub(r"\1", PICTURE.sub("", text))
    text = PICTURE.sub(rf"![\1]({repository}/raw/main/\2)\n", text)
    return LINK.sub(rf"[\1]({repository}/blob/main/\2)", text)


class CustomMetadataHook(MetadataHookInterface):
    def update(self, metadata: dict[str, Any]) -> None:
        text = Path(self.root, "README.md").read_text("utf-8")
        repository = metadata.get("urls", {}).get("Repository")
        metadata["readme"] = {
            "content-type": "text/markdown",
            "text": readme(text, repository),
        }
