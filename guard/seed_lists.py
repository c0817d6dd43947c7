"""The words that wallets make recovery phrases of in other languages than English (BIP-39), as text after `guard.folding.plain`.

The lists are those of the BIP-39 reference implementation, which its authors gave under the MIT license.
"""

from typing import Final

_SPANISH: Final = """
    abaco abdomen abeja abierto abogado abono aborto abrazo abrir abuelo abuso acabar academia acceso accion
    aceite acelga acento aceptar acido aclarar acne acoger acoso activo acto actriz actuar acudir acuerdo acusar
    adicto admitir adoptar adorno aduana adulto aereo afectar aficion afinar afirmar agil agitar agonia agosto
    agotar agregar agrio agua agudo aguila aguja ahogo ahorro aire aislar ajedrez ajeno ajuste alacran alambre
    alarma alba album alcalde aldea alegre alejar alerta aleta alfiler alga algodon aliado aliento alivio alma
    almeja almibar altar alteza altivo alto altura alumno alzar amable amante amapola amargo amasar ambar ambito
    ameno amigo amistad amor amparo amplio ancho anciano ancla andar anden anemia angulo anillo animo anis
    anotar antena antiguo antojo anual anular anuncio anadir anejo ano apagar aparato apetito apio aplicar apodo
    aporte apoyo aprender aprobar apuesta apuro arado arana arar arbitro arbol arbusto archivo arco arder
    ardilla arduo area arido aries armonia arnes aroma arpa arpon arreglo arroz arruga arte artista asa asado
    asalto ascenso asegurar aseo asesor asiento asilo asistir asno asombro aspero astilla astro astuto asumir
    asunto atajo ataque atar atento ateo atico atleta atomo atraer atroz atun audaz audio auge aula aumento
    ausente autor aval avance avaro ave avellana avena avestruz avion aviso ayer ayuda ayuno azafran azar azote
    azucar azufre azul baba babor bache bahia baile bajar balanza balcon balde bambu banco banda bano barba
    barco barniz barro bascula baston basura batalla bateria batir batuta baul bazar bebe bebida bello besar
    beso bestia bicho bien bingo blanco bloque blusa boa bobina bobo boca bocina boda bodega boina bola bolero
    bolsa bomba bondad bonito bono bonsai borde borrar bosque bote botin boveda bozal bravo brazo brecha breve
    brillo brinco brisa broca broma bronce brote bruja brusco bruto buceo bucle bueno buey bufanda bufon buho
    buitre bulto burbuja burla burro buscar butaca buzon caballo cabeza cabina cabra cacao cadaver cadena caer
    cafe caida caiman caja cajon cal calamar calcio caldo calidad calle calma calor calvo cama cambio camello
    camino campo cancer candil canela canguro canica canto cana canon caoba caos capaz capitan capote captar
    capucha cara carbon carcel careta carga carino carne carpeta carro carta casa casco casero caspa castor
    catorce catre caudal causa cazo cebolla ceder cedro celda celebre celoso celula cemento ceniza centro cerca
    cerdo cereza cero cerrar certeza cesped cetro chacal chaleco champu chancla chapa charla chico chiste chivo
    choque choza chuleta chupar ciclon ciego cielo cien cierto cifra cigarro cima cinco cine cinta cipres circo
    ciruela cisne cita ciudad clamor clan claro clase clave cliente clima clinica cobre coccion cochino cocina
    coco codigo codo cofre coger cohete cojin cojo cola colcha colegio colgar colina collar colmo columna
    combate comer comida comodo compra conde conejo conga conocer consejo contar copa copia corazon corbata
    corcho cordon corona correr coser cosmos costa craneo crater crear crecer creido crema cria crimen cripta
    crisis cromo cronica croqueta crudo cruz cuadro cuarto cuatro cubo cubrir cuchara cuello cuento cuerda
    cuesta cueva cuidar culebra culpa culto cumbre cumplir cuna cuneta cuota cupon cupula curar curioso curso
    curva cutis dama danza dar dardo datil deber debil decada decir dedo defensa definir dejar delfin delgado
    delito demora denso dental deporte derecho derrota desayuno deseo desfile desnudo destino desvio detalle
    detener deuda dia diablo diadema diamante diana diario dibujo dictar diente dieta diez dificil digno dilema
    diluir dinero directo dirigir disco diseno disfraz diva divino doble doce dolor domingo don donar dorado
    dormir dorso dos dosis dragon droga ducha duda duelo dueno dulce duo duque durar dureza duro ebano ebrio
    echar eco ecuador edad edicion edificio editor educar efecto eficaz eje ejemplo elefante elegir elemento
    elevar elipse elite elixir elogio eludir embudo emitir emocion empate empeno empleo empresa enano encargo
    enchufe encia enemigo enero enfado enfermo engano enigma enlace enorme enredo ensayo ensenar entero entrar
    envase envio epoca equipo erizo escala escena escolar escribir escudo esencia esfera esfuerzo espada espejo
    espia esposa espuma esqui estar este estilo estufa etapa eterno etica etnia evadir evaluar evento evitar
    exacto examen exceso excusa exento exigir exilio existir exito experto explicar exponer extremo fabrica
    fabula fachada facil factor faena faja falda fallo falso faltar fama familia famoso faraon farmacia farol
    farsa fase fatiga fauna favor fax febrero fecha feliz feo feria feroz fertil fervor festin fiable fianza
    fiar fibra ficcion ficha fideo fiebre fiel fiera fiesta figura fijar fijo fila filete filial filtro fin
    finca fingir finito firma flaco flauta flecha flor flota fluir flujo fluor fobia foca fogata fogon folio
    folleto fondo forma forro fortuna forzar fosa foto fracaso fragil franja frase fraude freir freno fresa frio
    frito fruta fuego fuente fuerza fuga fumar funcion funda furgon furia fusil futbol futuro gacela gafas gaita
    gajo gala galeria gallo gamba ganar gancho ganga ganso garaje garza gasolina gastar gato gavilan gemelo
    gemir gen genero genio gente geranio gerente germen gesto gigante gimnasio girar giro glaciar globo gloria
    gol golfo goloso golpe goma gordo gorila gorra gota goteo gozar grada grafico grano grasa gratis grave
    grieta grillo gripe gris grito grosor grua grueso grumo grupo guante guapo guardia guerra guia guino guion
    guiso guitarra gusano gustar haber habil hablar hacer hacha hada hallar hamaca harina haz hazana hebilla
    hebra hecho helado helio hembra herir hermano heroe hervir hielo hierro higado higiene hijo himno historia
    hocico hogar hoguera hoja hombre hongo honor honra hora hormiga horno hostil hoyo hueco huelga huerta hueso
    huevo huida huir humano humedo humilde humo hundir huracan hurto icono ideal idioma idolo iglesia iglu igual
    ilegal ilusion imagen iman imitar impar imperio imponer impulso incapaz indice inerte infiel informe ingenio
    inicio inmenso inmune innato insecto instante interes intimo intuir inutil invierno ira iris ironia isla
    islote jabali jabon jamon jarabe jardin jarra jaula jazmin jefe jeringa jinete jornada joroba joven joya
    juerga jueves juez jugador jugo juguete juicio junco jungla junio juntar jupiter jurar justo juvenil juzgar
    kilo koala labio lacio lacra lado ladron lagarto lagrima laguna laico lamer lamina lampara lana lancha
    langosta lanza lapiz largo larva lastima lata latex latir laurel lavar lazo leal leccion leche lector leer
    legion legumbre lejano lengua lento lena leon leopardo lesion letal letra leve leyenda libertad libro licor
    lider lidiar lienzo liga ligero lima limite limon limpio lince lindo linea lingote lino linterna liquido
    liso lista litera litio litro llaga llama llanto llave llegar llenar llevar llorar llover lluvia lobo locion
    loco locura logica logro lombriz lomo lonja lote lucha lucir lugar lujo luna lunes lupa lustro luto luz
    maceta macho madera madre maduro maestro mafia magia mago maiz maldad maleta malla malo mama mambo mamut
    manco mando manejar manga maniqui manjar mano manso manta manana mapa maquina mar marco marea marfil margen
    marido marmol marron martes marzo masa mascara masivo matar materia matiz matriz maximo mayor mazorca mecha
    medalla medio medula mejilla mejor melena melon memoria menor mensaje mente menu mercado merengue merito mes
    meson meta meter metodo metro mezcla miedo miel miembro miga mil milagro militar millon mimo mina minero
    minimo minuto miope mirar misa miseria misil mismo mitad mito mochila mocion moda modelo moho mojar molde
    moler molino momento momia monarca moneda monja monto mono morada morder moreno morir morro morsa mortal
    mosca mostrar motivo mover movil mozo mucho mudar mueble muela muerte muestra mugre mujer mula muleta multa
    mundo muneca mural muro musculo museo musgo musica muslo nacar nacion nadar naipe naranja nariz narrar nasal
    natal nativo natural nausea naval nave navidad necio nectar negar negocio negro neon nervio neto neutro
    nevar nevera nicho nido niebla nieto ninez nino nitido nivel nobleza noche nomina noria norma norte nota
    noticia novato novela novio nube nuca nucleo nudillo nudo nuera nueve nuez nulo numero nutria oasis obeso
    obispo objeto obra obrero observar obtener obvio oca ocaso oceano ochenta ocho ocio ocre octavo octubre
    oculto ocupar ocurrir odiar odio odisea oeste ofensa oferta oficio ofrecer ogro oido oir ojo ola oleada
    olfato olivo olla olmo olor olvido ombligo onda onza opaco opcion opera opinar oponer optar optica opuesto
    oracion orador oral orbita orca orden oreja organo orgia orgullo oriente origen orilla oro orquesta oruga
    osadia oscuro osezno oso ostra otono otro oveja ovulo oxido oxigeno oyente ozono pacto padre paella pagina
    pago pais pajaro palabra palco paleta palido palma paloma palpar pan panal panico pantera panuelo papa papel
    papilla paquete parar parcela pared parir paro parpado parque parrafo parte pasar paseo pasion paso pasta
    pata patio patria pausa pauta pavo payaso peaton pecado pecera pecho pedal pedir pegar peine pelar peldano
    pelea peligro pellejo pelo peluca pena pensar penon peon peor pepino pequeno pera percha perder pereza
    perfil perico perla permiso perro persona pesa pesca pesimo pestana petalo petroleo pez pezuna picar pichon
    pie piedra pierna pieza pijama pilar piloto pimienta pino pintor pinza pina piojo pipa pirata pisar piscina
    piso pista piton pizca placa plan plata playa plaza pleito pleno plomo pluma plural pobre poco poder podio
    poema poesia poeta polen policia pollo polvo pomada pomelo pomo pompa poner porcion portal posada poseer
    posible poste potencia potro pozo prado precoz pregunta premio prensa preso previo primo principe prision
    privar proa probar proceso producto proeza profesor programa prole promesa pronto propio proximo prueba
    publico puchero pudor pueblo puerta puesto pulga pulir pulmon pulpo pulso puma punto punal puno pupa pupila
    pure quedar queja quemar querer queso quieto quimica quince quitar rabano rabia rabo racion radical raiz
    rama rampa rancho rango rapaz rapido rapto rasgo raspa rato rayo raza razon reaccion realidad rebano rebote
    recaer receta rechazo recoger recreo recto recurso red redondo reducir reflejo reforma refran refugio regalo
    regir regla regreso rehen reino reir reja relato relevo relieve relleno reloj remar remedio remo rencor
    rendir renta reparto repetir reposo reptil res rescate resina respeto resto resumen retiro retorno retrato
    reunir reves revista rey rezar rico riego rienda riesgo rifa rigido rigor rincon rinon rio riqueza risa
    ritmo rito rizo roble roce rociar rodar rodeo rodilla roer rojizo rojo romero romper ron ronco ronda ropa
    ropero rosa rosca rostro rotar rubi rubor rudo rueda rugir ruido ruina ruleta rulo rumbo rumor ruptura ruta
    rutina sabado saber sabio sable sacar sagaz sagrado sala saldo salero salir salmon salon salsa salto salud
    salvar samba sancion sandia sanear sangre sanidad sano santo sapo saque sardina sarten sastre satan sauna
    saxofon seccion seco secreto secta sed seguir seis sello selva semana semilla senda sensor senal senor
    separar sepia sequia ser serie sermon servir sesenta sesion seta setenta severo sexo sexto sidra siesta
    siete siglo signo silaba silbar silencio silla simbolo simio sirena sistema sitio situar sobre socio sodio
    sol solapa soldado soledad solido soltar solucion sombra sondeo sonido sonoro sonrisa sopa soplar soporte
    sordo sorpresa sorteo sosten sotano suave subir suceso sudor suegra suelo sueno suerte sufrir sujeto sultan
    sumar superar suplir suponer supremo sur surco sureno surgir susto sutil tabaco tabique tabla tabu taco
    tacto tajo talar talco talento talla talon tamano tambor tango tanque tapa tapete tapia tapon taquilla tarde
    tarea tarifa tarjeta tarot tarro tarta tatuaje tauro taza tazon teatro techo tecla tecnica tejado tejer
    tejido tela telefono tema temor templo tenaz tender tener tenis tenso teoria terapia terco termino ternura
    terror tesis tesoro testigo tetera texto tez tibio tiburon tiempo tienda tierra tieso tigre tijera tilde
    timbre timido timo tinta tio tipico tipo tira tiron titan titere titulo tiza toalla tobillo tocar tocino
    todo toga toldo tomar tono tonto topar tope toque torax torero tormenta torneo toro torpedo torre torso
    tortuga tos tosco toser toxico trabajo tractor traer trafico trago traje tramo trance trato trauma trazar
    trebol tregua treinta tren trepar tres tribu trigo tripa triste triunfo trofeo trompa tronco tropa trote
    trozo truco trueno trufa tuberia tubo tuerto tumba tumor tunel tunica turbina turismo turno tutor ubicar
    ulcera umbral unidad unir universo uno untar una urbano urbe urgente urna usar usuario util utopia uva vaca
    vacio vacuna vagar vago vaina vajilla vale valido valle valor valvula vampiro vara variar varon vaso vecino
    vector vehiculo veinte vejez vela velero veloz vena vencer venda veneno vengar venir venta venus ver verano
    verbo verde vereda verja verso verter via viaje vibrar vicio victima vida video vidrio viejo viernes vigor
    vil villa vinagre vino vinedo violin viral virgo virtud visor vispera vista vitamina viudo vivaz vivero
    vivir vivo volcan volumen volver voraz votar voto voz vuelo vulgar yacer yate yegua yema yerno yeso yodo
    yoga yogur zafiro zanja zapato zarza zona zorro zumo zurdo
"""
_FRENCH: Final = """
    abaisser abandon abdiquer abeille abolir aborder aboutir aboyer abrasif abreuver abriter abroger abrupt
    absence absolu absurde abusif abyssal academie acajou acarien accabler accepter acclamer accolade accroche
    accuser acerbe achat acheter aciduler acier acompte acquerir acronyme acteur actif actuel adepte adequat
    adhesif adjectif adjuger admettre admirer adopter adorer adoucir adresse adroit adulte adverbe aerer aeronef
    affaire affecter affiche affreux affubler agacer agencer agile agiter agrafer agreable agrume aider aiguille
    ailier aimable aisance ajouter ajuster alarmer alchimie alerte algebre algue aliener aliment alleger alliage
    allouer allumer alourdir alpaga altesse alveole amateur ambigu ambre amenager amertume amidon amiral amorcer
    amour amovible amphibie ampleur amusant analyse anaphore anarchie anatomie ancien aneantir angle angoisse
    anguleux animal annexer annonce annuel anodin anomalie anonyme anormal antenne antidote anxieux apaiser
    aperitif aplanir apologie appareil appeler apporter appuyer aquarium aqueduc arbitre arbuste ardeur ardoise
    argent arlequin armature armement armoire armure arpenter arracher arriver arroser arsenic arteriel article
    aspect asphalte aspirer assaut asservir assiette associer assurer asticot astre astuce atelier atome atrium
    atroce attaque attentif attirer attraper aubaine auberge audace audible augurer aurore automne autruche
    avaler avancer avarice avenir averse aveugle aviateur avide avion aviser avoine avouer avril axial axiome
    badge bafouer bagage baguette baignade balancer balcon baleine balisage bambin bancaire bandage banlieue
    banniere banquier barbier baril baron barque barrage bassin bastion bataille bateau batterie baudrier
    bavarder belette belier belote benefice berceau berger berline bermuda besace besogne betail beurre biberon
    bicycle bidule bijou bilan bilingue billard binaire biologie biopsie biotype biscuit bison bistouri bitume
    bizarre blafard blague blanchir blessant blinder blond bloquer blouson bobard bobine boire boiser bolide
    bonbon bondir bonheur bonifier bonus bordure borne botte boucle boueux bougie boulon bouquin bourse boussole
    boutique boxeur branche brasier brave brebis breche breuvage bricoler brigade brillant brioche brique
    brochure broder bronzer brousse broyeur brume brusque brutal bruyant buffle buisson bulletin bureau burin
    bustier butiner butoir buvable buvette cabanon cabine cachette cadeau cadre cafeine caillou caisson calculer
    calepin calibre calmer calomnie calvaire camarade camera camion campagne canal caneton canon cantine canular
    capable caporal caprice capsule capter capuche carabine carbone caresser caribou carnage carotte carreau
    carton cascade casier casque cassure causer caution cavalier caverne caviar cedille ceinture celeste cellule
    cendrier censurer central cercle cerebral cerise cerner cerveau cesser chagrin chaise chaleur chambre chance
    chapitre charbon chasseur chaton chausson chavirer chemise chenille chequier chercher cheval chien chiffre
    chignon chimere chiot chlorure chocolat choisir chose chouette chrome chute cigare cigogne cimenter cinema
    cintrer circuler cirer cirque citerne citoyen citron civil clairon clameur claquer classe clavier client
    cligner climat clivage cloche clonage cloporte cobalt cobra cocasse cocotier coder codifier coffre cogner
    cohesion coiffer coincer colere colibri colline colmater colonel combat comedie commande compact concert
    conduire confier congeler connoter consonne contact convexe copain copie corail corbeau cordage corniche
    corpus correct cortege cosmique costume coton coude coupure courage couteau couvrir coyote crabe crainte
    cravate crayon creature crediter cremeux creuser crevette cribler crier cristal critere croire croquer
    crotale crucial cruel crypter cubique cueillir cuillere cuisine cuivre culminer cultiver cumuler cupide
    curatif curseur cyanure cycle cylindre cynique daigner damier danger danseur dauphin debattre debiter
    deborder debrider debutant decaler decembre dechirer decider declarer decorer decrire decupler dedale
    deductif deesse defensif defiler defrayer degager degivrer deglutir degrafer dejeuner delice deloger
    demander demeurer demolir denicher denouer dentelle denuder depart depenser dephaser deplacer deposer
    deranger derober desastre descente desert designer desobeir dessiner destrier detacher detester detourer
    detresse devancer devenir deviner devoir diable dialogue diamant dicter differer digerer digital digne
    diluer dimanche diminuer dioxyde directif diriger discuter disposer dissiper distance divertir diviser
    docile docteur dogme doigt domaine domicile dompter donateur donjon donner dopamine dortoir dorure dosage
    doseur dossier dotation douanier double douceur douter doyen dragon draper dresser dribbler droiture duperie
    duplexe durable durcir dynastie eblouir ecarter echarpe echelle eclairer eclipse eclore ecluse ecole
    economie ecorce ecouter ecraser ecremer ecrivain ecrou ecume ecureuil edifier eduquer effacer effectif
    effigie effort effrayer effusion egaliser egarer ejecter elaborer elargir electron elegant elephant eleve
    eligible elitisme eloge elucider eluder emballer embellir embryon emeraude emission emmener emotion emouvoir
    empereur employer emporter emprise emulsion encadrer enchere enclave encoche endiguer endosser endroit
    enduire energie enfance enfermer enfouir engager engin englober enigme enjamber enjeu enlever ennemi
    ennuyeux enrichir enrobage enseigne entasser entendre entier entourer entraver enumerer envahir enviable
    envoyer enzyme eolien epaissir epargne epatant epaule epicerie epidemie epier epilogue epine episode
    epitaphe epoque epreuve eprouver epuisant equerre equipe eriger erosion erreur eruption escalier espadon
    espece espiegle espoir esprit esquiver essayer essence essieu essorer estime estomac estrade etagere etaler
    etanche etatique eteindre etendoir eternel ethanol ethique ethnie etirer etoffer etoile etonnant etourdir
    etrange etroit etude euphorie evaluer evasion eventail evidence eviter evolutif evoquer exact exagerer
    exaucer exceller excitant exclusif excuse executer exemple exercer exhaler exhorter exigence exiler exister
    exotique expedier explorer exposer exprimer exquis extensif extraire exulter fable fabuleux facette facile
    facture faiblir falaise fameux famille farceur farfelu farine farouche fasciner fatal fatigue faucon fautif
    faveur favori febrile feconder federer felin femme femur fendoir feodal fermer feroce ferveur festival
    feuille feutre fevrier fiasco ficeler fictif fidele figure filature filetage filiere filleul filmer filou
    filtrer financer finir fiole firme fissure fixer flairer flamme flasque flatteur fleau fleche fleur flexion
    flocon flore fluctuer fluide fluvial folie fonderie fongible fontaine forcer forgeron formuler fortune
    fossile foudre fougere fouiller foulure fourmi fragile fraise franchir frapper frayeur fregate freiner
    frelon fremir frenesie frere friable friction frisson frivole froid fromage frontal frotter fruit fugitif
    fuite fureur furieux furtif fusion futur gagner galaxie galerie gambader garantir gardien garnir garrigue
    gazelle gazon geant gelatine gelule gendarme general genie genou gentil geologie geometre geranium germe
    gestuel geyser gibier gicler girafe givre glace glaive glisser globe gloire glorieux golfeur gomme gonfler
    gorge gorille goudron gouffre goulot goupille gourmand goutte graduel graffiti graine grand grappin gratuit
    gravir grenat griffure griller grimper grogner gronder grotte groupe gruger grutier gruyere guepard guerrier
    guide guimauve guitare gustatif gymnaste gyrostat habitude hachoir halte hameau hangar hanneton haricot
    harmonie harpon hasard helium hematome herbe herisson hermine heron hesiter heureux hiberner hibou hilarant
    histoire hiver homard hommage homogene honneur honorer honteux horde horizon horloge hormone horrible
    houleux housse hublot huileux humain humble humide humour hurler hydromel hygiene hymne hypnose idylle
    ignorer iguane illicite illusion image imbiber imiter immense immobile immuable impact imperial implorer
    imposer imprimer imputer incarner incendie incident incliner incolore indexer indice inductif inedit ineptie
    inexact infini infliger informer infusion ingerer inhaler inhiber injecter injure innocent inoculer inonder
    inscrire insecte insigne insolite inspirer instinct insulter intact intense intime intrigue intuitif inutile
    invasion inventer inviter invoquer ironique irradier irreel irriter isoler ivoire ivresse jaguar jaillir
    jambe janvier jardin jauger jaune javelot jetable jeton jeudi jeunesse joindre joncher jongler joueur
    jouissif journal jovial joyau joyeux jubiler jugement junior jupon juriste justice juteux juvenile kayak
    kimono kiosque label labial labourer lacerer lactose lagune laine laisser laitier lambeau lamelle lampe
    lanceur langage lanterne lapin largeur larme laurier lavabo lavoir lecture legal leger legume lessive lettre
    levier lexique lezard liasse liberer libre licence licorne liege lievre ligature ligoter ligue limer limite
    limonade limpide lineaire lingot lionceau liquide lisiere lister lithium litige littoral livreur logique
    lointain loisir lombric loterie louer lourd loutre louve loyal lubie lucide lucratif lueur lugubre luisant
    lumiere lunaire lundi luron lutter luxueux machine magasin magenta magique maigre maillon maintien mairie
    maison majorer malaxer malefice malheur malice mallette mammouth mandater maniable manquant manteau manuel
    marathon marbre marchand mardi maritime marqueur marron marteler mascotte massif materiel matiere matraque
    maudire maussade mauve maximal mechant meconnu medaille medecin mediter meduse meilleur melange melodie
    membre memoire menacer mener menhir mensonge mentor mercredi merite merle messager mesure metal meteore
    methode metier meuble miauler microbe miette mignon migrer milieu million mimique mince mineral minimal
    minorer minute miracle miroiter missile mixte mobile moderne moelleux mondial moniteur monnaie monotone
    monstre montagne monument moqueur morceau morsure mortier moteur motif mouche moufle moulin mousson mouton
    mouvant multiple munition muraille murene murmure muscle museum musicien mutation muter mutuel myriade
    myrtille mystere mythique nageur nappe narquois narrer natation nation nature naufrage nautique navire
    nebuleux nectar nefaste negation negliger negocier neige nerveux nettoyer neurone neutron neveu niche nickel
    nitrate niveau noble nocif nocturne noirceur noisette nomade nombreux nommer normatif notable notifier
    notoire nourrir nouveau novateur novembre novice nuage nuancer nuire nuisible numero nuptial nuque nutritif
    obeir objectif obliger obscur observer obstacle obtenir obturer occasion occuper ocean octobre octroyer
    octupler oculaire odeur odorant offenser officier offrir ogive oiseau oisillon olfactif olivier ombrage
    omettre onctueux onduler onereux onirique opale opaque operer opinion opportun opprimer opter optique
    orageux orange orbite ordonner oreille organe orgueil orifice ornement orque ortie osciller osmose ossature
    otarie ouragan ourson outil outrager ouvrage ovation oxyde oxygene ozone paisible palace palmares palourde
    palper panache panda pangolin paniquer panneau panorama pantalon papaye papier papoter papyrus paradoxe
    parcelle paresse parfumer parler parole parrain parsemer partager parure parvenir passion pasteque paternel
    patience patron pavillon pavoiser payer paysage peigne peintre pelage pelican pelle pelouse peluche pendule
    penetrer penible pensif penurie pepite peplum perdrix perforer periode permuter perplexe persil perte peser
    petale petit petrir peuple pharaon phobie phoque photon phrase physique piano pictural piece pierre pieuvre
    pilote pinceau pipette piquer pirogue piscine piston pivoter pixel pizza placard plafond plaisir planer
    plaque plastron plateau pleurer plexus pliage plomb plonger pluie plumage pochette poesie poete pointe
    poirier poisson poivre polaire policier pollen polygone pommade pompier ponctuel ponderer poney portique
    position posseder posture potager poteau potion pouce poulain poumon pourpre poussin pouvoir prairie
    pratique precieux predire prefixe prelude prenom presence pretexte prevoir primitif prince prison priver
    probleme proceder prodige profond progres proie projeter prologue promener propre prospere proteger prouesse
    proverbe prudence pruneau psychose public puceron puiser pulpe pulsar punaise punitif pupitre purifier
    puzzle pyramide quasar querelle question quietude quitter quotient racine raconter radieux ragondin raideur
    raisin ralentir rallonge ramasser rapide rasage ratisser ravager ravin rayonner reactif reagir realiser
    reanimer recevoir reciter reclamer recolter recruter reculer recycler rediger redouter refaire reflexe
    reformer refrain refuge regalien region reglage regulier reiterer rejeter rejouer relatif relever relief
    remarque remede remise remonter remplir remuer renard renfort renifler renoncer rentrer renvoi replier
    reporter reprise reptile requin reserve resineux resoudre respect rester resultat retablir retenir reticule
    retomber retracer reunion reussir revanche revivre revolte revulsif richesse rideau rieur rigide rigoler
    rincer riposter risible risque rituel rival riviere rocheux romance rompre ronce rondin roseau rosier
    rotatif rotor rotule rouge rouille rouleau routine royaume ruban rubis ruche ruelle rugueux ruiner ruisseau
    ruser rustique rythme sabler saboter sabre sacoche safari sagesse saisir salade salive salon saluer samedi
    sanction sanglier sarcasme sardine saturer saugrenu saumon sauter sauvage savant savonner scalpel scandale
    scelerat scenario sceptre schema science scinder score scrutin sculpter seance secable secher secouer
    secreter sedatif seduire seigneur sejour selectif semaine sembler semence seminal senateur sensible sentence
    separer sequence serein sergent serieux serrure serum service sesame sevir sevrage sextuple sideral siecle
    sieger siffler sigle signal silence silicium simple sincere sinistre siphon sirop sismique situer skier
    social socle sodium soigneux soldat soleil solitude soluble sombre sommeil somnoler sonde songeur sonnette
    sonore sorcier sortir sosie sottise soucieux soudure souffle soulever soupape source soutirer souvenir
    spacieux spatial special sphere spiral stable station sternum stimulus stipuler strict studieux stupeur
    styliste sublime substrat subtil subvenir succes sucre suffixe suggerer suiveur sulfate superbe supplier
    surface suricate surmener surprise sursaut survie suspect syllabe symbole symetrie synapse syntaxe systeme
    tabac tablier tactile tailler talent talisman talonner tambour tamiser tangible tapis taquiner tarder tarif
    tartine tasse tatami tatouage taupe taureau taxer temoin temporel tenaille tendre teneur tenir tension
    terminer terne terrible tetine texte theme theorie therapie thorax tibia tiede timide tirelire tiroir tissu
    titane titre tituber toboggan tolerant tomate tonique tonneau toponyme torche tordre tornade torpille
    torrent torse tortue totem toucher tournage tousser toxine traction trafic tragique trahir train trancher
    travail trefle tremper tresor treuil triage tribunal tricoter trilogie triomphe tripler triturer trivial
    trombone tronc tropical troupeau tuile tulipe tumulte tunnel turbine tuteur tutoyer tuyau tympan typhon
    typique tyran ubuesque ultime ultrason unanime unifier union unique unitaire univers uranium urbain urticant
    usage usine usuel usure utile utopie vacarme vaccin vagabond vague vaillant vaincre vaisseau valable valise
    vallon valve vampire vanille vapeur varier vaseux vassal vaste vecteur vedette vegetal vehicule veinard
    veloce vendredi venerer venger venimeux ventouse verdure verin vernir verrou verser vertu veston veteran
    vetuste vexant vexer viaduc viande victoire vidange video vignette vigueur vilain village vinaigre violon
    vipere virement virtuose virus visage viseur vision visqueux visuel vital vitesse viticole vitrine vivace
    vivipare vocation voguer voile voisin voiture volaille volcan voltiger volume vorace vortex voter vouloir
    voyage voyelle wagon xenon yacht zebre zenith zeste zoologie
"""
_ITALIAN: Final = """
    abaco abbaglio abbinato abete abisso abolire abrasivo abrogato accadere accenno accusato acetone achille
    acido acqua acre acrilico acrobata acuto adagio addebito addome adeguato aderire adipe adottare adulare
    affabile affetto affisso affranto aforisma afoso africano agave agente agevole aggancio agire agitare
    agonismo agricolo agrumeto aguzzo alabarda alato albatro alberato albo albume alce alcolico alettone alfa
    algebra aliante alibi alimento allagato allegro allievo allodola allusivo almeno alogeno alpaca alpestre
    altalena alterno alticcio altrove alunno alveolo alzare amalgama amanita amarena ambito ambrato ameba
    america ametista amico ammasso ammenda ammirare ammonito amore ampio ampliare amuleto anacardo anagrafe
    analista anarchia anatra anca ancella ancora andare andrea anello angelo angolare angusto anima annegare
    annidato anno annuncio anonimo anticipo anzi apatico apertura apode apparire appetito appoggio approdo
    appunto aprile arabica arachide aragosta araldica arancio aratura arazzo arbitro archivio ardito arenile
    argento argine arguto aria armonia arnese arredato arringa arrosto arsenico arso artefice arzillo asciutto
    ascolto asepsi asettico asfalto asino asola aspirato aspro assaggio asse assoluto assurdo asta astenuto
    astice astratto atavico ateismo atomico atono attesa attivare attorno attrito attuale ausilio austria
    autista autonomo autunno avanzato avere avvenire avviso avvolgere azione azoto azzimo azzurro babele baccano
    bacino baco badessa badilata bagnato baita balcone baldo balena ballata balzano bambino bandire baraonda
    barbaro barca baritono barlume barocco basilico basso batosta battuto baule bava bavosa becco beffa belgio
    belva benda benevole benigno benzina bere berlina beta bibita bici bidone bifido biga bilancia bimbo
    binocolo biologo bipede bipolare birbante birra biscotto bisesto bisnonno bisonte bisturi bizzarro blando
    blatta bollito bonifico bordo bosco botanico bottino bozzolo braccio bradipo brama branca bravura bretella
    brevetto brezza briglia brillante brindare broccolo brodo bronzina brullo bruno bubbone buca budino buffone
    buio bulbo buono burlone burrasca bussola busta cadetto caduco calamaro calcolo calesse calibro calmo
    caloria cambusa camerata camicia cammino camola campale canapa candela cane canino canotto cantina capace
    capello capitolo capogiro cappero capra capsula carapace carcassa cardo carisma carovana carretto cartolina
    casaccio cascata caserma caso cassone castello casuale catasta catena catrame cauto cavillo cedibile cedrata
    cefalo celebre cellulare cena cenone centesimo ceramica cercare certo cerume cervello cesoia cespo ceto
    chela chiaro chicca chiedere chimera china chirurgo chitarra ciao ciclismo cifrare cigno cilindro ciottolo
    circa cirrosi citrico cittadino ciuffo civetta civile classico clinica cloro cocco codardo codice coerente
    cognome collare colmato colore colposo coltivato colza coma cometa commando comodo computer comune conciso
    condurre conferma congelare coniuge connesso conoscere consumo continuo convegno coperto copione coppia
    copricapo corazza cordata coricato cornice corolla corpo corredo corsia cortese cosmico costante cottura
    covato cratere cravatta creato credere cremoso crescita creta criceto crinale crisi critico croce cronaca
    crostata cruciale crusca cucire cuculo cugino cullato cupola curatore cursore curvo cuscino custode dado
    daino dalmata damerino daniela dannoso danzare datato davanti davvero debutto decennio deciso declino
    decollo decreto dedicato definito deforme degno delegare delfino delirio delta demenza denotato dentro
    deposito derapata derivare deroga descritto deserto desiderio desumere detersivo devoto diametro dicembre
    diedro difeso diffuso digerire digitale diluvio dinamico dinnanzi dipinto diploma dipolo diradare dire
    dirotto dirupo disagio discreto disfare disgelo disposto distanza disumano dito divano divelto dividere
    divorato doblone docente doganale dogma dolce domato domenica dominare dondolo dono dormire dote dottore
    dovuto dozzina drago druido dubbio dubitare ducale duna duomo duplice duraturo ebano eccesso ecco eclissi
    economia edera edicola edile editoria educare egemonia egli egoismo egregio elaborato elargire elegante
    elencato eletto elevare elfico elica elmo elsa eluso emanato emblema emesso emiro emotivo emozione empirico
    emulo endemico enduro energia enfasi enoteca entrare enzima epatite epilogo episodio epocale eppure equatore
    erario erba erboso erede eremita erigere ermetico eroe erosivo errante esagono esame esanime esaudire esca
    esempio esercito esibito esigente esistere esito esofago esortato esoso espanso espresso essenza esso esteso
    estimare estonia estroso esultare etilico etnico etrusco etto euclideo europa evaso evidenza evitato evoluto
    evviva fabbrica faccenda fachiro falco famiglia fanale fanfara fango fantasma fare farfalla farinoso farmaco
    fascia fastoso fasullo faticare fato favoloso febbre fecola fede fegato felpa feltro femmina fendere
    fenomeno fermento ferro fertile fessura festivo fetta feudo fiaba fiducia fifa figurato filo finanza
    finestra finire fiore fiscale fisico fiume flacone flamenco flebo flemma florido fluente fluoro fobico
    focaccia focoso foderato foglio folata folclore folgore fondente fonetico fonia fontana forbito forchetta
    foresta formica fornaio foro fortezza forzare fosfato fosso fracasso frana frassino fratello freccetta
    frenata fresco frigo frollino fronde frugale frutta fucilata fucsia fuggente fulmine fulvo fumante fumetto
    fumoso fune funzione fuoco furbo furgone furore fuso futile gabbiano gaffe galateo gallina galoppo gambero
    gamma garanzia garbo garofano garzone gasdotto gasolio gastrico gatto gaudio gazebo gazzella geco gelatina
    gelso gemello gemmato gene genitore gennaio genotipo gergo ghepardo ghiaccio ghisa giallo gilda ginepro
    giocare gioiello giorno giove girato girone gittata giudizio giurato giusto globulo glutine gnomo gobba golf
    gomito gommone gonfio gonna governo gracile grado grafico grammo grande grattare gravoso grazia greca gregge
    grifone grigio grinza grotta gruppo guadagno guaio guanto guardare gufo guidare ibernato icona identico
    idillio idolo idra idrico idrogeno igiene ignaro ignorato ilare illeso illogico illudere imballo imbevuto
    imbocco imbuto immane immerso immolato impacco impeto impiego importo impronta inalare inarcare inattivo
    incanto incendio inchino incisivo incluso incontro incrocio incubo indagine india indole inedito infatti
    infilare inflitto ingaggio ingegno inglese ingordo ingrosso innesco inodore inoltrare inondato insano
    insetto insieme insonnia insulina intasato intero intonaco intuito inumidire invalido invece invito iperbole
    ipnotico ipotesi ippica iride irlanda ironico irrigato irrorare isolato isotopo isterico istituto istrice
    italia iterare labbro labirinto lacca lacerato lacrima lacuna laddove lago lampo lancetta lanterna lardoso
    larga laringe lastra latenza latino lattuga lavagna lavoro legale leggero lembo lentezza lenza leone lepre
    lesivo lessato lesto letterale leva levigato libero lido lievito lilla limatura limitare limpido lineare
    lingua liquido lira lirica lisca lite litigio livrea locanda lode logica lombare londra longevo loquace
    lorenzo loto lotteria luce lucidato lumaca luminoso lungo lupo luppolo lusinga lusso lutto macabro macchina
    macero macinato madama magico maglia magnete magro maiolica malafede malgrado malinteso malsano malto
    malumore mana mancia mandorla mangiare manifesto mannaro manovra mansarda mantide manubrio mappa maratona
    marcire maretta marmo marsupio maschera massaia mastino materasso matricola mattone maturo mazurca meandro
    meccanico mecenate medesimo meditare mega melassa melis melodia meninge meno mensola mercurio merenda merlo
    meschino mese messere mestolo metallo metodo mettere miagolare mica micelio michele microbo midollo miele
    migliore milano milite mimosa minerale mini minore mirino mirtillo miscela missiva misto misurare mitezza
    mitigare mitra mittente mnemonico modello modifica modulo mogano mogio mole molosso monastero monco mondina
    monetario monile monotono monsone montato monviso mora mordere morsicato mostro motivato motosega motto
    movenza movimento mozzo mucca mucosa muffa mughetto mugnaio mulatto mulinello multiplo mummia munto muovere
    murale musa muscolo musica mutevole muto nababbo nafta nanometro narciso narice narrato nascere nastrare
    naturale nautica naviglio nebulosa necrosi negativo negozio nemmeno neofita neretto nervo nessuno nettuno
    neutrale neve nevrotico nicchia ninfa nitido nobile nocivo nodo nome nomina nordico normale norvegese
    nostrano notare notizia notturno novella nucleo nulla numero nuovo nutrire nuvola nuziale oasi obbedire
    obbligo obelisco oblio obolo obsoleto occasione occhio occidente occorrere occultare ocra oculato odierno
    odorare offerta offrire offuscato oggetto oggi ognuno olandese olfatto oliato oliva ologramma oltre omaggio
    ombelico ombra omega omissione ondoso onere onice onnivoro onorevole onta operato opinione opposto oracolo
    orafo ordine orecchino orefice orfano organico origine orizzonte orma ormeggio ornativo orologio orrendo
    orribile ortensia ortica orzata orzo osare oscurare osmosi ospedale ospite ossa ossidare ostacolo oste otite
    otre ottagono ottimo ottobre ovale ovest ovino oviparo ovocito ovunque ovviare ozio pacchetto pace pacifico
    padella padrone paese paga pagina palazzina palesare pallido palo palude pandoro pannello paolo paonazzo
    paprica parabola parcella parere pargolo pari parlato parola partire parvenza parziale passivo pasticca
    patacca patologia pattume pavone peccato pedalare pedonale peggio peloso penare pendice penisola pennuto
    penombra pensare pentola pepe pepita perbene percorso perdonato perforare pergamena periodo permesso perno
    perplesso persuaso pertugio pervaso pesatore pesista peso pestifero petalo pettine petulante pezzo piacere
    pianta piattino piccino picozza piega pietra piffero pigiama pigolio pigro pila pilifero pillola pilota
    pimpante pineta pinna pinolo pioggia piombo piramide piretico pirite pirolisi pitone pizzico placebo planare
    plasma platano plenario pochezza poderoso podismo poesia poggiare polenta poligono pollice polmonite
    polpetta polso poltrona polvere pomice pomodoro ponte popoloso porfido poroso porpora porre portata posa
    positivo possesso postulato potassio potere pranzo prassi pratica precluso predica prefisso pregiato
    prelievo premere prenotare preparato presenza pretesto prevalso prima principe privato problema procura
    produrre profumo progetto prolunga promessa pronome proposta proroga proteso prova prudente prugna prurito
    psiche pubblico pudica pugilato pugno pulce pulito pulsante puntare pupazzo pupilla puro quadro qualcosa
    quasi querela quota raccolto raddoppio radicale radunato raffica ragazzo ragione ragno ramarro ramingo ramo
    randagio rantolare rapato rapina rappreso rasatura raschiato rasente rassegna rastrello rata ravveduto reale
    recepire recinto recluta recondito recupero reddito redimere regalato registro regola regresso relazione
    remare remoto renna replica reprimere reputare resa residente responso restauro rete retina retorica
    rettifica revocato riassunto ribadire ribelle ribrezzo ricarica ricco ricevere riciclato ricordo ricreduto
    ridicolo ridurre rifasare riflesso riforma rifugio rigare rigettato righello rilassato rilevato rimanere
    rimbalzo rimedio rimorchio rinascita rincaro rinforzo rinnovo rinomato rinsavito rintocco rinuncia rinvenire
    riparato ripetuto ripieno riportare ripresa ripulire risata rischio riserva risibile riso rispetto ristoro
    risultato risvolto ritardo ritegno ritmico ritrovo riunione riva riverso rivincita rivolto rizoma roba
    robotico robusto roccia roco rodaggio rodere roditore rogito rollio romantico rompere ronzio rosolare rospo
    rotante rotondo rotula rovescio rubizzo rubrica ruga rullino rumine rumoroso ruolo rupe russare rustico
    sabato sabbiare sabotato sagoma salasso saldatura salgemma salivare salmone salone saltare saluto salvo
    sapere sapido saporito saraceno sarcasmo sarto sassoso satellite satira satollo saturno savana savio saziato
    sbadiglio sbalzo sbancato sbarra sbattere sbavare sbendare sbirciare sbloccato sbocciato sbrinare sbruffone
    sbuffare scabroso scadenza scala scambiare scandalo scapola scarso scatenare scavato scelto scenico scettro
    scheda schiena sciarpa scienza scindere scippo sciroppo scivolo sclerare scodella scolpito scomparto
    sconforto scoprire scorta scossone scozzese scriba scrollare scrutinio scuderia scultore scuola scuro
    scusare sdebitare sdoganare seccatura secondo sedano seggiola segnalato segregato seguito selciato selettivo
    sella selvaggio semaforo sembrare seme seminato sempre senso sentire sepolto sequenza serata serbato sereno
    serio serpente serraglio servire sestina setola settimana sfacelo sfaldare sfamato sfarzoso sfaticato sfera
    sfida sfilato sfinge sfocato sfoderare sfogo sfoltire sforzato sfratto sfruttato sfuggito sfumare sfuso
    sgabello sgarbato sgonfiare sgorbio sgrassato sguardo sibilo siccome sierra sigla signore silenzio sillaba
    simbolo simpatico simulato sinfonia singolo sinistro sino sintesi sinusoide sipario sisma sistole situato
    slitta slogatura sloveno smarrito smemorato smentito smeraldo smilzo smontare smottato smussato snellire
    snervato snodo sobbalzo sobrio soccorso sociale sodale soffitto sogno soldato solenne solido sollazzo solo
    solubile solvente somatico somma sonda sonetto sonnifero sopire soppeso sopra sorgere sorpasso sorriso sorso
    sorteggio sorvolato sospiro sosta sottile spada spalla spargere spatola spavento spazzola specie spedire
    spegnere spelatura speranza spessore spettrale spezzato spia spigoloso spillato spinoso spirale splendido
    sportivo sposo spranga sprecare spronato spruzzo spuntino squillo sradicare srotolato stabile stacco staffa
    stagnare stampato stantio starnuto stasera statuto stelo steppa sterzo stiletto stima stirpe stivale
    stizzoso stonato storico strappo stregato stridulo strozzare strutto stuccare stufo stupendo subentro
    succoso sudore suggerito sugo sultano suonare superbo supporto surgelato surrogato sussurro sutura svagare
    svedese sveglio svelare svenuto svezia sviluppo svista svizzera svolta svuotare tabacco tabulato tacciare
    taciturno tale talismano tampone tannino tara tardivo targato tariffa tarpare tartaruga tasto tattico
    taverna tavolata tazza teca tecnico telefono temerario tempo temuto tendone tenero tensione tentacolo
    teorema terme terrazzo terzetto tesi tesserato testato tetro tettoia tifare tigella timbro tinto tipico
    tipografo tiraggio tiro titanio titolo titubante tizio tizzone toccare tollerare tolto tombola tomo tonfo
    tonsilla topazio topologia toppa torba tornare torrone tortora toscano tossire tostatura totano trabocco
    trachea trafila tragedia tralcio tramonto transito trapano trarre trasloco trattato trave treccia tremolio
    trespolo tributo tricheco trifoglio trillo trincea trio tristezza triturato trivella tromba trono troppo
    trottola trovare truccato tubatura tuffato tulipano tumulto tunisia turbare turchino tuta tutela ubicato
    uccello uccisore udire uditivo uffa ufficio uguale ulisse ultimato umano umile umorismo uncinetto ungere
    ungherese unicorno unificato unisono unitario unte uovo upupa uragano urgenza urlo usanza usato uscito
    usignolo usuraio utensile utilizzo utopia vacante vaccinato vagabondo vagliato valanga valgo valico valletta
    valoroso valutare valvola vampata vangare vanitoso vano vantaggio vanvera vapore varano varcato variante
    vasca vedetta vedova veduto vegetale veicolo velcro velina velluto veloce venato vendemmia vento verace
    verbale vergogna verifica vero verruca verticale vescica vessillo vestale veterano vetrina vetusto viandante
    vibrante vicenda vichingo vicinanza vidimare vigilia vigneto vigore vile villano vimini vincitore viola
    vipera virgola virologo virulento viscoso visione vispo vissuto visura vita vitello vittima vivanda vivido
    viziare voce voga volatile volere volpe voragine vulcano zampogna zanna zappato zattera zavorra zefiro
    zelante zelo zenzero zerbino zibetto zinco zircone zitto zolla zotico zucchero zufolo zulu zuppa
"""
_PORTUGUESE: Final = """
    abacate abaixo abalar abater abduzir abelha aberto abismo abotoar abranger abreviar abrigar abrupto absinto
    absoluto absurdo abutre acabado acalmar acampar acanhar acaso aceitar acelerar acenar acervo acessar acetona
    achatar acidez acima acionado acirrar aclamar aclive acolhida acomodar acoplar acordar acumular acusador
    adaptar adega adentro adepto adequar aderente adesivo adeus adiante aditivo adjetivo adjunto admirar adorar
    adquirir adubo adverso advogado aeronave afastar aferir afetivo afinador afivelar aflito afluente afrontar
    agachar agarrar agasalho agenciar agilizar agiota agitado agora agradar agreste agrupar aguardar agulha
    ajoelhar ajudar ajustar alameda alarme alastrar alavanca albergue albino alcatra aldeia alecrim alegria
    alertar alface alfinete algum alheio aliar alicate alienar alinhar aliviar almofada alocar alpiste alterar
    altitude alucinar alugar aluno alusivo alvo amaciar amador amarelo amassar ambas ambiente ameixa amenizar
    amido amistoso amizade amolador amontoar amoroso amostra amparar ampliar ampola anagrama analisar anarquia
    anatomia andaime anel anexo angular animar anjo anomalia anotado ansioso anterior anuidade anunciar anzol
    apagador apalpar apanhado apego apelido apertada apesar apetite apito aplauso aplicada apoio apontar aposta
    aprendiz aprovar aquecer arame aranha arara arcada ardente areia arejar arenito aresta argiloso argola arma
    arquivo arraial arrebate arriscar arroba arrumar arsenal arterial artigo arvoredo asfaltar asilado aspirar
    assador assinar assoalho assunto astral atacado atadura atalho atarefar atear atender aterro ateu atingir
    atirador ativo atoleiro atracar atrevido atriz atual atum auditor aumentar aura aurora autismo autoria
    autuar avaliar avante avaria avental avesso aviador avisar avulso axila azarar azedo azeite azulejo babar
    babosa bacalhau bacharel bacia bagagem baiano bailar baioneta bairro baixista bajular baleia baliza balsa
    banal bandeira banho banir banquete barato barbado baronesa barraca barulho baseado bastante batata batedor
    batida batom batucar baunilha beber beijo beirada beisebol beldade beleza belga beliscar bendito bengala
    benzer berimbau berlinda berro besouro bexiga bezerro bico bicudo bienal bifocal bifurcar bigorna bilhete
    bimestre bimotor biologia biombo biosfera bipolar birrento biscoito bisneto bispo bissexto bitola bizarro
    blindado bloco bloquear boato bobagem bocado bocejo bochecha boicotar bolada boletim bolha bolo bombeiro
    bonde boneco bonita borbulha borda boreal borracha bovino boxeador branco brasa braveza breu briga brilho
    brincar broa brochura bronzear broto bruxo bucha budismo bufar bule buraco busca busto buzina cabana cabelo
    cabide cabo cabrito cacau cacetada cachorro cacique cadastro cadeado cafezal caiaque caipira caixote cajado
    caju calafrio calcular caldeira calibrar calmante calota camada cambista camisa camomila campanha camuflar
    canavial cancelar caneta canguru canhoto canivete canoa cansado cantar canudo capacho capela capinar capotar
    capricho captador capuz caracol carbono cardeal careca carimbar carneiro carpete carreira cartaz carvalho
    casaco casca casebre castelo casulo catarata cativar caule causador cautelar cavalo caverna cebola cedilha
    cegonha celebrar celular cenoura censo centeio cercar cerrado certeiro cerveja cetim cevada chacota chaleira
    chamado chapada charme chatice chave chefe chegada cheiro cheque chicote chifre chinelo chocalho chover
    chumbo chutar chuva cicatriz ciclone cidade cidreira ciente cigana cimento cinto cinza ciranda circuito
    cirurgia citar clareza clero clicar clone clube coado coagir cobaia cobertor cobrar cocada coelho coentro
    coeso cogumelo coibir coifa coiote colar coleira colher colidir colmeia colono coluna comando combinar
    comentar comitiva comover complexo comum concha condor conectar confuso congelar conhecer conjugar consumir
    contrato convite cooperar copeiro copiador copo coquetel coragem cordial corneta coronha corporal correio
    cortejo coruja corvo cosseno costela cotonete couro couve covil cozinha cratera cravo creche credor creme
    crer crespo criada criminal crioulo crise criticar crosta crua cruzeiro cubano cueca cuidado cujo culatra
    culminar culpar cultura cumprir cunhado cupido curativo curral cursar curto cuspir custear cutelo damasco
    datar debater debitar deboche debulhar decalque decimal declive decote decretar dedal dedicado deduzir
    defesa defumar degelo degrau degustar deitado deixar delator delegado delinear delonga demanda demitir
    demolido dentista depenado depilar depois depressa depurar deriva derramar desafio desbotar descanso desenho
    desfiado desgaste desigual deslize desmamar desova despesa destaque desviar detalhar detentor detonar
    detrito deusa dever devido devotado dezena diagrama dialeto didata difuso digitar dilatado diluente diminuir
    dinastia dinheiro diocese direto discreta disfarce disparo disquete dissipar distante ditador diurno diverso
    divisor divulgar dizer dobrador dolorido domador dominado donativo donzela dormente dorsal dosagem dourado
    doutor drenagem drible drogaria duelar duende dueto duplo duquesa durante duvidoso eclodir ecoar ecologia
    edificar edital educado efeito efetivar ejetar elaborar eleger eleitor elenco elevador eliminar elogiar
    embargo embolado embrulho embutido emenda emergir emissor empatia empenho empinado empolgar emprego empurrar
    emulador encaixe encenado enchente encontro endeusar endossar enfaixar enfeite enfim engajado engenho
    englobar engomado engraxar enguia enjoar enlatar enquanto enraizar enrolado enrugar ensaio enseada ensino
    ensopado entanto enteado entidade entortar entrada entulho envergar enviado envolver enxame enxerto enxofre
    enxuto epiderme equipar ereto erguido errata erva ervilha esbanjar esbelto escama escola escrita escuta
    esfinge esfolar esfregar esfumado esgrima esmalte espanto espelho espiga esponja espreita espumar esquerda
    estaca esteira esticar estofado estrela estudo esvaziar etanol etiqueta euforia europeu evacuar evaporar
    evasivo eventual evidente evoluir exagero exalar examinar exato exausto excesso excitar exclamar executar
    exemplo exibir exigente exonerar expandir expelir expirar explanar exposto expresso expulsar externo extinto
    extrato fabricar fabuloso faceta facial fada fadiga faixa falar falta familiar fandango fanfarra fantoche
    fardado farelo farinha farofa farpa fartura fatia fator favorita faxina fazenda fechado feijoada feirante
    felino feminino fenda feno fera feriado ferrugem ferver festejar fetal feudal fiapo fibrose ficar ficheiro
    figurado fileira filho filme filtrar firmeza fisgada fissura fita fivela fixador fixo flacidez flamingo
    flanela flechada flora flutuar fluxo focal focinho fofocar fogo foguete foice folgado folheto forjar formiga
    forno forte fosco fossa fragata fralda frango frasco fraterno freira frente fretar frieza friso fritura
    fronha frustrar fruteira fugir fulano fuligem fundar fungo funil furador furioso futebol gabarito gabinete
    gado gaiato gaiola gaivota galega galho galinha galocha ganhar garagem garfo gargalo garimpo garoupa garrafa
    gasoduto gasto gata gatilho gaveta gazela gelado geleia gelo gemada gemer gemido generoso gengiva genial
    genoma genro geologia gerador germinar gesso gestor ginasta gincana gingado girafa girino glacial glicose
    global glorioso goela goiaba golfe golpear gordura gorjeta gorro gostoso goteira governar gracejo gradual
    grafite gralha grampo granada gratuito graveto graxa grego grelhar greve grilo grisalho gritaria grosso
    grotesco grudado grunhido gruta guache guarani guaxinim guerrear guiar guincho guisado gula guloso guru
    habitar harmonia haste haver hectare herdar heresia hesitar hiato hibernar hidratar hiena hino hipismo
    hipnose hipoteca hoje holofote homem honesto honrado hormonal hospedar humorado iate ideia idoso ignorado
    igreja iguana ileso ilha iludido iluminar ilustrar imagem imediato imenso imersivo iminente imitador imortal
    impacto impedir implante impor imprensa impune imunizar inalador inapto inativo incenso inchar incidir
    incluir incolor indeciso indireto indutor ineficaz inerente infantil infestar infinito inflamar informal
    infrator ingerir inibido inicial inimigo injetar inocente inodoro inovador inox inquieto inscrito inseto
    insistir inspetor instalar insulto intacto integral intimar intocado intriga invasor inverno invicto invocar
    iogurte iraniano ironizar irreal irritado isca isento isolado isqueiro italiano janeiro jangada janta
    jararaca jardim jarro jasmim jato javali jazida jejum joaninha joelhada jogador joia jornal jorrar jovem
    juba judeu judoca juiz julgador julho jurado jurista juro justa labareda laboral lacre lactante ladrilho
    lagarta lagoa laje lamber lamentar laminar lampejo lanche lapidar lapso laranja lareira largura lasanha
    lastro lateral latido lavanda lavoura lavrador laxante lazer lealdade lebre legado legendar legista leigo
    leiloar leitura lembrete leme lenhador lentilha leoa lesma leste letivo letreiro levar leveza levitar
    liberal libido liderar ligar ligeiro limitar limoeiro limpador linda linear linhagem liquidez listagem
    lisura litoral livro lixa lixeira locador locutor lojista lombo lona longe lontra lorde lotado loteria
    loucura lousa louvar luar lucidez lucro luneta lustre lutador luva macaco macete machado macio madeira
    madrinha magnata magreza maior mais malandro malha malote maluco mamilo mamoeiro mamute manada mancha
    mandato manequim manhoso manivela manobrar mansa manter manusear mapeado maquinar marcador maresia marfim
    margem marinho marmita maroto marquise marreco martelo marujo mascote masmorra massagem mastigar matagal
    materno matinal matutar maxilar medalha medida medusa megafone meiga melancia melhor membro memorial menino
    menos mensagem mental merecer mergulho mesada mesclar mesmo mesquita mestre metade meteoro metragem mexer
    mexicano micro migalha migrar milagre milenar milhar mimado minerar minhoca ministro minoria miolo mirante
    mirtilo misturar mocidade moderno modular moeda moer moinho moita moldura moleza molho molinete molusco
    montanha moqueca morango morcego mordomo morena mosaico mosquete mostarda motel motim moto motriz muda muito
    mulata mulher multar mundial munido muralha murcho muscular museu musical nacional nadador naja namoro
    narina narrado nascer nativa natureza navalha navegar navio neblina nebuloso negativa negociar negrito
    nervoso neta neural nevasca nevoeiro ninar ninho nitidez nivelar nobreza noite noiva nomear nominal nordeste
    nortear notar noticiar noturno novelo novilho novo nublado nudez numeral nupcial nutrir nuvem obcecado
    obedecer objetivo obrigado obscuro obstetra obter obturar ocidente ocioso ocorrer oculista ocupado ofegante
    ofensiva oferenda oficina ofuscado ogiva olaria oleoso olhar oliveira ombro omelete omisso omitir ondulado
    oneroso ontem opcional operador oponente oportuno oposto orar orbitar ordem ordinal orfanato orgasmo orgulho
    oriental origem oriundo orla ortodoxo orvalho oscilar ossada osso ostentar otimismo ousadia outono outubro
    ouvido ovelha ovular oxidar oxigenar pacato paciente pacote pactuar padaria padrinho pagar pagode painel
    pairar paisagem palavra palestra palheta palito palmada palpitar pancada panela panfleto panqueca pantanal
    papagaio papelada papiro parafina parcial pardal parede partida pasmo passado pastel patamar patente patinar
    patrono paulada pausar peculiar pedalar pedestre pediatra pedra pegada peitoral peixe pele pelicano penca
    pendurar peneira penhasco pensador pente perceber perfeito pergunta perito permitir perna perplexo persiana
    pertence peruca pescado pesquisa pessoa petiscar piada picado piedade pigmento pilastra pilhado pilotar
    pimenta pincel pinguim pinha pinote pintar pioneiro pipoca piquete piranha pires pirueta piscar pistola
    pitanga pivete planta plaqueta platina plebeu plumagem pluvial pneu poda poeira poetisa polegada policiar
    poluente polvilho pomar pomba ponderar pontaria populoso porta possuir postal pote poupar pouso povoar praia
    prancha prato praxe prece predador prefeito premiar prensar preparar presilha pretexto prevenir prezar
    primata princesa prisma privado processo produto profeta proibido projeto prometer propagar prosa protetor
    provador publicar pudim pular pulmonar pulseira punhal punir pupilo pureza puxador quadra quantia quarto
    quase quebrar queda queijo quente querido quimono quina quiosque rabanada rabisco rachar racionar radial
    raiar rainha raio raiva rajada ralado ramal ranger ranhura rapadura rapel rapidez raposa raquete raridade
    rasante rascunho rasgar raspador rasteira rasurar ratazana ratoeira realeza reanimar reaver rebaixar rebelde
    rebolar recado recente recheio recibo recordar recrutar recuar rede redimir redonda reduzida reenvio refinar
    refletir refogar refresco refugiar regalia regime regra reinado reitor rejeitar relativo remador remendo
    remorso renovado reparo repelir repleto repolho represa repudiar requerer resenha resfriar resgatar residir
    resolver respeito ressaca restante resumir retalho reter retirar retomada retratar revelar revisor revolta
    riacho rica rigidez rigoroso rimar ringue risada risco risonho robalo rochedo rodada rodeio rodovia roedor
    roleta romano roncar rosado roseira rosto rota roteiro rotina rotular rouco roupa roxo rubro rugido rugoso
    ruivo rumo rupestre russo sabor saciar sacola sacudir sadio safira saga sagrada saibro salada saleiro
    salgado saliva salpicar salsicha saltar salvador sambar samurai sanar sanfona sangue sanidade sapato sarda
    sargento sarjeta saturar saudade saxofone sazonal secar secular seda sedento sediado sedoso sedutor segmento
    segredo segundo seiva seleto selvagem semanal semente senador senhor sensual sentado separado sereia seringa
    serra servo setembro setor sigilo silhueta silicone simetria simpatia simular sinal sincero singular sinopse
    sintonia sirene siri situado soberano sobra socorro sogro soja solda soletrar solteiro sombrio sonata sondar
    sonegar sonhador sono soprano soquete sorrir sorteio sossego sotaque soterrar sovado sozinho suavizar subida
    submerso subsolo subtrair sucata sucesso suco sudeste sufixo sugador sugerir sujeito sulfato sumir suor
    superior suplicar suposto suprimir surdina surfista surpresa surreal surtir suspiro sustento tabela tablete
    tabuada tacho tagarela talher talo talvez tamanho tamborim tampa tangente tanto tapar tapioca tardio tarefa
    tarja tarraxa tatuagem taurino taxativo taxista teatral tecer tecido teclado tedioso teia teimar telefone
    telhado tempero tenente tensor tentar termal terno terreno tese tesoura testado teto textura texugo tiara
    tigela tijolo timbrar timidez tingido tinteiro tiragem titular toalha tocha tolerar tolice tomada tomilho
    tonel tontura topete tora torcido torneio torque torrada torto tostar touca toupeira toxina trabalho
    tracejar tradutor trafegar trajeto trama trancar trapo traseiro tratador travar treino tremer trepidar trevo
    triagem tribo triciclo tridente trilogia trindade triplo triturar triunfal trocar trombeta trova trunfo
    truque tubular tucano tudo tulipa tupi turbo turma turquesa tutelar tutorial uivar umbigo unha unidade
    uniforme urologia urso urtiga urubu usado usina usufruir vacina vadiar vagaroso vaidoso vala valente
    validade valores vantagem vaqueiro varanda vareta varrer vascular vasilha vassoura vazar vazio veado vedar
    vegetar veicular veleiro velhice veludo vencedor vendaval venerar ventre verbal verdade vereador vergonha
    vermelho verniz versar vertente vespa vestido vetorial viaduto viagem viajar viatura vibrador videira
    vidraria viela viga vigente vigiar vigorar vilarejo vinco vinheta vinil violeta virada virtude visitar visto
    vitral viveiro vizinho voador voar vogal volante voleibol voltagem volumoso vontade vulto vuvuzela xadrez
    xarope xeque xeretar xerife xingar zangado zarpar zebu zelador zombar zoologia zumbido
"""
_CZECH: Final = """
    abdikace abeceda adresa agrese akce aktovka alej alkohol amputace ananas andulka anekdota anketa antika
    anulovat archa arogance asfalt asistent aspirace astma astronom atlas atletika atol autobus azyl babka
    bachor bacil baculka badatel bageta bagr bahno bakterie balada baletka balkon balonek balvan balza bambus
    bankomat barbar baret barman baroko barva baterka batoh bavlna bazalka bazilika bazuka bedna beran beseda
    bestie beton bezinka bezmoc beztak bicykl bidlo biftek bikiny bilance biograf biolog bitva bizon blahobyt
    blatouch blecha bledule blesk blikat blizna blokovat bloudit blud bobek bobr bodlina bodnout bohatost bojkot
    bojovat bokorys bolest borec borovice bota boubel bouchat bouda boule bourat boxer bradavka brambora branka
    bratr brepta briketa brko brloh bronz broskev brunetka brusinka brzda brzy bublina bubnovat buchta buditel
    budka budova bufet bujarost bukvice buldok bulva bunda bunkr burza butik buvol buzola bydlet bylina bytovka
    bzukot capart carevna cedr cedule cejch cejn cela celer celkem celnice cenina cennost cenovka centrum cenzor
    cestopis cetka chalupa chapadlo charita chata chechtat chemie chichot chirurg chlad chleba chlubit chmel
    chmura chobot chochol chodba cholera chomout chopit choroba chov chrapot chrlit chrt chrup chtivost chudina
    chutnat chvat chvilka chvost chyba chystat chytit cibule cigareta cihelna cihla cinkot cirkus cisterna
    citace citrus cizinec cizost clona cokoliv couvat ctitel ctnost cudnost cuketa cukr cupot cvaknout cval cvik
    cvrkot cyklista daleko dareba datel datum dcera debata dechovka decibel deficit deflace dekl dekret demokrat
    deprese derby deska detektiv dikobraz diktovat dioda diplom disk displej divadlo divoch dlaha dlouho
    dluhopis dnes dobro dobytek docent dochutit dodnes dohled dohoda dohra dojem dojnice doklad dokola doktor
    dokument dolar doleva dolina doma dominant domluvit domov donutit dopad dopis doplnit doposud doprovod
    dopustit dorazit dorost dort dosah doslov dostatek dosud dosyta dotaz dotek dotknout doufat doutnat dovozce
    dozadu doznat dozorce drahota drak dramatik dravec draze drdol drobnost drogerie drozd drsnost drtit drzost
    duben duchovno dudek duha duhovka dusit dusno dutost dvojice dvorec dynamit ekolog ekonomie elektron elipsa
    email emise emoce empatie epizoda epocha epopej epos esej esence eskorta eskymo etiketa euforie evoluce
    exekuce exkurze expedice exploze export extrakt facka fajfka fakulta fanatik fantazie farmacie favorit
    fazole federace fejeton fenka fialka figurant filozof filtr finance finta fixace fjord flanel flirt flotila
    fond fosfor fotbal fotka foton frakce freska fronta fukar funkce fyzika galeje garant genetika geolog
    gilotina glazura glejt golem golfista gotika graf gramofon granule grep gril grog groteska guma hadice hadr
    hala halenka hanba hanopis harfa harpuna havran hebkost hejkal hejno hejtman hektar helma hematom herec
    herna heslo hezky historik hladovka hlasivky hlava hledat hlen hlodavec hloh hloupost hltat hlubina hluchota
    hmat hmota hmyz hnis hnojivo hnout hoblina hoboj hoch hodiny hodlat hodnota hodovat hojnost hokej holinka
    holka holub homole honitba honorace horal horda horizont horko horlivec hormon hornina horoskop horstvo
    hospoda hostina hotovost houba houf houpat houska hovor hradba hranice hravost hrazda hrbolek hrdina hrdlo
    hrdost hrnek hrobka hromada hrot hrouda hrozen hrstka hrubost hryzat hubenost hubnout hudba hukot humr
    husita hustota hvozd hybnost hydrant hygiena hymna hysterik idylka ihned ikona iluze imunita infekce inflace
    inkaso inovace inspekce internet invalida investor inzerce ironie jablko jachta jahoda jakmile jakost
    jalovec jantar jarmark jaro jasan jasno jatka javor jazyk jedinec jedle jednatel jehlan jekot jelen jelito
    jemnost jenom jepice jeseter jevit jezdec jezero jinak jindy jinoch jiskra jistota jitrnice jizva jmenovat
    jogurt jurta kabaret kabel kabinet kachna kadet kadidlo kahan kajak kajuta kakao kaktus kalamita kalhoty
    kalibr kalnost kamera kamkoliv kamna kanibal kanoe kantor kapalina kapela kapitola kapka kaple kapota kapr
    kapusta kapybara karamel karotka karton kasa katalog katedra kauce kauza kavalec kazajka kazeta kazivost
    kdekoliv kdesi kedluben kemp keramika kino klacek kladivo klam klapot klasika klaun klec klenba klepat
    klesnout klid klima klisna klobouk klokan klopa kloub klubovna klusat kluzkost kmen kmitat kmotr kniha knot
    koalice koberec kobka kobliha kobyla kocour kohout kojenec kokos koktejl kolaps koleda kolize kolo komando
    kometa komik komnata komora kompas komunita konat koncept kondice konec konfese kongres konina konkurs
    kontakt konzerva kopanec kopie kopnout koprovka korbel korektor kormidlo koroptev korpus koruna koryto
    korzet kosatec kostka kotel kotleta kotoul koukat koupelna kousek kouzlo kovboj koza kozoroh krabice krach
    krajina kralovat krasopis kravata kredit krejcar kresba kreveta kriket kritik krize krkavec krmelec krmivo
    krocan krok kronika kropit kroupa krovka krtek kruhadlo krupice krutost krvinka krychle krypta krystal kryt
    kudlanka kufr kujnost kukla kulajda kulich kulka kulomet kultura kuna kupodivu kurt kurzor kutil kvalita
    kvasinka kvestor kynolog kyselina kytara kytice kytka kytovec kyvadlo labrador lachtan ladnost laik lakomec
    lamela lampa lanovka lasice laso lastura latinka lavina lebka leckdy leden lednice ledovka ledvina legenda
    legie legrace lehce lehkost lehnout lektvar lenochod lentilka lepenka lepidlo letadlo letec letmo letokruh
    levhart levitace levobok libra lichotka lidojed lidskost lihovina lijavec lilek limetka linie linka linoleum
    listopad litina litovat lobista lodivod logika logoped lokalita loket lomcovat lopata lopuch lord losos lotr
    loudal louh louka louskat lovec lstivost lucerna lucifer lump lusk lustrace lvice lyra lyrika lysina madam
    madlo magistr mahagon majetek majitel majorita makak makovice makrela malba malina malovat malvice maminka
    mandle manko marnost masakr maskot masopust matice matrika maturita mazanec mazivo mazlit mazurka mdloba
    mechanik meditace medovina melasa meloun mentolka metla metoda metr mezera migrace mihnout mihule mikina
    mikrofon milenec milimetr milost mimika mincovna minibar minomet minulost miska mistr mixovat mladost mlha
    mlhovina mlok mlsat mluvit mnich mnohem mobil mocnost modelka modlitba mohyla mokro molekula momentka
    monarcha monokl monstrum montovat monzun mosaz moskyt most motivace motorka motyka moucha moudrost mozaika
    mozek mozol mramor mravenec mrkev mrtvola mrzet mrzutost mstitel mudrc muflon mulat mumie munice muset
    mutace muzeum muzikant myslivec mzda nabourat nachytat nadace nadbytek nadhoz nadobro nadpis nahlas nahnat
    nahodile nahradit naivita najednou najisto najmout naklonit nakonec nakrmit nalevo namazat namluvit nanometr
    naoko naopak naostro napadat napevno naplnit napnout naposled naprosto narodit naruby narychlo nasadit
    nasekat naslepo nastat natolik navenek navrch navzdory nazvat nebe nechat necky nedaleko nedbat neduh negace
    nehet nehoda nejen nejprve neklid nelibost nemilost nemoc neochota neonka nepokoj nerost nerv nesmysl
    nesoulad netvor neuron nevina nezvykle nicota nijak nikam nikdy nikl nikterak nitro nocleh nohavice nominace
    nora norek nositel nosnost nouze noviny novota nozdra nuda nudle nuget nutit nutnost nutrie nymfa obal
    obarvit obava obdiv obec obehnat obejmout obezita obhajoba obilnice objasnit objekt obklopit oblast oblek
    obliba obloha obluda obnos obohatit obojek obout obrazec obrna obruba obrys obsah obsluha obstarat obuv
    obvaz obvinit obvod obvykle obyvatel obzor ocas ocel ocenit ochladit ochota ochrana ocitnout odboj odbyt
    odchod odcizit odebrat odeslat odevzdat odezva odhadce odhodit odjet odjinud odkaz odkoupit odliv odluka
    odmlka odolnost odpad odpis odplout odpor odpustit odpykat odrazka odsoudit odstup odsun odtok odtud odvaha
    odveta odvolat odvracet odznak ofina ofsajd ohlas ohnisko ohrada ohrozit ohryzek okap okenice oklika okno
    okouzlit okovy okrasa okres okrsek okruh okupant okurka okusit olejnina olizovat omak omeleta omezit
    omladina omlouvat omluva omyl onehdy opakovat opasek operace opice opilost opisovat opora opozice opravdu
    oproti orbital orchestr orgie orlice orloj ortel osada oschnout osika osivo oslava oslepit oslnit oslovit
    osnova osoba osolit ospalec osten ostraha ostuda ostych osvojit oteplit otisk otop otrhat otrlost otrok
    otruby otvor ovanout ovar oves ovlivnit ovoce oxid ozdoba pachatel pacient padouch pahorek pakt palanda
    palec palivo paluba pamflet pamlsek panenka panika panna panovat panstvo pantofle paprika parketa parodie
    parta paruka paryba paseka pasivita pastelka patent patrona pavouk pazneht pazourek pecka pedagog pejsek
    peklo peloton penalta pendrek penze periskop pero pestrost petarda petice petrolej pevnina pexeso pianista
    piha pijavice pikle piknik pilina pilnost pilulka pinzeta pipeta pisatel pistole pitevna pivnice pivovar
    placenta plakat plamen planeta plastika platit plavidlo plaz plech plemeno plenta ples pletivo plevel plivat
    plnit plno plocha plodina plomba plout pluk plyn pobavit pobyt pochod pocit poctivec podat podcenit podepsat
    podhled podivit podklad podmanit podnik podoba podpora podraz podstata podvod podzim poezie pohanka pohnutka
    pohovor pohroma pohyb pointa pojistka pojmout pokazit pokles pokoj pokrok pokuta pokyn poledne polibek
    polknout poloha polynom pomalu pominout pomlka pomoc pomsta pomyslet ponechat ponorka ponurost popadat popel
    popisek poplach poprosit popsat popud poradce porce porod porucha poryv posadit posed posila poskok poslanec
    posoudit pospolu postava posudek posyp potah potkan potlesk potomek potrava potupa potvora poukaz pouto
    pouzdro povaha povidla povlak povoz povrch povstat povyk povzdech pozdrav pozemek poznatek pozor pozvat
    pracovat prahory praktika prales praotec praporek prase pravda princip prkno probudit procento prodej
    profese prohra projekt prolomit promile pronikat propad prorok prosba proton proutek provaz prskavka prsten
    prudkost prut prvek prvohory psanec psovod pstruh ptactvo puberta puch pudl pukavec puklina pukrle pult
    pumpa punc pupen pusa pusinka pustina putovat putyka pyramida pysk pytel racek rachot radiace radnice radon
    raft ragby raketa rakovina rameno rampouch rande rarach rarita rasovna rastr ratolest razance razidlo
    reagovat reakce recept redaktor referent reflex rejnok reklama rekord rekrut rektor reputace revize revma
    revolver rezerva riskovat riziko robotika rodokmen rohovka rokle rokoko romaneto ropovod ropucha rorejs
    rosol rostlina rotmistr rotoped rotunda roubenka roucho roup roura rovina rovnice rozbor rozchod rozdat
    rozeznat rozhodce rozinka rozjezd rozkaz rozloha rozmar rozpad rozruch rozsah roztok rozum rozvod rubrika
    ruchadlo rukavice rukopis ryba rybolov rychlost rydlo rypadlo rytina ryzost sadista sahat sako samec
    samizdat samota sanitka sardinka sasanka satelit sazba sazenice sbor schovat sebranka secese sedadlo
    sediment sedlo sehnat sejmout sekera sekta sekunda sekvoje semeno seno servis sesadit seshora seskok seslat
    sestra sesuv sesypat setba setina setkat setnout setrvat sever seznam shoda shrnout sifon silnice sirka
    sirotek sirup situace skafandr skalisko skanzen skaut skeptik skica skladba sklenice sklo skluz skoba skokan
    skoro skripta skrz skupina skvost skvrna slabika sladidlo slanina slast slavnost sledovat slepec sleva
    slezina slib slina sliznice slon sloupek slovo sluch sluha slunce slupka slza smaragd smetana smilstvo
    smlouva smog smrad smrk smrtka smutek smysl snad snaha snob sobota socha sodovka sokol sopka sotva souboj
    soucit soudce souhlas soulad soumrak souprava soused soutok souviset spalovna spasitel spis splav spodek
    spojenec spolu sponzor spornost spousta sprcha spustit sranda sraz srdce srna srnec srovnat srpen srst srub
    stanice starosta statika stavba stehno stezka stodola stolek stopa storno stoupat strach stres strhnout
    strom struna studna stupnice stvol styk subjekt subtropy suchar sudost sukno sundat sunout surikata surovina
    svah svalstvo svetr svatba svazek svisle svitek svoboda svodidlo svorka svrab sykavka sykot synek synovec
    sypat sypkost syrovost sysel sytost tabletka tabule tahoun tajemno tajfun tajga tajit tajnost taktika tamhle
    tampon tancovat tanec tanker tapeta tavenina tazatel technika tehdy tekutina telefon temnota tendence
    tenista tenor teplota tepna teprve terapie termoska textil ticho tiskopis titulek tkadlec tkanina tlapka
    tleskat tlukot tlupa tmel toaleta topinka topol torzo touha toulec tradice traktor tramp trasa traverza
    trefit trest trezor trhavina trhlina trochu trojice troska trouba trpce trpitel trpkost trubec truchlit
    truhlice trus trvat tudy tuhnout tuhost tundra turista turnaj tuzemsko tvaroh tvorba tvrdost tvrz tygr tykev
    ubohost uboze ubrat ubrousek ubrus ubytovna ucho uctivost udivit uhradit ujednat ujistit ujmout ukazatel
    uklidnit uklonit ukotvit ukrojit ulice ulita ulovit umyvadlo unavit uniforma uniknout upadnout uplatnit
    uplynout upoutat upravit uran urazit usednout usilovat usmrtit usnadnit usnout usoudit ustlat ustrnout
    utahovat utkat utlumit utonout utopenec utrousit uvalit uvolnit uvozovka uzdravit uzel uzenina uzlina uznat
    vagon valcha valoun vana vandal vanilka varan varhany varovat vcelku vchod vdova vedro vegetace vejce
    velbloud veletrh velitel velmoc velryba venkov veranda verze veselka veskrze vesnice vespodu vesta veterina
    veverka vibrace vichr videohra vidina vidle vila vinice viset vitalita vize vizitka vjezd vklad vkus vlajka
    vlak vlasec vlevo vlhkost vliv vlnovka vloupat vnucovat vnuk voda vodivost vodoznak vodstvo vojensky vojna
    vojsko volant volba volit volno voskovka vozidlo vozovna vpravo vrabec vracet vrah vrata vrba vrcholek vrhat
    vrstva vrtule vsadit vstoupit vstup vtip vybavit vybrat vychovat vydat vydra vyfotit vyhledat vyhnout
    vyhodit vyhradit vyhubit vyjasnit vyjet vyjmout vyklopit vykonat vylekat vymazat vymezit vymizet vymyslet
    vynechat vynikat vynutit vypadat vyplatit vypravit vypustit vyrazit vyrovnat vyrvat vyslovit vysoko vystavit
    vysunout vysypat vytasit vytesat vytratit vyvinout vyvolat vyvrhel vyzdobit vyznat vzadu vzbudit vzchopit
    vzdor vzduch vzdychat vzestup vzhledem vzkaz vzlykat vznik vzorek vzpoura vztah vztek xylofon zabrat
    zabydlet zachovat zadarmo zadusit zafoukat zahltit zahodit zahrada zahynout zajatec zajet zajistit zaklepat
    zakoupit zalepit zamezit zamotat zamyslet zanechat zanikat zaplatit zapojit zapsat zarazit zastavit zasunout
    zatajit zatemnit zatknout zaujmout zavalit zavelet zavinit zavolat zavrtat zazvonit zbavit zbrusu zbudovat
    zbytek zdaleka zdarma zdatnost zdivo zdobit zdroj zdvih zdymadlo zelenina zeman zemina zeptat zezadu zezdola
    zhatit zhltnout zhluboka zhotovit zhruba zima zimnice zjemnit zklamat zkoumat zkratka zkumavka zlato zlehka
    zloba zlom zlost zlozvyk zmapovat zmar zmatek zmije zmizet zmocnit zmodrat zmrzlina zmutovat znak znalost
    znamenat znovu zobrazit zotavit zoubek zoufale zplodit zpomalit zprava zprostit zprudka zprvu zrada zranit
    zrcadlo zrnitost zrno zrovna zrychlit zrzavost zticha ztratit zubovina zubr zvednout zvenku zvesela zvon
    zvrat zvukovod zvyk
"""
_KOREAN: Final = """
    가격 가끔 가난 가능 가득 가르침 가뭄 가방 가상 가슴 가운데 가을 가이드 가입 가장 가정 가족 가죽 각오 각자 간격 간부 간섭 간장 간접 간판 갈등 갈비 갈색 갈증 감각 감기 감소 감수성 감자
    감정 갑자기 강남 강당 강도 강력히 강변 강북 강사 강수량 강아지 강원도 강의 강제 강조 같이 개구리 개나리 개방 개별 개선 개성 개인 객관적 거실 거액 거울 거짓 거품 걱정 건강 건물 건설
    건조 건축 걸음 검사 검토 게시판 게임 겨울 견해 결과 결국 결론 결석 결승 결심 결정 결혼 경계 경고 경기 경력 경복궁 경비 경상도 경영 경우 경쟁 경제 경주 경찰 경치 경향 경험 계곡 계단
    계란 계산 계속 계약 계절 계층 계획 고객 고구려 고궁 고급 고등학생 고무신 고민 고양이 고장 고전 고집 고춧가루 고통 고향 곡식 골목 골짜기 골프 공간 공개 공격 공군 공급 공기 공동 공무원
    공부 공사 공식 공업 공연 공원 공장 공짜 공책 공통 공포 공항 공휴일 과목 과일 과장 과정 과학 관객 관계 관광 관념 관람 관련 관리 관습 관심 관점 관찰 광경 광고 광장 광주 괴로움 굉장히
    교과서 교문 교복 교실 교양 교육 교장 교직 교통 교환 교훈 구경 구름 구멍 구별 구분 구석 구성 구속 구역 구입 구청 구체적 국가 국기 국내 국립 국물 국민 국수 국어 국왕 국적 국제 국회
    군대 군사 군인 궁극적 권리 권위 권투 귀국 귀신 규정 규칙 균형 그날 그냥 그늘 그러나 그룹 그릇 그림 그제서야 그토록 극복 극히 근거 근교 근래 근로 근무 근본 근원 근육 근처 글씨 글자
    금강산 금고 금년 금메달 금액 금연 금요일 금지 긍정적 기간 기관 기념 기능 기독교 기둥 기록 기름 기법 기본 기분 기쁨 기숙사 기술 기억 기업 기온 기운 기원 기적 기준 기침 기혼 기획 긴급
    긴장 길이 김밥 김치 김포공항 깍두기 깜빡 깨달음 깨소금 껍질 꼭대기 꽃잎 나들이 나란히 나머지 나물 나침반 나흘 낙엽 난방 날개 날씨 날짜 남녀 남대문 남매 남산 남자 남편 남학생 낭비 낱말
    내년 내용 내일 냄비 냄새 냇물 냉동 냉면 냉방 냉장고 넥타이 넷째 노동 노란색 노력 노인 녹음 녹차 녹화 논리 논문 논쟁 놀이 농구 농담 농민 농부 농업 농장 농촌 높이 눈동자 눈물 눈썹 뉴욕
    느낌 늑대 능동적 능력 다방 다양성 다음 다이어트 다행 단계 단골 단독 단맛 단순 단어 단위 단점 단체 단추 단편 단풍 달걀 달러 달력 달리 닭고기 담당 담배 담요 담임 답변 답장 당근 당분간
    당연히 당장 대규모 대낮 대단히 대답 대도시 대략 대량 대륙 대문 대부분 대신 대응 대장 대전 대접 대중 대책 대출 대충 대통령 대학 대한민국 대합실 대형 덩어리 데이트 도대체 도덕 도둑 도망
    도서관 도심 도움 도입 도자기 도저히 도전 도중 도착 독감 독립 독서 독일 독창적 동화책 뒷모습 뒷산 딸아이 마누라 마늘 마당 마라톤 마련 마무리 마사지 마약 마요네즈 마을 마음 마이크 마중
    마지막 마찬가지 마찰 마흔 막걸리 막내 막상 만남 만두 만세 만약 만일 만점 만족 만화 많이 말기 말씀 말투 맘대로 망원경 매년 매달 매력 매번 매스컴 매일 매장 맥주 먹이 먼저 먼지 멀리 메일
    며느리 며칠 면담 멸치 명단 명령 명예 명의 명절 명칭 명함 모금 모니터 모델 모든 모범 모습 모양 모임 모조리 모집 모퉁이 목걸이 목록 목사 목소리 목숨 목적 목표 몰래 몸매 몸무게 몸살 몸속
    몸짓 몸통 몹시 무관심 무궁화 무더위 무덤 무릎 무슨 무엇 무역 무용 무조건 무지개 무척 문구 문득 문법 문서 문제 문학 문화 물가 물건 물결 물고기 물론 물리학 물음 물질 물체 미국 미디어
    미사일 미술 미역 미용실 미움 미인 미팅 미혼 민간 민족 민주 믿음 밀가루 밀리미터 밑바닥 바가지 바구니 바나나 바늘 바닥 바닷가 바람 바이러스 바탕 박물관 박사 박수 반대 반드시 반말 반발
    반성 반응 반장 반죽 반지 반찬 받침 발가락 발걸음 발견 발달 발레 발목 발바닥 발생 발음 발자국 발전 발톱 발표 밤하늘 밥그릇 밥맛 밥상 밥솥 방금 방면 방문 방바닥 방법 방송 방식 방안 방울
    방지 방학 방해 방향 배경 배꼽 배달 배드민턴 백두산 백색 백성 백인 백제 백화점 버릇 버섯 버튼 번개 번역 번지 번호 벌금 벌레 벌써 범위 범인 범죄 법률 법원 법적 법칙 베이징 벨트 변경
    변동 변명 변신 변호사 변화 별도 별명 별일 병실 병아리 병원 보관 보너스 보라색 보람 보름 보상 보안 보자기 보장 보전 보존 보통 보편적 보험 복도 복사 복숭아 복습 볶음 본격적 본래 본부
    본사 본성 본인 본질 볼펜 봉사 봉지 봉투 부근 부끄러움 부담 부동산 부문 부분 부산 부상 부엌 부인 부작용 부장 부정 부족 부지런히 부친 부탁 부품 부회장 북부 북한 분노 분량 분리 분명 분석
    분야 분위기 분필 분홍색 불고기 불과 불교 불꽃 불만 불법 불빛 불안 불이익 불행 브랜드 비극 비난 비닐 비둘기 비디오 비로소 비만 비명 비밀 비바람 비빔밥 비상 비용 비율 비중 비타민 비판
    빌딩 빗물 빗방울 빗줄기 빛깔 빨간색 빨래 빨리 사건 사계절 사나이 사냥 사람 사랑 사립 사모님 사물 사방 사상 사생활 사설 사슴 사실 사업 사용 사월 사장 사전 사진 사촌 사춘기 사탕 사투리
    사흘 산길 산부인과 산업 산책 살림 살인 살짝 삼계탕 삼국 삼십 삼월 삼촌 상관 상금 상대 상류 상반기 상상 상식 상업 상인 상자 상점 상처 상추 상태 상표 상품 상황 새벽 색깔 색연필 생각
    생명 생물 생방송 생산 생선 생신 생일 생활 서랍 서른 서명 서민 서비스 서양 서울 서적 서점 서쪽 서클 석사 석유 선거 선물 선배 선생 선수 선원 선장 선전 선택 선풍기 설거지 설날 설렁탕
    설명 설문 설사 설악산 설치 설탕 섭씨 성공 성당 성명 성별 성인 성장 성적 성질 성함 세금 세미나 세상 세월 세종대왕 세탁 센터 센티미터 셋째 소규모 소극적 소금 소나기 소년 소득 소망 소문
    소설 소속 소아과 소용 소원 소음 소중히 소지품 소질 소풍 소형 속담 속도 속옷 손가락 손길 손녀 손님 손등 손목 손뼉 손실 손질 손톱 손해 솔직히 솜씨 송아지 송이 송편 쇠고기 쇼핑 수건 수년
    수단 수돗물 수동적 수면 수명 수박 수상 수석 수술 수시로 수업 수염 수영 수입 수준 수집 수출 수컷 수필 수학 수험생 수화기 숙녀 숙소 숙제 순간 순서 순수 순식간 순위 숟가락 술병 술집 숫자
    스님 스물 스스로 스승 스웨터 스위치 스케이트 스튜디오 스트레스 스포츠 슬쩍 슬픔 습관 습기 승객 승리 승부 승용차 승진 시각 시간 시골 시금치 시나리오 시댁 시리즈 시멘트 시민 시부모 시선
    시설 시스템 시아버지 시어머니 시월 시인 시일 시작 시장 시절 시점 시중 시즌 시집 시청 시합 시험 식구 식기 식당 식량 식료품 식물 식빵 식사 식생활 식초 식탁 식품 신고 신규 신념 신문 신발
    신비 신사 신세 신용 신제품 신청 신체 신화 실감 실내 실력 실례 실망 실수 실습 실시 실장 실정 실질적 실천 실체 실컷 실태 실패 실험 실현 심리 심부름 심사 심장 심정 심판 쌍둥이 씨름 씨앗
    아가씨 아나운서 아드님 아들 아쉬움 아스팔트 아시아 아울러 아저씨 아줌마 아직 아침 아파트 아프리카 아픔 아홉 아흔 악기 악몽 악수 안개 안경 안과 안내 안녕 안동 안방 안부 안주 알루미늄
    알코올 암시 암컷 압력 앞날 앞문 애인 애정 액수 앨범 야간 야단 야옹 약간 약국 약속 약수 약점 약품 약혼녀 양념 양력 양말 양배추 양주 양파 어둠 어려움 어른 어젯밤 어쨌든 어쩌다가 어쩐지
    언니 언덕 언론 언어 얼굴 얼른 얼음 얼핏 엄마 업무 업종 업체 엉덩이 엉망 엉터리 엊그제 에너지 에어컨 엔진 여건 여고생 여관 여군 여권 여대생 여덟 여동생 여든 여론 여름 여섯 여성 여왕
    여인 여전히 여직원 여학생 여행 역사 역시 역할 연결 연구 연극 연기 연락 연설 연세 연속 연습 연애 연예인 연인 연장 연주 연출 연필 연합 연휴 열기 열매 열쇠 열심히 열정 열차 열흘 염려
    엽서 영국 영남 영상 영양 영역 영웅 영원히 영하 영향 영혼 영화 옆구리 옆방 옆집 예감 예금 예방 예산 예상 예선 예술 예습 예식장 예약 예전 예절 예정 예컨대 옛날 오늘 오락 오랫동안 오렌지
    오로지 오른발 오븐 오십 오염 오월 오전 오직 오징어 오페라 오피스텔 오히려 옥상 옥수수 온갖 온라인 온몸 온종일 온통 올가을 올림픽 올해 옷차림 와이셔츠 와인 완성 완전 왕비 왕자 왜냐하면
    왠지 외갓집 외국 외로움 외삼촌 외출 외침 외할머니 왼발 왼손 왼쪽 요금 요일 요즘 요청 용기 용서 용어 우산 우선 우승 우연히 우정 우체국 우편 운동 운명 운반 운전 운행 울산 울음 움직임
    웃어른 웃음 워낙 원고 원래 원서 원숭이 원인 원장 원피스 월급 월드컵 월세 월요일 웨이터 위반 위법 위성 위원 위험 위협 윗사람 유난히 유럽 유명 유물 유산 유적 유치원 유학 유행 유형 육군
    육상 육십 육체 은행 음력 음료 음반 음성 음식 음악 음주 의견 의논 의문 의복 의식 의심 의외로 의욕 의원 의학 이것 이곳 이념 이놈 이달 이대로 이동 이렇게 이력서 이론적 이름 이민 이발소
    이별 이불 이빨 이상 이성 이슬 이야기 이용 이웃 이월 이윽고 이익 이전 이중 이튿날 이틀 이혼 인간 인격 인공 인구 인근 인기 인도 인류 인물 인생 인쇄 인연 인원 인재 인종 인천 인체 인터넷
    인하 인형 일곱 일기 일단 일대 일등 일반 일본 일부 일상 일생 일손 일요일 일월 일정 일종 일주일 일찍 일체 일치 일행 일회용 임금 임무 입대 입력 입맛 입사 입술 입시 입원 입장 입학 자가용
    자격 자극 자동 자랑 자부심 자식 자신 자연 자원 자율 자전거 자정 자존심 자판 작가 작년 작성 작업 작용 작은딸 작품 잔디 잔뜩 잔치 잘못 잠깐 잠수함 잠시 잠옷 잠자리 잡지 장관 장군 장기간
    장래 장례 장르 장마 장면 장모 장미 장비 장사 장소 장식 장애인 장인 장점 장차 장학금 재능 재빨리 재산 재생 재작년 재정 재채기 재판 재학 재활용 저것 저고리 저곳 저녁 저런 저렇게 저번
    저울 저절로 저축 적극 적당히 적성 적용 적응 전개 전공 전기 전달 전라도 전망 전문 전반 전부 전세 전시 전용 전자 전쟁 전주 전철 전체 전통 전혀 전후 절대 절망 절반 절약 절차 점검 점수
    점심 점원 점점 점차 접근 접시 접촉 젓가락 정거장 정도 정류장 정리 정말 정면 정문 정반대 정보 정부 정비 정상 정성 정오 정원 정장 정지 정치 정확히 제공 제과점 제대로 제목 제발 제법
    제삿날 제안 제일 제작 제주도 제출 제품 제한 조각 조건 조금 조깅 조명 조미료 조상 조선 조용히 조절 조정 조직 존댓말 존재 졸업 졸음 종교 종로 종류 종소리 종업원 종종 종합 좌석 죄인
    주관적 주름 주말 주머니 주먹 주문 주민 주방 주변 주식 주인 주일 주장 주전자 주택 준비 줄거리 줄기 줄무늬 중간 중계방송 중국 중년 중단 중독 중반 중부 중세 중소기업 중순 중앙 중요 중학교
    즉석 즉시 즐거움 증가 증거 증권 증상 증세 지각 지갑 지경 지극히 지금 지급 지능 지름길 지리산 지방 지붕 지식 지역 지우개 지원 지적 지점 지진 지출 직선 직업 직원 직장 진급 진동 진로
    진료 진리 진짜 진찰 진출 진통 진행 질문 질병 질서 짐작 집단 집안 집중 짜증 찌꺼기 차남 차라리 차량 차림 차별 차선 차츰 착각 찬물 찬성 참가 참기름 참새 참석 참여 참외 참조 찻잔 창가
    창고 창구 창문 창밖 창작 창조 채널 채점 책가방 책방 책상 책임 챔피언 처벌 처음 천국 천둥 천장 천재 천천히 철도 철저히 철학 첫날 첫째 청년 청바지 청소 청춘 체계 체력 체온 체육 체중
    체험 초등학생 초반 초밥 초상화 초순 초여름 초원 초저녁 초점 초청 초콜릿 촛불 총각 총리 총장 촬영 최근 최상 최선 최신 최악 최종 추석 추억 추진 추천 추측 축구 축소 축제 축하 출근 출발
    출산 출신 출연 출입 출장 출판 충격 충고 충돌 충분히 충청도 취업 취직 취향 치약 친구 친척 칠십 칠월 칠판 침대 침묵 침실 칫솔 칭찬 카메라 카운터 칼국수 캐릭터 캠퍼스 캠페인 커튼 컨디션
    컬러 컴퓨터 코끼리 코미디 콘서트 콜라 콤플렉스 콩나물 쾌감 쿠데타 크림 큰길 큰딸 큰소리 큰아들 큰어머니 큰일 큰절 클래식 클럽 킬로 타입 타자기 탁구 탁자 탄생 태권도 태양 태풍 택시 탤런트
    터널 터미널 테니스 테스트 테이블 텔레비전 토론 토마토 토요일 통계 통과 통로 통신 통역 통일 통장 통제 통증 통합 통화 퇴근 퇴원 퇴직금 튀김 트럭 특급 특별 특성 특수 특징 특히 튼튼히
    티셔츠 파란색 파일 파출소 판결 판단 판매 판사 팔십 팔월 팝송 패션 팩스 팩시밀리 팬티 퍼센트 페인트 편견 편의 편지 편히 평가 평균 평생 평소 평양 평일 평화 포스터 포인트 포장 포함 표면
    표정 표준 표현 품목 품질 풍경 풍속 풍습 프랑스 프린터 플라스틱 피곤 피망 피아노 필름 필수 필요 필자 필통 핑계 하느님 하늘 하드웨어 하룻밤 하반기 하숙집 하순 하여튼 하지만 하천 하품 하필
    학과 학교 학급 학기 학년 학력 학번 학부모 학비 학생 학술 학습 학용품 학원 학위 학자 학점 한계 한글 한꺼번에 한낮 한눈 한동안 한때 한라산 한마디 한문 한번 한복 한식 한여름 한쪽 할머니
    할아버지 할인 함께 함부로 합격 합리적 항공 항구 항상 항의 해결 해군 해답 해당 해물 해석 해설 해수욕장 해안 핵심 핸드백 햄버거 햇볕 햇살 행동 행복 행사 행운 행위 향기 향상 향수 허락
    허용 헬기 현관 현금 현대 현상 현실 현장 현재 현지 혈액 협력 형부 형사 형수 형식 형제 형태 형편 혜택 호기심 호남 호랑이 호박 호텔 호흡 혹시 홀로 홈페이지 홍보 홍수 홍차 화면 화분 화살
    화요일 화장 화학 확보 확인 확장 확정 환갑 환경 환영 환율 환자 활기 활동 활발히 활용 활짝 회견 회관 회복 회색 회원 회장 회전 횟수 횡단보도 효율적 후반 후춧가루 훈련 훨씬 휴식 휴일 흉내
    흐름 흑백 흑인 흔적 흔히 흥미 흥분 희곡 희망 희생 흰색 힘껏
"""

OTHER_LISTS: Final = tuple(
    frozenset(words.split())
    for words in (_SPANISH, _FRENCH, _ITALIAN, _PORTUGUESE, _CZECH, _KOREAN)
)
"""One set for each language."""
