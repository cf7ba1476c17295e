"""How the bundled classifier demo-sentiment is made and measured."""
