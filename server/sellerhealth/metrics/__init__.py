"""The parts of a metric: measures, values, targets, windows, results; and the validation of a declaration."""
