"""Commands about accounts: listing, erasing only when confirmed, reclassifying feedback."""

import pytest


def test_accounts_are_listed_by_key(invoke, claims):
    for key in ("b", "a"):
        invoke("import", str(claims), "--account", key, "--create", "--name", f"Shop [{key}]")
    assert [row[:3] for row in invoke("account", "list").rows()] == [["a", "Shop", "[a]"], ["b", "Shop", "[b]"]]


@pytest.mark.parametrize(("arguments", "typed"), [(("--yes",), None), ((), "shop\n")])
def test_an_account_is_erased_when_confirmed(invoke, shop, arguments, typed):
    done = invoke("account", "erase", shop, *arguments, typed=typed)
    assert done.exit_code == 0
    assert "Erased the account shop" in done.out
    assert invoke("account", "list").rows() == invoke("imports").rows() == []


@pytest.mark.parametrize("typed", ["yes\n", ""])
def test_an_account_stays_when_its_key_is_not_typed_again(invoke, shop, typed):
    assert invoke("account", "erase", shop, typed=typed).exit_code == 1
    assert len(invoke("account", "list").rows()) == 1


def test_an_unknown_account_cannot_be_erased(invoke):
    assert "NOT_FOUND: " in invoke("account", "erase", "nobody", "--yes").err


@pytest.fixture
def reviewed(invoke, folder, shop):
    path = folder / "feedback.csv"
    path.write_text("order_id,left_at,rating,comment\n123-4567890-1234567,2026-03-01,5,Never again\n123-4567890-1234568,2026-03-01,4,\n")
    assert invoke("import", str(path), "--account", shop).exit_code == 0
    return shop


def test_feedback_is_classified_again_by_another_classifier(invoke, reviewed, monkeypatch):
    from sellerhealth.facts import FeedbackClass

    assert invoke("reclassify").rows() == [["shop", "0"]]
    classes = {5: FeedbackClass.NEGATIVE, 4: FeedbackClass.POSITIVE}
    monkeypatch.setattr("sellerhealth.plugins.classifier.Classifier.__call__", lambda self, rating, comment: classes[rating])
    assert invoke("reclassify", "--account", reviewed).rows() == [["shop", "1"]]
    assert invoke("reclassify", "--account", reviewed).rows() == [["shop", "0"]]
    assert invoke("reclassify", "--account", "nobody").exit_code == 1
