"""Drives one Chromium: orders come as JSON lines on standard input, answers go as JSON lines to standard output.

browser.py CHROMIUM FOLDER [LIBRARIES]
Chromium looks for its libraries in LIBRARIES first, where that is given. FOLDER takes what is left over.
Prints {"version": …} when Chromium is there. It ends, and Chromium with it, when standard input ends.
"""

import json
import os
import pathlib
import sys
import time

from playwright.sync_api import sync_playwright

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--font-render-hinting=none",
]


class Tab:
    """A window: no storage, cache, connection or setting is shared with another, but with those that are opened beside it."""

    def __init__(self, context, first=None):
        self.context = context
        self.first = first
        self.page = context.new_page()
        self.problems = []
        self.requests = []
        self.page.on("console", self.hear)
        self.page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        self.page.on("dialog", lambda dialog: (self.problems.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        self.page.on("popup", lambda page: self.problems.append(f"another page: {page.url}"))
        self.page.on("request", lambda request: self.requests.append(request.url))

    def hear(self, message):
        if message.type in ("error", "warning"):
            self.problems.append(f"{message.type}: {message.text}")

    def wait(self, expression, seconds):
        """Asks between two pictures until the answer is true."""
        end = time.monotonic() + seconds
        while True:
            value = self.page.evaluate(expression)
            if value:
                return value
            if time.monotonic() > end:
                raise TimeoutError(f"never became true: {expression}")
            self.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def drag(self, start, end):
        mouse = self.page.mouse
        mouse.move(*start)
        mouse.down()
        mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
        mouse.move(*end)
        mouse.up()

    def close(self):
        """Closes this window, and the first of several with all that are beside it."""
        if self.first is None:
            self.context.close()
        else:
            self.page.close()

    def obey(self, order):
        page = self.page
        match order["do"]:
            case "open":
                page.goto(order["url"])
            case "evaluate":
                return page.evaluate(order["script"])
            case "wait":
                return self.wait(order["script"], order["seconds"])
            case "press":
                for key in order["keys"]:
                    page.keyboard.press(key)
            case "type":
                page.keyboard.type(order["text"])
            case "click":
                page.click(order["selector"], timeout=5000)
            case "drag":
                self.drag(order["from"], order["to"])
            case "screenshot":
                pathlib.Path(order["path"]).write_bytes(page.screenshot(animations="disabled", caret="hide"))
            case "accessibility":
                return page.locator("body").aria_snapshot()
            case "problems":
                return self.problems
            case "requests":
                return self.requests
            case "pdf":
                pathlib.Path(order["path"]).write_bytes(page.pdf(prefer_css_page_size=True))
            case "media":
                page.emulate_media(media=order["media"])
            case "close":
                self.close()
            case other:
                raise ValueError(f"no such order: {other}")
        return None


def context_of(browser, width, height, dark, reduced_motion):
    return browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce" if reduced_motion else "no-preference",
        device_scale_factor=1, timezone_id="UTC", locale="en-GB",
    )


def main():
    chromium, folder, *libraries = sys.argv[1:]
    environment = dict(os.environ)
    if libraries:
        environment["LD_LIBRARY_PATH"] = libraries[0]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, headless=True, args=ARGUMENTS, downloads_path=folder, env=environment
        )
        print(json.dumps({"version": browser.version}), flush=True)
        tabs = []
        for line in sys.stdin:
            order = json.loads(line)
            try:
                if order["do"] == "tab":
                    look = [order[key] for key in ("width", "height", "dark", "reduced_motion")]
                    tabs.append(Tab(context_of(browser, *look)))
                    answer = len(tabs) - 1
                elif order["do"] == "beside":
                    first = tabs[order["tab"]]
                    tabs.append(Tab(first.context, first))
                    answer = len(tabs) - 1
                else:
                    answer = tabs[order["tab"]].obey(order)
                reply = {"answer": answer}
            except Exception as error:  # The test tells it, with its own place in it.
                reply = {"error": f"{type(error).__name__}: {error}"}
            print(json.dumps(reply), flush=True)
        browser.close()


main()
