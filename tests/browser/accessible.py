"""What axe-core finds wrong with a page for readers who do not see, or do not point."""

from __future__ import annotations

from typing import Any

GRAVE = {"serious", "critical"}


def violations(page: Any) -> list[str]:
    """The serious and critical violations, with the elements that have them."""
    from axe_playwright_python.sync_playwright import Axe

    # What stands in a frame is a page of its own: asking it would send messages that a sandbox refuses.
    found = Axe().run(page, options={"iframes": False}).response["violations"]
    return [
        f"{v['id']}: {v['help']}: {[node['html'][:120] for node in v['nodes'][:3]]}"
        for v in found
        if v["impact"] in GRAVE
    ]
