"""HaloPSA (the same code as HaloITSM and HaloCRM): its webhooks, its records, its REST interface."""
