"""GraphQL over HTTP: the endpoint, content negotiation, persisted documents and GraphiQL."""
