"""HaloPSA as the fake plays it: records, token, REST interface, webhooks."""
