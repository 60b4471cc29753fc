"""Tables: what a column is, the facts' common ground, and the records kept beside the facts."""
