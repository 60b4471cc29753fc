"""The commands, a module for each concern. The application in `sellerhealth.cli` gives them their names."""
