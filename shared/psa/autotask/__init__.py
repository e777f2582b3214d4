"""Autotask PSA (Datto, Kaseya): its webhooks, its records, its REST interface."""
