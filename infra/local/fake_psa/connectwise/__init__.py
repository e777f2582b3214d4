"""ConnectWise PSA as the fake plays it: records, REST interface, callbacks."""
