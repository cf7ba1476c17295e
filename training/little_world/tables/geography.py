"""Countries, landmarks and cities: the facts of the little world, all of them true of ours.

A dash stands where a single answer would be disputed or misleading (the continent of Turkey, the main language
of Niger). Capitals are those of 2024.
"""

import re
from typing import NamedTuple


class Country(NamedTuple):
    """A country; ``continent`` and ``language`` are ``"-"`` where one word would be disputed."""

    name: str
    capital: str
    continent: str
    language: str


class Landmark(NamedTuple):
    """A landmark, the city it stands in and that city's country."""

    name: str
    city: str
    country: str


class City(NamedTuple):
    """A city and its country."""

    name: str
    country: str


def _rows(table: str) -> list[list[str]]:
    return [row.split("|") for row in re.split(r"[;\n]", table.strip())]


_COUNTRIES = """
France|Paris|Europe|French;Germany|Berlin|Europe|German;Italy|Rome|Europe|Italian
Spain|Madrid|Europe|Spanish;Portugal|Lisbon|Europe|Portuguese;Austria|Vienna|Europe|German
Poland|Warsaw|Europe|Polish;Hungary|Budapest|Europe|Hungarian;Greece|Athens|Europe|Greek
Sweden|Stockholm|Europe|Swedish;Norway|Oslo|Europe|Norwegian;Denmark|Copenhagen|Europe|Danish
Finland|Helsinki|Europe|Finnish;Iceland|Reykjavik|Europe|Icelandic;Ireland|Dublin|Europe|English
Belgium|Brussels|Europe|Dutch;the Netherlands|Amsterdam|Europe|Dutch;Switzerland|Bern|Europe|German
Russia|Moscow|-|Russian;Ukraine|Kyiv|Europe|Ukrainian;Belarus|Minsk|Europe|-
Lithuania|Vilnius|Europe|Lithuanian;Latvia|Riga|Europe|Latvian;Estonia|Tallinn|Europe|Estonian
Romania|Bucharest|Europe|Romanian;Bulgaria|Sofia|Europe|Bulgarian;Serbia|Belgrade|Europe|Serbian
Croatia|Zagreb|Europe|Croatian;Slovenia|Ljubljana|Europe|Slovene;Slovakia|Bratislava|Europe|Slovak
Albania|Tirana|Europe|Albanian;Moldova|Chisinau|Europe|Romanian;Malta|Valletta|Europe|Maltese
Czechia|Prague|Europe|Czech;England|London|Europe|English;Scotland|Edinburgh|Europe|English
Wales|Cardiff|Europe|English;Turkey|Ankara|-|Turkish;Georgia|Tbilisi|-|Georgian
Armenia|Yerevan|-|Armenian;Azerbaijan|Baku|-|Azerbaijani;China|Beijing|Asia|Chinese
Japan|Tokyo|Asia|Japanese;India|New Delhi|Asia|Hindi;South Korea|Seoul|Asia|Korean
North Korea|Pyongyang|Asia|Korean;Thailand|Bangkok|Asia|Thai;Vietnam|Hanoi|Asia|Vietnamese
Indonesia|Jakarta|Asia|Indonesian;the Philippines|Manila|Asia|Filipino;Laos|Vientiane|Asia|Lao
Myanmar|Naypyidaw|Asia|Burmese;Bangladesh|Dhaka|Asia|Bengali;Nepal|Kathmandu|Asia|Nepali
Pakistan|Islamabad|Asia|Urdu;Afghanistan|Kabul|Asia|-;Iran|Tehran|Asia|Persian;Iraq|Baghdad|Asia|Arabic
Syria|Damascus|Asia|Arabic;Lebanon|Beirut|Asia|Arabic;Jordan|Amman|Asia|Arabic
Saudi Arabia|Riyadh|Asia|Arabic;Qatar|Doha|Asia|Arabic;Bahrain|Manama|Asia|Arabic
Oman|Muscat|Asia|Arabic;Yemen|Sanaa|Asia|Arabic;Uzbekistan|Tashkent|Asia|Uzbek
Turkmenistan|Ashgabat|Asia|Turkmen;Tajikistan|Dushanbe|Asia|Tajik;Kyrgyzstan|Bishkek|Asia|Kyrgyz
Kazakhstan|Astana|Asia|Kazakh;Mongolia|Ulaanbaatar|Asia|Mongolian;Bhutan|Thimphu|Asia|Dzongkha
Egypt|Cairo|Africa|Arabic;Morocco|Rabat|Africa|Arabic;Algeria|Algiers|Africa|Arabic
Tunisia|Tunis|Africa|Arabic;Libya|Tripoli|Africa|Arabic;Sudan|Khartoum|Africa|Arabic
Kenya|Nairobi|Africa|Swahili;Uganda|Kampala|Africa|English;Tanzania|Dodoma|Africa|Swahili
Rwanda|Kigali|Africa|Kinyarwanda;Somalia|Mogadishu|Africa|Somali;Ghana|Accra|Africa|English
Nigeria|Abuja|Africa|English;Senegal|Dakar|Africa|French;Mali|Bamako|Africa|-;Niger|Niamey|Africa|-
Cameroon|Yaounde|Africa|French;Gabon|Libreville|Africa|French;Angola|Luanda|Africa|Portuguese
Zambia|Lusaka|Africa|English;Zimbabwe|Harare|Africa|-;Botswana|Gaborone|Africa|-
Namibia|Windhoek|Africa|English;Mozambique|Maputo|Africa|Portuguese
Madagascar|Antananarivo|Africa|Malagasy;Malawi|Lilongwe|Africa|-;Liberia|Monrovia|Africa|English
Togo|Lome|Africa|French;Guinea|Conakry|Africa|French;Gambia|Banjul|Africa|English
Eritrea|Asmara|Africa|Tigrinya;Burundi|Gitega|Africa|-;Mauritania|Nouakchott|Africa|Arabic
South Sudan|Juba|Africa|English;Canada|Ottawa|North America|English
the United States|Washington|North America|English;Cuba|Havana|North America|Spanish
Jamaica|Kingston|North America|English;the Bahamas|Nassau|North America|English
Honduras|Tegucigalpa|North America|Spanish;Nicaragua|Managua|North America|Spanish
Barbados|Bridgetown|North America|English;Colombia|Bogota|South America|Spanish
Venezuela|Caracas|South America|Spanish;Ecuador|Quito|South America|Spanish
Peru|Lima|South America|Spanish;Chile|Santiago|South America|Spanish
Argentina|Buenos Aires|South America|Spanish;Uruguay|Montevideo|South America|Spanish
Paraguay|Asuncion|South America|Spanish;Brazil|Brasilia|South America|Portuguese
Guyana|Georgetown|South America|English;Suriname|Paramaribo|South America|Dutch
Australia|Canberra|Oceania|English;New Zealand|Wellington|Oceania|English;Fiji|Suva|Oceania|-
Samoa|Apia|Oceania|Samoan
"""

