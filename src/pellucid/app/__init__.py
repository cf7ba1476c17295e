"""The local web app: explanations as jobs behind a small JSON API, and the page that asks for them."""
