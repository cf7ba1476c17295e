"""Figures as data for a browser, and the bundle that draws them there."""
