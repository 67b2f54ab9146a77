"""Small widgets, one per file: each owns its state, posts messages upward and knows nothing of the app."""
