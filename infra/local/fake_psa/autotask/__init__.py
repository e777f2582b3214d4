"""Autotask PSA as the fake plays it: records, queries, REST interface, webhooks."""
