"""The lessons' notebooks, built from lessons/ (never edit them by hand), by language: `en/`, later `ko/`."""
