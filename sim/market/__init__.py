"""The venue outside: what selling collateral does to its price.

A venue is orders around a price (`book`), of which trades eat some and which come back with
time (`venue`). The price everyone sees is the path's, moved by what was eaten.
"""
