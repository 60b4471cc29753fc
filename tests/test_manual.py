"""The manual: its pages by name, and their sections."""

import pytest

from sellerhealth import manual
from sellerhealth.errors import NotFound

PAGE = """# Cats

All about cats.

## Food

Fish.

### Fresh

```sh
# Food
```

## Food

More fish.
"""


@pytest.fixture
def cats(monkeypatch, tmp_path):
    tmp_path.joinpath("cats.md").write_text(PAGE)
    tmp_path.joinpath("care").mkdir()
    tmp_path.joinpath("care", "README.md").write_text("# Care\n")
    tmp_path.joinpath("care", "brushing.md").write_text("# Brushing\n")
    tmp_path.joinpath("care", "generate.py").write_text("")
    monkeypatch.setattr(manual, "_folder", lambda: tmp_path)


@pytest.mark.usefixtures("cats")
def test_a_readme_has_the_name_of_its_folder():
    assert {name: manual.title(page) for name, page in manual.pages().items()} == {
        "care": "Care",
        "care/brushing": "Brushing",
        "cats": "Cats",
    }


@pytest.mark.usefixtures("cats")
@pytest.mark.parametrize("prefix", ["", "docs/"])
def test_a_page_is_found_by_its_name_and_as_a_link_has_it(prefix):
    assert manual.find(f"{prefix}cats") == manual.find(f"{prefix}cats.md") == PAGE


@pytest.mark.usefixtures("cats")
def test_a_section_ends_before_the_next_that_is_not_below_it():
    assert manual.find("cats#food") == "## Food\n\nFish.\n\n### Fresh\n\n```sh\n# Food\n```\n"
    assert manual.find("cats#fresh").startswith("### Fresh")
    assert manual.find("cats#food-1") == "## Food\n\nMore fish.\n"


@pytest.mark.usefixtures("cats")
def test_what_is_not_there_is_named_with_what_is_near():
    with pytest.raises(NotFound, match=r"^The manual has no page 'cat'\. Did you mean cats\?$"):
        manual.find("cat")
    with pytest.raises(NotFound, match=r"^The page 'cats' has no section 'foods'\. Did you mean food or food-1\?$"):
        manual.find("cats#foods")


def test_every_page_begins_with_its_title():
    assert all(page.startswith("# ") for page in manual.pages().values())
