"""A digest that stands inside the bytes that it covers: while it is computed, its own place holds zeros."""

import hashlib

UNSEALED = "0" * 32


def digest_of(data: bytes | bytearray) -> bytes:
    """Return the digest of some bytes as text, as long as `UNSEALED`."""
    return hashlib.blake2b(data, digest_size=len(UNSEALED) // 2).hexdigest().encode()


def has_place(name: str, data: bytes | bytearray) -> bool:
    """Whether a digest called `name` stands in JSON."""
    return _mark(name) in data


def place_of(name: str, data: bytes | bytearray) -> slice:
    """Return where the digest called `name` stands in JSON. Raises ValueError where it is not there exactly once."""
    if data.count(_mark(name)) != 1:
        raise ValueError(f"there is no {name}")
    begin = data.index(_mark(name)) + len(_mark(name))
    return slice(begin, begin + len(UNSEALED))


def seal(name: str, data: bytes) -> bytes:
    """Return the bytes with their digest in the place that was left for it."""
    place = place_of(name, data)
    return data[: place.start] + digest_of(data) + data[place.stop :]


def is_whole(name: str, data: bytes | bytearray) -> bool:
    """Whether bytes are those that were sealed. Raises ValueError where they hold no digest, or several."""
    place = place_of(name, data)
    return digest_of(data[: place.start] + UNSEALED.encode() + data[place.stop :]) == data[place]


def _mark(name: str) -> bytes:
    return f'"{name}": "'.encode()
