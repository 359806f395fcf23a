// The explorer as a user has it: in a real browser, light and dark, wide and narrow, by mouse and by keyboard.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { explorerPage } from '../../experiments/explore/bundle.ts';
import { type State, toFragment } from '../../experiments/explore/page/state.ts';
import { localRunner } from '../../experiments/lib/run-pool.ts';
import { main as simulateScript } from '../../experiments/simulate.ts';
import { simulate } from '../../models/cluster.ts';
import { openBrowser, openFile, seriousFaults, type Watched } from './browser.ts';
import { inFolder, run } from './helpers.ts';

const browser = await openBrowser();
const page = browser && (await explorerPage());
test.after(() => browser?.close());

const small: State = {
  scenario: {
    name: 'small',
    nodes: 3,
    load: { requestsPerSecond: 150 },
    session: { thinkTimeSMean: 1 },
    replication: { strategy: 'none' },
    run: { warmUpS: 0.5, durationS: 11.5, seed: 5 },
  },
  compare: 'delta',
};

/** Waits until both runs are over. */
async function allNumbers(of: Page): Promise<void> {
  await of.waitForFunction(() => document.getElementById('results')!.getAttribute('aria-busy') === 'false');
}

/** The explorer with a scenario, played until its first moments. */
async function withExplorer(
  use: (watched: Watched, folder: string) => Promise<void>,
  options: Parameters<typeof openFile>[2] = {},
  state: State = small,
): Promise<void> {
  if (browser === undefined) return;
  await inFolder(async (folder) => {
    const file = join(folder, 'explorer.html');
    writeFileSync(file, page!);
    const watched = await openFile(browser, file, options, toFragment(state));
    await allNumbers(watched.page);
    await use(watched, folder);
    assert.equal(watched.complaints, []);
    assert.ok(
      watched.requests.every((url) => /^(file|data|blob):/.test(url)),
      watched.requests.join(' '),
    );
    await watched.page.close();
  });
}

/** Moves to a moment, standing still. */
async function seek(to: Page, timeS: number): Promise<void> {
  await to.evaluate((value) => {
    const slider = document.getElementById('time') as HTMLInputElement;
    slider.value = String(value);
    slider.dispatchEvent(new Event('input'));
  }, timeS);
}

function counter(of: Page, side: 'a' | 'b', name: string): Promise<number> {
  return of
    .locator(`#side-${side} [data-counter="${name}"]`)
    .textContent()
    .then((text) => Number(text!.replaceAll(',', '')));
}

async function pause(of: Page): Promise<void> {
  if ((await of.locator('#play').textContent()) === 'Pause') await of.locator('#play').click();
}

/** The numbers of both strategies, and that simulate.ts says the same of the files that the page gives. */
async function compareWithSimulate(at: Page, folder: string): Promise<void> {
  const shown = await at.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('#results [data-metric]')].map((row) => [
      row.dataset.metric!,
      ...[...row.querySelectorAll<HTMLElement>('td')].map((cell) => cell.dataset.value ?? ''),
    ]),
  );
  for (const [place, name] of ['a', 'b'].entries()) {
    const [download] = await Promise.all([at.waitForEvent('download'), at.locator(`#download-${name}`).click()]);
    const file = join(folder, `${name}.yaml`);
    await download.saveAs(file);
    assert.match(readFileSync(file, 'utf8'), place === 0 ? /strategy: none/ : /strategy: delta/);
    const { code, stdout, stderr } = await run(simulateScript, ['--scenario', file, '--json'], localRunner(simulate));
    assert.is(code, 0, stderr);
    const { throughput, consistency, traffic } = JSON.parse(stdout);
    const expected = new Map<string, unknown>([
      ...Object.entries(throughput).map(([key, value]) => [`throughput.${key}`, value] as const),
      ...Object.entries(consistency).map(([key, value]) => [`consistency.${key}`, value] as const),
      ...(traffic as { kind: string }[]).flatMap(({ kind, ...row }) =>
        Object.entries(row).map(([key, value]) => [`traffic.${kind}.${key}`, value] as const),
      ),
    ]);
    for (const [metric, ...values] of shown) {
      const value = values[place];
      assert.is(value === '' ? null : JSON.parse(value), expected.get(metric) ?? null, `${name} ${metric}`);
      expected.delete(metric);
    }
    assert.equal([...expected.keys()], []);
  }
}

