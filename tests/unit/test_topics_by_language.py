"""News as agencies and authorities of each language word it, and what only sounds like it."""

from __future__ import annotations

import pytest

from agents.reading.article import Article
from tests import sample


def read(title: str, body: str = "") -> dict[str, str]:
    bench = sample.bench()
    scene = bench.scene_of(Article(id="x", title=title, body=body))
    return {topic.topic: topic.stage for topic in bench.classifier.classify(scene)}


@pytest.mark.parametrize(
    ("title", "topic", "stage"),
    [
        ("Кличко: евакуації Києва не планують", "evacuation", "rejected"),
        ("Відбувся обмін полоненими: додому повернулися 84 захисники", "mediation", "agreement"),
        ("Тишу в Газі продовжено ще на дві доби", "ceasefire", "extended"),
        ("Кремль відкинув ідею 30-денної тиші", "ceasefire", "rejected"),
        ("Из Глушковского района вывезли более двухсот пенсионеров", "evacuation", "under_way"),
        ("Сотни семей не могут выбраться из Гавы, мост разрушен", "evacuation", "blocked"),
        ("Консультации в Дохе прерваны, делегации разъехались", "mediation", "stalled"),
        ("Auswärtiges Amt fordert Deutsche zur Ausreise aus dem Iran auf", "evacuation", "called_for"),
        ("Entschärfung verschoben: Evakuierung in Fulda abgeblasen", "evacuation", "suspended"),
        ("Gaza: Die Waffen sprechen wieder", "ceasefire", "collapsed"),
        ("Teheran schließt Verhandlungen mit Washington aus", "mediation", "rejected"),
        ("Fin de l'alerte à Blagnac, les riverains regagnent leurs logements", "evacuation", "lifted"),
        ("La mer démontée interrompt les évacuations de Gaza par Chypre", "evacuation", "suspended"),
        ("Los vecinos de Las Hurdes vuelven a casa tras cinco noches fuera", "evacuation", "lifted"),
        ("El mal tiempo frena el rescate de los aislados en Huauchinango", "evacuation", "suspended"),
        ("Dışişleri: Türk vatandaşları Lübnan'dan ayrılsın", "evacuation", "called_for"),
        ("البرهان: لا تفاوض مع الدعم السريع", "mediation", "rejected"),
        ("Эвакуация временно остановлена", "evacuation", "suspended"),
        ("Евакуацію тимчасово зупинено", "evacuation", "suspended"),
        ("Evacuación interrumpida", "evacuation", "suspended"),
        ("Перемирие продлено", "ceasefire", "extended"),
        ("Перемирие больше не действует", "ceasefire", "collapsed"),
        ("Перемир'я більше не діє", "ceasefire", "collapsed"),
        ("Гладков: за ночь из Грайворона выехали 300 семей", "evacuation", "under_way"),
        ("Федоров: за ніч із Оріхова виїхали 40 родин", "evacuation", "under_way"),
        ("Самолет МЧС вылетит за россиянами в Бейрут", "evacuation", "planned"),
        ("Загрозу знято: ізюмці можуть повертатися до осель", "evacuation", "lifted"),
        ("146 российских военнослужащих возвращены из украинского плена", "mediation", "agreement"),
        ("З російського полону повернули 200 військових і 20 цивільних", "mediation", "agreement"),
        ("Переговори України і РФ поставлено на паузу", "mediation", "stalled"),
        ("Київ прийняв запрошення до Анкари", "mediation", "accepted"),
        ("Lawrow und Rubio beraten in Riad", "mediation", "talks_held"),
        ("Witkoff trifft Putin in Moskau", "mediation", "talks_held"),
        ("Lavrov y Rubio conversan en Riad", "mediation", "talks_held"),
        ("Lavrov ile Rubio Riyad'da görüştü", "mediation", "talks_held"),
        ("لافروف وروبيو يجتمعان في الرياض", "mediation", "talks_held"),
        ("Lula quiere mediar entre Kiev y Moscú", "mediation", "offered"),
        ("Lula veut s'interposer entre Kiev et Moscou", "mediation", "offered"),
        ("Lula, Kiev ile Moskova arasında arabulucu olmak istiyor", "mediation", "offered"),
        ("لولا يريد التوسط بين كييف وموسكو", "mediation", "offered"),
        ("Le Kremlin prépare un nouveau round avec Kiev", "mediation", "talks_scheduled"),
        ("Genève : les discussions sur la Syrie suspendues", "mediation", "stalled"),
        ("Erster Tag ohne Beschuss in Berg-Karabach", "ceasefire", "in_force"),
        ("Alle Passagiere der brennenden Fähre sicher an Land", "evacuation", "completed"),
        ("Israels Armee fordert Bewohner Rafahs zum Gehen auf", "evacuation", "ordered"),
        (
            "Auf eine Waffenruhe konnten sich Israel und die Hisbollah nicht einigen",
            "ceasefire",
            "negotiating",
        ),
        ("Luftwaffe soll Deutsche aus Beirut holen", "evacuation", "planned"),
        ("Un avion militaire va chercher les Français de Beyrouth", "evacuation", "planned"),
        ("Un avión militar recogerá a los españoles de Beirut", "evacuation", "planned"),
        ("Askeri uçak Beyrut'taki Türkleri alacak", "evacuation", "planned"),
        ("Gaz kaçağı giderildi, mahalleli evine döndü", "evacuation", "lifted"),
        ("Израиль возобновил войну в Газе", "ceasefire", "collapsed"),
        ("Ізраїль відновив війну в Газі", "ceasefire", "collapsed"),
        ("Israel nimmt Krieg in Gaza wieder auf", "ceasefire", "collapsed"),
        ("Israël reprend la guerre à Gaza", "ceasefire", "collapsed"),
        ("Israel reanuda la guerra en Gaza", "ceasefire", "collapsed"),
        ("İsrail Gazze'de savaşa geri döndü", "ceasefire", "collapsed"),
        ("إسرائيل تستأنف الحرب على غزة", "ceasefire", "collapsed"),
        ("Джуба и повстанцы условились прекратить стычки с 1 марта", "ceasefire", "agreed"),
        ("Assad refuse d'interrompre la bataille d'Idlib", "ceasefire", "rejected"),
        ("Asad se niega a interrumpir la batalla de Idlib", "ceasefire", "rejected"),
        ("Путин и Зеленский могут встретиться в августе — Трамп", "mediation", "talks_scheduled"),
        ("Trump: Putin und Selenskyj könnten sich im August treffen", "mediation", "talks_scheduled"),
        ("Trump : Poutine et Zelensky pourraient se voir en août", "mediation", "talks_scheduled"),
        ("Trump: Putin y Zelenski podrían verse en agosto", "mediation", "talks_scheduled"),
        ("Trump: Putin ve Zelenskiy ağustosta buluşabilir", "mediation", "talks_scheduled"),
        ("ترامب: بوتين وزيلينسكي قد يلتقيان في أغسطس", "mediation", "talks_scheduled"),
        ("В Кремле считают преждевременной встречу Путина и Зеленского", "mediation", "rejected"),
        ("Kreml hält Treffen mit Selenskyj für verfrüht", "mediation", "rejected"),
        ("El Kremlin ve prematuro un encuentro con Zelenski", "mediation", "rejected"),
        ("Kremlin, Zelenskiy ile görüşmeyi erken buluyor", "mediation", "rejected"),
        ("الكرملين: لقاء بوتين وزيلينسكي سابق لأوانه", "mediation", "rejected"),
        ("Росія повернула Україні тіла тисячі полеглих", "mediation", "agreement"),
        ("Рейс с 180 россиянами из Тегерана приземлился во Внукове", "evacuation", "completed"),
        ("Рейс зі 180 українцями з Тегерана прибув до Кишинева", "evacuation", "completed"),
        ("Maschine mit 180 Deutschen aus Teheran in Berlin gelandet", "evacuation", "completed"),
        ("L'avion ramenant 180 Français de Téhéran s'est posé à Roissy", "evacuation", "completed"),
        (
            "Aterriza en Torrejón el avión con 180 españoles procedentes de Teherán",
            "evacuation",
            "completed",
        ),
        ("Tahran'dan 180 Türk'ü getiren uçak İstanbul'a indi", "evacuation", "completed"),
        ("هبوط طائرة تقل 180 مواطنا من طهران في عمان", "evacuation", "completed"),
        ("Feuerwehr rettet in der Nacht 57 Menschen aus überfluteten Häusern", "evacuation", "under_way"),
        ("У Вовчанську залишаються 20 людей, виїхати неможливо", "evacuation", "blocked"),
        ("Odessas Bürgermeister: Evakuierung kein Thema", "evacuation", "rejected"),
        ("السماح بالعودة إلى بلدة الخيام", "evacuation", "lifted"),
        ("Индонезия призвала военных Мьянмы прекратить авиаудары", "ceasefire", "called_for"),
        ("Індонезія закликала військових М'янми припинити авіаудари", "ceasefire", "called_for"),
        ("L'Indonésie demande à l'armée birmane de cesser ses frappes", "ceasefire", "called_for"),
        ("Indonesien fordert Myanmars Militär zum Stopp der Luftangriffe auf", "ceasefire", "called_for"),
        ("Endonezya, Myanmar ordusundan hava saldırılarını durdurmasını istedi", "ceasefire", "called_for"),
        ("إندونيسيا تطالب جيش ميانمار بوقف الغارات", "ceasefire", "called_for"),
        ("Эрдоган: РПК должна разоружиться, никаких перемирий", "ceasefire", "rejected"),
        ("Ердоган: жодних перемир'їв із РПК", "ceasefire", "rejected"),
        ("Bakan: PKK ile ateşkes diye bir şey yok", "ceasefire", "rejected"),
        ("На кордоні Таїланду та Камбоджі дотримуються тиші", "ceasefire", "in_force"),
        ("Токаев предложил Астану в качестве площадки", "mediation", "offered"),
        ("Tokáyev propone Astaná como lugar para el diálogo", "mediation", "offered"),
        ("توكاييف يقترح أستانا مكانا للحوار", "mediation", "offered"),
        ("Teheran will nicht unter Druck verhandeln", "mediation", "rejected"),
        ("طهران: لن نتفاوض تحت الضغط", "mediation", "rejected"),
        ("Афганская делегация ожидается в Стамбуле 25 октября", "mediation", "talks_scheduled"),
        ("Afghanische Delegation am 25. Oktober in Istanbul erwartet", "mediation", "talks_scheduled"),
        ("Kinshasa und M23 unterzeichnen Rahmenabkommen in Doha", "mediation", "agreement"),
        ("Gaza : les négociations n'aboutissent pas", "mediation", "stalled"),
        ("Guterres: Cuba ve muhalefet masaya oturmalı", "mediation", "called_for"),
        ("Taiwan: Küstenbewohner sollen sich in höhere Lagen begeben", "evacuation", "called_for"),
        ("Tayvan: Kıyıda yaşayanlar yüksek yerlere çıksın", "evacuation", "called_for"),
        ("تايوان تطلب من سكان الساحل الصعود إلى المرتفعات", "evacuation", "called_for"),
        ("Botschaft in Tel Aviv organisiert Ausreise über Ägypten", "evacuation", "planned"),
        ("السفارة تنظم خروج رعاياها عبر مصر", "evacuation", "planned"),
        ("Landesregierung: Meldung über Evakuierung Emdens ist falsch", "evacuation", "rejected"),
        ('Valilik: "İskenderun boşaltılıyor" iddiası asılsız', "evacuation", "rejected"),
        ("بلدية الدامور: لا إخلاء للبلدة والأخبار المتداولة كاذبة", "evacuation", "rejected"),
        ("Евакуаційний рейс із Краматорська скасували через удари по колії", "evacuation", "suspended"),
        ("إخراج جميع عمال المنجم بعد الانهيار", "evacuation", "completed"),
    ],
)
def test_a_headline_says_its_stage(title: str, topic: str, stage: str) -> None:
    assert read(title).get(topic) == stage


