"""Chromium with the real extension, in a profile that outlives the browser, so that it can be killed and started again."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
from playwright.sync_api import BrowserContext, Error, Page, Playwright, expect, sync_playwright

from server.integrations.queue.extension_files import Target, read_manifest, write_extension
from tests.checks.conftest import Process
from tests.checks.waiting import until
from tests.conftest import need
from tests.window.conftest import PROGRAMS, QUIET, prepare_playwright

TIMEOUT = 60  # seconds


@dataclass
class ExtensionBrowser:
    """A browser with the extension. `folder`: of its profile and its copy of the extension."""

    playwright: Playwright
    program: str
    folder: Path
    context: BrowserContext | None = None

    @property
    def profile(self) -> str:
        return str(self.folder / "profile")

    def start(self) -> None:
        """Start the browser; the extension connects by itself once it is paired."""
        extension = self.folder / "extension"
        arguments = [f"--disable-extensions-except={extension}", f"--load-extension={extension}", "--no-sandbox", *QUIET.split()]
        launch = self.playwright.chromium.launch_persistent_context
        self.context = launch(self.profile, executable_path=self.program, headless=True, args=arguments)

    def pair(self, server: Process) -> None:
        """Enter the code of the window into the extension, and confirm as the person."""
        code = server.person("POST", "/api/extension/pairing").json()["code"]
        page = self.open_popup()
        page.get_by_label("Code").fill(code)
        page.get_by_role("button", name="Pair").click()
        (request,) = until(lambda: [each for each in read_approvals(server) if each["id"].startswith("pairing")], TIMEOUT)
        approved = server.person("POST", f"/api/approvals/{request['id']}/approve", json={"extent": "once"})
        assert approved.status_code == 200, approved.text
        wait_for_connection(server)
        page.close()

    def open_popup(self) -> Page:
        assert self.context
        page = self.context.new_page()
        page.goto(f"{read_manifest().origin}/popup.html")
        expect(page.locator("body")).to_be_visible()
        return page

    def kill(self) -> None:
        """End the browser as a power cut would."""
        for process in psutil.process_iter(["cmdline"]):
            line = process.info["cmdline"] or []
            if f"--user-data-dir={self.profile}" in line and not any(part.startswith("--type=") for part in line):
                process.kill()
                process.wait()
        self.close()

    def close(self) -> None:
        """Close the browser if it runs."""
        if self.context:
            with suppress(Error):
                self.context.close()
        self.context = None


def read_approvals(server: Process) -> list[dict[str, str]]:
    """Read what waits for the person."""
    approvals: list[dict[str, str]] = server.person("GET", "/api/approvals").json()
    return approvals


def is_connected(server: Process) -> bool:
    """Return whether an extension is connected."""
    return any(extension["connected"] for extension in server.person("GET", "/api/extension").json()["extensions"])


def wait_for_connection(server: Process) -> None:
    """Wait until an extension is connected."""
    until(lambda: is_connected(server), TIMEOUT)


@contextmanager
def extension_browser(folder: Path, site: str, server: Process) -> Iterator[ExtensionBrowser]:
    """Run a browser whose extension works on a site and is paired with a server, while the block runs."""
    program = next(filter(None, (shutil.which(name) for name in PROGRAMS if "headless-shell" not in name)), None)
    need(program, "Chromium", "apt-get install chromium")
    write_extension(folder / "extension", Target(site=site, deskhand=server.own))
    prepare_playwright()
    with sync_playwright() as playwright:
        browser = ExtensionBrowser(playwright, str(program), folder)
        browser.start()
        try:
            browser.pair(server)
            yield browser
        finally:
            browser.close()
            shutil.rmtree(browser.profile, ignore_errors=True)  # it holds the extension's key
