"""The annual clock: values and masses in periods (docs/annual-clock.md).

`turn`: what happens between two periods, edges and ability. `envelope`: the best saving of every owner.
`step`: a period of values backwards and of masses forwards, on which all other modules are built.
`stationary`: fixed points of both steps at given prices and how these respond to prices; `cold`: a cold
start; `path`: prices over time.
"""
