"""The built-in metrics of sellerhealth, one a file, written with the public API alone."""
