"""Connections: lists of the API with their cursors and pages."""
