"""The panes behind the tabs, and the dialogs above them: each draws a View and keeps no state of the cluster."""
