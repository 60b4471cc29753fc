"""The GraphQL API: the schema, made from the loaded metrics, with its limits, pages, ids and errors.

HTTP is in `sellerhealth.http`.
"""
