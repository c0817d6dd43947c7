"""What a text asks of its reader: orders and requests, as they are said to somebody. Data only.

English imperatives look like any verb; they count behind a word that asks, or where a clause begins.
"""

from typing import Final

from guard.concepts import Concept, concept, imperative

ASKING: Final = concept(
    "asking",
    r"\b(?:please|kindly|pls|plz|could you|can you|would you|will you|you (?:must|should|need to|have to|are to|shall|may|can|will|now|are (?:required|asked|instructed|requested|authori[sz]ed|expected) to)|(?:need|want|like|expect|require|requires|instruct|ask|asks|request|requests|invite|wants|needs|urge) (?:you|the assistant|the agent|the model|every agent|it) to|(?:required|requested|instructed|asked|expected|directed|obliged|told|supposed|needs|has|ought|task is|job is|is|are|sure|remember|mind|important|necessary|ready|time|required) to|must|should|shall|make sure you|go ahead and|feel free to|and|then|first|next|now|immediately|also|just|simply|instead|by|promptly|quietly|silently|do|step [0-9]|mind)[ ,:]{1,3}",
    r"(?:^|[.:;,!?*)}>\"'|\-\]][ *]{1,3}|\n[\s>*\-0-9.)\[\]#]{0,6}|>)",
)
"""What stands in front of an English imperative."""


