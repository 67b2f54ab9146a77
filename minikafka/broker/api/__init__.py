"""One file per API, named after it, with one function: `@handles` registers it, `Dispatch` finds it here."""
