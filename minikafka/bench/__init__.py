"""Speed, as ratios to bare limits that were measured in the same run: of a cluster (`cluster`), of a log (`storage`),
of thousands of partitions (`partitions`), of those who watch them (`pictures`), of clients (`clients`).

Rule: a figure without its ratio says nothing, and only what was measured in turns may be compared.
"""
