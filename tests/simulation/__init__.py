"""A small pure model of the delivery protocol (docs/delivery.md), explored by interleavings nobody would think of."""
