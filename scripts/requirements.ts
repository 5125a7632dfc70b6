/**
 * What the mill must do, each requirement with its id and one line, and which tests name it. A test proves an id when
 * its own title, or that of a `describe` around it, begins with the id; skipped tests prove nothing.
 */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseSync } from 'oxc-parser';

const ROOT = path.join(import.meta.dirname, '..');

interface Section {
  readonly title: string;
  /** By id. */
  readonly requirements: Readonly<Record<string, string>>;
}

export const SECTIONS: readonly Section[] = [
  {
    title: 'Storage and state',
    requirements: {
      S1: 'Three JSON documents at the paths of FILE_PATHS; unknown keys are kept; missing means default, unreadable means error.',
      S2: 'A post is `<id>.json`, `.png` and `.mp4`; ready when all three exist; 666, 555, 444, archive.',
      S3: 'The id is `YYYYMMDD-HHMM` in UTC, and ids never collide.',
      S4: 'A finished run leaves one of the five documented states and no other.',
      S5: '`requested_at_utc` has one written form; a Z, no offset and the old plain task string are read as well.',
      S6: '`config.json` of the old scripts loads as it is; secrets come from the environment.',
    },
  },
  {
    title: 'Coordinator',
    requirements: {
      M1: 'Start: configuration, constants with their defaults, flags, store.',
      M2: 'A held lock ends the run with success; ours is released in every outcome that still runs code.',
      M3: 'The loop reads the state anew and decides in the order of scenarios 0, 3, 2, 4, 1.',
      M4: 'Scenario 0, timed out: mock media; no id is an error.',
      M5: 'Scenario 3, results: picture and video, or mock video; no id is an error.',
      M6: 'Scenario 2, a task: checked; past the timeout it is given up; the run ends either way.',
      M7: 'Scenario 4, generation: the picture is ordered; without an id the flag is cleared.',
      M8: 'Scenario 1: tidy first; a ready group in 666 ends the run, none begins a post.',
      M9: 'After a task the id is cleared, and never added to the published list.',
      M10: 'Published ids are archived whole, then struck off the list; what is no id stays and is reported.',
      M11: 'Ready groups move 666 → 555 → 444, one to a folder.',
    },
  },
  {
    title: 'Content',
    requirements: {
      C1: 'Focuses and labels of the topics tracker are used and updated: the last 15, the last 5 each; `(т)` is tragic.',
      C2: 'Topic, text, comment and poll, each of which can be switched off.',
      C3: 'Script and first frame come from one structured answer, with one approach and one restriction.',
      C4: '`<id>.json` holds topic, content, sarcasm, script and first_frame_description.',
      C5: 'Then generation is true, and task, results and status are empty.',
    },
  },
  {
    title: 'Media',
    requirements: {
      P1: 'Media are made from the stored text; without one it is an error.',
      P2: '--use-mock: placeholder and mock video, both uploaded, state cleared.',
      P3: 'Without results the picture is ordered with prompt, ratio, version and, when set, style; task and moment are stored.',
      P4: 'Candidates in their order; a vision model chooses by weighted criteria; resized to output_size.',
      P5: 'Script cleaned, picture as a data URI, configured model, duration and ratio; polled within a bound.',
      P6: 'No video from Runway means a mock video; no video at all is an error.',
      P7: 'The state is cleared only after both uploads are verified.',
      P8: 'Temporary files are removed in every outcome.',
    },
  },
  {
    title: 'Image check',
    requirements: {
      W1: 'Needs a key and a task; asks PiAPI with the task id.',
      W2: 'A failed request or a status that is not final leaves the state unchanged.',
      W3: 'A final answer is kept whole; task and status null, generation false.',
    },
  },
  {
    title: 'Schedule',
    requirements: {
      R1: 'Main run at 20:30, checks at 21:30 and 01:30 UTC.',
      R2: 'At most one full task to a main run; a check never starts new content.',
    },
  },
  {
    title: 'Decisions',
    requirements: {
      D1: 'The product is Reelmill, the command `reelmill`; old script names appear in documents only.',
      D2: '`run --check` advances the active task; with nothing active it only reads.',
      D3: 'A run goes on to the video as soon as results arrive.',
      D4: 'A failed order keeps text and id, counts, rests, and ends in a mock after max_retries.',
      D5: 'A failed picture, or results without an address, is ordered again up to max_retries, then a mock.',
      D6: 'An unfinished id is finished; no second one is begun beside it.',
      D7: 'The timeout is checked at every run; results count even when they come late.',
      D8: 'Sorting runs until nothing can move, front first.',
      D9: 'A taken id gives way to the next free minute.',
      D10: 'Reads that must see a fresh write are repeated within a bound.',
      D11: 'The placeholder is drawn here and shows the topic; `media` tells real from mock.',
      D12: 'The lock has an owner and an expiry, so that a killed run does not stop the channel.',
      D13: 'Model answers are checked by schema; cut or wrong ones are asked for again, then an error; poll limits.',
      D14: 'A topic is recorded only together with the content that used it.',
    },
  },
];