test('no console error, no request, no serious fault of accessibility, no sideways scrolling: light, dark, wide, narrow', async () => {
  for (const [colorScheme, width] of [
    ['light', 1280],
    ['dark', 400],
  ] as const) {
    await withExplorer(
      async ({ page: at }) => {
        assert.equal(await seriousFaults(at), [], `${colorScheme} ${width}`);
        const overflow = await at.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        assert.is(overflow, 0, `${width} px: the page scrolls sideways by ${overflow} px`);
        assert.is(
          await at.locator('#settings').isVisible(),
          width !== 400,
          'on a small screen the drawing comes first',
        );
        if (width === 400) assert.is(await at.locator('#play').textContent(), 'Play');
        const drawn = await at.evaluate(() =>
          [...document.querySelectorAll('canvas')].map((canvas) => {
            const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
            return data.some((value) => value !== 0);
          }),
        );
        assert.equal(drawn, new Array(8).fill(true));
      },
      { colorScheme, viewport: { width, height: 900 }, reducedMotion: width === 400 ? 'reduce' : 'no-preference' },
    );
  }
});

test('a click kills a node: its sessions are lost where nothing copies them, and simulate.ts says the same to the last digit', async () => {
  await withExplorer(async ({ page: at }, folder) => {
    await pause(at);
    await seek(at, 3);
    const before = await counter(at, 'a', 'lost_sessions');
    assert.is(before, 0);
    await at.locator('#side-a [data-node="2"]').click();
    await allNumbers(at);
    await pause(at);
    assert.match((await at.locator('#status').textContent())!, /node-2 is killed/);
    assert.match((await at.locator('#faults li').first().textContent())!, /crash node-2 at \d/);
    await seek(at, 9);
    await at.waitForFunction(() => /^9\.0 s/.test(document.getElementById('clock')!.textContent!));
    assert.ok((await counter(at, 'a', 'lost_sessions')) > 10);
    assert.ok((await counter(at, 'b', 'lost_sessions')) < 5);
    assert.match((await at.locator('#side-a [data-node="2"]').getAttribute('aria-label'))!, /is down.*start it again/);
    await seek(at, 2);
    await at.waitForFunction(() => /^2\.0 s/.test(document.getElementById('clock')!.textContent!));
    assert.is(await counter(at, 'a', 'lost_sessions'), 0);
    assert.match((await at.locator('#noticed li').first().textContent())!, /^none 2 nodes dropped node-2 /);
    await compareWithSimulate(at, folder);
  });
});

test('the keyboard reaches the nodes, goes round, kills one, and stops the time', async () => {
  await withExplorer(async ({ page: at }) => {
    await pause(at);
    await at.locator('#side-a [data-node="1"]').focus();
    await at.keyboard.press('ArrowLeft');
    assert.is(await at.evaluate(() => (document.activeElement as HTMLElement).dataset.node), '3');
    await at.waitForFunction(() => /^node-3 serves/.test(document.querySelector('#side-a .about-node')!.textContent!));
    await at.keyboard.press('Enter');
    await at.waitForFunction(() => /node-3 is killed/.test(document.getElementById('status')!.textContent!));
    await at.locator('#main').focus();
    const was = await at.locator('#play').textContent();
    await at.keyboard.press(' ');
    assert.is.not(await at.locator('#play').textContent(), was);
    await at.locator('#time').focus();
    await pause(at);
    await at.locator('#time').focus();
    await at.keyboard.press('Home');
    await at.waitForFunction(() => /^0\.0 s/.test(document.getElementById('clock')!.textContent!));
  });
});

test('pasted files become the scenario, and what is wrong with one is said with its line', async () => {
  await withExplorer(async ({ page: at }) => {
    await at.locator('.paste summary').first().click();
    await at.locator('#server-xml').fill(readFileSync('experiments/scenarios/shop-server.xml', 'utf8'));
    await at.locator('#nginx-conf').fill('upstream app {\n  server a:8080\n}');
    await at.locator('#read-files').click();
    await at.waitForFunction(() =>
      /nginx\.conf:\d+: /.test(document.querySelector('#files-account .problem')?.textContent ?? ''),
    );
    await at.locator('#nginx-conf').fill(readFileSync('experiments/scenarios/shop-nginx.conf', 'utf8'));
    await at.locator('#read-files').click();
    await at.waitForFunction(() => /Used \(\d+\)/.test(document.getElementById('files-account')!.textContent!));
    await allNumbers(at);
    const text = await at.locator('#scenario-text').inputValue();
    assert.match(text, /^name: pasted/m);
    await at.locator('.paste summary').nth(1).click();
    await at.locator('#scenario-text').fill('nodes: 3\nlod: {}\n');
    await at.locator('#apply-text').click();
    await at.waitForFunction(() => /lod/.test(document.getElementById('text-problem')!.textContent!));
  });
});

test.run();
