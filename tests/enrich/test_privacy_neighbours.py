import pytest

from insights.enrich.privacy import redact_text


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("银行卡4111 1111 1111 111112层的门禁刷不开", "银行卡[card]12层的门禁刷不开"),
        ("身份证：11010519491231002XOutlook插件", "身份证:[id]Outlook插件"),
        ("card 4111-1111-1111-1111, thanks", "card [card], thanks"),
        ("parts 1234 5678 9012 3456 are out", "parts 1234 5678 9012 3456 are out"),
    ],
)
def test_a_number_is_found_whatever_stands_right_behind_it(text, redacted):
    assert redact_text(text)[0] == redacted
