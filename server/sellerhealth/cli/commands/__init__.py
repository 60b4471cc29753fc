"""The commands, grouped by subject. `sellerhealth.cli` registers them under their names."""
