"""A reader of vector tiles, just enough to see what a tile says: {layer: [(id, properties), …]}."""

import struct


def read_tile(tile):
    layers = {}
    for number, value in _fields(tile):
        assert number == 3
        name, features, keys, values = "", [], [], []
        for inner, content in _fields(value):
            if inner == 1:
                name = content.decode()
            elif inner == 2:
                features.append(dict(_fields(content)))
            elif inner == 3:
                keys.append(content.decode())
            elif inner == 4:
                values.append(_value(content))
        layers[name] = [(one.get(1), _properties(one.get(2, b""), keys, values)) for one in features]
    return layers


def _properties(tags, keys, values):
    numbers = list(_varints(tags))
    return {keys[key]: values[value] for key, value in zip(numbers[::2], numbers[1::2], strict=True)}


def _value(content):
    ((number, raw),) = _fields(content)
    if number == 1:
        return raw.decode()
    if number == 2:
        return struct.unpack("<f", raw)[0]
    if number == 3:
        return struct.unpack("<d", raw)[0]
    if number == 6:
        return (raw >> 1) ^ -(raw & 1)
    return bool(raw) if number == 7 else raw


def _fields(data):
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, kind = tag >> 3, tag & 7
        if kind == 0:
            value, at = _varint(data, at)
        else:
            size, at = _varint(data, at) if kind == 2 else ({1: 8, 5: 4}[kind], at)
            value, at = data[at : at + size], at + size
        yield number, value


def _varints(data):
    at = 0
    while at < len(data):
        value, at = _varint(data, at)
        yield value


def _varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
