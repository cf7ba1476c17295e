"""The page and its files."""

from __future__ import annotations

import re

from pellucid.view.html import stylesheet
from pellucid.view.in_browser.bundle import script


def test_the_page_loads_its_own_files_and_nothing_else(page):
    found = page.client.get("/")
    assert found.headers["content-type"] == "text/html; charset=utf-8"
    assert '<div id="pellucid-app" class="pellucid"' in found.text
    assert "<noscript>" in found.text
    links = re.findall(r'(?:src|href)="([^"]+)"', found.text)
    assert sorted(re.sub("[0-9a-f]{16}", "HASH", link) for link in links) == [
        "/assets/pellucid-HASH.css",
        "/assets/pellucid-HASH.js",
        "data:,",
    ]
    assert not re.search(r"<script(?! src)|<style| style=| on\w+=", found.text)
    for link in links:
        if link.startswith("/assets/"):
            asset = page.client.get(link)
            assert asset.status_code == 200
            assert "immutable" in asset.headers["cache-control"]
            assert asset.text == (script() if link.endswith("js") else stylesheet())
            kind = "text/javascript" if link.endswith("js") else "text/css"
            assert asset.headers["content-type"] == f"{kind}; charset=utf-8"


def test_no_other_file_is_given(page):
    for name in (
        "pellucid.js",
        "pellucid-0000000000000000.js",
        "..%2f..%2fserver.py",
        "%2e%2e/app.html.jinja",
    ):
        found = page.client.get(f"/assets/{name}")
        assert found.status_code == 404
        assert found.json()["error"]["message"]


def test_what_is_not_there(page):
    for path in ("/nothing", "/api/v1/nothing", "/docs", "/redoc", "/openapi.json"):
        found = page.client.get(path)
        assert (found.status_code, found.json()) == (
            404,
            {"error": {"type": "BadRequest", "message": "There is nothing here."}},
        )
    assert page.client.post("/").status_code == 415
    assert page.client.delete("/api/v1/models").status_code == 405
