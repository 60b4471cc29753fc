"""`docs` lists the pages of the manual and prints them."""

from sellerhealth import manual


def test_the_pages_are_listed(invoke):
    done = invoke("docs")
    assert "plugins/importers" in done.out
    assert "PAGE#SECTION" in done.err


def test_a_page_is_printed_as_markdown_where_there_is_no_terminal(invoke):
    assert invoke("docs", "import").out == manual.find("import")
    assert invoke("docs", "import#all-orders").out.startswith("### All orders")


def test_a_page_that_is_not_there_is_an_error(invoke):
    done = invoke("docs", "importing")
    assert done.exit_code == 1
    assert "NOT_FOUND: The manual has no page 'importing'. Did you mean import?" in done.err
