from server.integrations.conversations.files.assets import StoredFile
from tests.server.integrations.conversations.exporting import AT, DETAILS, export
from tests.server.integrations.conversations.library_setup import Said
from tests.server.integrations.conversations.stored import PICTURE, add_chat, store_file


async def test_markdown_has_footnotes_files_and_every_branch(shelf):
    picture = store_file(shelf.context, PICTURE)
    files = [("file-A1", "a.png", picture), ("gone", "b.pdf", StoredFile("", 0, ""))]
    await shelf.context.archive.write(
        add_chat, "a", ["Hi [^1]", "See [^1] and [^2], not [^7]"], files=files, details=DETAILS, project="p"
    )
    await shelf.add_project("p", "Work")
    await shelf.add(
        "b",
        Said("one", id="1"),
        Said("code ```", id="2", values={"kind": "code", "details": '{"language": "py"}'}),
        Said("other", id="3", parent="1"),
        Said("a\nb", id="4", parent="3", values={"kind": "thoughts"}),
        title="A",
        created_at=AT,
        current_message="2",
    )
    packed = await export(shelf)
    assert sorted(packed.namelist()) == ["2026-11-22 A (2).md", "2026-11-22 A.md", f"assets/{picture.sha256[:16]}/a.png"]
    first, second = (packed.read(name).decode() for name in ("2026-11-22 A.md", "2026-11-22 A (2).md"))
    linked, branched = (first, second) if "Work" in first else (second, first)
    assert linked.startswith("# A\n\n* Project: Work\n* Model: gpt-5\n* Created: 2026-11-22T12:00:00+00:00\n")
    assert "## 2. Assistant · 2026-11-22T12:00:00+00:00\n\nSee [^2-1] and [^2-2], not [^7]\n" in linked
    assert "[^2-1]: [A \\[source\\]](<https://example.com/a(b)>)\n\n[^2-2]: No address\n" in linked
    assert f"![a.png](<assets/{picture.sha256[:16]}/a.png>)\n\n*b.pdf (not in this export)*" in linked
    assert packed.read(f"assets/{picture.sha256[:16]}/a.png") == PICTURE
    assert "````py\ncode ```\n````" in branched
    main, others = branched.split("---\n\n*The messages below belong to other branches.*")
    assert "other" not in main
    assert "## 3. User" in others
    assert "(follows message 1)\n\nother" in others
    assert "> a\n> b" in others
