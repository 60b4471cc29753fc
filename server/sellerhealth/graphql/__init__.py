"""The API: the GraphQL schema, made from the registry, and its endpoint over HTTP."""
