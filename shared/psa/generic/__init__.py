"""Any system that sends Standard Webhooks: see docs/generic-webhook.md."""
