"""The list of imports, and how rejected rows are dismissed."""


def test_imports_can_be_listed_for_one_account(invoke, claims, shop):
    invoke("import", str(claims), "--account", "other", "--create", "--name", "Other")
    assert [row[2] for row in invoke("imports").rows()] == ["other", "shop"]
    assert [row[2] for row in invoke("imports", "--account", shop).rows()] == ["shop"]
    assert invoke("imports", "--account", "nobody").exit_code == 1


def test_the_rejected_rows_of_an_import_can_be_dismissed(invoke, claims, shop):
    claims.write_text(claims.read_text() + "123-4567890-7654321,2026-03-02,LOST,,US\n")
    done = invoke("import", str(claims), "--account", shop, "--skip-bad-rows")
    batch = invoke("imports").rows()[0][-1]
    assert f"`sellerhealth imports dismiss {batch} --account {shop}`" in done.err
    assert "no import of shop whose id begins with 'zzz'" in invoke("imports", "dismiss", "zzz", "--account", shop).err
    assert "several imports" in invoke("imports", "dismiss", "", "--account", shop).err
    assert "Dismissed 1 rejected row." in invoke("imports", "dismiss", batch, "--account", shop).err
    assert "Dismissed 0 rejected rows." in invoke("imports", "dismiss", batch, "--account", shop).err
