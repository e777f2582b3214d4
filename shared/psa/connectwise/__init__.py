"""ConnectWise PSA (Manage): its callbacks, its records, its REST interface."""
