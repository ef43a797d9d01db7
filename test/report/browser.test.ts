import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fix } from '../../src/engine/index.ts';
import { htmlPage } from '../../src/report/html.ts';
import { count, emptyTally, type FileReport } from '../../src/report/index.ts';
import { transforms } from '../../transforms/index.ts';
import { Browser } from '../support/browser.ts';
import { hasParts, partsMissing, temporaryFolder } from '../support/parts.ts';

const evil =
  '"\'><script>document.title="owned"</script><img src=x onerror=document.title="owned"><style>*{display:none}</style>';

function page(): string {
  const html = htmlPage({ toolVersion: '0.0.0-test', written: true });
  const tally = emptyTally();
  const source = `FROM debian:12\nRUN apt-get update\nRUN apt-get install -y curl ${'x'.repeat(300)}\n# ${evil}\nWORKDIR app\nCMD a | b\n`;
  const body = ['one', 'two', 'three', evil].map((name): string => {
    const path = `${name}/Dockerfile`;
    const result = fix(source, { transforms });
    const changes = [{ path, before: source, after: result.output }];
    const report: FileReport = { path, repository: name, diffPath: path, result, changes };
    count(tally, report);
    return html.file(report);
  });
  const { before, after } = html.around({ tally, problems: [], omitted: [{ path: evil, why: evil }], notices: [evil] });
  return before + body.join('') + after;
}

describe.skipIf(!hasParts('chromium'))(`the report in a real browser${partsMissing('chromium')}`, () => {
  const folder = temporaryFolder();
  let browser: Browser;
  beforeAll(async () => {
    writeFileSync(join(folder.path, 'report.html'), page());
    browser = await Browser.start();
    await browser.show('light', 1200, 900);
    await browser.open(join(folder.path, 'report.html'));
  });
  afterAll(async () => {
    await browser?.end();
    folder.remove();
  });

  test('asks for nothing but itself, and breaks no policy of its own', () => {
    expect(browser.requests).toEqual([`file://${folder.path}/report.html`]);
    expect(browser.console).toEqual([]);
  });

  test('what comes from files is text', async () => {
    expect(await browser.evaluate('document.title')).toBe('dockmend report');
    expect(await browser.evaluate('document.querySelectorAll("script, style, img").length')).toBe(2);
    expect(await browser.evaluate('document.querySelectorAll(".path")[3].textContent')).toBe(`${evil}/Dockerfile`);
  });

  test('a script that came in all the same would not run', async () => {
    await browser.evaluate(
      'document.body.append(Object.assign(document.createElement("script"), { textContent: "document.title = 1" }))',
    );
    expect(await browser.evaluate('document.title')).toBe('dockmend report');
    expect(browser.console.splice(0).join()).toContain('Content Security Policy');
  });

  test('can be used by keys alone', async () => {
    const focused = (): Promise<string> => browser.evaluate('document.activeElement.textContent.split("/")[0]');
    await browser.press('j');
    await browser.press('j');
    expect(await focused()).toBe('two');
    const isOpen = (): Promise<boolean> => browser.evaluate('document.getElementById("file-2").open');
    const before = await isOpen();
    await browser.press('Enter');
    expect(await isOpen()).toBe(!before);
    await browser.press('k');
    expect(await focused()).toBe('one');
    await browser.press('/');
    for (const key of 'three') await browser.press(key);
    const shown =
      '[...document.querySelectorAll("main > :not([hidden])")].map((each) => each.textContent.trim().split(/[\\s/]/)[0])';
    expect(await browser.evaluate(shown)).toEqual(['three', 'three']);
    expect(await browser.evaluate('document.getElementById("shown").textContent')).toBe('1 of 4 files');
    await browser.press('Escape');
    expect(await browser.evaluate('document.querySelectorAll(".file[hidden]").length')).toBe(0);
    expect(await browser.evaluate('document.activeElement.id')).not.toBe('filter');
    // Everything that takes part has a place in the order of Tab.
    await browser.press('Tab');
    expect(await browser.evaluate('document.activeElement.tagName')).toMatch(/^(?:BUTTON|SUMMARY|DIV|INPUT)$/);
  });

  test.each(['light', 'dark'] as const)('its %s colours can be read: a contrast of 4.5 and more', async (scheme) => {
    await browser.show(scheme, 1200, 900);
    await browser.evaluate('document.getElementById("open").click()');
    const { low, checked } = await browser.evaluate<{ low: string[]; checked: number }>(`(() => {
      const parse = (color) => color.match(/[\\d.]+/g).map(Number);
      const light = (color) => color.slice(0, 3).map((each) => each / 255)
        .map((each) => (each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4))
        .reduce((sum, each, index) => sum + each * [0.2126, 0.7152, 0.0722][index], 0);
      const ground = (element) => {
        for (let at = element; at; at = at.parentElement) {
          const color = parse(getComputedStyle(at).backgroundColor);
          if (color.length === 3 || color[3] > 0) return color;
        }
        return [255, 255, 255];
      };
      const low = new Set();
      let checked = 0;
      for (const element of document.querySelectorAll('body *')) {
        if (![...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) continue;
        if (element.closest('script, .hidden')) continue;
        checked++;
        const [a, b] = [light(parse(getComputedStyle(element).color)), light(ground(element))];
        const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (contrast < 4.5) low.add(element.tagName + '.' + element.className + ' ' + contrast.toFixed(1));
      }
      return { low: [...low], checked };
    })()`);
    expect(low).toEqual([]);
    expect(checked).toBeGreaterThan(100);
  });

  test('a narrow window scrolls its tables and not the page', async () => {
    await browser.show('light', 400, 800);
    expect(await browser.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  });
});
