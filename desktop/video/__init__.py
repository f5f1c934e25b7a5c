"""The Video room's middle: a player with a timeline, for what is finished and for what is still forming."""
