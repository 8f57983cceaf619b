import subprocess
import sys

import pytest

from core.errors import LanguageError
from core.text.languages import LANGUAGES, PAPER_LANGUAGES, get_language, guess_language

SENTENCES = {
    "en": ("The baker closed her shop because it rained.", "Nobody had told us about the second train."),
    "ar": ("أغلقت الخبازة متجرها لأن المطر كان يهطل.", "لم يخبرنا أحد عن القطار الثاني."),
    "bg": ("Хлебарката затвори магазина си, защото валеше.", "Никой не ни каза за втория влак."),
    "de": (
        "Die Bäckerin schloss ihren Laden, weil es regnete.",
        "Niemand hatte uns vom zweiten Zug erzählt.",
    ),
    "el": ("Η φουρνάρισσα έκλεισε το μαγαζί της επειδή έβρεχε.", "Κανείς δεν μας είπε για το δεύτερο τρένο."),
    "es": ("La panadera cerró su tienda porque llovía.", "Nadie nos había hablado del segundo tren."),
    "fr": (
        "La boulangère a fermé sa boutique parce qu'il pleuvait.",
        "Personne ne nous a parlé du second train.",
    ),
    "hi": ("बारिश हो रही थी इसलिए दुकानदार ने दुकान बंद कर दी।", "किसी ने हमें दूसरी रेलगाड़ी के बारे में नहीं बताया।"),
    "ko": (
        "비가 와서 제빵사는 가게 문을 닫았다.",
        "아무도 우리에게 Berlin행 두 번째 열차를 말해 주지 않았다.",
    ),
    "ru": ("Булочница закрыла свою лавку, потому что шёл дождь.", "Никто не сказал нам о втором поезде."),
    "th": ("ฝนตกคนทำขนมปังจึงปิดร้านของเธอ", "ไม่มีใครบอกเราเรื่องรถไฟขบวนที่สอง"),
    "tr": ("Yağmur yağdığı için fırıncı dükkânını kapattı.", "Kimse bize ikinci trenden söz etmemişti."),
    "vi": ("Cô thợ làm bánh đóng cửa tiệm vì trời mưa.", "Không ai nói với chúng tôi về chuyến tàu thứ hai."),
    "zh": ("因为下雨，面包师关了她的店。", "没有人告诉我们去 London 的第二班火车。"),
    "ja": ("雨が降ったので、パン屋は店を閉めた。", "二本目の列車については誰も教えてくれなかった。"),
    "ro": (
        "Brutăreasa și-a închis magazinul pentru că ploua.",
        "Nimeni nu ne spusese despre al doilea tren.",
    ),
    "sw": (
        "Mwokaji alifunga duka lake kwa sababu mvua ilinyesha.",
        "Hakuna aliyetuambia kuhusu treni ya pili.",
    ),
    "ur": (
        "بارش کی وجہ سے نانبائی نے اپنی دکان بند کر دی۔",
        "کسی نے ہمیں دوسری ریل گاڑی کے بارے میں نہیں بتایا۔",
    ),
}


def test_paper_languages_are_thirteen_of_xnli_and_korean():
    assert len(PAPER_LANGUAGES) == 14
    assert set(LANGUAGES) - set(PAPER_LANGUAGES) == {"ja", "ro", "sw", "ur"}


def test_directions_and_joining_scripts():
    assert {code for code, language in LANGUAGES.items() if language.direction == "rtl"} == {"ar", "ur"}
    assert {code for code, language in LANGUAGES.items() if language.joins} == {"ar", "ur", "hi", "th"}


@pytest.mark.parametrize("code", ["de", "DE", " De "])
def test_get_language_ignores_case(code):
    assert get_language(code).name == "German"


@pytest.mark.parametrize("code", ["", "xx", "English"])
def test_unknown_language_lists_the_known_ones(code):
    with pytest.raises(LanguageError, match=r"use one of en ar bg .* ur") as error:
        get_language(code)
    assert "\n" not in str(error.value)


def test_every_language_has_sentences_here():
    assert SENTENCES.keys() == LANGUAGES.keys()


@pytest.mark.parametrize(("code", "sentence"), [(code, text) for code, both in SENTENCES.items() for text in both])
def test_guess_on_short_sentences(code, sentence):
    assert guess_language(sentence) == code


def test_guess_does_not_depend_on_capitals():
    assert guess_language(SENTENCES["de"][0].upper()) == "de"


@pytest.mark.parametrize("text", ["", " ", "12 + 30 = 42", "…?!", "😀", "שלום עולם"])
def test_no_guess_without_letters_of_a_known_script(text):
    assert guess_language(text) is None


def test_a_foreign_name_does_not_decide():
    assert guess_language("The Greek letters α and β name the two angles.") == "en"
    assert guess_language("Alexander McDonald 씨는 어제 회사를 떠났다.") == "ko"


def test_model_is_loaded_only_when_the_script_leaves_a_choice():
    code = (
        "import sys; from core.text.languages import guess_language as g;"
        "g('Η γάτα'); a = 'py3langid' in sys.modules;"
        "g('the cat'); print(a, 'py3langid' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False", "True"]
