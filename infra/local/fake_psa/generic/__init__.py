"""A system that speaks our own generic shape: records, REST interface with a change feed, Standard Webhooks."""
