"""Accounts: the account itself, the list of accounts, and the lists of an account: orders, feedback, facts at risk."""