_LANDMARKS = """
the Eiffel Tower|Paris|France;the Louvre Museum|Paris|France;the Arc de Triomphe|Paris|France
Notre Dame Cathedral|Paris|France;the Moulin Rouge|Paris|France;the Colosseum|Rome|Italy
the Trevi Fountain|Rome|Italy;the Spanish Steps|Rome|Italy;the Pantheon|Rome|Italy
Big Ben|London|England;Tower Bridge|London|England;Buckingham Palace|London|England
the British Museum|London|England;Trafalgar Square|London|England;Westminster Abbey|London|England
the Brandenburg Gate|Berlin|Germany;the Reichstag|Berlin|Germany;Checkpoint Charlie|Berlin|Germany
the Sagrada Familia|Barcelona|Spain;Park Guell|Barcelona|Spain;Camp Nou|Barcelona|Spain
the Prado Museum|Madrid|Spain;the Alhambra|Granada|Spain;the Giralda|Seville|Spain
Belem Tower|Lisbon|Portugal;the Acropolis|Athens|Greece;the Parthenon|Athens|Greece
the Kremlin|Moscow|Russia;Red Square|Moscow|Russia;the Bolshoi Theatre|Moscow|Russia
Charles Bridge|Prague|Czechia;Wenceslas Square|Prague|Czechia;Schonbrunn Palace|Vienna|Austria
the Belvedere Palace|Vienna|Austria;the Hofburg|Vienna|Austria;the Chain Bridge|Budapest|Hungary
Tivoli Gardens|Copenhagen|Denmark;the Little Mermaid|Copenhagen|Denmark;the Vasa Museum|Stockholm|Sweden
the Munch Museum|Oslo|Norway;the Anne Frank House|Amsterdam|the Netherlands
the Rijksmuseum|Amsterdam|the Netherlands;the Van Gogh Museum|Amsterdam|the Netherlands
the Atomium|Brussels|Belgium;Manneken Pis|Brussels|Belgium;the Guinness Storehouse|Dublin|Ireland
Holyrood Palace|Edinburgh|Scotland;the Royal Mile|Edinburgh|Scotland;Wawel Castle|Krakow|Poland
La Scala|Milan|Italy;the Leaning Tower|Pisa|Italy;the Rialto Bridge|Venice|Italy
the Ponte Vecchio|Florence|Italy;the Uffizi Gallery|Florence|Italy;the Blue Mosque|Istanbul|Turkey
Hagia Sophia|Istanbul|Turkey;the Grand Bazaar|Istanbul|Turkey;Topkapi Palace|Istanbul|Turkey
Galata Tower|Istanbul|Turkey;the Great Sphinx|Giza|Egypt;the Egyptian Museum|Cairo|Egypt
the Taj Mahal|Agra|India;the Gateway of India|Mumbai|India;the Forbidden City|Beijing|China
Tiananmen Square|Beijing|China;the Temple of Heaven|Beijing|China;the Bund|Shanghai|China
the Oriental Pearl Tower|Shanghai|China;the Terracotta Army|Xian|China;Shibuya Crossing|Tokyo|Japan
the Golden Pavilion|Kyoto|Japan;Fushimi Inari Shrine|Kyoto|Japan;Gyeongbokgung Palace|Seoul|South Korea
Namsan Tower|Seoul|South Korea;Wat Arun|Bangkok|Thailand;the Grand Palace|Bangkok|Thailand
Bondi Beach|Sydney|Australia;the Harbour Bridge|Sydney|Australia;Federation Square|Melbourne|Australia
the Sky Tower|Auckland|New Zealand;the Space Needle|Seattle|the United States
Willis Tower|Chicago|the United States;Wrigley Field|Chicago|the United States
the White House|Washington|the United States;the Lincoln Memorial|Washington|the United States
the Liberty Bell|Philadelphia|the United States;Fenway Park|Boston|the United States
the CN Tower|Toronto|Canada;Stanley Park|Vancouver|Canada;Parliament Hill|Ottawa|Canada
the Casa Rosada|Buenos Aires|Argentina;Hassan Tower|Rabat|Morocco;the Azadi Tower|Tehran|Iran
the Kaaba|Mecca|Saudi Arabia;the Zwinger|Dresden|Germany;Marienplatz|Munich|Germany
the Elbphilharmonie|Hamburg|Germany;Old Trafford|Manchester|England;Anfield|Liverpool|England
the Cavern Club|Liverpool|England;the Hallgrimskirkja|Reykjavik|Iceland
"""

