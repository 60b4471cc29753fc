"""What a metric is made of: measures, values, targets, windows, results; and the validation of a declaration."""
