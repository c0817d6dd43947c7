"""Rules for the numbers that countries give to people, with their check digits where there are any."""

from typing import Final

from guard.rule import Rule, Scope
from mailcore.policy import Severity


def _national(
    slug: str, country: str, pattern: str, validator: str, example: str, *near: str
) -> Rule:
    """A near miss has a wrong check digit and no name: named, it is held all the same.

    Where the number is called what it is, it cannot be mistaken in turned text either.
    """
    is_named = r"[^\n" in pattern
    return Rule(
        id=f"pii.{slug}",
        category="pii",
        severity=Severity.HIGH,
        description=f"A national identity number ({country}) is in the message.",
        patterns=(pattern,),
        validator=validator,
        scope=Scope.TURNED if is_named and validator else Scope.TEXT,
        examples=(example,),
        near_misses=near,
    )


RULES: Final[tuple[Rule, ...]] = (
    _national(
        "aadhaar", "India", r"(?i)(?:\b(?:aadhaar|aadhar|adhar|uidai)\b|आधार|ஆதார்|ఆధార్|ಆಧಾರ್|ആധാർ|আধার|આધાર|ਆਧਾਰ|آدھار)[^\n0-9]{0,60}(?P<v>[2-9][0-9]{3}[ \-]?[0-9]{4}[ \-]?[0-9]{4})\b",
        "aadhaar", "Aadhaar: 2341 2341 2346", "batch 2341 2341 2345",
    ),
    _national(
        "nhs_number", "United Kingdom", r"(?i)\bnhs\b[^\n0-9]{0,60}(?P<v>[0-9]{3}[ \-]?[0-9]{3}[ \-]?[0-9]{4})\b",
        "nhs", "NHS number 943 476 5919", "NHS line 943 476 5918",
    ),
    _national(
        "nino", "United Kingdom", r"(?i)\b(?:national insurance|nino|ni (?:number|no))\b[^\n]{0,60}?\b(?P<v>[a-ceghj-prstw-z][a-ceghj-nprstw-z] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[a-d])\b",
        "", "NI number QQ 12 34 56 C".replace("QQ", "AB"), "NI number pending",
    ),
    _national(
        "bsn", "Netherlands", r"(?i)\b(?:bsn|burgerservicenummer|sofinummer)\b[^\n0-9]{0,60}(?P<v>[0-9]{9}|[0-9]{4}\.[0-9]{2}\.[0-9]{3})\b",
        "bsn", "BSN: 111222333", "batch 111222334",
    ),
    _national(
        "cpf", "Brazil", r"\b(?P<v>[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2})\b",
        "cpf", "CPF 529.982.247-25", "batch 529.982.247-26",
    ),
    _national(
        "dni", "Spain", r"(?i)\b(?:dni|nie|nif)\b[^\n0-9]{0,60}?\b(?P<v>[xyz0-9][0-9]{7}[ \-]?[a-z])\b",
        "dni", "DNI 12345678Z", "batch 12345678A",
    ),
    _national(
        "insee", "France", r"\b(?P<v>[12] ?[0-9]{2} ?(?:0[1-9]|1[0-2]) ?(?:[0-9]{2}|2[AB]) ?[0-9]{3} ?[0-9]{3} ?[0-9]{2})\b",
        "insee", "securite sociale 2 55 08 14 168 025 38", "2 55 08 14 168 025 39",
    ),
    _national(
        "codice_fiscale", "Italy", r"(?i)\b(?P<v>[a-z]{6}[0-9]{2}[a-ehlmprst][0-9]{2}[a-z][0-9]{3}[a-z])\b",
        "codice_fiscale", "CF RSSMRA85T10A562S", "RSSMRA85T10A562T",
    ),
    _national(
        "pesel", "Poland", r"(?i)\bpesel\b[^\n0-9]{0,60}(?P<v>[0-9]{11})\b",
        "pesel", "PESEL 44051401359", "batch 44051401358",
    ),
    _national(
        "steuer_id", "Germany", r"(?i)\b(?:steuer-?id(?:entifikationsnummer)?|idnr|steueridentifikationsnummer|tin)\b[^\n0-9]{0,60}(?P<v>[1-9][0-9] ?[0-9]{3} ?[0-9]{3} ?[0-9]{3})\b",
        "steuer_id", "Steuer-ID: 86 095 742 719", "batch 86 095 742 718",
    ),
    _national(
        "personnummer_alone", "Sweden", r"\b(?P<v>(?:19[2-9][0-9]|200[0-9]|201[0-9])(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])-[0-9]{4})\b",
        "personnummer", "Alva 19830918-9788", "case 19830918-9787", "order 20261120-1234",
    ),
    _national(
        "personnummer", "Sweden", r"(?i)\b(?:personnummer(?:et|en)?|personal identity number)\b[^\n0-9]{0,60}(?P<v>(?:19|20)?[0-9]{6}[\-+]?[0-9]{4})\b",
        "personnummer", "Personnummer 811228-9874", "batch 811228-9875",
    ),
    _national(
        "sin", "Canada", r"(?i)\b(?:sin|social insurance)\b[^\n0-9]{0,60}(?P<v>[1-79][0-9]{2}[ \-]?[0-9]{3}[ \-]?[0-9]{3})\b",
        "sin", "SIN: 193-456-787", "batch 193-456-788",
    ),
    _national(
        "tfn", "Australia", r"(?i)\b(?:tfn|tax file)\b[^\n0-9]{0,60}(?P<v>[0-9]{3} ?[0-9]{3} ?[0-9]{3})\b",
        "tfn", "TFN 123 456 782", "batch 123 456 783",
    ),
    _national(
        "national_register_number", "Belgium", r"(?i)\b(?:rijksregister(?:nummer)?|numero national|national register number|insz|niss)\b[^\n0-9]{0,60}(?P<v>[0-9]{2}\.?[0-9]{2}\.?[0-9]{2}[\- ]?[0-9]{3}[. ]?[0-9]{2})\b",
        "belgian_number", "Rijksregisternummer 85.07.30-033.28", "batch 85.07.30-033.29",
    ),
    _national(
        "fodselsnummer", "Norway", r"(?i)\b(?:fodselsnummer(?:et)?|fodselsnr|personnummer(?:et)?|fnr|f\. ?nr)\b[^\n0-9]{0,60}(?P<v>[0-9]{6} ?[0-9]{5})\b",
        "fodselsnummer", "fodselsnummer 01010750160", "batch 01010750161",
    ),
    _national(
        "ahv_number", "Switzerland", r"\b(?P<v>756[. ]?[0-9]{4}[. ]?[0-9]{4}[. ]?[0-9]{2})\b",
        "ahv", "AHV 756.9217.0769.85", "batch 756.9217.0769.84",
    ),
    _national(
        "henkilotunnus", "Finland", r"\b(?P<v>[0-3][0-9][01][0-9]{3}[\-+A-FU-Y][0-9]{3}[0-9A-FHJ-NPR-Y])\b",
        "henkilotunnus", "henkilotunnus 131052-308T", "batch 131052-308U",
    ),
    _national(
        "resident_id", "China", r"(?i)\b(?P<v>[1-9][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])[0-3][0-9][0-9]{3}[0-9x])\b",
        "chinese_id", "ID 11010519491231002X", "ID 110105194912310021",
    ),
    _national(
        "south_african_id", "South Africa", r"(?i)\b(?:sa id|south african id|identity n(?:umber|o)|id n(?:umber|o|r)|rsa id|id)\b[^\n0-9]{0,60}(?P<v>[0-9]{6} ?[0-9]{4} ?[0-9]{3})\b",
        "south_african_id", "SA ID number 8001015009087", "batch 8001015009086",
    ),
    _national(
        "kimlik", "Turkey", r"(?i)\b(?:kimlik|tckn|t\.?c\.? no)\b[^\n0-9]{0,60}(?P<v>[1-9][0-9]{10})\b",
        "tckn", "T.C. kimlik no 10000000146", "batch 10000000147",
    ),
    _national(
        "resident_number", "South Korea", r"\b(?P<v>[0-9]{2}[01][0-9][0-3][0-9]-[1-8][0-9]{6})\b",
        "rrn", "주민등록번호 900101-1234568", "batch 900101-1234567",
    ),
    _national(
        "nric", "Singapore", r"(?i)\b(?:nric|fin)\b[^\n]{0,12}?\b(?P<v>[stfg][0-9]{7}[a-z])\b",
        "nric", "NRIC S1234567D", "batch S1234567E",
    ),
    _national(
        "my_number", "Japan", r"(?i)(?:my ?number|マイナンバー|個人番号)[^\n0-9]{0,12}(?P<v>[0-9]{4}[ \-]?[0-9]{4}[ \-]?[0-9]{4})\b",
        "my_number", "マイナンバー 123456789018", "batch 123456789017",
    ),
    _national(
        "svnr", "Austria", r"(?i)\b(?:svnr|sv-?nr|sv-?nummer|sozialversicherungs-?(?:nummer|nr))\b[^\n0-9]{0,60}(?P<v>[0-9]{4}[ \-]?[0-3][0-9][01][0-9]{3})\b",
        "svnr", "SVNR 1237 010180", "batch 1238 010180",
    ),
    _national(
        "rvnr", "Germany", r"(?i)\b(?P<v>[0-9]{2} ?[0-3][0-9][01][0-9]{3} ?[a-z] ?[0-9]{2} ?[0-9])\b",
        "rvnr", "Sozialversicherungsnummer 65 170839 J 003", "65 170839 J 004",
    ),
    _national(
        "rut", "Chile", r"(?i)\b(?:rut|run|cedula)\b[^\n0-9]{0,60}(?P<v>[0-9]{1,2}\.?[0-9]{3}\.?[0-9]{3}-[0-9k])\b",
        "rut", "RUT 12.345.678-5", "batch 12.345.678-6",
    ),
    _national(
        "curp", "Mexico", r"\b(?P<v>[A-Z]{4}[0-9]{2}[01][0-9][0-3][0-9][HMX][A-Z]{5}[0-9A-Z][0-9])\b",
        "", "CURP GODE561231HDFRNN09", "the CURP follows",
    ),
    _national(
        "rfc", "Mexico", r"(?i)\brfc\b[^\n0-9]{0,60}?\b(?P<v>[a-z&]{4}[0-9]{2}[01][0-9][0-3][0-9][0-9a-z]{3})\b",
        "", "RFC del cliente: GODE561231GR8", "RFC 7519 defines tokens",
    ),
    _national(
        "pan", "India", r"(?i)\b(?:pan(?: card| no| number)?|permanent account number)\b[^\n0-9]{0,60}?\b(?P<v>[a-z]{3}[abcfghjlpt][a-z][0-9]{4}[a-z])\b",
        "", "PAN: ABCPE1234F", "batch ABCXE1234F",
    ),
    _national(
        "oib", "Croatia", r"(?i)\boib\b[^\n0-9]{0,60}(?P<v>[0-9]{11})\b",
        "steuer_id", "OIB 33392005961", "batch 33392005962",
    ),
    _national(
        "rodne_cislo", "Czechia and Slovakia", r"(?i)(?:\b(?:rodne ?cislo|r\. ?c\.|rc)[^\n0-9]{0,60}|\b)(?P<v>[0-9]{2}[0-35-8][0-9][0-3][0-9]/[0-9]{4})\b",
        "rodne_cislo", "rodné číslo 736028/5163", "batch 736028/5164",
    ),
    _national(
        "cnp", "Romania", r"(?i)\b(?:cnp|cod numeric personal)\b[^\n0-9]{0,60}(?P<v>[1-8][0-9]{12})\b",
        "cnp", "CNP 1960523460016", "batch 1960523460012",
    ),
    _national(
        "inn", "Russia", r"(?:ИНН|инн|\bINN\b)[^\n0-9]{0,60}(?P<v>[0-9]{12})\b",
        "inn", "ИНН 500100732259", "batch 500100732250",
    ),
    _national(
        "snils", "Russia", r"(?:(?:СНИЛС|снилс)[^\n0-9]{0,60}|\b)(?P<v>[0-9]{3}-[0-9]{3}-[0-9]{3}[ \-][0-9]{2})\b",
        "snils", "СНИЛС 112-233-445 95", "batch 112-233-445 96",
    ),
    _national(
        "amka", "Greece", r"(?i)(?:\bamka\b|αμκα)[^\n0-9]{0,60}(?P<v>[0-3][0-9][01][0-9]{8})\b",
        "luhn", "AMKA 01010012340", "batch 01010012345",
    ),
    _national(
        "teudat_zehut", "Israel", r"(?i)(?:תעודת ?(?:ה)?זהות|ת\.?\"?ז\.?|\bteudat zehut\b|\bisraeli id\b)[^\n0-9]{0,60}(?P<v>[0-9]{9})\b",
        "luhn", "תעודת זהות 123456782", "batch 123456783",
    ),
    _national(
        "ppsn", "Ireland", r"(?i)\bpps(?:n| no| number)?\b[^\n0-9]{0,60}(?P<v>[0-9]{7}[a-w][a-iw]?)\b",
        "ppsn", "PPSN 1234567T", "batch 1234567A",
    ),
    _national(
        "ird", "New Zealand", r"(?i)\bird\b[^\n0-9]{0,60}(?P<v>[0-9]{2,3}[ \-]?[0-9]{3}[ \-]?[0-9]{3})\b",
        "ird", "IRD number 49-091-850", "batch 49-091-851",
    ),
    _national(
        "cpr", "Denmark", r"(?i)\b(?:cpr|cpr-?(?:nr|nummer)(?:et)?|personnummer(?:et)?)\b[^\n0-9]{0,60}(?P<v>[0-3][0-9][01][0-9]{3}[ \-]?[0-9]{4})\b",
        "", "CPR 070761-4285", "CPR courses for 20 people",
    ),
    _national(
        "nif", "Portugal", r"(?i)\b(?:nif|contribuinte|niss)\b[^\n0-9]{0,60}(?P<v>[1235689][0-9]{2} ?[0-9]{3} ?[0-9]{3})\b",
        "nif", "NIF 501442600", "o NIF segue amanha",
    ),
    _national(
        "taj", "Hungary", r"(?i)\btaj(?:-?szam[a-z]{0,4})?\b[^\n0-9]{0,60}(?P<v>[0-9]{3}[ \-]?[0-9]{3}[ \-]?[0-9]{3})\b",
        "taj", "TAJ szám: 123 456 788", "batch 123 456 789",
    ),
    _national(
        "egn", "Bulgaria", r"(?:ЕГН|егн|\bEGN\b)[^\n0-9]{0,60}(?P<v>[0-9]{10})\b",
        "egn", "ЕГН 7523169263", "batch 7523169264",
    ),
    _national(
        "isikukood", "Estonia and Lithuania", r"(?i)\b(?:isikukood|asmens kodas|a\. ?k|ik)\b[^\n0-9]{0,60}(?P<v>[1-6][0-9]{10})\b",
        "isikukood", "isikukood 37605030299", "batch 37605030298",
    ),
    _national(
        "thai_id", "Thailand", r"(?:\b(?P<v>[1-8]-[0-9]{4}-[0-9]{5}-[0-9]{2}-[0-9])\b|(?:เลขประจำตัวประชาชน|บัตรประชาชน|(?i:thai id))[^\n0-9]{0,60}[1-8][0-9]{12}\b)",
        "thai_id", "เลขประจำตัวประชาชน 1-1018-00012-34-6", "1-1018-00012-34-8",
    ),
    _national(
        "mykad", "Malaysia", r"(?i)\b(?:mykad|nric|ic (?:no|number)|no\.? (?:kad pengenalan|ic))\b[^\n0-9]{0,60}(?P<v>[0-9]{2}[01][0-9][0-3][0-9]-?[0-9]{2}-?[0-9]{4})\b",
        "", "MyKad 880412-14-5678", "IC number will follow",
    ),
    _national(
        "nik", "Indonesia", r"(?i)\b(?:nik|ktp|no\.? ktp)\b[^\n0-9]{0,60}(?P<v>[1-9][0-9]{5}[0-7][0-9][01][0-9]{3}[0-9]{4})\b",
        "", "NIK: 3171234567890123".replace("34567", "41207"), "NIK and KTP are needed",
    ),
    _national(
        "cuil", "Argentina", r"(?i)\b(?:cui[lt])\b[^\n0-9]{0,60}(?P<v>(?:20|23|24|27)-?[0-9]{8}-?[0-9])\b",
        "cuil", "CUIL 20-12345678-6", "batch 20-12345678-5",
    ),
    _national(
        "identity_card", "several countries", r"(?i)\b(?:cedula(?: de (?:ciudadania|identidad))?|c\.c\.|documento (?:de identidad|nacional)|id ?card(?: no| number)?|identity card|personalausweis(?:nummer|-?nr\.?)?|ausweis(?:nummer|-?nr\.?)|carte d'identite|carta d'identita|identiteitskaart|dowod osobisty|hkid|national id(?:entity)?(?: no| number| card)?|kennitala)\b[^\n0-9a-z]{0,6}(?:(?:number|no|nr|num|numero|n)\b[^\n0-9a-z]{0,6})?(?:(?:de|del|van|von|di|of|is|es|ist|est)\b [a-z ]{0,30})?(?P<v>[a-z]{0,3}[0-9][0-9a-z. \-]{5,14}[0-9a-z](?:\([0-9a]\))?)",
        "document_number", "Personalausweisnummer L01X00T471", "bring your ID card on 12 May",
    ),
    _national(
        "hkid", "Hong Kong", r"\b(?P<v>[A-Z]{1,2}[0-9]{6}\([0-9A]\))",
        "", "A123456(3)", "see A12(3)",
    ),
    _national(
        "taiwan_id", "Taiwan", r"\b(?P<v>[A-Z][1289][0-9]{8})\b",
        "taiwan_id", "身分證 A123456789", "part A123456788",
    ),
    _national(
        "cpf_named", "Brazil", r"(?i)\bcpf\b[^\n0-9]{0,60}(?P<v>[0-9]{11})\b",
        "cpf", "CPF: 52998224725", "batch 52998224726",
    ),
    _national(
        "uk_driver_number", "United Kingdom", r"\b(?P<v>[A-Z9]{5} ?[0-9][0156][0-9][0-3][0-9][0-9] ?[A-Z9]{2}[0-9][A-Z]{2})\b",
        "", "MORGA657054SM9IJ", "the code MORGA65",
    ),
    _national(
        "cccd", "Vietnam", r"(?i)\b(?:cccd|cmnd|can cuoc)\b[^\n0-9]{0,60}(?P<v>0[0-9]{11}|[0-9]{9})\b",
        "", "số CCCD 079095393069", "CCCD va ho chieu",
    ),
    _national(
        "emirates_id", "United Arab Emirates", r"\b(?P<v>784-?[12][0-9]{3}-?[0-9]{7}-?[0-9])\b",
        "luhn", "Emirates ID 784-1984-1234567-4", "784-1984-1234567-5",
    ),
    _national(
        "cedula", "Uruguay and others", r"\b(?P<v>[1-9]\.[0-9]{3}\.[0-9]{3}-[0-9])\b",
        "cedula", "CI 1.234.567-2", "1.234.567-3",
    ),
    _national(
        "named_number", "several countries", r"(?i)(?:\b(?:bvn|nin|cnic|jmbg|emso|iin|iqama|nid|curp|cedula|c\.c\.|ci|personas kods|p\. ?k|kt|ghana card|national (?:id|identity|identification)(?: card)?(?: number| no\.?)?|(?:citizen|resident|identity|personal|identification|civil)(?: id| card)? (?:number|no\.?|code)|numero (?:de identidad|nacional|di carta)|numero national|id(?:entity)? card (?:number|no)|personal id)\b|الرقم القومي|رقم الهوية|رقم هوية|شناسنامه|کد ملی|شناختی کارڈ|身分證|身份证|证件号|신분증|주민번호|РНОКПП|удостоверени[^\s]{1,2}|посвідчення|رقم البطاقة|पहचान पत्र|บัตรประชาชน|ΑΔΤ|ЕМБГ|ЈМБГ|ИИН|паспорт)[^\n0-9]{0,40}(?P<v>[0-9][0-9 .\-]{4,18}[0-9])",
        "named_number", "BVN 22345678901 of the applicant", "order national id 12",
    ),
    _national(
        "practitioner", "United States", r"(?:\bDEA\b[^\n0-9]{0,12}(?P<v>[A-Z]{2}[0-9]{7})\b|\bNPI\b[^\n0-9]{0,12}[12][0-9]{9}\b)",
        "", "DEA BH4471965, NPI 1938913583", "the DEA and the NPI registry",
    ),
    _national(
        "rnokpp", "Ukraine", r"(?:РНОКПП|рнокпп|ІПН|іпн)[^\n0-9]{0,60}(?P<v>[0-9]{10})\b",
        "", "РНОКПП 3184710691", "РНОКПП буде завтра",
    ),
    _national(
        "nss", "Spain", r"(?i)\b(?:nss|seguridad social)\b[^\n0-9]{0,60}(?P<v>[0-9]{2}[ /\-]?[0-9]{8}[ /\-]?[0-9]{2})\b",
        "nss", "NSS 28/12345678/40", "NSS 28/12345678/41",
    ),
)  # fmt: skip