ASKED: Final[tuple[Concept, ...]] = (
    concept(
        "ask.transfer",
        imperative(
            r"\b(?:send|forward|e-?mail|mail|share|export|upload|post|copy|bcc|cc|relay|attach|paste|submit|append|transmit|provide|return|hand over|pass(?: on| along| back)?|reply with|respond with|answer with|reply to (?:this|me)[^.!?]{0,20} with|redirect|route|supply|give|deliver|include|embed|insert|write back|get back to me with|text|drop|fax|dump|return|produce|answer me with|mirror|tell|report back|disclose|encode|put)\b"
        ),
        r"\b(?:i|we)(?:'ll| will| urgently| really| also)? (?:need|require|want)\b",
        de=r"schick*, geschickt, send*, gesendet, weitergeleitet, weiterleit*, übermittl*, übersend*, lies mir, lesen sie mir, teil\w* .{0,12} mit, zukommen, sende, sendet, senden sie, schicke, schick, schicken sie, leite, leiten sie, übermitteln sie, übermittle, teilen sie, teile, gib, geben sie, nenn*, nennen sie, kopiere*, exportiere*, weiterleiten, weiterzuleiten, zuzusenden, zusenden, zukommen, mitteilen, mitzuteilen, antworten sie mit, antworte mit, hänge, hängen sie, lade, laden sie, mailen sie, mail mir, schicken, zu senden, verschicke, zu schicken, übersenden, füge, fügen sie",
        fr=r"envoi*, envoy*, transfér*, transfer*, communiqu*, fourni*, partag*, envoye[rz], envoie, envoyez-*, transmet\w*, transfère*, transférer, transférez, communique[rz]?, partage[rz]?, donne[rz]?, fournir, fournissez, copie[rz], répond\w* avec, faites-\w+ parvenir, faites suivre, faire suivre, joign\w+, renvoye[rz], exporte[rz]?, ajoute[rz], faire parvenir, inclu[rst]\w*",
        es=r"envi[aeo]\w*, reenvi\w*, mand[ae]\w*, respond[ea]\w*, envía\w*, enví[ae]\w*, enviar\w*, reenví\w*, manda\w{0,4}, mándame, comparte\w*, compartir, comparta, facilit[ea]\w*, proporcion[ea]\w*, copi[ae], exporta, exporte, adjunt[ae], responda con, responde con, remit[ae]\w*, pása\w*, dame, deme, súba\w*, incluy[ae]\w*, agreg[au]\w*, transmit[ae]\w*",
        it=r"invi[aio]\w*, inoltr\w+, mand\w+, rispond\w+, invi[ai]\w{0,4}, inoltr[aie]\w*, mand[ai]\w{0,4}, condivid\w+, fornisc\w+, fornire, comunic[ahi]\w*, trasmett\w+, rispond[ai] con, alleg[ahi]\w*, copi[ai], esport[ai], girami, includ\w+",
        pt=r"envi[aeo]\w*, encaminh\w*, mand[ae]\w*, respond[ae]\w*, envie\w*, enviar\w*, encaminh\w+, mande\w*, compartilh\w+, partilh\w+, forneça\w*, reencaminh\w+, copie, exporte, anexe, responda com, transmita, repass\w+, inclua\w*, reenvi\w+",
        nl=r"stuur*, gestuurd, doorgestuurd, geef, mail, stuur\w*, sturen, zend, verzend\w*, doorsturen, deel, geef, kopieer, exporteer, mail mij, mail me, antwoord met, beantwoord\w* met, lever, door te sturen, te sturen, voeg",
        pl=r"wyśl*, prześ*, przekaz*, podaj*, odpowiedz*, wyślij\w*, prześlij\w*, przekaż\w*, podaj\w*, udostępnij, skopiuj, wysłać, przesłać, przekazać, załącz, odpowiedz podając, podać, dołącz",
        sv=r"skicka, vidarebefordra, vidaresänd, dela, bifoga, skicka över, kopiera, send, sende, videresend\w*, videresende, del, vedhæft, svar med, svara med, oplys, uppge, overfør",
        cs=r"pošli\w*, pošlete, přepošli\w*, přeposlat, odešli\w*, zašlete, sdělte, poskytn\w+, poslat, preposli\w*, pošlite",
        ro=r"trimite\w*, trimiteți\w*, redirecționa\w*, transmite\w*, furnizați, expedia\w*",
        hu=r"küldj\w*, küldje\w*, továbbíts\w*, továbbítsa, adja meg, add meg, osszad meg",
        fi=r"lähetä\w*, lähettäkää, välitä\w*, jaa, toimita\w*, edelleenlähetä",
        tr=r"gönder\w{0,8}, ilet\w{0,8}, paylaş\w{0,6}, yolla\w*, aktar\w*",
        id=r"kirim\w*, teruskan, bagikan, berikan, sampaikan, gửi, chuyển tiếp, cung cấp, chia sẻ",
        ru=r"отправь, отправьте, отправить, перешли, пересла, пришли, прислать, вышли, выслать, скинь, передай, передать, сообщи, предостав, скопируй, поделись, перенаправ, направьте, направить, пришлёт, дай нам, приложи, выгрузи",
        uk=r"надішл, перешл, відправ, передай, повідом, надай, скинь, поділі, пересила, скопіюй",
        el=r"στειλ, στείλ, προωθησ, προώθησ, αποστειλ, δωστε, κοινοποι",
        zh=r"发送, 发给, 转发, 发到, 发至, 转给, 提供, 告诉我, 告知, 回复.{0,12}给, 上传, 抄送, 导出, 分享, 寄给, 傳送, 轉發, 發送, 傳給, 發給, 转寄, 附上, 传给, 给我",
        ja=r"送って, 送信し, 転送し, 転送して, 送付, 教えて, お知らせください, 共有し, 返信し, 提供し, アップロードし, コピーし, お送り, 添付し, ご連絡ください, 転送を",
        ko=r"보내, 전송, 전달, 알려, 공유, 회신, 제공해, 업로드, 복사, 첨부, 송부",
        ar=r"أرسل, ارسل, أعد توجيه, قم بإرسال, إرسال, زودن, شارك, أعد إرسال, حوّل, انسخ, تزويد, اعد توجيه",
        hi=r"भेज, अग्रेषित, साझा, फॉरवर्ड, बताए, बताएं, प्रदान, शेयर",
        th=r"ส่ง, แจ้ง, ส่งต่อ",
        sw=r"tuma, nitumie, peleka",
    ),
    concept(
        "ask.destroy",
        imperative(
            r"\b(?:delete|remove|purge|wipe|erase|empty|discard|trash|destroy|clear out|archive|expunge|shred|get rid of|mark|move)\b"
        ),
        de=r"lösch*, entfern*, gelöscht, lösche*, löschen sie, zu löschen, entferne*, entfernen sie, leere, leeren sie, vernichte*, verschiebe*, archiviere*, stornier*, löschen",
        fr=r"supprime[rz]?, efface[rz]?, vide[rz], détrui\w+, archive[rz], annule[rz], déplace[rz]",
        es=r"borr[ae]\w*, elimin[ae]\w*, elimin[ae]\w*, eliminar, borr[ae]\w*, borrar, vací[ae], archiv[ae], destruy[ae], cancel[ae], muev[ae]",
        it=r"elimin[aie]\w*, cancell[aie]\w*, svuot[aie], rimuov\w+, archivi[ai], spost[aie]",
        pt=r"apag[aue]\w*, elimin[ae]\w*, exclu[ai]\w*, elimine, apague\w*, apagar, exclua\w*, excluir, esvazie, arquive, remova",
        nl=r"verwijder\w*, wis, leeg, archiveer, gooi weg",
        pl=r"usuń\w*, skasuj\w*, wyczyść, zarchiwizuj, opróżnij",
        sv=r"radera, ta bort, slet, slett, tøm, töm, fjern, arkivera",
        tr=r"sil, siliniz, silin, kaldır, boşalt, arşivle",
        ru=r"удали, удалите, удалить, сотри, очисти, уничтож, архивируй, отмени",
        uk=r"видали, видаліть, очисти, знищ",
        zh=r"删除, 清空, 移除, 销毁, 刪除, 归档, 清除",
        ja=r"削除し, 消去し, 空にし, 削除を, アーカイブし, 消して",
        ko=r"삭제, 비우, 지우, 제거",
        ar=r"احذف, امسح, حذف, أزل",
        hi=r"हटा, मिटा, डिलीट",
        th=r"ลบ",
    ),
    concept(
        "ask.pay",
        imperative(
            r"\b(?:pay|wire|transfer|remit|settle|process (?:the|a|this|an|our) (?:\w+ ){0,2}(?:payment|invoice|wire|transfer)|make (?:the|a|this|an) (?:\w+ ){0,2}(?:payment|transfer|deposit)|release (?:the|this) (?:\w+ ){0,2}(?:payment|funds)|send (?:the |a |an )?(?:\w+ ){0,2}(?:payment|funds|money|deposit|[$€£][0-9])|initiate|arrange (?:the|a|for) (?:\w+ ){0,2}(?:payment|transfer|wire)|deposit|purchase|buy|pick up|get hold of|complete the payment|approve the (?:\w+ )?(?:payment|transfer|invoice)|schedule (?:the|a) (?:\w+ )?(?:payment|transfer)|authori[sz]e (?:the|a) (?:\w+ )?(?:payment|transfer)|expedite|issue|refund|credit|reimburse)\b",
        ),
        r"\b(?:need|want|must|should|has to|have to|to)(?: [^\s.!?]{1,20}){0,6} (?:transferred|wired|paid|settled|remitted)\b",
        imperative(
            r"\bpay\b"
        ),
        de=r"überweis*, überwies*, zahl*, bezahl*, begleich*, beglichen, anzuweisen, einzahl*, kauf*, besorg*, eingehen, angewiesen, überweis\w+, bezahle, bezahlen sie, zahle, zahlen sie, begleich\w+, veranlass\w+, zu zahlen, zahlung zu veranlassen, anweisen, kaufe, kaufen sie, besorg\w*, zu überweisen, zahlen sie",
        fr=r"achet*, virez, virement, verse*, vers[eé]*, payez, réglez, paie, payer, régler, réglé, vire[rz], paye[rz], payer, règle[rz], régler, effectue[rz], procéde[rz], verse[rz], achete[rz], acheter, faire un virement, faites un virement",
        es=r"compr[ae]\w*, pag[aueo]\w*, transfi\w+, abon\w+, ingres\w+, transfiera, transferir, pague, pagar, abone, abonar, realice, realizar, deposite, compre, comprar, haga una transferencia, liquidar, efectuar, efectúe, transfiere, paga, compra",
        it=r"pag[aho]\w*, bonific\w+, compr\w+, acquist\w+, vers\w+, paghi, pagare, pagate, paga, bonific\w+, versi, versare, effettu\w+, acquist\w+, compra\w*, disporre, procedere al",
        pt=r"faça um pix, fazer um pix, pix de, um pix, pag[aueo]\w*, transf[ie]\w+, compr[ae]\w*, deposit\w+, pague, pagar, transfira, transferir, deposite, efetue, efetuar, realize, compre, comprar, faça uma transferência, faça o pagamento",
        nl=r"betaal, betalen, maak\w* over, over te maken, overmaken, koop, voldoen, te betalen",
        pl=r"zapłać, zapłacić, przelej, przelać, opłać, opłacić, wykonaj przelew, zrób przelew, kup, uregul\w+",
        sv=r"betala, betal, överför, overfør, genomför, köp, køb, kjøp, gennemfør",
        cs=r"zaplaťte, uhraďte, převeďte, uhradit, zaplatit, kupte",
        tr=r"öde, ödeyin, ödeyiniz, havale, transfer ed\w*, satın al\w*, yatır\w*",
        id=r"bayar\w*, transfer\w*, beli\w*, thanh toán, chuyển khoản, mua",
        ru=r"оплатите, оплати, оплатить, переведите, перевести, перечислите, перечислить, купи, купите, проведите платеж, произвести оплату, внесите",
        uk=r"оплатіть, сплатіть, перекажіть, переказати, купіть, сплатити",
        zh=r"付款, 汇款, 转账, 支付, 打款, 打出去, 转过去, 打到, 打给, 购买, 匯款, 轉帳, 转帐, 汇入, 缴纳, 缴费",
        ja=r"支払, 振り込, 振込, 送金, 購入し, お支払い, 買って",
        ko=r"송금, 입금, 결제해, 결제하, 이체, 구매, 지불, 납부",
        ar=r"ادفع, حول, تحويل, سداد, دفع, شراء, اشتر",
        hi=r"भुगतान, ट्रांसफर, खरीद, जमा कर",
        th=r"โอน, จ่าย, ชำระ",
    ),
    concept(
        "ask.login",
        imperative(
            r"\b(?:log[ -]?(?:in|on)|sign[ -]?(?:in|on)|verify|re-?verify|confirm|validate|re-?validate|authenticate|re-?authenticate|update your|re-?activate|activate|unlock|restore|secure your|enter your|provide your|complete (?:the |your |this )?(?:verification|security|identity|form)|submit your|re-?enter|recover your|renew|upgrade your|sync your|click|tap|follow (?:the|this) (?:\w+ )?link|use (?:the|this) (?:\w+ )?(?:link|button|form)|visit|scan(?:ning)?|clicking|entering|go to|fill (?:in|out)|proceed|keep (?:the |your )?(?:same |current )?password|release|access (?:the|your)|claim|review (?:the|your|this|it)|resolve|dispute|reschedule|open (?:the|this) (?:\w+ )?(?:link|portal|page))\b"
        ),
        de=r"anmeld*, bestätig*, geben sie, eingeb*, eingab*, einlog*, erneuer*, verifizier*, aktualisier*, klick*, öffnen, freischalt*, melden sie sich, anmelden, einloggen, loggen sie, logge, bestätigen, bestätige, verifizieren, verifiziere, aktualisieren, klicken, klicke, klick, geben sie ihr\w* \w+ ein, entsperren, reaktivieren, authentifizieren, scannen sie, überprüfen sie, freigeben, abrufen, prüfen sie, folgen sie dem link",
        fr=r"connect*, confirm*, vérifi*, cliqu*, saisi*, renseign*, régularis*, reprogramm*, connecte[rz]-\w+, vous connecter, connectez, identifie[rz], confirme[rz], confirmer, vérifie[rz], vérifier, valide[rz], clique[rz], cliquer, réactive[rz], saisi\w+, mettre à jour, mettez à jour, scanne[rz], actualise[rz], débloque[rz]",
        es=r"inicie sesión, iniciar sesión, acceda, acceder, confirme, confirmar, verifique, verificar, valid[ae]\w*, haga clic, hacer clic, pulse, pinche, actualice, actualizar, ingrese, introduzca, reactiv[ae]\w*, desbloque\w+, escanee, haz clic, verifica, confirma, regularice",
        it=r"acced[aei]\w*, effettu\w+ l'accesso, conferm[aie]\w*, verific[ahi]\w*, clicc[ahi]\w*, aggiorn[aie]\w*, inserisc\w+, inserire, riattiv\w+, sblocc\w+, convalid\w+, scansion\w+",
        pt=r"confirm*, verific*, clique*, acess*, insir*, regulariz*, atualiz*, acesse\w*, aceda, clique, confirme, confirmar, verifique, verificar, atualize, atualizar, valide, faça login, inicie sessão, insira, reative, desbloqueie, regularize, introduza, digitalize",
        nl=r"log in, inlog*, bevestig*, klik*, vraag .{0,20} aan, vernieuw*, activeer*, log in, inloggen, meld u aan, bevestig\w*, verifieer, verifiëren, klik\w*, werk uw, bijwerken, vul uw, valideer, heractiveer, scan de, controleer",
        pl=r"zaloguj\w*, potwierdź\w*, zweryfikuj\w*, kliknij\w*, zaktualizuj\w*, potwierdzić, zweryfikować, odblokuj, wpisz, podać dane, aktywuj",
        sv=r"logga*, log ind*, förnya*, forny*, bekräft*, bekræft*, klick*, klik*, verifi*, logga in, log ind, logg inn, bekräfta, bekræft, bekreft, verifiera, verificer, verifiser, klicka, klik, klikk, uppdatera, opdater, oppdater, identifiera",
        cs=r"přihlaste, potvrďte, ověřte, klikněte, aktualizujte, přihlásit",
        ro=r"completați, introduceți, plătiți, conectați, confirmați, verificați, accesați, apăsați, actualizați",
        hu=r"jelentkezzen be, erősítse meg, kattintson, frissítse, igazolja",
        fi=r"kirjaudu, vahvista, klikkaa, napsauta, päivitä",
        tr=r"giriş yap\w*, doğrula\w*, onayla\w*, tıkla\w*, güncelle\w*, oturum aç\w*",
        id=r"klik, masuk, verifikasi\w*, konfirmasi\w*, perbarui, xác minh, nhấp, đăng nhập, xác nhận, cập nhật",
        ru=r"войдите, подтверд, нажмите, перейдите, обновите, авториз, введите, кликн, верифиц, пройдите по, проверьте, активируйте, разблокир, отсканируй",
        uk=r"увійдіть, підтверд, натисніть, перейдіть, оновіть, введіть",
        el=r"συνδεθειτε, εισελθετε, συνδεθ, επιβεβαι, επαληθ, πατήστε, πατηστε, κάντε κλικ, ενημερώσ",
        zh=r"点击, 登录, 验证, 核实, 扫描, 點擊, 登入, 驗證, 扫码, 輸入, 输入, 激活",
        ja=r"クリック, ログイン, ご確認ください, 認証, 更新してください, 入力, アクセスして, 確認を, 再設定",
        ko=r"클릭, 로그인, 인증, 업데이트, 접속, 스캔, 입력",
        ar=r"انقر, اضغط, تسجيل الدخول, سجل الدخول, تأكيد, أكد, تحقق, تحديث, حدّث, امسح",
        hi=r"क्लिक, लॉग इन, सत्यापित, पुष्टि, अपडेट, लॉगिन",
        th=r"คลิก, เข้าสู่ระบบ, ยืนยัน",
    ),
    concept(
        "ask.run",
        imperative(
            r"\b(?:open|run|execute|install(?:ing)?|download(?:ing)?|press|launch|start|enable|allow|unzip|extract|paste|double[ -]?click|load|view|activate|save|preview|use)\b"
        ),
        de=r"öffn*, start*, install*, herunterlad*, doppelklick*, ausführ*, aktivier*, öffnen sie, öffne, starten sie, führe\w* .{0,30} aus, installier\w+, laden sie, lade, aktivier\w+, herunterladen, entpack\w+, ausführen",
        fr=r"ouvr\w+, installe[rz]?, télécharge[rz]?, exécute[rz]?, active[rz], lance[rz], décompresse[rz]",
        es=r"abr[aei]\w*, instal[ae]\w*, descarg[aeu]\w*, ejecut[ae]\w*, habilit[ae]\w*, descomprim\w+",
        it=r"apr[aie]\w*, install[aie]\w*, scaric[ahi]\w*, esegu\w+, abilit[aie]\w*",
        pt=r"abr[ae]\w*, instal[ae]\w*, baix[ae]\w*, descarregue, execut[ae]\w*, habilite, transfira",
        nl=r"open de, installeer, download\w*, voer .{0,20} uit, schakel",
        pl=r"otwórz, zainstaluj, pobierz, uruchom, włącz",
        sv=r"öppna, installera, ladda ner, åbn, installer, kör, kør",
        tr=r"aç, yükle, indir\w*, çalıştır\w*, etkinleştir\w*",
        ru=r"откройте, установите, скачайте, запустите, включите, открой, скачай, распакуй",
        zh=r"打开, 安装, 下载, 运行, 启用, 执行, 打開, 下載",
        ja=r"開いて, インストール, ダウンロード, 実行, 有効に",
        ko=r"열어, 설치, 다운로드, 실행, 활성화",
        ar=r"افتح, تثبيت, تنزيل, شغل, نزّل",
    ),
    concept(
        "ask.reveal",
        imperative(
            r"\b(?:reveal|print|read (?:me|us|out|aloud|back)|show|repeat|display|list|describe|summari[sz]e|quote|recite|disclose|write out|spell out|explain|expose|restate|reproduce|type out|echo|enumerate|tell (?:me|us)|let me know|what (?:is|are|were|was)|translate|leak|share|confirm|state|name|do (?:it|that|this|so) for me)\b"
        ),
        de=r"zeig\w*, verrate\w*, wiederhol\w+, gib .{0,30} aus, nenn\w*, beschreib\w+, auflisten, offenleg\w+, wie lautet, wie lauten",
        fr=r"montre[rz]?, affiche[rz]?, révèle[rz]?, répète[rz]?, liste[rz]?, décri\w+, quelles sont, quelle est, divulgue[rz]?, recopie[rz]?",
        es=r"muestr[ae]\w*, revel[ae]\w*, repit[ae]\w*, enumer[ae], describ[ae], cuáles son, imprim[ae]\w*, dime, dígame",
        it=r"mostr[aie]\w*, rivel[aie]\w*, ripet[aie]\w*, elenc[ahi]\w*, descriv\w+, stampa, quali sono, dimmi",
        pt=r"mostre, revele, repita, liste, descreva, imprima, quais são, diga-me, exiba",
        nl=r"toon, laat .{0,10} zien, onthul, herhaal, beschrijf, wat zijn, noem",
        pl=r"pokaż, ujawnij, powtórz, wypisz, opisz, wyświetl",
        sv=r"visa, avslöja, upprepa, lista, vis, gentag, gjenta",
        tr=r"göster\w*, açıkla\w*, tekrarla\w*, listele\w*, yaz\w{0,4}",
        ru=r"покажи, раскрой, повтори, перечисли, выведи, опиши, назови, напечатай, процитируй",
        zh=r"显示, 输出, 列出, 重复, 打印, 透露, 公开, 描述, 顯示",
        ja=r"表示し, 出力し, 繰り返し, 教えて, 列挙, 開示, 書き出",
        ko=r"보여, 출력, 공개, 나열, 반복, 말해",
        ar=r"اعرض, اكشف, كرر, اطبع, أظهر, اذكر",
        hi=r"दिखा, बता, प्रकट, दोहरा",
    ),
    concept(
        "ask.search",
        imperative(
            r"\b(?:search|look (?:through|in|for|up)|scan|read|check|find|collect|gather|compile|go through|dig|extract|locate|retrieve|pull(?: up| together| out)?|fetch|harvest|identify|review|inspect|query|assemble|prepare|access)\b"
        ),
        de=r"durchsuch\w+, suche nach, suchen sie, sammle, sammeln sie, finde, finden sie, lies, lesen sie, sichte, stelle .{0,20} zusammen",
        fr=r"cherche[rz]?, recherche[rz]?, parcoure[rz], fouille[rz]?, collecte[rz]?, rassemble[rz]?, lis, lisez, trouve[rz]?, récupère[rz]?, extrai\w+",
        es=r"busc[ae]\w*, busque, revis[ae], recopil[ae], reún[ae], encuentr[ae], localic[ea], lee, extra[ei]\w*, recoge",
        it=r"cerc[ahi]\w*, raccogl\w+, trov[aie], legg[aei]\w*, estra\w+, recuper[aie]",
        pt=r"procure, busque, reúna, recolha, encontre, leia, extraia, colete, pesquise",
        nl=r"zoek\w*, doorzoek, verzamel, vind, lees",
        pl=r"wyszukaj, przeszukaj, znajdź, zbierz, przeczytaj",
        sv=r"sök, søg, søk, samla, saml, hitta, find, läs",
        tr=r"ara, bul, topla, oku",
        ru=r"найди, найдите, поищи, собери, соберите, прочитай, просмотри, извлеки",
        zh=r"搜索, 查找, 收集, 整理, 查看, 读取, 搜尋, 检索, 找出, 找到",
        ja=r"検索し, 探し, 収集し, まとめて, 読み取, 抽出し, 見つけ",
        ko=r"검색, 찾아, 수집, 모아, 읽어, 추출",
        ar=r"ابحث, اجمع, استخرج, اقرأ, جد",
    ),
    concept(
        "ask.arrange",
        imperative(
            r"\b(?:set up|create|release|free|add|configure|change|modify|edit|disable|turn off|switch off|deactivate|grant|enable|whitelist|allow-?list|whitelisting|invite|make|register|approve|authori[sz]e|accept|reset|lower|raise|trust|promote|assign|link|connect|swap|update)\b"
        ),
        de=r"richte, richten sie, erstelle\w*, erstellen sie, füge, fügen sie, ändere, ändern sie, deaktivier\w+, gewähre\w*, erteil\w+, genehmig\w+, schalte, einrichten, hinzufügen, hinterlegen, anpassen, zu ändern, ändern",
        fr=r"cré\w+, configure[rz]?, ajoute[rz]?, modifie[rz]?, désactive[rz]?, accorde[rz]?, approuve[rz]?, autorise[rz]?, mettre en place, changer, mettre à jour",
        es=r"cre[ae], crear, configur[ae]\w*, añad[ae]\w*, agreg[au]\w*, modifi[cq]\w+, desactiv[ae]\w*, conced[ae], aprueb[ae], autori[cz]\w+, cambi[ae]\w*",
        it=r"cre[ai]\w*, configur[aie]\w*, aggiung\w+, modific[ahi]\w*, disattiv[aie]\w*, approv[aie], autorizz\w+, concedi, imposta\w*, cambia\w*",
        pt=r"crie, configure, adicione, modifique, desative, conceda, aprove, autorize, altere, alterar, mude",
        nl=r"maak, stel, voeg, wijzig\w*, schakel, verleen, keur, aanpassen",
        pl=r"utwórz, ustaw, dodaj, zmień, wyłącz, przyznaj, zatwierdź, zmienić",
        sv=r"skapa, opret, lägg till, tilføj, ändra, ændre, endre, inaktivera, godkänn, godkend, stäng av",
        tr=r"oluştur\w*, ekle\w*, değiştir\w*, devre dışı\w*, onayla\w*, kapat\w*",
        ru=r"создай, создайте, настрой, добавь, добавьте, измени, отключи, одобри, разреши, поменяй, поменять, изменить",
        zh=r"设置, 创建, 添加, 修改, 关闭, 授权, 批准, 更改, 停用, 設定, 变更, 建立",
        ja=r"設定し, 作成し, 追加し, 変更, 無効に, 承認し, 許可し",
        ko=r"설정, 생성, 추가, 변경, 비활성화, 승인, 허용",
        ar=r"أنشئ, أضف, غيّر, عطل, امنح, وافق, تغيير, قم بتغيير",
    ),
    concept(
        "ask.fetch",
        imperative(
            r"\b(?:fetch|visit|load|open|request|call|hit|ping|render|display|show|browse to|navigate to|retrieve|curl|get|click|follow|post|embed|include)\b[^.!?\n]{0,50}https?://[^\s]{4,60}"
        ),
    ),
)
