/** The page with all results of a run, as a reader meets it: on a phone and a desktop, in light and in dark, by keyboard. */
import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { chromium } from 'playwright-core';

const FOLDER = dirname(fileURLToPath(import.meta.url));
const PAGE = pathToFileURL(join(FOLDER, 'page.html')).href;
const SIZES = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 900 } };

let browser;

before(async () => {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] });
});

after(() => browser?.close());

/** Opens the page, does `look`, and checks that it asked for nothing and complained of nothing. */
async function open({ viewport, colorScheme }, look) {
  const context = await browser.newContext({ viewport, colorScheme });
  const page = await context.newPage();
  const complaints = [];
  const requests = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => requests.push(request.url()));
  page.on('dialog', (dialog) => complaints.push(`dialog ${dialog.message()}`));
  await page.goto(PAGE);
  await look(page);
  assert.deepEqual(complaints, []);
  assert.deepEqual(requests.filter((url) => url !== PAGE && !url.startsWith('data:')), []);
  await context.close();
}

for (const [size, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of ['light', 'dark']) {
    test(`it fits a ${size} and can be read in ${colorScheme} colours`, () =>
      open({ viewport, colorScheme }, async (page) => {
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(width <= viewport.width, `the page is ${width} wide on a screen of ${viewport.width}`);
        for (const selector of ['body', '.quiet', 'h1', 'td', 'a', '.tiles .bad b', '.tiles .good b', 'tr.flaky td']) {
          const contrast = await contrastOf(page, selector);
          assert.ok(contrast >= 4.5, `${selector} has a contrast of ${contrast.toFixed(1)} in ${colorScheme}`);
        }
        await page.screenshot({ path: join(FOLDER, `${size}-${colorScheme}.png`), fullPage: true });
      }));
  }
}

test('it says the verdict, the counts, the failures and where they are', () =>
  open({ viewport: SIZES.desktop }, async (page) => {
    assert.match(await page.title(), /Not approved, 3 new test failures · shop · pull request 7/);
    const text = await page.innerText('body');
    for (const words of [
      'Not approved, 3 new test failures',
      'login > rejects_empty_password',
      'src/login.rs:88',
      'assertion `left == right` failed',
      'Already failing on main',
      'Slowest tests',
      'Coverage by file',
      'History',
    ]) {
      assert.ok(text.includes(words), words);
    }
  }));

test('text from a test is text: nothing of it becomes an element or runs', () =>
  open({ viewport: SIZES.desktop }, async (page) => {
    assert.equal(await page.locator('script, img, iframe, object, embed').count(), 0);
    assert.ok((await page.innerText('body')).includes('<img src=x onerror=alert(1)>'));
    assert.equal(await page.getByText('AKIAABCDEFGHIJKLMNOP').count(), 0);
  }));

test('a keyboard reaches the log, every failure and the choice of tests', () =>
  open({ viewport: SIZES.desktop }, async (page) => {
    const reached = [];
    for (let presses = 0; presses < 60; presses += 1) {
      await page.keyboard.press('Tab');
      const now = await page.evaluate(() => {
        const element = document.activeElement;
        const outline = getComputedStyle(element).outlineStyle;
        return { name: element.tagName, text: (element.textContent ?? '').trim(), id: element.id, outline };
      });
      if (now.name === 'BODY') {
        break;
      }
      assert.notEqual(now.outline, 'none', `${now.name} ${now.text} does not show that it has the focus`);
      reached.push(now);
    }
    assert.ok(reached.some(({ name, text }) => name === 'A' && text === 'log'));
    assert.ok(reached.some(({ name, text }) => name === 'SUMMARY' && text.includes('rejects_empty_password')));
    assert.ok(reached.some(({ id }) => id === 'show-every'));
  }));

test('Enter opens and closes a failure, arrows narrow the list of tests', () =>
  open({ viewport: SIZES.desktop }, async (page) => {
    const failure = page.locator('details', { hasText: 'rejects_empty_password' }).first();
    const isOpen = () => failure.evaluate((element) => element.open);
    const first = await isOpen();
    await failure.locator('summary').focus();
    await page.keyboard.press('Enter');
    assert.equal(await isOpen(), !first);
    const rows = () => page.locator('table.all tbody tr:visible').count();
    const every = await rows();
    await page.locator('#show-every').focus();
    await page.keyboard.press('ArrowDown');
    assert.ok(await page.locator('#show-failed').isChecked());
    const failed = await rows();
    assert.ok(failed > 0 && failed < every, `${failed} of ${every}`);
  }));

/** Contrast of an element's text with what is behind it (WCAG 2, contrast ratio). */
function contrastOf(page, selector) {
  return page.locator(selector).first().evaluate((element) => {
    const channels = (color) => (color.match(/[\d.]+/g) ?? []).map(Number);
    const luminance = ([red, green, blue]) => {
      const linear = [red, green, blue].map((channel) => {
        const share = channel / 255;
        return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
    };
    let behind = element;
    let background = [0, 0, 0, 0];
    while (behind && (background[3] ?? 1) === 0) {
      background = channels(getComputedStyle(behind).backgroundColor);
      behind = behind.parentElement;
    }
    const [light, dark] = [luminance(channels(getComputedStyle(element).color)), luminance(background)].sort(
      (one, other) => other - one,
    );
    return (light + 0.05) / (dark + 0.05);
  });
}
