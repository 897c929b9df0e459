"""The local cloud: OSS, ID Verification, MNS and Function Compute on one machine, loopback only."""
