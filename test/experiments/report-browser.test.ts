// The report as a reader sees it: in a real browser, light and dark, wide and narrow, by keyboard and on paper.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { main as report } from '../../experiments/report.ts';
import { openBrowser, openFile, seriousFaults } from './browser.ts';
import { sampleResults } from './fixtures/report-samples.ts';
import { run } from './helpers.ts';

const browser = await openBrowser();
const folder = mkdtempSync(join(tmpdir(), 'replisim-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
test.after(() => browser?.close());

/** A report of made-up results with every kind of data that there is, made once. */
let made: Promise<string> | undefined;

async function makeReport(): Promise<string> {
  const results = await sampleResults(folder);
  const { code, stderr } = await run(report, [results]);
  assert.is(code, 0, stderr);
  return join(results, 'report.html');
}

async function withReport(use: (file: string) => Promise<void>): Promise<void> {
  if (browser === undefined) return;
  made ??= makeReport();
  await use(await made);
}

test('the page has no console error, asks the network for nothing, and axe finds no serious fault, light and dark, wide and narrow', async () => {
  await withReport(async (file) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const width of [1280, 400]) {
        const { page, complaints, requests } = await openFile(browser!, file, {
          colorScheme,
          viewport: { width, height: 900 },
        });
        assert.equal(await seriousFaults(page), [], `${colorScheme} ${width}`);
        assert.equal(complaints, []);
        assert.ok(
          requests.every((url) => url.startsWith('file:') || url.startsWith('data:')),
          requests.join(' '),
        );
        assert.is(requests.filter((url) => url.startsWith('file:')).length, 1);
        const overflow = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        assert.is(overflow, 0, `${width} px: the page scrolls sideways by ${overflow} px`);
        await page.close();
      }
    }
  });
});

test('figures are drawn with their data: one of both widths is seen, marks and numbers are there, texts stay inside', async () => {
  await withReport(async (file) => {
    for (const width of [1280, 400]) {
      const { page } = await openFile(browser!, file, { viewport: { width, height: 900 } });
      const figures = await page.evaluate(() =>
        [...document.querySelectorAll('figure')].map((figure) => {
          const seen = [...figure.querySelectorAll('svg')].filter((svg) => getComputedStyle(svg).display !== 'none');
          const box = seen[0].getBoundingClientRect();
          const outside = [...seen[0].querySelectorAll('text')].filter((text) => {
            const { left, right } = text.getBoundingClientRect();
            return left < -1 || right > document.documentElement.clientWidth + 1;
          });
          return {
            id: figure.id,
            seen: seen.length,
            marks: seen[0].querySelectorAll('circle,path,rect').length,
            height: box.height,
            rows: figure.querySelectorAll('details tbody tr').length,
            outside: outside.map((text) => text.textContent),
            title: figure.querySelector('h3')?.textContent ?? '',
            label: seen[0].getAttribute('aria-label') ?? '',
          };
        }),
      );
      assert.ok(figures.length >= 7, figures.map(({ id }) => id).join(' '));
      for (const { id, seen, marks, height, rows, outside, title, label } of figures) {
        assert.is(seen, 1, id);
        assert.ok(marks >= 4 && height >= 100, `${id}: ${marks} marks, ${height} px`);
        assert.ok(rows >= 1, `${id} has no numbers`);
        assert.equal(outside, [], id);
        assert.ok(label.startsWith(title), id);
      }
      await page.close();
    }
  });
});

test('a comparison of two runs is as accessible and as quiet', async () => {
  await withReport(async (file) => {
    const results = dirname(file);
    const { code, stderr } = await run(report, [results, results, '--out', join(folder, 'comparison.html')]);
    assert.is(code, 0, stderr);
    const { page, complaints, requests } = await openFile(browser!, join(folder, 'comparison.html'));
    assert.equal(await seriousFaults(page), []);
    assert.equal(complaints, []);
    assert.is(requests.length, 1 + requests.filter((url) => url.startsWith('data:')).length);
    await page.close();
  });
});

test('the keyboard reaches the contents, opens the numbers of a figure and scrolls wide tables', async () => {
  await withReport(async (file) => {
    const { page } = await openFile(browser!, file);
    await page.keyboard.press('Tab');
    assert.is(await page.evaluate(() => document.activeElement?.className), 'skip');
    await page.keyboard.press('Enter');
    assert.match(page.url(), /#main$/);
    await page.locator('#capacity summary').focus();
    await page.keyboard.press('Enter');
    assert.ok(await page.locator('#capacity details').evaluate((details) => (details as HTMLDetailsElement).open));
    await page.keyboard.press('Tab');
    assert.is(await page.evaluate(() => document.activeElement?.getAttribute('role')), 'region');
    await page.close();
  });
});

test('on paper it is light, and no figure is cut', async () => {
  await withReport(async (file) => {
    const { page } = await openFile(browser!, file, { colorScheme: 'dark' });
    await page.emulateMedia({ media: 'print' });
    assert.is(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), 'rgb(255, 255, 255)');
    assert.is(await page.evaluate(() => getComputedStyle(document.querySelector('figure')!).breakInside), 'avoid');
    const pdf = await page.pdf({ format: 'A4' });
    assert.ok(pdf.length > 20_000);
    await page.close();
  });
});

test.run();