export interface NamedTest {
  /** From the repository's root, with `/`. */
  readonly file: string;
  /** Titles of the `describe`s around it and its own, as written. */
  readonly title: string;
  /** In the order of the title. */
  readonly ids: readonly string[];
}

/** Every test of the repository whose title names an id. */
export function namedTests(): NamedTest[] {
  const files = globSync(['src/**/*.test.ts', 'test/**/*.test.ts'], { cwd: ROOT }).map((file) =>
    file.replaceAll(path.sep, '/'),
  );
  return files.sort().flatMap((file) => testsIn(file, readFileSync(path.join(ROOT, file), 'utf8')));
}

interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

export function testsIn(file: string, text: string): NamedTest[] {
  const { errors, program } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file} does not parse: ${errors[0]?.message}`);
  const found: NamedTest[] = [];
  const visit = (node: unknown, outer: readonly string[]): void => {
    if (Array.isArray(node)) {
      for (const entry of node) visit(entry, outer);
      return;
    }
    if (!isNode(node)) return;
    const call = node.type === 'CallExpression' ? testCall(node) : null;
    if (call?.kind === 'skipped') return;
    const titles = call === null ? outer : [...outer, call.title];
    if (call?.kind === 'test') {
      const ids = titles.flatMap(idsIn);
      if (ids.length > 0) found.push({ file, title: titles.join(' › '), ids: [...new Set(ids)] });
    }
    for (const [key, child] of Object.entries(node)) if (key !== 'parent') visit(child, titles);
  };
  visit(program, []);
  return found;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

/** `test(…)`, `test.each(…)(…)` and the same of `describe`, with a title that is written out; else null. */
function testCall(node: Node): { kind: 'test' | 'describe' | 'skipped'; title: string } | null {
  const names = calleeNames(node['callee']);
  const [first = ''] = names;
  if (!['test', 'it', 'describe'].includes(first)) return null;
  if (names.some((name) => /^(?:skip|todo|skipIf|runIf|fails)$/.test(name)))
    return { kind: 'skipped', title: '' };
  const [argument] = node['arguments'] as readonly unknown[];
  const title = isNode(argument) ? writtenText(argument) : null;
  return title === null ? null : { kind: first === 'describe' ? 'describe' : 'test', title };
}

/** `['test', 'each']` for `test.each(rows)`. */
function calleeNames(callee: unknown): string[] {
  if (!isNode(callee)) return [];
  if (callee.type === 'Identifier') return [String(callee['name'])];
  if (callee.type === 'MemberExpression') {
    const { property } = callee as Node & { property?: unknown };
    return [...calleeNames(callee['object']), isNode(property) ? String(property['name']) : ''];
  }
  return callee.type === 'CallExpression' ? calleeNames(callee['callee']) : [];
}

function writtenText(node: Node): string | null {
  if (node.type === 'Literal' && typeof node['value'] === 'string') return node['value'];
  if (node.type !== 'TemplateLiteral') return null;
  const quasis = node['quasis'] as readonly { readonly value: { readonly cooked: string } }[];
  return quasis.map(({ value }) => value.cooked).join('…');
}

/** `M10 D6 the post …` begins with two ids. */
function idsIn(title: string): string[] {
  return /^(?:[SMCPWRDI]\d{1,2} )+/.exec(title)?.[0].trim().split(' ') ?? [];
}
