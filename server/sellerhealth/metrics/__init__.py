"""What a metric is made of: measures, values, targets, and what is checked of a declaration."""
