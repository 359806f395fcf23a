import type { Situation } from '../import/situation.ts';
import { classFacts, classNames, compareVersions } from '../import/tomcat-versions.ts';
import { descendants } from '../import/xml.ts';
import { quoted } from '../lib/input-error.ts';
import { at, type Report, type Rule } from './finding.ts';

function* textInTag({ files }: Situation): Generator<Report> {
  for (const found of files.textInTags) {
    yield at(found, {
      message: `text inside the <${found.tag}> tag: ${found.text}`,
      consequence:
        'this is not well-formed XML: Tomcat stops at this line and does not start at all, it does not merely leave the cluster off',
      fix: 'delete the text, or put it between the tags as <!-- ... -->',
    });
  }
}

const withText: ReadonlySet<string> = new Set(['WatchedResource', 'Parameter', 'Environment']);

function* textBetweenElements({ files }: Situation): Generator<Report> {
  for (const { root } of files.servers) {
    for (const element of descendants(root)) {
      if (element.textLine === 0 || withText.has(element.name)) continue;
      yield at(
        { file: element.file, line: element.textLine },
        {
          message: `text between the tags of <${element.name}>: ${quoted(element.text.trim())}`,
          consequence: 'Tomcat passes over it; whatever it was meant to set is not set',
          fix: 'write it as a comment, <!-- ... -->, or delete it',
        },
      );
    }
  }
}

/** What breaks when a class inside `<Cluster>` cannot be loaded. */
const notFound =
  'the class is not found, the whole <Cluster> fails to start and every node keeps its sessions to itself';

function* classNotInVersion({ files, version }: Situation): Generator<Report> {
  const oldPackage = new Set<string>();
  for (const attribute of classNames(files)) {
    const name = attribute.value.trim();
    const facts = classFacts(name);
    if (typeof facts === 'string') continue;
    if (facts.to === '5.5') {
      if (oldPackage.has(attribute.file)) continue;
      oldPackage.add(attribute.file);
    }
    const tooNew = facts.to !== undefined && compareVersions(version.version, facts.to) > 0;
    const tooOld = facts.from !== undefined && compareVersions(version.version, facts.from) < 0;
    const span = facts.to ? `exists only up to Tomcat ${facts.to}` : `exists only since Tomcat ${facts.from}`;
    const simple = name.slice(name.lastIndexOf('.') + 1);
    if (tooNew || tooOld) {
      yield at(attribute, {
        message: `${simple} ${span}; these files are for Tomcat ${version.version}`,
        consequence: notFound,
        fix: facts.instead,
      });
    } else if (facts.to && version.from !== 'told') {
      yield at(attribute, {
        severity: 'warning',
        message: `${simple} ${span}; the files are therefore read as Tomcat ${version.version}, where it ${facts.means}`,
        consequence: `on Tomcat 10.1 or 11 ${notFound}`,
        fix: `say --tomcat ${version.version} if that is what runs; else ${facts.instead}`,
      });
    }
  }
}

function* classUnknown({ files }: Situation): Generator<Report> {
  for (const attribute of classNames(files)) {
    const name = attribute.value;
    if (classFacts(name.trim()) !== 'unknown' && !/\s/.test(name.trim())) continue;
    yield at(attribute, {
      message: `className "${quoted(name)}" is no class of any Tomcat${/\s/.test(name.trim()) ? ' (it is broken by a blank)' : ''}`,
      consequence: notFound,
      fix: 'correct the name; the cluster how-to of your version lists them',
    });
  }
}

/** Files that are no XML, and classes that are not there. */
export const xmlRules: readonly Rule[] = [
  { id: 'text-in-tag', severity: 'error', about: 'a comment or note inside a tag', check: textInTag },
  { id: 'text-between-elements', severity: 'info', about: 'text that Tomcat passes over', check: textBetweenElements },
  {
    id: 'class-not-in-version',
    severity: 'error',
    about: 'a class this Tomcat does not have',
    check: classNotInVersion,
  },
  { id: 'class-unknown', severity: 'error', about: 'a class no Tomcat has', check: classUnknown },
];
