"""Numbers about outputs: one file a metric or family. `specs` describes them without importing torch."""
