"""OpenStreetMap files written by hand, a few lines each."""

from gis.osm import Box, city_of

LON, LAT = 118.0, 32.0
BOX = Box(LON, LAT, LON + 0.01, LAT + 0.01)


class Osm:
    """An .osm file in the making; places are in units of 0.001° from the south-west corner of the box."""

    def __init__(self):
        self.lines, self.last = {"node": [], "way": [], "relation": []}, 0

    def node(self, x, y, number=None, **tags):
        """The id of a new node."""
        self.last = number or self.last + 1
        place = f'lon="{LON + x / 1000:.7f}" lat="{LAT + y / 1000:.7f}"'
        self.lines["node"].append(f'<node id="{self.last}" {place}>{_tags(tags)}</node>')
        return self.last

    def way(self, refs, **tags):
        """The id of a new way through nodes, given by id or by place."""
        refs = [self.node(*ref) if isinstance(ref, tuple) else ref for ref in refs]
        self.last += 1
        members = "".join(f'<nd ref="{ref}"/>' for ref in refs)
        self.lines["way"].append(f'<way id="{self.last}">{members}{_tags(tags)}</way>')
        return self.last

    def ring(self, places, **tags):
        """The id of a new closed way."""
        refs = [self.node(*place) for place in places]
        return self.way([*refs, refs[0]], **tags)

    def relation(self, members, **tags):
        """The id of a new multipolygon of ways with roles."""
        self.last += 1
        refs = "".join(f'<member type="way" ref="{ref}" role="{role}"/>' for ref, role in members)
        self.lines["relation"].append(
            f'<relation id="{self.last}">{refs}{_tags({"type": "multipolygon"} | tags)}</relation>'
        )
        return self.last

    def cross_roads(self):
        """Two roads through the whole box, so that there is a town at all."""
        middle = self.node(5, 5)
        self.way([(-1, 5), middle, (11, 5)], highway="tertiary", name="东西路")
        self.way([(5, -1), middle, (5, 11)], highway="tertiary", name="南北路")
        return middle

    def write(self, folder):
        """The file."""
        file = folder / "town.osm"
        body = "\n".join(line for kind in ("node", "way", "relation") for line in self.lines[kind])
        file.write_text(f'<?xml version="1.0"?><osm version="0.6">{body}</osm>', encoding="utf-8")
        return file

    def city(self, folder, **options):
        """The city and the report."""
        return city_of([self.write(folder)], area="测试", **({"box": BOX} | options))


def _tags(tags):
    return "".join(f'<tag k="{key.replace("__", ":")}" v="{value}"/>' for key, value in tags.items())
