"""The manual: the pages of docs/ and their sections, as Markdown. The wheel has a copy of them; a checkout has the folder itself."""

import re
from collections import Counter
from importlib import resources
from importlib.resources.abc import Traversable
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt

from sellerhealth.errors import NotFound, did_you_mean

_PACKAGED = "docs"  # where the wheel has the pages: see pyproject.toml
_INDEX = "README"  # the page of a folder, which has the name of the folder


def pages() -> dict[str, str]:
    """The pages, each as Markdown, by name: `import`, `plugins/metrics`; a README has the name of its folder, `plugins`."""
    return dict(sorted(_pages(_folder(), "")))


def find(name: str) -> str:
    """A page, or one section of it, such as `import#all-orders`. Raises NotFound. Links, such as `docs/import.md#all-orders`, are names too."""
    path, _, anchor = name.partition("#")
    known = pages()
    key = path.removeprefix("docs/").removesuffix(".md").removesuffix(f"/{_INDEX}")
    if key not in known:
        raise NotFound(f"The manual has no page {path!r}.{did_you_mean(key, known)}", argument="page")
    return _section(known[key], key, anchor) if anchor else known[key]


def title(page: str) -> str:
    """The first heading of a page."""
    return page.partition("\n")[0].lstrip("# ")


def anchors(page: str) -> dict[str, tuple[int, int]]:
    """The first line and the level of each section, by the anchor of its heading. As on GitHub: one that is there already gets a number."""
    tokens = MarkdownIt().parse(page)
    seen: Counter[str] = Counter()
    found = {}
    for opening, text in pairwise(tokens):
        if opening.type == "heading_open" and opening.map is not None:
            slug = re.sub(r"[^\w\- ]", "", text.content.strip().lower()).replace(" ", "-")
            found[f"{slug}-{seen[slug]}" if seen[slug] else slug] = (opening.map[0], int(opening.tag[1:]))
            seen[slug] += 1
    return found


def _section(page: str, name: str, anchor: str) -> str:
    """The lines from a heading up to the next one that is not below it."""
    found = anchors(page)
    if anchor not in found:
        raise NotFound(f"The page {name!r} has no section {anchor!r}.{did_you_mean(anchor, found)}", argument="page")
    first, level = found[anchor]
    after = [line for line, other in found.values() if line > first and other <= level]
    return "\n".join(page.splitlines()[first : min(after, default=None)]).rstrip() + "\n"


def _pages(folder: Traversable, prefix: str) -> list[tuple[str, str]]:
    found = []
    for each in folder.iterdir():
        if each.is_dir():
            found += _pages(each, f"{prefix}{each.name}/")
        elif each.name.endswith(".md"):
            name = each.name.removesuffix(".md")
            found.append((prefix.rstrip("/") if name == _INDEX else prefix + name, each.read_text(encoding="utf-8")))
    return found


def _folder() -> Traversable:
    packaged = resources.files("sellerhealth") / _PACKAGED
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "docs"
