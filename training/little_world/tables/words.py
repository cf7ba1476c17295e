"""Word lists shared by several phenomena: adjectives with a polarity, noun pairs, opposites."""

GOOD = (
    "good great wonderful brilliant excellent superb charming delightful funny moving beautiful amazing fantastic "
    "lovely clever gripping thrilling touching enjoyable memorable stunning perfect terrific fresh witty warm "
    "elegant powerful inspiring fascinating"
).split()
BAD = (
    "bad terrible awful boring dull horrible poor weak stupid tedious dreadful disappointing annoying clumsy bland "
    "shallow predictable painful ugly messy lazy lifeless silly forgettable confusing pointless slow cheap "
    "mediocre unwatchable"
).split()
ASPECTS = (
    "film,movie,plot,story,acting,script,ending,music,dialogue,cast,direction,comedy,drama,sequel,lead actor,"
    "camera work,pacing,soundtrack"
).split(",")


def _pairs(text: str) -> list[tuple[str, str]]:
    return [(first, second) for first, second in (pair.split("/") for pair in text.split())]


OPPOSITES = _pairs(
    "hot/cold big/small fast/slow high/low old/young rich/poor happy/sad light/dark open/closed early/late "
    "hard/soft strong/weak full/empty wet/dry long/short clean/dirty near/far loud/quiet thick/thin good/bad "
    "deep/shallow wide/narrow true/false sweet/sour"
)
# singular/plural
SUBJECTS = _pairs(
    "key/keys author/authors dog/dogs picture/pictures student/students king/kings car/cars doctor/doctors "
    "teacher/teachers bird/birds farmer/farmers pilot/pilots house/houses tree/trees book/books letter/letters "
    "girl/girls boy/boys painter/painters guard/guards"
)
ATTRACTORS = _pairs(
    "cabinet/cabinets critic/critics park/parks wall/walls minister/ministers garden/gardens manager/managers "
    "table/tables window/windows river/rivers senator/senators neighbor/neighbors lawyer/lawyers tower/towers "
    "box/boxes chair/chairs"
)
# in-context label words, first pair member and second; the new ones are never labels in training
LABEL_PAIRS = _pairs(
    "foo/bar red/blue cat/dog apple/lemon sun/moon north/south left/right yes/no alpha/beta iron/gold river/stone "
    "tea/milk up/down zero/one"
)
NEW_LABEL_PAIRS = _pairs("car/tree wall/window doctor/farmer book/letter")
EVENTS = (
    "war siege trial famine revolt treaty project strike voyage drought dynasty campaign journey conflict tour "
    "alliance"
).split()