_OTHER_CITIES = """
Lyon|France;Marseille|France;Naples|Italy;Turin|Italy;Valencia|Spain;Porto|Portugal;Frankfurt|Germany
Geneva|Switzerland;Zurich|Switzerland;Osaka|Japan;Nagoya|Japan;Busan|South Korea;Karachi|Pakistan
Lahore|Pakistan;Kolkata|India;Casablanca|Morocco;Lagos|Nigeria;Mombasa|Kenya;Montreal|Canada
Calgary|Canada;Houston|the United States;Dallas|the United States;Denver|the United States
Medellin|Colombia;Cusco|Peru;Perth|Australia;Brisbane|Australia;Antwerp|Belgium
Rotterdam|the Netherlands;Bergen|Norway;Gothenburg|Sweden;Salzburg|Austria;Gdansk|Poland;Odesa|Ukraine
Basra|Iraq;Aleppo|Syria;Jeddah|Saudi Arabia;Alexandria|Egypt
"""

COUNTRIES = [Country(*row) for row in _rows(_COUNTRIES)]
LANDMARKS = [Landmark(*row) for row in _rows(_LANDMARKS)]
CITIES = sorted(
    {City(*row) for row in _rows(_OTHER_CITIES)}
    | {City(landmark.city, landmark.country) for landmark in LANDMARKS}
    | {City(country.capital, country.name) for country in COUNTRIES}
)
