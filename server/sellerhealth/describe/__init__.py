"""A metric described for people: its datasheet, its SQL, and how a figure came about."""
