"""What tab 4 shows, one below the other: segments, their batches, a batch's bytes; and the other files."""
