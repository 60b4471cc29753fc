"""The health of a shop as Acme looks at it: three metrics, a classifier of feedback and two formats to import."""
