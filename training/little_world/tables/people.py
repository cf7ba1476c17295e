"""People, places and things, the furniture of the little world's stories."""

from typing import Literal

FEMALE = (
    "Mary Anna Alice Emma Sarah Laura Julia Kate Lucy Jane Susan Linda Karen Nancy Lisa Helen Sandra Carol Ruth "
    "Sharon Michelle Emily Amy Angela Rebecca Rachel Olivia Sophie Grace Claire Maria Diana Hannah Megan Nicole "
    "Amanda Jessica Victoria Eva Clara"
).split()
MALE = (
    "John Tom James David Peter Paul Mark George Henry Jack Robert Michael William Richard Joseph Thomas Daniel "
    "Matthew Anthony Steven Andrew Kevin Brian Edward Ronald Jason Jacob Ryan Eric Adam Simon Luke Oscar Martin "
    "Samuel Frank Leo Max Oliver Patrick"
).split()
NAMES = FEMALE + MALE

PLACES = (
    "store park school station garden office library market beach restaurant museum hospital kitchen theatre "
    "church farm hotel cafe"
).split()
OBJECTS = (
    "a drink,a book,a ring,a letter,a bottle of milk,a cup of tea,a basket of apples,a bag of rice,a map,a key,"
    "a ball,a flower,a hat,a gift,a necklace,a newspaper,a bone,a computer,a kiss,a phone,a ticket,a watch,a pen,"
    "a coat"
).split(",")


def gender(name: str) -> Literal["female", "male"]:
    """The gender the little world gives a first name."""
    return "female" if name in FEMALE else "male"
