import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';

/** A headless Chromium that asks the network for nothing of its own. */
const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/**
 * Something outside of npm that a test needs.
 *
 * @returns true when it is there; without it a test says how to get it and tests nothing, except in CI, where it fails.
 */
export function isThere(found: boolean, what: string, packages: string): boolean {
  if (found) return true;
  const advice = `${what} is not installed; on Debian: apt-get install ${packages}`;
  if (process.env.CI) throw new Error(advice);
  console.log(`not tested: ${advice}`);
  return false;
}

/** A browser; undefined where none is installed. */
export async function openBrowser(): Promise<Browser | undefined> {
  const executablePath = places.find(existsSync);
  if (!isThere(executablePath !== undefined, 'Chromium', 'chromium')) return undefined;
  return chromium.launch({ executablePath: executablePath!, args: flags });
}

/** A page with everything it complained about and asked for. */
export interface Watched {
  readonly page: Page;
  readonly complaints: string[];
  readonly requests: string[];
}

/** Opens a file and listens to what its page says and asks for. */
export async function openFile(
  browser: Browser,
  file: string,
  options: Parameters<Browser['newPage']>[0] = {},
  fragment = '',
): Promise<Watched> {
  const page = await browser.newPage(options);
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(`${pathToFileURL(file).href}${fragment}`);
  return { page, complaints, requests };
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Faults of accessibility that axe calls serious or critical, one line each. */
export async function seriousFaults(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const faults = await page.evaluate(async () => {
    const { violations } = await (
      globalThis as unknown as {
        axe: { run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> };
      }
    ).axe.run();
    return violations.map(({ id, impact, nodes }) => ({ id, impact, html: nodes[0]?.html.slice(0, 200) ?? '' }));
  });
  return faults
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, html }) => `${id}: ${html}`);
}
