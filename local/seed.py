"""Which organisation there is to play with."""

from uuid import UUID, uuid5

import psycopg

from shared.photos import Role

# The same ids on every machine: what people note down stays true.
NAMESPACE = UUID("6f0d7a52-3f0b-4d0f-9d0a-5e1c0c2b7a11")

MEMBER = "demo-user"
ADMIN = "demo-admin"
STOPS = ("The old lighthouse", "Market hall clock", "Bridge of sighs")

ORGANIZATION = (
    "INSERT INTO organizations (id, name, store) VALUES (%(id)s, 'Demo', 'cloudinary') ON CONFLICT DO NOTHING"
)
MEMBERSHIP = """
INSERT INTO memberships (org_id, actor_id, role) VALUES (%(org_id)s, %(actor_id)s, %(role)s) ON CONFLICT DO NOTHING
"""
PROJECT = """
INSERT INTO projects (id, org_id, name, store) VALUES (%(id)s, %(org_id)s, 'Roof inspection', 's3')
ON CONFLICT DO NOTHING
"""
HUNT = "INSERT INTO hunts (id, org_id, name) VALUES (%(id)s, %(org_id)s, 'Old town hunt') ON CONFLICT DO NOTHING"
TEAM = """
INSERT INTO teams (id, org_id, hunt_id, name)
VALUES (%(id)s, %(org_id)s, %(hunt_id)s, 'The Magpies') ON CONFLICT DO NOTHING
"""
LOCATION = """
INSERT INTO locations (id, org_id, hunt_id, title)
VALUES (%(id)s, %(org_id)s, %(hunt_id)s, %(title)s) ON CONFLICT DO NOTHING
"""
VENUE = "INSERT INTO venues (id, org_id, name) VALUES (%(id)s, %(org_id)s, 'Harbour Cafe') ON CONFLICT DO NOTHING"


def demo_id(name: str) -> UUID:
    """The id of one thing of the demo organisation."""
    return uuid5(NAMESPACE, name)


ORG_ID = demo_id("organization")
PROJECT_ID = demo_id("project")
HUNT_ID = demo_id("hunt")
TEAM_ID = demo_id("team")
VENUE_ID = demo_id("venue")
LOCATION_IDS = tuple(demo_id(f"location {title}") for title in STOPS)


def seed(database_url: str) -> None:
    """Put the demo organisation there; what is there already stays as it is."""
    org = {"org_id": ORG_ID, "hunt_id": HUNT_ID}
    with psycopg.connect(database_url) as connection:
        connection.execute(ORGANIZATION, {"id": ORG_ID})
        for actor_id, role in ((MEMBER, Role.MEMBER), (ADMIN, Role.ADMIN)):
            connection.execute(MEMBERSHIP, org | {"actor_id": actor_id, "role": role.value})
        connection.execute(PROJECT, org | {"id": PROJECT_ID})
        connection.execute(HUNT, org | {"id": HUNT_ID})
        connection.execute(TEAM, org | {"id": TEAM_ID})
        for location_id, title in zip(LOCATION_IDS, STOPS, strict=True):
            connection.execute(LOCATION, org | {"id": location_id, "title": title})
        connection.execute(VENUE, org | {"id": VENUE_ID})