@pytest.mark.parametrize(
    "title",
    [
        "ДСНС провела навчання з евакуації у львівському ТРЦ",
        "Минобороны провело учения по эвакуации раненых на полигоне",
        "Как правильно эвакуироваться при пожаре: памятка для школьников",
        "«Автомобиль вывезли эвакуатором»: водитель требует компенсацию",
        "Waffenruhe im Hause Pooth: Ex-Paar zeigt sich versöhnt",
        "Museum zeigt Bunker und Evakuierungspläne des Kalten Kriegs",
        "Exercice Seveso : un quartier de Feyzin évacué ce jeudi",
        "«La tregua», de Benedetti, vuelve a los escenarios",
        "Depo yangınında mahsur kalan kedi kurtarıldı",
        "إجلاء مريض من السفينة بمروحية",
        "حجاج بيت الله يغادرون منى",
        "Ученые: перемирие между волками и медведями возможно",
        "Кличко закликав водіїв не виїжджати без потреби",
        "Wespen-Alarm: Freibad geräumt",
        "Ein Waffenstillstand mit dem Körper: Buch über Diäten",
        "Guêpes : la piscine municipale évacuée",
        "Avispas: desalojan la piscina municipal",
        "Tregua navideña entre los vecinos del quinto",
        "Pausa en la guerra comercial entre Pekín y Washington",
        "Apartmanda otopark ateşkesi",
        "Hastane atıklarının tahliyesi ihaleye çıktı",
        "هدنة الجيران حول موقف السيارات",
        "Dos alpinistas, evacuados del Cervino",
        "Le coach demande aux ultras de déposer les armes",
        "Домашних животных эвакуируют из приюта под Рязанью",
        "Евакуація з платних парковок у Києві дорожчає",
        "Band »Waffenstillstand« spielt in Kiel",
        "Le groupe La Trêve en concert à Nantes",
        "El grupo Tregua toca en Bilbao",
        "Refuge inondé : quarante chiens relogés",
        "Bayram tatili: İstanbullular şehri terk ediyor",
        "Meclis, Mali'deki barış gücünü görüştü",
        "الخطوط والطيارون إلى طاولة المفاوضات",
    ],
)
def test_a_headline_of_something_else_is_of_no_topic(title: str) -> None:
    assert read(title) == {}


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("Prevención", "Los bomberos enseñaron a los niños a salir de una casa en llamas."),
        ("Sécurité incendie", "Les pompiers ont montré aux enfants comment quitter une maison en feu."),
        ("Conseil municipal", "Le maire et l'opposition ont observé une trêve le temps de voter le budget."),
    ],
)
def test_a_short_report_of_something_else_is_of_no_topic(title: str, body: str) -> None:
    assert read(title, body) == {}


