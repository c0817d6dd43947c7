"""Mail providers where anybody gets an address: trusting their whole domain would trust everybody.

A maintained list, in lower case. Sources: the providers' own sign-up pages and their regional names.
"""

from typing import Final

_NAMES: Final = """
gmail.com googlemail.com
outlook.com hotmail.com live.com msn.com passport.com outlook.de outlook.fr outlook.es outlook.it outlook.jp
outlook.com.br outlook.com.ar outlook.co.id outlook.co.th outlook.ie outlook.in outlook.kr outlook.pt outlook.sa
hotmail.co.uk hotmail.fr hotmail.de hotmail.it hotmail.es hotmail.nl hotmail.be hotmail.ca hotmail.se hotmail.co.jp
hotmail.com.br hotmail.com.ar hotmail.ch hotmail.dk hotmail.no hotmail.gr hotmail.co.il hotmail.co.th
live.co.uk live.fr live.de live.it live.nl live.be live.ca live.se live.dk live.no live.com.au live.com.mx live.jp live.cn
windowslive.com
yahoo.com ymail.com rocketmail.com yahoo.co.uk yahoo.fr yahoo.de yahoo.it yahoo.es yahoo.ca yahoo.co.in yahoo.in
yahoo.co.jp yahoo.com.br yahoo.com.ar yahoo.com.mx yahoo.com.au yahoo.co.nz yahoo.com.sg yahoo.com.hk yahoo.com.tw
yahoo.com.ph yahoo.com.vn yahoo.co.id yahoo.co.kr yahoo.co.th yahoo.co.za yahoo.ie yahoo.gr yahoo.se yahoo.no yahoo.dk
yahoo.pl yahoo.ro yahoo.com.tr myyahoo.com
aol.com aim.com aol.de aol.fr aol.co.uk netscape.net verizon.net
icloud.com me.com mac.com privaterelay.appleid.com
proton.me protonmail.com protonmail.ch pm.me
tutanota.com tutanota.de tutamail.com tuta.io tuta.com keemail.me
gmx.com gmx.net gmx.de gmx.at gmx.ch gmx.us gmx.fr gmx.es gmx.co.uk web.de mail.com email.com usa.com consultant.com
engineer.com europe.com post.com
t-online.de freenet.de arcor.de posteo.de posteo.net mailbox.org
orange.fr wanadoo.fr laposte.net free.fr sfr.fr neuf.fr bbox.fr
libero.it virgilio.it tiscali.it alice.it tin.it inwind.it iol.it email.it
terra.com.br uol.com.br bol.com.br ig.com.br terra.es telefonica.net
ziggo.nl kpnmail.nl planet.nl home.nl xs4all.nl hetnet.nl telenet.be skynet.be proximus.be
bluewin.ch hispeed.ch sunrise.ch chello.at aon.at
btinternet.com virginmedia.com sky.com talktalk.net ntlworld.com blueyonder.co.uk
comcast.net att.net sbcglobal.net bellsouth.net cox.net charter.net spectrum.net earthlink.net optonline.net frontier.com
juno.com netzero.net rogers.com shaw.ca sympatico.ca telus.net videotron.ca bell.net
bigpond.com bigpond.net.au optusnet.com.au xtra.co.nz
mail.ru bk.ru inbox.ru list.ru internet.ru yandex.ru yandex.com ya.ru yandex.by yandex.kz yandex.ua rambler.ru lenta.ru
ukr.net i.ua meta.ua
wp.pl o2.pl onet.pl interia.pl op.pl poczta.onet.pl vp.pl gazeta.pl tlen.pl
seznam.cz email.cz post.cz centrum.cz volny.cz azet.sk centrum.sk zoznam.sk
freemail.hu citromail.hu abv.bg mail.bg
qq.com foxmail.com 163.com 126.com yeah.net sina.com sina.cn sohu.com 139.com 189.cn aliyun.com 21cn.com tom.com
naver.com daum.net hanmail.net nate.com kakao.com
docomo.ne.jp ezweb.ne.jp softbank.ne.jp au.com nifty.com
rediffmail.com indiatimes.com
fastmail.com fastmail.fm hey.com zoho.com zohomail.com zohomail.eu zoho.eu hushmail.com runbox.com mailfence.com
startmail.com disroot.org riseup.net ctemplar.com skiff.com duck.com cock.li inbox.lv inbox.eu
lycos.com excite.com walla.com walla.co.il mynet.com
simplelogin.com simplelogin.co anonaddy.com addy.io mozmail.com
mailinator.com guerrillamail.com guerrillamail.net sharklasers.com 10minutemail.com temp-mail.org tempmail.com yopmail.com
trashmail.com throwawaymail.com getnada.com maildrop.cc dispostable.com mailnesia.com mohmal.com
"""
PUBLIC_PROVIDERS: Final = frozenset(_NAMES.split())
"""The domains."""
