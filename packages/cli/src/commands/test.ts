import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** What repairs a failed check. A check without an entry is repaired by reading its output. */
const remedies: Readonly<Record<string, string>> = {
  'check:format': 'npx biome check --linter-enabled=false --write .',
  'check:lint': 'npx oxlint --type-aware --fix (repairs what can be repaired without thinking)',
};

interface Tally {
  passed: number;
  failed: number;
  /** Set by Ctrl-C or SIGTERM: what was running is stopped, nothing more is started, and what did not run counts as one failure. */
  interrupted: boolean;
  /** Full names of tests that did not run. They count as failed: a test that never runs guards nothing. */
  readonly skipped: string[];
}

/**
 * `freight test [filter…]`: everything that guards the project; the last line is `N passed, N failed`.
 * Without arguments: every `check:*` script of package.json (one test each), then the test projects one after the other. With
 * arguments: they go to vitest as they are (parts of file names, `-t` and a name), and only tests run.
 * @returns the exit code: 0 exactly when something passed and nothing failed.
 */
export const testCommand = async (args: string[]): Promise<number> => {
  const tally: Tally = { passed: 0, failed: 0, interrupted: false, skipped: [] };
  const interrupt = () => {
    tally.interrupted = true;
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  for (const step of args.length > 0 ? [() => runVitest(args, tally)] : everything(tally)) {
    if (!tally.interrupted) await step();
  }
  process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  if (tally.interrupted && tally.failed === 0) tally.failed++;
  const byName = args.some(arg => arg === '-t' || arg.startsWith('--testNamePattern'));
  if (tally.skipped.length > 0 && !byName) {
    console.log(`\nSkipped, which counts as failed:\n${tally.skipped.map(name => `  ${name}`).join('\n')}`);
    tally.failed += tally.skipped.length;
  }
  console.log(`${tally.passed} passed, ${tally.failed} failed`);
  return tally.failed === 0 && tally.passed > 0 ? 0 : 1;
};

const everything = (tally: Tally): (() => Promise<void>)[] => [
  ...checks().map(check => () => runCheck(check, tally)),
  ...['unit', 'int', 'e2e'].map(project => () => runVitest(['--project', project], tally)),
];

const checks = (): [string, string][] => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  return Object.entries(scripts).filter(([name]) => name.startsWith('check:'));
};

const runCheck = async ([name, script]: [string, string], tally: Tally): Promise<void> => {
  const started = performance.now();
  const { code, output } = await runProcess('sh', ['-c', script], 'collect');
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (code === 0) {
    tally.passed++;
    console.log(` ✓ ${name} (${seconds} s)`);
    return;
  }
  tally.failed++;
  console.log(` ✗ ${name} (${seconds} s)\n${output.trimEnd()}`);
  if (remedies[name]) console.log(`   To repair: ${remedies[name]}`);
};

const runVitest = async (args: readonly string[], tally: Tally): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'freight-test-'));
  const report = join(folder, 'report.json');
  try {
    const vitest = join(root, 'node_modules/vitest/vitest.mjs');
    const reporting = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const { code } = await runProcess(process.execPath, [vitest, 'run', ...reporting, ...args], 'show');
    const failedBefore = tally.failed;
    addReport(report, tally);
    // An error outside of any test, no test at all, or a crash: in no report, only in the exit code.
    if (code !== 0 && tally.failed === failedBefore) {
      tally.failed++;
      console.log(` ✗ vitest ${args.join(' ')}: exit code ${code}, though no single test failed: see above`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

interface VitestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** Adds a report of vitest's JSON reporter. A file that failed as a whole (it could not be loaded) counts as one failed test. */
const addReport = (path: string, tally: Tally): void => {
  let report: VitestReport;
  try {
    report = JSON.parse(readFileSync(path, 'utf8')) as VitestReport;
  } catch {
    // vitest ended before it could write one; its exit code says so too, but must not be the only witness.
    tally.failed++;
    return;
  }
  for (const file of report.testResults) {
    const statuses = file.assertionResults.map(test => test.status);
    const failed = statuses.filter(status => status === 'failed').length;
    tally.passed += statuses.filter(status => status === 'passed').length;
    tally.failed += failed === 0 && file.status === 'failed' ? 1 : failed;
    for (const test of file.assertionResults) {
      if (test.status !== 'passed' && test.status !== 'failed')
        tally.skipped.push(`${file.name.slice(root.length)} > ${test.fullName}`);
    }
  }
};

/** Runs a program in the project's root, with the project's tools first in PATH. Never rejects: what cannot be started has code 127. */
const runProcess = (
  program: string,
  args: readonly string[],
  how: 'show' | 'collect',
): Promise<{ code: number; output: string }> =>
  new Promise(resolve => {
    const child = spawn(program, args, { cwd: root, env: testEnvironment(), stdio: ['ignore', ...stdioOf(how)] });
    let output = '';
    child.stdout?.on('data', data => (output += String(data)));
    child.stderr?.on('data', data => (output += String(data)));
    // Ctrl-C in a terminal reaches the child by itself as well; a second request to end does no harm.
    const pass = () => child.kill('SIGTERM');
    process.once('SIGTERM', pass).once('SIGINT', pass);
    const finish = (code: number) => {
      process.off('SIGTERM', pass).off('SIGINT', pass);
      resolve({ code, output });
    };
    child.once('error', error => {
      output += error.message;
      finish(127);
    });
    child.once('close', code => finish(code ?? 1));
  });

const stdioOf = (how: 'show' | 'collect'): ['inherit', 'inherit'] | ['pipe', 'pipe'] =>
  how === 'show' ? ['inherit', 'inherit'] : ['pipe', 'pipe'];

/** The user's environment without Freight's own settings, but for those of generated tests: tests must never find their way to a server that somebody uses. */
const testEnvironment = (): NodeJS.ProcessEnv => {
  const own = Object.entries(process.env).filter(([name]) => !/^(FREIGHT_(?!FUZZ_)|OTEL_)/.test(name));
  const tools = ['node_modules/node/bin', 'node_modules/.bin'].map(folder => join(root, folder));
  return { ...Object.fromEntries(own), PATH: [...tools, process.env['PATH']].join(delimiter) };
};
