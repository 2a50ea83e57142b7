"""Opens a page in Chromium and prints what is to be seen there as JSON.

    browser.py PAGE [PICTURES]     PICTURES: where light, dark and narrow pictures go, without their endings
"""
import json
import os
import sys

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.chrome.service import Service

page = "file://" + os.path.abspath(sys.argv[1])
pictures = sys.argv[2] if len(sys.argv) > 2 else None
options = webdriver.ChromeOptions()
options.binary_location = os.environ["CHROMIUM"]
for flag in ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1200,900"]:
    options.add_argument(flag)
options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
browser = webdriver.Chrome(options=options, service=Service(os.environ["CHROMEDRIVER"]))
READ = """
const box = e => e.getBoundingClientRect();
const bars = [...document.querySelectorAll('.row svg .bar')].map(b => {
  const w = box(b.closest('svg')), r = box(b);
  return {label: b.querySelector('title').textContent, left: (r.left - w.left) / w.width, width: r.width / w.width,
          fill: getComputedStyle(b).fill};
});
const sorted = t => {
  const out = {}, heads = [...t.querySelectorAll('th')];
  heads.forEach((h, i) => {
    const values = () => [...t.tBodies[0].rows].map(r => Number(r.cells[i].dataset.v));
    if (t.tBodies[0].rows.length === 0 || t.tBodies[0].rows[0].cells[i].dataset.v === undefined) return;
    const button = h.querySelector('button');
    button.click();
    const down = values();
    button.click();
    out[h.textContent.trim()] = [down, values()];
  });
  return out;
};
const tables = [...document.querySelectorAll('table.sort')].map(t => (
  {caption: t.caption.textContent, rows: t.tBodies[0].rows.length, sorted: sorted(t)}));
return {title: document.title, heading: document.querySelector('h1').textContent, bars, tables,
  plots: [...document.querySelectorAll('.plot')].map(p => p.getAttribute('aria-label')),
  marked: [...document.querySelectorAll('td em')].map(e => e.textContent),
  log: [...document.querySelectorAll('pre')].map(e => e.textContent)};
"""
CONTRAST = """
const parse = c => c.match(/[0-9.]+/g).map(Number);
const light = c => { const [r, g, b] = parse(c).map(v => v / 255).map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
  return .2126 * r + .7152 * g + .0722 * b; };
const ground = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
  if (parse(c)[3] !== 0) return c; } return 'rgb(255, 255, 255)'; };
let least = 21;
for (const e of document.querySelectorAll('h1,h2,p,dt,dd,td,th,caption,summary,figcaption,footer,pre,pre b,pre u,.badge,.row>span,.keys span,td em')) {
  if (!e.textContent.trim() || !e.getClientRects().length) continue;
  const [a, b] = [light(getComputedStyle(e).color), light(ground(e))];
  least = Math.min(least, (Math.max(a, b) + .05) / (Math.min(a, b) + .05));
}
return least;
"""
try:
    seen = {"overflow": {}, "contrast": {}}

    def look(name, scheme, width):
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
        browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride", {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500})
        seen["overflow"][name] = browser.execute_script(
            "return document.documentElement.scrollWidth - document.documentElement.clientWidth")
        seen["contrast"][name] = browser.execute_script(CONTRAST)
        if pictures:
            height = browser.execute_script("return Math.min(document.documentElement.scrollHeight, 3400)")
            browser.execute_cdp_cmd(
                "Emulation.setDeviceMetricsOverride",
                {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500})
            browser.save_screenshot(f"{pictures}.{name}.png")

    browser.get(page)
    for name, scheme, width in [("light", "light", 1200), ("dark", "dark", 1200), ("narrow", "light", 390)]:
        look(name, scheme, width)
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    seen["readout"] = ""
    plots = browser.find_elements(By.CSS_SELECTOR, ".plot")
    if plots:
        plots[0].send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
        seen["readout"] = browser.find_element(By.CSS_SELECTOR, "output").text
    seen["dialogs"] = 0
    try:
        browser.switch_to.alert.dismiss()
        seen["dialogs"] = 1
    except Exception:
        pass
    seen |= browser.execute_script(READ)
    seen["errors"] = [entry["message"] for entry in browser.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    seen["requests"] = [
        event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
    print(json.dumps(seen))
finally:
    browser.quit()
