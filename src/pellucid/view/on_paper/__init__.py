"""Parts of a figure as a picture: PNG, SVG and PDF through matplotlib."""
