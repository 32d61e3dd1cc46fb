from server.integrations.apps.resolve.environment import expand, home_of


def test_path_may_begin_with_home_or_a_variable():
    assert expand("~", {}, "/h") == "/h"
    assert expand("~/a", {}, "/h") == "/h/a"
    assert expand("%APPDATA%\\a", {"AppData": "C:\\A"}, "") == "C:\\A\\a"
    assert expand("%GONE%\\a", {}, "") == "%GONE%\\a"
    assert expand("/a/~", {}, "/h") == "/a/~"


def test_home_folder_follows_the_platform():
    assert home_of({"HOME": "/h"}) == "/h"
    assert home_of({"USERPROFILE": "C:\\h"}) == "C:\\h"
    assert home_of({})