@pytest.mark.parametrize(
    ("title", "body", "topic", "stage"),
    [
        (
            "Сообщение оперативного штаба",
            "Объявлена эвакуация села Новопетровка. Автобусы будут подаваться к зданию администрации.",
            "evacuation",
            "ordered",
        ),
        (
            "Херсонська ОВА",
            "Через удари по мосту оголошено евакуацію мікрорайону Корабел. Автобуси курсуватимуть щогодини.",
            "evacuation",
            "ordered",
        ),
        (
            "Взрыв газа в Уфе",
            "Из подъезда выведены 48 человек, в том числе 12 детей. Людей приютили в соседнем детсаду.",
            "evacuation",
            "under_way",
        ),
        (
            "Dammbruch droht: Bewohner der Talstraße müssen sofort raus",
            "Sammelpunkt ist die Mehrzweckhalle. Nehmen Sie Papiere mit.",
            "evacuation",
            "ordered",
        ),
        (
            "Warnmeldung der Stadt Fulda",
            "Wegen des austretenden Gases ist der Bereich Bahnhofstraße umgehend zu verlassen.",
            "evacuation",
            "ordered",
        ),
        (
            "Снова в Джидде",
            "Представители армии и СБП собрались за закрытыми дверями, саудовские дипломаты передают им "
            "предложения друг друга.",
            "mediation",
            "talks_held",
        ),
        (
            "Hochwasser an der Ahr",
            "Der Fluss ist über die Ufer getreten. Retter bringen die Menschen mit Booten in eine Schule, "
            "dort ist eine Anlaufstelle eingerichtet.",
            "evacuation",
            "under_way",
        ),
        (
            "السيول",
            "فاض الوادي. تنقل الفرق الناس بالقوارب إلى المدرسة حيث أقيم مركز استقبال.",
            "evacuation",
            "under_way",
        ),
        (
            "Explosion à Dijon",
            "Les pompiers ont fait sortir 48 habitants, dont douze enfants. Ils ont passé la nuit dans une école.",
            "evacuation",
            "under_way",
        ),
        (
            "Знешкодили авіабомбу в Києві",
            "Люди з восьми будинків повертаються до квартир, оточення знято.",
            "evacuation",
            "lifted",
        ),
        (
            "Переговоры в Женеве ничем не закончились",
            "Делегации правительства и оппозиции Сирии уехали, не согласовав дату следующей встречи.",
            "mediation",
            "stalled",
        ),
        (
            "Mesa de México",
            "El Gobierno venezolano se levantó de la negociación y Noruega busca otra fecha.",
            "mediation",
            "stalled",
        ),
        (
            "New Delhi répond à Donald Trump",
            "L'Inde affirme qu'aucun tiers n'a sa place dans le dossier du Cachemire.",
            "mediation",
            "rejected",
        ),
        (
            "Keşmir hattı",
            "Hindistan, Pakistan'ı varılan mutabakattan saatler sonra ateş açmakla suçladı.",
            "ceasefire",
            "violated",
        ),
        (
            "Netanyahu'dan açıklama",
            "Başbakan, rehineler dönmeden savaşın durmayacağını söyledi.",
            "ceasefire",
            "rejected",
        ),
        (
            "انحسار السيول في درنة",
            "سمحت السلطات للسكان بالرجوع إلى بيوتهم بعد أسبوع من خروجهم.",
            "evacuation",
            "lifted",
        ),
    ],
)
def test_a_short_report_says_its_stage(title: str, body: str, topic: str, stage: str) -> None:
    assert read(title, body).get(topic) == stage
