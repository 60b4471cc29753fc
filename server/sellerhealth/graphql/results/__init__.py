"""Results of metrics: the result itself, its evidence, its series over time, and what-if."""
