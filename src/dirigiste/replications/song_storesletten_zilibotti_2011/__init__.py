"""Song, Storesletten and Zilibotti (2011): state and private firms under unequal credit."""
