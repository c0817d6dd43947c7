"""Names that impostors borrow, and words and endings of the hosts they make. Data only."""

from typing import Final

from guard.lexicon import words

BRANDS: Final[dict[str, frozenset[str]]] = {
    **{
        name: frozenset({name})
        for name in words(
            """
            paypal netflix dhl fedex ups usps dpd evri royalmail laposte colissimo chronopost correos
            correios postnl bpost postnord deutschepost docusign dropbox adobe linkedin coinbase
            binance metamask ledger trezor kraken stripe wellsfargo bankofamerica citibank hsbc
            barclays lloyds santander bbva caixabank sparkasse volksbank commerzbank postbank
            deutschebank ing rabobank abnamro creditagricole bnpparibas societegenerale intesasanpaolo
            unicredit nordea swedbank danskebank bankid mitid digid elster finanzamt impots ameli hmrc
            irs agenziaentrate inps spotify booking airbnb zoom slack webex quickbooks xero norton
            mcafee geeksquad telekom vodafone verizon revolut wise klarna mbway wetransfer godaddy
            ionos sharefile zelle venmo robinhood blockchain opensea steam telegram tiktok snapchat
            walmart costco alibaba aliexpress mastercard americanexpress capitalone monzo n26 openai
            anthropic chatgpt swisspost migros postfinance m365 singpost rakuten mercari kuronekoyamato sagawa naver kakao alipay wechat taobao jd grab gojek shopee lazada paytm flipkart fastrak ezpass dmv ato canadapost auspost docomo softbank swisscom twint raiffeisen gls inpost allegro
            """
        )
    },
    "microsoft": words("microsoft microsoftonline office live azure windows"),
    "microsoft365": words("microsoft office"),
    "m365": words("microsoft office"),
    "office365": words("microsoft office"),
    "outlook": words("outlook microsoft office live hotmail"),
    "onedrive": words("microsoft live onedrive"),
    "sharepoint": words("microsoft sharepoint"),
    "teams": words("microsoft teams"),
    "apple": words("apple icloud"),
    "icloud": words("apple icloud"),
    "amazon": words("amazon amazonaws amazonses"),
    "google": words("google gmail googlemail youtube"),
    "gmail": words("google gmail googlemail"),
    "chrome": words("google chrome"),
    "facebook": words("facebook facebookmail meta"),
    "instagram": words("instagram facebookmail meta"),
    "whatsapp": words("whatsapp facebook meta"),
    "github": words("github githubusercontent githubassets"),
    "chase": words("chase jpmorgan"),
}
"""A word of a name → the names of the domains it may stand in."""
SERVICE_WORDS: Final = words(
    """
    account accounts alert alerts admin administrator auth billing center centre claims confirm
    customer department delivery desk help helpdesk info invoice invoices it livraison login mail
    notice notification notifications notify online pay payment payments payroll portal recovery
    refund renewal secure security seguridad sicherheit service services servicio servizio signin
    storage suivi support sync system team unlock update updates validation verification verify
    wallet web konto kundenservice kundendienst banking erstattung patch zentrale center365 envelopes
    inbox voicemail fax document documents sign seguranca fix due toll fee tax claim bonus prize track tracking parcel colis paquete envio invite calendar relay renewals fund funds recover leads clearance
    """
)
"""What stands beside a borrowed name."""
FREE_MAIL: Final = words(
    """
    gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com ymail.com aol.com
    icloud.com me.com mail.com gmx.com gmx.de gmx.net web.de proton.me protonmail.com tutanota.com
    yandex.com yandex.ru mail.ru bk.ru inbox.ru zoho.com fastmail.com hotmail.fr hotmail.co.uk
    yahoo.co.uk yahoo.fr laposte.net orange.fr free.fr libero.it virgilio.it wp.pl o2.pl onet.pl
    seznam.cz qq.com 163.com 126.com naver.com t-online.de airmail.cc outlook.fr outlook.de
    """
)
RARE_ENDINGS: Final = (
    ".xyz", ".top", ".icu", ".click", ".buzz", ".cyou", ".rest", ".sbs", ".cfd", ".quest", ".monster",
    ".tk", ".ml", ".ga", ".cf", ".gq", ".zip", ".mov", ".help", ".work", ".support", ".online",
    ".site", ".live", ".shop", ".store", ".website", ".space", ".fun", ".bid", ".loan", ".win", ".vip",
    ".se.net", ".nl.com", ".de.com", ".uk.com", ".us.com", ".eu.com", ".com.de", ".services", ".center",
    ".info", ".link", ".lol", ".xin", ".bond", ".biz", ".pro", ".cc", ".ws", ".cam", ".beauty", ".pw", ".su",
)  # fmt: skip
"""Endings that cost little and are asked nothing."""
