"""Models over the network: asked for, checked byte for byte, gone on with after a break."""
